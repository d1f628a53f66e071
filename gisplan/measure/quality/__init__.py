"""What measuring brings to light, theme by theme, each fault with its place."""

from __future__ import annotations

from functools import partial

from gisplan.geometry import side_by_side
from gisplan.issues import Issue
from gisplan.measure.quality import (
    borders,
    buildings,
    dates,
    network,
    register,
    services,
    streets,
    supply_lines,
    terrain,
    ways,
    zones,
)
from gisplan.measure.quality.places import placed
from gisplan.measure.survey import Survey
from gisplan.measure.yards import yard_issues

#: Every check of a survey, in the order in which they are made.
CHECKS = (
    zones.outside,
    zones.crossing,
    zones.beyond,
    borders.parcel_slits,
    borders.zone_slits,
    borders.enclosed,
    borders.drawn_twice,
    borders.named_twice,
    register.areas,
    register.zeros,
    register.nothing_built,
    dates.out_of_order,
    dates.in_future,
    buildings.unknown_floor_area,
    buildings.missing_floors,
    buildings.zeros,
    buildings.off_parcel,
    buildings.across,
    buildings.undrawn,
    buildings.shared_land,
    network.missed,
    streets.not_merged,
    services.contradicted,
    services.ground,
    services.nothing_live,
    services.untold,
    ways.islands,
    ways.joined,
    ways.near_misses,
    ways.off_network,
    supply_lines.feeds,
    supply_lines.loads,
    terrain.heights,
    terrain.levelling,
    terrain.green,
    yard_issues,
)

__all__ = ["CHECKS", "found", "placed"]


def found(survey: Survey) -> list[Issue]:
    """Issues that only show once everything is measured, in the order of the checks."""
    return [issue for issues in side_by_side([partial(check, survey) for check in CHECKS]) for issue in issues]

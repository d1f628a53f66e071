"""How a figure of a study came about: its sums, the features behind them, the rules on it, and what was assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gisplan import measure
from gisplan.errors import GisplanError, nearest
from gisplan.issues import Issue
from gisplan.measure import Explained
from gisplan.study.result import Result

#: Issues about what is assessed, not about what is measured.
ASSESSED = ("IDLE_", "PROJECT_", "INTENSITY_")


@dataclass(frozen=True)
class Explanation:
    """One figure of one zone and all that is known of how it came about.

    Attributes
    ----------
    zone_id, zone_name
        The zone.
    explained
        The figure with the features behind it (see `gisplan.measure.explain.Explained`).
    findings
        Rows of ``findings.csv`` on this figure of this zone.
    issues
        Issues of the layers that the figure is made from, and of the study as a whole.
    area_basis, area_method
        ``measured`` or ``ledger``; ``ellipsoid`` or ``planar``.
    """

    zone_id: str
    zone_name: str
    explained: Explained
    findings: pd.DataFrame | None
    issues: tuple[Issue, ...]
    area_basis: str
    area_method: str


def explain(result: Result, zone: str, indicator: str) -> Explanation:
    """Say how a figure came about.

    Parameters
    ----------
    result
        What `gisplan.evaluate` gave.
    zone
        Id of a zone, or its name where no other zone has it.
    indicator
        Id of an indicator, as in ``zones.csv``.

    Returns
    -------
    Explanation
        ``.explained.parts`` has one row a feature behind the figure.

    Raises
    ------
    GisplanError
        There is no such zone or indicator.
    """
    row = _row(result, zone)
    found = measure.explain(result.survey, {m.id: m for m in result.measured}, indicator, row)
    zone_id = str(result.zones["zone_id"].iloc[row])
    findings = result.findings
    if findings is not None:
        own = (findings["level"] == "zone") & (findings["zone_id"] == zone_id) & (findings["indicator"] == indicator)
        findings = findings[own].reset_index(drop=True)
    name = result.zones["name"].iloc[row]
    asked = result.plan.plan
    return Explanation(
        zone_id,
        "" if pd.isna(name) else str(name),
        found,
        findings,
        _concerned(result.issues, found),
        asked.area_basis,
        asked.area,
    )


def _row(result: Result, zone: str) -> int:
    ids: list[str] = result.zones["zone_id"].astype(str).tolist()
    names = ["" if pd.isna(n) else str(n) for n in result.zones["name"]]
    if zone in ids:
        return ids.index(zone)
    if names.count(zone) == 1:
        return names.index(zone)
    raise GisplanError(f"explain: there is no zone {zone!r} in this study; {nearest(zone, ids)}")


def _concerned(issues: Sequence[Issue], found: Explained) -> tuple[Issue, ...]:
    """Issues of the layers behind a figure, and of the register, that name no feature or one behind it.

    What speaks of idle land, projects or scores is no ground of a measured figure.
    """
    layers = {"study", "zones", *found.parts["layer"]}
    layers |= {need.partition(".")[0] for need in found.measured.indicator.needs}
    if "parcels" in layers:
        layers.add("ledger")
    behind = set(found.parts["feature_id"])
    own = [i for i in issues if i.layer in layers and not i.code.startswith(ASSESSED)]
    return tuple(i for i in own if not i.features or behind.intersection(i.feature_ids))

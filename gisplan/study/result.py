"""What a study found, and the map of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisplan import assess
from gisplan.assess import IdleLand, Intensity, Links, ProjectLand, PublicWorks, Supply
from gisplan.errors import counted
from gisplan.issues import Issue
from gisplan.measure import Earthwork, Measured, Survey
from gisplan.measure.road_works import road_table
from gisplan.measure.trunks import grid_table
from gisplan.plan import Plan
from gisplan.rules import load_packs

if TYPE_CHECKING:
    from gisplan.show.basemap import MapBasemap
    from gisplan.show.embed import StudyMap
    from gisplan.show.figures import Figure
    from gisplan.show.map_layers import MapLayer
    from gisplan.show.study_layers import Assessed
    from gisplan.show.two_runs import Run

#: Zones of which a report has a map.
MOST_ZONE_MAPS = 40


@dataclass(frozen=True)
class Result:
    """Everything a study found.

    Attributes
    ----------
    plan
        What was asked.
    survey
        What was measured of each feature.
    measured
        Every indicator with its figures.
    zones
        One row a zone, one column an indicator (``zones.csv``).
    indicators
        One row a zone and indicator, with what it was made from (``indicators.csv``).
    parcels
        One row a parcel, None without parcels (``parcels.csv``).
    findings
        What the plan's rules say of zones and projects, None without rules (``findings.csv``).
    idle_land
        The idle-land register on the plan's ``as_of``, None where it cannot be told (``idle.csv`` and its fellows).
    intensity
        The land intensity evaluation, None where no rule pack of the plan has weights for it (``intensity.csv`` and
        its fellows).
    project_land
        Projects on parcels against the rules, promises and inefficient land; None without parcels, or where the plan
        names no rules and the register tells of no promise (``projects.csv`` and ``projects_zones.csv``).
    supply
        Land supply, None without batches, boundaries and phases (``supply.csv`` and its fellows).
    targets
        The plan's targets against what is, None without targets (``targets.csv``).
    industry
        Industries by zone, and how alike zones are; None where no parcel states an industry (``industry.csv``,
        ``industry_pairs.csv``).
    links
        Extensions of networks to parcels without a service, None unless the plan asks for them (``links.csv``).
    weak_links
        Lines and sources of power whose loss alone cuts parcels off, None without sources of power
        (``power_weak_links.csv``).
    capacity
        Loads of sources and lines, None unless the plan asks for them (``capacity.csv``).
    potential
        Parcels that can be built or rebuilt on; None unless a rule pack tells how (``redevelopment.csv``).
    gaps
        What developable parcels lack for the target level of supply, one row a parcel and service; None where the plan
        does not ask for levels (``gap_list.csv``).
    works
        Public works against time and money, None without a layer of works (``works.csv`` and its fellows).
    levelling
        Earthwork of what is levelled, None unless the plan has [levelling] (``levelling.csv`` and, with a grid,
        ``levelling_grid.csv``).
    balance
        The books (``balance.csv``).
    issues
        What was wrong or assumed (``issues.csv``).
    timings
        Seconds by step.
    """

    plan: Plan
    survey: Survey
    measured: Sequence[Measured]
    zones: pd.DataFrame
    indicators: pd.DataFrame
    parcels: pd.DataFrame | None
    findings: pd.DataFrame | None
    idle_land: IdleLand | None
    intensity: Intensity | None
    project_land: ProjectLand | None
    supply: Supply | None
    targets: pd.DataFrame | None
    industry: tuple[pd.DataFrame, pd.DataFrame] | None
    links: Links | None
    weak_links: pd.DataFrame | None
    capacity: pd.DataFrame | None
    potential: pd.DataFrame | None
    gaps: pd.DataFrame | None
    works: PublicWorks | None
    levelling: Earthwork | None
    balance: pd.DataFrame
    issues: tuple[Issue, ...]
    timings: Mapping[str, float]

    @property
    def idle(self) -> pd.DataFrame | None:
        """The idle-land register, one row a parcel, indexed like ``parcels``; None where it cannot be told."""
        return None if self.idle_land is None else self.idle_land.parcels

    @cached_property
    def roads(self) -> pd.DataFrame | None:
        """One row a road and zone, None without roads (``roads.csv``)."""
        return road_table(self.survey)

    @cached_property
    def road_grid(self) -> pd.DataFrame | None:
        """Trunk grid by zone (几纵几横), None without trunk roads (``road_grid.csv``)."""
        return grid_table(self.survey)

    @cached_property
    def basemap(self) -> MapBasemap | None:
        """What lies under the map; None unless the plan names something.

        Raises
        ------
        OutputError
            Its tiles cannot be read.
        """
        from gisplan.show.basemap import basemap_of

        layers = self.survey.layers
        return basemap_of(self.plan, layers.zones.to_crs(4326).total_bounds.tolist(), layers.crs)

    def map(self, *, against: Run | None = None, tell: Callable[[Mapping[str, str]], None] | None = None) -> StudyMap:
        """Draw the interactive map; a notebook shows it, ``.save("map.html")`` writes it.

        Parameters
        ----------
        against
            Another run that it compares this one with (see `gisplan.show.two_runs.read_run`).
        tell
            Told what the map had to leave out, in both languages.

        Raises
        ------
        OutputError
            There is nothing to draw.
        """
        from gisplan.show.study_map import study_map

        return study_map(**self._drawn(), basemap=self.basemap, against=against, tell=tell)

    def figures(self) -> Iterator[Figure]:
        """Draw the maps and charts of the study as figures for paper, one after the other.

        Raises
        ------
        GisplanError
            The extra that draws is not installed, or no installed font has Chinese letters and the plan asks for them.
        """
        from gisplan.show.figures import draw_figures
        from gisplan.show.study_map import study_spec

        return draw_figures(study_spec(**self._drawn()), idle=self.idle)

    def zone_figures(self, most: int = MOST_ZONE_MAPS) -> Iterator[Figure]:
        """Draw a map of each of the first zones, with its land use where that is known.

        Parameters
        ----------
        most
            No more zones than this.

        Raises
        ------
        GisplanError
            As for `figures`.
        """
        from gisplan.show.figures import draw_places
        from gisplan.show.study_layers import zone_names
        from gisplan.show.study_map import study_spec

        zones = self.survey.layers.zones
        named = zip(zone_names(zones), zones.geometry.array, strict=True)
        places = ((f"zone_{k + 1}", name, name, shape) for k, (name, shape) in enumerate(named) if k < most)
        return draw_places(study_spec(**self._drawn()), places, wanted=("zoning", "state"))

    def parcel_figures(self, rows: Sequence[int]) -> Iterator[Figure]:
        """Draw a map of each of some parcels and what lies around it.

        Parameters
        ----------
        rows
            Row numbers of the parcels.

        Raises
        ------
        GisplanError
            As for `figures`.
        """
        from gisplan.show.figures import draw_places
        from gisplan.show.study_map import study_spec

        frame = self.survey.pieces["parcels"].frame
        ids = frame["parcel_id"].astype(str).to_numpy()
        places = [(f"parcel_{k + 1}", f"宗地 {ids[k]} 位置", f"Parcel {ids[k]}", frame.geometry.array[k]) for k in rows]
        return draw_places(study_spec(**self._drawn()), places, wanted=("zoning", "state"), small=True)

    def layers(self) -> list[MapLayer]:
        """Layers of the study as maps show them, each with its ways to be coloured."""
        from gisplan.show.study_layers import study_layers

        drawn = self._drawn()
        return study_layers(drawn["survey"], drawn["parcels"], assessed=drawn["assessed"])

    def _drawn(self) -> dict[str, Any]:
        """What there is to be drawn, as arguments of `gisplan.show.study_map.study_spec`."""
        parcels, limits = self.parcels, None
        if parcels is not None and self.idle is not None:
            parcels = parcels.assign(**{name: self.idle[name] for name in ("next_class", "next_date")})
        if parcels is not None and self.projects is not None:
            told = [name for name in assess.SHOWN_OF_PROJECTS if name in self.projects]
            parcels = parcels.assign(**{name: self.projects[name] for name in told})
        if self.findings is not None:
            limits = assess.common_limits(load_packs(self.plan.plan.rules, self.plan.folder), self.findings)
        given = {"survey": self.survey, "measured": self.measured, "parcels": parcels}
        return given | {"texts": _texts(self), "limits": limits, "assessed": self._with_places()}

    def _with_places(self) -> Assessed:
        """What maps show beyond the survey."""
        from gisplan.show.study_layers import Assessed

        links = None if self.links is None else self.links.table
        return Assessed(links, self.works, self.capacity, self.weak_links, self.levelling)

    @property
    def projects(self) -> pd.DataFrame | None:
        """The projects, one row a parcel, indexed like ``parcels``; None without any."""
        return None if self.project_land is None else self.project_land.parcels


def _texts(result: Result) -> dict[str, dict[str, str]]:
    plan, crs = result.plan.plan, result.survey.layers.crs
    epsg = crs.to_epsg()
    system = f"{crs.name} (EPSG:{epsg})" if epsg else crs.name
    when = {
        "zh": f"评价时点 {plan.as_of} · " if plan.as_of else "",
        "en": f"as of {plan.as_of} · " if plan.as_of else "",
    }
    basis = {"measured": ("实测", "measured"), "ledger": ("登记", "ledger")}[plan.area_basis]
    method = {"ellipsoid": ("椭球面积", "on the ellipsoid"), "planar": ("平面面积", "planar")}[plan.area]
    grave = sum(i.severity != "note" for i in result.issues)
    return {
        "title": plan.title.both(plan.name),
        "subtitle": {
            "zh": f"{when['zh']}{len(result.zones)} 个分区 · {system}",
            "en": f"{when['en']}{len(result.zones)} zones · {system}",
        },
        "note": {
            "zh": f"面积：{method[0]}，以{basis[0]}面积为分母。数据问题 {grave} 条，见 issues.csv。",
            "en": f"Areas {method[1]}; ratios use {basis[1]} area. {counted(grave, 'data issue')}, see issues.csv.",
        },
    }

"""The layers of a plan: which keys each has, and what only makes sense together."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from gisplan import vocabulary
from gisplan.plan.drawing import Drawing
from gisplan.plan.network import Barrier, Facility, Ways, network_faults
from gisplan.plan.places import Located
from gisplan.plan.sources import (
    Columns,
    Duplicates,
    FileLayer,
    Ledger,
    Missing,
    Supplier,
    column_faults,
    fitting_drawing,
)
from gisplan.plan.terrain import GreenRaster, Terrain
from gisplan.plan.values import Date, Model, Number, Text, nearest

#: Names that plans give to members of a family of layers.
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Zones(Located):
    """The zones: a layer, the parcels dissolved by one of their columns, or a grid of squares in metres."""

    vocabulary_layer: ClassVar[str] = "zones"
    path: str | None = None
    layer: str | None = None
    encoding: str = "auto"
    columns: Columns = Field(default_factory=dict)
    missing: Missing = Field(default_factory=list)
    where: str | None = None
    drawing: Drawing | None = None
    supplier: Supplier | None = None
    origin: Literal["parcels"] | None = Field(default=None, alias="from")
    by: str | None = None
    duplicates: Duplicates = "refuse"
    grid: Number | None = Field(default=None, ge=1, le=100_000)

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: Columns) -> Columns:
        faults = list(column_faults("zones", value, ledger=False))
        if faults:
            raise ValueError("\n".join(faults))
        return value

    @field_validator("drawing")
    @classmethod
    def _own_drawing(cls, value: Drawing | None, info: ValidationInfo) -> Drawing | None:
        return fitting_drawing(value, info, "zones")

    @model_validator(mode="after")
    def _one_origin(self) -> Zones:
        given = [n for n, v in (("path", self.path), ("from", self.origin), ("grid", self.grid)) if v is not None]
        if len(given) != 1:
            raise ValueError(f"give one of path, from or grid (found: {', '.join(given) or 'none'})")
        if (self.origin is None) != (self.by is None):
            raise ValueError('from = "parcels" needs by = "a column of the parcels", and by needs from')
        return self


class Parcels(FileLayer):
    """The parcels, their land-use code system or own class table, and the ledgers joined to them.

    ``industry_system`` is the edition of the industry classification in which the column ``industry`` is written.
    """

    vocabulary_layer: ClassVar[str] = "parcels"
    code_system: str | None = None
    industry_system: str | None = None
    classes: dict[str, list[str]] = Field(default_factory=dict)
    duplicates: Duplicates = "refuse"
    ledger: Annotated[list[Ledger], BeforeValidator(lambda v: [v] if isinstance(v, dict) else v)] = Field(
        default_factory=list
    )

    @field_validator("code_system")
    @classmethod
    def _known_system(cls, value: str | None) -> str | None:
        if value is not None and value not in vocabulary.code_systems():
            raise ValueError(f"unknown code system {value!r}; {nearest(value, vocabulary.code_systems())}")
        return value

    @field_validator("industry_system")
    @classmethod
    def _known_edition(cls, value: str | None) -> str | None:
        if value is not None and value not in vocabulary.industry_systems():
            raise ValueError(f"unknown industry system {value!r}; {nearest(value, vocabulary.industry_systems())}")
        return value

    @field_validator("classes")
    @classmethod
    def _known_classes(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        faults = [
            f"unknown land-use class {k!r}; {nearest(k, vocabulary.land_classes())}"
            for k in value
            if k not in vocabulary.land_classes()
        ]
        codes = [c for listed in value.values() for c in listed]
        faults += [
            f"code {c!r} is listed under more than one class" for c in sorted({c for c in codes if codes.count(c) > 1})
        ]
        if faults:
            raise ValueError("\n".join(faults))
        return value

    @model_validator(mode="after")
    def _one_code_table(self) -> Parcels:
        if self.code_system and self.classes:
            raise ValueError("give code_system or [layers.parcels.classes], not both")
        return self


class Buildings(FileLayer):
    """Building footprints, with floors, heights or floor areas."""

    vocabulary_layer: ClassVar[str] = "buildings"


class Roads(FileLayer):
    """Road centrelines.

    Attributes
    ----------
    classes, statuses
        The file's own words by gisplan's road class, or by state: ``in_service``, ``building``, ``planned``,
        ``gone``.
    edge_rule
        How much of a road on a border each zone there takes: ``share`` (1/n in each of n zones), ``half`` (half in
        each, so half of a road on the outer border is outside), ``full`` (all in each, the balance telling how much
        counts more than once).
    merge_dual, dual_m
        Whether carriageways of one name that run side by side within so many metres count as one road.
    frontage_m
        How far (m) a parcel may lie from a road's edge and front on it; without it no frontage is measured.
    trunk
        Road classes of the trunk grid (几纵几横).
    island_m
        Faces between roads narrower than this (m) are islands and median strips, not blocks.
    """

    vocabulary_layer: ClassVar[str] = "roads"
    classes: dict[str, list[str]] = Field(default_factory=dict)
    statuses: dict[str, list[str]] = Field(default_factory=dict)
    edge_rule: Literal["share", "half", "full"] = "share"
    merge_dual: bool = False
    dual_m: Number = Field(default=40.0, gt=0, le=200)
    frontage_m: Number | None = Field(default=None, ge=0, le=100)
    trunk: list[str] = Field(default_factory=lambda: ["expressway", "arterial"], min_length=1)
    island_m: Number = Field(default=15.0, ge=0, le=500)

    @field_validator("classes")
    @classmethod
    def _known_classes(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        unknown = [k for k in value if k not in vocabulary.road_classes()]
        if unknown:
            raise ValueError(
                "\n".join(f"unknown road class {k!r}; {nearest(k, vocabulary.road_classes())}" for k in unknown)
            )
        return value

    @field_validator("trunk")
    @classmethod
    def _known_trunk(cls, value: list[str]) -> list[str]:
        known = vocabulary.road_classes()
        if unknown := [k for k in value if k not in known]:
            raise ValueError("\n".join(f"unknown road class {k!r}; {nearest(k, known)}" for k in unknown))
        return value

    @field_validator("statuses")
    @classmethod
    def _known_states(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        known = vocabulary.road_states()
        if unknown := [k for k in value if k not in known]:
            raise ValueError("\n".join(f"unknown state {k!r}; {nearest(k, known)}" for k in unknown))
        return value


class RoadSurfaces(FileLayer):
    """Polygons of the land that roads take."""

    vocabulary_layer: ClassVar[str] = "road_surfaces"


class InService(FileLayer):
    """What is in service from some day on.

    ``statuses`` maps ``in_service``, ``planned`` and ``gone`` to the file's own words.
    """

    statuses: dict[str, list[str]] = Field(default_factory=dict)

    @field_validator("statuses")
    @classmethod
    def _known_statuses(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        known = ("in_service", "planned", "gone")
        if faults := [f"unknown status {k!r}; {nearest(k, known)}" for k in value if k not in known]:
            raise ValueError("\n".join(faults))
        words = [vocabulary.plain_word(w) for listed in value.values() for w in listed]
        if twice := sorted({w for w in words if words.count(w) > 1}):
            raise ValueError(f"status {twice[0]!r} is listed under more than one meaning")
        return value


class ServiceLayer(InService, Ways):
    """Lines, points or service areas of one service; a parcel within ``reach_m`` of them is served."""

    vocabulary_layer: ClassVar[str] = "services"
    title: Text | None = None
    reach_m: Number | None = Field(default=None, ge=0, le=100_000)


class NetworkSource(InService):
    """What feeds the network of a service: substations of power, works of water, stations of gas, plants of heat."""

    vocabulary_layer: ClassVar[str] = "sources"


class Batches(FileLayer):
    """Land conversion batches (农转用批次); ``stages`` maps gisplan's stages to the file's own words."""

    vocabulary_layer: ClassVar[str] = "batches"
    stages: dict[str, list[str]] = Field(default_factory=dict)

    @field_validator("stages")
    @classmethod
    def _known_stages(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        known = vocabulary.stages()
        if faults := [f"unknown stage {k!r}; {nearest(k, known)}" for k in value if k not in known]:
            raise ValueError("\n".join(faults))
        return value


class Boundary(FileLayer):
    """One of a zone's boundaries: approved (核准), planned (规划) or of the start-up area (起步区)."""

    vocabulary_layer: ClassVar[str] = "boundaries"


class Phases(FileLayer):
    """Phases of development, with the years they begin and are to be complete."""

    vocabulary_layer: ClassVar[str] = "phases"


class Levelled(FileLayer):
    """Land that has been levelled (已平整)."""

    vocabulary_layer: ClassVar[str] = "levelled"


class Yards(FileLayer):
    """Land under open storage and work yards (露天堆场、操作场地)."""

    vocabulary_layer: ClassVar[str] = "yards"


class BuiltUp(FileLayer):
    """Built-up land on a day."""

    vocabulary_layer: ClassVar[str] = "built_up"
    date: Date


class Constraint(FileLayer):
    """Land that cannot be built on: floodplain, steep slopes, wetlands."""

    vocabulary_layer: ClassVar[str] = "constraints"


class Works(FileLayer):
    """Public works of any shape; ``kinds`` and ``statuses`` map gisplan's words to the file's own.

    ``percent_as`` tells whether progress is written 0–100 or 0–1; where it is not given, the numbers tell.
    ``late_share`` is how far progress may lie behind its pace before a work counts as late (gisplan's own).
    """

    vocabulary_layer: ClassVar[str] = "works"
    is_placed: ClassVar[bool] = False
    kinds: dict[str, list[str]] = Field(default_factory=dict)
    statuses: dict[str, list[str]] = Field(default_factory=dict)
    percent_as: Literal["percent", "share"] | None = None
    late_share: Number = Field(default=0.05, ge=0, le=1)

    @field_validator("kinds", "statuses")
    @classmethod
    def _known_words(cls, value: dict[str, list[str]], info: ValidationInfo) -> dict[str, list[str]]:
        known = vocabulary.works(str(info.field_name))
        what = {"kinds": "kind", "statuses": "status"}[str(info.field_name)]
        if faults := [f"unknown {what} {k!r}; {nearest(k, known)}" for k in value if k not in known]:
            raise ValueError("\n".join(faults))
        return value


class Green(FileLayer):
    """Land under trees, shrubs and lawn; what overlaps counts once."""

    vocabulary_layer: ClassVar[str] = "green"


class Platforms(FileLayer):
    """Areas that are each levelled to one surface (台地)."""

    vocabulary_layer: ClassVar[str] = "platforms"


class Layers(Model):
    """All layers of a study."""

    zones: Zones
    parcels: Parcels | None = None
    buildings: Buildings | None = None
    roads: Roads | None = None
    road_surfaces: RoadSurfaces | None = None
    services: dict[str, ServiceLayer] = Field(default_factory=dict)
    sources: dict[str, NetworkSource] = Field(default_factory=dict)
    terrain: Terrain | None = None
    batches: Batches | None = None
    boundaries: dict[str, Boundary] = Field(default_factory=dict)
    phases: Phases | None = None
    levelled: Levelled | None = None
    yards: Yards | None = None
    built_up: dict[str, BuiltUp] = Field(default_factory=dict)
    constraints: dict[str, Constraint] = Field(default_factory=dict)
    facilities: dict[str, Facility] = Field(default_factory=dict)
    barriers: dict[str, Barrier] = Field(default_factory=dict)
    works: Works | None = None
    green: Green | None = None
    green_raster: GreenRaster | None = None
    platforms: Platforms | None = None

    @field_validator("services")
    @classmethod
    def _named_services(cls, value: dict[str, ServiceLayer]) -> dict[str, ServiceLayer]:
        faults = []
        for name, layer in value.items():
            if not _NAME.fullmatch(name):
                faults.append(f"service name {name!r}: use lower-case letters, digits and _")
            elif name.startswith("planned_") or name == "levelled":
                faults.append(f"service name {name!r}: gisplan means something else by it; take another name")
            elif name not in vocabulary.services() and layer.title is None:
                faults.append(
                    f"unknown service {name!r}; {nearest(name, vocabulary.services())} "
                    "(a service of your own needs title = { zh = …, en = … } and reach_m)"
                )
            elif name not in vocabulary.services() and layer.reach_m is None:
                faults.append(f"service {name!r} of your own needs reach_m")
        if faults:
            raise ValueError("\n".join(faults))
        return value

    @field_validator("boundaries")
    @classmethod
    def _known_boundaries(cls, value: dict[str, Boundary]) -> dict[str, Boundary]:
        known = vocabulary.supply_words("boundaries")
        if faults := [f"unknown boundary {k!r}; {nearest(k, known)}" for k in value if k not in known]:
            raise ValueError("\n".join(faults))
        return value

    @field_validator("built_up")
    @classmethod
    def _two_dates(cls, value: dict[str, BuiltUp]) -> dict[str, BuiltUp]:
        if value and set(value) != {"start", "end"}:
            raise ValueError(f"give start and end (found: {', '.join(value)})")
        if value and value["start"].date >= value["end"].date:
            raise ValueError(f"start ({value['start'].date}) has to be before end ({value['end'].date})")
        return value

    @field_validator("facilities", "barriers")
    @classmethod
    def _plain_names(cls, value: dict[str, Facility] | dict[str, Barrier]) -> dict[str, Facility] | dict[str, Barrier]:
        if faults := [f"name {k!r}: use lower-case letters, digits and _" for k in value if not _NAME.fullmatch(k)]:
            raise ValueError("\n".join(faults))
        if taken := [k for k in value if k.startswith(("jobs_", "people_"))]:
            raise ValueError(f"name {taken[0]!r} is that of a share of jobs or people; choose another")
        return value

    @model_validator(mode="after")
    def _known_networks(self) -> Layers:
        faults = list(
            network_faults(self.services, self.facilities, barriers=self.barriers, has_roads=self.roads is not None)
        )
        if faults:
            raise ValueError("\n".join(faults))
        return self

    @model_validator(mode="after")
    def _sources_of_services(self) -> Layers:
        if faults := [
            f"sources of {k!r}, but there is no [layers.services.{k}]" for k in self.sources if k not in self.services
        ]:
            raise ValueError("\n".join(faults))
        return self

    @model_validator(mode="after")
    def _parcels_for_zones(self) -> Layers:
        if self.zones.origin == "parcels" and self.parcels is None:
            raise ValueError("zones are to be made from parcels, but there is no [layers.parcels]")
        if self.green is not None and self.green_raster is not None:
            raise ValueError("give one of [layers.green] and [layers.green_raster]")
        return self

"""The words gisplan knows: columns, units, land-use classes, services, road classes; data tables beside this file."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

#: Unit in which a number of each measure is kept, and the suffix its column carries.
STORED_SUFFIX: Mapping[str, str] = {
    "area": "_m2",
    "length": "_m",
    "money": "_wan",
    "count": "",
    "plain": "",
    "share": "_share",
}

#: Unit assumed when the plan gives none.
DEFAULT_UNIT: Mapping[str, str] = {
    "area": "m2",
    "length": "m",
    "money": "wan",
    "count": "n",
    "plain": "n",
    "share": "share",
}

#: Layers of which a plan has at most one.
SINGLE_LAYERS = ("zones", "parcels", "buildings", "roads", "road_surfaces")

#: Columns without which a layer means nothing.
REQUIRED_COLUMNS: Mapping[str, tuple[str, ...]] = {"zones": ("zone_id",), "parcels": ("parcel_id",)}

#: Layers and families of layers that hold polygons.
POLYGON_LAYERS = (
    "zones",
    "parcels",
    "buildings",
    "road_surfaces",
    "batches",
    "boundaries",
    "phases",
    "levelled",
    "yards",
    "built_up",
    "constraints",
    "green",
    "platforms",
)

#: Column with the id of a record, by layer or family of layers; ``feature_id`` where nothing stands here.
ID_COLUMNS: Mapping[str, str] = {
    "zones": "zone_id",
    "parcels": "parcel_id",
    "buildings": "building_id",
    "roads": "road_id",
    "roads_not_in_service": "road_id",
    "road_surfaces": "surface_id",
    "batches": "batch_id",
    "boundaries": "boundary_id",
    "phases": "phase_id",
    "levelled": "levelled_id",
    "facilities": "facility_id",
    "works": "work_id",
    "sources": "source_id",
    "platforms": "platform_id",
    "yards": "yard_id",
}


@dataclass(frozen=True)
class Column:
    """A canonical column: what it holds and how it is read.

    ``stored`` is its name in gisplan's tables, with the unit as suffix (``land_area`` is kept as ``land_area_m2``).
    """

    name: str
    kind: str
    zh: str
    en: str
    measure: str = "plain"
    rule: str = "first"
    private: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def stored(self) -> str:
        """Name under which the column stands in gisplan's tables."""
        return self.name + STORED_SUFFIX[self.measure] if self.kind == "number" else self.name


@dataclass(frozen=True)
class LayerKind:
    """What a layer can be taken for, and what speaks for it; see ``layer_names.toml``."""

    id: str
    geometry: tuple[str, ...]
    words: tuple[str, ...]
    weak: tuple[str, ...]
    fields: tuple[str, ...]
    sure: tuple[str, ...]


@dataclass(frozen=True)
class Ambiguous:
    """An abbreviation with several meanings; ``columns`` are the canonical ones it may hold."""

    name: str
    zh: str
    en: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class LandClass:
    """A land-use class; see ``land_use.toml`` for the meaning of the flags."""

    id: str
    zh: str
    en: str
    color: str
    building: bool = False
    a2: bool = False
    formed: bool = False


@dataclass(frozen=True)
class Service:
    """A service that reaches parcels; ``reach_m`` is the unverified, editable default reach in metres.

    ``declared`` are usual names of the parcels' column that says whether it is there.
    """

    id: str
    zh: str
    en: str
    color: str
    reach_m: float
    declared: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndicatorName:
    """An indicator that rules may limit, of a ``zone`` or a ``project``; labels are empty where measuring has them."""

    id: str
    level: str
    unit: str
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Condition:
    """What a limit may depend on; see ``indicators.toml``. ``words`` lead from what a file says to what rules say."""

    id: str
    of: str
    column: str
    kind: str
    zh: str
    en: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class IdleClass:
    """A class of the idle-land register."""

    id: str
    zh: str
    en: str
    color: str


@dataclass(frozen=True)
class Stage:
    """A stage of a conversion batch; ``words`` are what registers write for it."""

    id: str
    zh: str
    en: str
    approved: bool
    words: tuple[str, ...]


@dataclass(frozen=True)
class RoadClass:
    """A road class; ``names`` are the words of other systems that are read as it."""

    id: str
    zh: str
    en: str
    color: str
    weight: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class RoadState:
    """A state of a road; ``words`` are what files write for it."""

    id: str
    zh: str
    en: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class KnownBasemap:
    """A basemap that a plan can name; see ``basemaps.toml``."""

    id: str
    zh: str
    en: str
    attribution: Mapping[str, str]
    urls: Sequence[str]
    subdomains: Sequence[str] = ()
    min_zoom: int = 0
    max_zoom: int = 18
    key: str = ""
    served: bool = False


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__name__).joinpath(name).read_text(encoding="utf-8"))


def id_column(layer: str) -> str:
    """Column with the id of a layer's records."""
    return ID_COLUMNS.get(layer.split(".", maxsplit=1)[0], "feature_id")


@cache
def columns(layer: str) -> Mapping[str, Column]:
    """Canonical columns of a layer by name; layers of one family (``services.water``) share a table."""
    key = layer.split(".", maxsplit=1)[0]
    found = {
        name: Column(name=name, **{**spec, "aliases": tuple(spec.get("aliases", ()))})
        for name, spec in _table("columns.toml").get(key, {}).items()
    }
    return {**found, **_declared_columns()} if key == "parcels" else found


def _declared_columns() -> dict[str, Column]:
    """Flags of the parcels that say whether a service is there, ``has_<service>``, and on which side of the red line.

    Level ground is told like a service, but has no sides.
    """
    level, out = levelled(), {}
    for id_, zh, en, names in [(s.id, s.zh, s.en, s.declared) for s in services().values()]:
        out[f"has_{id_}"] = Column(f"has_{id_}", "flag", f"已通{zh}", f"{en} declared", aliases=names)
        for side, label in _table("services.toml")["sides"].items():
            name, own = f"has_{id_}_{side}", tuple(f"{label['zh']}{n}" for n in names)
            out[name] = Column(name, "flag", f"{label['zh']}已通{zh}", f"{en} declared {label['en']}", aliases=own)
    out["has_levelled"] = Column("has_levelled", "flag", level["zh"], level["en"], aliases=tuple(level["declared"]))
    return out


@cache
def levelled() -> Mapping[str, Any]:
    """Labels of level ground, its usual columns (``declared``), and the ``share`` from which a parcel is level."""
    return dict(_table("services.toml")["levelled"])


@cache
def ambiguous(layer: str) -> tuple[Ambiguous, ...]:
    """Abbreviations of a layer's columns that must be asked about."""
    table = _table("columns.toml")["ambiguous"].get(layer, {})
    return tuple(Ambiguous(name=k, **{**v, "columns": tuple(v["columns"])}) for k, v in table.items())


@cache
def units(measure: str) -> Mapping[str, float]:
    """Factors from each known unit of a measure to the unit in which it is kept."""
    return dict(_table("units.toml")[measure])


@cache
def unit_words(measure: str) -> Mapping[str, str]:
    """Words for units of a measure, without case, blanks and underscores → the unit."""
    table = _table("units.toml")["words"][measure]
    return {word.casefold().replace("_", "").replace(" ", ""): unit for unit, words in table.items() for word in words}


@cache
def words(kind: str) -> tuple[Any, ...]:
    """Words of tables kept by hand, by what they say: ``missing``, ``totals``, … as in ``words.toml``."""
    return tuple(_table("words.toml")[kind])


@cache
def land_classes() -> Mapping[str, LandClass]:
    """Land-use classes in display order."""
    return {k: LandClass(id=k, **v) for k, v in _table("land_use.toml")["classes"].items()}


@cache
def code_systems() -> Mapping[str, Mapping[str, str]]:
    """Code beginning → class, for each land-use code system gisplan knows."""
    return {k: dict(v["codes"]) for k, v in _table("land_use.toml")["systems"].items()}


@cache
def layer_kinds() -> tuple[LayerKind, ...]:
    """Kinds of layers a plan knows, with the names offices give them; ``services.<name>`` for services."""
    table = _table("layer_names.toml")
    services_ = table.pop("services")
    flat = {**table, **{f"services.{k}": v for k, v in services_.items()}}
    return tuple(LayerKind(id=k, **{n: tuple(v) for n, v in spec.items()}) for k, spec in flat.items())


@cache
def draft_words() -> Mapping[str, tuple[str, ...]]:
    """Words by which a first plan is drafted; see ``draft.toml``."""
    return {k: tuple(v) for k, v in _table("draft.toml").items()}


def plain_word(word: str) -> str:
    """Word of a register without case, width, and blanks, hyphens and underscores."""
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", word)).casefold()


@cache
def status_words(kind: str = "status") -> Mapping[str, str]:
    """What registers write, as `plain_word` gives it → what it says: ``in_service``, ``planned``, ``gone``.

    Parameters
    ----------
    kind
        ``status``, or ``side`` for ``inside`` and ``outside`` of the red line.
    """
    return {plain_word(w): meaning for meaning, words_ in _table("status.toml")[kind].items() for w in words_}


@cache
def services() -> Mapping[str, Service]:
    """Services in display order."""
    table = _table("services.toml")["services"]
    return {k: Service(id=k, **{**v, "declared": tuple(v["declared"])}) for k, v in table.items()}


@cache
def road_classes() -> Mapping[str, RoadClass]:
    """Road classes from the widest to the narrowest."""
    return {
        k: RoadClass(id=k, **{**v, "names": tuple(v["names"])})
        for k, v in _table("road_classes.toml")["classes"].items()
    }


@cache
def road_states() -> Mapping[str, RoadState]:
    """States of a road, from planned to gone."""
    return {
        k: RoadState(id=k, **{**v, "words": tuple(v["words"])})
        for k, v in _table("road_classes.toml")["states"].items()
    }


@cache
def basemaps() -> Mapping[str, KnownBasemap]:
    """Basemaps that a plan can name."""
    return {k: KnownBasemap(id=k, **v) for k, v in _table("basemaps.toml").items()}


@cache
def coordinates() -> Mapping[str, Any]:
    """Usual names of the columns of a table that say where a record lies: ``wkt`` and ``pairs`` (east, north)."""
    return _table("coordinates.toml")


@cache
def floor_words() -> Mapping[str, tuple[str, ...]]:
    """Words that stand ``before`` and ``after`` the number of floors on a drawing."""
    return {k: tuple(v) for k, v in _table("floors.toml").items()}


@cache
def date_chains() -> tuple[tuple[str, ...], ...]:
    """Dates of a parcel that follow one another, chain by chain."""
    return tuple(tuple(chain) for chain in _table("dates.toml")["chains"])


@cache
def past_dates() -> tuple[str, ...]:
    """Dates of what has happened, which cannot lie after the day the data are of."""
    return tuple(_table("dates.toml")["happened"])


@cache
def indicators() -> Mapping[str, IndicatorName]:
    """Indicators that rules may name; an id that ends in ``*`` is a family."""
    table = _table("indicators.toml")
    out = {k: IndicatorName(k, "zone", unit) for k, unit in table["zone"].items()}
    for level, key in (("zone", "zone_only"), ("project", "project")):
        out |= {k: IndicatorName(k, level, **spec) for k, spec in table[key].items()}
    return out


def indicator(name: str) -> IndicatorName | None:
    """Indicator of a name, be it a member of a family; None where there is none."""
    known = indicators()
    if name in known:
        return None if name.endswith("*") else known[name]
    families = (f for k, f in known.items() if k.endswith("*") and name.startswith(k[:-1]) and len(name) >= len(k))
    return next(families, None)


@cache
def conditions() -> Mapping[str, Condition]:
    """What a limit may depend on, by the key it has in a rule pack."""
    table = _table("indicators.toml")
    return {
        k: Condition(id=k, **spec, words={w: rule for rule, ws in table["words"].get(k, {}).items() for w in ws})
        for k, spec in table["conditions"].items()
    }


@cache
def industry_systems() -> Mapping[str, Mapping[str, str]]:
    """Editions of the industry classification, with their names."""
    return dict(_table("indicators.toml")["industry_systems"])


@cache
def idle_classes() -> Mapping[str, IdleClass]:
    """Classes of the idle-land register in display order."""
    return {k: IdleClass(id=k, **v) for k, v in _table("idle.toml")["classes"].items()}


@cache
def idle_words(kind: str) -> Mapping[str, Any]:
    """Words of the idle-land register: ``causes``, ``sources``, ``actions``, ``missing``, ``doubts``, ``witness``."""
    return dict(_table("idle.toml")[kind])


@cache
def idle_caution() -> Mapping[str, Mapping[str, str]]:
    """What stands on everything that is said of idle land: ``short`` and ``long``, in both languages."""
    table = _table("idle.toml")
    return {"short": table["caution"], "long": table["caution_long"]}


@cache
def idle_windows() -> tuple[int, ...]:
    """Days ahead in which a coming threshold is told, the nearest first."""
    return tuple(_table("idle.toml")["windows"])


@cache
def intensity(kind: str) -> Mapping[str, Any]:
    """Words of the land intensity evaluation by what they are of: ``build``, ``supply``, … as in ``intensity.toml``."""
    return dict(_table("intensity.toml")[kind])


@cache
def edition_words() -> Mapping[str, str]:
    """What registers write for editions of the industry classification → the edition."""
    table = _table("indicators.toml")
    return {word: edition for edition, words_ in table["edition_words"].items() for word in words_}


@cache
def projects() -> Mapping[str, Any]:
    """Words and numbers for the projects on parcels; see ``projects.toml``."""
    return _table("projects.toml")


@cache
def stages() -> Mapping[str, Stage]:
    """Stages of a conversion batch, from the first to the last."""
    table = _table("supply.toml")["stages"]
    return {k: Stage(id=k, **{**v, "words": tuple(v["words"])}) for k, v in table.items()}


@cache
def supply_words(kind: str) -> Mapping[str, Mapping[str, str]]:
    """Words of land supply in both languages: ``boundaries``, ``targets``."""
    return dict(_table("supply.toml")[kind])


@cache
def land_bank_words() -> tuple[str, ...]:
    """What the status of a parcel says where the land bank holds it."""
    return tuple(_table("supply.toml")["land_bank"])


@cache
def works(kind: str) -> Mapping[str, Mapping[str, Any]]:
    """Words of public works in both languages: ``statuses``, ``kinds``, ``states``, ``doubts``; see ``works.toml``."""
    return dict(_table("works.toml")[kind])


@cache
def terrain(kind: str) -> Mapping[str, Any]:
    """Words and numbers of terrain by what they are of: ``slopes``, ``aspects``, … as in ``terrain.toml``."""
    return dict(_table("terrain.toml")[kind])


@cache
def workbook(kind: str) -> Mapping[str, Mapping[str, str]]:
    """Words of the workbook in both languages: ``sheets``, ``columns``, ``told``, ``assumed``, ``notes``."""
    return dict(_table("workbook.toml")[kind])


@cache
def report(kind: str) -> Mapping[str, Mapping[str, str]]:
    """Words of reports in both languages: ``units``, ``served``, ``heads``, …; see ``report.toml``."""
    return dict(_table("report.toml")[kind])

"""Every m² of a zone in the two partitions of the land intensity evaluation, and what told it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask
from gisplan.assess.intensity_codes import Codes, codes_of
from gisplan.measure import Survey
from gisplan.measure.pieces import LEAST_LAND_M2
from gisplan.measure.reach import NO, YES
from gisplan.measure.survey import column
from gisplan.plan.intensity import IntensityPlan

#: Ways of measuring land that scores are told by.
METHODS = ("ellipsoid", "planar", "ledger")


@dataclass(frozen=True)
class Areas:
    """Land by one way of measuring it.

    Attributes
    ----------
    parcel
        m² of each parcel; where the ledger has none, as drawn.
    zone
        m² of each zone.
    scale
        Factor by zone for what is only measured the plan's way: footprints.
    filled
        Parcels without a ledger area, of which the drawn one stands in.
    """

    parcel: Array
    zone: Array
    scale: Array
    filled: Mask


@dataclass(frozen=True)
class Land:
    """The partitions of all zones.

    Attributes
    ----------
    codes
        Of each parcel.
    areas
        How land was measured.
    street, remainder
        m² by zone of streets outside parcels, and of other land that no parcel covers.
    rest
        Codes of that other land: by construction and by supply.
    survey
        What was measured.
    """

    survey: Survey
    codes: Codes
    areas: Areas
    street: Array
    remainder: Array
    rest: tuple[str, str]

    def parcels(self, where: Mask) -> Array:
        """m² of the chosen parcels by zone."""
        return self.survey.pieces["parcels"].total(np.where(where, self.areas.parcel, 0.0))

    def of(self, *codes: str, by: str = "build") -> Array:
        """m² by zone of all land whose code begins so, streets and land without a parcel included."""
        out = sum(
            (area for code, area in self._sums[by].items() if code.startswith(codes)), np.zeros(self.survey.zones)
        )
        street, rest = ("A31", self.rest[0]) if by == "build" else ("D1", self.rest[1])
        out = out + self.street if street.startswith(codes) else out
        return out + self.remainder if rest.startswith(codes) else out

    def by(self, areas: Areas) -> Land:
        """Make the same partitions of land that is measured another way: codes do not depend on it."""
        street, remainder = self.survey.once("land without parcels", lambda: _without_parcels(self.survey))
        return replace(self, areas=areas, street=street * areas.scale, remainder=remainder * areas.scale)

    @cached_property
    def _sums(self) -> Mapping[str, Mapping[str, Array]]:
        """m² of the parcels by partition and code."""
        own = {"build": self.codes.build, "supply": self.codes.supply}
        return {by: {str(c): self.parcels(codes == c) for c in pd.unique(codes)} for by, codes in own.items()}


def areas_by(survey: Survey, method: str) -> Areas | None:
    """Land by a way of measuring it; None where the data do not have it.

    Parameters
    ----------
    survey
        The measured study.
    method
        One of `METHODS`; the ledger's areas stand on the plan's own way for zones, streets and what has none.
    """
    frame, zones = survey.layers.frame("parcels"), survey.layers.zones
    if frame is None or (method == "ellipsoid" and survey.plan.plan.area != "ellipsoid"):
        return None
    name = "planar_area_m2" if method == "planar" else "area_m2"
    drawn = column(frame, name)
    zone = column(zones, name)
    none = np.zeros(len(frame), dtype=bool)
    scale = zone / survey.zone_area
    if method != "ledger":
        return Areas(drawn, zone, scale, none)
    own = column(frame, "land_area_m2")
    if not (own > 0).any():
        return None
    return Areas(np.where(own > 0, own, drawn), zone, scale, ~(own > 0))


def land_of(
    survey: Survey, areas: Areas, *, as_of: dt.date, condition: tuple[str, ...], options: IntensityPlan
) -> Land:
    """Sort every m² of the zones into both partitions.

    Parameters
    ----------
    survey
        The measured study, with parcels.
    areas
        How land is measured.
    as_of
        Day the codes are of.
    condition
        Services of the supply condition.
    options
        The plan's ``[intensity]``.
    """
    frame, known = survey.layers.frame("parcels"), survey.parcels
    assert frame is not None
    assert known is not None
    told = pd.DataFrame({c: frame[c].array for c in frame.columns if c != "geometry"})
    told["land_class"], told["state"] = known.land_class, known.state
    near = [survey.reaches[s].state if s in survey.reaches else None for s in condition]
    size = len(frame)
    states = [n for n in near if n is not None]
    served = np.logical_and.reduce([n == YES for n in states]) if len(states) == len(near) else None
    unserved = np.logical_or.reduce([np.zeros(size, dtype=bool), *(n == NO for n in states)])
    spec = survey.plan.layers.parcels
    codes = codes_of(
        told,
        as_of=as_of,
        served=np.zeros(size, dtype=bool) if served is None else np.broadcast_to(served, size),
        unserved=unserved,
        rural=vocabulary.intensity("rural").get((spec and spec.code_system) or "", ()),
        register_complete=options.register_complete,
        land_acquired=options.land_acquired,
    )
    street, remainder = survey.once("land without parcels", lambda: _without_parcels(survey))
    rest = {"unknown": ("X", "X"), "B22": ("B22", "F"), "C3": ("C3", "F")}[options.land_without_parcel]
    return Land(survey, codes, areas, street * areas.scale, remainder * areas.scale, rest)


def _without_parcels(survey: Survey) -> tuple[Array, Array]:
    """m² of streets that no parcel covers, and of all other such land, by zone, measured the plan's way."""
    parcels = survey.pieces["parcels"]
    street = _streets(survey)
    left = survey.zone_area - parcels.total(parcels.size) - street
    # What is less than a square metre is the rounding of sums, and no land.
    return street, np.where(left < LEAST_LAND_M2, 0.0, left)


def _streets(survey: Survey) -> Array:
    """m² of road surfaces by zone that lie on no parcel, overlaps counted once."""
    out = np.zeros(survey.zones)
    if "road_surfaces" not in survey.pieces:
        return out
    roads = survey.pieces["road_surfaces"]
    zones = np.asarray(survey.layers.zones.geometry.array)
    lots = np.asarray(survey.pieces["parcels"].frame.geometry.array)
    shapes = np.asarray(roads.frame.geometry.array)[roads.feature]
    cut_ = roads.share < 1 - 1e-9
    shapes[cut_] = shapely.intersection(shapes[cut_], zones[roads.zone[cut_]])
    # One by one: each surface loses only the few parcels that reach into it, which stays small however many there are.
    piece, lot = shapely.STRtree(lots).query(shapes, predicate="intersects")
    order = np.argsort(piece, kind="stable")
    starts = np.searchsorted(piece[order], np.arange(len(shapes) + 1))
    for i in range(len(shapes)):
        hit = lots[lot[order][starts[i] : starts[i + 1]]]
        if len(hit):
            shapes[i] = shapely.difference(shapes[i], shapely.union_all(hit))
    planar = shapely.area(zones)
    for zone in np.unique(roads.zone):
        area = shapely.area(shapely.union_all(shapes[roads.zone == zone]))
        out[zone] = area * survey.zone_area[zone] / planar[zone]
    return out


def land_table(land: Land) -> pd.DataFrame:
    """Partition table: one row a zone, partition, code and source, then what closes the books.

    Returns
    -------
    pandas.DataFrame
        ``zone_id, name, partition`` (``build`` or ``supply``), ``code, label_zh, label_en, source, source_zh,
        source_en, parcels, area_m2, area_ha, share`` of the zone. ``difference`` is zone area less all codes: ledger
        against drawing, or less than nothing where parcels overlap; ``total`` is the zone.
    """
    zones = land.survey.layers.zones
    table = pd.DataFrame([row for by in ("build", "supply") for row in _rows(land, by)])
    table = table.sort_values("zone", kind="stable", ignore_index=True)
    for at, name in enumerate(("zone_id", "name"), start=1):
        table.insert(at, name, zones[name].to_numpy()[table["zone"]])
    return table.drop(columns="zone")


def _rows(land: Land, by: str) -> Iterator[dict[str, object]]:
    first = by == "build"
    own, sources = (land.codes.build, land.codes.build_from) if first else (land.codes.supply, land.codes.supply_from)
    labels, words = vocabulary.intensity(by), vocabulary.intensity("sources")
    beside = {"street": ("A31" if first else "D1", land.street), "no_parcel": (land.rest[not first], land.remainder)}
    left = land.areas.zone.copy()
    there = {*zip(own, sources, strict=True), *((code, source) for source, (code, _) in beside.items())}
    for code, label in labels.items():
        for source, word in words.items():
            if (code, source) not in there:
                continue
            chosen = (own == code) & (sources == source)
            area, count = land.parcels(chosen), land.survey.pieces["parcels"].count(chosen)
            if source in beside and beside[source][0] == code:
                area = area + beside[source][1]
            left = left - area
            told = {"source": source, "source_zh": word["zh"], "source_en": word["en"]}
            for i in map(int, np.flatnonzero(area > 0)):
                yield _row(i, by, code, label) | told | {"parcels": int(count[i])} | _sizes(land, i, area[i])
    over = {"zh": "差额（重叠，或登记与图形面积之差）", "en": "Difference: overlaps, or ledger against drawing"}
    for i in range(land.survey.zones):
        if abs(left[i]) >= LEAST_LAND_M2:
            yield _row(i, by, "difference", over) | _sizes(land, i, left[i])
        yield _row(i, by, "total", {"zh": "合计", "en": "Total"}) | _sizes(land, i, land.areas.zone[i])


def _row(i: int, by: str, code: str, label: Mapping[str, str]) -> dict[str, object]:
    return {
        "zone": i,
        "partition": by,
        "code": code,
        "label_zh": label["zh"],
        "label_en": label["en"],
        "source": "",
        "source_zh": "",
        "source_en": "",
        "parcels": 0,
    }


def _sizes(land: Land, i: int, area: float) -> dict[str, object]:
    return {"area_m2": float(area), "area_ha": float(area) / 1e4, "share": float(area / land.areas.zone[i])}

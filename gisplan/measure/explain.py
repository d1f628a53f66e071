"""What a figure is made of: the same indicator once more, every feature of the zone being a zone of its own.

An indicator is a function of sums by zone. Where each parcel, building or road of a zone is made a zone, the
indicator's own code gives each one's part of the numerator and of the denominator. So an indicator need not say
twice what it counts, and one that is added later is explained without a further line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import GisplanError, nearest
from gisplan.measure.catalogue import Array, Figures, Measured, evaluate
from gisplan.measure.pieces import Pieces
from gisplan.measure.survey import EITHER, Survey

#: The parts have to add up to the figure's own sum within this; else they are not told.
ADDS_UP = 1e-9

#: Columns of a table of contributions.
COLUMNS = ("layer", "feature_id", "name", "share", "numerator", "numerator_share", "denominator", "state")


@dataclass(frozen=True, eq=False)
class _OfFeatures(Pieces):
    """Pieces of which each is a zone: land is never too little to be land, or the parts would not add up."""

    def land(self, area: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.total(area)


@dataclass(frozen=True)
class Explained:
    """A figure of one zone, and what it is made of.

    Attributes
    ----------
    measured
        What it is, and its figures in all zones.
    zone
        Row number of the zone.
    parts
        One row a feature (see `COLUMNS`): ``share`` is the part of the feature in the zone, ``numerator`` and
        ``denominator`` its parts of the two sums, in their units; ``state`` is ``used``, ``no_data`` (it should count
        but the data are missing) or ``zone`` (the zone's own area or people). Greatest first.
    adds_up
        Whether the parts add up to numerator and denominator. They do not where land is joined before it is measured
        (reach: where two mains reach the same ground, it is reached once); then ``parts`` lists the features of the
        layers concerned without parts of the sums.
    """

    measured: Measured
    zone: int
    parts: pd.DataFrame
    adds_up: bool


def explain(survey: Survey, measured: Mapping[str, Measured], name: str, zone: int) -> Explained:
    """Say which features make a figure.

    Parameters
    ----------
    survey
        The measured study.
    measured
        Its indicators by id.
    name
        Id of one of them.
    zone
        Row number of the zone.

    Raises
    ------
    GisplanError
        There is no such indicator in the study.
    """
    if name not in measured:
        raise GisplanError(f"explain: there is no indicator {name!r} in this study; {nearest(name, measured)}")
    whole = measured[name]
    rows, apart = _exploded(survey, zone)
    try:
        with np.errstate(all="ignore"):
            made = evaluate(apart, only=whole)[0].figures
    except (ValueError, IndexError, GisplanError):
        made = None  # it looks at the land itself, of which features have none
    if made is not None and _adds_up(whole.figures, made, zone) and _of_features(whole, made, survey.pieces):
        return Explained(whole, zone, _parts(survey, rows, made), adds_up=True)
    concerned = [n for n in rows["layer"].unique() if n == "" or _concerns(whole, n)]
    return Explained(whole, zone, _listed(survey, rows[rows["layer"].isin(concerned)]), adds_up=False)


def _exploded(survey: Survey, zone: int) -> tuple[pd.DataFrame, Survey]:
    """Survey of which the first zone is the land of one zone, and every further one a feature in it.

    Returns
    -------
    tuple
        ``layer, feature, share`` of each new zone, in order; the survey.
    """
    pieces: dict[str, Pieces] = {}
    blocks = [pd.DataFrame({"layer": [""], "feature": [-1], "share": [1.0]})]
    mine = {name: np.flatnonzero(p.zone == zone) for name, p in survey.pieces.items()}
    count = 1 + sum(len(m) for m in mine.values())
    first = 1
    for name, p in survey.pieces.items():
        at = mine[name]
        own = np.arange(first, first + len(at))
        owner = np.full(len(p.frame), -1, dtype=np.int64)
        owner[p.feature[at]] = own
        owner[p.owner != zone] = -1
        given = {k: getattr(p, k) for k in ("frame", "dimension", "outside", "overlap")}
        pieces[name] = _OfFeatures(
            **given, zones=count, zone=own, feature=p.feature[at], share=p.share[at], owner=owner
        )
        blocks.append(pd.DataFrame({"layer": name, "feature": p.feature[at], "share": p.share[at]}))
        first += len(at)
    zones = survey.layers.zones
    land = zones.iloc[[zone] * count].reset_index(drop=True)
    rest = np.arange(count) > 0
    shapes = np.full(count, shapely.Polygon(), dtype=object)
    shapes[0] = zones.geometry.array[zone]
    land = land.set_geometry(gpd.GeoSeries(shapes, crs=zones.crs))
    for column in land.columns:
        if pd.api.types.is_numeric_dtype(land[column].dtype):
            # What belongs to the zone itself, its area or its people, counts once.
            known = land[column].notna().to_numpy()
            land[column] = np.where(rest & known, 0.0, land[column].to_numpy(dtype=float))
    reach: dict[str, Array] = {}
    for name, share in survey.reach.items():
        reach[name] = np.where(rest, 0.0, share[zone])
    apart = replace(
        survey,
        layers=replace(survey.layers, zones=land),
        pieces=pieces,
        reach=reach,
        _made={},
        _making=RLock(),
    )
    return pd.concat(blocks, ignore_index=True), apart


def _adds_up(whole: Figures, made: Figures, zone: int) -> bool:
    """Whether the parts add up to the sums of the zone."""
    for own, parts in ((whole.numerator, made.numerator), (whole.denominator, made.denominator)):
        if np.isnan(own[zone]):
            continue
        total = float(np.nansum(parts))
        # A zone with less land than a square metre has none; its features may have.
        if abs(total - own[zone]) > ADDS_UP * max(abs(own[zone]), 1.0):
            return False
    return True


def _of_features(whole: Measured, made: Figures, layers: Iterable[str]) -> bool:
    """Whether features have parts of the numerator, where the figure is made from a layer and is not nothing."""
    own, others = np.nan_to_num(made.numerator[0]), np.nan_to_num(made.numerator[1:])
    return own == 0 or bool(others.any()) or not any(_concerns(whole, name) for name in layers)


def _parts(survey: Survey, rows: pd.DataFrame, made: Figures) -> pd.DataFrame:
    top, below = np.nan_to_num(made.numerator), made.denominator
    used = (made.n_used > 0) | (top != 0) | (np.nan_to_num(below) != 0)
    lacking = made.n_missing > 0
    table = _listed(survey, rows)
    table["numerator"] = top
    total = top.sum()
    table["numerator_share"] = top / total if total else np.nan
    table["denominator"] = below
    table["state"] = np.where(rows["layer"] == "", "zone", np.where(lacking, "no_data", "used"))
    return _sorted(table[used | lacking])


def _listed(survey: Survey, rows: pd.DataFrame) -> pd.DataFrame:
    """Table of features with their ids and names, in the order of `rows`."""
    blocks = []
    for layer, part in rows.groupby("layer", sort=False):
        if layer == "":
            own: dict[str, Any] = {"feature_id": "", "name": ""}
        else:
            frame = survey.pieces[str(layer)].frame.iloc[part["feature"]]
            ids = frame[vocabulary.id_column(str(layer))]
            own = {
                "feature_id": ids.astype(str).to_numpy(dtype=object),
                "name": frame["name"].to_numpy(dtype=object) if "name" in frame else None,
            }
        blocks.append(pd.DataFrame({"layer": layer, **own, "share": part["share"]}, index=part.index))
    table = pd.concat(blocks).sort_index() if blocks else pd.DataFrame(columns=["layer", "feature_id", "name", "share"])
    table["numerator"] = table["numerator_share"] = table["denominator"] = np.nan
    table["state"] = np.where(table["layer"] == "", "zone", "used")
    return table[list(COLUMNS)]


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    """Largest part of the numerator first, then of the denominator, then by layer and id."""
    order = np.lexsort(
        (
            table["feature_id"].to_numpy(dtype=str),
            table["layer"].to_numpy(dtype=str),
            -np.abs(np.nan_to_num(table["denominator"].to_numpy(dtype=float))),
            -np.abs(table["numerator"].to_numpy(dtype=float)),
            table["state"].to_numpy() == "no_data",
        )
    )
    return table.iloc[order].reset_index(drop=True)


def _concerns(measured: Measured, layer: str) -> bool:
    """Whether a figure is made from a layer."""
    if layer.startswith("services."):
        return layer == f"services.{measured.member}"
    needs = {layer for need in measured.indicator.needs for layer in (need, *EITHER.get(need, ()))}
    return any(need == layer or need.partition(".")[0] == layer for need in needs)

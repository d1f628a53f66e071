"""Another run of the same or an earlier plan beside this one: what it found, and what is different."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors

from gisplan import vocabulary
from gisplan.errors import LayerError, first_ids
from gisplan.measure import Measured, Survey
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer
from gisplan.show.parcel_classes import with_classes
from gisplan.show.study_layers import STATES, Assessed, study_layers, zone_names
from gisplan.show.study_parcels import with_nearest
from gisplan.show.webmap import OtherRun, differences

_CHANGES = (
    MapClass("new", "新增宗地", "New parcel", "#1b7837"),
    MapClass("use", "用地分类改变", "Other land use", "#762a83"),
    MapClass("state", "建设状态改变", "Other state of building", "#c9701d"),
    MapClass("figures", "指标数值改变", "Other figures", "#4a8fc4"),
    MapClass("same", "没有变化", "No change", "#e3e6e8"),
)
_GONE = MapClass("", "本次已没有的宗地", "Parcels no longer there", "#a50f15")


@dataclass(frozen=True)
class Run:
    """What an earlier ``gisplan run`` left in its folder.

    Attributes
    ----------
    name
        Name of the folder.
    as_of
        The day its plan asked for, or "".
    zones
        One row a zone: zone_id, name and one column an indicator, as in ``zones.csv``.
    parcels
        One row a parcel as in ``parcels.csv``; None without parcels.
    """

    name: str
    as_of: str
    zones: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame | None


@dataclass(frozen=True)
class SideBySide:
    """Two runs made ready for one page: this run's layers, the other run, and notes on what differs."""

    layers: tuple[MapLayer, ...]
    other: OtherRun
    notes: tuple[Mapping[str, str], ...]


def shown_unit(measured: Measured) -> tuple[str, float]:
    """Unit in which an indicator is read, and what to divide by: land in hectares, all else as it is kept."""
    return ("ha", 1e4) if measured.group == "land" and measured.unit == "m²" else (measured.unit, 1.0)


def read_run(folder: str | Path) -> Run:
    """Read the results of another run.

    Parameters
    ----------
    folder
        Where ``gisplan run`` wrote them: ``run.json`` and ``results.gpkg`` are needed.

    Raises
    ------
    LayerError
        The folder is not there or does not hold a whole run.
    """
    place = Path(folder)
    if not place.is_dir():
        raise LayerError(f"{folder}: there is no such folder. Give the folder that an earlier gisplan run wrote.")
    try:
        record = json.loads((place / "run.json").read_text(encoding="utf-8"))
        plan = record["plan"]["plan"]
        as_of = str(plan.get("as_of") or "")
    except FileNotFoundError:
        raise foreign(place, "run.json is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise foreign(place, "run.json is not one of gisplan's") from None
    zones = _layer(place, "zones", ("zone_id", "name"))
    if zones is None:
        raise foreign(place, "results.gpkg has no layer zones")
    parcels = _layer(place, "parcels", ("parcel_id", "land_class", "state", "area_m2"))
    if parcels is not None:
        known: Mapping[str, set[str]] = {
            "land_class": set(vocabulary.land_classes()),
            "state": {c.value for c in STATES},
        }
        for name, allowed in known.items():
            if odd := sorted({str(v) for v in parcels[name].dropna()} - allowed):
                raise foreign(place, f"the parcels hold an unknown {name} ({first_ids(odd)})")
    return Run(place.resolve().name, as_of, zones, parcels)


def foreign(place: Path, why: str) -> LayerError:
    """Error of a folder that holds no whole run."""
    return LayerError(f"{place}: not the results of a gisplan run: {why}. Give the folder that gisplan run wrote.")


def _layer(place: Path, name: str, needed: Sequence[str]) -> gpd.GeoDataFrame | None:
    """Read one layer of the results, checked for what is needed of it."""
    file = place / "results.gpkg"
    if not file.is_file():
        raise foreign(place, "results.gpkg is missing")
    try:
        if name not in pyogrio.list_layers(file)[:, 0]:
            return None
        frame = pyogrio.read_dataframe(file, layer=name)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        raise foreign(place, "results.gpkg cannot be read") from None
    if not isinstance(frame, gpd.GeoDataFrame) or (lacking := [c for c in needed if c not in frame]):
        raise foreign(
            place, f"the layer {name} lacks {', '.join(lacking) if isinstance(frame, gpd.GeoDataFrame) else 'shapes'}"
        )
    ids = frame[needed[0]]
    if ids.duplicated().any():
        raise foreign(
            place, f"{needed[0]} is not unique in the layer {name} ({first_ids(ids[ids.duplicated()].tolist())})"
        )
    return frame


def side_by_side(
    run: Run,
    survey: Survey,
    measured: Sequence[Measured],
    parcels: pd.DataFrame | None,
    assessed: Assessed | None = None,
) -> SideBySide:
    """Make another run comparable with a study.

    Parameters
    ----------
    run
        The other run.
    survey, measured, parcels, assessed
        This study, as for `gisplan.show.study_map.study_map`.

    Returns
    -------
    SideBySide
        This study's layers with what changed since the other run, the other run with the same columns and colours,
        and notes that count what only one of them has.
    """
    theirs = None if parcels is None else _like(run, parcels, survey)
    layers = study_layers(survey, parcels, beside=theirs, assessed=assessed)
    notes = [_about(run), _count(survey.layers.zones["zone_id"], run.zones["zone_id"], "分区", "zones")]
    others: list[MapLayer] = []
    if theirs is not None:
        own = next(layer for layer in layers if layer.id == "parcels")
        # What has no id is the same as nothing.
        notes.append(_count(own.frame["parcel_id"].dropna(), theirs["parcel_id"].dropna(), "宗地", "parcels"))
        changed = _with_changes(own, theirs)
        gone = theirs[~theirs["parcel_id"].isin(set(own.frame["parcel_id"].dropna()))]
        layers = [changed if layer is own else layer for layer in layers]
        if len(gone):
            layers.insert(1, _gone(own, gone))
        others.append(replace(own, frame=theirs, beside=own.frame, run=1, shown=False))
    values = pd.DataFrame(
        {m.id: _numbers(run.zones, m.id) / shown_unit(m)[1] for m in measured}, index=run.zones["zone_id"].to_numpy()
    )
    plan = survey.plan.plan
    labels = _label("本次", "This run", str(plan.as_of or "")), _label(run.name, run.name, run.as_of)
    return SideBySide(tuple(layers), OtherRun(labels[1], labels[0], run.zones, values, tuple(others)), tuple(notes))


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers of a column; all missing when the other run did not measure it."""
    column = frame[name] if name in frame else pd.Series(np.nan, index=frame.index)
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan))


def _label(zh: str, en: str, as_of: str) -> dict[str, str]:
    return {"zh": f"{zh}（{as_of}）", "en": f"{en} ({as_of})"} if as_of else {"zh": zh, "en": en}


def _about(run: Run) -> dict[str, str]:
    return {
        "zh": f"对照：{run.name} 的结果，取自 results.gpkg，只含分区和宗地。"
        "差值 = 本次 − 对照；小于十亿分之一的差别视为 0。",
        "en": f"Compared with the results in {run.name} (results.gpkg), which hold zones and parcels only. "
        "Change = this run − the other; what differs by less than a billionth counts as 0.",
    }


def _count(own: pd.Series[Any], other: pd.Series[Any], zh: str, en: str) -> dict[str, str]:
    """Say how many features both runs have, and how many only one of them."""
    here, there = set(own), set(other)
    both, new, gone = len(here & there), len(here - there), len(there - here)
    return {
        "zh": f"{zh}：两次都有 {both:,}，仅本次有 {new:,}，仅对照有 {gone:,}（按编号比较）。",
        "en": f"{en.capitalize()}: {both:,} in both runs, {new:,} in this one only, {gone:,} in the other only.",
    }


def _like(run: Run, own: pd.DataFrame, survey: Survey) -> gpd.GeoDataFrame | None:
    """Give the other run's parcels the columns and kinds of this one's; a GeoPackage keeps no yes/no beside gaps."""
    if run.parcels is None:
        return None
    # What the other run has not is empty; added all at once, as there may be a hundred.
    absent = own.columns.difference(run.parcels.columns)
    lacking = pd.DataFrame(None, index=run.parcels.index, columns=absent, dtype=object)
    out = gpd.GeoDataFrame(pd.concat([run.parcels, lacking], axis=1), geometry="geometry", crs=run.parcels.crs)
    for name in own.columns:
        if name in lacking:
            continue
        if isinstance(first := next(iter(own[name].dropna()), None), datetime.date):
            out[name] = _dates(out[name])
        elif isinstance(first, bool | np.bool_):
            out[name] = out[name].map(lambda v: None if pd.isna(v) else bool(v)).astype(object)
        elif isinstance(first, float):
            out[name] = pd.to_numeric(out[name], errors="coerce").astype(float)
    # A service that the other run does not know makes its number unknown: the rest would be too few.
    classed = gpd.GeoDataFrame(with_nearest(with_classes(out, survey), survey), geometry="geometry", crs=out.crs)
    return classed.assign(zone=out["zone_id"].map(zone_names(run.zones)))


def _dates(column: pd.Series[Any]) -> pd.Series[Any]:
    """Dates of a text column; one that holds anything else stays text, so that nothing is lost."""
    found = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
    if found.notna().sum() < column.notna().sum():
        return column
    return pd.Series([None if pd.isna(v) else v.date() for v in found], index=column.index, dtype=object)


def _with_changes(own: MapLayer, theirs: gpd.GeoDataFrame) -> MapLayer:
    """Add to the parcels how each differs from the parcel of the same id in the other run."""
    # Days past a date grow with the day of the study alone, and would make every such parcel a changed one.
    # What the other run does not have cannot have changed.
    numbers = [c for c in own.colourings if c.column in theirs and c.column != "days_over" and not c.classes]
    columns = [str(c.column) for c in numbers]
    frame = own.frame.copy()
    known = frame["parcel_id"].notna().to_numpy()
    there = theirs[theirs["parcel_id"].notna()].set_index("parcel_id")
    ids = pd.Index(frame["parcel_id"][known])
    change = pd.DataFrame(np.nan, index=frame.index, columns=columns)
    here = frame.loc[known, columns].set_axis(ids, axis=0).astype(float)
    change.loc[known] = differences(here, there.reindex(columns=columns)).to_numpy()
    told = change.add_prefix("change_").assign(change=_kinds(own.frame, there, change, columns))
    frame = gpd.GeoDataFrame(pd.concat([frame, told], axis=1), geometry=frame.geometry.name, crs=frame.crs)
    met = tuple(c for c in _CHANGES if (frame["change"] == c.value).any())
    by_number = [
        MapColouring(
            f"change_{c.id}", f"{c.zh}：差值", f"{c.en}: change", f"change_{c.column}", unit=c.unit, signed=True
        )
        for c in numbers
    ]
    colourings = (*own.colourings, MapColouring("change", "变化", "Change", "change", met), *by_number)
    return replace(own, frame=frame, colourings=colourings)


def _kinds(
    own: gpd.GeoDataFrame, there: pd.DataFrame, change: pd.DataFrame, columns: Sequence[str]
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """The weightiest way in which each parcel differs."""
    ids = own["parcel_id"]
    twin = there.reindex(ids)
    same = {
        name: (own[name].to_numpy() == twin[name].to_numpy())
        | (own[name].isna().to_numpy() & twin[name].isna().to_numpy())
        for name in ("land_class", "state")
    }
    gaps = np.zeros(len(own), dtype=bool)
    for name in columns:
        gaps |= own[name].isna().to_numpy() != twin[name].isna().to_numpy()
    figures = (change.fillna(0) != 0).any(axis=1).to_numpy() | gaps
    new = ~ids.isin(there.index).to_numpy()
    return np.select(
        [new, ~same["land_class"], ~same["state"], figures], ["new", "use", "state", "figures"], "same"
    ).astype(object)


def _gone(own: MapLayer, gone: gpd.GeoDataFrame) -> MapLayer:
    """Parcels of the other run that this one no longer has."""
    wanted = ("parcel_id", "name", "land_use", "area_m2")
    columns: tuple[MapColumn, ...] = tuple(
        replace(c, search=False, filter=False) for c in own.columns if c.name in wanted and gone[c.name].notna().any()
    )
    look = MapColouring("", _GONE.zh, _GONE.en, classes=(_GONE,))
    return MapLayer("gone", _GONE.zh, _GONE.en, gone, columns, (look,), shown=False, size_column="area_m2")

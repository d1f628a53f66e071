"""The interactive map: zones, their indicators and the plan's layers in one file that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.errors import OutputError, first_ids
from gisplan.show.basemap import MapBasemap
from gisplan.show.classes import difference_classes, number_classes
from gisplan.show.embed import StudyMap
from gisplan.show.map_budget import NO_BUDGET, MapBudget, fit, page_bytes
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer, degrees, feature_layer
from gisplan.show.map_parts import FeatureLayer
from gisplan.show.page import json_text
from gisplan.show.payload import Draft, digits_for, lay_out

__all__ = [
    "MapBudget",
    "MapClass",
    "MapColouring",
    "MapColumn",
    "MapIndicator",
    "MapLayer",
    "MapLimit",
    "MapPreset",
    "draw_map",
    "webmap",
]

_NO_SCRIPT = {"zh": "需要启用 JavaScript 才能显示此地图。", "en": "This map needs JavaScript."}


#: What a figure was made from, and the letter before the indicator's number that marks its column on the page.
SUMS = {"numerator": "t", "denominator": "b", "n_used": "u", "n_missing": "m", "known_share": "s"}


@dataclass(frozen=True)
class MapLimit:
    """What a rule asks of an indicator.

    Parameters
    ----------
    zh, en
        What the limit is called.
    low, high
        Least and greatest value that passes, in the indicator's unit as kept (a share is 0 to 1); None for no such end.
    source
        Rule and clause it is taken from.
    verified
        Whether it has been held against the rule's own text.

    Raises
    ------
    OutputError
        There is no end, or the ends are not finite or not in order.
    """

    zh: str
    en: str
    low: float | None = None
    high: float | None = None
    source: str = ""
    verified: bool = False

    def __post_init__(self) -> None:
        ends = [v for v in (self.low, self.high) if v is not None]
        if not ends or not np.isfinite(ends).all() or ends != sorted(ends):
            raise OutputError(
                f"the limit {self.en or self.zh} needs a finite low or high, the low one first; "
                f"it has low = {self.low} and high = {self.high}"
            )


@dataclass(frozen=True)
class MapIndicator:
    """An indicator of the picker; ``unit`` "share" means values of 0 to 1 that are shown as per cent."""

    id: str
    zh: str
    en: str
    unit: str
    group_zh: str
    group_en: str
    explain_zh: str
    explain_en: str
    limits: tuple[float, ...] = ()
    limit: MapLimit | None = None
    source: str = ""


@dataclass(frozen=True)
class MapPreset:
    """A kind of map that the page offers: what colours it and which layers it shows.

    Parameters
    ----------
    id, zh, en
        Its key and its names.
    indicator
        The indicator that colours the zones; None colours the layers.
    colourings
        Layer id → id of the colouring it wears; other layers keep theirs.
    shown
        Ids of the layers that are on.
    scheme
        How numbers are classed: "natural", "quantile", "equal" or "standard".
    difference
        Colour the zones by how the indicator differs from the other run's; needs one.
    own
        Offered for the page's own run only.
    """

    id: str
    zh: str
    en: str
    indicator: str | None = None
    colourings: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    scheme: str = "natural"
    difference: bool = False
    own: bool = False


@dataclass(frozen=True)
class OtherRun:
    """Another run that the page is compared with.

    Parameters
    ----------
    label, own_label
        Names of that run and of the page's own, by language.
    zones, values
        As for `webmap`, of that run.
    layers
        Its layers, each with the id of the page's layer that it is compared with.
    """

    label: Mapping[str, str]
    own_label: Mapping[str, str]
    zones: gpd.GeoDataFrame
    values: pd.DataFrame
    layers: tuple[MapLayer, ...] = ()


def differences(own: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """How much larger each number is in one table than in the other.

    Parameters
    ----------
    own, other
        Columns of floats, rows indexed by an id that is unique.

    Returns
    -------
    pandas.DataFrame
        Rows and columns of ``own``; missing where either table lacks the number. What differs by less than a
        billionth is rounding, and 0.
    """
    there = other.reindex(index=own.index, columns=own.columns).astype(float)
    here = own.astype(float)
    noise = np.maximum(here.abs(), there.abs()) * 1e-9
    change = here - there
    return change.mask(change.abs() <= noise, 0.0)


def webmap(**given: Any) -> str:
    """Write a map as one HTML file: the page of `draw_map`, which takes the same arguments."""
    return draw_map(**given).page()


def draw_map(  # noqa: PLR0913  by name only, each a part of the page
    *,
    title: Mapping[str, str],
    subtitle: Mapping[str, str],
    language: str,
    zones: gpd.GeoDataFrame,
    values: pd.DataFrame,
    indicators: Sequence[MapIndicator],
    layers: Sequence[MapLayer],
    notes: Sequence[Mapping[str, str]],
    presets: Sequence[MapPreset] = (),
    as_of: date | None = None,
    basemap: MapBasemap | None = None,
    other: OtherRun | None = None,
    sums: Mapping[str, pd.DataFrame] | None = None,
    plan_file: str = "",
    budget: MapBudget = NO_BUDGET,
    tell: Callable[[Mapping[str, str]], None] | None = None,
) -> StudyMap:
    """Draw a map.

    Parameters
    ----------
    title, subtitle, notes
        Texts by language, "zh" and "en".
    language
        "zh", "en" or "both": what the page opens in; "both" opens in Chinese with both titles.
    zones
        Columns zone_id, name and geometry, in any declared coordinate system.
    values
        One row per zone, indexed by zone_id, and one column of floats per indicator id; NaN is "no data".
    indicators
        What the picker offers, in order.
    layers
        The plan's layers, polygons first.
    presets
        The kinds of map the reader can choose from; the map opens with the first.
    as_of
        The day the data are of; marked on life lines and printed. Without it nothing open is said to last.
    basemap
        What lies under it all, nothing by default.
    other
        Another run to compare with, or None.
    sums
        What each figure was made from, in tables like `values` by the keys of `SUMS`; the page then tells it.
    plan_file
        Name of the plan, for the command that lists the features behind a figure.
    budget
        What the file may take and how exact it must be; what had to be given up stands in the notes.
    tell
        Told every sentence about what had to be given up, in both languages.

    Returns
    -------
    StudyMap
        Ready to be written as a page, an iframe or a fragment; equal input gives equal bytes.

    Raises
    ------
    OutputError
        Language, zones, values and layers do not fit together.
    LayerError
        A layer has no coordinate system, lacks a column, or holds a class without a colour.
    """
    if language not in {"zh", "en", "both"}:
        raise OutputError(f'the language of a map is "zh", "en" or "both", not {language!r}')
    _check(zones, values, indicators, layers)
    _check_presets(presets, indicators, layers)
    names = " / ".join(dict.fromkeys(title[key] for key in ("zh", "en") if language in {key, "both"}))
    changes = None if other is None else differences(values, other.values)
    config = {
        "title": dict(title),
        "subtitle": dict(subtitle),
        "language": language,
        "indicators": [_indicator(i, values, other, changes) for i in indicators],
        "presets": [_preset(p, [i.id for i in indicators]) for p in presets],
        **({} if other is None else {"runs": [{"label": dict(label)} for label in (other.own_label, other.label)]}),
        **({"plan": plan_file} if plan_file else {}),
    }
    digits = digits_for(budget.accuracy_m)
    zone_drafts = [_zone_draft(zones, values, indicators, digits=digits, changes=changes, sums=sums or {})]
    if other is not None:
        _check(other.zones, other.values, indicators, other.layers)
        zone_drafts.append(_zone_draft(other.zones, other.values, indicators, digits=digits, run=1))
    fixed = sum(sum(draft.sizes().values()) for draft in zone_drafts)
    fixed += page_bytes() + len(json_text(config).encode("utf-8"))
    drawable = (*layers, *(other.layers if other else ()))
    fitted = fit(drawable, budget, fixed=fixed, kept=_kept(drawable, presets))
    if tell is not None:
        for sentence in fitted.sentences:
            tell(sentence)
    zone_layer, *other_zones = (
        FeatureLayer(draft.write(), key=key, name="分区 Zones", bounds=draft.header["bounds"], show=key == "zones")
        for key, draft in zip(("zones", "otherzones"), zone_drafts, strict=False)
    )
    drawn = [
        feature_layer(layer, position, draft)
        for position, (layer, draft) in enumerate(zip(fitted.layers, fitted.drafts, strict=True))
    ] + other_zones
    bounds = _union([layer._bounds for layer in (zone_layer, *drawn)])
    return StudyMap(
        {
            **config,
            "notes": [dict(note) for note in (*notes, *(basemap.notes if basemap else ()), *fitted.sentences)],
            "bounds": bounds,
            "as_of": as_of.isoformat() if as_of else None,
        },
        zones=zone_layer,
        layers=drawn,
        title=names,
        lang="en" if language == "en" else "zh-CN",
        summary=f"{names}. {_NO_SCRIPT['zh']} {_NO_SCRIPT['en']}",
        basemap=basemap,
    )


def _indicator(
    indicator: MapIndicator, values: pd.DataFrame, other: OtherRun | None, changes: pd.DataFrame | None
) -> dict[str, Any]:
    """Describe an indicator: its names, its class limits as printed (for both runs alike), what a rule asks of it."""
    figures = values[indicator.id].to_numpy(dtype=float)
    if other is not None:
        figures = np.append(figures, other.values[indicator.id].to_numpy(dtype=float))
    about = (
        {} if changes is None else {"difference": difference_classes(changes[indicator.id].to_numpy(), indicator.unit)}
    )
    limit = indicator.limit
    return {
        "id": indicator.id,
        "label": {"zh": indicator.zh, "en": indicator.en},
        "group": {"zh": indicator.group_zh, "en": indicator.group_en},
        "explain": {"zh": indicator.explain_zh, "en": indicator.explain_en},
        **number_classes(figures, indicator.unit, limits=indicator.limits),
        **about,
        **({"limit": asdict(limit)} if limit is not None else {}),
        **({"source": indicator.source} if indicator.source else {}),
    }


def _preset(preset: MapPreset, indicators: Sequence[str]) -> dict[str, Any]:
    about: dict[str, Any] = {
        "id": preset.id,
        "label": {"zh": preset.zh, "en": preset.en},
        "mode": "classes" if preset.indicator is None else "difference" if preset.difference else "indicator",
        "colourings": dict(preset.colourings),
        "shown": list(preset.shown),
        "scheme": preset.scheme,
    }
    if preset.own:
        about["own"] = True
    return about if preset.indicator is None else about | {"indicator": indicators.index(preset.indicator)}


def _check_presets(
    presets: Sequence[MapPreset], indicators: Sequence[MapIndicator], layers: Sequence[MapLayer]
) -> None:
    """Stop at a kind of map that names what is not there."""
    known = {layer.id: {c.id for c in layer.colourings} for layer in layers}
    for preset in presets:
        odd = [] if preset.indicator in {None, *(i.id for i in indicators)} else [str(preset.indicator)]
        odd += [name for name in preset.shown if name not in known]
        odd += [f"{layer}/{c}" for layer, c in preset.colourings.items() if c not in known.get(layer, ())]
        if odd:
            raise OutputError(f"the map {preset.id} names what is not on it: {first_ids(odd)}")


def _check(
    zones: gpd.GeoDataFrame,
    values: pd.DataFrame,
    indicators: Sequence[MapIndicator],
    layers: Sequence[MapLayer],
) -> None:
    """Stop before anything is drawn that would be drawn wrongly."""
    if lacking := [name for name in ("zone_id", "name") if name not in zones]:
        raise OutputError(f"the zones of a map lack the column(s) {', '.join(lacking)}")
    if zones["zone_id"].duplicated().any():
        raise OutputError(f"zone_id is not unique: {first_ids(zones.zone_id[zones.zone_id.duplicated()].tolist())}")
    if set(values.index) != set(zones["zone_id"]) or not values.index.is_unique:
        odd = sorted(map(str, set(values.index) ^ set(zones["zone_id"])))
        raise OutputError(f"zones and their values must hold the same ids once each; they differ in {first_ids(odd)}")
    if absent := [i.id for i in indicators if i.id not in values]:
        raise OutputError(f"no values for the indicator(s) {first_ids(absent)}")
    ids = [layer.id for layer in layers]
    if len(set(ids)) < len(ids):
        raise OutputError("the layers of a map need ids of their own")


def _union(boxes: Sequence[Sequence[float] | None]) -> list[float]:
    known = np.array([box for box in boxes if box is not None])
    if not len(known):
        raise OutputError("there is nothing to draw: no zone and no layer has a geometry")
    return [float(v) for v in (*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0))]


def _kept(layers: Sequence[MapLayer], presets: Sequence[MapPreset]) -> dict[str, frozenset[str]]:
    """Columns by layer that some kind of map colours by."""
    wanted = {(layer, colouring) for p in presets for layer, colouring in p.colourings.items()}
    return {
        layer.id: frozenset(c.column for c in layer.colourings if c.column and (layer.id, c.id) in wanted)
        for layer in layers
    }


def _zone_draft(
    zones: gpd.GeoDataFrame,
    values: pd.DataFrame,
    indicators: Sequence[MapIndicator],
    *,
    digits: int,
    changes: pd.DataFrame | None = None,
    sums: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    run: int = 0,
) -> Draft:
    """Lay out the zones, their figures, how these differ from another run's, and the places of their names."""
    geometry = degrees(zones, "zones")
    figures = values.reindex(zones["zone_id"])
    places = _name_places(geometry)
    columns = {
        "zone_id": zones["zone_id"].map(str),
        "name": zones["name"].where(zones["name"].notna(), zones["zone_id"]).map(str),
        "x": pd.Series(shapely.get_x(places)),
        "y": pd.Series(shapely.get_y(places)),
        **{f"i{k}": figures[i.id].astype(float) for k, i in enumerate(indicators)},
    }
    if changes is not None:
        shown = changes.reindex(zones["zone_id"])
        columns |= {f"d{k}": shown[i.id] for k, i in enumerate(indicators)}
    for key, table in sums.items():
        told = table.reindex(zones["zone_id"])
        known = [(k, told[i.id].astype(float)) for k, i in enumerate(indicators) if i.id in told]
        columns |= {f"{SUMS[key]}{k}": column for k, column in known if column.notna().any()}
    about: dict[str, Any] = {"id": "zones", "kind": "zone", "label": {"zh": "分区", "en": "Zones"}}
    if run:
        about["run"] = run
    return lay_out(geometry, columns, meta=about, digits=digits)


def _name_places(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the centre of the largest circle in each zone, where a name fits; a centroid may lie outside."""
    places = np.full(len(geometry), None, dtype=object)
    drawn = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    if drawn.any():
        box = shapely.bounds(geometry[drawn])
        reach = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        circles = shapely.maximum_inscribed_circle(geometry[drawn], tolerance=np.maximum(reach / 100, 1e-9))
        places[drawn] = shapely.get_point(circles, 0)
    return places

"""The kinds of map a study offers, as planners call them: what colours each, and which layers it shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from gisplan.measure import Survey
from gisplan.show.map_layers import MapLayer
from gisplan.show.webmap import MapPreset


def presets(survey: Survey, layers: Sequence[MapLayer], indicators: Sequence[str], *, two: bool) -> list[MapPreset]:
    """Kinds of map that a study's layers and indicators allow.

    Parameters
    ----------
    survey
        The measured study.
    layers, indicators
        Layers of the map, and ids of its indicators.
    two
        Whether the map compares two runs.
    """
    known = {layer.id: {c.id for c in layer.colourings} for layer in layers}
    services = tuple(name for name in survey.plan.layers.services if name in known)
    base = tuple(name for name in ("parcels", "roads") if name in known)
    links, works, coming, sources, levelling = (
        _parts(known, name) for name in ("links", "works", "roads_coming", "sources_power", "levelling")
    )
    places = (*_parts(known, "barriers"), *_parts(known, "facilities"))
    first = indicators[0] if two and indicators else None
    quiet = {"parcels": "quiet"} if "parcels" in known else {}
    # Every map says what its layers wear, so that none keeps the colours of the map before; parcels each map chooses.
    several = [layer for layer in layers if len(layer.colourings) > 1 and layer.id != "parcels"]
    usual = {layer.id: layer.colourings[0].id for layer in several}
    quiet_roads = {"roads": "quiet"} if "roads" in known else {}
    loads = {name: way for name in ("power", *sources) for way in ("use", "weak") if way in known.get(name, ())}
    found = []
    for preset in (
        MapPreset("zoning", "用地规划图", "Land use", None, {"parcels": "land_use"}, base),
        MapPreset("state", "建设状态图", "State of building", None, {"parcels": "state"}, (*base, "buildings")),
        MapPreset("idle", "闲置土地图", "Idle land", None, {"parcels": "idle_class"}, base),
        MapPreset("plot_ratio", "容积率图", "Plot ratio", None, {"parcels": "plot_ratio"}, base),
        MapPreset("limit", "容积率达标图", "Plot ratio and limit", None, {"parcels": "project_far_class"}, base),
        MapPreset("intensity", "集约利用图", "Intensity of zones", _intensity(indicators), {}, base),
        MapPreset("services", "设施配套图", "Infrastructure", None, {"parcels": "services_served"},
                  (*base, *services)),
        MapPreset("level", "服务等级图", "Service level", None, {"parcels": "level_class"}, base),
        MapPreset("links", "缺口与建议连线图", "Gaps and links", None, {"parcels": "missing_class"} | quiet_roads,
                  (*base, *links)) if links else None,
        MapPreset("power", "供电可靠性图", "Power reliability", None,
                  {"parcels": "feeds_class"} | loads, ("parcels", "power", *sources)),
        MapPreset("access", "设施可达图", "Access", None, {"parcels": _distance(survey)} | quiet_roads,
                  (*base, *places), "standard")
        if _distance(survey) else None,
        MapPreset("slope", "地形坡度图", "Slope", None, {"parcels": "slope_mean"} | quiet_roads, base, "standard"),
        MapPreset("earth", "场地平整图", "Levelling", None, quiet | quiet_roads,
                  (*base, *levelling)) if levelling else None,
        MapPreset("works", "在建工程图", "Works", None, quiet | quiet_roads, (*base, *works)) if works else None,
        MapPreset("roads", "道路建设图", "Roads built and coming", None, quiet,
                  (*base, *coming)) if coming else None,
        MapPreset("change", "分区变化图", "Change of zones", first, {}, base, difference=True, own=True),
        MapPreset("parcels", "宗地变化图", "Change of parcels", None, {"parcels": "change"}, (*base, "gone"), own=True),
    ):  # fmt: skip
        if preset is None or (preset.indicator is None and preset.id in {"intensity", "change"}):
            continue
        if all(c in known.get(layer, ()) for layer, c in preset.colourings.items()):
            shown = tuple(name for name in preset.shown if name in known)
            found.append(replace(preset, shown=shown, colourings=usual | dict(preset.colourings)))
    return found


def _parts(known: Collection[str], name: str) -> tuple[str, ...]:
    """Layers that one thing is shown in: a layer for each kind of shape where it has several."""
    return tuple(one for one in (name, *(f"{name}_{kind}" for kind in ("areas", "lines", "points"))) if one in known)


def _distance(survey: Survey) -> str:
    """Distance that the map of access is coloured by: to the first facility that people walk to, else to the first."""
    facilities = survey.plan.layers.facilities
    reached = [name for name in facilities if name in survey.access]
    walked = [name for name in reached if facilities[name].mode == "walk"]
    return f"distance_{(walked or reached)[0]}_m" if reached else ""


def _intensity(indicators: Sequence[str]) -> str | None:
    """The indicator that the map of intensity opens with."""
    wanted = ("investment_intensity", "output_intensity", "plot_ratio_gross", "plot_ratio", "built_land_share")
    return next((name for name in wanted if name in indicators), None)

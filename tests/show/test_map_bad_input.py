"""What no planner means to draw, and gets a map of, or one clear line."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
from park_map import cells, study
from shapely.geometry import Point, Polygon, box

from gisplan.errors import LayerError, OutputError
from gisplan.show.class_colors import class_color
from gisplan.show.webmap import MapClass, MapColouring, MapColumn, MapLayer, webmap

CODES = MapColouring("kind", "类别", "Kind", "kind", tuple(MapClass(f"k{n}", f"类{n}", f"Kind {n}") for n in range(45)))


def squares(count=4, **columns):
    shapes = [box(538_000 + 100 * k, 3_380_000, 538_090 + 100 * k, 3_380_090) for k in range(count)]
    return gpd.GeoDataFrame({"id": [f"P{k}" for k in range(count)], **columns}, geometry=shapes, crs=4547)


def layer(frame, *columns, **changes):
    shown = tuple(MapColumn(c, c, c) for c in ("id", *columns))
    return MapLayer(**{"id": "odd", "zh": "图层", "en": "Layer", "frame": frame, "columns": shown, **changes})


def no_zones():
    given = study()
    return {"zones": given["zones"].iloc[:0], "values": given["values"].iloc[:0]}


def test_colours_of_many_classes_are_all_different_and_the_first_are_chosen():
    colours = [class_color(k) for k in range(120)]
    assert colours[0] == "#0072b2" and len(set(colours)) == 120
    rgb = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in colours[:45]])
    apart = min(np.abs(a - b).sum() for a, b in itertools.combinations(rgb, 2))
    assert apart >= 20
    assert all(len(c) == 7 for c in colours)


@pytest.mark.browser
def test_a_layer_without_features_is_an_empty_entry(opened):
    empty = layer(squares(0), size_column=None)
    tab = opened(webmap(**study(layers=[*study()["layers"], empty])))
    assert any(row.startswith("图层") for row in cells(tab, "#gp-legend .gp-layer"))


@pytest.mark.browser
def test_one_point_is_a_map(opened):
    frame = gpd.GeoDataFrame({"id": ["A"]}, geometry=[Point(114.3, 30.5)], crs=4326)
    tab = opened(webmap(**study(layers=[layer(frame)], indicators=[], **no_zones())))
    area = tab.locator(".folium-map").bounding_box()
    tab.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    assert cells(tab, ".gp-card h2") == ["A"]


@pytest.mark.browser
def test_zones_alone_are_a_map(opened):
    tab = opened(webmap(**study(layers=[])))
    assert tab.locator(".gp-label").count() == 4
    assert cells(tab, ".gp-ramp tbody tr")[-1].startswith("无数据")


def test_nothing_at_all_is_one_clear_line():
    with pytest.raises(OutputError, match="there is nothing to draw"):
        webmap(**study(layers=[], indicators=[], **no_zones()))


@pytest.mark.browser
def test_an_attribute_of_100_000_characters_is_carried_whole(opened):
    book = "卷" * 99_999 + "终"
    tab = opened(webmap(**study(layers=[layer(squares(4, note=[book, None, "", "短"]), "note")])))
    found = tab.evaluate(
        """() => gisplan.table('data-layer0').then(t => [0, 1, 2, 3].map(row => t.value('a1', row)))"""
    )
    assert found == [book, None, "", "短"]


@pytest.mark.browser
def test_numbers_that_are_none_are_no_data_and_the_others_are_shown(opened):
    values = [np.nan, np.inf, -np.inf, 2.5, 1e300, -0.0]
    way = MapColouring("v", "值", "Value", "v")
    frame = squares(6, v=values, area=[np.inf, np.nan, 1.0, 2.0, 3.0, 4.0])
    given = study(layers=[layer(frame, "v", colourings=(way,), size_column="area")])
    given["values"]["ratio"] = [np.inf, -np.inf, np.nan, 1.0]
    tab = opened(webmap(**given))
    found = tab.evaluate("() => gisplan.table('data-layer0').then(t => Array.from(t.numbers('a1')))")
    assert np.array_equal(found, values, equal_nan=True)


@pytest.mark.browser
def test_45_classes_without_colours_get_45_colours(opened):
    frame = squares(45, kind=[f"k{n}" for n in range(45)])
    tab = opened(webmap(**study(layers=[layer(frame, "kind", colourings=(CODES,))])))
    tab.wait_for_selector(".gp-classes tbody tr")
    shades = tab.evaluate(
        "[...document.querySelectorAll('.gp-classes .gp-swatch')].map(e => getComputedStyle(e).backgroundColor)"
    )
    assert len(shades) == len(set(shades)) == 45


@pytest.mark.parametrize("shape", [Point(10, 86), Polygon([(0, 80), (1, 80), (1, 89.9)]), Point(0, -85.2)])
def test_what_lies_beyond_web_maps_is_one_clear_line(shape):
    frame = gpd.GeoDataFrame({"id": ["A", "B"]}, geometry=[shape.centroid.buffer(0), shape], crs=4326)
    frame.geometry = [None, shape]
    with pytest.raises(LayerError, match=r"layer odd: 1 feature \(rows 1\) beyond 85\.05° north or south") as error:
        webmap(**study(layers=[layer(frame)]))
    assert "\n" not in str(error.value)


@pytest.mark.browser
def test_just_within_web_maps_is_a_map(opened):
    frame = gpd.GeoDataFrame({"id": ["A", "B"]}, geometry=[Point(20, 85), Point(-20, -85)], crs=4326)
    tab = opened(webmap(**study(layers=[layer(frame)], indicators=[], **no_zones())))
    assert tab.evaluate("() => gisplan.table('data-layer0').then(t => t.latlngs(0)[0][0])") == pytest.approx(
        [85, 20], abs=1e-4
    )


@pytest.mark.browser
def test_a_colouring_by_numbers_that_are_all_missing_is_all_no_data(opened):
    frame = squares(ratio=np.full(4, np.nan))
    by_ratio = (MapColouring("ratio", "容积率", "Ratio", "ratio"),)
    tab = opened(webmap(**study(layers=[layer(frame, "ratio", colourings=by_ratio)])))
    assert "无数据 4" in " ".join(cells(tab, "#gp-legend .gp-layer tbody tr"))

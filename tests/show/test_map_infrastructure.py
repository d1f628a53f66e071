"""The map of infrastructure: what is unknown is a class of its own, what is to come is dashed, counts are the tables'."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from park_map import cells, study
from shapely.geometry import LineString, box

from gisplan import evaluate, load_plan
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer, drafted
from gisplan.show.parcel_classes import SERVED, UNKNOWN
from gisplan.show.webmap import webmap

PLAN = Path(__file__).parents[2] / "layers" / "plan.toml"


@pytest.fixture(scope="module")
def sample():
    return evaluate(load_plan(PLAN))


@pytest.fixture(scope="module")
def layers(sample):
    return {layer.id: layer for layer in sample.layers()}


def way(layer, name):
    return next(c for c in layer.colourings if c.id == name)


def test_levels_gaps_and_feeds_count_as_the_tables(sample, layers):
    table, frame = sample.parcels, layers["parcels"].frame
    open_ = table["service_level"] != table["service_level_max"]
    level = Counter(v + ("+" if o else "") for v, o in zip(table["service_level"], open_, strict=True))
    assert Counter(frame["level_class"]) == level and level["8+"] == 148
    gaps = Counter(str(len([s for s in v.split(";") if s])) for v in table["services_missing"])
    assert Counter(frame["missing_class"]) == gaps
    feeds = Counter("2c" if f == 2 and c is True else str(f) for f, c in zip(table["power_feeds"], table["common_corridor"], strict=True))  # fmt: skip
    assert Counter(frame["feeds_class"]) == feeds
    names = {c.value: c.zh for c in way(layers["parcels"], "level_class").classes}
    assert names["8+"] == "≥ 八通" and names["0"] == "不足三通" and names["6"] == "六通"


def test_every_layer_holds_what_its_table_has_and_is_off(sample, layers):
    works = layers["works_lines"], layers["works_points"]
    assert Counter(s for w in works for s in w.frame["state"]) == Counter(sample.works.table["state"])
    assert Counter(layers["links"].frame["service"]) == Counter(sample.links.table["service"])
    coming = sample.roads[sample.roads["state"] != "in_service"]
    assert set(layers["roads_coming"].frame["road_id"]) == set(coming["road_id"])
    assert len(layers["levelling"].frame) == len(sample.levelling.table)
    over = sample.capacity[sample.capacity["flags"].astype(str).str.contains("OVER")]
    source = layers["sources_power"].frame
    assert list(source.loc[source["use_class"] == "over", "source_id"]) == list(over["id"])
    weak = sample.weak_links[sample.weak_links["kind"] == "line"]
    power = layers["power"].frame
    assert set(power.loc[power["weak_class"] == "weak", "feature_id"]) == set(weak["id"])
    assert {name for name, layer in layers.items() if layer.shown} == {"parcels", "roads"}


def test_what_is_to_come_is_dashed_and_what_is_there_is_not(layers):
    dashes = {c.value: c.dash for c in way(layers["water"], "standing").classes}
    assert dashes == {"live": "", "planned": "dashed"}
    assert {c.dash for c in layers["links"].colourings[0].classes} == {"dashed"}
    assert {c.dash for c in layers["roads_coming"].colourings[0].classes} == {"dashed"}


def tiny():
    """Three parcels, one served, one not, one of which nobody knows; two mains, one of them planned."""
    parcels = gpd.GeoDataFrame(
        {"id": ["A", "B", "C"], "served": np.array([True, False, None], dtype=object), "km": [1.0, 2.0, np.nan]},
        geometry=[box(538_000 + 700 * k, 3_380_000, 538_600 + 700 * k, 3_380_800) for k in range(3)],
        crs=4547,
    )
    mains = gpd.GeoDataFrame(
        {"id": ["live", "coming"], "standing": ["live", "planned"]},
        geometry=[LineString([(538_050, y), (539_950, y)]) for y in (3_380_950, 3_381_100)],
        crs=4547,
    )
    kinds = (
        MapClass("live", "在用", "Live", "#0000ff", 6.0),
        MapClass("planned", "规划", "Planned", "#ff0000", 6.0, "dashed"),
    )
    return [
        MapLayer(
            "parcels", "宗地", "Parcels", parcels, (MapColumn("id", "编号", "Id"),),
            (MapColouring("s", "给水", "Water", "served", SERVED, missing=UNKNOWN),
             MapColouring("km", "距离", "Distance", "km", unit="km", missing=("不可达", "No way"))),
        ),
        MapLayer("mains", "管线", "Mains", mains, (MapColumn("id", "编号", "Id"),),
                 (MapColouring("st", "状态", "Status", "standing", kinds),)),
    ]  # fmt: skip


def test_unknown_is_neither_yes_nor_no_in_the_payload():
    layer = tiny()[0]
    about = drafted(layer).header["meta"]["colourings"][0]
    assert [c["label"]["en"] for c in about["classes"]] == ["Served", "Not served", "Not known"]


@pytest.mark.browser
def test_the_legend_counts_the_unknown_apart_and_lines_have_gaps(opened):
    values = pd.DataFrame({"ratio": [1.0, 2.0, 3.0, 4.0]}, index=["A", "B", "C", "D"])
    given = study(layers=tiny(), indicators=study()["indicators"][:1], values=values)
    tab = opened(webmap(**given))
    tab.wait_for_timeout(500)
    rows = cells(tab, ".gp-classes tbody tr")
    assert rows[:3] == ["已通 1", "未通 1", "不明 1"]
    assert tab.locator(".gp-layer >> nth=0").locator(".gp-swatch.gp-hatch").count() == 1
    styles = tab.eval_on_selector_all(".gp-line", "e => e.map(i => getComputedStyle(i).borderTopStyle)")
    assert styles == ["solid", "dashed"]
    # Along a line: the live one is blue without a break, the planned one red with gaps.
    breaks = tab.evaluate(
        """() => {
          const count = [0, 0];
          document.querySelectorAll('.leaflet-tile-pane canvas, .leaflet-pane canvas').forEach(c => {
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            for (let y = 0; y < c.height; y++) {
              let last = -1;
              for (let x = 0; x < c.width; x++) {
                const k = 4 * (y * c.width + x), r = d[k] > 200 && d[k + 1] < 60 && d[k + 2] < 60, b = d[k + 2] > 200 && d[k] < 60 && d[k + 1] < 60;
                const one = r ? 1 : b ? 0 : -1;
                if (one >= 0 && one !== last) count[one]++;
                last = one;
              }
            }
          });
          return count;
        }"""
    )
    assert breaks[1] > 5 * breaks[0] > 0


@pytest.mark.browser
def test_kinds_of_map_colour_and_show_what_they_name(opened, sample):
    tab = opened(sample.map().page())
    tab.select_option("#gp-preset", "level")
    assert "≥ 八通 148" in " ".join(cells(tab, ".gp-classes tbody tr"))
    tab.select_option("#gp-preset", "power")
    told = " ".join(cells(tab, ".gp-layer"))
    weak = (sample.weak_links["kind"] == "line").sum()
    assert f"中断即停电 {weak}" in told and "超负荷 1" in told and "双回路 310" in told
    tab.select_option("#gp-preset", "services")
    assert "中断即停电" not in " ".join(cells(tab, ".gp-layer"))
    tab.select_option("#gp-preset", "access")
    reached = sample.parcels["distance_bus_stop_m"]
    told = " ".join(cells(tab, ".gp-classes tbody tr"))
    assert f"≤ 300 {(reached <= 300).sum()}" in told and f"不可达或不明 {reached.isna().sum()}" in told

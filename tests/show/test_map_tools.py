"""What a reader can do with a map: read a parcel's life, weigh zones against a limit, measure, and share what is seen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from park_map import HOSTILE, cells, study
from pyproj import Geod
from shapely.geometry import box

from gisplan.errors import OutputError
from gisplan.show.webmap import MapClass, MapColouring, MapColumn, MapLayer, MapLimit, MapPreset, webmap

AS_OF = date(2025, 12, 31)
GEOD = Geod(ellps="GRS80")


def column(name, zh, en, **more):
    return MapColumn(name, zh, en, **more)


def lives():
    """Six parcels side by side, each with a life of its own."""
    days = {
        # id: supplied, agreed start, started, stopped, agreed completion, completed
        "vacant": ("2020-02-10", "2020-06-22", None, None, "2022-06-22", None),
        "late": ("2005-04-02", "2006-02-24", "2006-03-01", None, "2008-02-24", "2008-05-14"),
        "unsaid": ("2010-01-01", "2010-06-01", None, None, None, "2012-01-01"),
        "silent": (None, None, None, None, None, None),
        "ahead": ("2025-06-01", "2026-06-01", None, None, None, None),
        "stopped": ("2020-01-01", "2020-06-01", "2020-05-01", "2023-01-01", None, None),
    }
    names = ["supply_date", "agreed_start", "actual_start", "stop_date", "agreed_completion", "completion_date"]
    frame = gpd.GeoDataFrame(
        {"id": list(days), **{n: pd.to_datetime([v[k] for v in days.values()]) for k, n in enumerate(names)}},
        geometry=[box(538_000 + 300 * k, 3_380_000, 538_290 + 300 * k, 3_380_400) for k in range(6)],
        crs=4547,
    )
    frame["area"] = 116_000.0
    frame["ratio"] = [0.0, 1.5, np.nan, 1.0, 1.0, 1.0]
    frame["water"] = pd.array([True, False, None, True, True, True], dtype="boolean")
    frame["gas"] = pd.array([False, True, True, None, True, True], dtype="boolean")
    frame["investment"] = [0.0, 950.5, np.nan, np.nan, 1.0, 1.0]
    frame["holder"] = ["甲", "乙", None, None, "丙", "丁"]
    frame["use"] = ["a", "b", "a", "b", "a", "b"]
    columns = (
        column("id", "编号", "Id"),
        column("area", "面积", "Area", unit="m²", role="key"),
        column("ratio", "容积率", "Plot ratio", role="key"),
        column("water", "给水", "Water", role="service"),
        column("gas", "燃气", "Gas", role="service"),
        *(column(n, n, n, role="date") for n in names),
        column("investment", "投资", "Investment", unit="万元"),
        column("holder", "权利人", "Holder"),
    )
    colouring = MapColouring(
        "use",
        "用途",
        "Use",
        "use",
        (MapClass("a", "甲类", "Kind A", "#c0a080"), MapClass("b", "乙类", "Kind B", "#8060c0")),
        fact=True,
    )
    by_area = MapColouring("area", "面积", "Area", "area", unit="m²")
    return MapLayer("parcels", "宗地", "Parcels", frame, columns, (colouring, by_area), size_column="area")


def living(layer=None, **changes):
    given = study(**changes)
    return webmap(**{**given, "layers": [layer or lives(), *given["layers"][1:]], "as_of": AS_OF})


@pytest.fixture(scope="module")
def life_page():
    return living()


def choose(tab, row):
    """Click into the middle of a parcel."""
    spot = tab.evaluate(
        """row => { const t = feature_layer_layer0.table, c = t.latlngs(row)[0], p = map_main.latLngToContainerPoint(L.latLngBounds(c).getCenter());
        const r = map_main.getContainer().getBoundingClientRect(); return [r.left + p.x, r.top + p.y]; }""",
        row,
    )
    tab.mouse.click(*spot)
    tab.wait_for_selector(".gp-card h2")


# ---- the card -------------------------------------------------------------------------------------------------------


def stretches(tab, dates, as_of="2025-12-31", over=None):
    """Late stretches of a life, as the page's own script tells them."""
    roles = {"due": "due", "next": "next"}
    columns = [{"role": roles.get(n, "date"), "name": n, "label": {}} for n in dates]
    values = dict(dates)
    if over is not None:
        columns.append({"role": "over", "name": "over"})
        values["over"] = over
    found = tab.evaluate("([c, v, a]) => gisplan.life(c, one => v[one.name], a).late", [columns, values, as_of])
    return [(f["kind"], f["open"], f["to"] - f["from"]) for f in found]


@pytest.mark.browser
def test_late_days_are_counted_by_the_calendar_and_only_where_the_record_shows_them(opened, life_page):
    tab = opened(life_page)
    days = lambda a, b: (date.fromisoformat(b) - date.fromisoformat(a)).days  # noqa: E731
    open_start = {"agreed_start": "2020-06-22"}
    assert stretches(tab, open_start) == [("start", True, days("2020-06-22", "2025-12-31"))] == [("start", True, 2018)]
    assert stretches(tab, {**open_start, "actual_start": "2020-07-22"}) == [("start", False, 30)]
    assert stretches(tab, {**open_start, "actual_start": "2020-06-22"}) == []
    # A leap day lies between.
    assert stretches(tab, {"agreed_start": "2024-02-28", "actual_start": "2024-03-01"}) == [("start", False, 2)]
    # Completed: it was begun, and nobody knows when.
    assert stretches(tab, {**open_start, "completion_date": "2021-01-01"}) == []
    assert stretches(tab, {**open_start, "actual_start": None}) == [("start", True, 2018)]
    # Without a day of the data nothing is said to last until today; what ended is still known.
    assert stretches(tab, open_start, as_of=None) == []
    assert stretches(tab, {**open_start, "actual_start": "2020-07-22"}, as_of=None) == [("start", False, 30)]
    # Not due yet, and a start that lies after the day of the data has not happened.
    assert stretches(tab, {"agreed_start": "2026-06-01"}) == []
    assert stretches(tab, {"agreed_start": "2025-12-01", "actual_start": "2026-02-01"}) == [("start", True, 30)]
    assert stretches(tab, {"agreed_completion": "2022-06-22"}) == [("completion", True, 1288)]


@pytest.mark.browser
def test_an_assessment_s_own_days_replace_those_of_the_card(opened, life_page):
    tab = opened(life_page)
    assert stretches(tab, {"agreed_start": "2020-06-22", "due": "2021-06-22"}, over=1653) == [("rule", True, 1653)]
    # Begun, then stopped: the days run from the stop.
    started = {"due": "2020-01-01", "actual_start": "2020-02-01", "stop_date": "2023-01-01"}
    late = tab.evaluate(
        "v => gisplan.life(Object.keys(v).map(n => ({role: n === 'due' ? 'due' : 'date', name: n})).concat({role: 'over', name: 'over'}), c => c.role === 'over' ? 100 : v[c.name], '2025-12-31').late",
        started,
    )
    since = (date(2023, 1, 1) - date(1970, 1, 1)).days
    assert [(one["from"], one["to"]) for one in late] == [(since, since + 100)]
    assert stretches(tab, {"due": "2027-01-01"}, over=None) == []


@pytest.mark.browser
def test_the_card_tells_figures_services_and_life_and_counts_what_is_missing(opened, life_page):
    tab = opened(life_page)
    choose(tab, 0)
    assert tab.inner_text(".gp-card h2") == "vacant"
    assert cells(tab, ".gp-card-keys div") == ["面积 116,000 m² 11.60 公顷 · 174.0 亩", "容积率 0"]
    assert cells(tab, ".gp-card-services li") == ["✓给水 已通", "✗燃气 未通"]
    assert cells(tab, ".gp-life-days li") == [
        "1 supply_date 2020-02-10",
        "2 agreed_start 2020-06-22",
        "3 agreed_completion 2022-06-22",
    ]
    assert cells(tab, ".gp-life-word") == [
        "未见开工记录，已过约定开工日 2,018 天",
        "未见竣工记录，已过约定竣工日 1,288 天",
    ]
    assert cells(tab, ".gp-card tbody tr") == ["投资 0 万元", "权利人 甲"]
    assert cells(tab, ".gp-card-without summary") == ["3 个字段无数据"]
    choose(tab, 2)
    tab.click("#gp-lang")
    assert cells(tab, ".gp-card-services li") == ["?Water not known", "✓Gas served"]
    assert cells(tab, ".gp-card-classes span") == ["Kind A"]
    assert cells(tab, ".gp-life-word") == []
    assert cells(tab, ".gp-card-keys div") == ["Area 116,000 m² 11.60 ha · 174.0 mu"]
    assert cells(tab, ".gp-card-without summary") == ["6 fields without data"]
    tab.click(".gp-card-without summary")
    assert cells(tab, ".gp-card-without p") == [
        "Plot ratio, actual_start, stop_date, agreed_completion, Investment, Holder"
    ]
    choose(tab, 3)
    assert tab.locator(".gp-life").count() == 0
    tab.select_option("#gp-colouring", "area")
    assert cells(tab, ".gp-card-classes span") == ["Kind B"]


@pytest.mark.browser
def test_the_life_line_is_drawn_to_scale(opened, life_page):
    tab = opened(life_page)
    for row in (0, 1, 5):
        choose(tab, row)
        marks = tab.eval_on_selector_all(
            ".gp-life circle", "all => all.map(c => [+c.getAttribute('cx'), +c.getAttribute('cy')])"
        )
        days = [
            date.fromisoformat(d).toordinal()
            for d in tab.eval_on_selector_all(".gp-life time, .gp-life-days time", "all => all.map(t => t.textContent)")
        ]
        x = np.array([m[0] for m in marks])
        slope, start = np.polyfit(days, x, 1)
        assert slope > 0 and np.abs(slope * np.array(days) + start - x).max() < 0.01
        # No two marks on the same side cover each other.
        gaps = [np.hypot(a[0] - b[0], a[1] - b[1]) for k, a in enumerate(marks) for b in marks[:k]]
        assert min(gaps) > 14
        now = tab.locator(".gp-life-today")
        if row == 1:  # completed in 2008: the years since then say nothing
            assert now.count() == 0
        else:
            assert float(now.get_attribute("x1")) == pytest.approx(slope * AS_OF.toordinal() + start, abs=0.02)
    bands = tab.eval_on_selector_all(".gp-life-late rect", "all => all.length")
    assert bands == 0  # began before the agreed day; that it stopped is an assessment's business


@pytest.mark.browser
def test_a_finding_stands_on_the_card_in_both_languages(opened):
    layer = lives()
    frame = layer.frame.assign(
        kind=["IDLE_2Y", None, None, None, None, None],
        over=[2018.0, *[np.nan] * 5],
        due=pd.to_datetime(["2020-06-22", *[None] * 5]),
        after=["IDLE_3Y", *[None] * 5],
        when=pd.to_datetime(["2026-06-22", *[None] * 5]),
    )
    words = {"IDLE_2Y": ("闲置满两年", "Idle two years"), "IDLE_3Y": ("三年", "Three years")}
    more = (
        column("kind", "闲置筛查", "Idle-land screening", role="class", words=words),
        column("over", "超期天数", "Days past the date", unit="d", role="over"),
        column("due", "应开工日期", "Due to start", role="due"),
        column("after", "下一等级", "Next class", role="next_class", words=words),
        column("when", "下一等级日期", "Next class from", role="next"),
    )
    tab = opened(living(replace(layer, frame=frame, columns=(*layer.columns, *more))))
    choose(tab, 0)
    assert cells(tab, ".gp-card-finding p") == ["闲置筛查 闲置满两年 · 超期天数 2,018", "下一等级 三年 自 2026-06-22"]
    assert cells(tab, ".gp-card-finding small") == ["依据台账日期的筛查结果，非法律认定"]
    assert cells(tab, ".gp-life-word")[0] == "已超期 2,018 天"
    assert "应开工日期" in tab.inner_text(".gp-life-days")
    tab.click("#gp-lang")
    assert cells(tab, ".gp-card-finding p")[0] == "Idle-land screening Idle two years · Days past the date 2,018"
    choose(tab, 1)
    assert tab.locator(".gp-card-finding").count() == 0
    # What an assessment has nothing to say of is no gap in the register.
    assert cells(tab, ".gp-card-without summary") == ["1 field without data"]


@pytest.mark.browser
def test_closing_the_card_does_not_choose_what_lies_under_it(opened, page):
    tab = opened(page)
    area = tab.locator(".folium-map").bounding_box()
    tab.mouse.click(area["x"] + area["width"] * 0.41, area["y"] + area["height"] * 0.43)
    tab.evaluate("map_main.setView(map_main.containerPointToLatLng([300, 700]), map_main.getZoom(), {animate: false})")
    tab.click(".gp-card .gp-x")
    assert tab.is_hidden(".gp-card")


# ---- zones ----------------------------------------------------------------------------------------------------------


def limited(limit, values=(0.5, 1.25, 2.0, np.nan)):
    given = study()
    given["values"]["ratio"] = values
    given["indicators"][0] = replace(given["indicators"][0], limit=limit)
    return webmap(**given)


@pytest.mark.browser
def test_zones_are_weighed_against_a_limit_in_words(opened):
    tab = opened(limited(MapLimit("工业用地下限", "Floor for industry", low=0.8, high=1.9, source="HNB 2023 §4.2")))
    tab.click("#gp-tab-zones")
    assert cells(tab, ".gp-bars li") == ["丙区 2.00 ▲高于", "乙区 1.25 ✓达标", "甲区 0.50 ▼低于", "丁区 无数据"]
    assert cells(tab, ".gp-peers li") == [
        "中位数 1.25 · 算术平均 1.25",
        "工业用地下限 0.80 – 1.90 HNB 2023 §4.2未核实",
        "1 个分区无数据，列于末尾",
    ]
    # Marks stand where the figures are: the axis runs from 0 to the largest.
    at = tab.eval_on_selector_all(".gp-bars li:first-child b", "all => all.map(b => parseFloat(b.style.left))")
    assert at == pytest.approx([62.5, 40, 95])
    tab.select_option("#gp-zone", label="甲区")
    assert cells(tab, ".gp-standing") == ["甲区 0.50 第 3 位，共 3 个分区 ▼低于"]
    assert cells(tab, ".gp-figures .gp-verdict") == ["▼低于"]
    tab.click("#gp-lang")
    assert cells(tab, ".gp-standing") == ["甲区 0.50 Rank 3 of 3 zones ▼below"]
    tab.select_option("#gp-zone", label="丁区")
    assert tab.locator(".gp-standing").count() == 0
    assert cells(tab, ".gp-figures td.gp-rank")[:2] == ["Rank", ""]


@pytest.mark.browser
def test_a_limit_is_met_at_its_very_value_and_shares_are_shown_as_per_cent(opened):
    given = study()
    limit = MapLimit("下限", "Floor", low=0.5, source="x", verified=True)
    given["indicators"][1] = replace(given["indicators"][1], limit=limit)
    tab = opened(webmap(**{**given, "language": "en"}))
    tab.click("#gp-mode-indicator")
    tab.select_option("#gp-indicator", "1")
    tab.click("#gp-tab-zones")
    assert cells(tab, ".gp-bars li") == [
        "丁区 100.0% ✓pass",
        "丙区 98.7% ✓pass",
        "乙区 50.0% ✓pass",
        "甲区 12.3% ▼below",
    ]
    assert cells(tab, ".gp-peers li") == ["Median 74.4% · mean 65.3%", "Floor ≥ 50.0% x"]


@pytest.mark.browser
def test_a_limit_above_every_figure_is_on_the_axis(opened):
    tab = opened(limited(MapLimit("", "", low=4.0), values=(1.0, 1.0, 2.0, np.nan)))
    tab.click("#gp-tab-zones")
    assert tab.evaluate("parseFloat(document.querySelector('.gp-bars .gp-tick').style.left)") == 100
    assert tab.evaluate("parseFloat(document.querySelector('.gp-bars i').style.width)") == 50
    tab.select_option("#gp-zone", label="乙区")  # equal figures share a place
    assert "第 2 位，共 3 个分区" in tab.inner_text(".gp-standing")


@pytest.mark.parametrize("ends", [{}, {"low": 2.0, "high": 1.0}, {"low": float("nan")}, {"high": float("inf")}])
def test_a_limit_needs_ends_in_order(ends):
    with pytest.raises(OutputError, match="the limit Floor needs a finite low or high"):
        MapLimit("下限", "Floor", **ends)


# ---- measuring ------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_lengths_and_areas_are_those_of_the_ellipsoid(opened, page):
    tab = opened(page)
    rng = np.random.default_rng(11)
    for size, share in ((0.0005, 1e-6), (0.005, 1e-6), (0.05, 1e-6), (0.5, 1e-5)):
        rings, areas, lengths = [], [], []
        for _ in range(60):
            lon, lat = rng.uniform(-179, 179), rng.uniform(-65, 65)
            turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 12)))
            if np.diff(np.r_[turns, turns[0] + 2 * np.pi]).max() > np.pi:
                turns = np.array([0.1, 2.0, 4.0])  # the centre must lie inside, else the ring may cross itself
            ring = np.c_[lon + size * np.cos(turns), lat + size * np.sin(turns) * 0.7]
            area, around = GEOD.polygon_area_perimeter(*ring.T)
            rings.append(ring.tolist())
            areas.append(abs(area))
            lengths.append(around)
        got = tab.evaluate(
            "rings => rings.map(r => [gisplan.area(r), r.reduce((s, p, k) => s + gisplan.distance(p, r[(k + 1) % r.length]), 0)])",
            rings,
        )
        np.testing.assert_allclose([g[0] for g in got], areas, rtol=share)
        np.testing.assert_allclose([g[1] for g in got], lengths, rtol=1e-9, atol=1e-4)


@pytest.mark.browser
def test_special_distances(opened, page):
    tab = opened(page)
    pairs = [
        ((10, 0), (11, 0)),
        ((120, 30), (120, 31)),
        ((5, 45), (5, 45)),
        ((-70, -33), (-70.0001, -33.0001)),
        ((0, 89.9), (40, 89.9)),
    ]
    got = tab.evaluate("pairs => pairs.map(([p, q]) => gisplan.distance(p, q))", pairs)
    np.testing.assert_allclose(got, [GEOD.inv(*p, *q)[2] for p, q in pairs], rtol=1e-9, atol=1e-4)


@pytest.mark.browser
def test_rings_that_cross_themselves_have_no_area(opened, page):
    tab = opened(page)
    rings = {
        "square": [[0, 0], [1, 0], [1, 1], [0, 1]],
        "bow": [[0, 0], [1, 1], [1, 0], [0, 1]],
        "spike": [[0, 0], [2, 0], [1, 0], [1, 1]],
        "touch": [[0, 0], [2, 0], [2, 2], [1, 0], [0, 2]],
        "triangle": [[0, 0], [1, 0], [0, 1]],
    }
    got = tab.evaluate("r => Object.keys(r).map(k => gisplan.crossing(r[k]))", rings)
    assert dict(zip(rings, got, strict=True)) == {
        "square": False,
        "bow": True,
        "spike": True,
        "touch": True,
        "triangle": False,
    }


def geodesic(tab, points):
    """Length and area of points given in pixels of the map, by another library."""
    ring = tab.evaluate(
        "ps => ps.map(p => { const q = map_main.containerPointToLatLng(p); return [q.lng, q.lat]; })", points
    )
    lon, lat = np.array(ring).T
    return GEOD.line_length(lon, lat), abs(GEOD.polygon_area_perimeter(lon, lat)[0])


def measured(tab):
    shown = dict(zip(cells(tab, "#gp-measure-box output span"), cells(tab, "#gp-measure-box output b"), strict=True))
    number = lambda text: float(text.split()[0].replace(",", "")) * (1000 if text.endswith("km") else 1)  # noqa: E731
    return {name: number(text) for name, text in shown.items()}


@pytest.mark.browser
def test_measuring_by_mouse(opened, page):
    tab = opened(page)
    box_ = tab.locator(".folium-map").bounding_box()
    spots = [[300, 420], [600, 420], [620, 700], [310, 690]]
    tab.click("#gp-measure")
    assert tab.get_attribute("#gp-measure", "aria-pressed") == "true"
    for x, y in [*spots[:2], [900, 300]]:
        tab.mouse.click(box_["x"] + x, box_["y"] + y)
    tab.keyboard.press("Backspace")
    assert measured(tab)["长度"] == pytest.approx(geodesic(tab, spots[:2])[0], abs=0.06)
    for x, y in spots[2:3]:
        tab.mouse.click(box_["x"] + x, box_["y"] + y)
    tab.mouse.dblclick(box_["x"] + spots[3][0], box_["y"] + spots[3][1])
    length, area = geodesic(tab, spots)
    found = measured(tab)
    # Below a kilometre to the decimetre, above to the metre.
    assert found["长度"] == pytest.approx(length, abs=0.06 if length < 1000 else 0.6) and found[
        "围合面积"
    ] == pytest.approx(area, abs=0.6)
    assert f"{area / 1e4:,.2f} 公顷 · {area * 15 / 1e4:,.1f} 亩" in tab.inner_text("#gp-measure-box output")
    assert tab.get_attribute("#gp-measure-box output", "aria-live") == "polite"
    assert tab.is_hidden(".gp-card") and tab.get_attribute("#gp-measure", "aria-pressed") == "false"
    # It stays while the reader goes on reading, in either language, until it is cleared.
    tab.mouse.click(box_["x"] + 500, box_["y"] + 500)
    tab.wait_for_selector(".gp-card h2")
    tab.click("#gp-lang")
    assert measured(tab)["Area enclosed"] == found["围合面积"]
    tab.click("#gp-measure-clear")
    assert tab.is_hidden("#gp-measure-box") and tab.locator(".leaflet-overlay-pane path").count() <= 1


@pytest.mark.browser
def test_measuring_by_keyboard_alone(opened, page):
    tab = opened(page)
    tab.focus("#gp-measure")
    tab.keyboard.press("Enter")
    assert tab.is_visible(".gp-cross")
    places = []
    for arrow in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        places.append(tab.evaluate("(() => { const c = map_main.getCenter(); return [c.lng, c.lat]; })()"))
        tab.keyboard.press("Enter")
        tab.keyboard.press(arrow)
        tab.wait_for_function(
            "at => { const c = map_main.getCenter(); return (c.lng !== at[0] || c.lat !== at[1]) && !(map_main._panAnim && map_main._panAnim._inProgress); }",
            arg=places[-1],
        )
    length = sum(GEOD.inv(*a, *b)[2] for a, b in pairwise(places))
    assert measured(tab)["长度"] == pytest.approx(length, abs=0.06)
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")  # again in the same place: the end
    assert tab.is_hidden(".gp-cross") and tab.is_visible("#gp-measure-clear")
    assert tab.get_attribute("#gp-measure", "aria-pressed") == "false"
    tab.focus("#gp-measure")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    assert tab.is_hidden("#gp-measure-box")
    tab.keyboard.press("Enter")  # the keyboard asks for parcels again
    tab.wait_for_selector(".gp-card h2")


@pytest.mark.browser
def test_a_crossed_line_has_a_length_and_no_area(opened, page):
    tab = opened(page)
    tab.click("#gp-measure")
    at = tab.locator(".folium-map").bounding_box()
    for x, y in ((300, 400), (700, 700), (700, 400), (300, 700)):
        tab.mouse.click(at["x"] + x, at["y"] + y)
    assert cells(tab, "#gp-measure-box output b")[-1] == "—"
    assert "边线相交" in tab.inner_text("#gp-measure-box output")


# ---- the link -------------------------------------------------------------------------------------------------------

WITH_HASH = "if (!window.name) history.replaceState(null, '', '#' + decodeURIComponent({!r})); window.name = 'seen';"


def presets():
    return (
        MapPreset("plan", "规划图", "Plan", None, {"parcels": "use"}, ("parcels", "roads")),
        MapPreset("size", "面积图", "Sizes", None, {"parcels": "area"}, ("parcels",)),
    )


def settled(tab):
    tab.wait_for_timeout(400)
    return tab.evaluate("location.hash")


def state(tab):
    return tab.evaluate(
        """() => ({ title: document.querySelector('h1').textContent, tab: document.querySelector('[role=tab][aria-selected=true]').id,
        preset: document.getElementById('gp-preset').value, card: (document.querySelector('.gp-card h2') || {}).textContent || '',
        mode: document.querySelector('input[name=gp-mode]:checked').id, indicator: (document.getElementById('gp-indicator') || {}).value || '',
        colouring: (document.getElementById('gp-colouring') || {}).value || '', zone: (z => z && !z.closest('[hidden]') ? z.value : '')(document.getElementById('gp-zone')),
        shown: [feature_layer_layer0, feature_layer_layer1, feature_layer_layer2].map(l => map_main.hasLayer(l)),
        dark: document.querySelector('.gp-stage').classList.contains('gp-dark'),
        at: (c => [c.lat.toFixed(7), c.lng.toFixed(7), map_main.getZoom()])(map_main.containerPointToLatLng(map_main.getSize().divideBy(2))) })"""
    )


@pytest.mark.browser
def test_a_link_opens_what_was_seen(opened):
    text = living(presets=presets())
    tab = opened(text)
    assert settled(tab) == ""  # nothing to tell yet
    tab.select_option("#gp-preset", "size")
    assert settled(tab) == "#map=size"
    tab.click("#gp-lang")
    tab.click("#gp-theme")
    tab.click("#gp-theme")
    choose(tab, 4)
    tab.uncheck("#gp-layer-0")
    tab.check("#gp-layer-2")
    tab.check("#gp-layer-0")
    tab.fill("#gp-alpha", "0.5")
    tab.click("#gp-mode-indicator")
    tab.select_option("#gp-indicator", "2")
    tab.click("#gp-tab-zones")
    tab.select_option("#gp-zone", label="丙区")
    tab.click(".gp-bar button:first-child")
    tab.wait_for_function("() => !map_main._animatingZoom")
    hash_, before = settled(tab), state(tab)
    assert (
        re.search(r"\blang=en&", hash_)
        and "&theme=dark" in hash_
        and "&zone=C&" in hash_
        and "by=land" in hash_
        and "&alpha=0.5" in hash_
    )
    assert len(hash_) < 200 and "%" not in hash_
    again = opened(text, before=WITH_HASH.format(hash_[1:]))
    assert state(again) == before
    assert settled(again) == hash_
    # The same words put into the address of an open page.
    third = opened(text)
    third.evaluate("h => { location.hash = h; }", hash_)
    third.wait_for_timeout(300)
    assert state(third) == before
    third.evaluate("location.hash = ''")
    third.wait_for_timeout(300)
    first = state(opened(text))
    assert state(third) == first


@pytest.mark.browser
def test_an_address_that_is_typed_wins_over_one_that_is_about_to_be_written(opened, page):
    tab = opened(
        page,
        before="{ const real = setTimeout; window.setTimeout = (f, ms) => { window.due = f; return real(f, ms); }; }",
    )
    tab.evaluate("() => { document.getElementById('gp-tab-zones').click(); location.hash = 'lang=en'; window.due(); }")
    tab.wait_for_function("() => document.querySelector('h1').textContent === 'Sample park'", timeout=5000)
    assert settled(tab) == "#lang=en"


@pytest.mark.browser
def test_a_chosen_parcel_is_found_by_its_id_when_rows_have_moved(opened):
    layer = lives()
    turned = replace(layer, frame=layer.frame.iloc[::-1].reset_index(drop=True))
    tab = opened(living(turned), before=WITH_HASH.format("pick=parcels/late@1"))
    assert tab.inner_text(".gp-card h2") == "late"
    gone = opened(living(turned), before=WITH_HASH.format("pick=parcels/nobody@1"))
    assert gone.is_hidden(".gp-card")


DAMAGED = (
    "at=a,b,c", "at=99,999,9", "at=30,114,NaN", "zone=%E0%A4%A", "%%%=%", "&&&===&", "__proto__=x&constructor=y&theme=constructor", "lang=fr", "tab=card",
    "pick=parcels/@-1", "pick=parcels/x@1e9", "pick=/", "map=__proto__", "by=toString", "colour=parcels:__proto__", "alpha=7", "classes=constructor", "alpha=",
)  # fmt: skip


@pytest.mark.browser
def test_a_damaged_link_opens_the_map_as_it_is(opened):
    page = living(presets=presets())
    tab = opened(page)
    plain = state(tab)
    for text in DAMAGED:
        tab.evaluate(
            "h => new Promise(done => { addEventListener('hashchange', () => setTimeout(done, 0), { once: true }); location.hash = h; })",
            text,
        )
        assert state(tab) == plain, text
    whole = "&".join(DAMAGED)
    assert state(opened(page, before="history.replaceState(null, '', '#' + " + repr(whole) + ")")) == plain


@pytest.mark.browser
def test_hostile_ids_travel_in_links_as_text(opened):
    texts = [*HOSTILE[:5], HOSTILE[7]]
    layer = lives()
    page = living(replace(layer, frame=layer.frame.assign(id=texts)))
    tab, links = opened(page, before="window.ran = 0"), []
    for row in range(6):
        choose(tab, row)
        links.append(settled(tab))
        assert not set('<>"` ') & set(links[-1])
    again = opened(page, before="window.ran = 0; history.replaceState(null, '', " + repr(links[0]) + ")")
    for text, link in zip(texts, links, strict=True):
        again.evaluate("h => { location.hash = h; }", link)
        again.wait_for_function("text => document.querySelector('.gp-card h2').textContent === text", arg=text)
    assert again.evaluate("window.ran") == 0


@pytest.mark.browser
@pytest.mark.parametrize(
    "clipboard",
    [
        "undefined",
        "{ writeText: () => Promise.reject(new Error('no')) }",
        "{ writeText: t => { window.kept = t; return Promise.resolve(); } }",
    ],
)
def test_the_link_is_copied_or_stands_there_to_be_copied(opened, page, clipboard):
    tab = opened(page, before="Object.defineProperty(navigator, 'clipboard', { value: " + clipboard + " })")
    tab.click("#gp-tab-zones")
    tab.click("#gp-share")
    tab.wait_for_selector("#gp-link")
    url = tab.evaluate("location.href")
    assert url.endswith("#tab=zones") and tab.input_value("#gp-link") == url
    assert tab.evaluate("document.activeElement.selectionEnd - document.activeElement.selectionStart") == len(url)
    works = "kept" in clipboard
    assert tab.inner_text("#gp-ask p[role=status]") == ("链接已复制。" if works else "请按 Ctrl+C 复制：")
    assert tab.evaluate("window.kept") == (url if works else None)
    tab.keyboard.press("Escape")
    assert tab.is_hidden("#gp-ask") and tab.evaluate("document.activeElement.id") == "gp-share"


@pytest.mark.browser
def test_in_a_sandboxed_frame_the_map_works_and_offers_no_link(browser, page):
    tab, said = browser.new_page(), []
    tab.on("pageerror", lambda e: said.append(str(e)))
    tab.on("console", lambda m: said.append(m.text))
    tab.set_content("<iframe sandbox='allow-scripts' width=900 height=600></iframe>")
    tab.evaluate("text => { document.querySelector('iframe').srcdoc = text; }", page)
    frame = tab.frames[1]
    frame.wait_for_selector("html[data-gisplan=ready]")
    frame.click("#gp-tab-zones")
    frame.select_option("#gp-zone", label="甲区")
    tab.wait_for_timeout(400)
    assert frame.locator("#gp-share").count() == 0 and frame.is_visible(".gp-figures")
    assert said == []
    tab.close()


@pytest.mark.browser
def test_the_panel_tells_how_a_figure_came_about(opened):
    given = study()
    ids = given["values"].index
    sums = {
        "numerator": [1250.0, 2500.5, 0.5, np.nan],
        "denominator": [2500.0, 2000.4, 0.25, np.nan],
        "n_used": [12.0, 1.0, 3.0, 0.0],
        "n_missing": [0.0, 2.0, 0.0, 0.0],
        "known_share": [1.0, 0.4, 1.0, np.nan],
    }
    told = {key: pd.DataFrame({"ratio": values}, index=ids) for key, values in sums.items()}
    given["indicators"][0] = replace(given["indicators"][0], source="§ 3.2")
    tab = opened(webmap(**given, sums=told, plan_file="our plan.toml"))
    tab.click("#gp-tab-zones")
    assert tab.locator(".gp-origin").count() == 0
    tab.select_option("#gp-zone", label="甲区")
    tab.click(".gp-origin summary")
    assert cells(tab, ".gp-origin > :not(summary)") == [
        "1,250 ÷ 2,500",
        "式",
        "12 个要素参与计算",
        "来源： § 3.2",
        "列出其背后的全部要素：",
        'gisplan explain "our plan.toml" A ratio',
    ]
    # It stays open for the next zone, and says what is missing.
    tab.select_option("#gp-zone", label="乙区")
    assert cells(tab, ".gp-origin > p:nth-of-type(3)") == ["1 个要素参与计算，2 个缺少数据，已知比例 40.0%"]
    tab.click("#gp-lang")
    assert cells(tab, ".gp-origin > p:nth-of-type(3)") == ["1 features counted, 2 lack data, known for 40.0%"]
    # An indicator without sums tells its formula only.
    tab.click("#gp-mode-indicator")
    tab.select_option("#gp-indicator", "1")
    assert cells(tab, ".gp-origin > p:nth-of-type(1)") == ["why"]

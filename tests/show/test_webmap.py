"""The map is one file that asks nobody for anything, shows the figures it was given, and runs no stranger's text."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from folium.plugins import Fullscreen
from shapely.geometry import LineString, Point, Polygon, box

from gisplan.errors import LayerError, OutputError
from gisplan.show import assets
from gisplan.show.classes import class_breaks, decimals
from gisplan.show.map_parts import FeatureLayer
from gisplan.show.page import OfflineFigure, OfflineMap, Verbatim, escape, json_text
from gisplan.show.payload import encode
from gisplan.show.webmap import MapClass, MapColouring, MapColumn, MapIndicator, MapLayer, webmap

# One of each way a text has been seen to run in a folium map.
HOSTILE = (
    '<img src=x onerror="window.ran=1">',
    "</script><script>window.ran=1</script>",
    "${window.ran=1}",
    "`+(window.ran=1)+`",
    '"><svg onload=window.ran=1>',
    "</title><script>window.ran=1</script>",
    "{{ 7 * 7 }}{% raw %}",
    "a\u2028b\u2029c <!-- <script> \\ ' \"",
)


def study(text=None, **changes):
    """Four zones, 300 parcels, roads and points; `text`, when given, stands in every field."""
    said = (lambda plain: plain) if text is None else (lambda _: text)
    rng = np.random.default_rng(3)
    x, y = np.meshgrid(np.arange(21) * 90.0, np.arange(16) * 80.0, indexing="ij")
    x, y = x + rng.normal(0, 8, x.shape) + 538_000, y + rng.normal(0, 8, y.shape) + 3_380_000
    corner = lambda i, j: (x[i, j], y[i, j])  # noqa: E731
    blocks = [
        Polygon([corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)]).buffer(-4, join_style="mitre")
        for i in range(20)
        for j in range(15)
    ]
    file = resources.files("gisplan") / "vocabulary" / "land_use.toml"
    uses = tomllib.loads(file.read_text(encoding="utf-8"))["classes"]
    use = rng.choice(["industrial", "residential", "green", "vacant"], 300).astype(object)
    use[:2] = None
    parcels = gpd.GeoDataFrame(
        {
            "id": [said(f"P{k:03d}") for k in range(300)],
            "use": use,
            "ratio": np.where(np.arange(300) % 7 == 0, np.nan, 1.25),
            "built": True,
        },
        geometry=blocks,
        crs=4547,
    )
    parcels["area"] = parcels.area
    roads = gpd.GeoDataFrame(
        {"name": [said("东一路"), said("大道")], "rank": ["a", "b"], "length": [1200.0, 1800.0]},
        geometry=[LineString(np.c_[x[10], y[10]]), LineString(np.c_[x[:, 7], y[:, 7]])],
        crs=4547,
    )
    points = gpd.GeoDataFrame({"name": [said("变电站")]}, geometry=[Point(538_300, 3_380_300)], crs=4547)
    zones = gpd.GeoDataFrame(
        {"zone_id": ["A", "B", "C", "D"], "name": [said(f"{k}区") for k in "甲乙丙丁"]},
        geometry=[box(a, b, a + 900, b + 600) for a in (538_000, 538_900) for b in (3_380_000, 3_380_600)],
        crs=4547,
    )
    indicators = [
        MapIndicator(
            "ratio",
            said("容积率"),
            said("Plot ratio"),
            "",
            said("强度"),
            said("Intensity"),
            said("式"),
            said("how"),
        ),
        MapIndicator(
            "share",
            said("覆盖率"),
            said("Coverage"),
            "share",
            said("设施"),
            said("Services"),
            said("式二"),
            said("why"),
        ),
        MapIndicator("land", said("土地"), said("Land"), "ha", said("规模"), said("Size"), said("式三"), said("what")),
    ]
    values = pd.DataFrame(
        {
            "ratio": [0.5, 1.25, 2.0, np.nan],
            "share": [0.123, 0.5, 0.987, 1.0],
            "land": [1234.5, 54.0, 54.0, 54.0],
        },
        index=["A", "B", "C", "D"],
    )
    layers = [
        MapLayer(
            "parcels", said("地块"), said("Parcels"), parcels,
            (MapColumn("id", said("编号"), said("Id")), MapColumn("area", "面积", "Area", "m²"), MapColumn("ratio", "容积率", "Ratio"), MapColumn("built", "已建", "Built")),
            (
                MapColouring("use", said("用途"), said("Use"), "use", tuple(MapClass(k, said(v["zh"]), said(v["en"]), v["color"]) for k, v in uses.items())),
                MapColouring("area", said("面积"), said("Area"), "area", unit="m²"),
            ),
            size_column="area",
        ),
        MapLayer(
            "roads", said("道路"), said("Roads"), roads, (MapColumn("name", "路名", "Name"),),
            (MapColouring("rank", said("等级"), said("Class"), "rank", (MapClass("a", said("主"), said("Main"), "#b2182b", 4), MapClass("b", said("支"), said("Local"), "#8c8c8c", 2))),),
            size_column="length",
        ),
        MapLayer("points", said("站点"), said("Sites"), points, (MapColumn("name", "名称", "Name"),)),
    ]  # fmt: skip
    given = {
        "title": {"zh": said("示例园区"), "en": said("Sample park")},
        "subtitle": {"zh": said("2024 年"), "en": said("2024")},
        "language": "zh",
        "zones": zones,
        "values": values,
        "indicators": indicators,
        "layers": layers,
        "notes": [{"zh": said("说明一"), "en": said("Note one")}],
    }
    return {**given, **changes}


class Page(HTMLParser):
    """Tags in order, with attributes, and the text of style elements."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.styles = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "style":
            self.styles.append(data)


@pytest.fixture(scope="module")
def page():
    return webmap(**study())


def test_nothing_in_the_page_points_to_a_network(page):
    read = Page(page)
    for tag, attrs in read.tags:
        assert tag not in {"link", "iframe", "base", "object", "embed"}
        assert not {"src", "href", "srcset", "data"} & set(attrs)
    urls = re.findall(r"url\(\s*['\"]?([^)]{0,20})", " ".join(read.styles))
    assert urls
    assert all(url.startswith("data:") for url in urls)
    assert "@import" not in " ".join(read.styles)
    assert "sourceMappingURL" not in page


def test_the_policy_comes_before_anything_it_has_to_stop(page):
    tags = Page(page).tags
    assert [t for t, _ in tags[:4]] == ["html", "head", "meta", "meta"]
    assert tags[2][1] == {"charset": "utf-8"}
    policy = tags[3][1]["content"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy and "http" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_head_says_language_and_title_lets_the_reader_zoom_and_keeps_the_licence(page):
    assert '<html lang="zh-CN">' in page and "<title>示例园区</title>" in page
    assert "user-scalable" not in page and "maximum-scale" not in page
    assert (
        "Volodymyr Agafonkin" in page
        and 'THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"' in page
    )
    assert "<title>示例园区 / Sample park</title>" in webmap(**study(language="both"))
    assert '<html lang="en">' in webmap(**study(language="en"))


def test_the_same_study_gives_the_same_bytes(page):
    assert webmap(**study()) == page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside_its_element(text):
    read = Page(webmap(**study(text)))
    scripts = [attrs for tag, attrs in read.tags if tag == "script"]
    plain = [a for a in scripts if "type" not in a]
    assert len(plain) == len(assets.SCRIPTS) + 2  # Leaflet, ours, and the one that draws
    assert not [a for tag, attrs in read.tags for a in attrs if a.startswith("on")]


def test_names_for_folium_cannot_end_a_string_or_a_template():
    for text in HOSTILE:
        assert not set("<>`${}\"'\\") & set(escape(text))
        assert not set("<>&\u2028\u2029") & set(json_text(text))


def test_a_part_that_needs_the_network_is_refused():
    figure = OfflineFigure(title="t", lang="en")
    folium_map = OfflineMap(figure, location=[30, 114])
    Fullscreen().add_to(folium_map)
    with pytest.raises(OutputError, match="no copy of Control"):
        figure.render()


@pytest.mark.parametrize("where", ["header", "html"])
def test_a_script_nobody_meant_is_refused(where):
    figure = OfflineFigure(title="t", lang="en")
    OfflineMap(figure, location=[30, 114])
    getattr(figure, where).add_child(Verbatim("<script>1</script>"))
    with pytest.raises(OutputError, match="script"):
        figure.render()


def test_leaflet_with_other_bytes_is_refused(monkeypatch):
    monkeypatch.setitem(assets.PINNED, "leaflet.css", "0" * 64)
    with pytest.raises(OutputError, match="unexpected bytes"):
        assets.leaflet_file("leaflet.css")


def test_another_map_of_the_process_keeps_folium_s_links():
    webmap(**study())
    assert [name for name, _ in folium.Map.default_js][:2] == ["leaflet", "jquery"]


def test_our_layer_is_a_folium_layer():
    figure = OfflineFigure(title="t", lang="en")
    theirs = OfflineMap(figure, location=[30, 114])
    shapes = np.array([box(114, 30, 114.1, 30.1)], dtype=object)
    meta = {
        "id": "x",
        "kind": "polygon",
        "label": {"en": "x"},
        "columns": [],
        "colourings": [
            {
                "id": "",
                "kind": "class",
                "column": None,
                "classes": [{"label": {"en": "a"}, "color": "#ff0000", "weight": 1}],
            }
        ],
    }
    FeatureLayer(encode(shapes, {}, meta=meta), key="x", name="`<b>", bounds=[114, 30, 114.1, 30.1]).add_to(theirs)
    folium.GeoJson({"type": "Point", "coordinates": [114, 30]}).add_to(theirs)
    folium.LayerControl().add_to(theirs)
    assert theirs.get_bounds() == [[30, 114], [30.1, 114.1]]
    text = figure.render()
    assert "overlays" in text and "&amp;#96;" not in text and "`<b>" not in text


@pytest.mark.parametrize(
    ("values", "breaks"),
    [
        ([1.0, 2.0, 3.0], [1, 2]),
        ([5.0, 5.0, 5.0], []),
        ([np.nan, np.nan], []),
        ([0.123, 0.187, 0.9], [0.13, 0.2]),
        ([-2.0, -1.0, np.nan], [-2]),
        ([1, 2, 3, 101, 102, 103, 500, 501, 900, 901, 5000], [100, 200, 600, 1000]),
    ],
)
def test_class_limits_are_round_and_move_no_value(values, breaks):
    assert class_breaks(np.array(values, dtype=float)) == breaks


def test_many_zones_get_at_most_five_classes_and_none_is_empty():
    for n in (6, 60, 100, 101, 900):
        values = np.random.default_rng(n).gamma(2, 1, n)
        breaks = class_breaks(values)
        counts = np.bincount(np.searchsorted(breaks, values, side="left"), minlength=len(breaks) + 1)
        assert 2 <= len(counts) <= 5 and counts.min() > 0


@pytest.mark.parametrize(
    ("values", "places"), [([1, 20], 0), ([0.5, 3], 2), ([0.001, 0.02], 4), ([123456.7], 0), ([], 0)]
)
def test_decimals_fit_the_figures(values, places):
    assert decimals(np.array(values, dtype=float)) == places


def test_what_does_not_fit_is_named():
    given = study()
    with pytest.raises(OutputError, match="zone_id is not unique: A"):
        webmap(**{**given, "zones": given["zones"].assign(zone_id=["A", "A", "C", "D"])})
    with pytest.raises(OutputError, match="differ in B"):
        webmap(**{**given, "values": given["values"].drop("B")})
    with pytest.raises(OutputError, match="indicator\\(s\\) land"):
        webmap(**{**given, "values": given["values"].drop(columns="land")})
    with pytest.raises(OutputError, match='"zh", "en" or "both"'):
        webmap(**study(language="fr"))
    with pytest.raises(LayerError, match="zones has no coordinate system"):
        webmap(**{**given, "zones": given["zones"].set_crs(None, allow_override=True)})
    roads = given["layers"][1]
    with pytest.raises(LayerError, match="layer roads has no colour for the class\\(es\\) b"):
        few = (replace(roads.colourings[0], classes=roads.colourings[0].classes[:1]),)
        webmap(**study(layers=[replace(roads, colourings=few)]))
    with pytest.raises(LayerError, match="layer roads lacks the column\\(s\\) width"):
        webmap(**study(layers=[replace(roads, size_column="width")]))


# ---- in a browser, with the network cut off -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        reason = "no Chromium, or no playwright, on this machine"
        if os.environ.get("GISPLAN_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a map; afterwards it must have asked for its own file only, and said nothing."""
    contexts = []

    def show(text, *, width=1400, height=900, before="", touch=False):
        file = tmp_path / "map.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, has_touch=touch)
        tab = context.new_page()
        asked, said = [], []
        tab.on("request", lambda r: asked.append(r.url))
        tab.on("console", lambda m: said.append(m.text))
        tab.on("pageerror", lambda e: said.append(str(e)))
        tab.add_init_script(before)
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-gisplan=ready]", timeout=30_000)
        contexts.append((context, asked, said, file.as_uri()))
        return tab

    yield show
    for context, asked, said, own in contexts:
        context.close()
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [own]
        assert said == []


def cells(tab, selector):
    return [" ".join(t.split()) for t in tab.locator(selector).all_inner_texts()]


@pytest.mark.browser
def test_first_sight_is_the_plan_with_its_legend(opened, page):
    tab = opened(page)
    assert tab.inner_text("h1") == "示例园区"
    assert tab.is_checked("#gp-mode-classes")
    rows = cells(tab, "#gp-legend .gp-layer:nth-of-type(1) tbody tr")
    parcels = study()["layers"][0].frame
    use = parcels["use"].fillna("none")
    for value, name in (("industrial", "工业用地"), ("green", "绿地与开敞空间用地"), ("none", "无数据")):
        area = parcels["area"][use == value].sum()
        assert f"{name} {(use == value).sum()} {area / 1e4:,.2f} {area * 15 / 1e4:,.0f}" in rows
    assert cells(tab, "#gp-legend .gp-layer:nth-of-type(2) tbody tr") == [
        "主 1 1.20",
        "支 1 1.80",
        "合计 2 3.00",
    ]
    assert tab.locator(".gp-label").count() == 4


@pytest.mark.browser
def test_choosing_an_indicator_colours_the_zones_and_changes_the_legend(opened, page):
    tab = opened(page)
    tab.click("#gp-mode-indicator")
    assert cells(tab, ".gp-ramp tbody tr") == ["> 1.3 1", "1 – 1.3 1", "≤ 1 1", "无数据 1"]
    tab.select_option("#gp-indicator", "1")
    assert tab.inner_text(".gp-ramp h2").startswith("覆盖率") and tab.inner_text(".gp-explain") == "式二"
    assert cells(tab, ".gp-ramp tbody tr") == ["> 99 1", "50 – 99 1", "20 – 50 1", "≤ 20 1"]
    assert sorted(cells(tab, ".gp-label b")) == ["100.0%", "12.3%", "50.0%", "98.7%"]


@pytest.mark.browser
def test_the_figures_of_a_zone_are_those_given(opened, page):
    tab = opened(page)
    tab.click("#gp-tab-zones")
    tab.select_option("#gp-zone", label="甲区")
    assert cells(tab, ".gp-figures tr[data-indicator] td") == ["0.50", "12.3%", "1,234.50 公顷"]
    tab.select_option("#gp-zone", label="丁区")
    assert cells(tab, ".gp-figures tr[data-indicator] td") == ["—", "100.0%", "54.00 公顷"]
    assert cells(tab, ".gp-bars li") == ["丙区 2.00", "乙区 1.25", "甲区 0.50", "丁区 —"]
    assert tab.get_attribute(".gp-bars li:last-child button", "aria-pressed") == "true"


@pytest.mark.browser
def test_clicking_the_map_tells_the_parcel_and_leads_to_its_zone(opened, page):
    tab = opened(page)
    area = tab.locator(".folium-map").bounding_box()
    tab.mouse.click(area["x"] + area["width"] * 0.41, area["y"] + area["height"] * 0.43)
    card = dict(zip(cells(tab, ".gp-card th"), cells(tab, ".gp-card td"), strict=True))
    frame = study()["layers"][0].frame.set_index("id")
    row = frame.loc[card["编号"]]
    assert card["面积"] == f"{row['area']:,.2f}".rstrip("0").rstrip(".") + " m²"
    assert card["容积率"] == ("—" if np.isnan(row["ratio"]) else "1.25") and card["已建"] == "是"
    tab.click(".gp-card .gp-link")
    assert tab.is_visible(".gp-figures")
    tab.mouse.move(area["x"] + area["width"] * 0.3, area["y"] + area["height"] * 0.4)
    tab.wait_for_selector(".gp-tip")


@pytest.mark.browser
def test_layers_go_and_come_with_their_legend(opened, page):
    tab = opened(page)
    before = tab.locator("canvas.leaflet-tile").count()
    tab.uncheck("#gp-layer-0")
    assert tab.locator("#gp-legend .gp-layer:nth-of-type(1) tbody tr").count() == 0
    assert tab.locator("canvas.leaflet-tile").count() < before
    tab.check("#gp-layer-0")
    assert tab.locator("#gp-legend .gp-layer:nth-of-type(1) tbody tr").count() > 3


@pytest.mark.browser
def test_the_language_switches_on_the_spot(opened, page):
    tab = opened(page)
    tab.click("#gp-mode-indicator")
    tab.focus("#gp-lang")
    tab.keyboard.press("Enter")
    assert tab.inner_text("h1") == "Sample park"
    assert tab.evaluate("document.documentElement.lang") == "en"
    assert cells(tab, "#gp-indicator optgroup option") == ["Plot ratio", "Coverage", "Land"]
    assert tab.evaluate("document.activeElement.id") == "gp-lang"


@pytest.mark.browser
def test_an_old_browser_without_decompression_shows_the_same(opened, page):
    tab = opened(page, before="delete window.DecompressionStream")
    assert cells(tab, "#gp-legend .gp-layer:nth-of-type(2) tbody tr") == [
        "主 1 1.20",
        "支 1 1.80",
        "合计 2 3.00",
    ]


@pytest.mark.browser
def test_on_a_phone_the_panel_lies_below_the_map(opened, page):
    tab = opened(page, width=390, height=800, touch=True)
    area, side = tab.locator(".folium-map").bounding_box(), tab.locator(".gp-panel").bounding_box()
    assert area["width"] == side["width"] == 390 and side["y"] > 350
    tab.click("#gp-fold")
    assert tab.locator(".folium-map").bounding_box()["height"] > area["height"] + 150
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.browser
def test_printing_takes_one_sheet(opened, page):
    tab = opened(page)
    paper = tab.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    assert tab.evaluate("document.body.classList.contains('gp-print')") is False


@pytest.mark.browser
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_is_only_shown(opened, text):
    tab = opened(webmap(**study(text, language="both")), before="window.ran = 0")
    area = tab.locator(".folium-map").bounding_box()
    middle = area["x"] + area["width"] * 0.41, area["y"] + area["height"] * 0.43
    tab.mouse.move(*middle)
    tab.wait_for_selector(".gp-tip")
    tab.mouse.click(*middle)
    tab.wait_for_selector(".gp-card h2")
    shown = tab.evaluate(
        "[document.querySelector('.gp-card h2'), document.querySelector('h1').firstChild].map(e => e.textContent)"
    )
    assert shown == [text, text]
    tab.click("#gp-mode-indicator")
    tab.click("#gp-tab-zones")
    tab.select_option("#gp-zone", "1")
    tab.click("#gp-lang")
    tab.click("#gp-tab-notes")
    assert tab.evaluate("document.querySelector('#gp-notes li').textContent") == text
    assert tab.evaluate("window.ran") == 0


@pytest.mark.browser
def test_points_lie_above_borders_above_lines_above_parcels(opened, page):
    tab = opened(page)
    order = tab.evaluate(
        "[...document.querySelectorAll('.leaflet-tile-pane > .leaflet-layer')].map(e => +e.style.zIndex)"
    )
    zones, parcels, roads, points, borders = order
    assert zones < parcels < roads < borders < points

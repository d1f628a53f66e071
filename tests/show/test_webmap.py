"""The map is one file that asks nobody for anything, shows the figures it was given, and runs no stranger's text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import folium
import numpy as np
import pytest
from folium.plugins import Fullscreen
from park_map import HOSTILE, cells, study
from shapely.geometry import box

from gisplan.errors import LayerError, OutputError
from gisplan.show import assets
from gisplan.show.classes import class_breaks, decimals
from gisplan.show.map_parts import FeatureLayer
from gisplan.show.page import OfflineFigure, OfflineMap, Verbatim, escape, json_text
from gisplan.show.payload import encode
from gisplan.show.webmap import webmap


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
            {"id": "", "kind": "class", "column": None, "classes": [{"label": {"en": "a"}, "color": "#ff0000", "weight": 1}]}
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

"""A printed map: one sheet of the size asked for, true to its scale, with nothing cut off; and what tired eyes need."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from park_map import cells, study
from pyproj import Geod

from gisplan.show.webmap import MapClass, MapColouring, webmap

GEOD = Geod(ellps="GRS80")
SIZES = {"A4": (297, 210), "A3": (420, 297)}
# axe-core 4.12.1 as axe-playwright-python 0.1.8 carries it.
AXE = "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc"


def classed(n):
    """A park whose parcels wear n classes."""
    given = study()
    layer = given["layers"][0]
    frame = layer.frame.assign(use=[f"k{i % n:03d}" for i in range(300)])
    classes = tuple(MapClass(f"k{i:03d}", f"第{i}类用地", f"Class {i}", "#a0b0c0") for i in range(n))
    return webmap(
        **{
            **given,
            "layers": [
                replace(layer, frame=frame, colourings=(MapColouring("use", "用途", "Use", "use", classes),)),
                *given["layers"][1:],
            ],
        }
    )


def paper(tab, size, turned, ratio="0"):
    if tab.is_hidden("#gp-ask"):
        tab.click("#gp-print")
    tab.check(f"#gp-paper-{size}")
    tab.check(f"#gp-turned-{turned}")
    tab.select_option("#gp-ratio", ratio)


def sheets(tab):
    """Size in mm of every sheet that would come out of the printer."""
    pdf = tab.pdf(prefer_css_page_size=True, print_background=True)
    boxes = [list(map(float, found.split())) for found in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", pdf)]
    return [tuple(round(v / 72 * 25.4) for v in box[2:]) for box in boxes]


def laid_out(tab):
    """What the sheet looks like while it is printed: what is cut off, and how long a known way is on paper."""
    return tab.evaluate(
        """() => {
        window.dispatchEvent(new Event('beforeprint'));
        const rect = e => e.getBoundingClientRect(), root = rect(document.querySelector('.gp-stage')), body = document.querySelector('.gp-body'), inside = rect(body);
        const out = (e, box) => { const r = rect(e); return r.width && (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1); };
        const rows = [...document.querySelectorAll('.gp-classes tr, .gp-layer-head')].filter(r => rect(r).height);
        const parts = [...document.querySelectorAll('.gp-head, .gp-foot, .folium-map, .gp-north, .leaflet-control-scale')];
        const a = map_main.containerPointToLatLng([40, 200]), b = map_main.containerPointToLatLng([440, 420]);
        const found = { cut: rows.filter(r => out(r, inside)).length, rows: rows.length, lost: parts.filter(p => out(p, root)).length, apart: document.querySelector('.gp-stage').classList.contains('gp-apart'),
          columns: getComputedStyle(body).columnCount, wide: root.width, high: root.height, map: rect(document.querySelector('.folium-map')).width, dark: document.querySelector('.gp-stage').classList.contains('gp-dark'),
          ratio: document.querySelector('.gp-ratio b').textContent, a: [a.lng, a.lat], b: [b.lng, b.lat], head: document.querySelector('.gp-head').innerText, foot: document.querySelector('.gp-foot').innerText };
        window.dispatchEvent(new Event('afterprint'));
        return found; }"""
    )


@pytest.mark.browser
def test_every_paper_is_one_sheet_of_its_size_true_to_scale(opened):
    tab = opened(webmap(**study()))
    before = tab.evaluate("() => [map_main.getCenter(), map_main.getZoom()]")
    for size, (long, short) in SIZES.items():
        for turned in ("landscape", "portrait"):
            paper(tab, size, turned)
            shape = (long, short) if turned == "landscape" else (short, long)
            assert sheets(tab) == [shape]
            found = laid_out(tab)
            assert found["cut"] == found["lost"] == 0 and found["rows"] > 10 and not found["apart"]
            assert (found["wide"] + 2) * 25.4 / 96 <= shape[0] - 16 and (found["high"] + 2) * 25.4 / 96 <= shape[1] - 16
            ratio = int(re.fullmatch(r"比例尺 1:([\d,]+)", found["ratio"])[1].replace(",", ""))
            # A round number, and the way on the ground is that many times the way on paper.
            assert float(f"{ratio:.2e}") == ratio
            ground = GEOD.inv(*found["a"], *found["b"])[2]
            assert ground / ratio * 1000 == pytest.approx(np.hypot(400, 220) * 25.4 / 96, rel=0.004)
            assert (
                "说明一" in found["foot"]
                and size in found["foot"]
                and "示例园区" in found["head"]
                and "2024 年" in found["head"]
            )
    assert tab.evaluate("() => [map_main.getCenter(), map_main.getZoom()]") == before


@pytest.mark.browser
def test_a_ratio_that_was_asked_for_is_kept(opened):
    tab = opened(webmap(**study(language="en")))
    paper(tab, "A4", "landscape", "5000")
    found = laid_out(tab)
    assert found["ratio"] == "Scale 1:5,000"
    assert GEOD.inv(*found["a"], *found["b"])[2] / 5 == pytest.approx(np.hypot(400, 220) * 25.4 / 96, rel=0.004)


@pytest.mark.browser
def test_a_long_legend_gets_more_columns_and_then_a_sheet_of_its_own(opened):
    tab = opened(classed(38))
    paper(tab, "A4", "landscape")
    found = laid_out(tab)
    assert found["cut"] == found["lost"] == 0 and found["columns"] == "2" and not found["apart"]
    assert found["map"] > found["wide"] / 2 - 2
    assert len(sheets(tab)) == 1
    tab = opened(classed(150))
    for turned in ("landscape", "portrait"):
        paper(tab, "A4", turned)
        found = laid_out(tab)
        assert found["apart"] and found["cut"] == 0 and found["rows"] > 150
        assert 2 <= len(sheets(tab)) <= 3
    assert (
        tab.is_visible(".gp-head .gp-tools")
        and tab.evaluate("() => document.querySelector('.gp-panel').firstElementChild.className") == "gp-head"
    )


@pytest.mark.browser
def test_dark_and_light_follow_the_system_or_the_reader_and_paper_is_white(opened):
    tab = opened(webmap(**study()))
    ground = lambda: tab.evaluate("() => getComputedStyle(map_main.getContainer()).backgroundColor")  # noqa: E731
    swatch = lambda: tab.evaluate("() => getComputedStyle(document.querySelector('.gp-swatch')).backgroundColor")  # noqa: E731
    light = ground(), swatch()
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_selector(".gp-dark")
    assert ground() == "rgb(23, 28, 34)" and swatch() != light[1]
    color, alpha, under = tab.evaluate(
        "() => { const s = feature_layer_layer0.style, c = document.querySelector('.gp-swatch'); return [s.colors.find((x, k) => s.codes.includes(k)), s.alpha, s.inks.ground]; }"
    )
    part = lambda text, k: int(text[k : k + 2], 16)  # noqa: E731
    mixed = [part(color, k) * alpha + part(under, k) * (1 - alpha) for k in (1, 3, 5)]
    assert [int(v) for v in re.findall(r"\d+", swatch())] == pytest.approx(mixed, abs=1)
    assert not laid_out(tab)["dark"] and ground() == "rgb(23, 28, 34)"
    tab.click("#gp-theme")  # light, whatever the system says
    assert (ground(), swatch()) == light and "浅色" in tab.get_attribute("#gp-theme", "aria-label")
    tab.emulate_media(color_scheme="light")
    tab.click("#gp-theme")
    assert ground() == "rgb(23, 28, 34)"
    tab.click("#gp-theme")
    assert (ground(), swatch()) == light


@pytest.mark.browser
def test_who_wants_less_motion_gets_none(opened):
    still = "window.matchMedia = (real => q => q.includes('reduced-motion') ? { matches: true, addEventListener() {} } : real.call(window, q))(window.matchMedia)"
    tab = opened(webmap(**study()), before=still)
    moved = "() => { const z = map_main.getZoom(); map_main.zoomIn(1); return [map_main.getZoom() - z, Boolean(map_main._animatingZoom)]; }"
    assert tab.evaluate(moved) == [1, False]
    assert tab.evaluate(
        "() => { const c = map_main.getCenter().lng; map_main.panBy([100, 0]); return map_main.getCenter().lng > c; }"
    )
    assert tab.evaluate("() => Boolean(map_main._panAnim && map_main._panAnim._inProgress)") is False


@pytest.mark.browser
def test_the_first_stop_of_the_keyboard_leads_to_the_panel(opened):
    tab = opened(webmap(**study()))
    tab.keyboard.press("Tab")
    assert (
        tab.evaluate("() => document.activeElement.className") == "gp-skip"
        and tab.locator(".gp-skip").bounding_box()["y"] >= 0
    )
    tab.keyboard.press("Enter")
    assert tab.evaluate("() => document.activeElement.id") == "gp-panel" and tab.evaluate("() => location.hash") == ""
    tab.keyboard.press("Tab")
    assert tab.evaluate("() => document.activeElement.id") == "gp-lang"


@pytest.fixture(scope="module")
def axe():
    try:
        text = (resources.files("axe_playwright_python") / "axe.min.js").read_bytes()
    except ModuleNotFoundError:
        reason = "axe-playwright-python is not installed"
        if os.environ.get("GISPLAN_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    assert hashlib.sha256(text).hexdigest() == AXE
    return text.decode("utf-8")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1400, 900), (360, 740)])
def test_axe_finds_nothing_serious(opened, axe, scheme, width, height):
    tab = opened(webmap(**study(language="en")), width=width, height=height)
    tab.emulate_media(color_scheme=scheme)
    tab.wait_for_selector(".gp-stage.gp-dark" if scheme == "dark" else ".gp-stage:not(.gp-dark)")
    tab.evaluate(axe)

    def look(what):
        found = tab.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
        assert [(what, v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in {"serious", "critical"}] == []

    area = tab.locator(".folium-map").bounding_box()
    tab.mouse.click(area["x"] + area["width"] * 0.41, area["y"] + area["height"] * 0.43)
    assert cells(tab, ".gp-card h2")
    for name in ("legend", "zones", "notes"):
        tab.click(f"#gp-tab-{name}")
        look(name)
    tab.click("#gp-mode-indicator")
    tab.click("#gp-tab-zones")
    tab.select_option("#gp-zone", "1")
    look("a zone")
    tab.click("#gp-measure")
    for x, y in ((0.5, 0.6), (0.7, 0.7), (0.6, 0.8)):
        tab.mouse.click(area["x"] + area["width"] * x, area["y"] + area["height"] * y)
    look("measuring")
    tab.click("#gp-measure")
    if width > 600:
        tab.click("#gp-print")
        look("paper")
    tab.click("#gp-share")
    tab.wait_for_selector("#gp-link")
    look("link")
    tab.click("#gp-fold")
    look("folded")

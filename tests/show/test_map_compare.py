"""Two maps stay on the same ground and show their own; the slider over dates counts as pandas does."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from park_map import cells, study

from gisplan.show.webmap import MapColumn, webmap

pytestmark = pytest.mark.browser

# Every Leaflet map and every block that is unpacked, as the page makes them.
SPY = """
window.maps = []; window.unpacked = 0;
const Real = window.DecompressionStream;
window.DecompressionStream = function (kind) { window.unpacked++; return new Real(kind); };
let kept;
Object.defineProperty(window, 'L', { get: () => kept, set: v => {
  kept = v;
  if (v.Map && !v.spied) { v.spied = true; v.Map.addInitHook(function () { window.maps.push(this); }); }
}, configurable: true });
"""
SEEN = "maps.filter(m => m.getContainer().isConnected).map(m => [m.getCenter().lng, m.getCenter().lat, m.getZoom()])"


def dated():
    """The park with supply dates: one in nine parcels has none, the others lie in 2011 to 2014."""
    given = study()
    parcels = given["layers"][0]
    rng = np.random.default_rng(8)
    days = [datetime.date(2011, 1, 1) + datetime.timedelta(days=int(d)) for d in rng.integers(0, 4 * 365 + 1, 300)]
    days[:4] = [
        datetime.date(2012, 1, 1),
        datetime.date(2012, 12, 31),
        datetime.date(2013, 3, 31),
        datetime.date(2013, 4, 1),
    ]
    frame = parcels.frame.assign(
        supply=pd.Series([None if k % 9 == 8 else d for k, d in enumerate(days)], dtype=object)
    )
    columns = (*parcels.columns, MapColumn("supply", "供地日期", "Supplied"))
    return {**given, "layers": [replace(parcels, frame=frame, columns=columns), *given["layers"][1:]]}


@pytest.fixture(scope="module")
def time_page():
    return webmap(**dated())


def until(tab, said):
    """Wait for a page whose policy lets no text be run but through the debugger."""
    for _ in range(200):
        if tab.evaluate(said):
            return
        tab.wait_for_timeout(40)
    pytest.fail(f"never came true: {said}")


def compare(tab, way):
    if not tab.is_visible(".gp-choices"):
        tab.click("#gp-compare")
    tab.check(f"#gp-compare-{way}")
    tab.wait_for_selector(".gp-second" if way != "off" else ".gp-stage:not(.gp-beside):not(.gp-swipe)")
    tab.keyboard.press("Escape")
    tab.evaluate("gisplan.painted()")


def apart(tab):
    """Pixels between what the middles of the two maps show, and the difference of their zooms."""
    until(tab, "maps.every(m => !m._animatingZoom && !(m._panAnim && m._panAnim._inProgress))")
    tab.wait_for_timeout(60)
    return tab.evaluate(
        "(() => { const [a, b] = maps.slice(-2), z = a.getZoom();"
        "return [a.project(a.getCenter(), z).distanceTo(a.project(b.getCenter(), z)), Math.abs(z - b.getZoom())]; })()"
    )


def middle(tab, selector):
    box = tab.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(tab, start, by):
    tab.mouse.move(*start)
    tab.mouse.down()
    tab.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2)
    tab.mouse.move(start[0] + by[0], start[1] + by[1])
    tab.wait_for_timeout(30)
    during = tab.evaluate(SEEN)
    tab.mouse.move(start[0] + by[0], start[1] + by[1])
    tab.wait_for_timeout(120)  # a pause, so that the map does not glide on
    tab.mouse.up()
    return during


@pytest.mark.parametrize("way", ["beside", "swipe"])
def test_whichever_map_is_moved_the_other_is_there_too(opened, page, way):
    tab = opened(page, before=SPY)
    compare(tab, way)
    assert apart(tab)[0] < 1.01 and apart(tab)[1] == 0
    before = tab.evaluate(SEEN)
    first = middle(tab, ".folium-map:not(.gp-second)")
    start = first if way == "beside" else (first[0] * 0.5, first[1])  # in a swipe the right half is the second map's
    during = drag(tab, start, (137, -61))
    assert during[0] != before[0]
    assert np.allclose(during[0], during[1], atol=2e-5)  # already while it is dragged
    assert apart(tab)[0] < 1.01
    second = middle(tab, ".gp-second") if way == "beside" else (first[0] * 1.5, first[1])
    drag(tab, second, (-90, 45))
    assert apart(tab)[0] < 1.01
    zoom = tab.evaluate("maps[0].getZoom()")
    tab.mouse.move(*second)
    tab.mouse.wheel(0, -300)
    until(tab, f"maps[0].getZoom() > {zoom}")
    assert apart(tab)[0] < 1.01 and apart(tab)[1] == 0
    tab.click("#gp-zoomOut")
    tab.wait_for_timeout(400)
    assert apart(tab)[0] < 1.01 and apart(tab)[1] == 0
    tab.focus(".gp-second")
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_timeout(400)
    assert apart(tab)[0] < 1.01
    tab.click("#gp-fit")
    assert apart(tab)[0] < 1.01 and apart(tab)[1] == 0


def test_in_a_swipe_both_maps_lie_on_the_same_pixel(opened, page):
    tab = opened(page, before=SPY, width=1401, height=903)  # odd sizes, so that half pixels would show
    compare(tab, "swipe")
    tab.click("#gp-zoomIn")
    tab.wait_for_timeout(400)
    drag(tab, (200, 400), (33, 21))
    places = tab.evaluate(
        "maps.map(m => { const p = m.latLngToContainerPoint(L.latLng(30.54, 114.4)); return [p.x, p.y]; })"
    )
    assert places[0] == places[1]


def test_the_second_map_draws_the_same_tables_and_goes_without_a_trace(opened, page):
    tab = opened(page, before=SPY)
    unpacked, legend = tab.evaluate("unpacked"), tab.inner_text("#gp-legend")
    view = tab.evaluate(SEEN)[0]
    controls = ".folium-map .leaflet-control-container .gp-bar"
    assert unpacked > 0 and tab.locator(controls).count() == 1
    compare(tab, "beside")
    assert tab.evaluate("unpacked") == unpacked
    assert tab.locator(".gp-second canvas.leaflet-tile").count() > 0
    assert tab.evaluate("maps.length") == 2 and tab.get_attribute("#gp-compare", "aria-pressed") == "true"
    compare(tab, "swipe")
    compare(tab, "off")
    assert tab.locator(".gp-second, .gp-handle, .gp-map-name").count() == 0
    assert tab.locator(controls).count() == 1
    assert tab.inner_text("#gp-legend") == legend
    assert np.allclose(tab.evaluate(SEEN), [view], atol=1e-4)
    assert tab.get_attribute("#gp-compare", "aria-pressed") == "false"
    compare(tab, "beside")
    assert tab.locator(".gp-second").count() == 1 and tab.evaluate("unpacked") == unpacked


def test_each_map_has_its_own_look_and_its_own_legend(opened, page):
    tab = opened(page)
    compare(tab, "beside")
    tab.check("#gp-mode-indicator-b")
    tab.select_option("#gp-indicator-b", "1")
    assert tab.is_checked("#gp-mode-classes") and tab.locator("#gp-indicator").count() == 0
    assert cells(tab, "#gp-legend .gp-side-name") == ["地图 A", "地图 B"]
    assert cells(tab, ".gp-ramp tbody tr") == ["> 99 1", "50 – 99 1", "20 – 50 1", "≤ 20 1"]
    assert tab.locator(".folium-map:not(.gp-second) .gp-label b").count() == 0
    assert sorted(cells(tab, ".gp-second .gp-label b")) == ["100.0%", "12.3%", "50.0%", "98.7%"]
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    tab.click("#gp-compare")
    tab.click("#gp-swap")
    assert tab.is_checked("#gp-mode-indicator") and tab.is_checked("#gp-mode-classes-b")
    assert tab.locator(".gp-second .gp-label b").count() == 0
    # A layer put away on one map stays on the other.
    tab.uncheck("#gp-layer-1-0")
    assert tab.is_checked("#gp-layer-0")


def test_what_is_pointed_at_on_one_map_is_outlined_on_both(opened, page):
    tab = opened(page)
    compare(tab, "beside")
    outlines = [f"{m} .leaflet-overlay-pane path" for m in (".folium-map:not(.gp-second)", ".gp-second")]
    x, y = middle(tab, ".gp-second")
    tab.mouse.move(x - 60, y - 40)
    tab.wait_for_selector(".gp-second .gp-tip")
    tab.mouse.click(x - 60, y - 40)
    tab.mouse.move(5, 500)
    tab.wait_for_selector(".gp-card h2")
    shapes = [tab.evaluate(f"document.querySelector('{o}').getAttribute('d')") for o in outlines]
    assert [tab.locator(o).count() for o in outlines] == [1, 1]
    assert all(len(s) > 10 for s in shapes)
    tab.click(".gp-card .gp-link")
    assert tab.is_visible(".gp-figures")
    assert [tab.locator(o).count() for o in outlines] == [1, 1]


def test_the_swipe_goes_by_keyboard_by_mouse_and_by_finger(opened, page):
    tab = opened(page, touch=True)
    compare(tab, "swipe")
    tab.check("#gp-mode-indicator-b")
    now = lambda: float(tab.get_attribute("#gp-handle", "aria-valuenow"))  # noqa: E731
    owner = "x => document.elementFromPoint(x, 300).closest('.folium-map').classList.contains('gp-second') ? 'B' : 'A'"
    width = tab.locator(".gp-maps").bounding_box()["width"]
    assert now() == 50
    assert [tab.evaluate(owner, width * part) for part in (0.3, 0.45, 0.55, 0.7)] == ["A", "A", "B", "B"]
    tab.focus("#gp-handle")
    for key, there in (
        ("ArrowRight", 52),
        ("ArrowLeft", 50),
        ("PageUp", 60),
        ("PageDown", 50),
        ("Home", 0),
        ("ArrowLeft", 0),
        ("End", 100),
    ):
        tab.keyboard.press(key)
        assert now() == there
    assert tab.evaluate(owner, width * 0.9) == "A"
    tab.keyboard.press("Home")
    assert tab.evaluate(owner, width * 0.2) == "B"
    assert tab.get_attribute("#gp-handle", "aria-valuetext") == "A 0% · B 100%"
    tab.click("#gp-zoomIn")  # the buttons stay in reach
    tab.focus("#gp-handle")
    tab.keyboard.press("End")
    y = 300
    tab.mouse.move(width - 8, y)
    tab.mouse.down()
    tab.mouse.move(width * 0.6, y)
    tab.mouse.move(width * 0.25, y)
    tab.mouse.up()
    assert abs(now() - 25) <= 1
    assert [tab.evaluate(owner, width * part) for part in (0.2, 0.3)] == ["A", "B"]
    finger = tab.context.new_cdp_session(tab)
    for kind, x in (("touchStart", 0.25), ("touchMove", 0.5), ("touchMove", 0.8), ("touchEnd", None)):
        points = [] if x is None else [{"x": width * x, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert abs(now() - 80) <= 1


def test_two_maps_on_a_phone_lie_above_each_other(opened, page):
    tab = opened(page, width=360, height=740, touch=True)
    compare(tab, "beside")
    first, second = (tab.locator(s).bounding_box() for s in (".folium-map:not(.gp-second)", ".gp-second"))
    assert first["width"] == second["width"] == 360 and abs(second["y"] - first["height"]) < 3
    assert abs(first["height"] - second["height"]) < 3
    assert tab.evaluate("document.documentElement.scrollWidth") == 360


# ---- dates ----------------------------------------------------------------------------------------------------------


def expected(frame, low, high):
    days = pd.to_datetime(frame["supply"])
    chosen = frame[(days >= low) & (days < high)] if low else frame[days < high]
    return f"{len(chosen):,} 个 · {chosen['area'].sum() / 1e4:,.2f} 公顷"


def to_step(tab, value):
    tab.evaluate(
        "v => { const e = document.querySelector('#gp-time-slider'); e.value = v; e.dispatchEvent(new Event('input')); }",
        value,
    )
    tab.wait_for_timeout(200)


def test_the_slider_counts_what_pandas_counts(opened, time_page):
    frame = dated()["layers"][0].frame
    tab = opened(time_page)
    tab.click("#gp-time")
    read = lambda: " ".join(tab.inner_text("#gp-time-read").split())  # noqa: E731
    assert read() == "截至 2014 年 " + expected(frame, None, "2015-01-01")
    assert tab.inner_text("#gp-time-bare") == f"{frame['supply'].isna().sum()} 无日期"
    to_step(tab, 1)
    assert read() == "截至 2012 年 " + expected(frame, None, "2013-01-01")
    tab.select_option("#gp-time-extent", "within")
    assert read() == "2012 年 " + expected(frame, "2012-01-01", "2013-01-01")
    # What is drawn is what is counted, in the legend too.
    tab.wait_for_timeout(250)
    days = pd.to_datetime(frame["supply"])
    drawn = frame[(days >= "2012-01-01") & (days < "2013-01-01")]
    total = cells(tab, "#gp-legend .gp-layer:nth-of-type(1) .gp-all")[0]
    assert total.startswith(f"合计 {len(drawn)} {drawn['area'].sum() / 1e4:,.2f}")
    tab.select_option("#gp-time-step", "quarter")
    assert read() == "2012 年第 4 季度 " + expected(frame, "2012-10-01", "2013-01-01")
    tab.click("#gp-time-on")
    assert read() == "2013 年第 1 季度 " + expected(frame, "2013-01-01", "2013-04-01")
    tab.select_option("#gp-time-step", "month")
    tab.click("#gp-time-on")
    assert read() == "2013-04 " + expected(frame, "2013-04-01", "2013-05-01")
    tab.select_option("#gp-time-extent", "until")
    assert read() == "截至 2013-04 " + expected(frame, None, "2013-05-01")
    tab.focus("#gp-time-slider")
    tab.keyboard.press("ArrowLeft")
    assert read() == "截至 2013-03 " + expected(frame, None, "2013-04-01")
    assert tab.get_attribute("#gp-time-slider", "aria-valuetext").startswith("截至 2013-03")
    counts = days.dt.year.value_counts()
    bars = tab.evaluate(
        "[...document.querySelectorAll('.gp-time-chart i')].map(e => [+e.dataset.year, +e.dataset.count])"
    )
    assert bars == [[int(y), int(counts[y])] for y in sorted(counts.index)]
    tab.click("#gp-time-close")
    assert tab.locator(".gp-time").count() == 0
    assert cells(tab, "#gp-legend .gp-layer:nth-of-type(1) .gp-all")[0].startswith("合计 300 ")


def test_undated_parcels_are_drawn_only_when_asked_for(opened, time_page):
    frame = dated()["layers"][0].frame
    tab = opened(time_page)
    tab.click("#gp-time")
    to_step(tab, 0)
    year = (pd.to_datetime(frame["supply"]) < "2012-01-01").sum()
    total = lambda: cells(tab, "#gp-legend .gp-layer:nth-of-type(1) .gp-all")[0].split()[1]  # noqa: E731
    assert total() == str(year)
    tab.check("#gp-time-drawn")
    tab.wait_for_timeout(200)
    assert total() == str(year + frame["supply"].isna().sum())
    # They are drawn, but not counted as if they had the date.
    assert f" {year} 个" in " ".join(tab.inner_text("#gp-time-read").split())


def test_the_slider_and_another_filter_both_decide(opened, time_page):
    frame = dated()["layers"][0].frame
    tab = opened(time_page)
    tab.evaluate("gisplan.parts.push({ name: 'spy', painted: view => { window.view = view; } })")
    tab.click("#gp-lang")
    tab.evaluate("view.setMask('parcels', Uint8Array.from({ length: 300 }, (_, i) => i % 2), 'odd')")
    tab.click("#gp-time")
    to_step(tab, 2)
    days = pd.to_datetime(frame["supply"])
    both = frame[(days < "2014-01-01") & (np.arange(300) % 2 == 1)]
    assert f" {len(both)} features · {both['area'].sum() / 1e4:,.2f} ha" in " ".join(
        tab.inner_text("#gp-time-read").split()
    )
    assert tab.evaluate("view.mask('parcels').reduce((a, b) => a + b, 0)") == len(both)
    tab.click("#gp-time-close")
    assert tab.evaluate("view.mask('parcels').reduce((a, b) => a + b, 0)") == 150
    tab.evaluate("view.setMask('parcels', null, 'odd')")
    assert tab.evaluate("view.mask('parcels')") is None


def test_a_parcel_that_the_slider_hides_cannot_be_clicked(opened, time_page):
    tab = opened(time_page)
    tab.click("#gp-time")
    to_step(tab, 0)
    tab.evaluate("gisplan.parts.push({ name: 'spy', painted: view => { window.view = view; } })")
    tab.click("#gp-lang")
    found = tab.evaluate(
        "(() => { const l = view.layers[0], t = l.table, shown = view.mask('parcels');"
        "return Array.from({ length: t.n }, (_, i) => {"
        "  const c = t.latlngs(i)[0], at = L.latLng((c[0][0] + c[2][0]) / 2, (c[0][1] + c[2][1]) / 2);"
        "  return [shown[i], l.pick(at) === i]; }); })()"
    )
    assert all(bool(shown) == picked for shown, picked in found) and 0 < sum(s for s, _ in found) < 300


def test_play_goes_to_the_end_and_rests_for_those_who_want_no_motion(opened, time_page, browser):
    tab = opened(time_page)
    tab.click("#gp-time")
    tab.click("#gp-time-play")
    assert tab.get_attribute("#gp-time-play", "aria-label") == "暂停"
    assert tab.input_value("#gp-time-slider") in {"0", "1"}
    until(tab, "document.querySelector('#gp-time-play').getAttribute('aria-label') === '播放'")
    assert tab.input_value("#gp-time-slider") == "3"
    calm = "const real = window.matchMedia; window.matchMedia = q => q.includes('reduced-motion: reduce') ? { matches: true } : real(q);"
    tab = opened(time_page, before=calm)
    tab.click("#gp-time")
    assert not tab.is_visible("#gp-time-play") and tab.is_visible("#gp-time-on")


def test_a_map_without_dates_offers_no_slider(opened, page):
    tab = opened(page)
    assert tab.locator("#gp-time").count() == 0


def test_the_slider_fits_a_phone_in_both_languages(opened, time_page):
    tab = opened(time_page, width=360, height=740, touch=True)
    for _ in range(2):
        tab.click("#gp-time") if not tab.locator(".gp-time").count() else None
        box, stage = tab.locator(".gp-time").bounding_box(), tab.locator(".gp-maps").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
        assert box["y"] >= 0 and box["y"] + box["height"] <= stage["y"] + stage["height"]
        assert tab.evaluate("document.documentElement.scrollWidth") == 360
        tab.click("#gp-lang")

"""What is found, listed and filtered on the page is what the same question gives on the frame it was made from."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from park_map import HOSTILE, cells, study

from gisplan.show.webmap import MapColumn, webmap

pytestmark = pytest.mark.browser

USES = {"industrial": "工业用地", "residential": "居住用地", "green": "绿地与开敞空间用地", "vacant": "空闲地"}


def park(text=None, **changes):
    """The park with what a register knows of its parcels; a twentieth of each column is missing."""
    given = study(**changes)
    parcels, roads, points = given["layers"]
    frame = parcels.frame.copy()
    rng = np.random.default_rng(5)
    centre = frame.geometry.centroid
    east, north = (centre.x > 538_900).to_numpy(), (centre.y > 3_380_600).to_numpy()
    # The zones are made west before east, south before north.
    frame["zone"] = np.array(["甲区", "乙区", "丙区", "丁区"], dtype=object)[2 * east + north]
    letters = np.array(list("东西海天华联创新科汽车精密机械"))
    frame["name"] = ["".join(row) + "项目" for row in letters[rng.integers(0, len(letters), (len(frame), 4))]]
    frame["owner"] = [f"Ａ－{k % 37} Works" for k in range(len(frame))]
    frame["supply"] = pd.Timestamp("2008-03-01") + pd.to_timedelta(rng.integers(0, 4500, len(frame)), unit="D")
    frame["density"] = rng.integers(0, 70, len(frame)) / 100
    for column in ("zone", "name", "supply", "density"):
        frame.loc[rng.random(len(frame)) < 0.05, column] = None
    if text is not None:
        frame[["zone", "name", "owner"]] = text
    columns = (
        replace(parcels.columns[0], search=True),
        MapColumn("name", "项目", "Project", search=True),
        MapColumn("owner", "业主", "Owner", search=True),
        *parcels.columns[1:],
        MapColumn("zone", "分区", "Zone", filter=True),
        MapColumn("supply", "供地日期", "Supplied", filter=True),
        MapColumn("density", "密度", "Density", "share"),
    )
    full = replace(parcels, frame=frame, columns=columns)
    return {
        **given,
        "layers": [full, replace(roads, columns=(MapColumn("name", "路名", "Name", search=True),)), points],
    }, frame


@pytest.fixture(scope="module")
def made():
    given, frame = park()
    return webmap(**given), frame


@pytest.fixture
def tab(opened, made):
    return watched(opened(made[0]))


def watched(tab):
    """Keep the page's view where a test can ask it."""
    tab.evaluate(
        "() => { const part = gisplan.parts.find(p => p.name === 'chips'), old = part.render;"
        " part.render = (view, box) => { window.view = view; old(view, box); }; }"
    )
    tab.click("#gp-tab-notes")
    return tab


def listed(tab):
    """Titles of the rows in the page, in their order."""
    return cells(tab, ".gp-item b")


def look_for(tab, text):
    tab.fill("#gp-find-query", text)


def facet(tab, label):
    """Id of a filter by its name, unfolded."""
    button = tab.locator(".gp-facet h3 button", has_text=label).first
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    return "#" + button.get_attribute("id")


def tick(tab, label, *values):
    box = facet(tab, label) + "-in"
    for value in values:
        tab.locator(f"{box} .gp-value", has_text=value).locator("input").click()


def between(tab, label, low, high):
    box = facet(tab, label)
    tab.fill(box + "-from", str(low))
    tab.fill(box + "-to", str(high))
    tab.keyboard.press("Tab")


def said(frame, of):
    area = frame["area"].sum()
    digits = 0 if area * 15 / 1e4 >= 1e6 else 1
    mu = f"{area * 15 / 1e4:,.0f}" if area >= 1e6 else f"{area * 15 / 1e4:,.{digits}f}"
    return f"显示 {len(frame)} / {of} · {area / 1e4:,.2f} 公顷 · {mu} 亩"


# ---- finding --------------------------------------------------------------------------------------------------------


def test_a_query_finds_what_pandas_finds_and_puts_the_nearest_first(tab, made):
    frame = made[1]
    tab.click("#gp-tab-find")
    assert tab.inner_text("#gp-find-told") == "共 300 个"
    look_for(tab, "p01")
    wanted = frame["id"][frame["id"].str.contains("P01")].tolist()
    assert tab.inner_text("#gp-find-told") == f"找到 {len(wanted)} / 300"
    assert listed(tab) == wanted
    # Names and owners are looked through too.
    look_for(tab, "汽")
    assert tab.inner_text("#gp-find-told") == f"找到 {frame['name'].str.contains('汽').sum()} / 300"
    look_for(tab, "没有")
    assert tab.inner_text("#gp-find-told") == "没有找到。" and listed(tab) == []
    # What it is comes before what begins so.
    look_for(tab, "a1works")
    exact = frame["id"][frame["owner"] == "Ａ－1 Works"].tolist()
    assert listed(tab) == exact and len(exact) > 5


@pytest.mark.parametrize("text", ["Ａ－12 Works", "a12works", "A-12  WORKS", "ａ１２ｗｏｒｋｓ", " a – 12 works "])
def test_case_width_spaces_and_hyphens_do_not_matter(tab, made, text):
    frame = made[1]
    tab.click("#gp-tab-find")
    look_for(tab, text)
    assert listed(tab) == frame["id"][frame["owner"] == "Ａ－12 Works"].tolist()


def test_a_query_for_spaces_finds_everything(tab):
    tab.click("#gp-tab-find")
    look_for(tab, " - ")
    assert tab.inner_text("#gp-find-told") == "共 300 个"


def test_other_layers_that_hold_it_are_named_and_lead_there(tab):
    tab.click("#gp-tab-find")
    look_for(tab, "东")
    tab.wait_for_selector(".gp-also .gp-link")
    assert "道路 1" in tab.inner_text(".gp-also")
    tab.locator(".gp-also .gp-link", has_text="道路").click()
    assert listed(tab) == ["东一路"] and tab.input_value("#gp-find-query") == "东"
    tab.select_option("#gp-find-layer", "zones")
    look_for(tab, "丙区")
    assert listed(tab) == ["丙区"]
    tab.keyboard.press("Enter")
    assert tab.locator("#gp-zone option:checked").inner_text() == "丙区"


def test_an_unfinished_chinese_word_is_not_looked_for(tab):
    tab.click("#gp-tab-find")
    tab.evaluate(
        "() => { const i = document.getElementById('gp-find-query'); i.focus();"
        " i.dispatchEvent(new CompositionEvent('compositionstart')); i.value = 'qi'; i.dispatchEvent(new InputEvent('input', {isComposing: true})); }"
    )
    assert tab.inner_text("#gp-find-told") == "共 300 个" and tab.input_value("#gp-find-query") == "qi"
    same = tab.evaluate(
        "() => { const i = document.getElementById('gp-find-query'); i.value = '汽'; i.dispatchEvent(new CompositionEvent('compositionend'));"
        " return i === document.activeElement; }"
    )
    assert same and tab.inner_text("#gp-find-told").startswith("找到")


def test_the_whole_way_with_the_keyboard_alone(tab, made):
    frame = made[1].set_index("id")
    tab.focus("#gp-tab-legend")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.id") == "gp-tab-find"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "gp-find-query"
    tab.keyboard.type("p2")
    assert tab.inner_text("#gp-find-told") == "找到 100 / 300"
    for _ in range(3):
        tab.keyboard.press("ArrowDown")
    active = tab.get_attribute("#gp-find-query", "aria-activedescendant")
    assert tab.inner_text(f"#{active} b") == "P202" and tab.get_attribute(f"#{active}", "aria-selected") == "true"
    before = tab.evaluate("view.map.getZoom()")
    tab.keyboard.press("Enter")
    assert tab.inner_text(".gp-card h2") == "P202"
    assert tab.evaluate("view.map.getZoom()") > before + 1
    spot = frame.to_crs(4326).geometry.loc["P202"]
    bounds = tab.evaluate(
        "(() => { const b = view.map.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; })()"
    )
    assert (
        bounds[0] < spot.bounds[0]
        and bounds[1] < spot.bounds[1]
        and bounds[2] > spot.bounds[2]
        and bounds[3] > spot.bounds[3]
    )
    assert tab.evaluate("document.activeElement.id") == "gp-find-query"
    tab.keyboard.press("Escape")
    assert tab.input_value("#gp-find-query") == "" and tab.inner_text("#gp-find-told") == "共 300 个"
    # On to the list itself: the last of 300 rows, though only those in sight are in the page.
    while tab.evaluate("document.activeElement.id") != "gp-find-list":
        tab.keyboard.press("Tab")
    tab.keyboard.press("End")
    active = tab.get_attribute("#gp-find-list", "aria-activedescendant")
    assert tab.inner_text(f"#{active} b") == "P299" and tab.get_attribute(f"#{active}", "aria-posinset") == "300"
    box, body = tab.locator(f"#{active}").bounding_box(), tab.locator(".gp-body").bounding_box()
    assert body["y"] < box["y"] and box["y"] + box["height"] <= body["y"] + body["height"] + 1
    assert tab.locator(".gp-item").count() < 40
    tab.keyboard.press("Enter")
    assert tab.inner_text(".gp-card h2") == "P299"


def test_every_row_can_be_reached_and_none_is_shown_twice(tab, made):
    tab.click("#gp-tab-find")
    tab.focus("#gp-find-list")
    seen = []
    for k in range(300):
        active = tab.get_attribute("#gp-find-list", "aria-activedescendant")
        seen.append(tab.inner_text(f"#{active} b"))
        tab.keyboard.press("ArrowDown")
        if k % 50 == 0:
            tops = tab.evaluate("[...document.querySelectorAll('.gp-item')].map(e => parseFloat(e.style.top))")
            assert np.all(np.diff(tops) == 42)
    assert seen == made[1]["id"].tolist()


@pytest.mark.parametrize("column", ["area", "name", "supply", "density"])
@pytest.mark.parametrize("down", [False, True])
def test_the_list_is_sorted_by_any_column_with_missing_values_last(tab, made, column, down):
    frame = made[1]
    label = {"area": "面积", "name": "项目", "supply": "供地日期", "density": "密度"}[column]
    tab.click("#gp-tab-find")
    tab.select_option("#gp-find-sort", label=label)
    if down:
        tab.click("#gp-find-way")
    order = tab.evaluate("Array.from(view.finder.rows)")
    values = frame[column].to_numpy()[order]
    known = ~pd.isna(values)
    assert sorted(order) == list(range(300)) and not (~known[:-1] & known[1:]).any()
    if column != "name":
        rising = values[known][::-1] if down else values[known]
        assert (rising[:-1] <= rising[1:]).all()
    else:
        collated = tab.evaluate(
            "(t) => t.slice().sort(new Intl.Collator('zh', {numeric: true}).compare)", values[known].tolist()
        )
        assert values[known].tolist() == (collated[::-1] if down else collated)


def test_a_list_longer_than_a_browser_can_draw_reaches_both_ends(tab):
    """A million rows of 42 pixels are more than any browser's tallest element."""
    tab.click("#gp-tab-find")
    reached = tab.evaluate(
        """() => {
          const scroller = view.body, box = document.createElement('div');
          box.style.position = 'relative';
          view.boxes.find.append(box);
          const list = new gisplan.List(scroller, box, () => 100, 42, k => gisplan.h('div', { style: { position: 'absolute', height: '42px' }, 'data-k': k }, String(k)));
          list.fill(1e6);
          const inSight = k => {
            list.reveal(k);
            const row = box.querySelector(`[data-k="${k}"]`).getBoundingClientRect(), frame = scroller.getBoundingClientRect();
            return row.top >= frame.top + 94 && row.bottom <= frame.bottom + 6;
          };
          return [999999, 0, 500000, 500001, 499990, 123456, 999998].map(inSight);
        }"""
    )
    assert reached == [True] * 7


# ---- filtering ------------------------------------------------------------------------------------------------------


def test_filters_combine_and_the_legend_follows(tab, made):
    frame = made[1]
    tab.click("#gp-tab-filter")
    assert tab.inner_text(".gp-filter-sum") == said(frame, 300)
    tick(tab, "用途", "工业用地", "绿地与开敞空间用地")
    now = frame[frame["use"].isin(["industrial", "green"])]
    assert tab.inner_text(".gp-filter-sum") == said(now, 300)
    tick(tab, "分区", "甲区", "丁区", "无数据")
    now = now[now["zone"].isin(["甲区", "丁区"]) | now["zone"].isna()]
    between(tab, "供地日期", 2010, 2016)
    now = now[now["supply"].dt.year.between(2010, 2016)]
    between(tab, "密度", 7, 58)
    now = now[now["density"].between(0.07, 0.58)]
    assert 5 < len(now) < 60 and now["density"].isin([0.07, 0.58]).any() and now["zone"].isna().any()
    assert tab.inner_text(".gp-filter-sum") == said(now, 300)
    # Each value is counted under the other filters, not under its own.
    others = frame[frame["supply"].dt.year.between(2010, 2016) & frame["density"].between(0.07, 0.58)]
    others = others[others["zone"].isin(["甲区", "丁区"]) | others["zone"].isna()]
    counted = dict(row.rsplit(" ", 1) for row in cells(tab, facet(tab, "用途") + "-in .gp-value"))
    assert counted == {
        **{name: str((others["use"] == use).sum()) for use, name in USES.items()},
        "无数据": str(others["use"].isna().sum()),
    }
    chips = [chip.rstrip("× ") for chip in cells(tab, ".gp-chip")]
    assert chips[0] == "地块 · 用途 工业用地、绿地与开敞空间用地"
    assert chips[1] in {"地块 · 分区 甲区、丁区 +1", "地块 · 分区 丁区、甲区 +1"}
    assert chips[2:] == ["地块 · 供地日期 2010 – 2016", "地块 · 密度 7 – 58%"]
    # The legend counts the same rows.
    tab.click("#gp-tab-legend")
    rows = cells(tab, "#gp-legend .gp-layer:nth-of-type(1) tbody tr")
    for use in ("industrial", "green"):
        one = now[now["use"] == use]
        mu = one["area"].sum() * 15 / 1e4
        written = f"{mu:,.0f}" if now["area"].sum() >= 1e6 else f"{mu:,.1f}"
        assert f"{USES[use]} {len(one)} {one['area'].sum() / 1e4:,.2f} {written}" in rows
    assert len(rows) == 3
    # One filter less, and none.
    tab.locator(".gp-chip", has_text="密度").click()
    less = frame[frame["use"].isin(["industrial", "green"]) & frame["supply"].dt.year.between(2010, 2016)]
    less = less[less["zone"].isin(["甲区", "丁区"]) | less["zone"].isna()]
    tab.click("#gp-tab-filter")
    assert tab.inner_text(".gp-filter-sum") == said(less, 300)
    tab.click("#gp-clear")
    assert tab.inner_text(".gp-filter-sum") == said(frame, 300) and tab.locator(".gp-chip").count() == 0
    assert tab.evaluate("view.masks.parcels") is None


def test_missing_is_a_value_of_its_own(tab, made):
    frame = made[1]
    tab.click("#gp-tab-filter")
    tick(tab, "密度", "无数据")
    assert tab.inner_text(".gp-filter-sum") == said(frame[frame["density"].isna()], 300)
    between(tab, "密度", 0, 3)
    low = frame["density"].between(0, 0.03)
    assert low.any() and tab.inner_text(".gp-filter-sum") == said(frame[low | frame["density"].isna()], 300)
    tick(tab, "密度", "无数据")
    assert tab.inner_text(".gp-filter-sum") == said(frame[low], 300)


def test_dragging_over_the_chart_chooses_what_it_covers(tab, made):
    frame = made[1]
    tab.click("#gp-tab-filter")
    chart = tab.locator(facet(tab, "供地日期") + "-in .gp-hist")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    years = frame["supply"].dt.year
    step = box["width"] / (years.max() - years.min() + 1)
    tab.mouse.move(box["x"] + 3.5 * step, box["y"] + 20)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 6.5 * step, box["y"] + 20)
    tab.mouse.up()
    assert tab.inner_text(".gp-filter-sum") == said(frame[years.between(years.min() + 3, years.min() + 6)], 300)
    shown = tab.locator(facet(tab, "供地日期") + "-in .gp-hist i.gp-in")
    assert shown.count() == 4


def test_any_filters_give_the_mask_that_numpy_gives(tab, made):
    """The law: within a filter any of the values, across filters all; and counts are those under the others."""
    frame = made[1]
    rng = np.random.default_rng(11)
    keys = tab.evaluate("Object.fromEntries(view.layers[0].table.meta.columns.map(c => [c.label.en, c.key]))")
    uses = tab.evaluate("view.layers[0].table.meta.colourings[0].classes.map(c => c.label.zh)")
    frame = frame.assign(area=frame["area"].round(2))  # as it is stored
    numbers = {"density": ("Density", 100), "area": ("Area", 1), "ratio": ("Ratio", 1)}
    for _ in range(60):
        wanted, parts = {}, {}
        if rng.random() < 0.6:
            chosen = rng.choice([*USES, None], rng.integers(1, 4), replace=False)
            wanted["class use"] = {"is": [None if c is None else uses.index(USES[c]) for c in chosen]}
            parts["class use"] = frame["use"].isin([c for c in chosen if c]) | (frame["use"].isna() & (None in chosen))
        if rng.random() < 0.6:
            chosen = rng.choice(["甲区", "乙区", "丙区", "丁区", None], rng.integers(1, 5), replace=False)
            wanted[keys["Zone"]] = {"is": list(chosen)}
            parts[keys["Zone"]] = frame["zone"].isin([c for c in chosen if c]) | (
                frame["zone"].isna() & (None in chosen)
            )
        for column, (label, times) in numbers.items():
            if rng.random() < 0.5:
                continue
            low, high = np.sort(rng.choice(frame[column].dropna(), 2))
            none, low_open, high_open = rng.random(3) < 0.3
            key = keys[label]
            wanted[key] = {
                "from": None if low_open else round(low * times, 6),
                "to": None if high_open else round(high * times, 6),
                "none": bool(none),
            }
            if low_open and high_open and not none:
                wanted.pop(key)
                continue
            inside = frame[column].ge(-np.inf if low_open else low) & frame[column].le(np.inf if high_open else high)
            if low_open and high_open:
                inside &= False
            parts[key] = inside | (frame[column].isna() & none)
        truth = np.logical_and.reduce([np.ones(300, dtype=bool), *parts.values()])
        mask = tab.evaluate(
            "(f) => { gisplan.parts.find(p => p.name === 'filter').load(view, { filter: JSON.stringify({ parcels: f }) });"
            " const m = view.masks.parcels; return m ? Array.from(m) : null; }",
            wanted,
        )
        assert (np.ones(300, dtype=int).tolist() if mask is None else mask) == truth.astype(int).tolist(), wanted
        others = np.logical_and.reduce([np.ones(300, dtype=bool), *(p for k, p in parts.items() if k != "class use")])
        counts = tab.evaluate("Array.from(gisplan.sieve(view.layers[0].table).counts('class use'))")
        assert [counts[uses.index(n)] for n in USES.values()] == [int((frame["use"][others] == u).sum()) for u in USES]
        assert counts[-1] == int(frame["use"][others].isna().sum())


def test_what_is_filtered_out_is_neither_drawn_nor_clicked(tab, made):
    frame = made[1]
    gone = int(np.flatnonzero(frame["use"] == "residential")[40])
    spot = frame.geometry.to_crs(4326).iloc[gone].representative_point()
    place = tab.evaluate(
        "([x, y]) => { const p = view.map.latLngToContainerPoint([y, x]); return [p.x, p.y]; }", [spot.x, spot.y]
    )
    pixel = """([x, y]) => { for (const c of document.querySelectorAll('canvas.leaflet-tile')) {
        const b = c.getBoundingClientRect();
        if (x < b.left || x >= b.right || y < b.top || y >= b.bottom) continue;
        const one = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        one.drawImage(c, -Math.floor((x - b.left) * c.width / b.width), -Math.floor((y - b.top) * c.height / b.height));
        const d = one.getImageData(0, 0, 1, 1).data;
        if (d[3] > 100) return Array.from(d).slice(0, 3);
      } return null; }"""
    yellow = tab.evaluate(pixel, place)
    assert yellow[2] < 120 < yellow[0]
    tab.click("#gp-tab-filter")
    tick(tab, "用途", "工业用地")
    tab.evaluate("gisplan.painted()")
    assert tab.evaluate(pixel, place) is None  # only a faint outline is left
    tab.uncheck("#gp-ghost")
    tab.evaluate("gisplan.painted()")
    assert tab.evaluate(pixel, place) is None
    tab.mouse.click(*place)
    assert not tab.is_visible(".gp-card")
    tab.click("#gp-clear")
    # Without a filter a click finds it again (the click above chose its zone, which opened the page of zones).
    tab.mouse.click(*place)
    assert tab.inner_text(".gp-card h2") == frame["id"].iloc[gone]


def test_the_list_holds_what_the_filter_leaves_and_a_query_can_become_a_filter(tab, made):
    frame = made[1]
    tab.click("#gp-tab-filter")
    tick(tab, "用途", "空闲地")
    tab.click("#gp-filter-list")
    vacant = frame[frame["use"] == "vacant"]
    assert tab.inner_text("#gp-find-told") == f"找到 {len(vacant)} / 300（已筛选）"
    look_for(tab, "P1")
    both = vacant[vacant["id"].str.contains("P1")]
    assert tab.inner_text("#gp-find-told") == f"找到 {len(both)} / 300（已筛选）"
    tab.click("#gp-find-only")
    assert tab.evaluate("view.masks.parcels.reduce((a, b) => a + b)") == len(both)
    assert [c for c in cells(tab, ".gp-chip") if "P1" in c]
    tab.click("#gp-find-zoom")
    west, south, east, north = both.to_crs(4326).total_bounds
    seen = tab.evaluate(
        "(() => { const b = view.map.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; })()"
    )
    assert seen[0] <= west and seen[1] <= south and seen[2] >= east and seen[3] >= north
    assert (east - west) / (seen[2] - seen[0]) > 0.4 or (north - south) / (seen[3] - seen[1]) > 0.4


def test_the_table_saved_is_what_is_listed(tab, made):
    frame = made[1]
    tab.click("#gp-tab-filter")
    between(tab, "密度", 20, 40)
    with tab.expect_download() as saved:
        tab.click("#gp-filter-csv")
    assert saved.value.suggested_filename == "示例园区 地块.csv"
    data = saved.value.path().read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\r\n") == data.count(b"\n")
    table = pd.read_csv(io.BytesIO(data), encoding="utf-8-sig")
    wanted = frame[frame["density"].between(0.2, 0.4)]
    assert table["编号"].tolist() == wanted["id"].tolist()
    assert np.array_equal(table["面积 (m²)"], wanted["area"].round(2))
    assert np.array_equal(table["密度"], wanted["density"])
    assert table["供地日期"].fillna("").tolist() == wanted["supply"].dt.strftime("%Y-%m-%d").fillna("").tolist()
    assert table["用途"].fillna("").tolist() == wanted["use"].map(USES).fillna("").tolist()
    assert set(table["已建"]) == {"是"}


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2", "@x", "\tq", 'say "a", b', "two\nlines"])
def test_no_cell_of_the_saved_table_runs_as_a_formula(opened, text):
    given, _ = park(text)
    tab = watched(opened(webmap(**given)))
    tab.click("#gp-tab-find")
    with tab.expect_download() as saved:
        tab.click("#gp-find-csv")
    table = pd.read_csv(saved.value.path(), encoding="utf-8-sig", dtype=str)
    assert set(table["项目"]) == {("'" if text[0] in "=+-@\t" else "") + text}
    assert not table.map(lambda v: str(v)[:1] in "=@").any().any()


def test_what_is_asked_can_be_kept_and_asked_again(tab, opened, made):
    tab.click("#gp-tab-filter")
    tick(tab, "分区", "无数据", "乙区")
    between(tab, "供地日期", 2009, 2015)
    tab.click("#gp-tab-find")
    look_for(tab, "项目")
    tab.select_option("#gp-find-sort", label="面积")
    keep = "Object.assign({}, ...gisplan.parts.map(p => p.save ? p.save(view) : null))"
    kept = json.loads(json.dumps(tab.evaluate(keep)))
    assert all(isinstance(v, str) for v in kept.values())
    listed_before, told = listed(tab), tab.inner_text("#gp-find-told")
    again = watched(opened(made[0]))
    again.evaluate(f"(kept) => {{ {LOAD}; }}", kept)
    again.click("#gp-tab-find")
    assert listed(again) == listed_before and again.inner_text("#gp-find-told") == told
    assert again.evaluate(keep) == kept
    # A key that is absent means what the page opens with.
    again.evaluate(f"(kept) => {{ {LOAD}; }}", {})
    assert again.inner_text("#gp-find-told") == "共 300 个" and again.evaluate("view.masks.parcels") is None


LOAD = "gisplan.parts.forEach(p => { if (p.load) p.load(view, kept); }); view.render(); view.paint()"


@pytest.mark.parametrize(
    "broken",
    [
        "{",
        "null",
        "[1]",
        '{"parcels": {"a99": {"is": [1]}, "class use": {}, "a1": {"is": ["x"]}}, "none": {"x": {"is": []}}}',
        '{"parcels": {"class use": {"is": [99, -1, "0", {}, 1.5]}, "a5": {"from": "x", "to": {}}, "a4": {"is": "ab"}}}',
        '{"parcels": {"__proto__": {"text": "P1"}, "text": {"text": 5}, "a3": 7}}',
    ],
)
def test_a_link_of_another_map_breaks_nothing(tab, made, broken):
    tab.evaluate(f"(kept) => {{ {LOAD}; }}", {"filter": broken, "list": "nowhere", "sort": "-x", "find": ""})
    tab.click("#gp-tab-find")
    assert tab.inner_text("#gp-find-told") == "共 300 个"
    tab.click("#gp-tab-filter")
    assert tab.inner_text(".gp-filter-sum") == said(made[1], 300) and tab.locator(".gp-chip").count() == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_found_filtered_and_shown_as_typed(opened, text):
    given, _ = park(text)
    tab = watched(opened(webmap(**given), before="window.ran = 0"))
    tab.click("#gp-tab-find")
    look_for(tab, text.replace("\u2028", "").replace("\u2029", ""))
    assert tab.inner_text("#gp-find-told") == "找到 300 / 300"
    assert tab.evaluate("document.querySelector('.gp-item small').textContent").startswith(text)
    tab.click("#gp-tab-filter")
    box = facet(tab, "分区") + "-in"
    assert tab.evaluate("(s) => document.querySelector(s + ' .gp-name').textContent", box) == text
    tab.locator(f"{box} input").first.check()
    assert tab.evaluate("document.querySelector('.gp-chip b').textContent") == text
    assert tab.evaluate("window.ran") == 0


def test_on_a_phone_what_is_found_comes_into_sight(opened, made):
    tab = watched(opened(made[0], width=360, height=740, touch=True))
    tab.click("#gp-tab-find")
    look_for(tab, "P2")
    first = tab.locator(".gp-item").first.bounding_box()
    assert first["y"] + first["height"] <= 740
    assert tab.locator("#gp-find-query").bounding_box()["y"] > tab.locator(".gp-tabs").bounding_box()["y"] + 20


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_wider_than_the_panel(opened, made, width, language):
    tab = watched(opened(made[0], width=width, height=740, touch=width < 600))
    if language == "en":
        tab.click("#gp-lang")
    for page in ("find", "filter"):
        tab.click(f"#gp-tab-{page}")
        if page == "filter":
            for k in range(tab.locator(".gp-facet").count()):
                if tab.get_attribute(f"#gp-facet-{k}", "aria-expanded") == "false":
                    tab.click(f"#gp-facet-{k}")
        wide = tab.evaluate(
            "() => { const p = document.querySelector('.gp-panel').getBoundingClientRect();"
            " return [...document.querySelectorAll('.gp-body *')].filter(e => e.offsetParent && !e.closest('.gp-unseen') && (e.getBoundingClientRect().right > p.right + 0.5 || e.getBoundingClientRect().left < p.left - 0.5)).map(e => e.className); }"
        )
        assert wide == [], page
    assert tab.evaluate("document.documentElement.scrollWidth") == width

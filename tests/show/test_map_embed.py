"""A map in a report, in another page, in a notebook, on a folium map: whole, alone, and always the same bytes."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import folium
import geopandas as gpd
import pytest
from hostile import PAYLOADS
from park_map import cells, study
from shapely.geometry import box

import gisplan
from gisplan.cli import main, sample
from gisplan.errors import OutputError
from gisplan.show import (
    MapClass,
    MapColouring,
    MapColumn,
    MapLayer,
    OfflineFigure,
    OfflineMap,
    StudyMap,
    assets,
    assets_block,
    draw_map,
    embed,
    feature_layer,
    map_layers,
)
from gisplan.show.scoped import scoped, widths

HOST = """<!DOCTYPE html><html lang="de"><head><meta charset="gbk"><title>Host</title><style>
h1, #all h1 {{ color: rgb(200, 0, 0); text-transform: uppercase; }} button {{ padding: 19px; }} .leaflet-container {{ color: rgb(1, 2, 3); }}
#all td, td {{ padding: 23px; }}
</style><script>window.L = "theirs"; window.define = () => {{ window.defined = true; }}; window.define.amd = {{}};</script></head>
<body><h1 id="first">Host</h1><div id="all">{}</div><table><td id="cell">x</td></table><p class="leaflet-container" id="para">x</p></body></html>"""

LOOKS = """() => ['first', 'cell', 'para'].map(id => {
  const s = getComputedStyle(document.getElementById(id));
  return [s.color, s.padding, s.font, s.position, s.overflow, s.background].join('|');
})"""


@pytest.fixture(scope="module")
def made():
    return draw_map(**study())


@pytest.fixture
def hosted(browser, tmp_path):
    """Open pages, some of them larger than their host; afterwards nothing was asked for and nothing said."""
    contexts = []

    def show(text, *, ready, width=1400, name="host.html", blocked=0):
        file = tmp_path / name
        # Embedded maps are ASCII, so the encoding of their host is its own affair.
        file.write_text(text, encoding="gbk" if 'charset="gbk"' in text else "utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        tab = context.new_page()
        asked, said = [], []
        tab.on("request", lambda r: asked.append(r.url))
        # What the tests read of canvases makes Chromium warn; that is not the page speaking.
        tab.on("console", lambda m: None if m.text.startswith("Canvas2D: Multiple readback") else said.append(m.text))
        tab.on("pageerror", lambda e: said.append(str(e)))
        tab.goto(file.as_uri())
        tab.wait_for_function(f"document.querySelectorAll('[data-gisplan=ready]').length === {ready}", timeout=180_000)
        contexts.append((context, asked, said, file.as_uri(), blocked))
        return tab

    yield show
    for context, asked, said, own, blocked in contexts:
        context.close()
        assert [u for u in asked if not u.startswith(("data:", "blob:", "about:srcdoc"))] == [own]
        stopped = [text for text in said if "Content Security Policy" in text]
        assert len(stopped) == blocked and len(said) == blocked, said


def test_every_form_is_the_same_bytes_in_another_process():
    """Folium's own ids are random, sets have an order of their own in each process: neither may show."""
    code = (
        "import hashlib; from park_map import study; from gisplan.show import draw_map; m = draw_map(**study());"
        "print(*[hashlib.sha256(m.write(f).encode()).hexdigest() for f in ('page', 'iframe', 'fragment')])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1 and len(set(found.pop().split())) == 3


def test_maps_of_other_content_share_no_id(made):
    given = study()
    others = [
        draw_map(**study(title={"zh": "另", "en": "Other"})),
        draw_map(**study(notes=[])),
        draw_map(**{**given, "layers": given["layers"][:2]}),
        draw_map(**{**given, "zones": given["zones"].assign(name=["a", "b", "c", "d"])}),
    ]
    ids = [set(re.findall(r'\bid="([^"]*)"', one.fragment(with_assets=False))) for one in (made, *others)]
    assert all(len(own) >= 6 for own in ids)
    assert not any(a & b for k, a in enumerate(ids) for b in ids[:k])
    assert draw_map(**study()).key == made.key


def test_embedded_forms_are_ascii_and_need_no_encoding(made):
    for text in (made.iframe(), made.fragment(), assets_block()):
        assert text.isascii()
    assert not made.page().isascii()


def test_a_fragment_without_assets_is_small_and_the_block_keeps_the_licence(made):
    small, whole = made.fragment(with_assets=False), made.fragment()
    assert whole == small.replace("</noscript>\n", "</noscript>\n" + assets_block(), 1)
    assert len(small) < len(whole) - 150_000
    assert 'THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"' in assets_block()


def test_a_form_that_is_none_is_refused(made, tmp_path):
    with pytest.raises(OutputError, match="page, iframe, fragment, not as 'pdf'"):
        made.save(tmp_path / "x.html", form="pdf")
    assert not list(tmp_path.iterdir())


def test_a_fragment_refuses_scripts_that_the_block_does_not_hold(made, monkeypatch):
    monkeypatch.setattr(assets, "SCRIPTS", assets.SCRIPTS)
    monkeypatch.setattr("gisplan.show.map_parts.SCRIPTS", (*assets.SCRIPTS, "text.js"))
    monkeypatch.setattr("gisplan.show.map_parts.own", lambda name: assets.own(name) + f"/* {name} */")
    with pytest.raises(OutputError, match="write it as a page or an iframe"):
        made.fragment()


@pytest.mark.browser
def test_ten_maps_share_one_block_and_leave_their_host_alone(hosted, made):
    others = [
        draw_map(**study(title={"zh": f"第{k}", "en": f"No. {k}"}, language="en" if k % 2 else "zh"))
        for k in range(1, 8)
    ]
    pieces = [made.fragment(height=360), made.fragment(with_assets=False, height=360), others[0].fragment(height=360)]
    pieces += [one.fragment(with_assets=False, height=360) for one in others[1:]]
    pieces[-1] = f'<div style="width:380px">{pieces[-1]}</div>'
    tab = hosted(HOST.format("".join(pieces)), ready=9)
    bare = hosted(HOST.format(""), ready=0, name="bare.html")
    assert tab.evaluate(LOOKS) == bare.evaluate(LOOKS)
    assert tab.title() == "Host" and tab.evaluate("document.documentElement.lang") == "de"
    assert tab.evaluate("[window.L, window.defined === undefined, typeof window.leaflet, document.body.className]") == [
        "theirs",
        True,
        "undefined",
        "",
    ]
    assert set(tab.evaluate("Object.keys(window)")) - set(bare.evaluate("Object.keys(window)")) == {
        "gisplan",
        "_leaflet_events",
    }
    assert tab.evaluate("document.head.querySelectorAll('style').length") == 2
    doubled = "() => { const ids = [...document.querySelectorAll('.gp-stage [id], .gp-stage')].map(e => e.id).filter(Boolean); return ids.length - new Set(ids).size; }"
    assert tab.evaluate(doubled) == 0
    heads = tab.locator(".gp-head h1")
    assert heads.all_inner_texts() == ["示例园区", "示例园区", "No. 1", "第2", "No. 3", "第4", "No. 5", "第6", "No. 7"]
    assert (
        heads.first.evaluate("e => getComputedStyle(e).textTransform + getComputedStyle(e).color")
        == "nonergb(29, 39, 48)"
    )
    assert tab.locator(".gp-classes td").first.evaluate("e => getComputedStyle(e).padding") == "2px 0px"
    # Each has a state of its own, also the two of the same content.
    stages = tab.locator(".gp-stage")
    stages.nth(1).locator("[id$='-lang']").click()
    stages.nth(1).locator("[id$='-tab-zones']").click()
    stages.nth(1).locator("select[id$='-zone']").select_option("0")
    assert heads.all_inner_texts()[:4] == ["示例园区", "Sample park", "No. 1", "第2"]
    assert cells(stages.nth(1), ".gp-figures tr[data-indicator] td:first-of-type") == ["0.50", "12.3%", "1,234.50 ha"]
    assert stages.nth(0).locator(".gp-figures").count() == 0
    # A narrow one lays its panel below its map, as a phone does, though the window is wide.
    area, panel = stages.nth(8).locator(".folium-map").bounding_box(), stages.nth(8).locator(".gp-panel").bounding_box()
    assert area["width"] == panel["width"] == 380 and panel["y"] > area["y"] + 150
    assert tab.evaluate("document.documentElement.scrollWidth") == 1400
    painted = "e => { const t = e.querySelectorAll('canvas.leaflet-tile'); return [...t].some(c => c.getContext('2d').getImageData(0, 0, 256, 256).data.some(v => v)); }"
    assert all(stages.nth(k).evaluate(painted) for k in range(9))


@pytest.mark.browser
def test_the_block_may_come_last_and_its_absence_is_told(hosted, made):
    tab = hosted(HOST.format(made.fragment(with_assets=False) + assets_block()), ready=1)
    assert tab.inner_text(".gp-head h1") == "示例园区"
    tab = hosted(HOST.format(made.fragment(with_assets=False)), ready=0, name="none.html")
    assert "put the assets block into this page" in tab.inner_text(".gp-fragment")


@pytest.mark.browser
def test_a_map_that_was_hidden_fits_when_it_is_shown(hosted, made):
    tab = hosted(HOST.format(f'<div id="tab" style="display:none">{made.fragment()}</div>'), ready=1)
    tab.evaluate("document.getElementById('tab').style.display = 'block'")
    tab.wait_for_function("document.querySelectorAll('.gp-label').length === 4")
    assert tab.locator(".gp-fragment .leaflet-control-scale-line").inner_text() == "200 m"


@pytest.mark.browser
def test_a_frame_works_and_is_shut_off(hosted, made):
    tab = hosted(HOST.format(made.iframe(height=700)), ready=0, blocked=1)
    frame = tab.frames[-1]
    frame.wait_for_selector("html[data-gisplan=ready]", timeout=60_000)
    assert frame.inner_text(".gp-head h1") == "示例园区"
    assert tab.get_attribute("iframe", "title") == "示例园区"
    assert frame.locator("#gp-print").count() == 0  # a sandbox may not print
    with pytest.raises(Exception, match=r"(?i)blocked|cross-origin|permission"):
        frame.evaluate("parent.document.title")
    with pytest.raises(Exception, match=r"(?i)null"):
        tab.evaluate("document.querySelector('iframe').contentDocument.title")
    frame.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert frame.evaluate("window.ran") is None
    tab.evaluate("0")


def test_a_notebook_shows_a_frame_and_a_large_map_is_told_of(made, monkeypatch):
    assert made._repr_html_() == made.iframe()
    monkeypatch.setattr(embed, "NOTEBOOK_BYTES", 1000)
    told = made._repr_html_()
    assert told.startswith("<p>") and '.save("map.html")' in told and " MB" in told and len(told) < 400
    hostile = StudyMap(made.config, zones=made.zones, layers=made.layers, title=PAYLOADS[0], lang="en", summary="")
    assert "<img" not in hostile._repr_html_()


def test_the_command_writes_the_same_map_as_the_study(tmp_path, capsys):
    plan = str(sample() / "plan.toml")
    made = gisplan.evaluate(gisplan.load_plan(plan)).map()
    for form in ("page", "iframe", "fragment"):
        out = tmp_path / "new" / f"{form}.html"
        assert main(["map", plan, "--out", str(out), "--embed", form]) == 0
        assert out.read_bytes() == made.write(form).encode("utf-8")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["fragment.html", "iframe.html", "page.html"]
    assert main(["map", plan, "--out", str(tmp_path)]) == 2
    assert "is a folder; --out names the file to write" in capsys.readouterr().err


# ---- on folium maps of others ---------------------------------------------------------------------------------------


def blocks(name="Blocks"):
    frame = gpd.GeoDataFrame(
        {"id": ["A1", "A2"], "use": ["industrial", "green"]},
        geometry=[box(120.0, 31.0, 120.01, 31.01), box(120.01, 31.0, 120.02, 31.01)],
        crs=4490,
    )
    classes = (MapClass("industrial", "工业", "Industry", "#ff0000"), MapClass("green", "绿地", "Green", "#00ff00"))
    return MapLayer(
        "blocks",
        "地块",
        name,
        frame,
        (MapColumn("id", "编号", "Id"),),
        (MapColouring("use", "用途", "Use", "use", classes),),
    )


def test_the_example_in_the_docstring_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (case,) = (c for c in doctest.DocTestFinder().find(map_layers.feature_layer, "feature_layer") if c.examples)
    assert doctest.DocTestRunner().run(case).failed == 0
    assert "gisplan.layer(" in (tmp_path / "blocks.html").read_text(encoding="utf-8")


def test_the_id_of_a_layer_comes_from_its_content():
    assert feature_layer(blocks()).get_name() == feature_layer(blocks()).get_name()
    assert feature_layer(blocks()).get_name() != feature_layer(blocks("Other")).get_name()


COLOURS = """() => {
  const seen = new Set();
  document.querySelectorAll('canvas.leaflet-tile').forEach(c => {
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 150) seen.add(d[i] > 200 && d[i + 1] < 60 ? 'red' : d[i + 1] > 200 && d[i] < 60 ? 'green' : 'other');
  });
  return seen.has('red') && seen.has('green');
}"""


@pytest.mark.browser
def test_our_layer_draws_in_an_offline_map_without_a_panel(hosted):
    figure = OfflineFigure(title="t", lang="en")
    view = OfflineMap(figure, location=[31.005, 120.01], zoom_start=14)
    feature_layer(blocks()).add_to(view)
    folium.LayerControl(collapsed=False).add_to(view)
    tab = hosted(figure.render(), ready=0)
    tab.wait_for_function(COLOURS)
    tab.mouse.click(700 - 40, 450)
    tab.wait_for_selector(".leaflet-popup .gp-card-body")
    assert "A1" in tab.inner_text(".leaflet-popup h2")


@pytest.mark.browser
def test_our_layer_draws_in_a_plain_folium_map(browser, tmp_path):
    """Such a map asks the network for Leaflet; here the pinned package answers in its place."""
    view = folium.Map(location=[31.005, 120.01], zoom_start=14, tiles=None)
    feature_layer(blocks()).add_to(view)
    folium.LayerControl().add_to(view)
    view.save(tmp_path / "folium.html")
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    tab = context.new_page()
    said = []
    tab.on("pageerror", lambda e: said.append(str(e)))
    served = {"leaflet.js": assets.leaflet_js, "leaflet.css": assets.leaflet_css}

    def answer(route):
        name = route.request.url.split("/")[-1]
        kind = "text/css" if name.endswith("css") else "text/javascript"
        route.fulfill(body=served[name]() if name in served else "", content_type=kind)

    tab.route(re.compile("^https?:"), answer)
    tab.goto((tmp_path / "folium.html").as_uri())
    tab.wait_for_function(COLOURS)
    tab.mouse.click(700 + 40, 450)
    tab.wait_for_selector(".leaflet-popup .gp-card-body")
    assert "A2" in tab.inner_text(".leaflet-popup h2")
    context.close()
    assert said == []


# ---- style sheets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("a{b:c}", ".s a{b:c}"),
        ("a,b > c{d:e}", ".s a,.s b > c{d:e}"),
        (":root{--x:1}", ".s{--x:1}"),
        ("html,body{margin:0}", ".s,.s{margin:0}"),
        ("body.gp-page{overflow:hidden}", ""),
        ("body.x a, b{c:d}", ".s b{c:d}"),
        ("@page{size:A4}", ""),
        ("@media (max-width: 600px){a{b:c}:root{d:e}}", ".s.gp-upto-600 a{b:c}.s.gp-upto-600{d:e}"),
        ("@media print{*{a:b}}", "@media print{.s *{a:b}}"),
        ("@keyframes gp-k{from{a:b}to{c:d}}", "@keyframes gp-k{from{a:b}to{c:d}}"),
        ("a::before{content:\"}\"}/* x{y:z} */b{c:'{'}", ".s a::before{content:\"}\"}.s b{c:'{'}"),
        ("a:not(b, c), [d=\"e,f\"]{g:h}", '.s a:not(b, c),.s [d="e,f"]{g:h}'),
        ("a{b:url(data:image/png;base64,AA==)}", ".s a{b:url(data:image/png;base64,AA==)}"),
    ],
)  # fmt: skip
def test_rules_are_kept_to_their_scope(css, kept):
    assert scoped(css, ".s").replace("\n", "") == kept


def test_a_rule_for_the_width_of_the_window_cannot_be_overlooked():
    with pytest.raises(ValueError, match="only @media"):
        scoped("@media (min-width: 700px){a{b:c}}", ".s")
    assert widths("@media (max-width: 600px){a{b:c}} @media (max-width:380px){}") == [380, 600]


def test_no_rule_of_ours_reaches_out_of_a_fragment():
    for text in (assets.leaflet_css(), *map(assets.own, assets.STYLES)):
        heads = re.findall(r"([^{};]+)\{", scoped(text, ".gp-scope"))
        assert heads
        for head in (h for h in heads if not h.strip().startswith("@")):
            odd = [one for one in re.split(r",(?![^(\[]*[)\]])", head) if not one.strip().startswith(".gp-scope")]
            assert odd == [], head

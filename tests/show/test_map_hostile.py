"""Whatever stands in a plan or a layer is text: it is shown as typed, runs nowhere, asks for nothing, breaks nothing."""

from __future__ import annotations

import math
import os
import re
import shutil
from html import unescape
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hostile import PAYLOADS
from shapely.geometry import box

from gisplan.cli import main, sample
from gisplan.errors import OutputError
from gisplan.show.assets import SCRIPTS
from gisplan.show.guard import require_inert
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer
from gisplan.show.page import json_text, plain_text
from gisplan.show.webmap import MapIndicator, MapPreset, draw_map

N = len(PAYLOADS)
SIDE = math.ceil(math.sqrt(N))
STEP = 0.001


def cell(k, share=1.0):
    """Square number k of a chessboard in degrees, shrunk to a share of its side."""
    x, y, edge = 120 + k % SIDE * STEP, 31 + k // SIDE * STEP, STEP * (1 - share) / 2
    return box(x + edge, y + edge, x + STEP - edge, y + STEP - edge)


def crowd(words=PAYLOADS):
    """A map that holds every word as zone, indicator, kind of map, note and layer, and every word in one layer's fields.

    The first layer has a row and a class for every word, and two columns: of text, and of a number in such a unit.
    """
    n = len(words)
    zones = gpd.GeoDataFrame({"zone_id": words, "name": words}, geometry=[cell(k) for k in range(n)], crs=4490)
    figures = np.where(np.eye(n, dtype=bool), 1.5, np.arange(n)[:, None])
    full = gpd.GeoDataFrame(
        {"kind": words, **{w: [w] * n for w in words}, **{f"{w}#": 1.0 for w in words}},
        geometry=[cell(k, 0.6) for k in range(n)], crs=4490,
    )  # fmt: skip
    classes = tuple(MapClass(w, w, w, "#bb9966") for w in words)
    layers = [
        MapLayer(
            "full", "full", "full", full,
            tuple(c for w in words for c in (MapColumn(w, w, w), MapColumn(f"{w}#", w, w, w))),
            tuple(MapColouring(w, w, w, "kind", classes) for w in words[:150])
            + tuple(MapColouring(w, w, w, f"{w}#", unit=w) for w in words[150:]),
        ),
        *(
            MapLayer(
                word, word, word,
                gpd.GeoDataFrame({word: [word], "kind": [word]}, geometry=[cell(k, 0.6)], crs=4490),
                (MapColumn(word, word, word),),
                (MapColouring(word, word, word, "kind", (MapClass(word, word, word, "#336699"),)),),
                shown=False,
            )
            for k, word in enumerate(words)
        ),
    ]  # fmt: skip
    return draw_map(
        title={"zh": " ".join(words), "en": words[0]},
        subtitle={"zh": " ".join(words), "en": words[1]},
        language="zh",
        zones=zones,
        values=pd.DataFrame(figures, index=list(words), columns=list(words)),
        indicators=[MapIndicator(w, w, w, w, w, w, w, w) for w in words],
        layers=layers,
        notes=[{"zh": w, "en": w} for w in words],
        presets=[MapPreset(w, w, w, None, {"full": w}, ("full",)) for w in words],
    )


@pytest.fixture(scope="module")
def made():
    return crowd()


@pytest.fixture(scope="module")
def forms(made):
    host = '<!DOCTYPE html><html lang="de"><meta charset="gbk"><title>Host</title><body><h1 id="host">Host</h1>{}</body></html>'
    return {
        "page": made.page(),
        "iframe": host.replace("{}", made.iframe(height=1150)),
        "fragment": host.replace("{}", made.fragment(height=1150)),
    }


class Tags(HTMLParser):
    """Every element of a text, with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def _require_only_known(text, scripts):
    found = Tags(text).found
    running = [
        a
        for tag, a in found
        if tag == "script" and a.get("type") not in {"application/json", "application/octet-stream"}
    ]
    assert len(running) == scripts and all("src" not in a for a in running)
    assert {tag for tag, _ in found} <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "script",
        "body",
        "noscript",
        "div",
        "h1",
    }
    for _, attrs in found:
        assert not [
            a for a in attrs if a.startswith("on") or a in {"src", "href", "srcset", "data", "action", "background"}
        ]
        assert "url(" not in attrs.get("style", "")


def test_there_are_enough_texts_and_each_is_another():
    assert N >= 200 and len(set(PAYLOADS)) == N


def test_only_known_scripts_and_no_address_are_in_any_form(forms):
    _require_only_known(forms["page"], len(SCRIPTS) + 2)
    _require_only_known(forms["fragment"], 2)
    frame = re.fullmatch(r"(?s)(.*)<iframe ([^>]*)></iframe>(.*)", forms["iframe"])
    attrs = dict(Tags(f"<iframe {frame[2]}>").found[0][1])
    assert attrs["sandbox"] == "allow-scripts" and attrs["loading"] == "lazy" and not {"src", "allow"} & set(attrs)
    _require_only_known(attrs["srcdoc"], len(SCRIPTS) + 2)
    assert "Content-Security-Policy" in attrs["srcdoc"].split("<title>")[0]
    for text in (*forms.values(), attrs["srcdoc"]):
        styles = re.findall(r"(?s)<style>(.*?)</style>", text)
        assert all(
            url.startswith("data:") for style in styles for url in re.findall(r"url\(\s*['\"]?([^)]{0,9})", style)
        )


@pytest.mark.parametrize("word", PAYLOADS, ids=range(N))
def test_a_title_stays_in_its_element_and_reads_as_typed(word):
    text = f'<title>{plain_text(word)}</title><p title="{plain_text(word)}">{json_text(word)}</p>'
    found = Tags(text).found
    assert [tag for tag, _ in found] == ["title", "p"]
    assert not re.search("[<>&\u2028\u2029\x00-\x1f\x7f-\x9f]", json_text(word))
    typed = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "\ufffd", word)
    assert unescape(plain_text(word)) == typed


@pytest.mark.parametrize(
    "markup",
    [
        "<div><script>1</script></div>", "<SCRIPT\n>", "<img src='http://x.invalid/a.png'>", "<img srcset='//x.invalid/a'>", "<p onclick=1>", "<p ONCLICK=1>",
        "<a href='https://x.invalid'>x</a>", "<a href='javascript:1'>x</a>", "<iframe>", "<meta http-equiv=refresh>", "<base href=/>", "<link rel=stylesheet>",
        "<style>p{background:url(http://x.invalid/a)}</style>", "<style>@import 'x';</style>", "<p style='background:url(//x.invalid)'>", "<form action=x>", "<!-- <script> -->",
        "<svg><image xlink:href='http://x.invalid/a.png'/></svg>", "<style>p{behavior:expression(1)}</style>", "<img src='data:text/html,x'>",
    ],
)  # fmt: skip
def test_markup_that_could_run_or_ask_is_refused(markup):
    with pytest.raises(OutputError, match="into the page"):
        require_inert(f"<p>fine</p>{markup}")


def test_markup_that_can_do_neither_passes():
    require_inert(
        '<style>p{background:url("data:image/png;base64,AA==")}</style><a href="#top">up</a><img src="data:image/png;base64,AA==">'
    )


HOSTILE_NAME = "a<img src=x onerror=window.ran=1>'\"&`${window.ran=1}{{7*7}}；.toml"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_a_plan_of_any_name_and_title_makes_a_map(tmp_path):
    folder = shutil.copytree(sample(), tmp_path / "study")
    plan = folder / HOSTILE_NAME
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    text, times = re.subn(
        r"(?m)(?<=^name = \"yongan\"\n)title = .*$",
        r"""title = { zh = '</title><script>window.ran=1</script>', en = '${window.ran=1}`' }""",
        text,
    )
    assert times == 1
    plan.write_text(text, encoding="utf-8")
    for form, scripts in (("page", len(SCRIPTS) + 2), ("fragment", 2)):
        out = tmp_path / f"{form} <b>.html"
        assert main(["map", str(plan), "--out", str(out), "--embed", form]) == 0
        written = out.read_text(encoding="utf-8")
        _require_only_known(written, scripts)
        assert "<img src=x" not in written and "window.ran=1</script>" not in written


# ---- in a browser ---------------------------------------------------------------------------------------------------


class Watch:
    """All that a page asks for, says and opens."""

    def __init__(self, tab):
        self.asked, self.said, self.dialogs = [], [], []
        tab.on("request", lambda r: self.asked.append(r.url))
        tab.on("console", lambda m: self.said.append(m.text))
        tab.on("pageerror", lambda e: self.said.append(str(e)))
        tab.on("dialog", lambda d: (self.dialogs.append(d.message), d.dismiss()))
        tab.on("popup", lambda p: self.dialogs.append(p.url))

    def require_quiet(self, own):
        assert [u for u in self.asked if not u.startswith(("data:", "blob:", "about:srcdoc"))] == [own]
        assert self.said == [] and self.dialogs == []


@pytest.fixture
def tab(browser):
    context = browser.new_context(viewport={"width": 1400, "height": 1300}, offline=True)
    page = context.new_page()
    page.add_init_script("window.ran = 0")
    yield page
    context.close()


def _open(tab, tmp_path, text):
    file = tmp_path / "host.html"
    file.write_text(text, encoding="utf-8")
    watch = Watch(tab)
    tab.goto(file.as_uri())
    frame = tab.frames[-1]
    frame.wait_for_selector(".gp-stage[data-gisplan=ready]", timeout=60_000)
    return frame, watch, file.as_uri()


TEXTS = "all => all.map(e => e.textContent)"


@pytest.mark.browser
@pytest.mark.parametrize("form", ["page", "iframe", "fragment"])
def test_every_text_in_every_field_is_shown_as_typed(tab, tmp_path, forms, form):
    frame, watch, own = _open(tab, tmp_path, forms[form])
    words = list(PAYLOADS)
    read = lambda selector: frame.eval_on_selector_all(selector, "all => all.map(e => e.textContent)")  # noqa: E731
    use = lambda name, value="": frame.evaluate(  # noqa: E731
        """([name, value]) => {
          const own = document.querySelector('select[id$="-preset"], .gp-opener').id.replace(/-[a-z]+$/, '');
          const e = document.getElementById(own + '-' + name);
          if (e.tagName !== 'SELECT') { e.click(); return; }
          e.value = value;
          e.dispatchEvent(new Event('change'));
        }""",
        [name, value],
    )
    assert read("h1:not(#host)") == [" ".join(words)]
    assert read("select[id$='-preset'] option") == words
    assert read("select[id$='-colouring'] option") == words
    assert read(".gp-layer-head label > span") == ["full", *words]
    assert read(".gp-layer:not(.gp-off) tbody td:nth-child(2)")[: len(words)] == words
    use("colouring", words[-20])
    assert read(".gp-layer:not(.gp-off) > .gp-hint")[0].startswith(words[-20])

    _click(tab, frame, 3)
    frame.wait_for_selector(".gp-card h2")  # a frame of another process gets its clicks a little later
    assert read(".gp-card h2") == [words[0]]
    # The first column is the title and no row of its own.
    assert read(".gp-card tr th") == [w for w in words for _ in range(2)][1:]
    cells = read(".gp-card tr td")
    assert cells[1::2] == words[1:]
    own_names = {"share": "100.0%", "n": "1", "1": "1", "floors": "1 层"}
    assert cells[::2] == [own_names.get(w, f"1 {w}") for w in words]

    for name in ("__proto__", "constructor", "toString", "</script><script>window.ran=1</script>"):
        use(f"layer-{words.index(name) + 1}")
    assert read(".gp-layer:not(.gp-off) .gp-layer-head label > span") == [
        "full", *(w for w in words if w in ("__proto__", "constructor", "toString", "</script><script>window.ran=1</script>"))
    ]  # fmt: skip
    frame.eval_on_selector(".gp-card .gp-x", "e => e.click()")  # the card may lie over the square
    _click(tab, frame, words.index("__proto__"))
    frame.wait_for_selector(".gp-card h2:text-is('__proto__')", timeout=60_000)
    assert read(".gp-card .gp-card-layer") == ["__proto__"]

    use("mode-indicator")
    assert read("select[id$='-indicator'] option") == words
    assert frame.eval_on_selector_all("select[id$='-indicator'] optgroup", "all => all.map(e => e.label)") == words
    use("indicator", "5")
    assert read(".gp-explain") == [words[5]]
    use("tab-zones")
    assert read("select[id$='-zone'] option")[1:] == words
    use("zone", "7")
    assert read(".gp-figures tr[data-indicator] th") == words
    for word, shown in zip(words, read(".gp-figures tr[data-indicator] td:first-of-type"), strict=True):
        assert shown.endswith(f" {word}") or word in own_names, (word, shown)
    use("tab-notes")
    assert read("[id$='-notes'] li") == words
    use("lang")
    assert read("h1:not(#host)") == [words[0]]
    assert frame.evaluate("window.ran") == 0 and tab.evaluate("window.ran") == 0
    assert tab.title() == "Host" or form == "page"
    watch.require_quiet(own)


def _click(tab, frame, k):
    """Click square k below the name of its zone: the page fits its bounds into the map, less 18 pixels, in quarter zooms."""
    frame.eval_on_selector("[id$='-fit']", "e => e.click()")
    frame.wait_for_timeout(100)
    area = frame.locator(".folium-map").bounding_box()
    rows = math.ceil(N / SIDE)
    (wide, high), (x, y) = _world(120 + SIDE * STEP, 31), _world(cell(k).centroid.x, cell(k).centroid.y - 0.24 * STEP)
    left, top = _world(120, 31 + rows * STEP)
    zoom = (
        math.floor(4 * math.log2(min((area["width"] - 36) / (wide - left), (area["height"] - 36) / (high - top)))) / 4
    )
    tab.mouse.click(
        area["x"] + area["width"] / 2 + (x - (left + wide) / 2) * 2**zoom,
        area["y"] + area["height"] / 2 + (y - (top + high) / 2) * 2**zoom,
    )


def _world(lon, lat):
    """Web mercator pixels at zoom 0."""
    s = math.sin(math.radians(lat))
    return (lon + 180) / 360 * 256, (0.5 - math.log((1 + s) / (1 - s)) / (4 * math.pi)) * 256

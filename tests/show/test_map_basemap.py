"""The basemap: it asks exactly the hosts that the plan names, lies where it should, and is missed by nobody offline."""

import http.server
import json
import re
import shutil
import threading
import warnings
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from pyproj import CRS
from shapely.geometry import box
from tile_makers import cells, color_of, dots, mbtiles, place_of, plain, tile_of

from gisplan.cli import main, sample
from gisplan.errors import OutputError
from gisplan.plan import load_plan
from gisplan.show.basemap import basemap_of
from gisplan.show.gcj02 import to_gcj02
from gisplan.show.map_layers import MapColumn
from gisplan.show.page import OfflineFigure
from gisplan.show.webmap import MapIndicator, MapLayer, webmap

WGS84 = CRS.from_epsg(4326)
CGCS2000 = CRS.from_epsg(4547)


def park(basemap=None):
    """One zone of 1.8 by 1.2 km in Wuhan with two parcels."""
    zones = gpd.GeoDataFrame(
        {"zone_id": ["A"], "name": ["甲区"]}, geometry=[box(538_000, 3_380_000, 539_800, 3_381_200)], crs=4547
    )
    parcels = gpd.GeoDataFrame(
        {"id": ["P1", "P2"]},
        geometry=[box(538_000, 3_380_000, 538_400, 3_380_300), box(539_000, 3_380_800, 539_300, 3_381_000)],
        crs=4547,
    )
    return webmap(
        title={"zh": "示例", "en": "Sample"},
        subtitle={"zh": "", "en": ""},
        language="zh",
        zones=zones,
        values=pd.DataFrame({"r": [0.5]}, index=["A"]),
        indicators=[MapIndicator("r", "容积率", "Plot ratio", "", "强度", "Intensity", "式", "how")],
        layers=[MapLayer("parcels", "地块", "Parcels", parcels, (MapColumn("id", "编号", "Id"),))],
        notes=[{"zh": "说明", "en": "Note"}],
        basemap=basemap,
    )


BOUNDS = tuple(
    gpd.GeoSeries([box(538_000, 3_380_000, 539_800, 3_381_200)], crs=4547).to_crs(4326).total_bounds.tolist()
)
MIDDLE = ((BOUNDS[0] + BOUNDS[2]) / 2, (BOUNDS[1] + BOUNDS[3]) / 2)


def made(folder, basemap, crs=WGS84):
    """Basemap of a plan that names it so."""
    (folder / "park.gpkg").touch()
    file = folder / "plan.toml"
    file.write_text(
        f'[plan]\nname = "park"\n[layers.zones]\npath = "park.gpkg"\n[map]\nbasemap = {basemap}\n', encoding="utf-8"
    )
    return basemap_of(load_plan(file), BOUNDS, crs)


def image_sources(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    (sources,) = re.findall(r"img-src ([^;]*);", policy)
    rest = re.sub(r"'sha256-[^']*'|img-src [^;]*;", "", policy)
    assert "http" not in rest and "*" not in policy and policy.startswith("default-src 'none'")
    return sources.split()


def config(page):
    return json.loads(re.search(r'id="config">(.*?)</script>', page)[1])


# ---- what the page may ask ------------------------------------------------------------------------------------------


def test_without_a_basemap_nothing_is_allowed_and_nothing_said():
    page = park()
    assert image_sources(page) == ["data:", "blob:"]
    assert "basemap" not in config(page) and len(config(page)["notes"]) == 1


def test_the_policy_names_exactly_the_hosts_of_the_tiles(tmp_path, monkeypatch):
    monkeypatch.setenv("GISPLAN_TIANDITU_KEY", "k1")
    osm = made(tmp_path, '"osm"')
    assert image_sources(park(osm)) == ["data:", "blob:", "https://tile.openstreetmap.org"]
    sky = made(tmp_path, '{ name = "tianditu-image", allow_key_in_file = true }')
    assert image_sources(park(sky)) == ["data:", "blob:", *(f"https://t{k}.tianditu.gov.cn" for k in range(8))]
    own = '{ url = "http://{s}.t.test:8080/{z}/{x}/{y}", subdomains = ["a", "b"], attribution = "A" }'
    assert image_sources(park(made(tmp_path, own)))[2:] == ["http://a.t.test:8080", "http://b.t.test:8080"]


def test_a_host_that_would_widen_the_policy_is_refused():
    for odd in ("https://a.com; script-src *", "https://*", "*", "https://a.com/path", "data:", "https://a.com'"):
        with pytest.raises(OutputError, match="images may come from hosts such as"):
            OfflineFigure(title="t", lang="en", images=[odd])


def test_tiles_in_the_file_need_no_host(tmp_path):
    there = {(z, x, y): plain((1, 2, 3)) for z in (13, 14) for x, y in cells(BOUNDS, z, 0.05)}
    mbtiles(tmp_path / "t.mbtiles", there, format="png", attribution="<b>Survey</b>")
    page = park(made(tmp_path, '{ mbtiles = "t.mbtiles" }'))
    assert image_sources(page) == ["data:", "blob:"]
    assert config(page)["basemap"]["attribution"] == {"zh": "Survey", "en": "Survey"}
    assert page == park(made(tmp_path, '{ mbtiles = "t.mbtiles" }'))  # the same bytes again


def test_the_notes_say_who_is_asked_in_which_datum(tmp_path):
    url = 'url = "https://tile.test/{z}/{x}/{y}", attribution = "A"'
    notes = made(tmp_path, f'{{ {url}, datum = "gcj02" }}', CGCS2000).notes
    assert [n["en"].split(";")[0] for n in notes] == [
        "This map asks tile.test for tiles of the basemap",
        "The basemap is in GCJ-02",
        "Data in CGCS2000 are drawn as WGS 84, which differs from it by less than a metre.",
    ]
    assert "tile.test" in notes[0]["zh"] and "GCJ-02" in notes[1]["zh"] and "CGCS2000" in notes[2]["zh"]
    assert len(made(tmp_path, f"{{ {url} }}").notes) == 1
    assert "web server" in made(tmp_path, '"osm"').notes[1]["en"]


def test_damaged_and_missing_tiles_are_told(tmp_path):
    there = {(z, x, y): plain((1, 2, 3)) for z in (13, 14) for x, y in cells(BOUNDS, z, 0.05)}
    x, y = (int(v) for v in tile_of(*MIDDLE, 14))
    there[14, x, y] = b"broken"
    mbtiles(tmp_path / "t.mbtiles", there, format="png")
    basemap = made(tmp_path, '{ mbtiles = "t.mbtiles" }')
    (issue,) = basemap.issues
    assert issue.code == "BASEMAP_DAMAGED" and issue.count == 1 and issue.feature_ids == [f"14/{x}/{y}"]
    assert "1 damaged tile left out" in basemap.notes[0]["en"] and "1 张瓦片损坏" in basemap.notes[0]["zh"]


def test_a_run_puts_the_basemap_into_the_map_the_issues_and_the_record(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(sample(), data)
    area = gpd.read_file(data / "park.gpkg", layer="zones").to_crs(4326).total_bounds
    there = {(z, x, y): plain(color_of(z, x, y)) for z in (13, 14) for x, y in cells(area, z, 0.02)}
    x, y = (int(v) for v in tile_of(*area[:2], 14))
    there[14, x, y] = b"broken"
    mbtiles(data / "t.mbtiles", there, format="png", attribution="Survey")
    with (data / "plan.toml").open("a", encoding="utf-8") as file:
        file.write('\n[map]\nbasemap = { mbtiles = "t.mbtiles" }\n')
    assert main(["run", str(data / "plan.toml"), "--out", str(tmp_path / "out")]) == 0
    issues = pd.read_csv(tmp_path / "out" / "issues.csv").set_index("code")
    assert issues.loc["BASEMAP_DAMAGED", "features"] == f"14/{x}/{y} (not PNG, JPEG or WebP)"
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert "t.mbtiles" in {i["file"] for i in record["inputs"]}
    assert sum(record["issues"].values()) == len(issues)
    page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert config(page)["basemap"]["sources"][0]["max"] == 14 and 'id="basemap-tiles"' in page
    said = [n["en"] for n in config(page)["notes"]]
    assert any("1 damaged tile left out" in n for n in said) and any("CGCS2000" in n for n in said)


# ---- in a browser ---------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(browser, tmp_path):
    """Open a map; ``serve`` answers requests to the network with a tile (or None for no answer), and all are listed."""
    contexts, said = [], []

    def show(text, *, serve=None, online=True, width=1200, height=800, address=None, quiet=True):
        file = tmp_path / f"map{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, offline=not online)
        asked = []

        def answer(route):
            asked.append(route.request.url)
            tile = serve(route.request.url) if serve else None
            if tile is None:
                route.abort()
            else:
                route.fulfill(body=tile, content_type="image/png")

        context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), answer)
        tab = context.new_page()
        if quiet:
            tab.on("console", lambda m: said.append(m.text))
        tab.on("pageerror", lambda e: said.append(str(e)))
        tab.add_init_script(f"Object.defineProperty(navigator, 'onLine', {{ get: () => {str(online).lower()} }})")
        tab.goto(address(file) if address else file.as_uri())
        tab.wait_for_selector("html[data-gisplan=ready]", timeout=30_000)
        contexts.append(context)
        settle(tab)
        return tab, asked

    yield show
    for context in contexts:
        context.close()
    assert said == []


def settle(tab):
    """Wait until nothing is loaded any more."""
    for _ in range(100):
        tab.wait_for_timeout(150)
        if not tab.locator(".leaflet-gp-basemap-pane canvas:not(.leaflet-tile-loaded)").count():
            break
    tab.wait_for_timeout(200)


def bare(tab):
    """Only the basemap, as it is."""
    tab.add_style_tag(
        content=".leaflet-control-container, .leaflet-pane:not(.leaflet-map-pane):not(.leaflet-gp-basemap-pane), .gp-opener { display: none !important }"
    )
    tab.eval_on_selector("#gp-basemap-alpha", "e => { e.value = 1; e.dispatchEvent(new Event('input')); }")
    tab.wait_for_timeout(100)


def pixels(tab):
    """The map as an array of (height, width, 3)."""
    area = tab.locator(".folium-map").bounding_box()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.MemoryFile(tab.screenshot(clip=area)) as memory, memory.open() as image:
            return np.moveaxis(image.read()[:3], 0, 2).astype(int)


def spots(image):
    """Centres of the dark dots, (x, y), to parts of a pixel; those at the edge are left out."""
    from scipy import ndimage

    ink = 255 - image.mean(axis=2)
    ink[ink < 12] = 0
    labels, n = ndimage.label(ink > 0)
    centres = np.array(ndimage.center_of_mass(ink, labels, range(1, n + 1)))[:, ::-1]
    weight = np.array(ndimage.sum_labels(ink, labels, range(1, n + 1)))
    whole = weight > 0.9 * np.median(weight)
    inside = (centres > 12).all(axis=1) & (centres < np.array(ink.shape[::-1]) - 12).all(axis=1)
    return centres[whole & inside]


def zxy(url):
    return tuple(int(v) for v in re.search(r"/(\d+)/(\d+)/(\d+)", url).groups())


@pytest.mark.browser
def test_tiles_are_asked_where_they_are_and_from_every_subdomain(opened, tmp_path):
    own = (
        '{ url = "https://{s}.tile.test/{z}/{x}/{y}.png", subdomains = ["a", "b"], attribution = "© T", max_zoom = 15 }'
    )
    _, asked = opened(park(made(tmp_path, own)), serve=lambda _: plain((200, 210, 220)))
    assert {urlsplit(u).netloc for u in asked} == {"a.tile.test", "b.tile.test"}
    found = {zxy(u) for u in asked}
    (zoom,) = {z for z, _, _ in found}
    assert zoom == 15  # and no higher than the server has
    needed = {(zoom, x, y) for x, y in cells(BOUNDS, zoom)}
    assert needed <= found and len(asked) == len(found)


@pytest.mark.browser
def test_rows_from_the_south(opened, tmp_path):
    north = '{ url = "https://tile.test/{z}/{x}/{y}.png", attribution = "© T" }'
    _, first = opened(park(made(tmp_path, north)), serve=lambda _: plain((200, 210, 220)))
    _, second = opened(park(made(tmp_path, north.replace("{y}", "{-y}"))), serve=lambda _: plain((200, 210, 220)))
    assert {(z, x, 2**z - 1 - y) for z, x, y in map(zxy, first)} == set(map(zxy, second))


@pytest.mark.browser
def test_tianditu_is_asked_for_ground_and_labels_with_the_key(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("GISPLAN_TIANDITU_KEY", "k/1&x")
    sky = made(tmp_path, '{ name = "tianditu", allow_key_in_file = true }')
    _, asked = opened(park(sky), serve=lambda _: plain((200, 210, 220)))
    layers = set()
    for url in asked:
        parts, query = urlsplit(url), {k: v for k, (v,) in parse_qs(urlsplit(url).query).items()}
        assert re.fullmatch(r"t[0-7]\.tianditu\.gov\.cn", parts.netloc)
        assert parts.path == f"/{query['LAYER']}_w/wmts" and query["tk"] == "k/1&x"
        assert (query["SERVICE"], query["REQUEST"], query["VERSION"]) == ("WMTS", "GetTile", "1.0.0")
        assert (query["STYLE"], query["TILEMATRIXSET"], query["FORMAT"]) == ("default", "w", "tiles")
        layers.add((query["LAYER"], int(query["TILEMATRIX"]), int(query["TILECOL"]), int(query["TILEROW"])))
    zoom = next(iter(layers))[1]
    needed = cells(BOUNDS, zoom)
    assert {(name, zoom, x, y) for name in ("vec", "cva") for x, y in needed} <= layers


@pytest.mark.browser
def test_a_wmts_is_asked_by_key_and_value(opened, tmp_path):
    own = (
        '{ wmts = "https://gis.test/geo/wmts?map=a", layer = "ws:base map", matrix_set = "EPSG:900913", '
        'matrix = "EPSG:900913:{z}", format = "image/jpeg", attribution = "A" }'
    )
    _, asked = opened(park(made(tmp_path, own)), serve=lambda _: plain((200, 210, 220)))
    query = {k: v for k, (v,) in parse_qs(urlsplit(asked[0]).query, keep_blank_values=True).items()}
    zoom = int(query["TILEMATRIX"].removeprefix("EPSG:900913:"))
    assert (int(query["TILECOL"]), int(query["TILEROW"])) in cells(BOUNDS, zoom, 0.03)
    for part in ("TILEMATRIX", "TILECOL", "TILEROW"):
        del query[part]
    assert query == {
        "map": "a", "SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": "ws:base map",
        "STYLE": "default", "FORMAT": "image/jpeg", "TILEMATRIXSET": "EPSG:900913",
    }  # fmt: skip


@pytest.mark.browser
def test_offline_the_map_is_whole_and_silent(opened, tmp_path):
    own = made(tmp_path, '{ url = "https://tile.test/{z}/{x}/{y}.png", attribution = "© T" }')
    tab, asked = opened(park(own), online=False)
    assert asked == [] and tab.locator(".leaflet-gp-basemap-pane canvas").count() == 0
    assert not tab.is_visible(".gp-attribution")
    assert tab.inner_text(".gp-basemap .gp-hint") == "没有网络，暂不显示底图。"
    assert tab.locator(".gp-label").count() == 1 and tab.locator("canvas.leaflet-tile").count() > 0


@pytest.mark.browser
def test_a_server_that_does_not_answer_is_soon_left_alone(opened, tmp_path):
    own = made(tmp_path, '{ url = "https://tile.test/{z}/{x}/{y}.png", attribution = "© T" }')
    answers = []
    tab, asked = opened(park(own), serve=lambda _: answers[0] if answers else None, quiet=False)
    assert "没有应答" in tab.inner_text(".gp-basemap .gp-hint") and "tile.test" in tab.inner_text(
        ".gp-basemap .gp-hint"
    )
    before = len(asked)
    tab.click("#gp-zoomIn")
    tab.wait_for_timeout(400)
    assert len(asked) == before
    answers.append(plain((10, 20, 30)))
    tab.uncheck("#gp-basemap")
    tab.check("#gp-basemap")
    settle(tab)
    assert len(asked) > before and tab.locator(".gp-basemap .gp-hint").count() == 0


@pytest.mark.browser
def test_openstreetmap_is_asked_by_a_page_of_a_server_only(opened, tmp_path):
    page = park(made(tmp_path, '"osm"'))
    tab, asked = opened(page)
    assert asked == [] and "tile.openstreetmap.org" in tab.inner_text(".gp-basemap .gp-hint")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        here = f"http://127.0.0.1:{server.server_port}/"
        tab, asked = opened(
            page, serve=lambda _: plain((9, 9, 9)), address=lambda file: here + Path(file).name, quiet=False
        )
    finally:
        server.shutdown()
        server.server_close()
    assert asked and all(u.startswith("https://tile.openstreetmap.org/") for u in asked)
    assert "OpenStreetMap 贡献者" in tab.inner_text(".gp-attribution")


@pytest.mark.browser
def test_switch_opacity_and_attribution(opened, tmp_path):
    hostile = "© <img src=x onerror=window.ran=1> {{7*7}}"
    own = f'{{ url = "https://tile.test/{{z}}/{{x}}/{{y}}.png", attribution = {{ zh = "{hostile}", en = "© T" }} }}'
    tab, _ = opened(park(made(tmp_path, own)), serve=lambda _: plain((10, 200, 30)))
    assert tab.inner_text(".gp-attribution") == hostile
    tab.click("#gp-lang")
    assert tab.inner_text(".gp-attribution") == "© T"
    tab.focus("#gp-basemap-alpha")
    tab.keyboard.press("Home")
    assert tab.evaluate("document.querySelector('.leaflet-gp-basemap-pane').style.opacity") == "0.1"
    faint = pixels(tab)[60, 500]
    tab.keyboard.press("End")
    assert tuple(pixels(tab)[60, 500]) == (10, 200, 30) and tuple(faint) != (10, 200, 30)
    tab.uncheck("#gp-basemap")
    assert tab.locator(".leaflet-gp-basemap-pane canvas").count() == 0 and not tab.is_visible(".gp-attribution")
    assert tab.locator("#gp-basemap-alpha").count() == 0
    tab.check("#gp-basemap")
    settle(tab)
    assert tab.locator(".leaflet-gp-basemap-pane canvas").count() > 0 and tab.is_visible(".gp-attribution")


def held(folder, zooms, basemap='{ mbtiles = "t.mbtiles" }', margin=0.03, datum=None):
    area = BOUNDS if datum is None else (*to_gcj02(*BOUNDS[:2]), *to_gcj02(*BOUNDS[2:]))
    there = {(z, x, y): plain(color_of(z, x, y)) for z in zooms for x, y in cells(area, z, margin)}
    mbtiles(folder / "t.mbtiles", there, format="png", attribution="Survey")
    return made(folder, basemap)


def places(tab, image):
    """Longitude and latitude of some pixels of the map, from the scale of the page itself."""
    ends = tab.evaluate(
        """() => { const map = Object.values(window).find(v => v && v._zoom !== undefined && v.project);
        const b = map.getBounds(); return [b.getWest(), b.getNorth(), b.getEast(), b.getSouth()]; }"""
    )
    height, width = image.shape[:2]
    rng = np.random.default_rng(4)
    for x, y in zip(rng.integers(5, width - 5, 200), rng.integers(5, height - 5, 200), strict=True):
        left, top = tile_of(ends[0], ends[1], 0)
        right, bottom = tile_of(ends[2], ends[3], 0)
        place = place_of(left + (right - left) * (x + 0.5) / width, top + (bottom - top) * (y + 0.5) / height, 0)
        yield x, y, place


@pytest.mark.browser
@pytest.mark.parametrize("steps", [0, 1, 3])
def test_every_pixel_has_the_colour_of_the_tile_it_lies_in(opened, tmp_path, steps):
    tab, asked = opened(park(held(tmp_path, range(11, 17))), online=False)
    for _ in range(steps):
        tab.click("#gp-zoomIn")
        settle(tab)
    bare(tab)
    settle(tab)
    image, right, zooms = pixels(tab), 0, set()
    for x, y, place in places(tab, image):
        for zoom in range(11, 17):
            column, row = tile_of(*place, zoom)
            if tuple(image[y, x]) == color_of(zoom, int(column), int(row)):
                right += 1
                zooms.add(zoom)
                break
    assert right >= 194 and len(zooms) == 1  # those on an edge may be either
    assert asked == [] and (steps < 3 or zooms == {16})  # nearer than the file goes the last zoom is stretched


@pytest.mark.browser
def test_where_a_tile_is_missing_the_one_above_is_shown(opened, tmp_path):
    there = {(z, x, y): plain(color_of(z, x, y)) for z in (13, 14) for x, y in cells(BOUNDS, z, 0.03)}
    x, y = (int(v) for v in tile_of(*MIDDLE, 16))
    there[16, x, y] = plain((250, 0, 250))
    mbtiles(tmp_path / "t.mbtiles", there, format="png")
    tab, _ = opened(park(made(tmp_path, '{ mbtiles = "t.mbtiles" }')), online=False)
    tab.click("#gp-zoomIn")
    bare(tab)
    settle(tab)
    image = pixels(tab)
    colors = {tuple(c) for c in image.reshape(-1, 3)[::97]}
    a, b = (int(v) for v in tile_of(*MIDDLE, 14))
    assert (250, 0, 250) in colors and color_of(14, a, b) in colors


@pytest.mark.browser
def test_on_paper_the_basemap_stays(opened, tmp_path):
    tab, _ = opened(park(held(tmp_path, range(11, 17))), online=False)
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    bare(tab)
    image = pixels(tab)
    bright = {color_of(z, x, y) for z in range(11, 17) for x, y in cells(BOUNDS, z, 0.03)}
    sample = [tuple(c) for c in image[50:-50:40, 50:-50:40].reshape(-1, 3)]
    assert np.mean([c in bright for c in sample]) > 0.95


@pytest.mark.browser
def test_on_paper_tiles_of_a_server_stay_too(opened, tmp_path):
    own = made(tmp_path, '{ url = "https://tile.test/{z}/{x}/{y}.png", attribution = "© T" }')
    tab, _ = opened(park(own), serve=lambda _: plain((10, 200, 30)))
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    bare(tab)
    sample = [tuple(c) for c in pixels(tab)[50:-50:40, 50:-50:40].reshape(-1, 3)]
    assert np.mean([c == (10, 200, 30) for c in sample]) > 0.95


# ---- GCJ-02 ---------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_both_ways_of_the_datum_agree_with_the_other_language(opened, tmp_path):
    own = '{ url = "https://tile.test/{z}/{x}/{y}", attribution = "A", datum = "gcj02" }'
    tab, _ = opened(park(made(tmp_path, own)), serve=lambda _: plain((1, 1, 1)))
    rng = np.random.default_rng(2)
    points = np.c_[rng.uniform(60, 145, 2000), rng.uniform(-5, 60, 2000)].tolist()
    there = np.array(tab.evaluate("p => p.map(q => gisplan.toGcj02(q[0], q[1]))", points))
    assert np.abs(there - [to_gcj02(*p) for p in points]).max() < 1e-12
    inside = [p for p in points if 73 < p[0] < 137 and 1 < p[1] < 55]
    back = np.array(tab.evaluate("p => p.map(q => gisplan.fromGcj02(...gisplan.toGcj02(q[0], q[1])))", inside))
    assert len(inside) > 800 and np.abs(back - inside).max() * 111_320 < 1e-3  # a millimetre


STEPS = {0: 0.0018, 1: 0.0009, 3: 0.000225}


@pytest.mark.browser
@pytest.mark.parametrize("zoomed", STEPS)
def test_displaced_tiles_lie_within_a_pixel_of_true_ones(opened, tmp_path, zoomed):
    """Soft dots on a grid of WGS 84, drawn once on plain tiles and once on tiles of GCJ-02, must meet on the screen."""
    step = STEPS[zoomed]

    def seen(datum, move):
        own = f'{{ url = "https://tile.test/{{z}}/{{x}}/{{y}}", attribution = "A", max_zoom = 19, datum = "{datum}" }}'
        tab, asked = opened(park(made(tmp_path, own)), serve=lambda url: dots(*zxy(url), step, move))
        for _ in range(zoomed):
            tab.click("#gp-zoomIn")
            settle(tab)
        bare(tab)
        settle(tab)
        return spots(pixels(tab)), max(zxy(u)[0] for u in asked)

    def apart(some, others):
        return np.array([np.hypot(*(others - s).T).min() for s in some])

    true, zoom = seen("wgs84", lambda lon, lat: (lon, lat))
    moved, _ = seen("gcj02", to_gcj02)
    assert len(true) > 12 and zoom >= 15 + zoomed
    # At the edge of the screen a dot may be cut in one of the two pictures.
    off = np.sort(apart(true, moved))[: int(len(true) * 0.9)]
    assert off.max() < 1.0
    wrong, _ = seen("wgs84", to_gcj02)  # the same tiles taken for what they are not
    assert np.median(apart(true, wrong)) > 5


@pytest.mark.browser
@pytest.mark.parametrize("zoomed", [0, 2])
def test_displaced_tiles_leave_no_seam(opened, tmp_path, zoomed):
    own = '{ url = "https://tile.test/{z}/{x}/{y}", attribution = "A", max_zoom = 19, datum = "gcj02" }'
    tab, _ = opened(park(made(tmp_path, own)), serve=lambda _: plain((40, 60, 80)))
    for _ in range(zoomed):
        tab.click("#gp-zoomIn")
        settle(tab)
    bare(tab)
    assert np.abs(pixels(tab) - [40, 60, 80]).max() <= 6
    assert "GCJ-02" in tab.text_content(".gp-attribution")


@pytest.mark.browser
def test_displaced_tiles_of_a_file_cover_the_screen(opened, tmp_path):
    held(tmp_path, range(11, 17), margin=0.04, datum="gcj02")
    basemap = made(tmp_path, '{ mbtiles = "t.mbtiles", datum = "gcj02" }')
    tab, _ = opened(park(basemap), online=False)
    bare(tab)
    image, right = pixels(tab), 0
    for x, y, place in places(tab, image):
        there = to_gcj02(*place)
        right += any(tuple(image[y, x]) == color_of(z, *(int(v) for v in tile_of(*there, z))) for z in range(11, 17))
    assert right >= 190

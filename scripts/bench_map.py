"""Time the map of a layer of parcels with twelve columns: from frames to a file, and from the file to a map in use.

Beside it ``folium.GeoJson`` with a tooltip and ``geopandas.GeoDataFrame.explore`` write the same parcels with the same
columns. All pages are opened from disk by a headless Chromium without a network; what the peers want from one
(Leaflet, jQuery …) is handed to them at once from installed packages, or empty. A page is ready when it says so (ours)
or when its scripts have run and its first picture has been painted (theirs). Beside it stands the processor time of
the page's own thread until then, which other work on the machine does not change.
"""

from __future__ import annotations

import shutil
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from bench_sides import child, fabric, peak_gb

#: What a map of so many parcels may take: megabytes, seconds to write, seconds until it can be used.
LIMITS = {100_000: (5.0, 3.0, 1.0), 300_000: (13.0, None, 1.5), 1_000_000: (45.0, None, 5.0)}
#: Milliseconds that 95 of 100 frames of a drag may take, and megabytes of memory of the page.
PAN_MS, HEAP_MB = 33.0, 300.0
#: Peers are not tried beyond these, and given up after so many seconds.
PEER_PARCELS, PATIENCE_S = 100_000, 120.0

NAMES = ("华", "永", "安", "正", "泰", "恒", "瑞", "新", "东", "江", "汉", "联", "宏", "科", "信", "达", "盛", "嘉")
TRADES = ("机械制造", "电子科技", "新材料", "生物医药", "仓储物流", "汽车零部件", "食品", "纺织", "光电", "包装印刷")
KINDS = ("有限公司", "股份有限公司", "厂", "集团有限公司")
SQUARE, MONEY = "m²", "万元"
UNITS = {
    "area_m2": SQUARE,
    "floor_area_m2": SQUARE,
    "building_density": "share",
    "investment_wan": MONEY,
    "tax_wan": MONEY,
}


def parcels_of(data: Path) -> Any:
    """Parcels of the fabric with twelve columns as many-valued as a real register's, made once."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    file = data / "map.parquet"
    if file.exists():
        return gpd.read_parquet(file)
    made = gpd.read_parquet(data / "parcels.parquet")
    rng, n = np.random.default_rng(11), len(made)
    word = lambda words: np.array(words, dtype=object)[rng.integers(len(words), size=n)]  # noqa: E731
    names = word(NAMES) + word(NAMES) + word(NAMES) + word(TRADES) + word(KINDS)
    area = made.area.to_numpy()
    density = np.where(rng.random(n) < 0.15, np.nan, rng.beta(4, 6, n))
    floors = rng.integers(1, 7, n)
    corner = made.geometry.representative_point()
    cell = (corner.x // 2000).astype(int).astype(str) + "-" + (corner.y // 2000).astype(int).astype(str)
    days = pd.Timestamp("2003-01-01") + pd.to_timedelta(rng.integers(0, 8000, n), unit="D")
    made = made.assign(
        name=np.where(rng.random(n) < 0.3, None, names),
        area_m2=area,
        building_density=density,
        plot_ratio=density * floors,
        floor_area_m2=area * density * floors,
        zone_id="Z" + cell,
        supply_date=pd.Series(days).dt.date.where(rng.random(n) < 0.8),
    )
    made.to_parquet(file)
    return made


def columns_of(frame: Any) -> list[str]:
    return [c for c in frame.columns if c != "geometry"]


def ours(data: Path) -> dict[str, Any]:
    """Write the map with gisplan."""
    import geopandas as gpd
    import pandas as pd

    from gisplan import vocabulary
    from gisplan.show.webmap import MapClass, MapColouring, MapColumn, MapIndicator, MapLayer, webmap

    frame = parcels_of(data)
    zones = gpd.read_parquet(data / "zones.parquet")
    table = vocabulary.code_systems()["ydyh2023"]
    frame["land_class"] = frame["land_use"].map(lambda c: table.get(c) or table.get(c[:4]) or table.get(c[:2]))
    values = pd.DataFrame({"land": zones.area.to_numpy() / 1e4}, index=zones["zone_id"].to_numpy())
    classes = tuple(MapClass(c.id, c.zh, c.en, c.color) for c in vocabulary.land_classes().values())
    shown = tuple(MapColumn(c, c, c, UNITS.get(c, "")) for c in columns_of(frame) if c not in ("land_class",))
    ways = (
        MapColouring("use", "用途", "Land use", "land_class", classes),
        MapColouring("ratio", "容积率", "Plot ratio", "plot_ratio"),
    )
    began = time.perf_counter()
    text = webmap(
        title={"zh": "测试地块", "en": "Fabric"},
        subtitle={"zh": "", "en": ""},
        language="en",
        zones=zones,
        values=values,
        indicators=[MapIndicator("land", "土地", "Land", "ha", "规模", "Size", "", "")],
        layers=[MapLayer("parcels", "宗地", "Parcels", frame, shown, ways, size_column="area_m2")],
        notes=[],
    )
    (data / "ours.html").write_text(text, encoding="utf-8", newline="\n")
    return {"seconds": time.perf_counter() - began, "peak_gb": peak_gb(), "columns": len(shown)}


def folium_geojson(data: Path) -> dict[str, Any]:
    """Write the map with ``folium.GeoJson`` and a tooltip of all columns."""
    import folium

    frame = _plain(parcels_of(data))
    began = time.perf_counter()
    degrees = frame.to_crs(4326)
    west, south, east, north = degrees.total_bounds
    page = folium.Map(tiles=None, prefer_canvas=True)
    folium.GeoJson(degrees, tooltip=folium.GeoJsonTooltip(columns_of(frame))).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    page.save(str(data / "folium.html"))
    return {"seconds": time.perf_counter() - began, "peak_gb": peak_gb()}


def explore(data: Path) -> dict[str, Any]:
    """Write the map with geopandas."""
    frame = _plain(parcels_of(data))
    began = time.perf_counter()
    frame.explore(column="land_use", tiles=None, prefer_canvas=True).save(str(data / "explore.html"))
    return {"seconds": time.perf_counter() - began, "peak_gb": peak_gb()}


def _plain(frame: Any) -> Any:
    """GeoJSON has no dates."""
    return frame.assign(supply_date=frame["supply_date"].astype(str))


#: Frame times between two calls, kept in the page.
_FRAMES = """() => {
  const times = window.frameTimes = []; let last = performance.now();
  window.frameStop = false;
  requestAnimationFrame(function next(now) {
    times.push(now - last); last = now;
    if (!window.frameStop) requestAnimationFrame(next);
  });
}"""
_STOP = "() => { window.frameStop = true; return window.frameTimes.slice(1); }"

#: For pages that do not tell: the second frame after the page's scripts have run.
_PAINTED = """window.addEventListener('load', () => requestAnimationFrame(() => requestAnimationFrame(() => {
  window.readyAt = performance.now(); document.documentElement.dataset.peer = 'ready'; })));"""
_TOLD = """new MutationObserver((_, watch) => { if (document.documentElement.dataset.gisplan === 'ready') {
  window.readyAt = performance.now(); watch.disconnect(); } })
  .observe(document, { subtree: true, attributes: true, attributeFilter: ['data-gisplan'] });"""


def opened(file: Path, *, own: bool, runs: int = 3) -> dict[str, Any]:
    """Open a page in a fresh browser and use it; the medians of some runs, and None for what never came."""
    from playwright.sync_api import TimeoutError as Late
    from playwright.sync_api import sync_playwright

    found: list[dict[str, float]] = []
    with sync_playwright() as play:
        for _ in range(runs):
            browser = play.chromium.launch(executable_path=_chromium(), args=["--no-sandbox", "--js-flags=--expose-gc"])
            context = browser.new_context(viewport={"width": 1400, "height": 900}, offline=own)
            tab = context.new_page()
            tab.set_default_timeout(PATIENCE_S * 1000)
            tab.add_init_script(_TOLD if own else _PAINTED)
            session = context.new_cdp_session(tab)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            if not own:
                tab.route(lambda url: url.startswith("http"), _hand_over)
            try:
                tab.goto(file.as_uri(), wait_until="commit")
                tab.wait_for_selector(f"html[data-{'gisplan' if own else 'peer'}=ready]", state="attached")
                metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
                ready = {"ready_s": tab.evaluate("window.readyAt") / 1000, "cpu_s": metrics["TaskDuration"]}
                found.append({**ready, **_used(tab, session)})
            except Late:
                return {}
            finally:
                browser.close()
    return {k: median(f[k] for f in found) for k in found[0]}


def _used(tab: Any, session: Any) -> dict[str, float]:
    """Memory after opening, frames of drags over the whole layer and nearer, and frames of zooming in and out."""
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    memory = (heap["usedSize"] + heap.get("backingStorageSize", 0.0)) / 1e6
    box = tab.locator(".folium-map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    pans: list[float] = []
    zooms: list[float] = []
    for nearer in (0, 2, 2):
        tab.mouse.move(x, y)
        tab.evaluate(_FRAMES)
        for _ in range(nearer):
            tab.mouse.wheel(0, -240)
            tab.wait_for_timeout(700)
        zooms += tab.evaluate(_STOP) if nearer else []
        tab.evaluate(_FRAMES)
        tab.mouse.down()
        for step in range(40):
            tab.mouse.move(x - 8 * step, y - 4 * step)
            tab.wait_for_timeout(8)
        tab.mouse.up()
        tab.wait_for_timeout(300)
        pans += tab.evaluate(_STOP)
    pans.sort()
    return {
        "heap_mb": memory,
        "pan_p95_ms": pans[int(len(pans) * 0.95)],
        "pan_worst_ms": pans[-1],
        "zoom_worst_ms": max(zooms),
    }


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if found is None:
        raise SystemExit("this benchmark opens its maps, and there is no Chromium on this machine")
    return found


def _hand_over(route: Any) -> None:
    """Give a peer Leaflet without a network, and nothing for what only decorates."""
    from gisplan.show.assets import leaflet_file

    name = route.request.url.rsplit("/", 1)[-1].split("?")[0].replace(".min.", ".")
    body = leaflet_file(name) if name in ("leaflet.js", "leaflet.css") else b""
    kinds = {"js": "text/javascript", "css": "text/css"}
    route.fulfill(body=body, content_type=kinds.get(name.rsplit(".", 1)[-1], "text/plain"))


PEERS = {"folium.GeoJson": ("map folium", "folium.html"), "explore": ("map explore", "explore.html")}


def run(size: int, folder: Path, runs: int) -> dict[str, Any]:
    """Write and open the maps of one size and print what each took."""
    data = fabric(size, folder)
    parcels_of(data)
    peers = dict(PEERS) if size <= PEER_PARCELS else {}
    if find_spec("matplotlib") is None and peers.pop("explore", None):
        print("explore is left out: it wants matplotlib, which is not installed")
    sides = {"gisplan": ("map ours", "ours.html"), **peers}
    heads = "MB   write s  ready s  (processor)  memory MB  drag p95 ms  worst  zoom worst ms"
    print(f"\n{size:,} parcels × 12 columns     {heads}")
    figures: dict[str, Any] = {}
    for name, (side, file) in sides.items():
        best = min((child(side, data) for _ in range(runs if name == "gisplan" else 1)), key=lambda f: f["seconds"])
        mb = (data / file).stat().st_size / 1e6
        seen = opened(data / file, own=name == "gisplan", runs=runs if name == "gisplan" else 1)
        figures[name] = {"mb": mb, "write_s": best["seconds"], "write_peak_gb": best["peak_gb"], **seen}
        told = f"  {name:<24} {mb:8.2f} {best['seconds']:9.2f}"
        if seen:
            told += f"{seen['ready_s']:9.2f} {seen['cpu_s']:12.2f} {seen['heap_mb']:10.0f} {seen['pan_p95_ms']:12.1f}"
            told += f" {seen['pan_worst_ms']:6.0f} {seen['zoom_worst_ms']:9.0f}"
        print(told if seen else f"{told}   not ready after {PATIENCE_S:.0f} s", flush=True)
    for fault in _above(size, figures["gisplan"]):
        print(f"  above its limit: {fault}")
    return figures


def _above(size: int, figures: dict[str, float]) -> list[str]:
    mb, write, ready = LIMITS.get(size, (None, None, None))
    limits = {"mb": mb, "write_s": write, "ready_s": ready, "pan_p95_ms": PAN_MS, "heap_mb": HEAP_MB}
    return [f"{k} {figures[k]:.2f} > {v:g}" for k, v in limits.items() if v is not None and figures[k] > v]

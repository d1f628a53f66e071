"""A small park for tests of the map: four zones, 300 parcels, roads and points, and what reads a table off a page."""

from __future__ import annotations

import tomllib
from importlib import resources

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, Polygon, box

from gisplan.show.webmap import MapClass, MapColouring, MapColumn, MapIndicator, MapLayer

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


def cells(tab, selector):
    """Texts of all elements, each on one line."""
    return [" ".join(t.split()) for t in tab.locator(selector).all_inner_texts()]

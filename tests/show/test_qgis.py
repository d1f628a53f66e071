"""The GeoPackage of a run opens coloured and named: what is stored, and what real QGIS makes of it."""

import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from PIL import Image

from gisplan import evaluate, load_plan, write
from gisplan.show.geopackage import write_geopackage
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer
from gisplan.show.qgis import styles

ROOT = Path(__file__).resolve().parents[2]
STAMP = "2000-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def sample():
    return evaluate(load_plan(ROOT / "layers" / "plan.toml"))


@pytest.fixture(scope="module")
def file(sample, tmp_path_factory):
    return write(sample, tmp_path_factory.mktemp("run")) / "results.gpkg"


@pytest.fixture(scope="module")
def in_qgis(file, tmp_path_factory):
    """What QGIS says of the file, and a picture of the parcels as it draws them."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    found = python and subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False).returncode
    if found != 0:
        reason = "no QGIS with Python (Debian: python3-qgis) on this machine"
        if os.environ.get("GISPLAN_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    picture = tmp_path_factory.mktemp("qgis") / "parcels.png"
    script = Path(__file__).parent / "in_qgis.py"
    done = subprocess.run(
        [python, script, file, picture, "parcels"], capture_output=True, check=True, timeout=180, text=True
    )
    return json.loads(done.stdout.splitlines()[-1]), np.asarray(Image.open(picture).convert("RGB"))


def test_the_layers_are_still_all_that_gdal_sees(file):
    wanted = ["zones", "parcels", "links", "works_lines", "works_points", "issues"]
    assert pyogrio.list_layers(file)[:, 0].tolist()[:6] == wanted
    with sqlite3.connect(file) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        told = dict(base.execute("SELECT table_name, description FROM gpkg_contents").fetchall())
    assert told["parcels"] == "永安工业集聚区 / Yong'an industrial area, 2025-12-31"


def test_one_style_of_each_layer_is_the_one_it_opens_with(file):
    with sqlite3.connect(file) as base:
        rows = base.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleName, styleQML FROM layer_styles"
        )
        rows = rows.fetchall()
        geometry = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
    for layer, first in (("zones", "容积率 Plot ratio"), ("parcels", "用地分类 Land use")):
        own = [r for r in rows if r[0] == layer]
        assert [r[3] for r in own if r[2]] == [first]
        assert {r[1] for r in own} == {geometry[layer]}
        assert len({r[3] for r in own}) == len(own)
    for row in rows:
        ET.fromstring(row[4].split("\n", 1)[1])


def test_qgis_opens_it_coloured_and_named(in_qgis, sample):
    told, picture = in_qgis
    assert told["zones"]["renderer"] == "RuleRenderer" and told["zones"]["labels"]
    assert told["parcels"]["renderer"] == "categorizedSymbol" and not told["parcels"]["labels"]
    assert told["zones"]["aliases"]["plot_ratio"] == "容积率 Plot ratio"
    assert told["parcels"]["aliases"]["area_m2"] == "实测面积 Measured area (m²)"
    for layer in told.values():
        assert all(other["fine"] for other in layer["others"].values())
    # Every parcel falls in one class, as many as the table has.
    uses = told["parcels"]["others"]["用地分类 Land use"]["counts"]
    assert sum(uses.values()) == len(sample.parcels) and uses["无数据 No data"] == 0
    assert uses["工业用地 Industry"] == (sample.parcels["land_class"] == "industrial").sum()
    ratios = told["zones"]["others"]["容积率 Plot ratio"]["counts"]
    assert sum(ratios.values()) == len(sample.zones)
    # Industry's brown and green's green are on the picture.
    for color in ((0xBB, 0x96, 0x74), (0x00, 0xFF, 0x00)):
        assert (picture == color).all(axis=2).sum() > 1000


def drawn(values, **more):
    """Points with one column, and a layer that colours them by it."""
    frame = gpd.GeoDataFrame({"v": values}, geometry=[shapely.Point(k, 0) for k in range(len(values))], crs=4549)
    return frame, MapLayer(
        "points",
        "点",
        "Points",
        frame,
        (MapColumn("v", "值", "Value"),),
        (MapColouring("v", "值", "Value", "v", **more),),
    )


def rules(qml):
    return [(r.get("filter"), r.get("label")) for r in ET.fromstring(qml.split("\n", 1)[1]).iter("rule")]


def test_numbers_are_parted_as_on_the_map():
    frame, layer = drawn([0.0, 0.5, 0.7, 2.0, np.nan], unit="share", limits=(50.0, 100.0))
    (style,) = styles(layer, frame.columns, {})
    assert rules(style.qml) == [
        ('"v" <= 0.5', "0.0 – 50.0%"),
        ('"v" > 0.5 AND "v" <= 1.0', "50.0 – 100.0%"),
        ('"v" > 1.0', "100.0 – 200.0%"),
        ("ELSE", "无数据 No data"),
    ]


def test_yes_and_no_are_told_apart():
    classes = (MapClass("True", "已通", "Served"), MapClass("False", "未通", "Not served"))
    frame, layer = drawn([True, False], classes=classes)
    (style,) = styles(layer, frame.columns, {})
    assert rules(style.qml) == [('"v" = 1', "已通 Served"), ('"v" = 0', "未通 Not served")]


def test_what_was_not_written_has_no_style():
    _frame, layer = drawn([1.0, 2.0])
    assert styles(layer, ["other"], {}) == []


@pytest.mark.parametrize("text", ["</qgis>", "a\x00b", "'\"&<>", "]]>", "𠮷"])
def test_hostile_names_stay_text(text, tmp_path):
    frame, layer = drawn(["x"], classes=(MapClass("x", text, text, "#ff0000"),))
    (style,) = styles(layer, frame.columns, {"v": text}, kind="point")
    root = ET.fromstring(style.qml.split("\n", 1)[1])
    assert [c.get("value") for c in root.iter("category")] == ["x", ""]
    write_geopackage({"points": frame}, tmp_path / "a.gpkg", about=text.replace("\x00", ""), styles={"points": [style]})
    assert len(gpd.read_file(tmp_path / "a.gpkg", layer="points")) == 1


def test_the_same_styles_give_the_same_bytes(tmp_path):
    frame, layer = drawn([1.0, 2.0, 3.0])
    for name in ("a.gpkg", "b.gpkg"):
        write_geopackage({"points": frame}, tmp_path / name, about="x", styles={"points": styles(layer, ["v"], {})})
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        assert base.execute("SELECT DISTINCT update_time FROM layer_styles").fetchall() == [(STAMP,)]

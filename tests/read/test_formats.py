"""Every format and encoding gives the same figures; curves are measured as they are drawn."""

import sqlite3
import struct

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from park_files import CRS, IDS, X0, Y0, box, buildings, issues, parcels, run, study, zone_figures

from gisplan.read.text import text_of

P = "layers.parcels"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    assert run(study(folder)) == 0
    return folder / "out"


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "shp", "geojson", "fgb", "gml", "gdb"])
def test_every_format_gives_the_same_figures(suffix, plain, tmp_path):
    renamed = {"building_id": "building_i"} if suffix == "shp" else {}  # ten characters are all a shapefile has
    plan = study(
        tmp_path,
        plan={
            f"{P}.path": f"parcels.{suffix}",
            f"{P}.layer": ...,
            "layers.buildings": {
                "path": f"buildings.{suffix}",
                "columns": {"building_id": renamed.get("building_id", "building_id")},
            },
        },
    )
    for name, frame in (
        ("parcels", parcels()),
        ("buildings", buildings().astype({"floors": float}).rename(columns=renamed)),
    ):
        file = tmp_path / f"{name}.{suffix}"
        frame.to_parquet(file) if suffix == "parquet" else frame.to_file(
            file, **({"driver": "OpenFileGDB"} if suffix == "gdb" else {})
        )
    assert run(plan) == 0
    if suffix in ("gpkg", "parquet", "shp"):
        for name in ("zones.csv", "indicators.csv", "parcels.csv"):
            assert (tmp_path / "out" / name).read_bytes() == (plain / name).read_bytes()
    # FlatGeobuf sorts its records, a geodatabase rounds to tenths of a millimetre, GeoJSON and GML write decimals.
    got, expected = zone_figures(tmp_path / "out"), zone_figures(plain)
    numbers = expected.select_dtypes("number").columns
    np.testing.assert_allclose(got[numbers], expected[numbers], rtol=1e-6 if suffix == "gdb" else 1e-9, atol=1e-9)


def test_parquet_with_several_geometries_uses_the_primary_one(plain, tmp_path):
    frame = parcels()
    frame.insert(0, "centre", frame.centroid)
    frame.to_parquet(tmp_path / "p.parquet")
    assert run(study(tmp_path, plan={f"{P}.path": "p.parquet", f"{P}.layer": ...})) == 0
    assert (tmp_path / "out/zones.csv").read_bytes() == (plain / "zones.csv").read_bytes()


def test_parquet_with_categories_and_lists(tmp_path):
    frame = parcels().assign(land_use=["1001", None] * 30, tags=[["a"]] * 60).astype({"land_use": "category"})
    frame.to_parquet(tmp_path / "p.parquet")
    assert run(study(tmp_path, plan={f"{P}.path": "p.parquet", f"{P}.layer": ...})) == 0
    assert issues(tmp_path / "out").loc["LAND_USE_MISSING", "count"] == 30


def write_gbk_shapefile(folder, *, cpg):
    frame = parcels().rename(columns={"half": "片区"}).assign(权利人="永安机械有限公司")
    frame.to_file(folder / "p.shp", encoding="gbk")
    if not cpg:
        (folder / "p.cpg").unlink()
        table = bytearray((folder / "p.dbf").read_bytes())
        table[29] = 0x57  # the mark that says nothing, which most writers set
        (folder / "p.dbf").write_bytes(table)


@pytest.mark.parametrize("cpg", [True, False])
@pytest.mark.parametrize("encoding", ["auto", "gbk", "gb18030"])
def test_a_shapefile_in_gbk(cpg, encoding, tmp_path):
    write_gbk_shapefile(tmp_path, cpg=cpg)
    plan = study(
        tmp_path,
        plan={
            f"{P}.path": "p.shp",
            f"{P}.layer": ...,
            f"{P}.encoding": encoding,
            "layers.zones": {"from": "parcels", "by": "片区"},
        },
    )
    assert run(plan) == 0
    assert list(zone_figures(tmp_path / "out").index) == ["E", "W"]
    table = (tmp_path / "out/parcels.csv").read_text(encoding="utf-8-sig")
    assert table.count("永安机械有限公司") == 60
    assert ("ENCODING_GUESSED" in issues(tmp_path / "out").index) == (not cpg and encoding == "auto")


def test_a_shapefile_without_its_attributes(tmp_path, capsys):
    parcels().to_file(tmp_path / "p.shp")
    (tmp_path / "p.dbf").unlink()
    keys = {f"{P}.path": "p.shp", f"{P}.layer": ..., f"{P}.columns": {"parcel_id": "parcel_id"}}
    assert run(study(tmp_path, plan=keys)) == 2
    assert capsys.readouterr().err == (
        "gisplan: [layers.parcels] columns: parcel_id = 'parcel_id': the file has no such column. "
        "It has: none at all.\n"
    )


def test_a_shapefile_without_prj(plain, tmp_path):
    parcels().to_file(tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    assert run(study(tmp_path, plan={f"{P}.path": "p.shp", f"{P}.layer": ...})) == 0
    assert issues(tmp_path / "out").loc["CRS_GUESSED", "message"] == (
        "There is no coordinate system (x 500000…501200, y 3400000…3400500); taken as EPSG:4549 (CGCS2000 / 3-degree "
        "Gauss-Kruger CM 120E), for it is the system of [layers.zones], and so it falls onto [layers.zones]."
    )
    assert (tmp_path / "out/zones.csv").read_bytes() == (plain / "zones.csv").read_bytes()


# Curves

RADIUS = 40.0


def ring(x, y, r=RADIUS):
    """Points of a circle as a circular string: start, top, far side, bottom, start."""
    return np.add([(x + r, y), (x, y + r), (x - r, y), (x, y - r), (x + r, y)], (X0, Y0))


def circle_polygon(x, y):
    """CURVEPOLYGON (CIRCULARSTRING (…)) as WKB."""
    points = ring(x, y)
    string = struct.pack("<BII", 1, 8, len(points)) + points.astype("<f8").tobytes()
    return struct.pack("<BII", 1, 10, 1) + string


def half_disc(x, y):
    """CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (…), (…))) as WKB: the upper half of the circle."""
    points = ring(x, y)
    arc = struct.pack("<BII", 1, 8, 3) + points[:3].astype("<f8").tobytes()
    chord = struct.pack("<BII", 1, 2, 2) + points[[2, 0]].astype("<f8").tobytes()
    return struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 9, 2) + arc + chord


def put(file, layer, shapes, *, kind):
    """Put shapes into a GeoPackage as they are, by SQL."""
    database = sqlite3.connect(file)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    database.execute("DELETE FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'")
    (srs,) = database.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
    for fid, wkb in shapes.items():
        database.execute(
            f'UPDATE "{layer}" SET geom = ? WHERE fid = ?', (b"GP\0\x01" + struct.pack("<i", srs) + wkb, fid)
        )
    database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = ?", (kind,))
    database.commit()
    database.close()


@pytest.mark.parametrize("kind", ["CURVEPOLYGON", "GEOMETRY", "POLYGON"])
@pytest.mark.parametrize(("shape", "area"), [(circle_polygon, np.pi * RADIUS**2), (half_disc, np.pi * RADIUS**2 / 2)])
def test_curved_parcels(shape, area, kind, tmp_path):
    plan = study(tmp_path, parcels=parcels())
    put(tmp_path / "parcels.gpkg", "parcels", {1: shape(50, 50)}, kind=kind)
    assert run(plan) == 0
    measured = gpd.pd.read_csv(tmp_path / "out/parcels.csv", dtype={"parcel_id": str}).set_index("parcel_id")["area_m2"]
    assert measured["0101"] == pytest.approx(area, rel=1e-3)
    assert measured.drop("0101").to_numpy() == pytest.approx(10_000, rel=1e-6)


@pytest.mark.parametrize("kind", ["COMPOUNDCURVE", "GEOMETRY", "LINESTRING"])
def test_curved_roads(kind, tmp_path):
    from park_files import roads

    plan = study(tmp_path, roads=roads())
    points = ring(300, 250)
    arc = struct.pack("<BII", 1, 8, 3) + points[:3].astype("<f8").tobytes()
    put(tmp_path / "roads.gpkg", "roads", {1: struct.pack("<BII", 1, 9, 1) + arc}, kind=kind)
    assert run(plan) == 0
    length = (
        gpd.pd.read_csv(tmp_path / "out/balance.csv")
        .set_index(["layer", "measure"])
        .loc[("roads", "length_m"), "input"]
    )
    assert length == pytest.approx(np.pi * RADIUS, rel=1e-3)


def test_text_of_cells():
    cells = [
        110.0,
        110.5,
        np.float64(110.5),
        np.float32(1.5),
        np.float32(7),
        True,
        np.True_,
        None,
        np.nan,
        " a ",
        "",
        0,
        np.int64(5),
    ]
    assert [text_of(c) for c in cells] == [
        "110",
        "110.5",
        "110.5",
        "1.5",
        "7",
        "true",
        "true",
        None,
        None,
        "a",
        None,
        "0",
        "5",
    ]


def test_decimal_ids_stay_what_they_are(tmp_path):
    frame = parcels().assign(parcel_id=np.arange(60) + 0.5)
    assert run(study(tmp_path, parcels=frame)) == 0
    assert gpd.pd.read_csv(tmp_path / "out/parcels.csv", dtype=str)["parcel_id"].tolist()[:2] == ["0.5", "1.5"]


def test_remarks_of_a_driver_are_an_issue_and_no_line_on_the_console(tmp_path, capsys):
    """A GeoPackage without its application id, as some converters write it."""
    plan = study(tmp_path, parcels=parcels())
    content = bytearray((tmp_path / "parcels.gpkg").read_bytes())
    content[68:72] = b"\0\0\0\0"
    (tmp_path / "parcels.gpkg").write_bytes(content)
    assert run(plan) == 0
    assert capsys.readouterr().err == ""
    assert issues(tmp_path / "out").loc["READ_REMARK", "message"].startswith("parcels.gpkg: GPKG: bad application_id")


def test_a_layer_of_several_kinds(tmp_path):
    frame = gpd.GeoDataFrame(
        {"feature_id": ["W1", "W2", "W3"]}, geometry=[box(0, 0), box(600, 0), box(0, 0).centroid], crs=CRS
    )
    assert run(study(tmp_path, water=frame)) == 0
    found = issues(tmp_path / "out").loc["GEOMETRY_REJECTED"]
    assert (found["layer"], found["features"]) == ("services.water", "W3 (is a Point)")
    assert found["remedy"] == "Put them into a layer of their own."


def test_ids_as_whole_numbers(tmp_path):
    assert run(study(tmp_path, parcels=parcels().assign(parcel_id=range(101, 161)))) == 0
    assert gpd.pd.read_csv(tmp_path / "out/parcels.csv", dtype=str)["parcel_id"].tolist() == [
        str(i) for i in range(101, 161)
    ]
    assert len(IDS) == 60 and pyogrio.list_drivers()

"""What `gisplan inspect` says of files that lie about in an office."""

import json

import geopandas as gpd
import pyogrio
import pytest
from park_files import X0, Y0, box, parcels, study, workbook

from gisplan.cli import main
from gisplan.read import kinds
from gisplan.read.inspect import inspect


def inspected(capsys, *arguments):
    assert main(["inspect", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_every_layer_of_a_geopackage(tmp_path):
    study(tmp_path)
    looks = {look.name: look for look in inspect(tmp_path / "park.gpkg")}
    assert {n: (k.kind, k.geometry, k.count) for n, k in looks.items()} == {
        "zones": ("zones", "polygons", 2),
        "parcels": ("parcels", "polygons", 60),
        "buildings": ("buildings", "polygons", 60),
        "roads": ("roads", "lines", 1),
        "water": ("services.water", "lines", 1),
    }
    land = looks["parcels"]
    assert land.crs == "CGCS2000 / 3-degree Gauss-Kruger CM 120E (EPSG:4549)"
    assert land.extent == (X0, Y0, X0 + 1200, Y0 + 500)
    assert land.reasons == ("its name says parcel", "it has parcel_id, land_use, land_area", "it holds polygons")
    assert [(f.name, f.type, f.missing, f.means) for f in land.fields] == [
        ("parcel_id", "text", 0, "parcel_id"),
        ("land_use", "text", 0, "land_use"),
        ("land_area", "number", 0, "land_area"),
        ("status", "text", 0, "status"),
        ("half", "text", 0, ""),
    ]
    assert land.fields[0].samples == ("0101", "0102", "0103")


def test_a_shapefile_in_gbk_without_a_word_about_it(tmp_path, capsys):
    frame = gpd.GeoDataFrame(
        {"宗地代码": ["甲1", None], "面积(亩)": [15.0, 15.0], "YT": ["工业", "工业"]},
        geometry=[box(0, 0), box(100, 0)],
    )
    with pytest.warns(UserWarning):
        pyogrio.write_dataframe(frame, tmp_path / "zd.shp", encoding="gbk")
    for beside in (".cpg", ".prj"):
        (tmp_path / "zd.shp").with_suffix(beside).unlink(missing_ok=True)
    lines = inspected(capsys, tmp_path / "zd.shp").splitlines()
    assert lines[:5] == [
        "zd: 2 records, polygons",
        "  coordinates  no coordinate system",
        f"  extent       x {X0:.9g}…{X0 + 200:.9g}, y {Y0:.9g}…{Y0 + 100:.9g}",
        "  encoding     GBK (found out: the file does not say)",
        "  taken for    parcels (its name says zd; it has 宗地代码, 面积(亩); it holds polygons)",
    ]
    told = [" ".join(line.split()) for line in lines[5:]]
    assert told == [
        "remark It may be in Gauss–Krüger or UTM without a zone number: EPSG:4534…4554 for central meridians 75°E…135°E "
        "(EPSG:4549 for 120°E), EPSG:32643…32653 for UTM.",
        "宗地代码 text 1 missing 甲1 → parcel_id",
        "面积(亩) number 15 → land_area in mu",
        "YT text 工业 → land_use? a land-use code, or its name in words",
    ]


def test_a_table_as_json(tmp_path, capsys):
    book = workbook(
        tmp_path / "register.xlsx", [["宗地代码", "年税收(万元)", "x"], ["0101", 12.5, None], ["0102", None, 3]]
    )
    (look,) = json.loads(inspected(capsys, book, "--format", "json"))
    assert (look["name"], look["geometry"], look["count"], look["kind"]) == ("Sheet1", "table", 2, "ledger")
    assert [(f["name"], f["means"], f["unit"], f["missing"], f["samples"]) for f in look["fields"]] == [
        ("宗地代码", "parcel_id", "", 0, ["0101", "0102"]),
        ("年税收(万元)", "tax", "wan", 1, ["12.5"]),
        ("x", "", "", 1, ["3"]),
    ]


def test_a_csv_keeps_its_zeros(tmp_path):
    (tmp_path / "t.csv").write_text("ML,UseCode\n0111,0130\n", encoding="utf-8")
    (look,) = inspect(tmp_path / "t.csv")
    assert look.fields[0].samples == ("0111",)


def test_a_raster():
    from gisplan.cli import sample

    (look,) = inspect(sample() / "dem.tif")
    assert (look.kind, look.geometry, look.count, look.crs) == ("terrain", "raster", 397 * 307, "EPSG:4549")
    assert look.remarks == ("397 × 307 cells of 12 × 12, 1 band of float32, -9999 is missing",)


def test_a_layer_of_several_kinds_is_remarked_on(tmp_path):
    frame = gpd.GeoDataFrame(geometry=[box(0, 0), box(100, 0), box(0, 0).boundary, box(0, 0).centroid], crs=4549)
    frame.to_file(tmp_path / "mixed.gpkg", engine="pyogrio")
    (look,) = inspect(tmp_path / "mixed.gpkg")
    assert look.geometry == "polygons"
    assert look.remarks[-1] == "holds 2 polygons, 1 line, 1 point: a layer of a plan takes one kind"


def test_geoparquet_and_geojson_are_seen_alike(tmp_path):
    frame = parcels().to_crs(4326)
    frame.to_parquet(tmp_path / "lots.parquet")
    pyogrio.write_dataframe(frame, tmp_path / "lots.geojson")
    looks = [inspect(tmp_path / f"lots.{end}")[0] for end in ("parquet", "geojson")]
    assert {(k.name, k.kind, k.count, k.geometry) for k in looks} == {("lots", "parcels", 60, "polygons")}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.gpkg", "there is no file"),
        ("", "is a folder. Give a file in it, or use gisplan init."),
        ("broken.gpkg", "broken.gpkg cannot be read as a vector file"),
        ("broken.tif", "broken.tif is not a raster gisplan reads. Give e.g. a GeoTIFF."),
        ("broken.xlsx", "broken.xlsx cannot be read as a workbook"),
        ("broken.csv", "broken.csv is empty."),
        ("broken.doc", "broken.doc cannot be read as a vector file"),
    ],
)
def test_one_line_for_what_cannot_be_read(tmp_path, capsys, name, message):
    if name.startswith("broken"):
        (tmp_path / name).write_bytes(b"" if name.endswith("csv") else b"nothing")
    assert main(["inspect", str(tmp_path / name)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith("gisplan: inspect: ") and message in told.err


@pytest.mark.parametrize(
    ("name", "geometry", "fields", "kind"),
    [
        ("宗地_2024", "polygons", (), "parcels"),
        ("ZD", "polygons", (), "parcels"),
        ("FQ", "polygons", (), "zones"),
        ("现状建筑", "polygons", (), "buildings"),
        ("道路中心线", "lines", (), "roads"),
        ("道路", "polygons", (), "road_surfaces"),
        ("GS_管线", "lines", (), "services.water"),
        ("water", "polygons", (), ""),
        ("waterways", "lines", (), ""),
        ("idle", "lines", (), ""),
        ("PlutoClipLM", "polygons", ("BBL", "LotArea"), "parcels"),
        ("layer1", "polygons", ("ZDDM",), "parcels"),
        ("layer1", "polygons", ("land_use",), ""),
        ("watercourses", "lines", ("width_m",), ""),
        ("layer1", "lines", ("highway",), "roads"),
        ("zones", "lines", (), ""),
    ],
)
def test_what_a_layer_is_taken_for(name, geometry, fields, kind):
    found = kinds.guesses([name], geometry, fields)
    assert (found[0].kind if found else "") == kind


def test_dl_is_a_road_or_a_power_line():
    both = kinds.guesses(["DL"], "lines", [])
    assert [(g.kind, g.score) for g in both] == [("roads", 2), ("services.power", 2)]
    assert kinds.guesses(["DL"], "lines", ["道路等级"])[0].score == 3

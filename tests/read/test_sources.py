"""Every kind of file and table gives the figures of the GeoPackage: written here with GDAL itself, read by gisplan."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from park_files import CRS, buildings, issues, parcels, run, study, water, workbook, zone_figures

P = "layers.parcels"
FORMATS = ["gpkg", "parquet", "shp", "geojson", "fgb", "gml", "gdb", "kml", "tab", "mif", "shp.zip", "gpkg.zip"]
DRIVERS = {"gdb": "OpenFileGDB", "kml": "LIBKML", "tab": "MapInfo File", "mif": "MapInfo File"}

#: MapInfo's tables hold whole centimetres, and its projections know WGS 84 but not CGCS2000, a tenth of a millimetre
#: away; a geodatabase holds tenths of a millimetre; the others decimals in full.
ROUNDING = {"tab": 1e-3, "mif": 1e-6, "gdb": 1e-6}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    assert run(study(folder)) == 0
    return folder / "out"


def assert_same_figures(out, plain, *, rtol=1e-9):
    """Zones and indicators of a run are those of the GeoPackage."""
    got, expected = zone_figures(out), zone_figures(plain)
    assert list(got.index) == list(expected.index) and list(got.columns) == list(expected.columns)
    numbers = expected.select_dtypes("number").columns
    np.testing.assert_allclose(got[numbers], expected[numbers], rtol=rtol, atol=1e-9)
    got, expected = (pd.read_csv(f / "indicators.csv") for f in (out, plain))
    counts = [c for c in expected.columns if c not in expected.select_dtypes("float").columns and c != "flags"]
    pd.testing.assert_frame_equal(got[counts], expected[counts])
    np.testing.assert_allclose(
        got.select_dtypes("float"), expected.select_dtypes("float"), rtol=rtol, atol=1e-9, equal_nan=True
    )
    books = pd.read_csv(out / "balance.csv")
    count = books[books["measure"] == "count"].set_index("layer")["input"]
    assert count["parcels"] == count["buildings"] == 60


def put(frame, folder, name, kind):
    """Write a frame in a format; return the file's name."""
    suffix, _, packed = kind.partition(".")
    file = folder / f"{name}.{suffix}"
    frame = frame.to_crs(4490 if suffix == "geojson" else 4326) if suffix in ("kml", "geojson") else frame
    if suffix == "parquet":
        frame.to_parquet(file)
    else:
        frame.to_file(file, **({"driver": DRIVERS[suffix]} if suffix in DRIVERS else {}))
    if not packed:
        return file.name
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.glob(f"{name}.*")):
            if part.suffix != ".zip":
                archive.write(part, f"资料/{part.name}")
                part.unlink()
    return f"{name}.zip"


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_figures(kind, plain, tmp_path):
    short = "building_i" if kind.startswith("shp") else "building_id"
    plan = study(
        tmp_path,
        plan={
            f"{P}.path": put(parcels(), tmp_path, "parcels", kind),
            f"{P}.layer": ...,
            "layers.buildings": {
                "path": put(
                    buildings().astype({"floors": float}).rename(columns={"building_id": short}),
                    tmp_path,
                    "buildings",
                    kind,
                ),
                "columns": {"building_id": short},
            },
        },
    )
    assert run(plan) == 0
    assert_same_figures(tmp_path / "out", plain, rtol=ROUNDING.get(kind, 1e-9))


# Tables


def rows(frame, **shapes):
    """Header and rows of a frame as a table holds them."""
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(**shapes)
    return [list(table.columns), *table.astype(object).to_numpy().tolist()]


def sheet(file, table):
    if file.suffix == ".xlsx":
        workbook(file, table, sheet="宗地")
    else:
        pd.DataFrame(table[1:], columns=table[0]).to_csv(file, index=False, encoding="gbk")
    return file.name


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize(("name", "given"), [("WKT", {}), ("形状", {"geometry": {"wkt": "形状"}})])
def test_a_table_with_shapes_as_text(name, given, suffix, plain, tmp_path):
    file = sheet(tmp_path / f"p.{suffix}", rows(parcels(), **{name: parcels().geometry.to_wkt()}))
    keys = {"path": file, "layer": ..., "crs": CRS, **given, **({"sheet": "宗地"} if suffix == "xlsx" else {})}
    assert run(study(tmp_path, plan={f"{P}.{k}": v for k, v in keys.items()})) == 0
    for part in ("zones.csv", "indicators.csv", "parcels.csv"):
        assert (tmp_path / "out" / part).read_bytes() == (plain / part).read_bytes()
    found = issues(tmp_path / "out")
    assert ("PLACE_BY_NAME" in found.index) == (not given)
    if not given:
        assert found.loc["PLACE_BY_NAME", "message"] == (
            f"p.{suffix}: the place of each record is read from WKT, recognised by name."
        )


def hydrants(frame):
    """Ten hydrants in the middle of the parcels of the first row of zone A and four of zone B."""
    return frame.set_geometry(frame.centroid).iloc[:10]


@pytest.mark.parametrize("names", [("lon", "lat"), ("经度", "纬度"), ("x", "y"), ("横", "纵")])
def test_a_table_with_two_coordinates(names, tmp_path):
    east, north = names
    points = hydrants(parcels())[["parcel_id", "geometry"]]
    degrees = east != "x"
    where = points.to_crs(4490).geometry if degrees else points.geometry
    sheet(tmp_path / "h.csv", rows(points, **{east: where.x.map(repr), north: where.y.map(repr)}))
    layer = {"path": "h.csv", "crs": "EPSG:4490" if degrees else CRS}
    if east == "横":
        layer["geometry"] = {"x": "横", "y": "纵"}
    points.to_file(tmp_path / "h.gpkg")
    figures = []
    for hydrant in (layer, {"path": "h.gpkg"}):
        assert run(study(tmp_path, plan={"layers.services.hydrant": hydrant})) == 0
        figures.append(zone_figures(tmp_path / "out"))
    # Within 120 m of ten points in the first row, 50 m inside it: 0101 and its neighbours are served.
    assert 0 < figures[0].loc["B", "coverage_hydrant"] < figures[0].loc["A", "coverage_hydrant"] < 1
    np.testing.assert_allclose(
        figures[0].select_dtypes("number"), figures[1].select_dtypes("number"), rtol=1e-7, atol=1e-9
    )


def test_text_and_numbers_of_a_table_in_a_condition(tmp_path):
    """Ids keep their zeros; a column that is a number is compared as one."""
    frame = parcels().assign(land_area=[9.0, 10.0, 100.0] * 20)
    sheet(tmp_path / "p.csv", rows(frame, wkt=frame.geometry.to_wkt()))
    plan = {"path": "p.csv", "layer": ..., "crs": CRS, "where": "land_area > 9 AND parcel_id <> '0102'"}
    assert run(study(tmp_path, plan={f"{P}.{k}": v for k, v in plan.items()})) == 0
    assert issues(tmp_path / "out").loc["FILTERED", "message"].startswith("21 of 60 records left out")


def test_the_system_that_shapes_name_themselves(plain, tmp_path):
    frame = parcels()
    sheet(tmp_path / "p.csv", rows(frame, geom="SRID=4549;" + frame.geometry.to_wkt()))
    assert run(study(tmp_path, plan={f"{P}.path": "p.csv", f"{P}.layer": ...})) == 0
    assert (tmp_path / "out/zones.csv").read_bytes() == (plain / "zones.csv").read_bytes()


def test_a_text_that_is_no_shape_is_listed_and_counted(tmp_path):
    frame = parcels()
    text = frame.geometry.to_wkt().tolist()
    text[3], text[5] = "POLYGON ((1 2, 3", None
    sheet(tmp_path / "p.csv", rows(frame, wkt=text))
    assert run(study(tmp_path, plan={f"{P}.path": "p.csv", f"{P}.layer": ..., f"{P}.crs": CRS})) == 0
    found = issues(tmp_path / "out")
    assert found.loc["SHAPE_UNREADABLE", "message"] == "1 record with a text in wkt that is no shape: line 5."
    assert found.loc["GEOMETRY_REJECTED", "features"] == "0104 (empty geometry); 0106 (empty geometry)"
    books = pd.read_csv(tmp_path / "out/balance.csv").set_index(["layer", "measure"]).loc[("parcels", "count")]
    assert (books["input"], books["inside"], books["rejected"]) == (60, 58, 2)


def refused(tmp_path, capsys, **keys):
    plan = study(tmp_path, plan={f"{P}.layer": ..., **{f"{P}.{k}": v for k, v in keys.items()}})
    assert run(plan) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told.removeprefix("gisplan: ").removesuffix("\n")


TABLE_FAULTS = {
    "unknown_crs": (
        {"crs": "EPSG:44900000"},
        "plan.toml: [layers.parcels] crs: 'EPSG:44900000' is no coordinate system. Write e.g. crs = \"EPSG:4549\".",
    ),
    "no_such_column": (
        {"geometry": {"x": "X", "y": "Y"}},
        "[layers.parcels] geometry: p.csv has no column 'X', 'Y'. It has: parcel_id, land_use, wkt.",
    ),
    "one_of_two": (
        {"geometry": {"x": "lon"}},
        'plan.toml: [layers.parcels.geometry] give { wkt = "column" } or { x = "column", y = "column" }.',
    ),
    "text_for_a_coordinate": (
        {"geometry": {"x": "land_use", "y": "parcel_id"}},
        "[layers.parcels]: column 'parcel_id' holds what is no number in 1 of 1 record: 'eins'. Correct the values or map another column.",
    ),
    "layer_of_a_table": (
        {"layer": "p"},
        "[layers.parcels] layer: p.csv is a table and has no layers. Write sheet = … for a workbook.",
    ),
    "sheet_of_a_text": (
        {"sheet": "p"},
        "[layers.parcels] sheet: p.csv is a text file and has no sheets. Leave sheet out.",
    ),
    "sql_of_a_file": (
        {"sql": "SELECT 1"},
        'plan.toml: [layers.parcels] sql needs the address of a database as path, e.g. path = "postgresql://user@host/base".',
    ),
}


@pytest.mark.parametrize("case", TABLE_FAULTS)
def test_a_table_that_does_not_say_where(case, tmp_path, capsys):
    keys, message = TABLE_FAULTS[case]
    sheet(tmp_path / "p.csv", [["parcel_id", "land_use", "wkt"], ["eins", "1001", "POINT (1 2)"]])
    assert refused(tmp_path, capsys, path="p.csv", **{"crs": CRS, **keys}) == message


def test_a_table_without_coordinates(tmp_path, capsys):
    workbook(tmp_path / "p.xlsx", rows(parcels()))
    assert refused(tmp_path, capsys, path="p.xlsx") == (
        "[layers.parcels]: p.xlsx has no column that says where its records lie. It has: parcel_id, land_use, "
        'land_area, status, half. Give geometry = { wkt = "…" } or geometry = { x = "…", y = "…" }.'
    )


def test_a_shape_longer_than_a_cell_of_a_spreadsheet(tmp_path):
    """A polygon of 20,000 corners is 600,000 characters; Python's own limit is 131,072."""
    frame = parcels()
    first = frame.geometry.iloc[0].segmentize(0.02)
    shapes = [first, *frame.geometry.iloc[1:]]
    assert len(first.wkt) > 200_000
    sheet(tmp_path / "p.csv", rows(frame, wkt=[s.wkt for s in shapes]))
    assert run(study(tmp_path, plan={f"{P}.path": "p.csv", f"{P}.layer": ..., f"{P}.crs": CRS})) == 0
    assert zone_figures(tmp_path / "out").loc["A", "parcel_area_m2"] == pytest.approx(300_000, rel=1e-6)


# Archives


def archive(file, members):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.name


def shapefile(folder, frame, stem, **options):
    """Parts of a shapefile by their ending."""
    frame.to_file(folder / f"{stem}.shp", **options)
    parts = {p.suffix[1:]: p.read_bytes() for p in folder.glob(f"{stem}.*")}
    for part in parts:
        (folder / f"{stem}.{part}").unlink()
    return parts


def test_a_zipped_shapefile_in_gbk_without_cpg(tmp_path):
    parts = shapefile(tmp_path, parcels().assign(权利人="永安机械有限公司"), "p", encoding="gbk")
    del parts["cpg"]
    table = bytearray(parts["dbf"])
    table[29] = 0x57
    # Chinese packers write member names in GBK and do not say so.
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        for ending, content in {**parts, "dbf": bytes(table)}.items():
            info = zipfile.ZipInfo("宗地.".encode("gbk").decode("cp437") + ending)
            packed.writestr(info, content)
    assert run(study(tmp_path, plan={f"{P}.path": "p.zip", f"{P}.layer": ...})) == 0
    assert (tmp_path / "out/parcels.csv").read_text(encoding="utf-8-sig").count("永安机械有限公司") == 60
    assert issues(tmp_path / "out").loc["ENCODING_GUESSED", "message"] == (
        "p.zip does not say its encoding; its text is GBK: it is not UTF-8, and 100% of its characters are common "
        "Chinese ones."
    )


def test_several_shapefiles_in_one_archive(plain, tmp_path, capsys):
    members = {
        f"gis/{n}.{e}": c
        for n in ("dk", "gs")
        for e, c in shapefile(tmp_path, (parcels if n == "dk" else water)(), n).items()
    }
    archive(tmp_path / "park.zip", members)
    assert refused(tmp_path, capsys, path="park.zip") == (
        '[layers.parcels]: park.zip holds 2 datasets (gis/dk.shp, gis/gs.shp). Name one with layer = "…".'
    )
    assert refused(tmp_path, capsys, path="park.zip", layer="dks") == (
        "[layers.parcels]: park.zip holds no dataset 'dks'. Did you mean 'dk'?"
    )
    for name in ("dk", "dk.shp", "gis/dk.shp"):
        assert run(study(tmp_path, plan={f"{P}.path": "park.zip", f"{P}.layer": name})) == 0
        assert (tmp_path / "out/zones.csv").read_bytes() == (plain / "zones.csv").read_bytes()


def test_a_layer_of_a_geopackage_in_an_archive(plain, tmp_path):
    study(tmp_path)
    archive(tmp_path / "p.zip", {"park.gpkg": (tmp_path / "park.gpkg").read_bytes(), "lies mich.txt": b""})
    assert run(study(tmp_path, plan={f"{P}.path": "p.zip"})) == 0
    assert (tmp_path / "out/zones.csv").read_bytes() == (plain / "zones.csv").read_bytes()

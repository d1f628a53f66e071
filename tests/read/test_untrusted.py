"""Files from anywhere: a message or a result, never a crash, nothing written but the output, memory bounded."""

import json
import os
import stat
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from park_files import CRS, IDS, X0, Y0, issues, parcels, run, study, water, workbook

from gisplan.errors import LayerError, first_ids, on_one_line
from gisplan.read import archives, limits

P = "layers.parcels"


def refused(folder, capsys, **keys):
    """One line on standard error, and the folder as it was."""
    plan = study(folder, plan={f"{P}.layer": ..., **{f"{P}.{k}": v for k, v in keys.items()}})
    before = sorted(str(p) for p in folder.parent.rglob("*"))
    assert run(plan) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and sorted(str(p) for p in folder.parent.rglob("*")) == before
    return told.removeprefix("gisplan: ").removesuffix("\n")


# Archives


def shapefile(folder):
    parcels().to_file(folder / "p.shp")
    parts = {p.name: p.read_bytes() for p in folder.glob("p.*")}
    for name in parts:
        (folder / name).unlink()
    return parts


@pytest.mark.parametrize(
    "name", ["../../evil.shp", "/tmp/evil.shp", "C:\\evil.shp", "a/../../evil.shp", "..\\evil.txt"]
)
def test_names_that_lead_out_of_an_archive(name, tmp_path, capsys):
    folder = tmp_path / "study"
    folder.mkdir()
    members = {**shapefile(folder), name: b"x"}
    with zipfile.ZipFile(folder / "p.zip", "w") as packed:
        for part, content in members.items():
            packed.writestr(part, content)
    assert refused(folder, capsys, path="p.zip") == (
        f"[layers.parcels]: p.zip holds names or links that lead out of its folder ({name}). "
        "Such an archive is not unpacked. Ask where it comes from."
    )


def test_a_link_in_an_archive(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        link = zipfile.ZipInfo("p.shp")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    assert "lead out of its folder (p.shp)" in refused(tmp_path, capsys, path="p.zip")


def put_nothing(file, name):
    """Add 300 MB of zeros to an archive."""
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as packed,
        packed.open(name, "w") as member,
    ):
        for _ in range(300):
            member.write(bytes(1_000_000))


def test_an_archive_that_grows_without_measure(tmp_path, capsys):
    """300 MB of nothing, packed into 0.3 MB."""
    put_nothing(tmp_path / "p.zip", "p.shp")
    assert refused(tmp_path, capsys, path="p.zip") == (
        "[layers.parcels]: p.zip would grow from 0.3 MB to 300 MB. Such an archive is not unpacked. "
        "Unpack it yourself if you trust it, and give the file in it."
    )


def test_an_archive_larger_than_the_limit(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        packed.writestr("p.shp", os.urandom(1000))
    with (
        pytest.raises(LayerError, match="would grow from"),
        archives.unpacked(tmp_path / "p.zip", None, place="[x]", limit=999),
    ):
        pass


def test_a_member_that_is_larger_than_it_says(tmp_path, capsys):
    """The directory says 10 bytes; 100,000 come."""
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("p.gpkg", bytes(100_000))
    content = (tmp_path / "p.zip").read_bytes()
    (tmp_path / "p.zip").write_bytes(content.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    told = refused(tmp_path, capsys, path="p.zip")
    assert told.startswith("[layers.parcels]: p.zip cannot be unpacked (Bad CRC-32 for file 'p.gpkg')")


def test_a_workbook_that_grows_without_measure(tmp_path, capsys):
    workbook(tmp_path / "p.xlsx", [["parcel_id", "wkt"]])
    put_nothing(tmp_path / "p.xlsx", "xl/media/image1.png")
    assert "p.xlsx would grow from 0.3 MB to 300 MB" in refused(tmp_path, capsys, path="p.xlsx", crs=CRS)


ARCHIVES = {
    "empty": (b"", "cannot be unpacked (File is not a zip file)"),
    "noise": (b"PK\3\4" + b"x" * 200, "cannot be unpacked (File is not a zip file)"),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_what_is_no_archive(case, tmp_path, capsys):
    content, message = ARCHIVES[case]
    (tmp_path / "p.zip").write_bytes(content)
    assert refused(tmp_path, capsys, path="p.zip") == (
        f"[layers.parcels]: p.zip {message}. Pack it again, or give the file itself."
    )


def test_an_archive_without_a_layer(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        packed.writestr("a.pdf", b"x")
    assert refused(tmp_path, capsys, path="p.zip") == (
        "[layers.parcels]: p.zip holds no layer gisplan reads (a.pdf). Put a shapefile or GeoPackage in it."
    )


# Files that are something else


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>park.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>", "p.geojson"),
        ("<OGRWFSDataSource><URL>http://localhost:9/</URL></OGRWFSDataSource>", "p.gml"),
        ('{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read park.gpkg"}', "p.json"),
    ],
)  # fmt: skip
def test_a_file_that_leads_elsewhere(content, name, tmp_path, capsys):
    """GDAL tells a file by what is in it: a driver that opens other files hides behind any name."""
    (tmp_path / name).write_text(content)
    assert refused(tmp_path, capsys, path=name) == (
        f"[layers.parcels]: {name} holds no records but leads to another file or server. Give the file it leads to."
    )


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "fgb", "gdb", "kml", "tab", "mif", "csv", "xlsx", "zip", "parquet", "gml"])  # fmt: skip
def test_an_empty_file(suffix, tmp_path, capsys):
    (tmp_path / f"p.{suffix}").touch()
    told = refused(tmp_path, capsys, path=f"p.{suffix}", crs=CRS)
    assert told.startswith("[layers.parcels]: p.") and str(tmp_path) not in told


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "csv", "zip", "gdb"])
def test_a_file_that_is_a_folder(suffix, tmp_path, capsys):
    (tmp_path / f"p.{suffix}").mkdir()
    told = refused(tmp_path, capsys, path=f"p.{suffix}")
    assert ("is a folder. Give the file in it." in told) == (suffix != "gdb")


@pytest.mark.skipif(os.name == "nt", reason="there are no device files on Windows")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_a_device(device, tmp_path, capsys):
    assert f"there is no file '{device}'" in refused(tmp_path, capsys, path=device)


@pytest.mark.parametrize("path", ["/vsicurl/http://localhost:9/p.gpkg", "/vsizip/p.zip/p.shp", "WFS:http://localhost:9/", "PG:dbname=x", "http://localhost:9/p.geojson"])  # fmt: skip
def test_names_that_mean_something_to_gdal_alone(path, tmp_path, capsys):
    assert f"there is no file {path!r}" in refused(tmp_path, capsys, path=path)


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "fgb", "gml", "gdb", "kml", "tab", "mif", "parquet"])
def test_reading_leaves_the_data_as_they_are(suffix, tmp_path):
    """No index, no note of a driver, no journal beside the planner's files."""
    data = tmp_path / "data"
    data.mkdir()
    file = data / f"p.{suffix}"
    frame = parcels().to_crs(4326) if suffix in ("kml", "geojson") else parcels()
    if suffix == "parquet":
        frame.to_parquet(file)
    else:
        drivers = {"gdb": "OpenFileGDB", "kml": "LIBKML", "tab": "MapInfo File", "mif": "MapInfo File"}
        frame.to_file(file, **({"driver": drivers[suffix]} if suffix in drivers else {}))
    (data / "p.xsd").unlink(missing_ok=True)
    before = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    assert run(study(tmp_path, plan={f"{P}.path": f"data/p.{suffix}", f"{P}.layer": ...})) == 0
    assert {p: p.read_bytes() for p in data.rglob("*") if p.is_file()} == before


# Shapes


def test_a_shape_of_more_corners_than_is_allowed(tmp_path):
    frame = parcels().iloc[:3]
    frame.index = [1, 2, 3]
    frame.loc[2, "geometry"] = frame.geometry.loc[2].segmentize(0.1)
    with pytest.raises(LayerError) as error:
        limits.require_corners(frame, place="[layers.parcels]", corners=4000)
    assert str(error.value) == (
        "[layers.parcels]: 1 record with a shape of up to 4,001 corners, where 4,000 are the most: #2. "
        "Simplify or divide it."
    )
    limits.require_corners(frame, place="[layers.parcels]", corners=4001)


def test_a_shapefile_says_how_many_corners_before_it_is_read(tmp_path):
    frame = parcels().iloc[:3].copy()
    frame.loc[1, "geometry"] = frame.geometry.loc[1].segmentize(0.1)
    frame.to_file(tmp_path / "p.shp")
    with pytest.raises(LayerError, match=r"of up to 4,00\d corners, where 1,000 are the most: #2\."):
        limits.require_room(tmp_path / "p.shp", place="[x]", corners=1000)
    limits.require_room(tmp_path / "p.shp", place="[x]")


def test_a_polygon_of_eleven_million_corners(tmp_path, capsys):
    """176 MB of corners, above the limit that holds for everyone."""
    angle = np.linspace(0, 2 * np.pi, 11_000_000, endpoint=False)
    ring = shapely.linearrings(np.column_stack([X0 + 600 + 500 * np.cos(angle), Y0 + 250 + 500 * np.sin(angle)]))
    frame = gpd.GeoDataFrame({"parcel_id": ["1"]}, geometry=[shapely.polygons(ring)], crs=CRS)
    frame.to_parquet(tmp_path / "p.parquet")
    del angle, ring, frame
    assert refused(tmp_path, capsys, path="p.parquet") == (
        "[layers.parcels]: 1 record with a shape of up to 11,000,001 corners, where 10,000,000 are the most: #1. "
        "Simplify or divide it."
    )


def test_a_file_larger_than_memory(tmp_path):
    (tmp_path / "p.geojson").write_bytes(b"x" * 2000)
    with pytest.raises(LayerError) as error:
        limits.require_room(tmp_path / "p.geojson", place="[layers.parcels]", memory=3999)
    assert str(error.value) == (
        "[layers.parcels]: p.geojson is too large to be read here (0.0 GB; the computer has 0.0 GB of memory). "
        "Cut it to the study area, or give it as a GeoPackage with one."
    )
    limits.require_room(tmp_path / "p.geojson", place="[layers.parcels]", memory=4000)
    limits.require_room(tmp_path / "p.geojson", place="[layers.parcels]")


FAR = 1e300


@pytest.mark.parametrize("far", [FAR, -FAR, 1e20, np.inf, np.nan])
@pytest.mark.parametrize("suffix", ["gpkg", "csv"])
def test_one_record_at_the_end_of_the_world(far, suffix, tmp_path, capsys):
    """It is listed, and the others are measured."""
    frame = parcels()
    with np.errstate(invalid="ignore"):
        frame.loc[7, "geometry"] = shapely.Polygon([(X0, Y0), (far, Y0), (X0, Y0 + 100)])
    if suffix == "csv":
        table = pd.DataFrame(frame.drop(columns="geometry")).assign(wkt=frame.geometry.map(lambda g: g.wkt))
        table.to_csv(tmp_path / "p.csv", index=False)
    else:
        frame.to_file(tmp_path / "p.gpkg")
    assert run(study(tmp_path, plan={f"{P}.path": f"p.{suffix}", f"{P}.layer": ..., f"{P}.crs": CRS})) == 0
    assert capsys.readouterr().err == ""
    books = pd.read_csv(tmp_path / "out/balance.csv").set_index(["layer", "measure"]).loc[("parcels", "count")]
    assert (books["input"], books["inside"], books["rejected"]) == (60, 59, 1)
    found = issues(tmp_path / "out").loc["GEOMETRY_REJECTED", "features"]
    assert found.startswith("0108 (coordinates that ") or (suffix, found) == ("csv", "0108 (empty geometry)")


@pytest.mark.parametrize("value", ["1e999", "nan", "inf", "-inf"])
def test_points_of_a_table_that_are_no_numbers(value, tmp_path, capsys):
    table = pd.DataFrame({"parcel_id": ["1"], "x": [value], "y": ["1"]})
    table.to_csv(tmp_path / "h.csv", index=False)
    code = run(study(tmp_path, plan={"layers.services.hydrant": {"path": "h.csv", "crs": CRS}}))
    told = capsys.readouterr().err
    assert code == 2 and told.count("\n") == 1 and told.startswith("gisplan: [layers.services.hydrant]"), told


# Texts


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "csv", "parquet"])
def test_a_field_with_a_book_in_it(suffix, tmp_path):
    """Ten million characters where a land-use code is expected: told, but not in full."""
    frame = parcels()
    frame.loc[3, "land_use"] = "x" * 9_999_999
    if suffix == "csv":
        pd.DataFrame(frame.drop(columns="geometry")).assign(wkt=frame.geometry.to_wkt()).to_csv(
            tmp_path / "p.csv", index=False
        )
    elif suffix == "parquet":
        frame.to_parquet(tmp_path / "p.parquet")
    else:
        frame.to_file(tmp_path / f"p.{suffix}")
    assert run(study(tmp_path, plan={f"{P}.path": f"p.{suffix}", f"{P}.layer": ..., f"{P}.crs": CRS})) == 0
    message = issues(tmp_path / "out").loc["LAND_USE_UNKNOWN", "message"]
    assert "(9,999,999 characters)" in message and len(message) < 1000


HOSTILE = [
    'a"; DROP TABLE parcels; --',
    "a'); DELETE FROM x; --",
    "../../x",
    "${HOME}",
    "{0.__class__}",
    "<script>alert(1)</script>",
    "a\nb",
    "\x1b[31mred",
    "名" * 60,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_columns_and_layers(name, tmp_path, capsys):
    """They are names: used where the plan says so, shown on one line where they are not there."""
    frame = parcels().rename(columns={"half": name})
    frame.to_parquet(tmp_path / "p.parquet")
    plan = {f"{P}.path": "p.parquet", f"{P}.layer": ..., "layers.zones": {"from": "parcels", "by": name}}
    assert run(study(tmp_path, plan=plan)) == 0
    zones = pd.read_csv(tmp_path / "out/zones.csv")
    assert zones["zone_id"].tolist() == ["E", "W"] and zones["parcel_area_m2"].sum() == pytest.approx(600_000, rel=1e-6)
    capsys.readouterr()
    if not name.isidentifier() and any(c in name for c in "/{<"):
        return  # GDAL itself writes no such layer
    pyogrio.write_dataframe(frame, tmp_path / "q.gpkg", layer=name)
    assert (
        run(
            study(
                tmp_path,
                plan={f"{P}.path": "q.gpkg", f"{P}.layer": name, "layers.zones": {"from": "parcels", "by": name}},
            )
        )
        == 0
    )
    capsys.readouterr()
    assert (
        run(study(tmp_path, plan={f"{P}.path": "q.gpkg", f"{P}.layer": "nothing", f"{P}.columns": {"holder": name}}))
        == 2
    )
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and told.rstrip("\n").isprintable()


def test_a_condition_on_a_hostile_column(tmp_path):
    name = 'a"; DROP TABLE parcels; --'
    frame = parcels().rename(columns={"half": name})
    frame.to_parquet(tmp_path / "p.parquet")
    quoted = '"' + name.replace('"', '""') + '"'
    assert (
        run(study(tmp_path, plan={f"{P}.path": "p.parquet", f"{P}.layer": ..., f"{P}.where": f"{quoted} = 'W'"})) == 0
    )
    assert issues(tmp_path / "out").loc["FILTERED", "message"].startswith("30 of 60 records left out")


def test_ids_that_would_command_a_terminal(tmp_path, capsys):
    frame = parcels().iloc[[0, 1, 2]].assign(parcel_id=["\x1b]0;owned\x07", "a\nb\r\nc", "\x9b2J"], geometry=None)
    whole = pd.concat([parcels().iloc[3:], gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)], ignore_index=True)
    whole.to_parquet(tmp_path / "p.parquet")
    assert run(study(tmp_path, plan={f"{P}.path": "p.parquet", f"{P}.layer": ...})) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x07" not in out and "\x9b" not in out and "\\x1b]0;owned\\x07" in out
    told = [line for line in out.splitlines() if "cannot be used" in line]
    assert len(told) == 1 and "a b c" in told[0]
    assert on_one_line("a\u2028b\x00") == "a b\\x00" and first_ids(["x" * 201]).endswith("… (201 characters)")


def test_geojson_nested_without_end(tmp_path, capsys):
    deep = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": ' + "[" * 100_000
    (tmp_path / "p.geojson").write_text(deep)
    assert refused(tmp_path, capsys, path="p.geojson").startswith("[layers.parcels]: p.geojson cannot be read")


def test_geojson_with_nothing_where_something_is_expected(tmp_path, capsys):
    features = [{"type": "Feature", "properties": None, "geometry": None}] * 3
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    told = refused(tmp_path, capsys, path="p.geojson")
    assert told.startswith("[layers.parcels]: ") and len(IDS) == 60 and water is not None

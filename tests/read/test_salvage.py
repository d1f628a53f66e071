"""A damaged file gives what it still holds: good records go on, the others are told by number and counted."""

import sqlite3
import struct

import numpy as np
import pandas as pd
import pytest
from park_files import IDS, issues, parcels, run, study

from gisplan.read.salvage import salvage

P = "layers.parcels"


def whole(folder, suffix):
    """The parcels as a file that nothing is wrong with yet."""
    file = folder / f"p.{suffix}"
    frame = parcels()
    if suffix == "fgb":
        frame.to_file(file, SPATIAL_INDEX="NO")  # in the order they are given
    else:
        frame.to_file(file)
    return file


def cut(file, share):
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])


def change(file, at, new):
    content = bytearray(file.read_bytes())
    content[at : at + len(new)] = new
    file.write_bytes(content)


def shape_at(folder, number):
    """Offset of a shape in p.shp, from the .shx: a head of 100 bytes, then offset and length in words of two."""
    return struct.unpack(">i", (folder / "p.shx").read_bytes()[100 + 8 * (number - 1) :][:4])[0] * 2


def outcome(folder, file, **plan):
    """Run the study; what the books say of the parcels, the issue, and the ids that were measured."""
    assert run(study(folder, plan={f"{P}.path": file.name, f"{P}.layer": ..., **plan})) == 0
    books = pd.read_csv(folder / "out/balance.csv").set_index(["layer", "measure"]).loc[("parcels", "count")]
    ids = pd.read_csv(folder / "out/parcels.csv", dtype={"parcel_id": str})["parcel_id"].tolist()
    found = issues(folder / "out")
    assert books["input"] == books["inside"] + books["rejected"] and books["inside"] == len(ids)
    return books, found.loc["FILE_DAMAGED"] if "FILE_DAMAGED" in found.index else None, ids


def test_shapes_cut_off(tmp_path):
    """136 bytes a shape and a head of 100: 29 whole shapes lie in the first half of 8,260 bytes."""
    file = whole(tmp_path, "shp")
    assert file.stat().st_size == 8260
    cut(file, 0.5)
    before = sorted((p.name, p.read_bytes()) for p in tmp_path.iterdir())
    books, found, ids = outcome(tmp_path, file)
    assert (books["input"], books["inside"], books["rejected"]) == (60, 29, 31)
    assert ids == IDS[:29]
    assert (found["severity"], found["layer"], found["count"], found["who"]) == ("error", "parcels", 31, "supplier")
    assert found["message"] == (
        "p.shp is damaged: 29 of 60 records could be read, 31 could not: #30 (its shape is cut off), "
        "#31 (its shape is cut off), #32 (its shape is cut off), #33 (its shape is cut off), "
        "#34 (its shape is cut off), … and 26 more."
    )
    assert found["features"].count("(its shape is cut off)") == 31
    after = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    assert all(after[name] == content for name, content in before)


@pytest.mark.parametrize("encoding", ["auto", "gbk"])
def test_attributes_cut_off(encoding, tmp_path):
    """The drivers stop in silence, or with a shape that has lost its id."""
    file = whole(tmp_path, "shp")
    cut(tmp_path / "p.dbf", 0.5)
    books, found, ids = outcome(tmp_path, file, **{f"{P}.encoding": encoding})
    assert (books["input"], books["inside"], books["rejected"]) == (60, 29, 31)
    assert ids == IDS[:29]
    assert found["message"].startswith(
        "p.shp is damaged: 29 of 60 records could be read, 31 could not: #30 (its attributes are cut off), "
    )


DAMAGES = {
    "number_of_points": (8 + 40, b"\xff\xff\xff\x7f"),
    "number_of_parts": (8 + 36, b"\xff\xff\xff\x0f"),
    "kind_of_shape": (8, b"\x63\0\0\0"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_one_shape_is_damaged(case, tmp_path):
    file = whole(tmp_path, "shp")
    at, content = DAMAGES[case]
    change(file, shape_at(tmp_path, 11) + at, content)
    books, found, ids = outcome(tmp_path, file)
    assert (books["input"], books["inside"], books["rejected"]) == (60, 59, 1)
    assert ids == [*IDS[:10], *IDS[11:]]
    assert found["message"] == (
        "p.shp is damaged: 59 of 60 records could be read, 1 could not: #11 (its shape is damaged)."
    )
    assert found["features"] == "#11 (its shape is damaged)"


def test_a_shape_that_is_meant_to_be_none_is_no_damage(tmp_path):
    frame = parcels()
    frame.loc[4, "geometry"] = None
    frame.to_file(tmp_path / "p.shp")
    books, found, _ = outcome(tmp_path, tmp_path / "p.shp")
    assert found is None and books["rejected"] == 1
    assert issues(tmp_path / "out").loc["GEOMETRY_REJECTED", "features"] == "0105 (empty geometry)"


def test_deleted_records_are_no_damage(tmp_path):
    """A dBase table marks a deleted record with a star and keeps it; the third and fourth are gone here."""
    file = whole(tmp_path, "shp")
    head = (tmp_path / "p.dbf").read_bytes()[:32]
    start, width = struct.unpack("<HH", head[8:12])
    for number in (3, 4):
        change(tmp_path / "p.dbf", start + (number - 1) * width, b"*")
    books, found, ids = outcome(tmp_path, file)
    assert found is None and ids == [*IDS[:2], *IDS[4:]] and (books["input"], books["rejected"]) == (58, 0)
    # A damaged shape behind them is told by its own number.
    change(file, shape_at(tmp_path, 11) + 8, b"\x63\0\0\0")
    books, found, ids = outcome(tmp_path, file)
    assert found["features"] == "#11 (its shape is damaged)" and "0111" not in ids
    assert (books["input"], books["rejected"]) == (58, 1)


INDEXES = {
    "missing": lambda file: file.unlink(),
    "cut": lambda file: cut(file, 0.5),
    "noise": lambda file: file.write_bytes(b"x" * 500),
    "wrong_places": lambda file: change(file, 100, b"\xff" * 480),
    "empty": lambda file: file.write_bytes(b""),
}


@pytest.mark.parametrize("case", INDEXES)
def test_a_damaged_index_is_made_anew(case, tmp_path):
    file = whole(tmp_path, "shp")
    INDEXES[case](tmp_path / "p.shx")
    before = sorted(p.name for p in tmp_path.iterdir())
    left = (tmp_path / "p.shx").read_bytes() if case != "missing" else None
    books, found, ids = outcome(tmp_path, file)
    assert ids == IDS and books["rejected"] == 0
    assert (found["severity"], found["count"]) == ("warning", 60)
    assert found["message"] == (
        "p.shp cannot be read in the usual way: its index (.shx) is missing or damaged and was made anew; all of 60 records could be read."
    )
    # Nothing is mended beside the data.
    assert sorted(p.name for p in tmp_path.iterdir() if p.name not in ("out", "plan.toml", "park.gpkg")) == before
    assert left is None or (tmp_path / "p.shx").read_bytes() == left


def test_a_damaged_index_and_shapes_cut_off(tmp_path):
    file = whole(tmp_path, "shp")
    (tmp_path / "p.shx").unlink()
    cut(file, 0.5)
    books, found, ids = outcome(tmp_path, file)
    assert ids == IDS[:29] and books["input"] == 60 and books["rejected"] == 31
    assert found["message"].startswith(
        "p.shp is damaged: its index (.shx) is missing or damaged and was made anew; 29 of 60 records could be read, "
    )


def test_flatgeobuf_cut_off(tmp_path):
    file = whole(tmp_path, "fgb")
    cut(file, 0.5)
    books, found, ids = outcome(tmp_path, file)
    n = len(ids)
    assert 20 < n < 35 and ids == IDS[:n]
    assert (books["input"], books["rejected"]) == (60, 60 - n)
    assert found["message"].startswith(
        f"p.fgb is damaged: {n} of 60 records could be read, {60 - n} could not: #{n + 1} (cannot be read), "
    )


def test_geojson_cut_off(tmp_path):
    """A text that breaks off within its 31st feature."""
    file = whole(tmp_path, "geojson")
    text = file.read_bytes()
    at = text.index(b'"0307"')
    file.write_bytes(text[: at + 20])
    books, found, ids = outcome(tmp_path, file)
    assert ids == IDS[:30] and (books["input"], books["rejected"]) == (31, 1)
    assert found["message"] == (
        "p.geojson is damaged: 30 of 31 records could be read, 1 could not: "
        "#31 (is cut off, and how many followed is not known)."
    )


def test_one_feature_of_a_geojson_is_damaged(tmp_path):
    file = whole(tmp_path, "geojson")
    file.write_bytes(file.read_bytes().replace(b'"parcel_id": "0203"', b'"parcel_id" "0203"'))
    books, found, ids = outcome(tmp_path, file)
    assert ids == [i for i in IDS if i != "0203"] and (books["input"], books["rejected"]) == (60, 1)
    assert found["features"] == "#15 (is damaged)"


def large_geopackage(folder):
    """As many parcels as fill many pages: each carries 500 characters."""
    frame = parcels().assign(note=["x" * 500] * 60)
    frame.to_file(folder / "p.gpkg")
    return folder / "p.gpkg"


def pages_with(file, word):
    """Numbers of the pages of a GeoPackage that hold a text."""
    content = file.read_bytes()
    size = int.from_bytes(content[16:18], "big")
    return [i for i in range(len(content) // size) if word in content[i * size : (i + 1) * size]], size


def test_a_geopackage_cut_off(tmp_path):
    """Six parcels or so lie on a page; what lies on the last one is gone."""
    file = large_geopackage(tmp_path)
    pages, size = pages_with(file, b"x" * 500)
    file.write_bytes(file.read_bytes()[: pages[-2] * size])
    books, found, ids = outcome(tmp_path, file)
    n = len(ids)
    assert 40 <= n < 60 and ids == IDS[:n] and (books["input"], books["rejected"]) == (60, 60 - n)
    assert found["message"].startswith(
        f"p.gpkg is damaged: it is cut off; {n} of 60 records could be read, {60 - n} could not: #{n + 1} (cannot be read)"
    )


def test_one_page_of_a_geopackage_is_damaged(tmp_path):
    file = large_geopackage(tmp_path)
    pages, size = pages_with(file, b"x" * 500)
    change(file, pages[2] * size, b"\xee" * size)
    books, found, ids = outcome(tmp_path, file)
    n = len(ids)
    assert 50 <= n < 60 and (books["input"], books["rejected"]) == (60, 60 - n)
    assert ids[0] == "0101" and ids[-1] == "0512"
    assert found["severity"] == "error" and found["count"] == 60 - n


def test_a_count_that_is_out_of_date_is_no_damage(tmp_path):
    """Other programs delete rows of a GeoPackage without keeping GDAL's own count."""
    file = whole(tmp_path, "gpkg")
    with sqlite3.connect(file) as database:
        database.execute("UPDATE gpkg_ogr_contents SET feature_count = 99")
    database.close()
    books, found, ids = outcome(tmp_path, file)
    assert found is None and ids == IDS and books["input"] == 60


def test_a_whole_file_is_not_touched(tmp_path, monkeypatch):
    """The second chance is taken only after damage was seen."""
    monkeypatch.setattr("gisplan.read.salvage.salvage", lambda *_, **__: pytest.fail("was asked for"))
    for suffix in ("shp", "fgb", "gpkg", "geojson"):
        folder = tmp_path / suffix
        folder.mkdir()
        assert outcome(folder, whole(folder, suffix))[1] is None


def test_nothing_is_left(tmp_path):
    for name, content in {
        "a.shp": b"",
        "b.gpkg": b"SQLite format 3\0" + b"\0" * 100,
        "c.geojson": b'{"type": "Fea',
    }.items():
        (tmp_path / name).write_bytes(content)
        assert salvage(tmp_path / name, None, encoding=None) is None


def test_the_good_records_are_the_very_same(tmp_path):
    """Numbers, texts and coordinates of salvaged records are those of the whole file."""
    file = whole(tmp_path, "shp")
    (tmp_path / "p.shx").unlink()
    found = salvage(file, None, encoding=None)
    assert found.lost == {} and found.frame.crs.to_epsg() == 4549
    frame = parcels()
    for column in ("parcel_id", "land_use", "land_area", "status", "half"):
        assert found.frame[column].tolist() == frame[column].tolist()
    assert np.all(found.frame.geometry.to_numpy() == frame.geometry.normalize().to_numpy()) or all(
        a.equals(b) for a, b in zip(found.frame.geometry, frame.geometry, strict=True)
    )

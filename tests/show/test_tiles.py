"""Tiles of a file or folder that go into the map: the right ones, no more than fit, and none that is no image."""

import math
import sqlite3

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tile_makers import cells, mbtiles, noise, place_of, plain, png, tile_of

from gisplan.errors import OutputError
from gisplan.show.gcj02 import to_gcj02
from gisplan.show.tile_images import image_fault
from gisplan.show.tiles import around, read_folder, read_mbtiles, window

PARK = (114.40, 30.50, 114.42, 30.52)

# One black pixel each, made with Pillow.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d"
    "1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f000001050101"
    "0101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203000411051221314106"
    "13516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455"
    "565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9ba"
    "c2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00f9febfffd9"
)
WEBP = bytes.fromhex("52494646240000005745425056503820180000003001009d012a0100010001402625a400037000fefd366800")


# ---- GCJ-02 ---------------------------------------------------------------------------------------------------------


# Made with eviltransform 0.1.1, which takes a sphere 0.017 ‰ smaller: they may differ by 2 cm.
@pytest.mark.parametrize(
    ("lon", "lat", "east", "north"),
    [
        (116.404, 39.915, 116.410244605, 39.916404305),
        (120.6, 31.3, 120.604169887, 31.297812446),
        (91.11, 29.65, 91.111565417, 29.647297393),
        (126.53, 45.8, 126.536058679, 45.801995483),
        (110.33, 20.02, 110.334367666, 20.01796056),
        (87.61, 43.82, 87.612843946, 43.82120407),
    ],
)
def test_places_move_as_another_implementation_moves_them(lon, lat, east, north):
    found = to_gcj02(lon, lat)
    assert math.hypot((found[0] - east) * 111_320 * math.cos(math.radians(lat)), (found[1] - north) * 110_900) < 0.02


def test_the_published_pair():
    assert to_gcj02(116.404, 39.915) == pytest.approx((116.410244499, 39.916404282), abs=1e-9)


@pytest.mark.parametrize("place", [(2.35, 48.86), (71.9, 40.0), (110.0, 0.5), (139.7, 35.7)])
def test_outside_china_nothing_moves(place):
    assert to_gcj02(*place) == place


# ---- which tiles ----------------------------------------------------------------------------------------------------


@given(st.floats(-179, 179), st.floats(-84, 84), st.integers(0, 20))
def test_a_place_lies_in_the_tile_that_is_named_for_it(lon, lat, zoom):
    left, top, right, bottom = window((lon, lat, lon, lat), zoom)
    assert (left, top) == (right, bottom)
    west, north = place_of(left, top, zoom)
    east, south = place_of(left + 1, top + 1, zoom)
    assert west - 1e-9 <= lon <= east + 1e-9 and south - 1e-9 <= lat <= north + 1e-9


def test_the_window_covers_the_study_and_a_margin():
    area = around(PARK, datum="wgs84")
    assert area == pytest.approx([114.392, 30.492, 114.428, 30.528])
    moved = around(PARK, datum="gcj02")
    west, south = to_gcj02(PARK[0], PARK[1])
    assert moved[0] == pytest.approx(west - 0.008, abs=1e-4) and moved[1] == pytest.approx(south - 0.008, abs=1e-4)


def ground(zooms, make, margin=0.02):
    return {(z, x, y): make(z, x, y) for z in zooms for x, y in cells(PARK, z, margin)}


def test_only_tiles_of_the_study_are_taken_and_rows_are_counted_from_the_south(tmp_path):
    there = ground(range(6, 16), lambda z, x, y: plain((z, x % 256, y % 256)))
    there[15, 0, 0] = plain((1, 2, 3))
    tiles = read_mbtiles(mbtiles(tmp_path / "t.mbtiles", there, name="Ground", format="png"), PARK, max_mb=8)
    wanted = {(z, x, y) for z in range(12, 16) for x, y in cells(around(PARK, datum="wgs84"), z)}
    found = {(z, x, y) for z, x, y, _ in tiles.index}
    assert {t for t in found if t[0] >= 12} == wanted
    assert {z for z, *_ in found} <= set(range(6, 16)) and (15, 0, 0) not in found
    assert all(tiles.images[k] == there[z, x, y] for z, x, y, k in tiles.index)
    assert (tiles.title, tiles.damaged, tiles.left_out) == ("Ground", [], [])


def test_the_same_image_goes_in_once(tmp_path):
    there = ground(range(12, 17), lambda z, x, y: plain((9, 9, 9)))
    tiles = read_mbtiles(mbtiles(tmp_path / "t.mbtiles", there, format="png"), PARK, max_mb=8)
    assert len(tiles.images) == 1 and len(tiles.index) > 60


def test_the_highest_zooms_are_left_out_first(tmp_path):
    there = ground(range(13, 17), lambda z, x, y: noise(z * 1_000_003 + x * 1009 + y))
    file = mbtiles(tmp_path / "t.mbtiles", there, format="png")
    whole = read_mbtiles(file, PARK, max_mb=200)
    assert {z for z, *_ in whole.index} == {13, 14, 15, 16} and whole.left_out == []
    counts = {z: sum(i[0] == z for i in whole.index) for z in (13, 14, 15, 16)}
    one = len(whole.images[0])
    budget = (counts[13] + counts[14] + 0.5) * one * 1.01 / 1e6
    some = read_mbtiles(file, PARK, max_mb=budget)
    assert {z for z, *_ in some.index} == {13, 14} and some.left_out == [15, 16]
    assert some.size <= budget * 1e6
    assert {z for z, *_ in read_mbtiles(file, PARK, max_mb=200, max_zoom=15).index} == {13, 14, 15}
    with pytest.raises(OutputError, match=r"tiles of zoom 13 alone are more than max_mb = 0\.1\. Give it more room"):
        read_mbtiles(file, PARK, max_mb=0.1)


def test_a_folder_of_tiles_with_rows_either_way(tmp_path):
    for (z, x, y), data in ground(range(13, 16), lambda z, x, y: plain((z, x % 256, y % 256))).items():
        for name, row in (("north", y), ("south", 2**z - 1 - y)):
            file = tmp_path / name / str(z) / str(x) / f"{row}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    north = read_folder("north/{z}/{x}/{y}.png", tmp_path, PARK, max_mb=8)
    south = read_folder("south/{z}/{x}/{-y}.png", tmp_path, PARK, max_mb=8)
    assert north.index == south.index and north.images == south.images and len(north.index) > 20
    assert len(north.files) == len(north.index) and all(f.is_file() for f in north.files)
    with pytest.raises(OutputError, match=r"holds no tile that can be shown of the study's extent \(2\.0000"):
        read_folder("north/{z}/{x}/{y}.png", tmp_path, (2, 48, 2.1, 48.1), max_mb=8)


# ---- what strangers may have put into it ----------------------------------------------------------------------------


def test_images_are_told_from_everything_else():
    good = plain((1, 2, 3))
    assert image_fault(good) is None and image_fault(JPEG) is None
    assert image_fault(WEBP) is None
    assert image_fault(good[:-5]) == "damaged"
    assert image_fault(good[:60] + b"?" + good[61:]) == "damaged"
    assert image_fault(JPEG[:-2]) == "damaged" and image_fault(JPEG[:30]) == "damaged"
    assert image_fault(WEBP[:-2]) == "damaged" and image_fault(WEBP[:12]) == "damaged"
    assert image_fault(png(np.zeros((1, 4000, 3)))) == "too many pixels"
    assert image_fault(good + bytes(2_000_000)) == "too large"
    for other in (b"", b"<svg onload=alert(1)>", b"GIF89a", b"\x1f\x8b\x08"):
        assert image_fault(other) == "not PNG, JPEG or WebP"


@given(st.binary(max_size=400))
def test_no_bytes_upset_the_reader_of_images(data):
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"\xff\xd8\xff", JPEG[:20], WEBP[:12], WEBP[:26]):
        image_fault(head + data)


def test_damaged_tiles_are_left_out_and_named(tmp_path):
    there = ground([13, 14], lambda z, x, y: plain((z, x % 256, y % 256)))
    x, y = (int(v) for v in tile_of(114.41, 30.51, 14))
    there[14, x, y] = b"<html>not found</html>"
    there[14, x + 1, y] = there[14, x + 1, y][:-20]
    tiles = read_mbtiles(mbtiles(tmp_path / "t.mbtiles", there, format="png"), PARK, max_mb=8)
    assert sorted(tiles.damaged) == [f"14/{x}/{y} (not PNG, JPEG or WebP)", f"14/{x + 1}/{y} (damaged)"]
    assert (14, x, y) not in {i[:3] for i in tiles.index}


@pytest.mark.parametrize("metadata", [{"format": "pbf"}, {"format": ""}])
def test_vector_tiles_are_refused_in_one_line(tmp_path, metadata):
    there = ground([13, 14], lambda *_: b"\x1f\x8b\x08\x00 vector")
    file = mbtiles(tmp_path / "t.mbtiles", there, **metadata)
    with pytest.raises(OutputError, match=r"^t\.mbtiles: holds vector tiles .* Give tiles in PNG, JPEG or WebP$"):
        read_mbtiles(file, PARK, max_mb=8)


def test_files_that_are_no_tiles_are_refused_in_one_line(tmp_path):
    (tmp_path / "a.mbtiles").write_bytes(b"not a database" * 100)
    with pytest.raises(OutputError, match=r"^a\.mbtiles: cannot be \w+ as MBTiles \(file is not a database\)"):
        read_mbtiles(tmp_path / "a.mbtiles", PARK, max_mb=8)
    with sqlite3.connect(tmp_path / "b.mbtiles") as base:
        base.execute("CREATE TABLE other (a)")
    with pytest.raises(OutputError, match=r"^b\.mbtiles: cannot be read as MBTiles \(no such table: metadata\)"):
        read_mbtiles(tmp_path / "b.mbtiles", PARK, max_mb=8)
    elsewhere = {(10, 5, 5): plain((1, 1, 1))}
    file = mbtiles(tmp_path / "c.mbtiles", elsewhere, format="png", bounds="1,2,3,4")
    with pytest.raises(OutputError, match=r"^c\.mbtiles: holds no tile .*It says it covers 1,2,3,4\. Give another"):
        read_mbtiles(file, PARK, max_mb=8)


def test_a_view_that_never_ends_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("gisplan.show.tiles._PATIENCE", 200)
    with sqlite3.connect(tmp_path / "t.mbtiles") as base:
        base.execute("CREATE TABLE metadata (name, value)")
        base.execute(
            "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i AS zoom_level, i AS tile_column, i AS tile_row, x'00' AS tile_data FROM n WHERE i < 0"
        )
    with pytest.raises(OutputError, match=r"cannot be read as MBTiles \(interrupted\)"):
        read_mbtiles(tmp_path / "t.mbtiles", PARK, max_mb=8)


def test_reading_leaves_the_file_as_it_was(tmp_path):
    file = mbtiles(tmp_path / "t.mbtiles", ground([13], lambda *_: plain((1, 1, 1))), format="png")
    before, names = file.read_bytes(), sorted(p.name for p in tmp_path.iterdir())
    read_mbtiles(file, PARK, max_mb=8)
    assert file.read_bytes() == before and sorted(p.name for p in tmp_path.iterdir()) == names


def test_what_the_file_says_of_itself_is_plain_text(tmp_path):
    said = {"name": "<b>Town</b>\n map", "attribution": '&copy; <a href="javascript:x()">Survey &amp; Co</a>'}
    file = mbtiles(tmp_path / "t.mbtiles", ground([13], lambda *_: plain((1, 1, 1))), format="png", **said)
    tiles = read_mbtiles(file, PARK, max_mb=8)
    assert (tiles.title, tiles.attribution) == ("Town map", "© Survey & Co")

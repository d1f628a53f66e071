"""What is encoded comes back: read here by a decoder of its own, written from the format's description."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import struct
import zlib

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import given as given_any
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box

from gisplan.errors import LayerError
from gisplan.show.payload import encode


def decode(payload):
    """Header, geometries and columns of a payload."""
    size = struct.unpack("<I", payload[:4])[0]
    head, body = json.loads(zlib.decompress(payload[4 : 4 + size])), payload[4 + size :]

    def section(name):
        at, length, n, planes = head["sections"][name]
        return zlib.decompress(body[at : at + length]), n, planes

    def numbers(name):
        data, n, planes = section(name)
        return [int.from_bytes(bytes(data[p * n + i] for p in range(planes)), "little") for i in range(n)]

    def signed(name):
        return [unfold(v) for v in numbers(name)]

    def bits(name):
        data, n, _ = section(name)
        return [bool(data[i // 8] >> (i % 8) & 1) for i in range(n)]

    def spelled(about):
        data, _, _ = section(about["data"])
        ends = np.cumsum([0, *numbers(about["lengths"])])
        pieces = [data[a:b] for a, b in itertools.pairwise(ends)]
        if about["letters"] is None:
            return [piece.decode() for piece in pieces]
        letters, out = numbers(about["letters"]), []
        for piece in pieces:
            rest, text = iter(piece), ""
            for byte in rest:
                text += chr(letters[byte if byte < 224 else 224 + (byte - 224) * 256 + next(rest)])
            out.append(text)
        return out

    def column(about):
        missing = bits(about["null"]) if about["null"] else [False] * head["n"]
        kind = about["type"]
        if kind == "bool":
            values = bits(about["data"])
        elif kind == "cat":
            listed = json.loads(section(about["list"])[0])
            values = [listed[v] if listed else None for v in numbers(about["data"])]
        elif kind == "str":
            values = spelled(about)
        elif kind == "float" and about["scale"] is None:
            data, n, _ = section(about["data"])
            values = [struct.unpack("<d", bytes(data[p * n + i] for p in range(8)))[0] for i in range(n)]
        else:
            values = itertools.accumulate(signed(about["data"])) if about.get("steps") else numbers(about["data"])
            values = [v + about["base"] for v in values]
            if kind == "date":
                values = [dt.date(1970, 1, 1) + dt.timedelta(days=v) for v in values]
            elif kind == "float":
                values = [v / 10 ** about["scale"] for v in values]
            elif kind == "id":
                values = [about["head"] + str(v).zfill(about["width"]) for v in values]
        return [None if gone else v for v, gone in zip(values, missing, strict=True)]

    tokens, steps = iter(numbers("corners")), zip(signed("stepx"), signed("stepy"), strict=True)
    corners, chains, first, last = [], [], 0, 0
    for length in numbers("lengths"):
        chain, near = [], first
        for place in range(length):
            token = next(tokens)
            if token == 0:
                x, y = corners[near] if corners else head["origin"]
                dx, dy = next(steps)
                corners.append((x + dx, y + dy))
                near = len(corners) - 1
            else:
                near = last - 1 + unfold(token - 1)
            last = near
            first = near if place == 0 else first
            chain.append(near)
        chains.append([tuple(v / 10 ** head["digits"] for v in corners[k]) for k in chain])
    shapes, at = [], 0
    for kind, count in zip(numbers("kind"), numbers("chains"), strict=True):
        shapes.append(_shape(kind, chains[at : at + count]))
        at += count
    return head, shapes, {about["key"]: column(about) for about in head["columns"]}


def unfold(value):
    return (value >> 1) ^ -(value & 1)


def _shape(kind, chains):
    if kind == 0:
        return None
    if kind == 1:
        return MultiPoint([c[0] for c in chains])
    if kind == 2:
        return MultiLineString(chains)
    # Outer rings and holes are told apart by the way they run; a hole follows its outer ring.
    parts = []
    outer = _turns(chains[0])
    for chain in chains:
        ring = [*chain, chain[0]]
        if _turns(ring) == outer or _turns(ring) == 0:
            parts.append((ring, []))
        else:
            parts[-1][1].append(ring)
    return MultiPolygon(parts)


def _turns(ring):
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
    return (area > 0) - (area < 0)


def same(found, wanted, metres=0.1):
    assert (found is None) == (wanted is None or wanted.is_empty)
    if found is None:
        return
    a, b = shapely.get_coordinates(shapely.normalize(found)), shapely.get_coordinates(wanted)
    assert shapely.get_num_coordinates(found) == len(b)
    # Every vertex has a partner within reach; degrees of longitude are longest at the equator.
    far = np.abs(a[:, None, :] - b[None, :, :]).max(axis=2)
    assert far.min(axis=0).max() * 111_320 * 2**0.5 <= metres


def given(*strategies):
    """As Hypothesis has it, without a fault found where the machine is busy."""
    calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return lambda test: calm(given_any(*strategies)(test))


SQUARE = box(114.3, 30.5, 114.31, 30.51)
HOLE = Polygon(SQUARE.exterior.coords, [box(114.302, 30.502, 114.304, 30.504).exterior.coords])
SHAPES = {
    "square": SQUARE,
    "hole": HOLE,
    "two parts, one with a hole": MultiPolygon([HOLE, box(114.4, 30.6, 114.41, 30.61)]),
    "clockwise": shapely.reverse(HOLE),
    "with heights": shapely.force_3d(SQUARE, 12.5),
    "empty": Polygon(),
    "nothing": None,
    "line": LineString([(114.3, 30.5), (114.35, 30.52), (114.36, 30.5)]),
    "two lines": MultiLineString([[(114.3, 30.5), (114.31, 30.5)], [(114.4, 30.6), (114.41, 30.6)]]),
    "point": Point(114.3, 30.5),
    "points": MultiPoint([(114.3, 30.5), (-70.1, -33.2)]),
    "part empty": MultiPolygon([SQUARE, Polygon()]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_comes_back(name):
    _, found, _ = decode(encode(np.array([SHAPES[name]], dtype=object), {}))
    same(found[0], SHAPES[name])


def test_all_shapes_come_back_in_order_with_holes_and_parts():
    _, found, _ = decode(encode(np.array(list(SHAPES.values()), dtype=object), {}))
    for shape, wanted in zip(found, SHAPES.values(), strict=True):
        same(shape, wanted)
    assert found[2].equals(shapely.set_precision(SHAPES["two parts, one with a hole"], 1e-6))


def test_a_parcel_smaller_than_the_grid_stays_a_feature():
    tiny = box(114.3, 30.5, 114.3 + 1e-8, 30.5 + 1e-8)
    head, found, _ = decode(encode(np.array([tiny, SQUARE], dtype=object), {}))
    assert head["n"] == 2 and shapely.get_num_coordinates(found[0]) == 5


def test_no_rows_at_all():
    head, found, columns = decode(encode(np.array([], dtype=object), {"a": pd.Series([], dtype=float)}))
    assert (head["n"], head["bounds"], found, columns) == (0, None, [], {"a": []})


lon, lat = st.floats(-179, 179), st.floats(-84, 84)


@given(st.lists(st.tuples(lon, lat, st.floats(1e-7, 0.5), st.floats(1e-7, 0.5)), max_size=8))
def test_any_boxes_come_back_within_a_tenth_of_a_metre(corners):
    shapes = np.array([box(x, y, x + w, y + h) for x, y, w, h in corners], dtype=object)
    _, found, _ = decode(encode(shapes, {}))
    for shape, wanted in zip(found, shapes, strict=True):
        same(shape, wanted)


@given(st.lists(st.lists(st.tuples(lon, lat), min_size=2, max_size=6), max_size=5), st.integers(5, 7))
def test_any_lines_come_back_to_the_digits_asked_for(paths, digits):
    shapes = np.array([LineString(p) for p in paths], dtype=object)
    _, found, _ = decode(encode(shapes, {}, digits=digits))
    for shape, path in zip(found, paths, strict=True):
        assert np.abs(shapely.get_coordinates(shape) - np.array(path)).max() <= 0.5001 * 10**-digits


#: More different characters than one byte tells apart, and then more than two do.
CHARACTERS = ["".join(chr(0x4E00 + (37 * i + j * j) % 5000) for j in range(7)) for i in range(900)]
SIGNS = ["".join(chr(0x4E00 + 30 * i + j) for j in range(30)) for i in range(650)]


def column(series):
    empty = np.full(len(series), None, dtype=object)
    head, _, columns = decode(encode(empty, {"c": series}))
    return columns["c"], head["columns"][0]["type"]


@given(st.lists(st.one_of(st.none(), st.integers(-(2**52), 2**52))))
def test_whole_numbers_stay_whole_and_missing_stays_missing(values):
    found, kind = column(pd.Series(values, dtype="Int64"))
    assert found == values
    assert kind == "int" or not any(v is not None for v in values)


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False))))
def test_decimals_keep_every_bit(values):
    found, _ = column(pd.Series([np.nan if v is None else v for v in values], dtype=float))
    assert found == values


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))))
def test_text_stays_as_typed(values):
    assert column(pd.Series(values, dtype=object))[0] == values


@given(st.lists(st.one_of(st.none(), st.booleans())))
def test_flags_stay_flags(values):
    found, kind = column(pd.Series(values, dtype="boolean"))
    assert found == values
    assert kind == "bool" or not any(v is not None for v in values)


@given(st.lists(st.one_of(st.none(), st.dates())))
def test_dates_stay_dates(values):
    found, kind = column(pd.Series(values, dtype=object))
    assert found == values
    assert kind == "date" or not any(v is not None for v in values)


@pytest.mark.parametrize(
    ("series", "wanted", "kind"),
    [
        (pd.Series(["a", None, "a"], dtype="category"), ["a", None, "a"], "cat"),
        (pd.Series([f"owner {i}" for i in range(3000)]), [f"owner {i}" for i in range(3000)], "id"),
        (pd.Series([f"P{i:05d}" for i in range(300)]), [f"P{i:05d}" for i in range(300)], "id"),
        (pd.Series([f"{i}号" for i in range(3000)]), [f"{i}号" for i in range(3000)], "str"),
        (pd.Series([None, *CHARACTERS]), [None, *CHARACTERS], "str"),
        (pd.Series(["0", "00", *map(str, range(300))]), ["0", "00", *map(str, range(300))], "str"),
        (pd.Series([1, "two", None], dtype=object), ["1", "two", None], "cat"),
        (pd.Series([2**60, None], dtype="Int64"), [str(2**60), None], "cat"),
        (pd.to_datetime(pd.Series(["2024-05-06", None])), [dt.date(2024, 5, 6), None], "date"),
        (pd.to_datetime(pd.Series(["2024-05-06 07:08"])), ["2024-05-06 07:08:00"], "cat"),
        (pd.Series([0.1, 1 / 3]), [0.1, 1 / 3], "float"),
        (pd.Series(["", None]), ["", None], "cat"),
        (pd.Series(["\ud800"], dtype=object), ["?"], "cat"),
    ],
    ids=[
        "category",
        "numbered from 0",
        "numbered with zeros",
        "many texts",
        "a thousand characters",
        "numbers that are not numbers",
        "mixed",
        "huge",
        "stamps",
        "times",
        "thirds",
        "empty text",
        "half a character",
    ],
)
def test_other_columns(series, wanted, kind):
    assert column(series) == (wanted, kind)


def test_texts_of_more_letters_than_two_bytes_tell_apart_are_utf8():
    different = [f"{a}{b}" for a, b in zip(SIGNS, reversed(SIGNS), strict=True)]
    assert column(pd.Series(different)) == (different, "str")


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=50), st.integers(1, 10**6))
def test_numbers_that_run_on_come_back(starts, step):
    values = [s // 10**7 + step * k for k, s in enumerate(starts)]
    assert column(pd.Series(values)) == (values, "int")


def test_equal_input_gives_equal_bytes():
    shapes = np.array(list(SHAPES.values()), dtype=object)
    columns = {"a": pd.Series(range(len(shapes)))}
    assert encode(shapes, columns, meta={"x": "é"}) == encode(shapes.copy(), dict(columns), meta={"x": "é"})


def test_collections_are_refused_with_their_rows():
    with pytest.raises(LayerError, match="rows 1"):
        encode(np.array([SQUARE, shapely.GeometryCollection([SQUARE, Point(0, 0)])], dtype=object), {})


@pytest.mark.parametrize("shape", [box(500_000, 3_000_000, 500_100, 3_000_100), Point(float("inf"), 0)])
def test_metres_where_degrees_belong_are_refused(shape):
    with pytest.raises(LayerError, match="coordinate system"):
        encode(np.array([shape], dtype=object), {})

"""What is encoded comes back in a browser's own memory, by the very scripts that a map carries."""

from __future__ import annotations

import base64
import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box
from test_payload import SHAPES, decode

from gisplan.show.assets import own
from gisplan.show.payload import digits_for, encode

pytestmark = pytest.mark.browser

READ = """async text => {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const t = await gisplan.decode(bytes), rows = Array.from({ length: t.n }, (_, i) => i), columns = {};
  Object.keys(t.columns).forEach(key => {
    const numbers = t.numbers(key), days = t.days(key), codes = t.codes(key);
    columns[key] = {
      values: rows.map(i => t.value(key, i)), numbers: numbers && Array.from(numbers), days: days && Array.from(days),
      codes: Array.from(codes.codes, k => k === codes.missing ? null : codes.values[k])
    };
  });
  return { kinds: Array.from(t.kind), chains: rows.map(i => t.latlngs(i)), columns, boxes: Array.from(t.box),
    hits: rows.map(i => { const found = []; const b = t.box.subarray(4 * i, 4 * i + 4);
      t.visit(b[0], b[1], b[2], b[3], k => found.push(k)); return found; }), noDay: gisplan.NO_DAY };
}"""


@pytest.fixture(scope="module")
def tabs(browser):
    """A page with our reader, and one as in a browser that cannot unpack by itself."""
    made = []
    for before in ("", "delete window.DecompressionStream;"):
        tab = browser.new_context(offline=True).new_page()
        never = "window.gisplan = { painted: () => new Promise(() => {}) };"
        tab.evaluate(f"() => {{ {before} {never} }}")
        tab.add_script_tag(content=own("inflate.js"))
        tab.add_script_tag(content=own("payload.js"))
        made.append(tab)
    return made


def read(tab, payload):
    return tab.evaluate(READ, base64.b64encode(payload).decode())


def same_shape(kind, chains, wanted, metres):
    """Corners of a row as the browser has them, against those of the source, in order and within reach."""
    if wanted is None or wanted.is_empty:
        assert (kind, chains) == (0, [])
        return
    dimension = shapely.get_dimensions(wanted)
    assert kind == dimension + 1
    parts = [p for p in shapely.get_parts(wanted) if not p.is_empty]
    if dimension == 2:
        parts = [ring for part in shapely.orient_polygons(parts) for ring in shapely.get_rings(part)]
    assert len(chains) == len(parts)
    for chain, part in zip(chains, parts, strict=True):
        corners = shapely.get_coordinates(part)[: -1 if dimension == 2 else None]
        found = np.array(chain)[:, ::-1]
        assert found.shape == corners.shape
        east = (found[:, 0] - corners[:, 0]) * 111_320 * np.cos(np.radians(corners[:, 1]))
        north = (found[:, 1] - corners[:, 1]) * 111_320
        assert np.hypot(east, north).max() <= metres


def test_every_kind_of_shape_comes_back_in_both_readers(tabs):
    # Floats of 32 bits tell a world-wide layer's corners apart to a few metres only, so that this one stays in a town.
    shapes = [s for name, s in SHAPES.items() if name != "points"]
    shapes += [MultiPoint([(114.3, 30.5), (114.2, 30.4)]), box(114.3, 30.5, 114.3 + 1e-8, 30.5 + 1e-8)]
    payload = encode(np.array(shapes, dtype=object), {})
    for tab in tabs:
        found = read(tab, payload)
        for kind, chains, shape in zip(found["kinds"], found["chains"], shapes, strict=True):
            same_shape(kind, chains, shape, 0.09)


near = st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
size = st.floats(1e-8, 0.05)


@st.composite
def shape(draw, origin):
    """Anything a layer may hold, within 20 km of a place."""
    x, y = draw(near)
    x, y, w, h = origin[0] + x, origin[1] + y, draw(size), draw(size)
    outer = box(x, y, x + w, y + h)
    holed = Polygon(outer.exterior, [box(x + w / 4, y + h / 4, x + w / 2, y + h / 2).exterior])
    path = [(origin[0] + a, origin[1] + b) for a, b in draw(st.lists(near, min_size=2, max_size=5))]
    return draw(
        st.sampled_from(
            [
                None,
                Polygon(),
                outer,
                holed,
                MultiPolygon([holed, box(x + w, y + h, x + 2 * w, y + 2 * h)]),
                LineString(path),
                MultiLineString([path, path[::-1]]),
                Point(path[0]),
                MultiPoint(path),
            ]
        )
    )


@st.composite
def layer(draw):
    origin = (draw(st.floats(-179, 179)), draw(st.floats(-84, 84)))
    shapes = draw(st.lists(shape(origin), min_size=1, max_size=12))
    n = len(shapes)

    def rows(values):
        return draw(st.lists(st.one_of(st.none(), values), min_size=n, max_size=n))

    columns = {
        "int": pd.Series(rows(st.integers(-(2**50), 2**50)), dtype="Int64"),
        "float": pd.Series([np.nan if v is None else v for v in rows(st.floats(allow_nan=False))], dtype=float),
        "money": pd.Series([np.nan if v is None else round(v, 2) for v in rows(st.floats(-1e6, 1e6))], dtype=float),
        "flag": pd.Series(rows(st.booleans()), dtype="boolean"),
        "date": pd.Series(rows(st.dates()), dtype=object),
        "text": pd.Series(rows(st.text(st.characters(exclude_categories=["Cs"]))), dtype=object),
        "run": pd.Series(np.arange(n) * draw(st.integers(1, 10**6))),
    }
    return shapes, columns


def plain(value):
    return None if pd.isna(value) else value.isoformat() if isinstance(value, dt.date) else value


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(layer(), st.sampled_from([0.1, 0.01, 1.0]))
def test_any_layer_comes_back_within_the_accuracy_asked_for(tabs, given_, accuracy):
    shapes, columns = given_
    payload = encode(np.array(shapes, dtype=object), columns, digits=digits_for(accuracy))
    again = decode(payload)
    found = read(tabs[0], payload)
    assert json.dumps(found) == json.dumps(read(tabs[1], payload))
    for kind, chains, wanted in zip(found["kinds"], found["chains"], shapes, strict=True):
        same_shape(kind, chains, wanted, accuracy * 0.8 + 0.008)  # 32 bits add up to 8 mm at this distance
    for row, hits in enumerate(found["hits"]):
        assert (row in hits) == (found["kinds"][row] > 0)
    for key, series in columns.items():
        wanted = [plain(v) for v in series]
        mine = found["columns"][key]
        if key in ("float", "money"):  # the bridge to the browser writes whole numbers without a point
            mine["values"] = [None if v is None else float(v) for v in mine["values"]]
            mine["codes"] = [None if v is None else float(v) for v in mine["codes"]]
        assert mine["values"] == wanted == [plain(v) for v in again[2][key]]
        assert mine["codes"] == wanted
        if key in ("int", "float", "money", "run") and mine["numbers"]:
            numbers = np.array(mine["numbers"], dtype=float)
            assert np.array_equal(
                numbers, np.array([np.nan if v is None else v for v in wanted], float), equal_nan=True
            )
        if key == "date" and mine["days"]:
            days = [found["noDay"] if v is None else (v - dt.date(1970, 1, 1)).days for v in series]
            assert mine["days"] == days


BIG = 20_001


def test_a_column_asked_for_before_its_turn_is_unpacked_on_the_spot(tabs):
    rng = np.random.default_rng(2)
    columns = {
        "class": pd.Series(rng.integers(0, 9, BIG)),
        "id": pd.Series([f"P{k:07d}" for k in range(BIG)]),
        "area": pd.Series(rng.uniform(0, 9000, BIG).round(2)).mask(rng.random(BIG) < 0.1),
        "raw": pd.Series(rng.normal(size=BIG)),
        "name": pd.Series(["".join(map(chr, rng.integers(0x4E00, 0x5500, 6))) for _ in range(BIG)]),
        "kind": pd.Series(rng.choice(["工业", "居住", "绿地"], BIG)).mask(rng.random(BIG) < 0.5),
    }
    empty = np.full(BIG, None, dtype=object)
    payload = encode(empty, columns, meta={"colourings": [{"column": "class"}], "size": "area"})
    for tab in tabs:
        tab.evaluate(
            "async text => { window.t = await gisplan.decode(Uint8Array.from(atob(text), c => c.charCodeAt(0))); }",
            base64.b64encode(payload).decode(),
        )
        assert tab.evaluate("Object.keys(t.raw).sort()") == ["col0", "col2", "null2"]
        # the shapes are read and let go; what the first sight needs is there, all else waits
        for key, series in columns.items():
            assert tab.evaluate("key => Array.from({ length: t.n }, (_, i) => t.value(key, i))", key) == [
                plain(v) for v in series
            ]


def test_damaged_data_is_said_and_does_not_hang(tabs):
    payload = bytearray(encode(np.array([box(114, 30, 114.1, 30.1)] * 50, dtype=object), {"a": pd.Series(range(50))}))
    payload = payload[: len(payload) // 2]
    for tab in tabs:
        with pytest.raises(Exception, match=r"damaged|TypeError|JSON|Compressed|RangeError"):
            read(tab, bytes(payload))

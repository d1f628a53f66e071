"""Broken bytes, odd texts and odd shapes, by the thousand: a clean layer whose books close, or one line that says why."""

import random
import shutil
import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from park_files import CRS, X0, Y0, parcels, workbook

from gisplan.errors import GisplanError, on_one_line
from gisplan.plan import Parcels
from gisplan.read.crs import choose
from gisplan.read.layer import clean
from gisplan.read.placing import settle
from gisplan.read.raw import read_raw

FORMATS = ["shp", "gpkg", "geojson", "fgb", "parquet", "gdb", "kml", "tab", "mif", "gml", "csv", "xlsx", "zip"]
DRIVERS = {"gdb": "OpenFileGDB", "kml": "LIBKML", "tab": "MapInfo File", "mif": "MapInfo File"}

#: Files of each format that are flipped, and that are cut: 13 × 40 of each.
EACH = 40


def small():
    return parcels().iloc[:4].assign(holder=["永安", "b", "", None])


def put(folder, frame, suffix):
    """Write a frame in a format and return the file that a plan would name."""
    file = folder / f"p.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(file)
    elif suffix in ("csv", "xlsx"):
        table = pd.DataFrame(frame.drop(columns="geometry")).assign(wkt=frame.geometry.to_wkt())
        if suffix == "csv":
            table.to_csv(file, index=False)
        else:
            workbook(file, [list(table.columns), *table.astype(object).where(table.notna(), "").to_numpy().tolist()])
    elif suffix == "zip":
        put(folder / "inner", frame, "shp")
        shutil.make_archive(str(folder / "p"), "zip", folder / "inner")
        shutil.rmtree(folder / "inner")
    else:
        folder.mkdir(exist_ok=True)
        frame = frame.to_crs(4326) if suffix == "kml" else frame
        frame.to_file(file, **({"driver": DRIVERS[suffix]} if suffix in DRIVERS else {}))
    return file


def attempt(file, crs=None):
    """Read and clean a layer, in a system that is chosen or given; whether it gave one or was refused in a line."""
    spec = Parcels(path=file.name, crs=CRS if file.suffix in (".csv", ".xlsx") else None)
    try:
        raw = read_raw(spec, file, layer="parcels", place="[layers.parcels]")
        frame, _ = settle(raw.frame, layer="parcels", place=raw.place, witness=None, is_vouched=False)
        raw = replace(raw, frame=frame)
        crs = choose(raw.frame, None, place=raw.place)[0] if crs is None else crs
        layer, found = clean(raw, crs, layer="parcels", dimension=2, id_column="parcel_id")
    except GisplanError as error:
        line = on_one_line(error)
        assert line.startswith(("[layers.parcels]", "[plan] crs")) and line.isprintable(), line
        assert str(file.parent) not in line, line
        return False
    assert layer.records == len(layer.frame) + len(layer.rejected)
    assert shapely.is_valid(layer.frame.geometry.array).all()
    assert np.isfinite(layer.frame.total_bounds).all() and layer.frame["parcel_id"].notna().all()
    assert all(on_one_line(i.message).isprintable() for i in found)
    return True


def flipped(content, dice):
    out = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


def cut(content, dice):
    return content[: dice.randrange(len(content))]


@pytest.mark.parametrize("harm", [flipped, cut])
@pytest.mark.parametrize("suffix", FORMATS)
def test_broken_bytes(suffix, harm, tmp_path):
    dice = random.Random(f"{suffix} {harm.__name__}")
    source = tmp_path / "whole"
    source.mkdir()
    whole = put(source, small(), suffix)
    assert attempt(whole)
    outcomes = []
    for n in range(EACH):
        folder = tmp_path / f"{n}"
        shutil.copytree(source, folder)
        parts = sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)
        part = dice.choice([p for p in parts if p.suffix == f".{suffix}"] or parts) if n % 2 else dice.choice(parts)
        part.write_bytes(harm(part.read_bytes(), dice))
        outcomes.append(attempt(folder / whole.name))
        shutil.rmtree(folder)
    assert len(outcomes) == EACH


#: Any text: all of Unicode but lone surrogates, which no file format holds.
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)

odd = settings(
    max_examples=500, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@odd
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.none() | TEXTS), min_size=1, max_size=4))
def test_odd_texts(tmp_path_factory, rows):
    """In ids, land-use codes, names and dates; through GeoParquet, which holds any of them."""
    names = ("parcel_id", "land_use", "name", "supply_date")
    frame = gpd.GeoDataFrame(
        {name: [row[i] for row in rows] for i, name in enumerate(names)},
        geometry=[shapely.box(X0 + 9 * i, Y0, X0 + 9 * i + 9, Y0 + 9) for i in range(len(rows))],
        crs=CRS,
    )
    file = tmp_path_factory.getbasetemp() / "texts.parquet"
    frame.to_parquet(file)
    attempt(file, pyproj.CRS(CRS))


@odd
@given(st.dictionaries(TEXTS.filter(lambda t: t.strip() and t != "geometry"), TEXTS, min_size=1, max_size=4))
def test_odd_column_names(tmp_path_factory, columns):
    frame = gpd.GeoDataFrame(
        {k: [v] for k, v in columns.items()}, geometry=[shapely.box(X0, Y0, X0 + 9, Y0 + 9)], crs=CRS
    )
    file = tmp_path_factory.getbasetemp() / "names.parquet"
    frame.to_parquet(file)
    attempt(file, pyproj.CRS(CRS))


NUMBERS = (
    st.floats(width=64)
    | st.floats(-200, 200)
    | st.floats(499_000, 501_000)
    | st.sampled_from([0.0, -0.0, 1e300, 5e-324])
)
POINTS = st.tuples(NUMBERS, NUMBERS)
#: A ring whose first point is no number cannot even be drawn.
RINGS = st.lists(POINTS, min_size=3, max_size=7).filter(lambda p: not np.isnan(p[0]).any()).map(lambda p: [*p, p[0]])


@odd
@given(st.lists(st.none() | st.lists(RINGS, min_size=1, max_size=3), min_size=1, max_size=4))
@example(shapes=[[[(0, 0), (0, 9.999999900163214e299), (0, -1.797693124862316e308), (0, 0)]]])
def test_odd_shapes(tmp_path_factory, shapes):
    """Rings that cross, collapse, run to infinity or to nowhere."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        geometry = [None if s is None else shapely.Polygon(s[0], s[1:]) for s in shapes]
    frame = gpd.GeoDataFrame({"parcel_id": [str(i) for i in range(len(shapes))]}, geometry=geometry, crs=CRS)
    file = tmp_path_factory.getbasetemp() / "shapes.parquet"
    with np.errstate(all="ignore"):
        frame.to_parquet(file)
    attempt(file, pyproj.CRS(CRS))

"""The town (see `town`) on ground of any shape, and what a study tells of it."""

import json

import town
from rasters import write_raster

from gisplan.plan import parse_plan

EAST, NORTH = town.EAST, town.NORTH
ZONES = ["Z1", "Z2", "Z3"]


def plane(east=0.03, north=0.04, level=20.0):
    """Plane through `level` at the town's corner that rises so much per metre."""
    return lambda x, y: level + east * (x - EAST) + north * (y - NORTH)


def planned(folder, *, layers=None, header=None, levelling=None, **changes):
    """Plan of the town with more layers."""
    raw = town.write(folder, header=header, **changes).model_dump(
        by_alias=True, exclude={"folder", "file"}, exclude_unset=True
    )
    raw["layers"].update(layers or {})
    if levelling is not None:
        raw["levelling"] = levelling
    return parse_plan(json.loads(json.dumps(raw, default=str)), folder=folder)


def dem(
    folder, function=None, *, name="dem.tif", cell=10.0, west=EAST - 50, north=NORTH + 550, rows=60, columns=100, **more
):
    """Heights over the whole town and 50 m around it."""
    return write_raster(
        folder / name, function or plane(), west=west, north=north, cell=cell, rows=rows, columns=columns, **more
    )


def values(result, name):
    return result.zones.set_index("zone_id")[name]


def row(result, zone, name):
    table = result.indicators
    return table[(table["zone_id"] == zone) & (table["indicator"] == name)].iloc[0]


def told(result, code):
    return [i for i in result.issues if i.code == code]

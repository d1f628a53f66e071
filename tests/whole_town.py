"""The town (see `town`) with every layer that infrastructure knows, small enough to be made and run in a second.

Water, rain and sewage run along R1 (y = 150), power from two substations along R1 and R3; a planned water main follows
R3, W9 is of a status nobody knows. Every layer can be replaced, changed or left out, so that hostile studies can be
made of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import town
import works_town
from hills import plane
from rasters import write_raster

EAST, NORTH = town.EAST, town.NORTH
AS_OF = dt.date(2025, 12, 31)
RULES = ["cn-idle-2012", "cn-service-levels", "cn-slope", "cn-roads"]

Frame = gpd.GeoDataFrame


def _roads() -> Frame:
    frame = town.roads()
    frame["name"] = ["", "主路", "二路", "南路", "支", "五路", "小路", ""]
    frame["status"] = ["built", "built", "built", "built", "在建", "planned", "built", "built"]
    frame["lit"] = [True, True, None, False, True, None, False, True]
    frame["paving"] = [100.0, 100.0, 100.0, 100.0, 40.0, 0.0, np.nan, 100.0]
    return frame


def _water() -> Frame:
    return town.table(
        ["feature_id", "status", "in_service_date", "capacity", "side"],
        ("W1", "built", dt.date(2019, 5, 1), 500.0, "outside", town.line((0, 150), (600, 150))),
        ("W2", "planned", dt.date(2027, 5, 1), 300.0, "outside", town.line((0, 0), (700, 0))),
        ("W9", "halb", None, np.nan, None, town.line((650, 100), (650, 250))),
        ("W3", "built", dt.date(2019, 5, 1), 100.0, "inside", town.line((10, 50), (60, 50))),
    )


def _sewage() -> Frame:
    return town.table(["feature_id", "capacity"], ("S1", 400.0, town.line((600, 150), (0, 150))))


def _rain() -> Frame:
    return town.table(
        ["feature_id", "status"],
        ("N1", "built", town.line((0, 150), (300, 150))),
        ("N2", "废弃", town.line((300, 150), (600, 150))),
    )


def _power() -> Frame:
    return town.table(
        ["feature_id", "circuit", "capacity", "status"],
        ("E1", "a", 10.0, "built", town.line((0, 150), (600, 150))),
        ("E2", "b", 10.0, "built", town.line((0, 0), (700, 0))),
        ("E3", "a", 5.0, "planned", town.line((300, 150), (300, 300))),
    )


def _gas() -> Frame:
    return town.table(["feature_id"], ("G1", town.box(0, 0, 250, 120)), ("G2", town.box(400, 250, 450, 300)))


def _substations() -> Frame:
    return town.table(["source_id", "capacity"], ("T1", 20.0, town.point(0, 152)), ("T2", 20.0, town.point(700, 3)))


def _works_of_water() -> Frame:
    return town.table(["source_id", "capacity"], ("WW", 1000.0, town.point(0, 150)))


def _stops() -> Frame:
    return town.table(["facility_id", "name"], ("B1", "东站", town.point(500, 155)), ("B2", "西站", town.point(50, 5)))


def _wall() -> Frame:
    return town.table(["barrier_id"], ("X1", town.line((320, 20), (320, 290))))


def _green() -> Frame:
    return town.table(["green_id"], ("V1", town.box(100, 200, 200, 300)), ("V2", town.box(150, 200, 250, 300)))


def _levelled() -> Frame:
    return town.table(["levelled_id"], ("L1", town.box(0, 0, 150, 100)))


#: Layers by their place in the plan.
LAYERS: Mapping[str, Callable[[], Frame]] = {
    "zones": town.zones,
    "parcels": town.parcels,
    "buildings": town.buildings,
    "roads": _roads,
    "road_surfaces": town.road_surfaces,
    "services.road": town.road_surfaces,
    "services.water": _water,
    "services.rain": _rain,
    "services.sewage": _sewage,
    "services.power": _power,
    "services.gas": _gas,
    "sources.power": _substations,
    "sources.water": _works_of_water,
    "facilities.stop": _stops,
    "barriers.wall": _wall,
    "green": _green,
    "levelled": _levelled,
}

_KEYS: Mapping[str, Mapping[str, Any]] = {
    "roads": {"frontage_m": 5, "columns": {"is_lit": "lit", "paving_done": {"column": "paving", "unit": "percent"}}},
    "services.road": {"reach_m": 5, "columns": {"feature_id": "surface_id"}},
    "services.water": {"reach_m": 60},
    "services.rain": {"reach_m": 60},
    "services.sewage": {"reach_m": 60},
    "services.power": {"reach_m": 60},
    "services.gas": {"reach_m": 0},
    "facilities.stop": {"within": [200, 500]},
}

#: Tables of the plan that ask for more.
ASKED: Mapping[str, Mapping[str, Any]] = {
    "services": {"target_level": 5, "details": True},
    "levelling": {"by": "parcels", "grid_m": 20, "soil": "II", "prices": {"cut": 12, "fill": 8}},
    "power": {"join": "all"},
    "capacity": {
        "water": {"unit": "m³/d", "per_ha": {"industrial": 50, "commerce": 60, "residential": 80}},
        "power": {"unit": "MVA", "per_ha": {"industrial": 0.2, "commerce": 0.3}},
    },
    "links": {"unit_cost": {"water": 120, "power": 90}},
    "accessibility": {"weights": ["parcels", "jobs"]},
}

#: The register, with what tells idle land.
LEDGER = """\
code,mu,floor area,investment,output,tax,jobs,供地日期,约定开工日期,成交价款
P1,15,,3000,6000,120,200,2015-01-01,2016-01-01,50
P2,7.5,,500,1000,10,30,,,
P2,7.5,,700,,20,20,,,
P4,14.4,,2000,/,0,100,,,
P5,,4000,1000,,,,,,
P8,15,,,900,45,0,2017-06-01,2018-06-01,100
P10,15,,800,,,40,,,
P13,6,,,,,,2018-06-01,2019-06-01,100
"""


def tables(
    folder: Path, *, drop: tuple[str, ...] = (), changes: Mapping[str, Any] | None = None, **header: Any
) -> dict[str, Any]:
    """Write the files and return the plan's nested tables.

    Parameters
    ----------
    folder
        Where; it is made.
    drop
        Layers and tables of the plan to leave out: ``services.water``, ``terrain``, ``links`` …
    changes
        By layer, what stands for it: a layer, or a function of it. ``ledger`` is a text.
    header
        Keys of ``[plan]``; ``...`` takes one away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = dict(changes or {})
    if "roads" in drop:  # what goes along them goes with them
        drop = (*drop, "facilities.stop", "barriers.wall", "links")
    if "services" in drop:
        drop = (*drop, "sources", "capacity", "links")
    drop = (*drop, *(f"sources.{n.partition('.')[2]}" for n in drop if n.startswith("services.")))
    layers: dict[str, Any] = {}

    def put(name: str, keys: Mapping[str, Any]) -> None:
        family, _, member = name.partition(".")
        if member:
            layers.setdefault(family, {})[member] = dict(keys)
        else:
            layers[name] = dict(keys)

    for name, make in LAYERS.items():
        if name in drop or name.partition(".")[0] in drop:
            continue
        change = given.pop(name, None)
        frame = make() if change is None else change(make()) if callable(change) else change
        pyogrio.write_dataframe(frame, folder / f"{name}.gpkg", layer="a")
        put(name, {"path": f"{name}.gpkg", "layer": "a", **_KEYS.get(name, {})})
    if "parcels" in layers:
        layers["parcels"]["code_system"] = "ydyh2023"
        (folder / "register.csv").write_text(given.pop("ledger", LEDGER), encoding="utf-8")
        if "ledger" not in drop:
            layers["parcels"]["ledger"] = {
                "path": "register.csv",
                "key": "code",
                "columns": {
                    "land_area": {"column": "mu", "unit": "mu"},
                    **{n: n.replace("_", " ") for n in ("floor_area", "investment", "output", "tax", "jobs")},
                },
            }
    if "terrain" not in drop:
        dem = given.pop("terrain", None) or (lambda file: write_raster(file, plane(), **GROUND))
        dem(folder / "dem.tif")
        layers["terrain"] = {"path": "dem.tif"}
    if "works" not in drop:
        made = given.pop("works", works_town.table())
        made.to_csv(folder / "works.csv", index=False, encoding="utf-8")
        layers["works"] = {"path": "works.csv", "crs": town.CRS}
    assert not given, f"no such layer: {', '.join(given)}"
    plan = {"name": "town", "area": "planar", "as_of": AS_OF, "rules": RULES, **header}
    asked = {k: v for k, v in ASKED.items() if k not in drop}
    asked = json.loads(json.dumps(asked))
    if not {"terrain", "parcels"} <= set(layers):
        asked.pop("levelling", None)
    for service in list(asked.get("capacity", {})):
        if service not in layers.get("sources", {}):
            del asked["capacity"][service]
    if "links" in asked:
        costs = asked["links"]["unit_cost"]
        asked["links"]["unit_cost"] = {k: v for k, v in costs.items() if k in layers.get("services", {})}
    return {
        "plan": {k: v for k, v in plan.items() if v is not ...},
        "assumptions": {"storey_height_m": 4.0},
        "layers": layers,
        **asked,
    }


#: Where the ground heights lie: over the whole town and 50 m around it.
GROUND: Mapping[str, Any] = {"west": EAST - 50, "north": NORTH + 550, "cell": 10.0, "rows": 60, "columns": 100}

"""Lists of faults for the people who can mend them: one file a supplier and layer, with the place of every fault."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from gisplan import issues as issues_
from gisplan.issues import Issue
from gisplan.plan import Plan
from gisplan.show.publish import published
from gisplan.show.tables import write_csv

#: Says which lists there are.
INDEX = "suppliers.csv"

#: File of what only the author of the plan can mend.
PLANNER = "planner.csv"

#: Columns of a list.
COLUMNS = (
    "severity",
    "code",
    "layer",
    "feature_id",
    "x",
    "y",
    "lon",
    "lat",
    "detail",
    "message",
    "remedy",
)

_NO_NAME = re.compile(r"[\\/:*?\"<>|\x00-\x1f]+")


def write_lists(issues: Sequence[Issue], plan: Plan, crs: CRS, folder: Path) -> pd.DataFrame:
    """Write one list a supplier and layer, one of what the planner can mend, and an index of them all.

    Lists of an earlier check that are no longer needed are taken away; other files are left alone.

    Parameters
    ----------
    issues
        What a check found, with places.
    plan
        Says who supplied which layer; without ``supplier`` it is the name of the layer's file.
    crs
        The study's coordinate system, in which places are.
    folder
        Where; made if it is not there.

    Returns
    -------
    pandas.DataFrame
        The index: ``file, supplier, layer, issues, features``.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    lists: dict[str, tuple[str, str, list[Issue]]] = {}
    for issue in issues_.ordered(issues):
        if issue.who == "planner":
            file, supplier, layer = PLANNER, "planner", ""
        else:
            supplier, layer = supplier_of(plan, issue.layer), issue.layer
            file = f"{supplier}-{layer}.csv"
        lists.setdefault(file, (supplier, layer, []))[2].append(issue)
    index = pd.DataFrame(
        [
            (file, supplier, layer, len(found), sum(len(i.features) for i in found))
            for file, (supplier, layer, found) in sorted(lists.items())
        ],
        columns=["file", "supplier", "layer", "issues", "features"],
    )
    with published(folder, outputs=_earlier(folder)) as fresh:
        for file, (_, _, found) in sorted(lists.items()):
            write_csv(_rows(found, crs), fresh / file)
        write_csv(index, fresh / INDEX)
    return index


def supplier_of(plan: Plan, layer: str) -> str:
    """Name of who supplied a layer, fit for a file name: the plan's word, else the name of its file."""
    spec = plan.layers
    tables: list[Any]
    if layer == "ledger":
        tables = list(spec.parcels.ledger) if spec.parcels else []
    elif layer == "zones" and spec.zones.path is None:
        tables = [spec.parcels] if spec.parcels else []
    elif layer.startswith(("services.", "sources.")):
        family, _, name = layer.partition(".")
        tables = [getattr(spec, family)[name]]
    else:
        tables = [getattr(spec, layer, None)]
    names = [
        t.supplier or re.split(r"[\\/]", t.path.split("?")[0])[-1] if t.supplier or t.path else ""
        for t in tables
        if t is not None and hasattr(t, "supplier")
    ]
    told = " + ".join(dict.fromkeys(n for n in names if n))
    return _NO_NAME.sub("_", told) or "study"


def _rows(found: Sequence[Issue], crs: CRS) -> pd.DataFrame:
    """Rows of one list: every feature concerned, and issues that concern no single feature."""
    tables = [issues_.places([i]) if i.features else _whole(i) for i in found]
    rows = pd.concat(tables, ignore_index=True)
    degrees = Transformer.from_crs(crs, crs.geodetic_crs or "EPSG:4326", always_xy=True)
    x, y = rows["x"].to_numpy(dtype=float), rows["y"].to_numpy(dtype=float)
    drawn = np.isfinite(x)
    lon, lat = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    lon[drawn], lat[drawn] = (np.round(v, 8) for v in degrees.transform(x[drawn], y[drawn]))
    return rows.assign(lon=lon, lat=lat)[list(COLUMNS)]


def _whole(issue: Issue) -> pd.DataFrame:
    """Row of an issue that concerns a layer as a whole."""
    row = {**issue.row(), "feature_id": "", "x": np.nan, "y": np.nan, "detail": ""}
    return pd.DataFrame([row])[list(issues_.PLACE_COLUMNS)]


def _earlier(folder: Path) -> tuple[str, ...]:
    """Names of the lists an earlier check wrote here, by its index; plain file names only."""
    index = folder / INDEX
    if not index.is_file():
        return (INDEX,)
    with index.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
        names = [str(row.get("file") or "") for row in csv.DictReader(stream)]
    lists = [n for n in names if n.endswith(".csv") and not _NO_NAME.search(n) and n not in (".csv", "..csv")]
    return (INDEX, *lists)

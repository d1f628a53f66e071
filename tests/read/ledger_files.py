"""What the tests of ledgers share: the columns of a register, and what a run made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from park_files import IDS, ONLY_PARCELS, issues, parcels, run, study

L = "layers.parcels.ledger"


def plan(file: str = "reg.xlsx", *, key: str = "编号", columns: Mapping[str, Any] | None = None, **more: Any) -> dict:
    """Changes of the park's plan that join a ledger."""
    changes = {**ONLY_PARCELS, f"{L}.path": file, f"{L}.key": key}
    if columns is not None:
        changes[f"{L}.columns"] = columns
    return changes | {f"{L}.{k}": v for k, v in more.items()}


def bare_parcels(ids: list[str] = IDS) -> gpd.GeoDataFrame:
    """The park's parcels without anything a ledger could give."""
    return parcels().drop(columns="land_area").assign(parcel_id=ids)


def join(folder: Path, changes: Mapping[str, Any], ids: list[str] = IDS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the park with a ledger; return parcels.csv by id, all as text, and issues.csv by code."""
    assert run(study(folder, plan=changes, parcels=bare_parcels(ids))) == 0
    balance = pd.read_csv(folder / "out" / "balance.csv")
    assert set(balance.loc[balance["measure"] == "count", "input"]) <= {60}
    table = pd.read_csv(folder / "out" / "parcels.csv", dtype=str, keep_default_na=False).set_index("parcel_id")
    return table, issues(folder / "out")


def refused(capsys: Any, folder: Path, changes: Mapping[str, Any], message: str, ids: list[str] = IDS) -> None:
    assert run(study(folder, plan=changes, parcels=bare_parcels(ids))) == 2
    assert capsys.readouterr().err == f"gisplan: [layers.parcels.ledger]{message}\n"


def told(found: pd.DataFrame, code: str) -> tuple[str, int, str, str]:
    """Severity, count, message and features of the one issue of a code."""
    row = found.loc[[code]]
    assert len(row) == 1
    return (
        str(row["severity"].iloc[0]),
        int(row["count"].iloc[0]),
        str(row["message"].iloc[0]),
        str(row["features"].iloc[0]),
    )

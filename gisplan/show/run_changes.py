"""What moved a figure since another run: its sums, the inputs, the plan, and the parcels of the zone."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gisplan.errors import LayerError, counted
from gisplan.show.tables import csv_bytes
from gisplan.show.two_runs import foreign

#: Numbers of two runs that differ by less than this part are the same.
SAME = 1e-9

#: Columns of the table of changed parcels.
COLUMNS = ("parcel_id", "change", "column", "then", "now")


@dataclass(frozen=True)
class Moved:
    """What is different between a figure of this run and of another.

    Attributes
    ----------
    folder
        Name of the other run's folder.
    then, now
        Rows of ``indicators.csv``: value, numerator, denominator, n_used, n_missing, flags.
    by_numerator, by_denominator
        Part of the difference of the value that comes from each sum; NaN where there is no ratio on both sides.
    inputs, plan
        Input files and keys of the plan that differ, each with what happened to it.
    parcels
        One row a value that differs of a parcel in the zone then or now (see `COLUMNS`).
    """

    folder: str
    then: Mapping[str, Any]
    now: Mapping[str, Any]
    by_numerator: float
    by_denominator: float
    inputs: Mapping[str, str]
    plan: Mapping[str, str]
    parcels: pd.DataFrame


def moved(
    folder: str | Path,
    record: Mapping[str, Any],
    indicators: pd.DataFrame,
    parcels: pd.DataFrame | None,
    *,
    zone_id: str,
    indicator: str,
) -> Moved:
    """Compare a figure with that of another run.

    Parameters
    ----------
    folder
        The other run's: ``run.json`` and ``indicators.csv`` are needed, ``parcels.csv`` where there are parcels.
    record, indicators, parcels
        This run's.
    zone_id, indicator
        The figure.

    Raises
    ------
    LayerError
        The folder holds no run, or the run has no such zone or indicator.
    """
    place = Path(folder)
    if not place.is_dir():
        raise LayerError(f"--against {folder}: there is no such folder. Give the folder that a gisplan run wrote.")
    try:
        other = json.loads((place / "run.json").read_text(encoding="utf-8"))
        figures = pd.read_csv(place / "indicators.csv", dtype={"zone_id": str, "indicator": str, "flags": str})
    except FileNotFoundError as error:
        raise foreign(place, f"{Path(error.filename).name} is missing") from None
    except (OSError, ValueError) as error:
        raise foreign(place, f"its files cannot be read ({error})") from None
    then = _figure(figures, zone_id, indicator)
    if then is None:
        raise LayerError(f"--against {folder}: that run has no {indicator} of zone {zone_id}. Choose another figure.")
    now = _figure(indicators, zone_id, indicator) or {}
    by_top, by_below = _shares_of_change(then, now)
    file = place / "parcels.csv"
    table = _no_parcels()
    if parcels is not None and file.is_file():
        table = _parcels(pd.read_csv(file, dtype=str, keep_default_na=False), _as_text(parcels), zone_id)
    return Moved(
        place.resolve().name,
        then,
        now,
        by_top,
        by_below,
        _differences(_hashes(other), _hashes(record)),
        _differences(_flat(other.get("plan", {})), _flat(record.get("plan", {}))),
        table,
    )


def change_lines(found: Moved, *, shown: int = 12) -> Iterator[str]:
    """What moved a figure, as lines for a terminal."""
    then, now = found.then["value"], found.now["value"]
    yield f"against {found.folder}: {then:,.6g} then, {now:,.6g} now ({now - then:+,.6g})"
    if not np.isnan(found.by_numerator):
        yield f"  {found.by_numerator:+,.6g} by the numerator, {found.by_denominator:+,.6g} by the denominator"
    for sort, changes in (("input", found.inputs), ("plan", found.plan)):
        for name, what in changes.items():
            yield f"  {sort} {name}: {what}"
    table = found.parcels
    if table.empty:
        yield "  no parcel of the zone is different"
        return
    ids = table["parcel_id"].nunique()
    yield f"  {counted(ids, 'parcel')} of the zone differ:"
    for row in table.head(shown).itertuples():
        told = f": {row.column} {row.then or '–'} → {row.now or '–'}" if row.column else ""
        yield f"    {row.parcel_id} {row.change}{told}"
    if len(table) > shown:
        yield f"    and {len(table) - shown:,} more"


def _figure(table: pd.DataFrame, zone_id: str, indicator: str) -> dict[str, Any] | None:
    rows = table[(table["zone_id"].astype(str) == zone_id) & (table["indicator"] == indicator)]
    return None if rows.empty else rows.iloc[0].to_dict()


def _shares_of_change(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[float, float]:
    """Part of the change of a ratio by each of its sums, the same whichever is thought to change first."""
    a, b = (float(run["numerator"]) for run in (then, now))
    c, d = (float(run["denominator"]) for run in (then, now))
    if not (c and d) or np.isnan([a, b, c, d]).any() or not np.isclose(a / c, then["value"], rtol=1e-6):
        return np.nan, np.nan
    # Half of either order (Shapley's value of two).
    by_top = ((b - a) / c + (b - a) / d) / 2
    return by_top, (b / d - a / c) - by_top


def _hashes(record: Mapping[str, Any]) -> dict[str, str]:
    return {str(i["file"]): str(i["sha256"])[:12] for i in record.get("inputs", []) if "file" in i}


def _flat(value: Any, name: str = "") -> dict[str, str]:
    """Keys of nested tables joined by points, each with its value as text."""
    if isinstance(value, Mapping):
        return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{name}.{key}" if name else key).items()}
    return {name: json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)}


def _differences(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    out = {}
    for name in sorted({*then, *now}):
        if name not in then:
            out[name] = f"new ({now[name]})"
        elif name not in now:
            out[name] = f"no longer there ({then[name]})"
        elif then[name] != now[name]:
            out[name] = f"{then[name]} → {now[name]}"
    return out


def _as_text(parcels: pd.DataFrame) -> pd.DataFrame:
    """Table of the parcels as its file holds it."""
    return pd.read_csv(io.BytesIO(csv_bytes(parcels)), dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _no_parcels() -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS), dtype=str)


def _parcels(then: pd.DataFrame, now: pd.DataFrame, zone_id: str) -> pd.DataFrame:
    """Values that differ of the parcels that lie in a zone then or now, new and lost ones first."""
    then.columns = [c.removeprefix("\ufeff") for c in then.columns]
    if "parcel_id" not in then or "zone_id" not in then:
        return _no_parcels()
    a, b = then.set_index("parcel_id"), now.set_index("parcel_id")
    a, b = a[~a.index.duplicated()], b[~b.index.duplicated()]
    mine = {*a.index[a["zone_id"] == zone_id], *b.index[b["zone_id"] == zone_id]}
    blocks = [
        pd.DataFrame({"parcel_id": sorted(i for i in mine if i not in other.index), "change": word, "column": ""})
        for word, other in (("new", a), ("gone", b))
    ]
    both = sorted(mine & set(a.index) & set(b.index))
    for column in dict.fromkeys([*b.columns, *a.columns]):
        old = a.loc[both, column] if column in a else pd.Series("", index=both)
        new = b.loc[both, column] if column in b else pd.Series("", index=both)
        differ = _differ(old, new)
        blocks.append(
            pd.DataFrame(
                {
                    "parcel_id": old.index[differ],
                    "change": "changed",
                    "column": column,
                    "then": old[differ].to_numpy(),
                    "now": new[differ].to_numpy(),
                }
            )
        )
    table = pd.concat(blocks, ignore_index=True).reindex(columns=list(COLUMNS)).fillna("")
    return table.sort_values(["change", "parcel_id", "column"], key=_order, kind="stable").reset_index(drop=True)


def _order(values: pd.Series[str]) -> pd.Series[Any]:
    return values.map({"new": 0, "gone": 1, "changed": 2}) if values.name == "change" else values


def _differ(old: pd.Series[str], new: pd.Series[str]) -> np.ndarray:
    """Cells that differ: as text, and where both are numbers by more than rounding."""
    unlike = old.to_numpy() != new.to_numpy()
    a, b = (pd.to_numeric(s, errors="coerce").to_numpy(dtype=float) for s in (old, new))
    close = np.isclose(a, b, rtol=SAME, atol=0.0)
    return np.asarray(unlike & ~close)

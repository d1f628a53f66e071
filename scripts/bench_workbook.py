"""Time the workbook of 100,000 parcels in 500 zones with a register: from a result to a file on disk.

The study is evaluated first and not counted. The zones' figures are read back from the file and must be those of the
result, and every sheet has to hold as many records as it should.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench_sides import child, peak_gb

#: Seconds and gigabytes that the workbook of 100,000 parcels may take.
LIMIT_S, LIMIT_GB = 60.0, 1.5


def ours(data: Path) -> dict[str, Any]:
    """Write the workbook of a fabric, and read back what stands in it."""
    import zipfile

    import numpy as np
    from python_calamine import CalamineWorkbook

    from gisplan.plan import load_plan
    from gisplan.show.workbook.table import HEAD
    from gisplan.study import evaluate, record
    from gisplan.study.reports import write_report

    result = evaluate(load_plan(data / "plan.toml"))
    asked, before = record(result), peak_gb()
    file = data / "report.xlsx"
    began, worked = time.perf_counter(), time.process_time()
    write_report(result, file, asked=asked)
    seconds, processor, peak = time.perf_counter() - began, time.process_time() - worked, peak_gb()
    book = CalamineWorkbook.from_path(str(file))
    rows = book.get_sheet_by_name(next(n for n in book.sheet_names if n.endswith("Zones"))).to_python()
    names = rows[HEAD - 2]
    off = 0
    for column in result.zones.columns[3:]:
        place = names.index(column)
        found = [np.nan if r[place] == "" else float(r[place]) for r in rows[HEAD:]]
        off += not np.array_equal(np.array(found), result.zones[column].to_numpy(dtype=float), equal_nan=True)
    with zipfile.ZipFile(file) as packed:
        text = sum(i.file_size for i in packed.infolist())
        formulas = sum(packed.read(n).count(b"<f>") for n in packed.namelist() if n.startswith("xl/worksheets/sheet"))
    return {
        "seconds": seconds,
        "processor": processor,
        "peak_before_gb": before,
        "peak_gb": peak,
        "file_mb": file.stat().st_size / 1e6,
        "text_mb": text / 1e6,
        "formulas": formulas,
        "parcels": len(result.parcels if result.parcels is not None else ()),
        "zones": len(result.zones),
        "sheets": len(book.sheet_names),
        "off": off,
    }


def run(size: int, folder: Path) -> dict[str, Any]:
    """Write the workbook of a fabric with a register and print what it took.

    Raises
    ------
    SystemExit
        The workbook says something else than the result.
    """
    from sample_lives import write_lives

    data = folder / f"lives-{size}"
    if not (data / "plan.toml").exists():
        write_lives(size, data)
    mine = child("workbook ours", data)
    print(f"\nworkbook of {mine['parcels']:,} parcels in {mine['zones']:,} zones")
    above = f"  above {LIMIT_S:g} s" if mine["seconds"] > LIMIT_S * size / 100_000 else ""
    print(f"  result to file {mine['seconds']:7.1f} s (processor {mine['processor']:.1f} s){above}")
    print(f"  peak memory    {mine['peak_gb']:7.2f} GB ({mine['peak_before_gb']:.2f} GB before)")
    print(
        f"  {mine['formulas']:,} formulas on {mine['sheets']} sheets, {mine['file_mb']:.0f} MB "
        f"({mine['text_mb']:.0f} MB unpacked)"
    )
    if mine["off"]:
        raise SystemExit(f"  {mine['off']} columns of the zones differ from the result")
    print("  the zones are those of the result")
    return {"ours": mine}

"""Time the Word and HTML report of a study with a hundred zones, each with a page of its own: from a result to files.

The study is evaluated first and not counted; drawing is. Every zone has to have its heading in the Word document, and
as many pictures have to stand in it as there are maps and charts.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench_sides import child, peak_gb

#: Seconds that the Word report of a hundred zones may take, with its figures.
LIMIT_S = 60.0


def ours(data: Path) -> dict[str, Any]:
    """Write the reports of a fabric, and read back what stands in them."""
    from docx import Document

    from gisplan.plan import load_plan
    from gisplan.show.report import report_html, report_word
    from gisplan.study import evaluate
    from gisplan.study.reports import told

    result = evaluate(load_plan(data / "plan.toml"))
    began = time.perf_counter()
    report = told(result)
    drawn = time.perf_counter()
    file = data / "report.docx"
    file.write_bytes(report_word(report))
    word = time.perf_counter()
    page = report_html(report)
    ended = time.perf_counter()
    document = Document(str(file))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    names = {str(n) for n in result.zones["name"].fillna(result.zones["zone_id"])}
    return {
        "figures_s": drawn - began,
        "word_s": word - drawn,
        "word_in_all_s": word - began,
        "html_s": ended - word,
        "peak_gb": peak_gb(),
        "word_mb": file.stat().st_size / 1e6,
        "html_mb": len(page.encode()) / 1e6,
        "parcels": len(result.parcels if result.parcels is not None else ()),
        "zones": len(result.zones),
        "zones_told": len(names & set(headings)),
        "pictures": len(document.inline_shapes),
    }


def run(size: int, folder: Path) -> dict[str, Any]:
    """Write the reports of a fabric with a register and print what it took.

    Raises
    ------
    SystemExit
        A zone is missing in the Word document.
    """
    from sample_lives import write_lives

    data = folder / f"lives-{size}"
    if not (data / "plan.toml").exists():
        write_lives(size, data)
    mine = child("report ours", data)
    print(f"\nreports of {mine['parcels']:,} parcels in {mine['zones']:,} zones")
    above = f"  above {LIMIT_S:g} s" if mine["word_in_all_s"] > LIMIT_S else ""
    print(f"  Word           {mine['word_in_all_s']:7.1f} s{above}")
    print(f"    of it drawn  {mine['figures_s']:7.1f} s, written {mine['word_s']:.1f} s, {mine['pictures']} pictures")
    print(f"  HTML besides   {mine['html_s']:7.1f} s")
    print(f"  peak memory    {mine['peak_gb']:7.2f} GB; Word {mine['word_mb']:.0f} MB, HTML {mine['html_mb']:.0f} MB")
    if mine["zones_told"] < min(mine["zones"], 100):
        raise SystemExit(f"  {mine['zones']} zones, but {mine['zones_told']} are in the Word document")
    print(f"  {mine['zones_told']} zones have their page")
    return {"ours": mine}

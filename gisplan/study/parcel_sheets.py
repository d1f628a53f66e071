"""Sheets of one page on single parcels of a result."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gisplan.errors import GisplanError, told
from gisplan.study.flow import quiet
from gisplan.study.reports import given_of
from gisplan.study.result import Result

if TYPE_CHECKING:
    from gisplan.show.figures import Figure

#: Forms of a sheet.
SHEET_KINDS = ("docx", "html")

_UNSAFE = re.compile(r"[^0-9A-Za-z_.\u4e00-\u9fff-]")


def write_parcel_sheets(
    result: Result,
    folder: str | Path,
    parcels: Sequence[str],
    *,
    only: Sequence[str] = (),
    public: bool = False,
    progress: Callable[[str], None] = quiet,
) -> list[Path]:
    """Write a sheet of one A4 page on each of some parcels.

    Parameters
    ----------
    result
        What `evaluate` gave.
    folder
        Where.
    parcels
        Ids of the parcels.
    only
        Forms that are wanted, of `SHEET_KINDS`; all by default.
    public
        Whether they may leave the office: nothing private is then on them, and their names say so.
    progress
        Told what is being done.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    GisplanError
        There is no such parcel, or no such form; or the extra that writes one of them is not installed.
    OutputError
        The folder cannot be written to.
    """
    from gisplan.show.publish import published
    from gisplan.show.report import parcel_sheet, report_html, sheet_word

    if odd := [k for k in only if k not in SHEET_KINDS]:
        raise GisplanError(f"report: a parcel's sheet is written as docx or html, not as {odd[0]}.")
    wanted = list(dict.fromkeys(parcels))
    rows = _rows(result, wanted)
    files = dict(zip(wanted, sheet_names(wanted, public=public), strict=True))
    given = given_of(result)
    progress("draw the parcels")
    figures: Sequence[Figure | None]
    try:
        figures = list(result.parcel_figures(rows))
    except GisplanError:
        figures = [None] * len(rows)
    names = tuple(f"{name}.{kind}" for name in files.values() for kind in SHEET_KINDS)
    with published(Path(folder), names) as fresh:
        for parcel, row, figure in zip(wanted, rows, figures, strict=True):
            progress(f"write the sheet of parcel {parcel}")
            sheet = parcel_sheet(given, row, figure, public=public)
            for kind in only or SHEET_KINDS:
                content = sheet_word(sheet) if kind == "docx" else report_html(sheet).encode("utf-8")
                (fresh / f"{files[parcel]}.{kind}").write_bytes(content)
        made = sorted(p.name for p in fresh.iterdir())
    return [Path(folder) / name for name in made]


def _rows(result: Result, wanted: Sequence[str]) -> list[int]:
    if result.parcels is None:
        raise GisplanError("report: the study has no parcels of which a sheet could be written.")
    known = {str(i): k for k, i in enumerate(result.parcels["parcel_id"])}
    for parcel in wanted:
        if parcel not in known:
            close = difflib.get_close_matches(parcel, known, n=3, cutoff=0.5)
            near = (
                f"did you mean {' or '.join(map(repr, close))}?" if close else f"ids look like {next(iter(known))!r}."
            )
            raise GisplanError(f"report: there is no parcel {told(parcel)} among {len(known):,}; {near}")
    return [known[parcel] for parcel in wanted]


def sheet_names(parcels: Sequence[str], *, public: bool = False) -> list[str]:
    """Names of files without their endings; what file systems cannot hold is an underscore, and no two are alike."""
    out: list[str] = []
    for parcel in parcels:
        base = f"parcel-{_UNSAFE.sub('_', parcel)[:80]}" + ("-public" if public else "")
        # Case alone does not tell two files apart everywhere.
        taken, name, k = {n.casefold() for n in out}, base, 2
        while name.casefold() in taken:
            name, k = f"{base}_{k}", k + 1
        out.append(name)
    return out

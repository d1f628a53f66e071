"""Where a table begins and ends: titles above the column names, headings over several columns, totals, footnotes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from gisplan import vocabulary
from gisplan.read.grid import Grid
from gisplan.read.headers import folded, plain, resolve, split_unit

#: Lines in which the column names are looked for.
_HEAD = 30

_NUMBER = re.compile(r"^[-+]?[\d.,]+%?$")


@dataclass(frozen=True)
class Heading:
    """Column names of a table and where they stand.

    Attributes
    ----------
    names
        One for each column; the same name twice has a number behind it.
    first, last
        Positions of the first and last line that hold them, among the lines that are not empty.
    above
        What stands in the lines above.
    """

    names: list[str]
    first: int
    last: int
    above: list[str]


def find_heading(grid: Grid, cells: pd.DataFrame, needs: str) -> Heading:
    """Find the line of column names: of those that hold the key the one with most different words.

    Where none does, the line with most different words is taken, so that a message can tell what it holds.

    Parameters
    ----------
    grid
        The table, for its merged cells.
    cells
        Its lines that are not empty, shape (n, k).
    needs
        Column it must have, with or without its unit.
    """
    head = [[c for c in row if c is not None] for row in cells.iloc[:_HEAD].itertuples(index=False)]
    words = [len({c for c in row if not _NUMBER.match(c)}) for row in head]
    holding = [i for i, row in enumerate(head) if row and resolve(needs, [plain(c) for c in row])]
    at = max(holding or range(len(head)), key=lambda i: (words[i], -i))
    first, last = _extent(grid, cells, at, needs)
    names = _names(grid, cells, first, last)
    above = [" ".join(plain(c) for c in row) for row in head[:first]]
    return Heading(_distinct(names), first, last, above)


def _extent(grid: Grid, cells: pd.DataFrame, at: int, needs: str) -> tuple[int, int]:
    """First and last line of column names, when the key stands in line ``at``."""
    lines = cells.index
    row = cells.iloc[at].tolist()
    keys = [c for c, text in enumerate(row) if text is not None and resolve(needs, [plain(text)])]
    below = _below(grid, cells, at, keys[0] if keys else 0)
    if below:
        return at, at + below
    if at > 0 and lines[at - 1] == lines[at] - 1 and _is_group(grid, cells, at - 1):
        return at - 1, at
    return at, at


def _below(grid: Grid, cells: pd.DataFrame, at: int, key: int) -> int:
    """How many lines below hold the rest of the column names: the key's cell reaches down over them."""
    lines = cells.index
    if at + 1 == len(cells) or lines[at + 1] != lines[at] + 1:
        return 0
    if grid.has_merged:
        ends = [r1 for r0, r1, c0, c1 in grid.merged if r0 <= lines[at] < r1 and c0 <= key <= c1]
        return int(((lines > lines[at]) & (lines <= ends[0])).sum()) if ends else 0
    here, below = cells.iloc[at].tolist(), cells.iloc[at + 1].tolist()
    full = [c for c, text in enumerate(below) if text is not None]
    # Without the merges (a CSV) the sign is a line of words that fills the gaps of the one above, and no key.
    words = not any(_NUMBER.match(below[c]) for c in full)
    return int(below[key] is None and words and any(here[c] is None for c in full))


def _is_group(grid: Grid, cells: pd.DataFrame, at: int) -> bool:
    """Whether a line holds headings over several columns, rather than a title over all of them."""
    row = cells.iloc[at].tolist()
    full = [c for c, text in enumerate(row) if text is not None]
    line = cells.index[at]
    if grid.has_merged:
        wide = [(c0, c1) for r0, r1, c0, c1 in grid.merged if r0 <= line <= r1 and c1 > c0]
        over = cells.shape[1]
        if any(":" in plain(row[c]) for c in full):
            return False  # 单位：万元 stands alone above the last columns
        return any(c1 - c0 + 1 < over and row[c0] is not None for c0, c1 in wide) and full != [0]
    below = cells.iloc[at + 1].tolist()
    gaps = [c for c in full if c + 1 < len(row) and row[c + 1] is None and below[c] is not None]
    return bool(gaps) and full[0] > 0 and not any(":" in plain(row[c]) for c in full)


def _names(grid: Grid, cells: pd.DataFrame, first: int, last: int) -> list[str]:
    """Names from one line, or from two: what stands below, with its heading where it does not stand alone."""
    if first == last:
        return [plain(t) if t else f"column {i + 1}" for i, t in enumerate(cells.iloc[first].tolist())]
    # Of three lines the lowest that says something names a column.
    lower = [
        next((plain(t) for t in reversed(below) if t is not None), None)
        for below in zip(*cells.iloc[first + 1 : last + 1].itertuples(index=False), strict=True)
    ]
    upper = _filled(grid, [None if t is None else plain(t) for t in cells.iloc[first].tolist()], lower, cells, first)
    alone = Counter(_bare(t) for t in (b or u for u, b in zip(upper, lower, strict=True)) if t)
    names = []
    for i, (group, name) in enumerate(zip(upper, lower, strict=True)):
        if group and name and alone[_bare(name)] > 1:
            names.append(f"{group}/{name}")
        else:
            names.append(name or group or f"column {i + 1}")
    return names


def _bare(name: str) -> str:
    return folded(split_unit(name)[0])


def _filled(
    grid: Grid, upper: list[str | None], lower: list[str | None], cells: pd.DataFrame, at: int
) -> list[str | None]:
    """Headings carried to the right over the columns they stand above."""
    out = list(upper)
    if grid.has_merged:
        line = cells.index[at]
        for r0, r1, c0, c1 in grid.merged:
            if r0 <= line <= r1:
                for c in range(c0, min(c1 + 1, len(out))):
                    out[c] = upper[c0]
        return out
    for c in range(1, len(out)):
        # A heading reaches as far as the names below it do, up to the next heading.
        if out[c] is None and lower[c] is not None and lower[c - 1] is not None:
            out[c] = out[c - 1]
    return out


def _distinct(names: list[str]) -> list[str]:
    """Names with a number behind each one that has stood before."""
    seen: Counter[str] = Counter()
    out = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def no_records(grid: Grid, rows: pd.DataFrame, key: str) -> dict[int, str]:
    """Lines that are no records: totals, column names repeated on a new page, and footnotes at the end.

    Parameters
    ----------
    grid
        The table, for its merged cells.
    rows
        Lines below the column names.
    key
        Its key column.

    Returns
    -------
    dict
        Line → what stands there first.
    """
    totals = {folded(w) for w in vocabulary.words("totals")}
    out: dict[int, str] = {}
    # Only lines without a key, or whose key is such a word, can be totals: all others are records of a parcel.
    first = rows[key].copy()
    for line in rows.index[first.isna()]:
        full = [str(t) for t in rows.loc[line] if t is not None]
        first[line] = next((t for t in full if folded(t).rstrip(":") in totals), full[0])
    for text in first.unique():
        if folded(text).rstrip(":") in {*totals, folded(key)}:
            out |= dict.fromkeys(rows.index[first == text], str(text))
    begins = tuple(folded(w) for w in vocabulary.words("footnotes"))
    wide = {r0 for r0, r1, c0, c1 in grid.merged if c1 > c0}
    for line in reversed(rows.index):
        if line in out:
            continue
        full = [str(t) for t in rows.loc[line] if t is not None]
        if not (all(folded(t).startswith(begins) for t in full) or (len(full) == 1 and line in wide)):
            break
        out[line] = full[0]
    return dict(sorted(out.items()))

"""Tables as they stand in their file: every cell as text, with what the file says about cells and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gisplan.issues import Issue


@dataclass(frozen=True)
class Grid:
    """Cells of one table.

    Attributes
    ----------
    cells
        Text, missing ones None; the index is each row's line in the file.
    what
        What the table is called in messages.
    merged
        Merged cells: first and last line, first and last column (from 0).
    has_merged
        Whether the file could say that cells are merged.
    is_1904
        Whether the workbook counts days from 1904, as those of old Macs do.
    issues
        What was found.
    """

    cells: pd.DataFrame
    what: str
    merged: Sequence[tuple[int, int, int, int]] = ()
    has_merged: bool = False
    is_1904: bool = False
    issues: tuple[Issue, ...] = ()

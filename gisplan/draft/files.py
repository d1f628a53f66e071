"""What lies in a folder: every layer, table and raster gisplan can read, and what it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gisplan.errors import LayerError, counted
from gisplan.read.inspect import Seen, is_known, see
from gisplan.read.kinds import Guess

#: Folders that are looked into below the one given.
DEPTH = 2

#: A folder with this file holds results of gisplan, which are no input.
_RESULTS = "run.json"


@dataclass(frozen=True)
class Source:
    """A layer, a table or a raster lying in the folder.

    Attributes
    ----------
    path
        Its file.
    layer
        Its name, where the file has several; None where the file alone says which it is.
    seen
        What is in it.
    shown
        How it is called in the plan's comments.
    """

    path: Path
    layer: str | None
    seen: Seen
    shown: str

    @property
    def table(self) -> pd.DataFrame:
        """Its attributes."""
        return self.seen.table

    @property
    def guesses(self) -> tuple[Guess, ...]:
        """What it may be, the likeliest first."""
        return self.seen.guesses

    @property
    def told(self) -> str:
        """Its name and how much is in it."""
        look = self.seen.look
        unit = {"table": "row", "raster": "cell"}.get(look.geometry, "record")
        what = f", {look.geometry}" if unit == "record" else ""
        return f"{self.shown} ({counted(look.count, unit)}{what})"


def found(folder: Path) -> tuple[list[Source], list[str]]:
    """Look at everything in a folder and up to two levels below.

    Returns
    -------
    tuple
        The sources in the order of their paths, and one line for each file that cannot be read.

    Raises
    ------
    LayerError
        There is no such folder.
    """
    if not folder.is_dir():
        raise LayerError(f"init: there is no folder {str(folder)!r}. Give the folder your layers are in.")
    sources: list[Source] = []
    unread: list[str] = []
    for path in _files(folder, DEPTH):
        shown = path.relative_to(folder).as_posix()
        try:
            seen = list(see(path, place=shown))
        except LayerError as error:
            unread.append(str(error))
            continue
        several = len(seen) > 1
        for one in seen:
            name = one.look.name if several else None
            sources.append(Source(path, name, one, f"{shown} {name}" if name else shown))
    return sources, unread


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """Files gisplan may read, in the order of their names."""
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.startswith((".", "~$")):
            continue
        if is_known(path):
            yield path
        elif path.is_dir() and depth > 0 and not (path / _RESULTS).is_file():
            yield from _files(path, depth - 1)

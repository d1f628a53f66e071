"""Numbers of chapters, tables and figures, and the words that stand before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

from gisplan.show.report.blocks import Block, Heading, Picture, Report, Table, Text

CONTENTS = Text("目录", "Contents")
TABLE, FIGURE = Text("表", "Table"), Text("图", "Figure")


@dataclass(frozen=True)
class Numbered:
    """A block with its number among those of its kind, and a picture's data."""

    block: Block
    kind: str
    number: int
    image: bytes


def numbered(report: Report, *, image: Callable[[Picture], bytes]) -> Iterator[Numbered]:
    """Number chapters, tables and figures, each kind by itself.

    Parameters
    ----------
    report
        What is numbered.
    image
        Makes the data of a picture.
    """
    counts = {Heading: 0, Table: 0, Picture: 0}
    for block in report.blocks:
        kind = type(block)
        if kind in counts and not (isinstance(block, Heading) and block.level > 1):
            counts[kind] += 1
        yield Numbered(block, kind.__name__, counts.get(kind, 0), image(block) if isinstance(block, Picture) else b"")


def more(table: Table) -> Text:
    """Say how many rows were left out, and where they are."""
    return Text(f"另有 {table.more:,} 行，见 {table.where}。", f"{table.more:,} more rows: see {table.where}.")


def png(picture: Picture, *, dpi: int) -> bytes:
    """Picture as PNG."""
    stream = BytesIO()
    picture.figure.write(stream, form="png", dpi=dpi)
    return stream.getvalue()

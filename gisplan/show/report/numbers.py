"""Numbers of chapters, tables and figures, and the words that stand before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


def numbered(report: Report) -> Iterator[Numbered]:
    """Number chapters, tables and figures, each kind by itself."""
    counts = {Heading: 0, Table: 0, Picture: 0}
    for block in report.blocks:
        kind = type(block)
        if kind in counts and not (isinstance(block, Heading) and block.level > 1):
            counts[kind] += 1
        yield Numbered(block, kind.__name__, counts.get(kind, 0), block.png if isinstance(block, Picture) else b"")


def more(table: Table) -> Text:
    """Say where all rows of a table are, and how many were left out; nothing where there is no such file."""
    if table.more:
        return Text(f"另有 {table.more:,} 行，见 {table.where}。", f"{table.more:,} more rows: see {table.where}.")
    return Text(f"数据见 {table.where}。", f"Data: {table.where}.") if table.where else Text("", "")

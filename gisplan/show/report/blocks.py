"""What a report is made of, whatever it is written in: headings, paragraphs, tables, pictures, the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gisplan.show.figures import Figure

Language = Literal["zh", "en", "both"]

#: Dots an inch of pictures.
DPI = 150


@dataclass(frozen=True)
class Text:
    """Words in both languages."""

    zh: str
    en: str

    def lines(self, language: Language) -> list[str]:
        """One line in each language asked for; what is the same in both stands once."""
        told = {"zh": (self.zh or self.en,), "en": (self.en or self.zh,), "both": (self.zh, self.en)}[language]
        return list(dict.fromkeys(t for t in told if t))

    def line(self, language: Language) -> str:
        """All of it on one line."""
        return " ".join(self.lines(language))


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 begins a chapter."""

    text: Text
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a ``caution`` must not be overlooked."""

    text: Text
    caution: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers are set to the right."""

    text: Text
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A table of cells that are written already.

    Attributes
    ----------
    title
        What its number is followed by.
    columns, rows
        Heads, and the cells of each row: text, or words in both languages.
    more
        Rows that were left out because there are too many; where they are is said below.
    where
        File that has all rows.
    marks
        Row number → "below", "above" or "pass", by which the row is coloured.
    """

    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Text]]
    more: int = 0
    where: str = ""
    marks: Mapping[int, str] = field(default_factory=dict)

    @property
    def headed(self) -> bool:
        """Whether any column has a heading."""
        return any(c.text.zh or c.text.en for c in self.columns)


@dataclass(frozen=True)
class Picture:
    """A figure with its caption."""

    figure: Figure

    @property
    def text(self) -> Text:
        """Its caption."""
        return Text(self.figure.zh, self.figure.en)

    @cached_property
    def png(self) -> bytes:
        """Its data, sharp on paper at the width of a page; drawn once for all forms of a report."""
        stream = BytesIO()
        self.figure.write(stream, form="png", dpi=DPI)
        return stream.getvalue()


@dataclass(frozen=True)
class Map:
    """The interactive map, where the report can hold one."""

    text: Text


Block = Heading | Paragraph | Table | Picture | Map


@dataclass(frozen=True)
class Report:
    """A report: its cover and what follows.

    Attributes
    ----------
    title, subtitle
        Of the cover.
    facts
        What stands on the cover: day, system of coordinates, version …
    blocks
        Everything else, in order.
    language
        "zh", "en" or "both".
    sheet
        Whether it is a sheet of one page: no cover, no contents, no numbers, and cells on one line.
    """

    title: Text
    subtitle: Text
    facts: Sequence[tuple[Text, str]]
    blocks: Sequence[Block]
    language: Language
    sheet: bool = False

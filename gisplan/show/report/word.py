"""A report as a Word document, in a template whose styles a planner can change."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from gisplan.errors import GisplanError, OutputError
from gisplan.show.figures.sheet import printable
from gisplan.show.report.blocks import Block, Heading, Language, Paragraph, Picture, Report, Table, Text
from gisplan.show.report.numbers import CONTENTS, FIGURE, TABLE, more, numbered

#: The template that ships with gisplan.
TEMPLATE = Path(__file__).with_name("template.docx")

#: Width of the text on an A4 page of the template and of a picture of which two fit on a page, mm.
WIDTH_MM, PICTURE_MM = 170, 158

#: What a template may fill in; ``body`` has to be there.
FIELDS = ("title", "subtitle", "facts", "contents", "contents_hint", "body")

_HINT = Text("在 Word 中按 F9 更新目录。", "Press F9 in Word to bring the contents up to date.")
_SHADES = {"head": "EEF2F5", "below": "FDF0EA", "above": "FDF0EA", "pass": "F0F7F2"}

#: Width of a letter of a cell in twentieths of a point, and the room beside its text in letters.
_LETTER, _PAD = 98, 1.5

#: Where a line of a cell can be broken: at blanks, and around Chinese letters.
_BREAKS = re.compile(r"[\s\u2e80-\uffef]+")

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

#: Stands where the report goes until it is there.
_MARK = "gisplan:body"

#: Word refuses longer text in one place; what is cut is said to be.
LONGEST = 30_000


def report_word(report: Report, *, template: str | Path | None = None) -> bytes:
    """Write a report as a Word document.

    Parameters
    ----------
    report
        What it says.
    template
        A planner's own template; it has ``{{ body }}`` where the report goes, and may have the other `FIELDS`.

    Returns
    -------
    bytes
        Content of a .docx; the same report gives the same bytes.

    Raises
    ------
    OutputError
        The template cannot be read, or has no place for the report.
    GisplanError
        The extra that writes Word documents is not installed.
    """
    try:
        from docx.opc.exceptions import PackageNotFoundError
        from docxtpl import DocxTemplate
        from jinja2.exceptions import TemplateError
    except ImportError:
        raise GisplanError('Word: this needs docxtpl. Install it: pip install "gisplan[report]"') from None
    file = TEMPLATE if template is None else Path(template)
    try:
        document = DocxTemplate(file)
        document.init_docx()
        placed = "body" in document.get_undeclared_template_variables()
    except (OSError, PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile):
        raise OutputError(f"{file}: no Word document that can serve as a template. Give a .docx.") from None
    except TemplateError as error:
        raise OutputError(
            f"{file}: its fields cannot be read ({error}). Mend them, or start from gisplan's own."
        ) from None
    if not placed:
        raise OutputError(
            f"{file}: the template has no {{{{ body }}}} in a paragraph of its own, where the report goes."
        )
    language = report.language
    context: dict[str, Any] = {
        "title": printable(report.title.line(language)),
        "subtitle": printable(report.subtitle.line(language)),
        "facts": [(printable(name.line(language)), printable(fact)) for name, fact in report.facts],
        "contents": CONTENTS.line(language),
        "contents_hint": _HINT.line(language),
        "body": _MARK,
    }
    document.render(context, autoescape=True)
    _fill(document.docx, report, file)
    stream = BytesIO()
    document.save(stream)
    return same_times(stream.getvalue())


def _fill(document: Any, report: Report, template: Path) -> None:
    """Put the report where the template has its mark."""
    mark = next((p for p in document.paragraphs if p.text.strip() == _MARK), None)
    if mark is None:
        raise OutputError(f"{template}: {{{{ body }}}} has to stand in a paragraph of its own, outside of tables.")
    content = document.element.body
    before = len(content)
    for item in numbered(report):
        _add(document, item.block, item.number, item.image, report.language)
    # python-docx adds at the end, before the section's properties; all of it moves to the mark.
    for element in list(content)[before - 1 : -1]:
        mark._p.addprevious(element)
    content.remove(mark._p)


def _add(body: Any, block: Block, number: int, image: bytes, language: Language) -> None:
    from docx.shared import Mm

    if isinstance(block, Heading):
        prefix = f"{number}  " if block.level == 1 else ""
        body.add_heading(prefix + printable(block.text.line(language)), level=block.level)
    elif isinstance(block, Paragraph):
        for line in block.text.lines(language):
            body.add_paragraph(printable(line), style="Caution" if block.caution and _has(body, "Caution") else None)
    elif isinstance(block, Table):
        _caption(body, TABLE, number, block.title, language)
        body.element.body.insert_element_before(table_xml(block, language), "w:sectPr")
        body.add_paragraph(printable(more(block).line(language)), style=_cell(body))
    elif isinstance(block, Picture):
        body.add_picture(BytesIO(image), width=Mm(PICTURE_MM))
        body.paragraphs[-1].paragraph_format.keep_with_next = True
        _caption(body, FIGURE, number, block.text, language).paragraph_format.keep_with_next = False


def _has(body: Any, style: str) -> bool:
    return style in {s.name for s in body.styles}


def _cell(body: Any) -> str | None:
    return "Cell" if _has(body, "Cell") else None


def _caption(body: Any, word: Text, number: int, title: Text, language: Language) -> Any:
    """Caption whose number is a field, so that Word can list tables and figures."""
    from docx.oxml import parse_xml

    paragraph = body.add_paragraph(f"{word.line(language)} ", style="Caption" if _has(body, "Caption") else None)
    name = "Table" if word is TABLE else "Figure"
    paragraph._p.append(
        parse_xml(f'<w:fldSimple {_W} w:instr=" SEQ {name} \\* ARABIC "><w:r><w:t>{number}</w:t></w:r></w:fldSimple>')
    )
    paragraph.add_run(f"  {printable(title.line(language))}")
    return paragraph


def table_xml(table: Table, language: Language, *, width_mm: float = WIDTH_MM) -> Any:
    """Table as one piece of XML: cell by cell through the library takes minutes for a hundred zones."""
    from docx.oxml import parse_xml

    widths = _widths(table, language, width_mm)
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="C9D1D8"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    number = [c.number for c in table.columns]
    head = (
        ""
        if not table.headed
        else _row([c.text for c in table.columns], widths, number, language, shade=_SHADES["head"], head=True)
    )
    rows = "".join(
        _row(row, widths, number, language, shade=_SHADES.get(table.marks.get(k, ""), ""))
        for k, row in enumerate(table.rows)
    )
    return parse_xml(
        f'<w:tbl {_W}><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{sides}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{head}{rows}</w:tbl>"
    )


def _row(
    cells: Sequence[str | Text], widths: Sequence[int], number: Sequence[bool], language: Language, *, shade: str,
    head: bool = False,
) -> str:  # fmt: skip
    about = "<w:trPr><w:cantSplit/>" + ("<w:tblHeader/>" if head else "") + "</w:trPr>"
    fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else ""
    out = []
    for cell, width, right in zip(cells, widths, number, strict=True):
        lines = cell.lines(language) if isinstance(cell, Text) else [cell]
        align = '<w:jc w:val="right"/>' if right else ""
        paragraphs = "".join(
            f'<w:p><w:pPr><w:pStyle w:val="Cell"/>{align}</w:pPr><w:r>{_run(k, bold=head)}'
            f'<w:t xml:space="preserve">{escape(_cut(line))}</w:t></w:r></w:p>'
            for k, line in enumerate(lines or [""])
        )
        out.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{fill}</w:tcPr>{paragraphs}</w:tc>')
    return f"<w:tr>{about}{''.join(out)}</w:tr>"


def _run(line: int, *, bold: bool) -> str:
    """Set the second language smaller and lighter."""
    small = '<w:color w:val="5A6672"/><w:sz w:val="13"/>' if line else ""
    return f"<w:rPr>{'<w:b/>' if bold and not line else ''}{small}</w:rPr>"


def _cut(text: str) -> str:
    plain = printable(text)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"


def _widths(table: Table, language: Language, width_mm: float) -> list[int]:
    """Widths of the columns in twentieths of a point: no word is broken where there is room, none is too greedy."""
    total = round(width_mm / 25.4 * 1440)
    least, wanted = [], []
    for k, column in enumerate(table.columns):
        cells = [row[k] for row in table.rows[:60]]
        longest = sorted(_long(c, language) for c in cells) or [0.0]
        usual = longest[int(0.9 * (len(longest) - 1))]
        # A figure and its unit stay on one line.
        word = max(
            _long(column.text, language, word=True), *(_long(c, language, word=not column.number) for c in cells), 0
        )
        least.append(min(max(word, 3.0), 22.0) + _PAD)
        head = _long(column.text, language)
        # A short heading stays on one line, a long one may take two.
        wanted.append(min(max(usual, min(head, 14.0), head * 0.6), 42.0) + _PAD)
    room = total / _LETTER
    spare = room - sum(least)
    more = [max(w - n, 0.0) + 0.01 for w, n in zip(wanted, least, strict=True)]
    sizes = [n + spare * m / sum(more) for n, m in zip(least, more, strict=True)] if spare > 0 else least
    scaled = [int(total * size / sum(sizes)) for size in sizes]
    scaled[-1] += total - sum(scaled)
    return scaled


def _long(cell: str | Text, language: Language, *, word: bool = False) -> float:
    """Width of a cell's longest line, or of its longest word, in letters; a Chinese letter is two wide."""
    lines = cell.lines(language) if isinstance(cell, Text) else [cell]
    if not word:
        return max((_wide(line) * (0.8 if k else 1) for k, line in enumerate(lines)), default=0)
    # Chinese text breaks anywhere.
    parts = ((p, k) for k, line in enumerate(lines) for p in _BREAKS.split(line))
    return max((_wide(p) * (0.8 if k else 1) for p, k in parts), default=0)


def _wide(text: str) -> float:
    return sum(2 if ord(c) > 0x218F else 1 for c in text)


def same_times(content: bytes) -> bytes:
    """One time for all parts, and no day of making, so that the same report gives the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for item in sorted(made.infolist(), key=lambda i: (i.filename != "[Content_Types].xml", i.filename)):
            fixed.writestr(zipfile.ZipInfo(item.filename, (2000, 1, 1, 0, 0, 0)), made.read(item), zipfile.ZIP_DEFLATED)
    return out.getvalue()

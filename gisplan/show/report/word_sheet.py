"""A sheet of one page as a Word document, with the styles of gisplan's own template."""

from __future__ import annotations

from io import BytesIO

from gisplan.errors import GisplanError
from gisplan.show.figures.sheet import printable
from gisplan.show.report.blocks import Paragraph, Picture, Report, Table
from gisplan.show.report.numbers import more
from gisplan.show.report.word import TEMPLATE, same_times, table_xml

#: Margins, and the width of what stands between them, mm.
MARGIN_MM, WIDTH_MM = 15, 180


def sheet_word(report: Report) -> bytes:
    """Write a sheet as a Word document.

    Parameters
    ----------
    report
        A report that is a sheet.

    Returns
    -------
    bytes
        Content of a .docx; the same sheet gives the same bytes.

    Raises
    ------
    GisplanError
        The extra that writes Word documents is not installed.
    """
    try:
        from docx import Document
        from docx.shared import Mm, Pt
    except ImportError:
        raise GisplanError('Word: this needs docxtpl. Install it: pip install "gisplan[report]"') from None
    language = report.language
    document = Document(str(TEMPLATE))
    body = document.element.body
    for element in list(body)[:-1]:
        body.remove(element)
    section = document.sections[0]
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
    section.header_distance = section.footer_distance = Mm(8)
    section.different_first_page_header_footer = False
    for paragraph in section.footer.paragraphs:
        paragraph.text = ""
        paragraph.add_run(f"{printable(report.subtitle.line(language))}  ·  gisplan").font.size = Pt(7)

    def add(text: str, style: str | None, size: float, after: float) -> None:
        paragraph = document.add_paragraph(style=style)
        paragraph.add_run(printable(text)).font.size = Pt(size)
        paragraph.paragraph_format.space_before = Pt(0)
        paragraph.paragraph_format.space_after = Pt(after)
        paragraph.paragraph_format.line_spacing = 1.0

    add(report.title.line(language), "Title", 16, 1)
    add(" · ".join(f"{k.line(language)} {v}" for k, v in report.facts), None, 8, 3)
    for block in report.blocks:
        if isinstance(block, Picture):
            document.add_picture(BytesIO(block.png), width=Mm(WIDTH_MM))
            document.paragraphs[-1].paragraph_format.space_after = Pt(2)
        elif isinstance(block, Table):
            add(block.title.line(language), "Caption", 9, 1)
            body.insert_element_before(table_xml(block, language, width_mm=WIDTH_MM), "w:sectPr")
            told = more(block).line(language) if block.more else ""
            add(told, None, 7 if told else 3, 1)
        elif isinstance(block, Paragraph):
            for line in block.text.lines(language):
                add(line, None, 7, 1)
    stream = BytesIO()
    document.save(stream)
    return same_times(stream.getvalue())

"""Make the Word template that ships with gisplan: cover, contents, styles that a planner can change.

``python scripts/make_template.py`` writes gisplan/show/report/template.docx; the same version of python-docx gives the
same bytes.
"""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

FILE = Path(__file__).resolve().parent.parent / "gisplan" / "show" / "report" / "template.docx"

#: Fonts that every Windows with Chinese has; other systems take the nearest.
LATIN, CHINESE = "Arial", "Microsoft YaHei"

INK, SOFT, ACCENT = RGBColor(0x1C, 0x27, 0x33), RGBColor(0x5A, 0x66, 0x72), RGBColor(0x14, 0x57, 0x8A)


def main(file: Path = FILE) -> None:
    """Write the template."""
    document = Document()
    _page(document)
    _styles(document)
    _cover(document)
    _contents(document)
    document.add_paragraph("{{ body }}")
    _footer(document)
    _ask_to_update(document)
    facts = document.core_properties
    facts.author, facts.title, facts.comments = "gisplan", "", ""
    facts.created = facts.modified = datetime(2000, 1, 1)
    file.write_bytes(_same_times(document))


def _page(document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)


def _styles(document) -> None:
    sizes = {"Normal": 10, "Title": 28, "Subtitle": 15, "Heading 1": 18, "Heading 2": 13, "Heading 3": 11, "Caption": 9}
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name, style.font.size = LATIN, Pt(size)
        style.font.color.rgb = SOFT if name == "Subtitle" else INK
        style.font.italic = False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in list(fonts.attrib):
            if "Theme" in key or "theme" in key:
                del fonts.attrib[key]
        for key, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", CHINESE)):
            fonts.set(qn(f"w:{key}"), font)
    heading = document.styles["Heading 1"]
    heading.paragraph_format.page_break_before = True
    heading.font.color.rgb = ACCENT
    document.styles["Title"].font.bold = False
    for border in document.styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
    document.styles["Caption"].font.bold = True
    document.styles["Caption"].paragraph_format.keep_with_next = True
    small = document.styles.add_style("Cell", 1)
    small.base_style = document.styles["Normal"]
    small.font.size = Pt(8)
    small.paragraph_format.space_after = small.paragraph_format.space_before = Pt(0)
    caution = document.styles.add_style("Caution", 1)
    caution.base_style = document.styles["Normal"]
    caution.font.color.rgb = RGBColor(0x8A, 0x45, 0x0C)
    edges = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="24" w:space="8" w:color="C9701D"/></w:pBdr>'
    )
    caution.element.get_or_add_pPr().append(edges)


def _cover(document) -> None:
    for _ in range(7):
        document.add_paragraph()
    document.add_paragraph("{{ title }}", style="Title")
    document.add_paragraph("{{ subtitle }}", style="Subtitle")
    document.add_paragraph()
    table = document.add_table(rows=3, cols=2)
    table.rows[0].cells[0].text = "{%tr for name, fact in facts %}"
    table.rows[1].cells[0].text, table.rows[1].cells[1].text = "{{ name }}", "{{ fact }}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Mm(50), Mm(120)


def _contents(document) -> None:
    paragraph = document.add_paragraph("{{ contents }}")
    paragraph.paragraph_format.page_break_before = True
    paragraph.runs[0].font.size, paragraph.runs[0].font.color.rgb = Pt(18), ACCENT
    _field(document.add_paragraph(), r'TOC \o "1-2" \h \z \u', "{{ contents_hint }}")


def _field(paragraph, code: str, shown: str) -> None:
    """Field that Word works out, with the text that stands there until it has."""
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("shown", shown), ("end", "")):
        run = paragraph.add_run()
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        elif kind == "shown":
            run.text = text
        else:
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {text} "
            run._r.append(instruction)


def _footer(document) -> None:
    section = document.sections[0]
    section.different_first_page_header_footer = True
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run("{{ title }}  ·  ")
    _field(paragraph, "PAGE", "1")
    for run in paragraph.runs:
        run.font.size, run.font.color.rgb = Pt(8), SOFT


def _ask_to_update(document) -> None:
    """Let Word bring contents and page numbers up to date when it opens the file."""
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    document.settings.element.append(update)


def _same_times(document) -> bytes:
    """Content of the file with one time for all parts, so that it is the same whenever it is made."""
    parts = document.part.package.rels
    for name in [k for k, part in parts.items() if "thumbnail" in part.reltype]:
        del parts[name]
    stream, out = BytesIO(), BytesIO()
    document.save(stream)
    with zipfile.ZipFile(stream) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for item in made.infolist():
            fixed.writestr(zipfile.ZipInfo(item.filename, (2000, 1, 1, 0, 0, 0)), made.read(item), zipfile.ZIP_DEFLATED)
    return out.getvalue()


if __name__ == "__main__":
    main()

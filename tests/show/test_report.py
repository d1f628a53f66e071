"""Reports that are handed in: what they say, that it adds up, and that every form is a sound file."""

import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from park_files import parcels, study

from gisplan import GisplanError, cli, evaluate, load_plan
from gisplan.show.report import report_html, report_word
from gisplan.show.report.blocks import Column, Heading, Paragraph, Picture, Report, Table, Text
from gisplan.show.report.figures import land, number, rounded, value
from gisplan.study import Result
from gisplan.study.reports import told, write_reports

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sample():
    return evaluate(load_plan(ROOT / "layers" / "plan.toml"))


@pytest.fixture(scope="module")
def report(sample):
    return told(sample)


def table(report, name):
    return next(b for b in report.blocks if isinstance(b, Table) and b.title.en == name)


def plain(cell):
    return cell if isinstance(cell, str) else cell.en


def small(*blocks, language="both"):
    return Report(Text("题", "Title"), Text("副", "Sub"), [(Text("日", "Day"), "2025-12-31")], blocks, language)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(0, 3))
def test_rounded_amounts_add_up_to_the_rounded_sum(values, digits):
    got = rounded(np.array(values), digits=digits)
    assert got.sum() == pytest.approx(round(sum(values), digits), abs=1.01 * 10.0**-digits)
    assert f"{got.sum():.{digits}f}" == f"{sum(round(v, digits) for v in got):.{digits}f}"
    assert (np.abs(got - values) < 10.0**-digits + 1e-9).all()


def test_a_known_case_of_largest_remainders():
    assert rounded(np.array([33.335, 33.335, 33.33]), digits=2).tolist() == [33.34, 33.33, 33.33]
    assert rounded(np.array([0.5, 0.5, 0.5, 0.5]), digits=0).tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("figure", "unit", "area", "shown"),
    [
        (0.12345, "share", "ha", "12.3 %"),
        (0.0, "share", "ha", "0.0 %"),
        (10_000.0, "m²", "ha", "1.00 ha"),
        (10_000.0, "m²", "mu", "15.00 亩 mu"),
        (4046.8564224, "m²", "acre", "1.00 acre"),
        (1234.5, "万元/ha", "ha", "1,234 万元/ha"),
        (np.nan, "share", "ha", "–"),
        (0.004, "1", "ha", "0.0040"),
        (-0.0000001, "1", "ha", "0.0000"),
        (3, "n", "ha", "3"),
    ],
)
def test_figures_are_written_as_a_reader_wants_them(figure, unit, area, shown):
    assert value(figure, unit, area=area) == shown


def test_land_and_numbers():
    assert (land(666.6666666, area="mu"), number(1_234_567.8), number(12.5)) == ("1.00", "1,234,568", "12.50")


def test_the_summary_is_that_of_zones_csv(report, sample):
    found = table(report, "Main figures of the zones")
    names = [plain(c.text) for c in found.columns][1:]
    assert names == sample.zones["name"].tolist()
    by = {plain(row[0]): row[1:] for row in found.rows}
    for k in range(len(names)):
        assert by["Plot ratio"][k] == f"{sample.zones['plot_ratio'].iloc[k]:.2f}"
        assert by["Gas coverage"][k] == f"{100 * sample.zones['coverage_gas'].iloc[k]:.1f} %"


def test_the_land_balance_adds_up_as_it_is_printed(report, sample):
    rows = table(report, "Land balance").rows
    *classes, total = [[float(cell.replace(",", "")) for cell in row[1:]] for row in rows]
    sums = np.sum(classes, axis=0)
    assert [f"{s:.2f}" for s in sums] == [f"{t:.2f}" for t in total]
    assert total[0] == len(sample.parcels) and f"{total[2]:.2f}" == "100.00"
    assert total[1] == pytest.approx(sample.parcels["area_m2"].sum() / 1e4, abs=0.005)


def test_idle_land_stands_with_its_caution(report):
    blocks = list(report.blocks)
    at = next(k for k, b in enumerate(blocks) if isinstance(b, Heading) and b.text.en == "Idle-land screening")
    assert isinstance(blocks[at + 1], Paragraph) and blocks[at + 1].caution
    assert "not a legal finding" in blocks[at + 1].text.en


def test_nobody_named_in_the_register_is_named_in_a_report(report, sample):
    holders = set(sample.parcels["holder"].dropna())
    contracts = set(sample.parcels["contract_no"].dropna())
    assert len(holders) > 100
    text = report_html(report) + "".join(_texts(report_word(report)))
    assert not [h for h in (*holders, *contracts) if h in text]


def test_a_public_report_has_no_private_column_even_on_its_map(sample, tmp_path, monkeypatch):
    """The plan may put holders on its own map; the public report has none."""
    plan = sample.plan.model_copy(update={"map": sample.plan.map.model_copy(update={"private": ["holder"]})})
    result = replace(sample, plan=plan, survey=replace(sample.survey, plan=plan))
    drawn = []
    monkeypatch.setattr(Result, "map", lambda self: drawn.append(self) or SimpleNamespace(iframe=lambda **_: ""))
    for public in (False, True):
        (file,) = write_reports(result, tmp_path, only=("html",), public=public)
        assert file.name == ("report-public.html" if public else "report.html")
    on_map = [[c.name for layer in shown.layers() for c in layer.columns] for shown in drawn]
    assert "holder" in on_map[0] and "holder" not in on_map[1]


def _texts(content):
    document = Document(BytesIO(content))
    yield from (p.text for p in document.paragraphs)
    for found in document.tables:
        for row in found.rows:
            yield from (cell.text for cell in row.cells)


def test_word_has_all_that_the_report_says(report):
    document = Document(BytesIO(report_word(report)))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [
        f"{k}  {b.text.line('both')}"
        for k, b in enumerate((b for b in report.blocks if isinstance(b, Heading) and b.level == 1), start=1)
    ]
    # The cover's facts are a table of their own.
    assert len(document.tables) == 1 + sum(isinstance(b, Table) for b in report.blocks)
    assert len(document.inline_shapes) == sum(isinstance(b, Picture) for b in report.blocks)
    xml = document.element.xml
    assert xml.count(" SEQ Table ") == len(document.tables) - 1 and "TOC \\o" in xml
    for block, found in zip((b for b in report.blocks if isinstance(b, Table)), document.tables[1:], strict=True):
        assert len(found.rows) == len(block.rows) + 1


def test_word_is_the_same_whenever_it_is_written(report):
    few = replace(report, blocks=[b for b in report.blocks if not isinstance(b, Picture)])
    made = report_word(few)
    assert made == report_word(few)
    with zipfile.ZipFile(BytesIO(made)) as file:
        assert {i.date_time for i in file.infolist()} == {(2000, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "text",
    ["</w:t><w:t>", "{{ 7 * 7 }}", "{% for %}", "=cmd|' /C calc'!A0", "a\x00\x0bb", "x" * 40_000, "<b>&amp;", "𠮷"],
)
def test_hostile_texts_stay_text(text):
    told_report = small(
        Heading(Text(text, text)),
        Paragraph(Text(text, text)),
        Table(Text(text, text), [Column(Text(text, text))], [[text], [Text(text, text)]]),
    )
    html = report_html(told_report)
    assert "<b>&amp;" not in html and "49" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    words = " ".join(_texts(report_word(told_report)))
    kept = "".join(c for c in text if c.isprintable())[:20]
    assert kept in words.replace("a  b", "ab").replace("a b", "ab")


def test_long_tables_say_what_they_leave_out():
    report = small(Table(Text("表", "T"), [Column(Text("a", "a"))], [["1"]], more=7, where="idle.csv"))
    assert "另有 7 行，见 idle.csv。" in report_html(report)
    assert any("7 more rows: see idle.csv." in t for t in _texts(report_word(report)))


@pytest.mark.parametrize(("language", "title"), [("zh", "题"), ("en", "Title"), ("both", "题 Title")])
def test_languages(language, title):
    html = report_html(small(Heading(Text("章", "Chapter")), language=language))
    assert f"<title>{title}</title>" in html
    assert ("章" in html) == (language != "en") and ("Chapter" in html) == (language != "zh")


def test_a_template_of_one_s_own(tmp_path):
    own = Document()
    own.add_paragraph("我区：{{ title }}")
    own.add_paragraph("{{ body }}")
    own.add_paragraph("签字")
    own.save(tmp_path / "own.docx")
    made = list(_texts(report_word(small(Heading(Text("章", "Chapter"))), template=tmp_path / "own.docx")))
    assert made == ["我区：题 Title", "1  章 Chapter", "签字"]


def test_templates_that_will_not_do(tmp_path):
    empty = tmp_path / "empty.docx"
    Document().save(empty)
    with pytest.raises(GisplanError, match=r"has no .* in a paragraph of its own"):
        report_word(small(), template=empty)
    (tmp_path / "text.docx").write_text("x")
    with pytest.raises(GisplanError, match="no Word document that can serve as a template"):
        report_word(small(), template=tmp_path / "text.docx")
    with pytest.raises(GisplanError, match="no Word document that can serve as a template"):
        report_word(small(), template=tmp_path / "gone.docx")
    bad = Document()
    bad.add_paragraph("{{ body }}{% if %}")
    bad.save(tmp_path / "bad.docx")
    with pytest.raises(GisplanError, match="its fields cannot be read"):
        report_word(small(), template=tmp_path / "bad.docx")


def test_land_in_the_unit_asked_for(tmp_path):
    plan = study(tmp_path, plan={"report.area_unit": "mu", "plan.language": "both"}, parcels=parcels())
    found = told(evaluate(load_plan(plan)))
    row = next(r for r in table(found, "Main figures of the zones").rows if plain(r[0]) == "Parcel area")
    assert row[1].endswith(" 亩 mu") and float(row[1].split()[0].replace(",", "")) == pytest.approx(450, rel=1e-3)


def test_the_command(tmp_path, capsys):
    plan = study(tmp_path)
    assert cli.main(["report", str(plan), "--out", str(tmp_path / "out"), "--only", "html", "--only", "docx"]) == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["report.docx", "report.html"]
    assert "report.docx (" in capsys.readouterr().out


def test_libreoffice_opens_it_without_repair(report, tmp_path):
    program = shutil.which("soffice")
    if program is None:
        reason = "no LibreOffice Writer on this machine"
        if os.environ.get("GISPLAN_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    few = replace(report, blocks=[b for b in report.blocks if not isinstance(b, Picture)])
    (tmp_path / "report.docx").write_bytes(report_word(few))
    subprocess.run(
        [program, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
         "--outdir", tmp_path, tmp_path / "report.docx"],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.browser
def test_the_page_asks_for_nothing_and_shows_its_map(opened, report, sample):
    few = replace(report, blocks=[b for b in report.blocks if not isinstance(b, Picture)])
    html = report_html(few, frame=sample.map().iframe()).replace("<html ", '<html data-gisplan="ready" ', 1)
    tab = opened(html)
    frame = tab.frame_locator("iframe")
    tab.evaluate("document.querySelector('iframe').scrollIntoView()")
    frame.locator("#gp-tab-legend").wait_for(timeout=30_000)
    assert tab.locator("table").count() == sum(isinstance(b, Table) for b in report.blocks)
    # Nothing runs over the side of the page, not on a phone either.
    for width in (1200, 420):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")

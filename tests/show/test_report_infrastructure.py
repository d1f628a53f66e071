"""Chapter of infrastructure, pages of zones, sheets of parcels, and reports in one language alone."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from docx import Document
from park_files import parcels, study

from gisplan import GisplanError, cli, evaluate, load_plan, vocabulary
from gisplan.show.report import parcel_sheet, report_html, sheet_word
from gisplan.show.report.blocks import Heading, Paragraph, Picture, Table
from gisplan.show.report.figures import limit_text, unit_text, value
from gisplan.show.report.infrastructure import infrastructure
from gisplan.study.parcel_sheets import sheet_names, write_parcel_sheets
from gisplan.study.reports import given_of, told

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u3400-\u9fff]")


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


def spoken(result, language):
    """The same result as a plan in another language would give it."""
    plan = result.plan.model_copy(update={"plan": result.plan.plan.model_copy(update={"language": language})})
    return replace(result, plan=plan, survey=replace(result.survey, plan=plan))


def test_coverage_stands_beside_what_is_planned(report, sample):
    found = table(report, "Coverage of services (now → with what is planned)")
    by = {plain(row[0]): row[1:] for row in found.rows}
    zones = sample.zones
    for service, label in (("gas", "Gas"), ("water", "Water supply")):
        for k, cell in enumerate(by[label]):
            now, then = (f"{100 * zones[f'coverage{p}_{service}'].iloc[k]:.1f} %" for p in ("", "_planned"))
            assert cell == (now if now == then else f"{now} → {then}")
    assert "→" in by["Gas"][2] and "→" not in by["Gas"][0]
    assert found.where == "zones.csv"


def test_the_gaps_are_those_of_the_file(report, sample):
    gaps, rows = sample.gaps, table(report, "What developable parcels lack for the target level").rows
    assert sum(int(row[1].replace(",", "")) for row in rows) == len(gaps)
    assert sum(int(row[2]) for row in rows) == (gaps["state"] == "planned").sum()
    largest = table(report, "The largest of these parcels")
    assert len(largest.rows) + largest.more == gaps["parcel_id"].nunique()
    area = sample.parcels.set_index("parcel_id").loc[gaps["parcel_id"].unique(), "area_m2"]
    assert largest.rows[0][0] == area.idxmax()


def test_the_source_over_its_capacity_goes_first(report, sample):
    found = table(report, "What is used most")
    assert found.rows[0][3] == "安康变" and found.rows[0][7] == "113.1 %"
    assert plain(found.rows[0][9]).startswith("over capacity")
    left = sample.capacity["utilisation"].isna().sum()
    assert any(f"{left:,} more sources" in b.text.en for b in report.blocks if isinstance(b, Paragraph))


def test_works_overdue_go_first_and_effects_are_those_of_zones(report, sample):
    rows = table(report, "Works, the gravest first").rows
    assert plain(rows[0][2]) == "Overdue" and rows[0][6] == "61"
    assert len(rows) == len(sample.works.table)
    effect = table(report, "What the works add to coverage")
    zones = sample.works.effect.query("scope == 'zone' and gained_parcels > 0")
    assert len(effect.rows) + effect.more == len(zones)


@pytest.mark.parametrize(
    "name",
    ["Links that serve the most land for their length", "Sources and lines whose loss alone cuts parcels off",
     "Land by level of supply", "Access to facilities", "Roads: length, class, progress", "Trunk grid",
     "Terrain and earthwork", "Land with the most earthwork", "Works: money and progress"],
)  # fmt: skip
def test_every_part_has_rows_and_says_where_all_are(report, name):
    found = table(report, name)
    assert found.rows and found.where.endswith(".csv")
    assert all(len(row) == len(found.columns) for row in found.rows)


def test_there_is_no_chapter_where_there_is_nothing(sample):
    given = given_of(sample)
    land = [m for m in given.measured if m.group in ("land", "intensity")]
    assert not list(infrastructure(replace(given, measured=land, tables={})))
    assert list(infrastructure(replace(given, measured=land)))


def test_every_zone_has_its_map_and_a_balance_that_adds_up(report, sample):
    for k, name in enumerate(sample.zones["name"]):
        at = next(
            i for i, b in enumerate(report.blocks) if isinstance(b, Heading) and b.level == 2 and b.text.zh == name
        )
        assert isinstance(report.blocks[at + 1], Picture) and report.blocks[at + 1].figure.name == f"zone_{k + 1}"
        *classes, total = [
            [float(c.replace(",", "")) for c in row[1:]] for row in table(report, f"{name}: land balance").rows
        ]
        assert [f"{s:.2f}" for s in np.sum(classes, axis=0)] == [f"{t:.2f}" for t in total]
        assert total[0] == pytest.approx(sample.zones["parcel_area_m2"].iloc[k] / 1e4, abs=0.005)


def test_many_zones_are_rows(sample):
    given = given_of(sample)
    wide = replace(
        given,
        zones=pd.concat([given.zones] * 3, ignore_index=True),
        measured=[
            replace(m, figures=type(m.figures)(**{k: np.tile(v, 3) for k, v in vars(m.figures).items()}))
            for m in given.measured
        ],
    )
    found = next(b for b in infrastructure(wide) if isinstance(b, Table) and b.title.en.startswith("Coverage"))
    assert len(found.rows) == 12 and len(found.columns) == 9


# ---------------------------------------------------------------- sheets of parcels


def words(content):
    document = Document(BytesIO(content))
    yield from (p.text for p in document.paragraphs)
    for found in document.tables:
        for row in found.rows:
            yield from (cell.text for cell in row.cells)


def test_a_sheet_tells_of_its_parcel(sample):
    row = int(np.flatnonzero(sample.parcels["parcel_id"] == "330500-078-0003")[0])
    sheet = parcel_sheet(given_of(sample), row, None, public=False)
    facts = [c for cells in table(sheet, "The parcel").rows for c in cells]
    area = sample.parcels["area_m2"].iloc[row]
    assert f"{area / 1e4:.4f} ha = {area * 3 / 2000:.2f} 亩 mu" in facts
    assert sample.parcels["holder"].iloc[row] in facts
    services = {r[0].split()[0]: r for r in table(sheet, "Services").rows}
    assert services["给水"][1].endswith("planned") and services["污水"][1].endswith("served")
    assert services["供热"][2:4] == [
        sample.parcels["nearest_heat"].iloc[row],
        f"{sample.parcels['distance_heat_m'].iloc[row]:.0f}",
    ]
    rules = {r[0]: r for r in table(sheet, "Against the rules").rows}
    assert any("Plot ratio (control)" in name and cells[2] == "≥1" for name, cells in rules.items())
    assert any(isinstance(b, Paragraph) and "not a legal finding" in b.text.en for b in sheet.blocks)


def test_public_sheets_tell_nothing_private(sample):
    private = [c.stored for c in vocabulary.columns("parcels").values() if c.private and c.stored in sample.parcels]
    assert {"holder", "contract_no", "price_wan", "permit_no"} <= set(private)
    given = given_of(sample)
    holders = set(sample.parcels["holder"].dropna())
    for row in np.flatnonzero(sample.parcels["holder"].notna())[:40].tolist():
        own = [
            str(sample.parcels[c].iloc[row])
            for c in ("holder", "contract_no", "permit_no")
            if pd.notna(sample.parcels[c].iloc[row])
        ]
        inside, outside = (parcel_sheet(given, row, None, public=p) for p in (False, True))
        assert all(text in report_html(inside) for text in own)
        told_out = report_html(outside) + "".join(words(sheet_word(outside)))
        assert not [text for text in (*own, *holders) if text in told_out]
        assert "Price" not in told_out and "成交价款" not in told_out


def test_sheets_are_one_page_with_a_map_and_the_same_bytes(sample, tmp_path):
    ids = ["330500-078-0003", "330500-001-0001"]
    files = write_parcel_sheets(sample, tmp_path / "a", ids, public=True)
    assert [f.name for f in files] == sorted(f"parcel-{i}-public.{kind}" for i in ids for kind in ("docx", "html"))
    again = write_parcel_sheets(sample, tmp_path / "b", ids, public=True)
    assert [f.read_bytes() for f in files] == [f.read_bytes() for f in again]
    assert len(Document(files[0]).inline_shapes) == 1 and "data:image/png" in files[1].read_text(encoding="utf-8")


def test_a_parcel_that_is_not_there(sample, tmp_path):
    with pytest.raises(GisplanError, match=r"no parcel '330500-078-000Z' among 365; did you mean '330500-078-000\d'"):
        write_parcel_sheets(sample, tmp_path, ["330500-078-000Z"])
    with pytest.raises(GisplanError, match=r"ids look like '330500-001-0001'"):
        write_parcel_sheets(sample, tmp_path, ["ß"])
    with pytest.raises(GisplanError, match="docx or html, not as xlsx"):
        write_parcel_sheets(sample, tmp_path, ["330500-078-0003"], only=("xlsx",))
    assert not list(tmp_path.iterdir())


def test_names_of_files_hold_any_id():
    assert sheet_names(["a/b", "a?b", "A_b", "..", "宗1"]) == [
        "parcel-a_b", "parcel-a_b_2", "parcel-A_b_3", "parcel-..", "parcel-宗1",
    ]  # fmt: skip


def test_the_command_writes_sheets_and_speaks_one_language(tmp_path, capsys):
    plan = study(tmp_path, parcels=parcels())
    parcel = evaluate(load_plan(plan)).parcels["parcel_id"].iloc[0]
    out = tmp_path / "out"
    assert (
        cli.main(["report", str(plan), "--out", str(out), "--parcel", parcel, "--only", "html", "--language", "en"])
        == 0
    )
    (file,) = out.iterdir()
    assert file.name == f"parcel-{parcel}.html" and 'lang="en"' in file.read_text(encoding="utf-8")
    assert cli.main(["report", str(plan), "--out", str(out), "--parcel", "nowhere"]) == 2
    assert "there is no parcel 'nowhere'" in capsys.readouterr().err


# ---------------------------------------------------------------- one language alone


def data_words(result):
    """Everything that the data say in Chinese: names of zones, projects, works, roads, and codes."""
    tables = [
        result.findings[["clause"]],
        result.parcels,
        result.zones,
        result.works.table,
        result.roads,
        result.capacity,
        result.weak_links,
        result.links.table,
    ]
    out = {
        str(v)
        for t in tables
        for c in t.columns
        if c not in ("geometry", "service_level_zh", "idle_caution")
        for v in t[c].dropna().unique()
        if isinstance(v, str)
    }
    return out | {part for text in out for part in text.split(";")}


def without(text, names):
    """What is left of a text without the names in it, the longest first."""
    for name in sorted((n for n in names if n and n in text), key=len, reverse=True):
        text = text.replace(name, "")
    return text


def test_an_english_report_has_no_chinese_of_ours(sample):
    """What remains is of the data, or of rule packs: sources and titles that stand as they are published."""
    report = told(spoken(sample, "en"))
    theirs = data_words(sample)
    ours = []
    for block in report.blocks:
        if isinstance(block, Heading | Paragraph | Picture):
            ours += block.text.lines("en")
        elif isinstance(block, Table):
            ours += block.title.lines("en") + [t for c in block.columns for t in c.text.lines("en")]
            if block.title.en not in ("Rules", "How figures are defined", "Data issues"):
                ours += [
                    t for row in block.rows for c in row for t in (c.lines("en") if not isinstance(c, str) else [c])
                ]
    left = {text for text in ours if CHINESE.search(without(text, theirs))}
    assert not left


def test_an_english_figure_has_no_chinese_of_ours(sample):
    theirs = data_words(sample)
    left = set()
    for figure in spoken(sample, "en").figures():
        drawing = figure.drawing
        shown = [t.get_text() for t in drawing.texts]
        for axes in drawing.axes:
            shown += [t.get_text() for t in (*axes.texts, *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label)]
        left |= {text for text in shown if CHINESE.search(without(text, theirs))}
    assert not left


def test_a_chinese_report_has_no_english_headings_or_captions(sample):
    report = told(spoken(sample, "zh"))
    for block in report.blocks:
        texts = [block.text] if isinstance(block, Heading | Picture) else []
        if isinstance(block, Table):
            texts = [block.title, *(c.text for c in block.columns)]
        for text in texts:
            (line,) = text.lines("zh")
            assert CHINESE.search(line) or not re.search(r"[A-Za-z]{4,}", line.replace("SHA-256", "")), line


def test_units_are_written_in_the_language():
    assert value(1.5, "万元/mu", language="en") == "1.50 ×10⁴ yuan/mu"
    assert value(1.5, "万元/mu", language="zh") == "1.50 万元/亩"
    assert value(1000.0, "m²", area="mu", language="zh") == "1.50 亩"
    assert value(1000.0, "m²", area="mu", language="en") == "1.50 mu"
    assert unit_text("m³/ha").zh == "m³/ha"


def test_limits_are_written_as_the_figure_is():
    assert limit_text("≥ 0.4", "share") == "≥40 %" and limit_text("0.05 – 0.125", "share") == "5 – 12.5 %"
    assert limit_text("≥ 5000", "万元") == "≥5000" and limit_text("", "share") == ""

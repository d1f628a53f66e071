"""The workbook as a file: ids stay text, hostile texts stay texts, private columns stay at home, all is told."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import town
from hypothesis import given
from hypothesis import strategies as st
from recalc import Cells, formulas, loaded

from gisplan import load_plan, vocabulary
from gisplan.cli import main
from gisplan.show.workbook.cells import CELL_MAX, clean
from gisplan.show.workbook.land import largest_remainder
from gisplan.show.workbook.table import HEAD
from gisplan.study import evaluate, reports, write, write_reports
from gisplan.study.reports import write_report

ROOT = Path(__file__).resolve().parent.parent.parent

# rasterio 1.4 multiplies affine transforms in a way that affine 3.1 would rather not see
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

HOSTILE = {
    "P1": "=cmd|' /C calc'!A0",
    "P2": "+1+1",
    "P3": "@SUM(A1)",
    "P4": "-2",
    "P5": "</w:t></t></is><script>",
    "P6": "_x0041_ stays",
    "P8": "{=1+1}",
    "P9": "http://gisplan.invalid/x",
    "P10": "0111",
    "P12": "<b>&amp; both\tends",
}
CHANGED = {"P7": "bell \x07 and \x1b[31m and \ufffe", "P13": "长" * 40_000}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample's result, its workbook and its public one."""
    folder = tmp_path_factory.mktemp("sample")
    result = evaluate(load_plan(ROOT / "layers/plan.toml"))
    return result, write_report(result, folder / "own.xlsx"), write_report(result, folder / "public.xlsx", public=True)


def texts(file: Path) -> str:
    """Everything in a workbook, as XML."""
    with zipfile.ZipFile(file) as packed:
        return "\n".join(packed.read(n).decode() for n in packed.namelist() if n.endswith(".xml"))


def test_ids_stay_text(tmp_path):
    plan = town.write(tmp_path, zones=lambda f: f.assign(zone_id=["0111", "1e5", "0111.0"]))
    cells = Cells(write_report(evaluate(plan), tmp_path / "report.xlsx"))
    assert cells.column("Zones", "zone_id") == ["0111", "1e5", "0111.0"]
    assert cells.column("Parcels", "zone_id")[0] == "0111"


def test_ids_that_conditions_would_confuse_are_told_apart(tmp_path):
    """Conditions take 0111 and 111 for one number, and * for anything; sums go by the zone's number."""
    plan = town.write(tmp_path, zones=lambda f: f.assign(zone_id=["0111", "111", "*"]))
    result = evaluate(plan)
    file = write_report(result, tmp_path / "report.xlsx")
    ids = {"0111", "111", "*"}
    assert not [f for f in formulas(file).values() if any(f'"{i}"' in f for i in ids)]
    assert Cells(file).column("Zones", "parcel_count") == result.zones["parcel_count"].tolist()


def test_hostile_texts_are_texts(tmp_path):
    """A register's names stand in cells as they are, and what no cell can hold is marked and counted."""
    said = {**HOSTILE, **CHANGED}
    plan = town.write(
        tmp_path,
        spec={"parcels": {"columns": {"name": "title"}}},
        parcels=lambda f: f.assign(title=[said.get(p) for p in f["parcel_id"]]),
    )
    file = write_report(evaluate(plan), tmp_path / "report.xlsx")
    book, cells = loaded(file), Cells(file)
    sheet = book[cells.sheet("Parcels")]
    names = [c.value for c in sheet[HEAD - 1]]
    column = {r[1].value: r[names.index("name")] for r in sheet.iter_rows(min_row=HEAD + 1)}
    read = dict(zip(cells.column("Parcels", "parcel_id"), cells.column("Parcels", "name"), strict=True))
    for parcel, text in HOSTILE.items():
        assert column[parcel].data_type == "s", parcel
        # Excel reads its own codes back (_x005F_ is _); openpyxl and calamine keep them as they are written.
        assert column[parcel].value.replace("_x005F_", "_") == text
        assert column[parcel].hyperlink is None
        assert read[parcel].replace("_x005F_", "_") == text
    assert column["P7"].value == "bell \ufffd and \ufffd[31m and \ufffd"
    assert len(column["P13"].value) <= CELL_MAX
    assert column["P13"].value.startswith("长" * 32_000)
    assert re.search(r"\[\+7,2\d\d 字 characters\]$", column["P13"].value)
    assert column["P11"].value is None
    told = " ".join(str(c) for row in book[cells.sheet("Sources")].iter_rows(values_only=True) for c in row if c)
    assert "2 texts" in told


@given(st.text())
def test_any_text_can_be_held(text):
    kept, changed = clean(text)
    assert changed == (kept != text)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", kept)
    assert len(kept) == len(text)


@given(st.integers(0, 200_000))
def test_long_texts_say_how_much_is_not_there(length):
    kept, _ = clean("x" * length)
    assert len(kept) <= CELL_MAX
    mark = re.search(r" … \[\+([\d,]+) 字", kept)
    there = kept.index(" …") if mark else length
    assert there + (int(mark[1].replace(",", "")) if mark else 0) == length


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=20))
def test_the_largest_remainder_adds_up_and_moves_nothing_by_a_step(amounts):
    values = np.array(amounts)
    whole = round(values.sum() / 100) * 100.0
    rounded = largest_remainder(values, 100.0, whole)
    assert round(rounded.sum() / 100) == round(whole / 100)
    assert (np.abs(rounded - values) < 100 + 1e-6).all()
    assert (np.abs(rounded / 100 - np.round(rounded / 100)) < 1e-6).all()


def test_the_largest_remainder_by_pencil():
    """33.4, 33.3 and 33.3 are 100; of whole numbers the first has the largest remainder. Of equal ones the first."""
    assert largest_remainder(np.array([33.4, 33.3, 33.3]), 1.0, 100.0).tolist() == [34, 33, 33]
    assert largest_remainder(np.array([0.5, 0.5, 1.0]), 1.0, 2.0).tolist() == [1, 0, 1]
    assert largest_remainder(np.array([-0.25, 10.25]), 1.0, 10.0).tolist() == [0, 10]


def private_values(result):
    """What the register says in private columns, long enough to be known again, and the columns."""
    frame = result.survey.layers.frame("parcels")
    own = [c for c in vocabulary.columns("parcels").values() if c.private and c.stored in frame]
    values = {str(v) for c in own if c.kind != "number" for v in frame[c.stored].dropna() if len(str(v)) > 4}
    return [c.stored for c in own], values


def test_private_columns_are_on_the_sheet_of_parcels_only(sample):
    result, file, _ = sample
    columns, values = private_values(result)
    assert {"holder", "price_wan", "contract_no", "permit_no"} <= set(columns)
    assert len(values) > 300
    book = loaded(file)
    for sheet in book:
        own = {str(c) for row in sheet.iter_rows(values_only=True) for c in row if c is not None}
        if sheet.title.endswith(" Parcels"):
            assert len(values & own) > 300
        else:
            assert not values & own, sheet.title


def test_a_public_workbook_has_nothing_private(sample):
    result, own, public = sample
    columns, values = private_values(result)
    inside, text = texts(own), texts(public)
    assert sum(v in inside for v in values) > 300
    assert not [v for v in values if v in text]
    heads = {c.value for sheet in loaded(public) for c in sheet[HEAD - 1]}
    assert not heads & {*columns, "fee_wan", "fee_exposure_wan"}
    prices = {f"<v>{p!r}</v>" for p in result.parcels["price_wan"].dropna().tolist() if p != int(p)}
    assert sum(p in inside for p in prices) > 20
    assert sum(p in text for p in prices) < len(prices) / 20


def test_the_same_input_gives_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    plan = town.write(tmp_path / "a")
    first = write_report(evaluate(plan), tmp_path / "one.xlsx").read_bytes()
    assert write_report(evaluate(plan), tmp_path / "two.xlsx").read_bytes() == first


@pytest.mark.parametrize(("language", "names"), [("zh", ["概要", "分区指标", "数据字典"]), ("en", ["Summary", "Zones", "Dictionary"]),
                                                 ("both", ["概要 Summary", "分区指标 Zones", "数据字典 Dictionary"])])  # fmt: skip
def test_sheets_are_named_in_the_plans_language_and_headings_in_both(tmp_path, language, names):
    plan = town.write(tmp_path, header={"language": language})
    file = write_report(evaluate(plan), tmp_path / "report.xlsx")
    cells = Cells(file)
    assert set(names) <= set(cells.names)
    book = loaded(file)
    zones = book[names[1]]
    heads = {c.value: zones.cell(HEAD, c.column).value for c in zones[HEAD - 1]}
    assert heads["plot_ratio"] == "容积率\nPlot ratio"
    for sheet in book:
        assert len(sheet.title) <= 31
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert "&P / &N" in sheet.oddFooter.right.text


def test_tables_are_frozen_and_filtered_where_sorting_does_no_harm(sample):
    _, file, _ = sample
    book = loaded(file)
    behind = {
        "Zone sums",
        "Parcel pieces",
        "Building pieces",
        "Buildings on parcels",
        "Scores",
        "Score parts",
        "Idle by zone",
    }
    for sheet in book:
        word = sheet.title.split(" ", 1)[1]
        if word in ("Summary", "Assumptions", "Sources", "Land balance"):
            continue
        assert sheet.freeze_panes is not None, word
        assert (sheet.auto_filter.ref is None) == (word in behind), word


def test_the_dictionary_tells_every_column_in_both_languages(sample):
    _, file, _ = sample
    cells, live = Cells(file), formulas(file)
    told = list(
        zip(*(cells.column("Dictionary", c) for c in ("sheet", "column", "label_zh", "label_en", "made")), strict=True)
    )
    by_place = {(s, c): made for s, c, _, _, made in told}
    assert all(zh and en for _, _, zh, en, _ in told)
    tables = [
        n
        for n in cells.names
        if n.split(" ", 1)[1] not in ("Summary", "Land balance", "Assumptions", "Sources", "Dictionary")
    ]
    assert len(tables) == 16
    for name in tables:
        width = next(i for i in range(500) if cells.at(name, HEAD - 1, i) == "")
        ids = [cells.at(name, HEAD - 2, i) for i in range(width)]
        with_formulas = {ids[c] for s, _, c in live if s == name}
        for column in ids:
            assert by_place[name, column].endswith("formula" if column in with_formulas else "value"), (name, column)
    explained = dict(zip(cells.column("Dictionary", "column"), cells.column("Dictionary", "explain"), strict=True))
    assert "gisplan explain plan.toml ZONE industrial_land_share" in explained.values()


def test_missing_is_an_empty_cell(town_result, tmp_path):
    cells = Cells(write_report(town_result, tmp_path / "report.xlsx"))
    assert cells.column("Zones", "plot_ratio")[2] == ""
    assert cells.column("Zones", "parcel_count")[2] == 0
    assert "" in cells.column("Parcels", "floor_area_m2")


def test_a_run_writes_the_workbook_and_says_so_where_it_is_too_large(tmp_path, monkeypatch):
    (tmp_path / "town").mkdir()
    result = evaluate(town.write(tmp_path / "town"))
    write(result, tmp_path / "out")
    assert loaded(tmp_path / "out/report.xlsx").sheetnames[0] == "Summary"
    assert "REPORT_LEFT_OUT" not in (tmp_path / "out/issues.csv").read_text(encoding="utf-8")
    monkeypatch.setattr(reports, "MOST_FEATURES", 24)
    write(result, tmp_path / "out")
    assert not (tmp_path / "out/report.xlsx").exists()
    assert "REPORT_LEFT_OUT" in (tmp_path / "out/issues.csv").read_text(encoding="utf-8")


def test_the_command_writes_reports_and_nothing_else(tmp_path, capsys):
    plan = str(ROOT / "layers/plan.toml")
    assert main(["report", plan, "--out", str(tmp_path / "out"), "--only", "xlsx"]) == 0
    assert str(tmp_path / "out/report.xlsx") in capsys.readouterr().out
    assert main(["report", plan, "--out", str(tmp_path / "out"), "--public", "--only", "xlsx"]) == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["report-public.xlsx", "report.xlsx"]


def test_a_failed_report_leaves_the_earlier_one(tmp_path, monkeypatch):
    (tmp_path / "town").mkdir()
    result = evaluate(town.write(tmp_path / "town"))
    write_reports(result, tmp_path / "out", only=("xlsx",))
    before = (tmp_path / "out/report.xlsx").read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gisplan.show.workbook.writer.Writer.close", full)
    with pytest.raises(Exception, match="earlier results are untouched"):
        write_reports(result, tmp_path / "out", only=("xlsx",))
    assert (tmp_path / "out/report.xlsx").read_bytes() == before
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["report.xlsx"]

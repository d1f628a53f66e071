"""Cells as planners write them: dates in every form, numbers with units and doubts, marks for nothing known."""

import datetime as dt

import pytest
import xlsxwriter
from ledger_files import join, plan, refused, told
from park_files import IDS, ONLY_PARCELS, issues, parcels, run, study, workbook

from gisplan.read.dates import date_of, from_serial, is_month

D = dt.date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2019-03-01", D(2019, 3, 1)),
        ("2019.3.1", D(2019, 3, 1)),
        ("2019. 3. 1", D(2019, 3, 1)),
        ("2019/3/1", D(2019, 3, 1)),
        ("2019\\3\\1", D(2019, 3, 1)),
        ("2019年3月1日", D(2019, 3, 1)),
        ("2019 年 3 月 1 日", D(2019, 3, 1)),
        ("2019年3月1号", D(2019, 3, 1)),
        ("２０１９．３．１", D(2019, 3, 1)),
        ("2019—3—1", D(2019, 3, 1)),
        ("20190301", D(2019, 3, 1)),
        ("2019-03-01 00:00:00", D(2019, 3, 1)),
        ("2019-3-1 2:30", D(2019, 3, 1)),
        ("2019-03-01T12:30:00.123456", D(2019, 3, 1)),
        ("2019-03-01T12:30:00+08:00", D(2019, 3, 1)),
        ("二〇一九年三月一日", D(2019, 3, 1)),
        ("二○二〇年十二月三十一日", D(2020, 12, 31)),
        ("二零一九年十月二十日", D(2019, 10, 20)),
        ("2020-02-29", D(2020, 2, 29)),
        ("2019年3月", D(2019, 3, 1)),
        ("2019-03", D(2019, 3, 1)),
        ("2019.3", D(2019, 3, 1)),
        ("2019.12", D(2019, 12, 1)),
        ("二〇一九年三月", D(2019, 3, 1)),
        ("201903", D(2019, 3, 1)),
        ("2019年3月初", D(2019, 3, 1)),
        ("2019年3月底", D(2019, 3, 31)),
        ("2020年2月末", D(2020, 2, 29)),
        # One date only, or none.
        ("2019-02-30", None),
        ("2019.13.1", None),
        ("190301", None),
        ("201012", None),
        ("19.3.1", None),
        ("3/1/2019", None),
        ("01.03.2019", None),
        ("2019", None),
        ("43525", None),
        ("2019.31", None),
        ("1903.1", None),
        ("2019年3月1日前", None),
        ("2019.3.1、2020.1.1", None),
        ("2019-3-1 2", None),
        ("soon", None),
    ],
)
def test_dates(text, date):
    assert date_of(text) == date


@pytest.mark.parametrize(
    ("text", "is_1904", "date"),
    [
        ("43525", False, D(2019, 3, 1)),
        ("43525.75", False, D(2019, 3, 1)),
        ("42063", True, D(2019, 3, 1)),
        ("4352", False, None),
        ("99999", False, None),
        ("19999", False, None),
    ],
)
def test_day_numbers(text, is_1904, date):
    assert from_serial(text, is_1904=is_1904) == date


def test_what_is_a_month():
    assert [is_month(t) for t in ("2019.3", "2019年3月底", "201903", "2019.3.1", "20190301")] == [True] * 3 + [
        False
    ] * 2


def dated(values):
    return [["编号", "supply_date"], *([i, v] for i, v in zip(IDS, values, strict=True))]


def test_dates_of_a_ledger_in_all_forms(tmp_path):
    values = ["2019.3.1", 43525, "2019年3月", "2019.11", "2019年3月底", "/", *["2020-01-01"] * 54]
    workbook(tmp_path / "reg.xlsx", dated(values))
    table, found = join(tmp_path, plan())
    assert list(table["supply_date"][:7]) == [
        "2019-03-01",
        "2019-03-01",
        "2019-03-01",
        "2019-11-01",
        "2019-03-31",
        "",
        "2020-01-01",
    ]
    assert told(found, "DATE_FROM_SERIAL") == (
        "note",
        1,
        "supply_date: 1 date given as the workbook's day number: 0102 43525 → 2019-03-01.",
        "0102 43525 → 2019-03-01",
    )
    assert told(found, "DATE_WITHOUT_DAY") == (
        "note",
        3,
        "supply_date: 3 dates without a day, taken for the first of the month (the last where it says so): "
        "0103 2019年3月, 0104 2019.11, 0105 2019年3月底.",
        "0103 2019年3月; 0104 2019.11; 0105 2019年3月底",
    )


def test_a_workbook_that_counts_from_1904(tmp_path):
    """A date cell and a bare day number of the same day, 1 March 2019, which is no. 42063 there."""
    with xlsxwriter.Workbook(str(tmp_path / "reg.xlsx"), {"date_1904": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["编号", "supply_date"])
        for r, i in enumerate(IDS, 1):
            page.write(r, 0, i)
            if r % 2:
                page.write(r, 1, 42063)
            else:
                page.write_datetime(r, 1, D(2019, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    table, found = join(tmp_path, plan())
    assert set(table["supply_date"]) == {"2019-03-01"}
    assert "day number since 1904: 0101 42063 → 2019-03-01" in told(found, "DATE_FROM_SERIAL")[2]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        (["2019-02-30", "190301"], "2 of 60 records: 0101 '2019-02-30', 0102 '190301'"),
        (["3/1/2019", "2019"], "2 of 60 records: 0101 '3/1/2019', 0102 '2019'"),
        # The number 2019.1 may have been 2019.10.
        ([2019.1, 2019.3], "1 of 60 records: 0101 '2019.1'"),
    ],
    ids=["impossible", "ambiguous", "october"],
)
def test_dates_that_are_none_or_two_are_refused(values, wrong, tmp_path, capsys):
    workbook(tmp_path / "reg.xlsx", dated([*values, *["2020-01-01"] * 58]))
    refused(
        capsys,
        tmp_path,
        plan(),
        f": column 'supply_date' holds what is no date in {wrong}. Write dates as 2019-03-01 or map another column.",
    )


def test_january_behind_a_point_where_october_is_written_in_full(tmp_path):
    workbook(tmp_path / "reg.xlsx", dated(["2019.1", "2019.10", *["2020-01-01"] * 58]))
    table, _ = join(tmp_path, plan())
    assert list(table["supply_date"][:2]) == ["2019-01-01", "2019-10-01"]


def amounts(values, name="投资"):
    return [["编号", name], *([i, v] for i, v in zip(IDS, [*values, *[5] * (60 - len(values))], strict=True))]


MONEY = {"investment": "投资"}


def test_marks_for_nothing_known(tmp_path):
    marks = ["/", "\\", "无", "空", "-", "—", "——", "--", "*", "N/A", "null", "待定", "暂无", "不详", " / ", "／"]
    workbook(tmp_path / "reg.xlsx", amounts([*marks, 0]))
    table, found = join(tmp_path, plan(columns=MONEY))
    assert list(table["investment_wan"][:18]) == [""] * 16 + ["0", "5"]
    severity, count, message, features = told(found, "SENTINEL_READ_AS_MISSING")
    assert (severity, count) == ("note", 16)
    assert "投资 '/' (2)" in features and "投资 '无' (1)" in features
    assert message.startswith("16 cells read as missing: 投资 ")


def test_9999_is_a_number_until_the_plan_says_otherwise(tmp_path):
    workbook(tmp_path / "reg.xlsx", amounts([9999, 9999, "9,999.0", -1, 99999]))
    table, found = join(tmp_path, plan(columns=MONEY))
    assert list(table["investment_wan"][:5]) == ["9999", "9999", "9999", "-1", "99999"]
    assert told(found, "SUSPECT_SENTINEL") == (
        "warning",
        3,
        "投资 is 9999 in 3 rows, used as it stands: 0101, 0102, 0103.",
        "0101; 0102; 0103",
    )
    assert found.loc["SUSPECT_SENTINEL", "remedy"] == (
        'If it means that nothing is known, write missing = ["9999"] for that column.'
    )
    for changes in (
        plan(columns={"investment": {"column": "投资", "missing": ["9999"]}}),
        plan(columns=MONEY, missing=[9999]),
    ):
        table, found = join(tmp_path, changes)
        assert list(table["investment_wan"][:5]) == ["", "", "", "-1", "99999"]
        assert "SUSPECT_SENTINEL" not in found.index
        assert told(found, "SENTINEL_READ_AS_MISSING")[3] == "投资 '9,999.0' (1); 投资 '9999' (2)"


def test_missing_is_for_layers_too_and_never_for_ids(tmp_path):
    ids = ["9999", *IDS[1:]]
    frame = parcels().assign(parcel_id=ids, land_area=[9999.0] * 2 + [10_000.0] * 58)
    assert run(study(tmp_path, plan={**ONLY_PARCELS, "layers.parcels.missing": [9999]}, parcels=frame)) == 0
    found = issues(tmp_path / "out").loc["SENTINEL_READ_AS_MISSING"]
    assert (found["layer"], found["message"]) == ("parcels", "2 cells read as missing: land_area '9999' (2).")
    rows = (tmp_path / "out" / "parcels.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [r.split(",")[0] for r in rows[1:]].count('"9999"') == 1


def test_missing_must_be_a_list(tmp_path, capsys):
    assert run(study(tmp_path, plan={**ONLY_PARCELS, "layers.parcels.missing": "9999"})) == 2
    assert capsys.readouterr().err == (
        "gisplan: plan.toml: [layers.parcels] missing: expected a list in [ ], found '9999'.\n"
    )


def test_numbers_as_planners_write_them(tmp_path):
    """The column is in 万元: 2 亿元 are 20,000 and 50,000 元 are 5 of it."""
    workbook(
        tmp_path / "reg.xlsx",
        amounts(["1,234.5", "１２３", "约50", "2亿元", "50,000 元", "300万", "大约 1.5亿", "60左右"]),
    )
    table, found = join(tmp_path, plan(columns=MONEY))
    assert [float(v) for v in table["investment_wan"][:9]] == [1234.5, 123, 50, 20_000, 5, 300, 15_000, 60, 5]
    assert told(found, "UNIT_IN_CELL") == (
        "note",
        4,
        "投资: 4 cells with the unit behind the number, each read in its own unit; the others are in wan: 0104 2亿元, "
        "0105 50,000 元, 0106 300万, 0107 大约 1.5亿.",
        "0104 2亿元; 0105 50,000 元; 0106 300万; 0107 大约 1.5亿",
    )
    assert told(found, "NUMBER_UNSURE")[:3] == (
        "warning",
        3,
        "投资: 3 numbers marked as not exact, used as written: 0103 约50, 0107 大约 1.5亿, 0108 60左右.",
    )


def test_an_area_with_its_unit_in_the_cell_in_a_column_of_another(tmp_path):
    workbook(tmp_path / "reg.xlsx", amounts(["15亩", "1公顷", "10000㎡", 1], name="面积（公顷）"))
    table, _ = join(tmp_path, plan(columns={"land_area": "面积"}))
    assert [float(v) for v in table["land_area_m2"][:4]] == pytest.approx([10_000] * 4, abs=1e-9)


def test_numbers_that_are_none_or_two_are_refused(tmp_path, capsys):
    workbook(tmp_path / "reg.xlsx", amounts(["12%", "50亩", "1,5", "50-60", "1万2千"]))
    refused(
        capsys,
        tmp_path,
        plan(columns=MONEY),
        ": column '投资' (investment) holds what is no number in 5 of 60 records: 0101 '12%', 0102 '50亩', 0103 '1,5', "
        "0104 '50-60', 0105 '1万2千'. Correct the values or map another column.",
    )


def test_formulas_that_failed_are_missing_and_listed(tmp_path):
    """Failed cells of a workbook are empty for its reader; the sheet's own XML tells them."""
    with xlsxwriter.Workbook(str(tmp_path / "reg.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["编号", "investment", "supply_date", "unused"])
        for r, i in enumerate(IDS, 1):
            page.write_row(r, 0, [i, 5, "2020-01-01"])
        page.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        page.write_formula(2, 2, "=NA()", None, "#N/A")
        page.write_formula(3, 0, "=B900", None, "#REF!")
        page.write(4, 1, "#VALUE!")
        page.write_formula(5, 3, "=1/0", None, "#DIV/0!")
    table, found = join(tmp_path, plan())
    assert told(found, "FORMULA_ERROR") == (
        "warning",
        4,
        "4 cells with a failed formula, read as missing: line 4 编号 #REF!, 0101 investment #DIV/0!, "
        "0104 investment #VALUE!, 0102 supply_date #N/A.",
        "line 4 编号 #REF!; 0101 investment #DIV/0!; 0104 investment #VALUE!; 0102 supply_date #N/A",
    )
    assert list(table["investment_wan"][:5]) == ["", "5", "", "", "5"]
    assert told(found, "LEDGER_KEY_MISSING")[3] == "line 4"

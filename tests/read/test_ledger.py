"""The ledger: every way a register comes out of an office, joined by key with nobody lost."""

import datetime as dt

import pandas as pd
import pytest
from park_files import IDS, ONLY_PARCELS, issues, parcels, run, study, workbook

L = "layers.parcels.ledger"
HEAD = ["编号", "investment", "land_area", "supply_date", "holder"]
XLSX = {**ONLY_PARCELS, f"{L}.path": "reg.xlsx", f"{L}.key": "编号"}
CSV = {**ONLY_PARCELS, f"{L}.path": "reg.csv", f"{L}.key": "编号"}


def rows(*more, ids=IDS):
    return [HEAD, *([i, 100, 10_000, "2020-01-01", "甲"] for i in ids), *more]


def csv(file, table, *, encoding="utf-8", separator=","):
    lines = [separator.join("" if c is None else str(c) for c in row) for row in table]
    file.write_bytes("\n".join(lines).encode(encoding))
    return file


def joined(folder):
    """parcels.csv by id, all as text."""
    return pd.read_csv(folder / "out" / "parcels.csv", dtype=str, keep_default_na=False).set_index("parcel_id")


def refused(capsys, plan, message):
    assert run(plan) == 2
    assert capsys.readouterr().err == f"gisplan: {message}\n"


IN_SHEET = (
    "[layers.parcels.ledger]: key = '编码' is not a column of sheet 'Sheet1' of reg.xlsx. It has: "
    + ", ".join(HEAD)
    + "."
)
REFUSED = {
    "no_such_key": ({f"{L}.key": "编码"}, rows(), IN_SHEET),
    "no_key_matches": (
        {},
        rows(ids=[f"X{i}" for i in IDS]),
        "[layers.parcels.ledger]: none of its 60 keys is a parcel id (keys like 'X0101', 'X0102'; parcel ids like '0101', '0102'). "
        "Check key and parcel_id.",
    ),
    "keys_lost_their_zeros_and_are_not_all_there": (
        {},
        rows(["999"], ids=[int(i) for i in IDS]),
        "[layers.parcels.ledger]: none of its 61 keys is a parcel id (keys like '101', '102'; parcel ids like '0101', '0102'). "
        "The zeros in front are lost: keep the keys as text in the workbook.",
    ),
    "long_keys_as_numbers": (
        {},
        rows(ids=[330502001001 * 10**6 + i for i in range(60)]),
        "[layers.parcels.ledger]: no key is a parcel id, and 60 of 60 rows hold long ids stored as numbers, whose last digits "
        "are lost: 3.30502001001000e+17. Store them as text.",
    ),
    "no_such_sheet": (
        {f"{L}.sheet": "台账"},
        rows(),
        "[layers.parcels.ledger] sheet: reg.xlsx has no sheet '台账'. It has: Sheet1.",
    ),
    "empty_sheet": (
        {},
        [],
        "[layers.parcels.ledger]: sheet 'Sheet1' of reg.xlsx is empty. Give a table with column names in its first line.",
    ),
    "only_names": (
        {},
        [HEAD],
        "[layers.parcels.ledger]: sheet 'Sheet1' of reg.xlsx has column names but no rows. "
        "Fill it in or leave it out of the plan.",
    ),
    "no_such_column": (
        {f"{L}.columns": {"tax": "税收"}},
        rows(),
        "[layers.parcels.ledger] columns: tax = '税收': the file has no such column. It has: " + ", ".join(HEAD) + ".",
    ),
    "two_columns_of_one_name": (
        {},
        [["编号", "investment", "investment"], *([i, 1, 2] for i in IDS)],
        "[layers.parcels.ledger]: more than one column is called 'investment'. Rename or delete the others.",
    ),
    "two_keys": (
        {},
        [["编号", "编号", "investment"], *([i, i, 2] for i in IDS)],
        "[layers.parcels.ledger]: more than one column is called '编号'. Rename or delete the others.",
    ),
    "text_in_a_number_column": (
        {},
        rows(["0101", "many", 1, None, None], [None, "more", 1, None, None]),
        "[layers.parcels.ledger]: column 'investment' holds what is no number in 2 of 62 records: 0101 'many', line 63 'more'. "
        "Correct the values or map another column.",
    ),
    "where_leaves_nothing": (
        {f"{L}.where": "investment > 1000"},
        rows(),
        "[layers.parcels.ledger]: where = 'investment > 1000' leaves none of 60 rows. investment holds 100. Check the condition.",
    ),
    "where_of_a_column_leaves_nothing": (
        {f"{L}.columns": {"investment": {"column": "investment", "where": "holder = '乙'"}}},
        rows(),
        "[layers.parcels.ledger] investment: where = \"holder = '乙'\" leaves none of 60 rows. holder holds '甲'. Check the condition.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_workbook(case, tmp_path, capsys):
    changes, table, message = REFUSED[case]
    workbook(tmp_path / "reg.xlsx", table)
    refused(capsys, study(tmp_path, plan={**XLSX, **changes}), message)


REFUSED_CSV = {
    "empty": (b"", {}, "reg.csv is empty. Give a table with column names in its first line."),
    "no_text": (
        bytes(range(256)) * 4,
        {},
        'reg.csv is not text in UTF-8 or GBK. Give its encoding = "…", or save it as CSV UTF-8.',
    ),
    "not_in_that_encoding": (
        "编号\n".encode(),
        {f"{L}.encoding": "ascii"},
        'reg.csv is not text in ascii. Give its encoding = "…", or save it as CSV UTF-8.',
    ),
    "too_many_cells": (
        "编号,holder\n0101,甲,乙\n0102,丙\n0103,丁,戊\n".encode(),
        {},
        "reg.csv has more cells than column names in 2 lines: 2, 4. Put text that holds a comma in double quotes.",
    ),
    "open_quotes": (
        '编号,holder\n0101,"abc\n0102,3\n'.encode(),
        {},
        "reg.csv cannot be read as a table: unexpected end of data (line 3). Save it again as CSV UTF-8.",
    ),
}


@pytest.mark.parametrize("case", REFUSED_CSV)
def test_refused_csv(case, tmp_path, capsys):
    content, changes, message = REFUSED_CSV[case]
    (tmp_path / "reg.csv").write_bytes(content)
    refused(capsys, study(tmp_path, plan={**CSV, **changes}), f"[layers.parcels.ledger]: {message}")


def test_no_such_encoding(tmp_path, capsys):
    csv(tmp_path / "reg.csv", rows())
    refused(
        capsys,
        study(tmp_path, plan={**CSV, f"{L}.encoding": "klingon"}),
        "[layers.parcels.ledger] encoding: there is no encoding 'klingon'. Write e.g. encoding = \"gbk\".",
    )


def test_no_table(tmp_path, capsys):
    refused(
        capsys,
        study(tmp_path, plan={**CSV, f"{L}.path": "park.gpkg"}),
        "[layers.parcels.ledger]: park.gpkg is not a table gisplan reads. Give a .csv or .xlsx file.",
    )


def test_no_workbook(tmp_path, capsys):
    (tmp_path / "reg.xlsx").write_text("hello")
    assert run(study(tmp_path, plan=XLSX)) == 2
    told = capsys.readouterr().err
    assert (
        told.startswith("gisplan: [layers.parcels.ledger]: reg.xlsx cannot be read as a workbook (")
        and told.count("\n") == 1
    )


def test_a_csv_has_no_sheets(tmp_path, capsys):
    csv(tmp_path / "reg.csv", rows())
    refused(
        capsys,
        study(tmp_path, plan={**CSV, f"{L}.sheet": "台账"}),
        "[layers.parcels.ledger] sheet: reg.csv is a text file and has no sheets. Leave sheet out.",
    )


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ","), ("gbk", ","), ("utf-16", "\t"), ("utf-8", ";"), ("gbk", "\t")],
)
def test_every_kind_of_csv_is_read_alike(encoding, separator, tmp_path):
    csv(tmp_path / "reg.csv", rows(), encoding=encoding, separator=separator)
    assert run(study(tmp_path, plan=CSV)) == 0
    table = joined(tmp_path)
    assert list(table.index) == IDS  # 0101 stays 0101
    assert set(table["holder"]) == {"甲"} and set(table["investment_wan"]) == {"100"}


def test_workbook_cells_of_every_type(tmp_path):
    """Keys typed as whole and decimal numbers, dates as Excel keeps them, grouped and full-width numbers."""
    ids = [str(i) for i in range(1001, 1061)]
    table = [HEAD] + [
        [float(i) if i[-1] == "1" else int(i), "1,000.5", "１２３", dt.date(2020, 1, 2), " 甲 "] for i in ids
    ]
    from xlsxwriter import Workbook

    with Workbook(str(tmp_path / "reg.xlsx"), {"default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet()
        for r, row in enumerate(table):
            for c, value in enumerate(row):
                page.write_datetime(r, c, value) if isinstance(value, dt.date) else page.write(r, c, value)
    assert run(study(tmp_path, plan=XLSX, parcels=parcels().assign(parcel_id=ids))) == 0
    row = joined(tmp_path).loc["1001"]
    assert (row["investment_wan"], row["land_area_m2"], row["supply_date"], row["holder"]) == (
        "1000.5",
        "123",
        "2020-01-02",
        "甲",
    )


def test_unmatched_both_ways_are_listed(tmp_path):
    workbook(tmp_path / "reg.xlsx", rows(["ZZ1", 1, 1, None, None], ["ZZ2", 1, 1, None, None], ids=IDS[:50]))
    assert run(study(tmp_path, plan=XLSX)) == 0
    found = issues(tmp_path / "out")
    assert found.loc["LEDGER_ROW_WITHOUT_PARCEL", "features"] == "ZZ1; ZZ2"
    assert found.loc["PARCEL_WITHOUT_LEDGER_ROW", "features"] == "; ".join(IDS[50:])
    assert found.loc["PARCEL_WITHOUT_LEDGER_ROW", "message"] == (
        "10 parcels without a row in reg.xlsx: 0503, 0504, 0505, 0506, 0507, … and 5 more."
    )


def test_rows_without_a_key_are_told_by_their_line(tmp_path):
    workbook(tmp_path / "reg.xlsx", [*rows(ids=IDS[:30]), [], [None, 5, 5, None, None], *rows(ids=IDS[30:])[1:]])
    assert run(study(tmp_path, plan=XLSX)) == 0
    assert issues(tmp_path / "out").loc["LEDGER_KEY_MISSING", "features"] == "line 33"


@pytest.mark.parametrize(
    ("rule", "investment"),
    [("sum", "450"), ("first", "100"), ("last", "50"), ("min", "50"), ("max", "300")],
)
def test_rows_of_one_parcel_become_one_by_rule(rule, investment, tmp_path):
    workbook(
        tmp_path / "reg.xlsx",
        rows(["0101", 300, 0, "2019-01-01", "乙"], ["0101", 50, 0, "2021-01-01", "丙"], ["0102", None, 5, None, None]),
    )
    plan = study(
        tmp_path,
        plan={
            **XLSX,
            f"{L}.columns": {
                "investment": {"column": "investment", "rule": rule},
                "supply_date": {"column": "supply_date", "rule": "min"},
            },
        },
    )
    assert run(plan) == 0
    row = joined(tmp_path).loc["0101"]
    assert (row["investment_wan"], row["supply_date"], row["holder"]) == (investment, "2019-01-01", "甲")
    found = issues(tmp_path / "out")
    assert found.loc["LEDGER_ROWS_JOINED", "features"] == "0101; 0102"
    assert ("LEDGER_SUM_PARTIAL" in found.index) == (rule == "sum")


def test_negative_areas_are_read_as_missing(tmp_path):
    workbook(tmp_path / "reg.xlsx", rows(["0512", 1, -5, None, None], ids=IDS[:59]))
    assert run(study(tmp_path, plan=XLSX, parcels=parcels().drop(columns="land_area"))) == 0
    found = issues(tmp_path / "out").loc["NEGATIVE_VALUE"]
    assert (found["message"], found["features"]) == (
        "land_area is negative in 1 line, read as missing: 0512 (-5).",
        "0512",
    )
    assert joined(tmp_path).loc["0512", "land_area_m2"] == ""


def test_units(tmp_path):
    workbook(tmp_path / "reg.xlsx", [["编号", "面积", "投资"], *([i, 15, 2] for i in IDS)])
    columns = {"land_area": {"column": "面积", "unit": "mu"}, "investment": {"column": "投资", "unit": "yi"}}
    assert (
        run(study(tmp_path, plan={**XLSX, f"{L}.columns": columns}, parcels=parcels().drop(columns="land_area"))) == 0
    )
    row = joined(tmp_path).loc["0101"]
    assert (float(row["land_area_m2"]), float(row["investment_wan"])) == (pytest.approx(10_000), 20_000)


def test_the_key_may_be_mapped_as_well(tmp_path):
    workbook(tmp_path / "reg.xlsx", rows())
    assert run(study(tmp_path, plan={**XLSX, f"{L}.columns": {"parcel_id": "编号", "name": "编号"}})) == 0
    assert joined(tmp_path).loc["0101", "name"] == "0101"


def test_two_ledgers_and_which_one_is_wrong(tmp_path, capsys):
    workbook(tmp_path / "a.xlsx", [["编号", "jobs"], *([i, 3] for i in IDS)])
    workbook(tmp_path / "b.xlsx", [["编号", "tax"], *([i, 4] for i in IDS)])
    both = [{"path": "a.xlsx", "key": "编号"}, {"path": "b.xlsx", "key": "编号"}]
    assert run(study(tmp_path, plan={**ONLY_PARCELS, L: both})) == 0
    row = joined(tmp_path).loc["0101"]
    assert (row["jobs"], row["tax_wan"]) == ("3", "4")
    both[1]["key"] = "x"
    capsys.readouterr()
    refused(
        capsys,
        study(tmp_path, plan={**ONLY_PARCELS, L: both}),
        "[layers.parcels.ledger] no. 2: key = 'x' is not a column of sheet 'Sheet1' of b.xlsx. It has: 编号, tax.",
    )


def test_a_ledger_says_more_than_the_drawing_where_it_has_a_value(tmp_path):
    workbook(tmp_path / "reg.xlsx", [["编号", "land_area"], ["0101", 9000], ["0102", None]])
    assert run(study(tmp_path, plan=XLSX)) == 0
    assert joined(tmp_path)["land_area_m2"][["0101", "0102"]].tolist() == ["9000", "10000"]

"""Tables as offices lay them out: titles, headings over several columns, units in names, totals and footnotes."""

import datetime as dt
import struct

import pytest
import xlsxwriter
import xlwt
from ledger_files import bare_parcels, join, plan, refused, told
from park_files import IDS, run, study, workbook
from xlwt.CompoundDoc import XlsDoc

from gisplan.read.headers import resolve, short_names, split_unit, units_of_all

FIELDS = {"land_area": "登记面积", "investment": "固定资产", "tax": "税收"}


def register(page, *, ids=IDS):
    """Title, line of units, two lines of names with merged headings, a row each, totals and a footnote."""
    page.merge_range(0, 0, 0, 4, "东部园区宗地台账")
    page.write(2, 3, "单位：亿元")
    page.merge_range(3, 0, 4, 0, "宗地\n编号")
    page.merge_range(3, 1, 4, 1, "登记面积（亩）")
    page.merge_range(3, 2, 3, 3, "投资情况")
    page.write(4, 2, "固定资产(万元)")
    page.write(4, 3, "税收")
    page.merge_range(3, 4, 4, 4, "权利人")
    for n, i in enumerate(ids):
        page.write_row(5 + n, 0, [i, 15, 300, 0.5, "甲"])
    at = 5 + len(ids)
    page.write_row(at, 0, ["合　计", 15 * len(ids), 300 * len(ids)])
    page.merge_range(at + 1, 0, at + 1, 4, "面积以不动产登记为准")
    page.write(at + 2, 0, "填表人：张三")
    page.write(at + 2, 3, "日期：2025.12.31")


def test_a_register_with_title_headings_units_totals_and_footnotes(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "reg.xlsx")) as book:
        register(book.add_worksheet("台账"))
    parcels, found = join(tmp_path, plan(key="宗地编号", columns=FIELDS))
    row = parcels.loc["0101"]
    # 15 mu are one hectare; 300 万元 stay; 0.5 亿元 are 5,000 万元.
    assert (float(row["land_area_m2"]), row["investment_wan"], row["tax_wan"]) == (
        pytest.approx(10_000, abs=1e-9),
        "300",
        "5000",
    )
    assert row["holder"] == "甲" and len(parcels) == 60
    assert told(found, "HEADER_FOUND")[:3] == (
        "note",
        1,
        "The column names of sheet '台账' of reg.xlsx stand in lines 4 and 5; above stands '东部园区宗地台账', '单位:亿元'.",
    )
    assert told(found, "LINES_NO_RECORDS") == (
        "note",
        3,
        "3 lines of sheet '台账' of reg.xlsx are no records but totals or remarks, and left out: line 66 '合 计', "
        "line 67 '面积以不动产登记为准', line 68 '填表人:张三'.",
        "line 66 '合 计'; line 67 '面积以不动产登记为准'; line 68 '填表人:张三'",
    )
    assert told(found, "UNIT_FROM_HEADER")[:3] == (
        "note",
        3,
        "Units read from the column names of reg.xlsx: 登记面积(亩) in mu, 固定资产(万元) in wan, 税收 in yi.",
    )
    assert not {"LEDGER_ROW_WITHOUT_PARCEL", "LEDGER_KEY_MISSING", "UNIT_DIFFERS"} & set(found.index)


def test_the_same_register_in_the_old_format(tmp_path):
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("台账")

    class Page:
        """xlwt spoken to as xlsxwriter is."""

        def merge_range(self, r0, c0, r1, c1, text):
            sheet.write_merge(r0, r1, c0, c1, text)

        def write(self, r, c, value):
            sheet.write(r, c, value)

        def write_row(self, r, c, values):
            for n, value in enumerate(values):
                sheet.write(r, c + n, value)

    register(Page())
    book.save(str(tmp_path / "reg.xls"))
    parcels, found = join(tmp_path, plan("reg.xls", key="宗地编号", columns=FIELDS))
    row = parcels.loc["0512"]
    assert (row["investment_wan"], row["tax_wan"], row["holder"]) == ("300", "5000", "甲")
    assert "stand in lines 4 and 5" in told(found, "HEADER_FOUND")[2]
    assert told(found, "LINES_NO_RECORDS")[1] == 3


def test_old_format_keeps_text_keys_and_dates(tmp_path):
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("s")
    for c, name in enumerate(["编号", "supply_date"]):
        page.write(0, c, name)
    for r, i in enumerate(IDS, 1):
        page.write(r, 0, i)
        page.write(r, 1, dt.date(2019, 3, 1), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
    book.save(str(tmp_path / "reg.xls"))
    parcels, _ = join(tmp_path, plan("reg.xls"))
    assert set(parcels["supply_date"]) == {"2019-03-01"}


@pytest.mark.parametrize(
    "lines",
    [
        ["宗地台账,,,,", ",,,,单位：万元", "编号,面积(亩),投资情况,,权利人", ",,固定资产,税收,"],
        ["宗地台账;;;;", ";;;;单位：万元", "编号;面积(亩);投资情况;;权利人", ";;固定资产;税收;"],
        [",,投资情况,,", "编号,面积(亩),固定资产,税收,权利人"],
        ["宗地台账", "编号,面积(亩),固定资产,税收,权利人"],
        ["注：2025年", "", "编号,面积(亩),固定资产,税收,权利人"],
    ],
    ids=["two_lines", "semicolons", "group_above", "title", "title_and_gap"],
)
def test_csv_with_headings(lines, tmp_path):
    mark = ";" if ";" in lines[0] else ","
    rows = [mark.join([i, "15", "300", "7", "甲"]) for i in IDS]
    total = mark.join(["", "900", "总计", "", ""])
    (tmp_path / "reg.csv").write_text("\n".join([*lines, *rows, total, "备注：无"]), encoding="utf-8")
    columns = {"land_area": "面积", "investment": "固定资产", "tax": "税收"}
    parcels, found = join(tmp_path, plan("reg.csv", columns=columns))
    row = parcels.loc["0101"]
    assert (float(row["land_area_m2"]), row["investment_wan"], row["tax_wan"], row["holder"]) == (
        pytest.approx(10_000, abs=1e-9),
        "300",
        "7",
        "甲",
    )
    at = len(lines) + 61
    assert told(found, "LINES_NO_RECORDS")[3] == f"line {at} '总计'; line {at + 1} '备注:无'"


def test_names_that_stand_under_two_headings_are_told_apart(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "reg.xlsx")) as book:
        page = book.add_worksheet()
        page.merge_range(0, 0, 1, 0, "编号")
        page.merge_range(0, 1, 0, 2, "约定")
        page.merge_range(0, 3, 0, 4, "实际")
        page.write_row(1, 1, ["投资(万元)", "税收", "投资(亿元)", "税收"])
        for n, i in enumerate(IDS):
            page.write_row(2 + n, 0, [i, 1, 2, 3, 4])
    parcels, _ = join(
        tmp_path,
        plan(columns={"investment": "实际/投资", "investment_promised": "约定/投资(万元)", "tax": "实际/税收"}),
    )
    row = parcels.loc["0101"]
    assert (row["investment_wan"], row["investment_promised_wan"], row["tax_wan"]) == ("30000", "1", "4")


def test_a_short_name_that_fits_two_columns_is_asked_about(tmp_path, capsys):
    workbook(tmp_path / "reg.xlsx", [["编号", "面积(亩)", "面积(公顷)"], *([i, 15, 1] for i in IDS)])
    refused(
        capsys,
        tmp_path,
        plan(columns={"land_area": "面积"}),
        " columns: land_area = '面积' may be any of '面积(亩)', '面积(公顷)'. Write the whole name.",
    )
    parcels, _ = join(tmp_path, plan(columns={"land_area": "面积(公顷)"}))
    assert parcels.loc["0101", "land_area_m2"] == "10000"


def test_the_plan_stands_where_the_header_says_another_unit(tmp_path):
    workbook(tmp_path / "reg.xlsx", [["编号", "登记面积(亩)", "固定资产投资(万美元)"], *([i, 10000, 2] for i in IDS)])
    parcels, found = join(tmp_path, plan(columns={"land_area": {"column": "登记面积", "unit": "m2"}}))
    assert (parcels.loc["0101", "land_area_m2"], parcels.loc["0101"].get("investment_wan", "")) == ("10000", "")
    assert told(found, "UNIT_DIFFERS")[:3] == (
        "warning",
        1,
        "The column names of reg.xlsx say another unit than is used: 登记面积(亩) in m2.",
    )
    _, found = join(tmp_path, plan(columns={"investment": "固定资产投资(万美元)", "land_area": "登记面积(亩)"}))
    assert told(found, "UNIT_DIFFERS")[2] == (
        "The column names of reg.xlsx say another unit than is used: 固定资产投资(万美元) in wan ('万美元' is no unit of "
        "it that is known)."
    )


def test_known_columns_are_recognised_with_their_unit_and_a_condition_may_leave_it_out(tmp_path):
    workbook(
        tmp_path / "reg.xlsx", [["编号", "登记面积（公顷）", "年税收/亿元"], *([i, 1, n] for n, i in enumerate(IDS))]
    )
    parcels, found = join(tmp_path, plan(where="登记面积 = 1 AND 年税收 < 30"))
    assert (parcels.loc["0101", "land_area_m2"], parcels.loc["0102", "tax_wan"]) == ("10000", "10000")
    assert told(found, "PARCEL_WITHOUT_LEDGER_ROW")[1] == 30
    assert "登记面积 → land_area, 年税收 → tax" in told(found, "COLUMN_BY_ALIAS")[2]


def test_one_parcel_whose_key_is_merged_over_several_lines(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "reg.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["编号", "investment", "holder"])
        page.merge_range(1, 0, 3, 0, "0101")
        for n, (amount, holder) in enumerate([(1, "甲"), (2, "乙"), (4, "丙")]):
            page.write_row(1 + n, 1, [amount, holder])
        for n, i in enumerate(IDS[1:]):
            page.write_row(4 + n, 0, [i, 5, "丁"])
    parcels, found = join(tmp_path, plan())
    assert parcels.loc["0101", "investment_wan"] == "7"
    assert told(found, "LEDGER_KEY_MERGED")[3] == "line 3; line 4"
    assert "LEDGER_KEY_MISSING" not in found.index


def test_which_sheet_is_read_and_what_is_hidden(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "reg.xlsx")) as book:
        old, new, _ = (book.add_worksheet(n) for n in ("旧", "新", "附表"))
        new.activate()
        old.hide()
        for page, amount in ((old, 1), (new, 2)):
            page.write_row(0, 0, ["编号", "investment"])
            for n, i in enumerate(IDS):
                page.write_row(1 + n, 0, [i, amount])
        new.set_row(5, None, None, {"hidden": True})
        new.set_row(99, None, None, {"hidden": True})  # an empty one
    parcels, found = join(tmp_path, plan())
    assert parcels.loc["0105", "investment_wan"] == "2"
    assert told(found, "SHEET_CHOSEN")[2] == "Of reg.xlsx the first sheet '新' is read; the others are not: 附表."
    assert told(found, "LINES_HIDDEN") == (
        "note",
        1,
        "1 line of reg.xlsx is hidden in the workbook and read like the others: 6.",
        "line 6",
    )
    parcels, found = join(tmp_path, plan(sheet="旧"))
    assert parcels.loc["0105", "investment_wan"] == "1"
    assert told(found, "SHEET_HIDDEN")[2] == "Sheet '旧' of reg.xlsx is hidden in the workbook; it is read."


def encrypted_xlsx(file):
    """Make what Excel makes of a workbook with a password: a compound file with a stream called EncryptedPackage."""
    XlsDoc().save(str(file), b"\0" * 5000)
    raw = bytearray(file.read_bytes())
    name = "Workbook".encode("utf-16-le")
    at = raw.index(name)
    long = "EncryptedPackage".encode("utf-16-le")
    raw[at : at + len(long)] = long
    raw[at + 64 : at + 66] = struct.pack("<H", len(long) + 2)
    file.write_bytes(raw)


def test_a_workbook_with_a_password(tmp_path, capsys):
    encrypted_xlsx(tmp_path / "reg.xlsx")
    refused(
        capsys,
        tmp_path,
        plan(),
        ": reg.xlsx is locked by a password. Open it in Excel, take the password off and save it again.",
    )


def test_a_mark_of_excel_instead_of_the_workbook(tmp_path, capsys):
    (tmp_path / "~$reg.xlsx").write_bytes(b"\x05user" + b" " * 160)
    refused(
        capsys,
        tmp_path,
        plan("~$reg.xlsx"),
        ": ~$reg.xlsx is only Excel's mark that a workbook is open. Give 'reg.xlsx' instead.",
    )


def test_a_workbook_that_is_open_in_excel(tmp_path):
    workbook(tmp_path / "reg.xlsx", [["编号", "investment"], *([i, 1] for i in IDS)])
    (tmp_path / "~$reg.xlsx").write_bytes(b"\x05user")
    _, found = join(tmp_path, plan())
    assert told(found, "WORKBOOK_OPEN")[2] == ("reg.xlsx seems to be open in Excel; what is not saved yet is not read.")


def test_a_workbook_that_another_program_holds(tmp_path, capsys, monkeypatch):
    workbook(tmp_path / "reg.xlsx", [["编号", "investment"], *([i, 1] for i in IDS)])
    plan_file = study(tmp_path, plan=plan(), parcels=bare_parcels())
    opened = type(tmp_path).open

    def held(self, *args, **more):
        if self.name == "reg.xlsx":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **more)

    monkeypatch.setattr(type(tmp_path), "open", held)
    assert run(plan_file) == 2
    assert capsys.readouterr().err == (
        "gisplan: [layers.parcels.ledger]: reg.xlsx cannot be opened (Permission denied). Close it in Excel or check "
        "your rights.\n"
    )


def test_a_web_page_with_the_name_of_a_workbook(tmp_path, capsys):
    (tmp_path / "reg.xls").write_text("<html><table><tr><td>编号</td></tr></table></html>", encoding="utf-8")
    refused(
        capsys,
        tmp_path,
        plan("reg.xls"),
        ": reg.xls is a web page with the name of a workbook. Open it in Excel and save it as .xlsx.",
    )


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("面积(亩)", "面积", "mu"),
        ("投资（万元）", "投资", "wan"),
        ("登记面积 【单位：公顷】", "登记面积", "ha"),
        ("建筑面积\n（㎡）", "建筑面积", "m2"),
        ("用地面积（平方公里）", "用地面积", "km2"),
        ("产值/亿元", "产值", "yi"),
        ("税收(千元)", "税收", "qian"),
        ("价款[元]", "价款", "yuan"),
        ("红线宽度(米)", "红线宽度", "m"),
        ("LotArea_ft2", "LotArea", "ft2"),
        ("Area (HA)", "Area", "ha"),
        ("人数(万人)", "人数", "wan"),
        ("面积(证载)", "面积(证载)", None),
        ("投资(万美元)", "投资(万美元)", None),
        ("实际/投资(亿元)", "实际/投资", "yi"),
        ("实际/投资", "实际/投资", None),
        ("(亩)", "(亩)", None),
        ("investment (2)", "investment (2)", None),
        ("编号", "编号", None),
    ],
)
def test_units_in_names(header, name, unit):
    assert split_unit(header) == (name, unit)


def test_names_and_units_of_a_table():
    names = ["编号", "面积（亩）", "投资(万元)", "投资(亿元)"]
    assert short_names(names) == {
        "编号": "编号",
        "面积": "面积（亩）",
        "投资(万元)": "投资(万元)",
        "投资(亿元)": "投资(亿元)",
    }
    assert resolve("面积(亩)", names) == ["面积（亩）"] == resolve("面积", names)
    assert resolve("面积(公顷)", names) == []
    assert units_of_all(["园区台账", "单位：亩、亿元"]) == {"area": "mu", "money": "yi"}
    assert units_of_all(["单位：万元、亿元"]) == {}
    assert units_of_all(["填报单位：开发区管委会"]) == {}

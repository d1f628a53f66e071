"""The parcel register of the sample (宗地台账), as a planner keeps it: keys as text, areas in mu."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import xlsxwriter
from sample_park import Rng
from sample_projects import AMOUNTS as PROJECT_AMOUNTS
from sample_projects import HEADERS as PROJECT_HEADERS
from sample_projects import add_projects

SHEET = "宗地台账"
AS_OF = date(2025, 12, 31)
HEADERS = [
    "宗地代码",
    "项目名称",
    "权利人",
    "行业代码",
    "登记面积",
    "约定投资",
    "固定资产投资",
    "年产值",
    "年税收",
    "从业人数",
    "成交价款",
    "供地日期",
    "交地日期",
    "约定开工日期",
    "实际开工日期",
    "约定竣工日期",
    "竣工日期",
    "停工日期",
    "施工许可证号",
    "电子监管号",
    "已动工面积",
    "延误原因",
    "状态",
    "供地方式",
    *PROJECT_HEADERS,
]
TEXT = {"宗地代码", "行业代码", "施工许可证号", "电子监管号"}
WIDE = {"宗地代码", "权利人", "项目名称", "电子监管号"}
NOTES = [
    "永安工业集聚区宗地台账（虚构）",
    "面积单位：亩（约定建筑面积为平方米）；金额单位：万元；从业人数：人；日期截至 2025-12-31。",
    "同一宗地有两家企业的，各占一行。名称、代码、日期、金额均为程序生成，与任何真实企业无关。",
]
INDUSTRIES = {
    "Z1": ["34", "35", "33", "36", "34", "38"],
    "Z2": ["39", "39", "40", "38"],
    "Z3": ["35", "38", "39", "41"],
    "Z4": ["14", "18", "21", "29"],
    "": ["33", "30"],
}
TRADES = {
    "34": "精密机械",
    "35": "智能装备",
    "33": "金属制品",
    "36": "汽车零部件",
    "38": "电气",
    "39": "电子科技",
    "40": "仪器仪表",
    "41": "新材料制品",
    "14": "食品",
    "18": "服饰",
    "21": "家居",
    "29": "塑业",
    "30": "建材",
    "59": "仓储物流",
    "70": "置业",
    "52": "商贸",
}
SYLLABLES = "恒瑞鼎盛华锐拓远宏泰腾信博创嘉源诚越朗润启辰丰禾卓立"
# per mu, 万元: low and high of investment, output, tax; jobs per mu
YIELD = {
    "Z1": ((170, 400), (260, 620), (8, 38), (2.0, 5.5)),
    "Z2": ((280, 650), (420, 1100), (14, 60), (2.5, 7.0)),
    "Z3": ((200, 430), (120, 420), (3, 22), (1.2, 4.0)),
    "Z4": ((120, 330), (160, 460), (6, 30), (2.5, 6.0)),
    "": ((80, 200), (100, 260), (2, 12), (1.0, 3.0)),
}
SUPPLIED = {"Z1": (1999, 2012), "Z2": (2009, 2020), "Z3": (2018, 2021), "Z4": (2003, 2017), "": (1996, 2004)}
REGISTERED_USES = ("10", "11", "09", "07")
CANCELLED = ("330500-998-0003", "330500-999-0001")  # codes of parcels that are no longer drawn
AMOUNTS = (
    "登记面积",
    "约定投资",
    "固定资产投资",
    "年产值",
    "年税收",
    "成交价款",
    "已动工面积",
    "从业人数",
    *PROJECT_AMOUNTS,
)
Row = dict[str, object]
Dates = Callable[[str, float, float, Rng], Row]


def write_register(parcels: gpd.GeoDataFrame, path: Path, rng: Rng) -> None:
    """Write the workbook, with one sheet of notes before the register itself."""
    rows = register_rows(parcels, rng)
    book = xlsxwriter.Workbook(path, {"in_memory": True})
    book.set_properties({"title": "宗地台账", "created": datetime(2025, 12, 31)})
    notes = book.add_worksheet("说明")
    for k, note in enumerate(NOTES):
        notes.write_string(k, 0, note)
    sheet = book.add_worksheet(SHEET)
    head = book.add_format({"bold": True, "bg_color": "#e8e2d4", "border": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    text = book.add_format({"num_format": "@"})
    for column, header in enumerate(HEADERS):
        sheet.write_string(0, column, header, head)
        sheet.set_column(column, column, 22 if header in WIDE else 12)
        for line, row in enumerate(rows, start=1):
            value = row.get(header)
            if value is None:
                continue
            if isinstance(value, date):
                sheet.write_datetime(line, column, datetime.combine(value, datetime.min.time()), day)
            elif isinstance(value, str):
                sheet.write_string(line, column, value, text if header in TEXT else None)
            else:
                sheet.write_number(line, column, value)
    sheet.freeze_panes(1, 1)
    sheet.activate()
    book.close()


def register_rows(parcels: gpd.GeoDataFrame, rng: Rng) -> list[Row]:
    """Rows of the register, in the order of the parcel ids, with the faults a real one has."""
    supplied = parcels[parcels.land_use.str.startswith(REGISTERED_USES) & (parcels.state != "unsupplied")]
    rows = [_row(lot, rng) for lot in supplied.itertuples()]
    _mark_edge_cases(rows, supplied)
    add_projects(rows)
    finished = [k for k, r in enumerate(rows) if r["状态"] == "已投产" and r["行业代码"] not in ("70", "52")]
    forgotten = set(finished[7::45][:4])  # works that no clerk ever entered
    shared = set(finished[3::27][:6])  # two enterprises on one parcel
    for k, factor in zip(finished[11::60][:2], (1.043, 0.935), strict=True):
        rows[k]["登记面积"] = round(float(rows[k]["登记面积"]) * factor, 2)
    for k in finished[5::50][:3]:
        rows[k]["年税收"] = "/"
    register: list[Row] = []
    for k, row in enumerate(rows):
        if k not in forgotten:
            register += _two_enterprises(row, rng) if k in shared else [row]
    strays = [dict(rows[finished[k]]) for k in (1, 2)]
    for stray, key in zip(strays, CANCELLED, strict=True):
        stray["宗地代码"], stray["权利人"] = key, _company("34", rng)
    return register + strays


def _row(lot: tuple, rng: Rng) -> Row:
    mu = lot.geometry.area * 3 / 2000
    code = _industry(lot.land_use, lot.zone, rng)
    invest, output, tax, jobs = (float(rng.uniform(*span)) for span in YIELD[lot.zone])
    promised = round(mu * invest, -1)
    price = {"09": (150, 290), "07": (240, 420)}.get(lot.land_use[:2], (18, 42))
    row: Row = {
        "宗地代码": lot.parcel_id,
        "权利人": _company(code, rng),
        "行业代码": code,
        "登记面积": round(mu * float(rng.uniform(0.997, 1.003)), 2),
        "约定投资": promised,
        "成交价款": round(mu * float(rng.uniform(*price)), 1),
        "电子监管号": f"3305002{int(rng.integers(2000, 2025))}B{int(rng.integers(10, 99999)):05d}",
    }
    row["供地方式"] = _supply_type(lot)
    row["项目名称"] = f"{str(row['权利人'])[2:4]}{TRADES[code]}项目"
    if lot.state == "done":
        row |= {
            "固定资产投资": round(promised * float(rng.uniform(0.82, 1.25)), 1),
            "年产值": round(mu * output, 1),
            "年税收": round(mu * tax, 1),
            "从业人数": round(mu * jobs),
        }
        if code == "70":
            row |= {"年产值": None, "年税收": None, "从业人数": None}
    return row | DATES[lot.state](lot.zone, float(row["登记面积"]), promised, rng)


def _supply_type(lot: tuple) -> str:
    """Say how land was supplied: homes and shops by auction, industry by agreement in the older zones' beginnings."""
    if lot.land_use.startswith(("09", "07")):
        return "拍卖"
    return "协议出让" if SUPPLIED[lot.zone][0] < 2000 else "挂牌"


def _industry(land_use: str, zone: str, rng: Rng) -> str:
    fixed = {"11": "59", "09": "52", "07": "70"}.get(land_use[:2])
    return fixed or str(rng.choice(INDUSTRIES[zone]))


def _company(code: str, rng: Rng) -> str:
    a, b = rng.choice(list(SYLLABLES), 2, replace=False)
    return f"永安{a}{b}{TRADES[code]}有限公司"


def _day(rng: Rng, first: date, last: date) -> date:
    return first + timedelta(days=int(rng.integers(0, (last - first).days + 1)))


def _contract(start: date, rng: Rng) -> Row:
    """Set supply and hand-over before the agreed start, and the agreed completion two years after it."""
    handover = start - timedelta(days=int(rng.integers(90, 300)))
    return {
        "供地日期": handover - timedelta(days=int(rng.integers(20, 90))),
        "交地日期": handover,
        "约定开工日期": start,
        "约定竣工日期": start + timedelta(days=730),
    }


def _permit(day: date, rng: Rng) -> str:
    return f"330500{day:%Y%m%d}{int(rng.integers(1, 9999)):04d}"


def _done(zone: str, mu: float, _promised: float, rng: Rng) -> Row:
    low, high = SUPPLIED[zone]
    start = _day(rng, date(low, 1, 1), date(high, 12, 31))
    begun = start + timedelta(days=int(rng.integers(-60, 240)))
    ready = begun + timedelta(days=int(rng.integers(330, 900)))
    row: Row = {"竣工日期": ready, "状态": "已投产", "已动工面积": mu}
    if start.year < 2004:  # the oldest files hold little more than the completion
        return row | {"供地日期": start - timedelta(days=300), "实际开工日期": begun}
    return row | _contract(start, rng) | {"实际开工日期": begun, "施工许可证号": _permit(begun, rng)}


def _begun(first: date, last: date, area: tuple[float, float], money: tuple[float, float]) -> Dates:
    def dates(_zone: str, mu: float, promised: float, rng: Rng) -> Row:
        begun = _day(rng, first, last)
        return _contract(begun - timedelta(days=int(rng.integers(-30, 150))), rng) | {
            "实际开工日期": begun,
            "施工许可证号": _permit(begun, rng),
            "已动工面积": round(mu * float(rng.uniform(*area)), 2),
            "固定资产投资": round(promised * float(rng.uniform(*money)), 1),
            "状态": "在建",
        }

    return dates


def _stopped(zone: str, mu: float, promised: float, rng: Rng) -> Row:
    row = _begun(date(2021, 3, 1), date(2022, 9, 30), (0.08, 0.32), (0.05, 0.24))(zone, mu, promised, rng)
    stop = _day(rng, date(2023, 2, 1), date(2024, 10, 31))
    return row | {"停工日期": stop, "状态": "停工", "延误原因": "企业原因"}


def _unbuilt(first: date, last: date, cause: str | None) -> Dates:
    def dates(_zone: str, _mu: float, _promised: float, rng: Rng) -> Row:
        nothing_yet: Row = {"固定资产投资": 0, "已动工面积": 0, "状态": "未开工", "延误原因": cause}
        return _contract(_day(rng, first, last), rng) | nothing_yet

    return dates


def _unknown(_zone: str, _mu: float, _promised: float, _rng: Rng) -> Row:
    return {"状态": None}


DATES: dict[str, Dates] = {
    "done": _done,
    "building": _begun(date(2024, 2, 1), date(2025, 6, 30), (0.45, 0.95), (0.3, 0.8)),
    "slow": _begun(date(2022, 9, 1), date(2024, 6, 30), (0.08, 0.3), (0.08, 0.24)),
    "stopped": _stopped,
    "idle_1y": _unbuilt(date(2024, 1, 15), date(2024, 12, 20), "企业原因"),
    "idle_2y": _unbuilt(date(2020, 3, 1), date(2023, 12, 20), "企业原因"),
    "overdue": _unbuilt(date(2025, 1, 5), date(2025, 12, 20), None),
    "not_due": _unbuilt(date(2026, 1, 10), date(2026, 11, 30), None),
    "idle_gov": _unbuilt(date(2022, 6, 1), date(2024, 11, 30), "政府原因"),
    "unknown": _unknown,
}


def _mark_edge_cases(rows: list[Row], supplied: gpd.GeoDataFrame) -> None:
    """Enter the days on which the rules turn: the anniversaries, and a start date that was never agreed."""
    of = {s: np.flatnonzero(supplied.state == s) for s in ("idle_1y", "idle_2y", "idle_gov", "stopped")}
    rows[of["idle_1y"][0]]["约定开工日期"] = date(2024, 12, 31)
    rows[of["idle_2y"][0]]["约定开工日期"] = date(2023, 12, 31)
    rows[of["idle_gov"][-1]]["延误原因"] = "不可抗力"
    for k in of["stopped"][:2]:
        rows[k]["延误原因"] = "政府原因"
    never = rows[of["idle_1y"][1]]
    never["约定开工日期"], never["交地日期"], never["供地日期"] = None, date(2023, 9, 15), date(2023, 8, 1)


def _two_enterprises(row: Row, rng: Rng) -> list[Row]:
    """Split a row between its holder and a second enterprise; area and money add up to what they were."""
    share = float(rng.uniform(0.35, 0.65))
    first, second = dict(row), dict(row)
    for header in AMOUNTS:
        whole = row.get(header)
        if isinstance(whole, int | float):
            digits = 0 if header == "从业人数" else 2
            first[header] = round(whole * share, digits)
            second[header] = round(whole - float(first[header]), digits)
    second["权利人"] = _company(str(row["行业代码"]), rng)
    second["项目名称"] = f"{str(second['权利人'])[2:4]}{TRADES[str(row['行业代码'])]}项目"
    return [first, second]

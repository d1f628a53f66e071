"""What the sample's register says of projects beside dates and money: yards, offices, promises, certificates."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from sample_park import Rng

Row = dict[str, object]

#: Columns that follow the others, and which of them two enterprises on one parcel share.
HEADERS = [
    "土地等别",
    "构筑物占地面积",
    "堆场用地面积",
    "行政办公及生活服务设施用地面积",
    "绿地面积",
    "约定建筑面积",
    "约定占地面积",
    "约定年产值",
    "约定年税收",
    "承诺日期",
    "承诺竣工日期",
    "履约保证金",
    "保证金已缴",
    "有土地证",
    "有房产证",
]
AMOUNTS = tuple(HEADERS[1:9])

#: Least investment (万元/ha) of each industry.
LEAST = {
    "14": 2400,
    "18": 2100,
    "21": 2200,
    "29": 2600,
    "30": 2400,
    "33": 2800,
    "34": 3200,
    "35": 3300,
    "36": 3600,
    "38": 3500,
    "39": 4500,
    "40": 4300,
    "41": 2500,
}

#: Kept apart from the sample's own, so that no other figure depends on these columns.
_SEED = 20251231

_AS_OF = date(2025, 12, 31)


def add_projects(rows: list[Row]) -> None:
    """Fill in the columns, row by row; every ninth works counted no yards."""
    rng = np.random.default_rng(_SEED)
    ways = _promises()
    for k, row in enumerate(rows):
        mu, is_done = float(str(row["登记面积"])), row["状态"] == "已投产"
        row["土地等别"] = 6
        if is_done and row["行业代码"] not in ("70", "52"):
            row.update(_built(mu, rng) if k % 9 else {})
        elif not is_done and row["状态"]:
            row.update(_planned(mu, rng))
        row["有土地证"] = "否" if k % 17 == 3 else "是"
        row["有房产证"] = str(rng.choice(["是", "否"], p=[0.85, 0.15])) if is_done and k % 13 else None
        late = row["状态"] == "停工" or (row["状态"] == "未开工" and _day(row, "约定开工日期") < _AS_OF)
        if late:
            row.update(next(ways))
            if row.get("承诺日期"):
                row["履约保证金"] = round(0.05 * float(str(row["成交价款"])), 1)
    _kept(rows)


def _built(mu: float, rng: Rng) -> Row:
    spans = {
        "构筑物占地面积": (0.0, 0.05),
        "堆场用地面积": (0.01, 0.12),
        "行政办公及生活服务设施用地面积": (0.01, 0.078),
        "绿地面积": (0.04, 0.215),
    }
    return {name: round(mu * float(rng.uniform(*span)), 2) for name, span in spans.items()}


def _planned(mu: float, rng: Rng) -> Row:
    return {
        "约定建筑面积": round(mu * 2000 / 3 * float(rng.uniform(0.7, 1.9))),
        "约定占地面积": round(mu * float(rng.uniform(0.32, 0.58)), 2),
        "约定年产值": round(mu * float(rng.uniform(180, 800)), 1),
        "约定年税收": round(mu * float(rng.uniform(9, 45)), 1),
    }


def _promises() -> Iterator[Row]:
    """Give, in turn: no promise; kept up with and paid; not paid; broken; without a day."""
    while True:
        yield {}
        yield {"承诺日期": date(2025, 6, 16), "承诺竣工日期": date(2026, 6, 15), "保证金已缴": "是"}
        yield {"承诺日期": date(2025, 9, 1), "承诺竣工日期": date(2026, 8, 31), "保证金已缴": "否"}
        yield {"承诺日期": date(2024, 7, 1), "承诺竣工日期": date(2025, 6, 30), "保证金已缴": "是"}
        yield {"承诺日期": date(2025, 3, 10), "保证金已缴": "否"}


def _kept(rows: list[Row]) -> None:
    """Let the two works that were completed last have been promised: one in time, one late."""
    done = [r for r in rows if r["状态"] == "已投产" and r.get("竣工日期")]
    for row, late in zip(sorted(done, key=lambda r: _day(r, "竣工日期"))[-2:], (-20, 45), strict=True):
        ready = _day(row, "竣工日期")
        row["承诺日期"] = ready - timedelta(days=300)
        row["承诺竣工日期"], row["保证金已缴"] = ready - timedelta(days=late), "是"
        row["履约保证金"] = round(0.05 * float(str(row["成交价款"])), 1)


def _day(row: Row, header: str) -> date:
    day = row.get(header)
    return day if isinstance(day, date) else date.max


#: The park's own rules, as invented as everything else in the sample.
RULES = """\
# The park's own rules. Invented, as everything in this sample; a pack of your own looks like this.
# 示例园区自定规则，数据虚构。

[pack]
name = "yongan-park"
title = { zh = "永安工业集聚区项目准入要求（虚构）", en = "Demands of the park on projects (invented)" }
source = "Invented for the sample"

[[limits]]
id = "office-living-land"
indicator = "project_admin_share"
at_most = 0.07
unit = "share"
verified = false
where = { land_use = ["industrial"] }

[[limits]]
id = "green"
indicator = "project_green_rate"
at_most = 0.20
unit = "share"
verified = false
where = { land_use = ["industrial"] }

[[limits]]
id = "plot-ratio"
indicator = "project_far"
at_least = 1.0
unit = "1"
severity = "should"
verified = false
where = { land_use = ["industrial"] }

[[limits]]
id = "works-in-time"
indicator = "works_overdue_count"
at_most = 0
unit = "n"
severity = "should"
verified = false
title = { zh = "工程按期完工", en = "Works done in time" }

# Investment by industry and grade of land: one row a limit.
[[limit_tables]]
id = "investment"
file = "intensity.csv"
indicator = "project_investment_intensity"
unit = "万元/ha"
verified = false
where = { land_use = ["industrial"] }

[[reasons]]
id = "INDUSTRY_TO_MOVE"
banned = true
where = { land_use = ["industrial"], industry_system = "gbt4754-2017", industry = ["29"] }
verified = false
title = { zh = "计划迁出行业", en = "An industry that is to move" }
"""


def intensity_table() -> str:
    """Investment demanded of each industry of the register, on better and on lesser land."""
    rows = ["industry_code,std_edition,land_grade,at_least,source"]
    for code, least in LEAST.items():
        rows += _pair(code, least)
    return "\n".join(rows) + "\n"


def _pair(code: str, least: int) -> list[str]:
    return [
        f"{code},GB/T 4754-2017,1-5,{round(1.2 * least)},invented",
        f"{code},GB/T 4754-2017,6-15,{least},invented",
    ]

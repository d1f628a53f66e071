"""The town with public works laid over it.

Metres east and north. Z1 x 0-400, y 0-300; Z2 x 400-700, y 0-300; Z3 x 0-300, y 300-500 (see `town`). The day is
2025-12-31.

W1  line (300,250)-(500,250)       half in Z1, half in Z2   water     50 %  600 of 1000   2025-01-01 … 2026-12-31
W2  line (100,400)-(100,200)       half in Z3, half in Z1   gas        0 %    0 of  400          … 2027-06-30
W3  area 350-450 × 100-200         half in Z1, half in Z2   water …   30 %  400 of  300          … 2025-11-30
W4  point (400,50) on the border   half and half                     100 %  190 of  200   done 2024-05-01
W5  point (650,250)                Z2                                 20 %   50 of    ?          … 2025-06-30 stopped
W6  no shape                       names Z3                 water     10 %   20 of  500   2025-01-01 … 2026-01-01
W7  point (850,250)                in no zone                          0 %    0 of 9999          … 2027-01-01
W8  no shape, no zone              rejected
W9  point (200,250)                Z1, of an unknown state             ? %    ? of   10          … 2025-01-31
"""

import datetime as dt

import pandas as pd
import town

from gisplan.plan import parse_plan

AS_OF = dt.date(2025, 12, 31)
COLUMNS = ["工程编号", "工程名称", "工程类别", "服务设施", "工程状态", "进度", "概算（万元）", "已完成投资", "开工日期",
           "计划竣工日期", "竣工日期", "所在分区", "wkt"]  # fmt: skip

#: P8 was to be begun in 2018 and is idle; of the others nothing is known.
REGISTER = """\
code,供地日期,约定开工日期,成交价款
P8,2017-06-01,2018-06-01,100
"""


def rows():
    """Works by id, as the file has them."""
    line, point = town.line, town.point
    listed = {
        "W1": ("给水干管", "管线", "给水", "在建", 50, 1000, 600, "2025-01-01", "2026-12-31", "", "", line((300, 250), (500, 250))),
        "W2": ("燃气支管", "管线", "gas", "未开工", 0, 400, 0, "", "2027年6月30日", "", "", line((100, 400), (100, 200))),
        "W3": ("综合管廊", "管线", "给水；sewage", "施工中", 30, 300, 400, "", "2025-11-30", "", "", town.box(350, 100, 450, 200)),
        "W4": ("泵站", "pump", "", "done", 100, 200, 190, "", "2024-06-30", "2024-05-01", "", point(400, 50)),
        "W5": ("停工桥", "bridge", "", "停工", 20, "", 50, "", "2025-06-30", "", "Z2", point(650, 250)),
        "W6": ("水厂", "场站", "water", "在建", 10, 500, 20, "2025-01-01", "2026-01-01", "", "Z3", ""),
        "W7": ("区外路", "road", "", "planned", 0, 9999, 0, "", "2027-01-01", "", "", point(850, 250)),
        "W8": ("不知何处", "", "", "planned", 0, 1, 0, "", "2027-01-01", "", "", ""),
        "W9": ("不知如何", "什么", "", "怎样", "/", 10, "/", "", "2025-01-31", "", "", point(200, 250)),
    }  # fmt: skip
    return {k: [k, *v[:-1], getattr(v[-1], "wkt", v[-1])] for k, v in listed.items()}


def table(**changes):
    """Table of the works; by id, cells that are different (``W1={"进度": 60}``), None for a work that is not there."""
    frame = pd.DataFrame(rows().values(), columns=COLUMNS).set_index("工程编号", drop=False).astype(object)
    for name, cells in changes.items():
        if cells is None:
            frame = frame.drop(index=name)
            continue
        for column, value in cells.items():
            frame.loc[name, column] = value
    return frame


def plan(folder, frame=None, *, header=None, works=None, drop=(), **spec):
    """The town with works; ``works`` are keys of their table of the plan."""
    base = town.write(folder, header={"as_of": AS_OF, "rules": ["cn-idle-2012"], **(header or {})}, drop=drop, **spec)
    raw = base.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    (table() if frame is None else frame).to_csv(folder / "works.csv", index=False, encoding="utf-8")
    raw["layers"]["works"] = {"path": "works.csv", "crs": town.CRS, **(works or {})}
    if "parcels" in raw["layers"]:
        (folder / "dates.csv").write_text(REGISTER, encoding="utf-8")
        raw["layers"]["parcels"]["ledger"] = {"path": "dates.csv", "key": "code"}
    return parse_plan(raw, folder=folder)

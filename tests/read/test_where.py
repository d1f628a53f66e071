"""The condition `where`: what it can say, and everything it must not be able to do."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from park_files import parcels, run, study, zone_figures

from gisplan.errors import LayerError
from gisplan.read.where import chosen, names_in

TABLE = pd.DataFrame(
    {
        "id": ["0101", "0102", "0103", None],
        "status": ["built", "void", "it's", None],
        "floors": [1.0, 2.0, np.nan, 10.0],
        "my col": [1, 2, 3, 4],
        'a"b': ["x", "y", "x", "y"],
        "状态": ["在建", "已建", "已建", None],
        "select": [1, 0, 1, 0],
        "since": [dt.date(2020, 1, 1), dt.date(2021, 1, 1), None, dt.date(2022, 1, 1)],
        "open": [True, False, None, True],
    }
)
COLUMNS = ", ".join(TABLE.columns)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("status = 'built'", [0]),
        ("STATUS = 'built'", [0]),
        ("status != 'void'", [0, 2]),
        ("status = 'it''s'", [2]),
        ("status IN ('built', 'void')", [0, 1]),
        ("status LIKE 'b%'", [0]),
        ("status IS NULL", [3]),
        ("NOT (status = 'built') AND floors > 1", [1]),
        ("floors >= 2", [1, 3]),
        ("floors >= '2'", [1, 3]),  # a number in quotes is still a number
        ("floors BETWEEN 1 AND 2", [0, 1]),
        ("id = '0101'", [0]),
        ("id = 101", []),  # ids are text, and 101 is another one
        ("substr(id, 1, 2) = '01' AND length(status) > 4", [0]),
        ('"my col" = 2', [1]),
        ("[my col] = 2", [1]),
        ("`my col` = 2", [1]),
        ('"a""b" = \'x\'', [0, 2]),
        ("状态 = '已建'", [1, 2]),
        ('"状态" = \'已建\' AND "select" = 1', [2]),
        ("since >= '2021-01-01'", [1, 3]),
        ("open = 1", [0, 3]),
        ("open", [0, 3]),
        ("1 = 1", [0, 1, 2, 3]),
        ("status = 'a;b -- (' OR floors = 1", [0]),
        ("status = 'built'\nOR floors = 2", [0, 1]),
        ("coalesce(floors, 0) = 0", [2]),
    ],
)
def test_says(condition, rows):
    if rows:
        assert np.flatnonzero(chosen(TABLE, condition, place="[x]")).tolist() == rows
    else:
        with pytest.raises(LayerError, match="leaves none of 4 records"):
            chosen(TABLE, condition, place="[x]")


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("1=1); DROP TABLE layer; --", "a bracket is closed that was never opened"),
        ("floors = 1) OR (1 = 1", "a bracket is closed that was never opened"),
        ("(floors = 1", "a bracket is not closed"),
        ("floors = 1; DROP TABLE layer", "one condition may stand there, without ; or remarks"),
        ("floors = 1 -- and so on", "one condition may stand there, without ; or remarks"),
        ("floors = 1 /* x */", "one condition may stand there, without ; or remarks"),
        ("floors IN (SELECT 1)", "a query cannot stand in a condition"),
        ("EXISTS (SELECT 1 FROM sqlite_master)", "a query cannot stand in a condition"),
        (
            "1 IN (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c)",
            "a query cannot stand in a condition",
        ),
        ("floors = 1 UNION SELECT 1", 'near "UNION": syntax error'),
        ("floors = 1 LIMIT 1", 'near "LIMIT": syntax error'),
        ("floors = 1 ORDER BY 1", 'near "ORDER": syntax error'),
        ("floors = 1 GROUP BY id", 'near "GROUP": syntax error'),
        ("PRAGMA table_info(layer)", 'near "table_info": syntax error'),
        ("rowid < 3", "no column is called rowid"),
        ("statsu = 'built'", "no such column: statsu"),
        ("\"statsu\" != 'void'", "no column is called statsu; did you mean status?"),
        ('status = "built"', "no column is called built; text is written 'built'"),
        ("my col = 2", 'near "col": syntax error'),
        ("status =", 'near ")": syntax error'),
    ],
)
def test_refuses(condition, why):
    with pytest.raises(LayerError) as caught:
        chosen(TABLE, condition, place="[x]")
    assert str(caught.value) == (
        f"[x]: where = {condition!r} cannot be understood: {why}. Write a condition on the columns {COLUMNS}; text stands in single quotes."
    )


@pytest.mark.parametrize(
    "condition",
    [
        "load_extension('x') IS NULL",
        "random() > 0",
        "randomblob(1000000000) IS NULL",
        "zeroblob(2000000000)",
        "current_date > since",
        "date('now') > since",
        "printf('%.*c', 2000000000, 'x') IS NULL",
        "count(*) > 3",
        "sum(floors) OVER () > 3",
        "fts3_tokenizer('x')",
        "sqlite_version() > '3'",
        "hex(id) = ''",
        "row_number() OVER () < 3",
    ],
)
def test_refuses_functions_that_do_more_than_compare(condition):
    with pytest.raises(LayerError, match=r"cannot be understood: \w+\(\) cannot be used; there are abs, coalesce, "):
        chosen(TABLE, condition, place="[x]")


@pytest.mark.parametrize(
    "condition", ["writefile('x', 'y')", "readfile('/etc/passwd') IS NOT NULL", "id REGEXP 'x'", "ATTACH 'x' AS y"]
)
def test_refuses_what_sqlite_does_not_know(condition):
    with pytest.raises(LayerError, match="cannot be understood"):
        chosen(TABLE, condition, place="[x]")


def test_tells_what_stands_there_when_nothing_is_left():
    with pytest.raises(LayerError) as caught:
        chosen(TABLE, "status = '已建' AND floors > 50", place="[x]")
    assert str(caught.value) == (
        "[x]: where = \"status = '已建' AND floors > 50\" leaves none of 4 records. "
        "status holds 'built', 'void', \"it's\"; floors holds 1, 2, 10. Check the condition."
    )


def test_names():
    assert names_in("status = 'floors' AND \"my col\" > 1", list(TABLE)) == ["status", "my col"]
    assert names_in("状态 IS NULL AND statusx = 1", list(TABLE)) == ["状态"]


def test_fields_that_differ_only_in_case():
    table = pd.DataFrame({"Status": ["a", "b"], "status": ["b", "a"]})
    assert chosen(table, "Status = 'a'", place="[x]").tolist() == [True, False]
    assert chosen(table, "status = 'a'", place="[x]").tolist() == [False, True]


def test_a_table_without_rows_has_none_to_choose():
    assert chosen(TABLE.iloc[:0], "status = 'built'", place="[x]").tolist() == []


def test_in_a_plan(tmp_path, capsys):
    frame = parcels().assign(**{"建设 状态": ["已建"] * 59 + ["未建"]})
    assert run(study(tmp_path / "a", plan={"layers.parcels.where": "\"建设 状态\" = '已建'"}, parcels=frame)) == 0
    assert zone_figures(tmp_path / "a" / "out")["parcel_count"].tolist() == [30, 29]
    capsys.readouterr()
    assert run(study(tmp_path / "b", plan={"layers.parcels.where": "status = 'void'"})) == 2
    assert capsys.readouterr().err == (
        "gisplan: [layers.parcels]: where = \"status = 'void'\" leaves none of 60 records. status holds 'built'. Check the condition.\n"
    )

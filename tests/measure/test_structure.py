"""Industry structure: golden values, laws, and the town's industries by pencil."""

import math

import numpy as np
import pandas as pd
import pytest
import town
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gisplan import evaluate
from gisplan.measure.structure import (
    division,
    entropy,
    hhi,
    krugman,
    location_quotients,
    rest,
    shares,
    similarity,
)
from gisplan.plan import parse_plan

GOLDEN = [
    ((1, 0), (0, 1), 0, 2),
    ((0.3, 0.7), (0.3, 0.7), 1, 0),
    ((0.5, 0.5, 0), (0.5, 0.25, 0.25), 0.8660, 0.5),
]


@pytest.mark.parametrize(("one", "other", "s", "k"), GOLDEN)
def test_golden(one, other, s, k):
    assert float(similarity(np.array(one, float), np.array(other, float))) == pytest.approx(s, abs=5e-5)
    assert float(krugman(np.array(one, float), np.array(other, float))) == pytest.approx(k, abs=1e-12)


def test_concentration_and_diversity():
    even = np.full(4, 0.25)
    assert (float(hhi(even)), float(entropy(even))) == (0.25, pytest.approx(math.log(4)))
    assert (float(hhi(np.array([1.0, 0]))), float(entropy(np.array([1.0, 0])))) == (1, 0)
    assert np.isnan(hhi(np.array([np.nan, np.nan])))
    assert np.isnan(entropy(np.array([np.nan, np.nan])))


def test_quotients():
    # 30 of 40 in one, 10 of 60 in the other, 40 of 100 in all; the third industry is nowhere.
    amounts = np.array([[30.0, 10, 0], [10, 50, 0]])
    got = location_quotients(amounts)
    assert got[0, :2].tolist() == pytest.approx([0.75 / 0.4, 0.25 / 0.6])
    assert np.isnan(got[:, 2]).all()
    assert rest(amounts)[0].tolist() == pytest.approx(shares(amounts[1]).tolist())


def test_codes():
    said = pd.Series(["C3911", "39", " 3912 ", "3", "机械", None, "C", "39a"], dtype=object)
    assert division(said).tolist() == ["39", "39", "39", None, None, None, None, None]


amounts = hnp.arrays(float, (3, 5), elements=st.floats(0, 1e6).map(lambda v: v if v > 1e-3 else 0.0))


@given(amounts)
def test_laws(table):
    s = shares(table)
    for i in range(3):
        for j in range(3):
            alike, apart = float(similarity(s[i], s[j])), float(krugman(s[i], s[j]))
            if np.isnan(s[i]).any() or np.isnan(s[j]).any():
                assert np.isnan(alike)
                assert np.isnan(apart)
                continue
            assert 0 <= alike <= 1
            assert 0 <= apart <= 2
            assert alike == float(similarity(s[j], s[i]))
            assert apart == float(krugman(s[j], s[i]))
            if i == j:
                assert alike == pytest.approx(1)
                assert apart == 0
        if not np.isnan(s[i]).any():
            assert 1 / 5 - 1e-12 <= hhi(s[i]) <= 1 + 1e-12
            assert 0 <= entropy(s[i]) <= math.log(5) + 1e-12
            assert s[i].sum() == pytest.approx(1)


#: P1, P3, P13 are of 39, P2 and P4 of 13, P8 of 39, P9 of none, P11 lies outside.
REGISTER = """\
code,行业代码,年产值,从业人数
P1,C3911,100,
P2,13,50,5
P3,3912,,5
P4,1310,200,
P8,C39,60,
P11,39,1000,
P9,,70,
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return evaluate(_plan(tmp_path_factory.mktemp("industry")))


def _plan(folder):
    raw = town.write(folder, ledger=None).model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    (folder / "industry.csv").write_text(REGISTER, encoding="utf-8")
    raw["layers"]["parcels"] |= {"ledger": {"path": "industry.csv", "key": "code"}, "industry_system": "gbt4754-2017"}
    return parse_plan(raw, folder=folder)


def test_industries_of_the_town(result):
    table, pairs = result.industry
    of = table.set_index(["basis", "zone_id", "industry"])
    # Z1 by land: 39 on P1 and P3 (2 ha), 13 on P2 and 0.4 of P4 (1.4 ha). Z2: 39 on P8 (1 ha), 13 on 0.6 of P4.
    assert of.loc[("land", "Z1", "39"), ["amount", "share"]].tolist() == pytest.approx([20_000, 20 / 34])
    assert of.loc[("land", "Z2", "13"), "share"] == pytest.approx(6 / 16)
    # All: 39 has 3 of 5 ha.
    assert of.loc[("land", "Z2", "39"), "location_quotient"] == pytest.approx((10 / 16) / (30 / 50))
    # By output: Z1 100 of 39, 50 + 80 of 13; Z2 60 and 120. The 1,000 of P11 lie outside, the 70 of P9 have no industry.
    assert of.loc[("output", "Z1", "39"), "share"] == pytest.approx(100 / 230)
    assert of.loc[("output", "Z2", "39"), "share"] == pytest.approx(60 / 180)
    assert set(table["classification"]) == {"gbt4754-2017, 2 digits"}
    a, b = np.array([20, 14]) / 34, np.array([10, 6]) / 16
    row = pairs[(pairs["basis"] == "land") & (pairs["zone_id"] == "Z1") & (pairs["other_id"] == "Z2")].iloc[0]
    assert row["similarity"] == pytest.approx(a @ b / math.sqrt((a @ a) * (b @ b)))
    assert row["krugman_index"] == pytest.approx(abs(a - b).sum())
    assert row["reading"] == "high"
    # Z3 has no industry: no row, and no figure.
    assert "Z3" not in set(table["zone_id"])
    assert pairs[pairs["other_id"] == "Z3"]["reading"].eq("no_data").all()


def test_indicators_of_the_town(result):
    zones = result.zones.set_index("zone_id")
    assert zones.loc["Z1", "hhi_industry_land"] == pytest.approx((20 / 34) ** 2 + (14 / 34) ** 2)
    assert zones.loc["Z3"][["hhi_industry_land", "industry_entropy_land", "krugman_index_land"]].isna().all()
    # The rest of Z1 is Z2 alone.
    assert zones.loc["Z1", "krugman_index_land"] == pytest.approx(2 * abs(20 / 34 - 10 / 16))
    told = result.indicators.set_index(["zone_id", "indicator"])
    # P9 states an output and no industry: Z2's structure by output is partial, and said to be.
    assert told.loc[("Z2", "hhi_industry_output"), ["n_used", "n_missing", "flags"]].tolist() == [2, 1, "PARTIAL"]
    assert told.loc[("Z2", "hhi_industry_output"), "known_share"] == pytest.approx(16 / 26)

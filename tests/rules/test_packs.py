"""Rule packs: the shipped ones are whole, and every fault of one's own is told in a line, all at once."""

import datetime as dt
import tomllib
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisplan import measure, vocabulary
from gisplan.assess.whole import require_examples
from gisplan.errors import GisplanError, PlanError
from gisplan.rules import Limit, Where, differences, idle_rule, load_packs, shipped
from gisplan.rules.conditions import laxer, meet
from gisplan.rules.pack import JUDGED, PASS

HEAD = '[pack]\nname = "own"\ntitle = { zh = "自有" }\nsource = "city order 7"\n'
LIMIT = '[[limits]]\nid = "{id}"\nindicator = "plot_ratio"\nat_least = 1.0\nunit = "1"\nverified = true\n'


def faults(tmp_path, text, *others):
    for name, other in others:
        (tmp_path / name).write_text(other, encoding="utf-8")
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as error:
        load_packs(["own.toml"], tmp_path)
    return error.value.faults


def limit(indicator="plot_ratio", unit="1", **more):
    return Limit.model_validate({"id": "x", "indicator": indicator, "unit": unit, "verified": True, **more})


def test_all_packs_are_there_and_hold_together():
    assert set(shipped()) == {
        "cn-idle-2012", "cn-industry-2008", "cn-industry-2023", "cn-zone-intensity", "cn-roads", "cn-slope",
        "cn-park-practice", "cn-inefficient", "cn-admission", "un-habitat", "sdg", "hk-industry", "us-practice",
        "cn-service-levels",
    }  # fmt: skip
    for name, pack in zip(shipped(), load_packs(shipped()), strict=True):
        assert pack.name == name
        assert pack.title.zh
        assert pack.title.en
        assert pack.source


def test_what_is_not_verified_says_so():
    """Figures known from memory alone must never pass for the text of a rule."""
    packs = {p.name: p for p in load_packs(shipped())}
    assert not any(i.verified for i in packs["cn-roads"].limits)
    assert not any(i.verified for i in (*packs["cn-zone-intensity"].ideals, *packs["cn-zone-intensity"].weights))
    assert not any(i.verified for i in packs["cn-park-practice"].limits)
    idle = packs["cn-idle-2012"].terms
    assert {n for n, t in idle.items() if not t.verified} == {"after_handover_years", "after_approval_years"}
    assert [(i.id, i.at_least) for i in packs["cn-industry-2023"].limits] == [
        ("building-coefficient", 0.40),
        ("plot-ratio-automobile", 0.8),
    ]


def test_every_industry_of_2008_has_one_plot_ratio():
    (pack,) = load_packs(["cn-industry-2008"])
    of = {}
    for item in pack.limits:
        for code in item.where.industry:
            assert of.setdefault(code, item.at_least) == item.at_least
    # GB/T 4754-2002: manufacturing is 13 to 43, without 38.
    assert sorted(of) == [f"{n}" for n in range(13, 44) if n != 38]
    assert (of["13"], of["17"], of["27"], of["26"], of["25"]) == (1.0, 0.8, 0.7, 0.6, 0.5)


def test_every_measured_indicator_can_be_limited_in_its_own_unit():
    known = vocabulary.indicators()
    for name, item in measure.register().items():
        entry = f"{name.split('{')[0]}*" if "{" in name else name
        assert entry in known, f'add to vocabulary/indicators.toml, [zone]: {entry} = "{item.unit}"'
        assert (known[entry].unit, known[entry].level) == (item.unit, "zone")


def test_members_of_families_are_known():
    assert vocabulary.indicator("coverage_water").unit == "share"
    assert vocabulary.indicator("road_density_local").unit == "km/km²"
    for name in ("coverage_", "coverage_*", "plotratio", ""):
        assert vocabulary.indicator(name) is None


FAULTS = {
    "unknown indicator": (
        LIMIT.format(id="a").replace("plot_ratio", "plot_ration"),
        "limit a: unknown indicator 'plot_ration'; did you mean 'plot_ratio'?",
    ),
    "wrong unit": (LIMIT.format(id="a").replace('"1"', '"share"'), "limit a: plot_ratio is in 1, not in share"),
    "percent for share": (
        '[[limits]]\nid = "a"\nindicator = "building_density"\nat_least = 30\nunit = "share"\nverified = true\n',
        "limit a: at_least = 30 is no share; 30 % is 0.30",
    ),
    "no limit": (LIMIT.format(id="a").replace("at_least = 1.0\n", ""), "limit a: says no limit; give at_least"),
    "two lower ends": (
        LIMIT.format(id="a") + "more_than = 2\n",
        "limit a: gives both at_least and more_than; give one",
    ),
    "nothing fits": (LIMIT.format(id="a") + "at_most = 0.5\n", "limit a: nothing can be ≥ 1, ≤ 0.5"),
    "overlapping": (LIMIT.format(id="a") + LIMIT.format(id="b"), "limits a and b: both apply to some of plot_ratio"),
    "contradicting": (
        LIMIT.format(id="a") + LIMIT.format(id="b").replace("at_least = 1.0", "at_most = 0.9"),
        "limits a and b: nothing can be ≥ 1 and ≤ 0.9",
    ),
    "same id": (LIMIT.format(id="a") + LIMIT.format(id="a"), "limit a: the id stands 2 times"),
    "unknown key": (
        LIMIT.format(id="a") + "severty = 1\n",
        "limit no. 1 (a): unknown key 'severty'; did you mean 'severity'?",
    ),
    "missing key": (LIMIT.format(id="a").replace("verified = true\n", ""), "limit no. 1 (a): verified is missing"),
    "severity": (
        LIMIT.format(id="a") + 'severity = "maybe"\n',
        "limit no. 1 (a): severity: expected 'must', 'should' or 'info'",
    ),
    "no number": (
        LIMIT.format(id="a").replace("1.0", '"much"'),
        'limit no. 1 (a): at_least: expected a number or a fraction such as "1/3", found',
    ),
    "no date": (
        HEAD[:0] + LIMIT.format(id="a") + "in_force = { from = 2020 }\n",
        "limit no. 1 (a) in_force: from: expected a date",
    ),
    "condition": (LIMIT.format(id="a") + "where = { colour = 'red' }\n", "limit no. 1 (a) where: unknown key 'colour'"),
    "condition word": (
        LIMIT.format(id="a") + "where = { zone_age = ['ancient'] }\n",
        "limit a: unknown zone_age 'ancient'",
    ),
    "condition level": (
        LIMIT.format(id="a") + "where = { land_use = ['industrial'] }\n",
        "limit a: land_use is a condition of parcels, and plot_ratio is of zones",
    ),
    "industry without edition": (
        '[[limits]]\nid = "a"\nindicator = "project_far"\nat_least = 1\nunit = "1"\nverified = true\nwhere = { industry = ["13"] }\n',
        "limit a: industry needs industry_system",
    ),
    "weights": (
        '[[weights]]\nid = "zone"\nparts = { plot_ratio = 0.6, road_density = 0.3 }\nverified = true\n',
        "weights zone of set 1: add up to 0.9, not to 1",
    ),
    "unknown part": (
        '[[weights]]\nid = "zone"\nparts = { plot_ration = 1 }\nverified = true\n',
        "weights zone of set 1: unknown part 'plot_ration'; did you mean 'plot_ratio'?",
    ),
    "circle of weights": (
        '[[weights]]\nid = "a"\nparts = { b = 1 }\nverified = true\n[[weights]]\nid = "b"\nparts = { c = 1 }\nverified = true\n'
        '[[weights]]\nid = "c"\nparts = { b = 1 }\nverified = true\n',
        "weights of set 1 go in a circle: b → c → b",
    ),
    "ideal": (
        '[[ideals]]\nid = "a"\nindicator = "plot_ratio"\nvalue = 0\nunit = "1"\nverified = true\n',
        "ideal a: an ideal value of 0 cannot be scored against",
    ),
    "bands": (
        '[[bands]]\nid = "a"\nindicator = "plot_ratio"\nat_most = 1\nunit = "1"\nverified = true\n'
        '[[bands]]\nid = "b"\nindicator = "plot_ratio"\nat_least = 1\nunit = "1"\nverified = true\n',
        "bands a and b of plot_ratio overlap",
    ),
    "level": (
        '[[levels]]\nlist = "n"\nid = "1"\nneeds = ["watter"]\nverified = true\n',
        "level 1: unknown service 'watter'; did you mean 'water'?",
    ),
    "half an idle rule": (
        '[terms]\nfirst_years = { value = 1, unit = "year", verified = true }\n',
        "an idle-land rule needs the terms second_years, stopped_years",
    ),
    "example": (
        LIMIT.format(id="a") + '[[examples]]\nlimit = "a"\nvalue = 0.9\nexpect = "pass"\n',
        "example no. 1: 0.9 is below by limit a (≥ 1), but pass is expected",
    ),
    "unknown base": ('refines = ["cn-idel"]\n', "there is no rule pack 'cn-idel'; did you mean 'cn-idle-2012'?"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_a_line(tmp_path, name):
    text, expected = FAULTS[name]
    (line,) = [f for f in faults(tmp_path, HEAD + text) if expected in f]
    assert "\n" not in line
    assert line.startswith(("own.toml: ", "there is no rule pack"))


def test_all_faults_are_told_at_once(tmp_path):
    text = HEAD + LIMIT.format(id="a").replace("plot_ratio", "nonsense") + LIMIT.format(id="b").replace('"1"', '"m"')
    found = faults(tmp_path, text)
    assert len(found) == 2
    assert "nonsense" in found[0]
    assert "not in m" in found[1]


def test_files_that_are_no_packs(tmp_path):
    assert "is not TOML" in faults(tmp_path, "[pack\n")[0]
    (tmp_path / "gbk.toml").write_bytes(HEAD.encode("gbk"))
    with pytest.raises(PlanError, match="is not UTF-8"):
        load_packs(["gbk.toml"], tmp_path)
    with pytest.raises(PlanError, match=r"there is no rule pack 'none\.toml'"):
        load_packs(["none.toml"], tmp_path)
    with pytest.raises(PlanError, match="'cn-roads' is named more than once"):
        load_packs(["cn-roads", "cn-roads"])


def test_a_local_value_may_not_be_laxer_than_a_national_must(tmp_path):
    own = HEAD + 'refines = ["cn-industry-2023"]\n'
    limit_ = (
        '[[limits]]\nid = "coefficient"\nindicator = "project_building_coefficient"\nat_least = {}\nunit = "share"\n'
        'verified = true\nwhere = {{ land_use = ["industrial"] }}\n'
    )
    (line,) = faults(tmp_path, own + limit_.format(0.35))
    assert (
        "limit coefficient: ≥ 0.35 is laxer than ≥ 0.4, which cn-industry-2023 (building-coefficient) demands" in line
    )
    (tmp_path / "own.toml").write_text(own + limit_.format(0.45), encoding="utf-8")
    assert load_packs(["own.toml"], tmp_path)[0].limits[0].at_least == 0.45
    # Of other land nothing national is said.
    (tmp_path / "own.toml").write_text(own + limit_.format(0.1).replace("industrial", "storage"), encoding="utf-8")
    assert load_packs(["own.toml"], tmp_path)


def test_packs_that_refine_one_another(tmp_path):
    other = HEAD.replace('"own"', '"other"') + 'refines = ["own.toml"]\n'
    found = faults(tmp_path, HEAD + 'refines = ["other.toml"]\n', ("other.toml", other))
    assert "circle: own.toml → other.toml → own.toml" in found[0]


def test_conditions_that_exclude_each_other():
    def met(a, b):
        one, other = (
            meet(Where.model_validate(a), Where.model_validate(b)),
            meet(Where.model_validate(b), Where.model_validate(a)),
        )
        assert one == other
        return one

    assert met({}, {"zone_age": "old"})
    assert not met({"zone_age": "new"}, {"zone_age": "old"})
    assert met({"land_code": "10*"}, {"land_code": "1001"})
    assert met({"land_code": "10*"}, {"land_code": "100*"})
    assert not met({"land_code": "1001"}, {"land_code": "100101"})
    assert not met({"land_code": "10*"}, {"land_code": "11*"})
    system = {"industry_system": "gbt4754-2017"}
    assert met({"industry": "36", **system}, {"industry": "3610", **system})
    assert not met({"industry": "36", **system}, {"industry": "37", **system})
    assert not met({"industry": "36", **system}, {"industry": "36", "industry_system": "gbt4754-2002"})
    assert met({"land_grade": {"from": 1, "to": 4}}, {"land_grade": {"from": 4}})
    assert not met({"land_grade": {"to": 4}}, {"land_grade": {"from": 5}})
    dates = {"supplied": {"until": dt.date(2020, 1, 1)}}
    assert not met(dates, {"supplied": {"from": dt.date(2020, 1, 2)}})
    assert met(dates, {"supplied": {"from": dt.date(2020, 1, 1)}})


def test_limits_judge_their_own_ends():
    values = np.array([0.9, 1.0, 1.1, np.nan])
    assert [JUDGED[k] for k in limit(at_least=1).judge(values)] == ["below", "pass", "pass", "no_data"]
    assert [JUDGED[k] for k in limit(more_than=1).judge(values)] == ["below", "below", "pass", "no_data"]
    assert [JUDGED[k] for k in limit(at_most=1).judge(values)] == ["pass", "pass", "above", "no_data"]
    assert [JUDGED[k] for k in limit(less_than=1).judge(values)] == ["pass", "above", "above", "no_data"]
    assert [JUDGED[k] for k in limit(at_least=0.95, at_most=1.05).judge(values)] == [
        "below",
        "pass",
        "above",
        "no_data",
    ]
    # Sums of areas are not exact, and their last digit decides nothing.
    assert [JUDGED[k] for k in limit(at_least=0.3).judge(np.array([0.1 + 0.2, 0.3 - 1e-15]))] == ["pass", "pass"]


@given(st.floats(-10, 10), st.floats(-10, 10), st.booleans(), st.booleans(), st.floats(-11, 11))
def test_what_a_laxer_limit_refuses_no_stricter_one_lets_pass(a, b, closed_a, closed_b, value):
    own, base = (limit(**{("at_least" if closed else "more_than"): v}) for v, closed in ((a, closed_a), (b, closed_b)))
    if abs(a - b) > 1e-6 or a == b:
        passes_own, passes_base = (limit_.judge(np.array([value]))[0] == PASS for limit_ in (own, base))
        assert laxer(own, base) or not passes_own or passes_base


def test_differences_between_editions():
    old, new = load_packs(["cn-industry-2008", "cn-industry-2023"])
    changes = {(c.subject, c.before, c.after) for c in differences(old, new)}
    assert ("project_building_coefficient", "≥ 0.3", "≥ 0.4") in changes
    assert ("project_admin_share", "≤ 0.07", "") in changes
    # The automobile industry is 36 in one edition, and 36 is another industry in the other.
    assert {c for c in changes if c[0] == "project_far" and c[1] and c[2]} == set()
    assert differences(old, old) == []


def test_an_idle_rule_is_tested_by_its_own_examples(tmp_path):
    require_examples(idle_rule([], dt.date(2025, 1, 1)))
    text = resources.files("gisplan.rules").joinpath("cn-idle-2012.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace('expect = "IDLE_2Y"', 'expect = "IDLE_1Y"'), encoding="utf-8")
    own = idle_rule(load_packs(["own.toml"], tmp_path), dt.date(2025, 1, 1))
    with pytest.raises(GisplanError, match=r"example no\. 3 is IDLE_2Y on 2022-03-01, but IDLE_1Y is expected"):
        require_examples(own)
    (tmp_path / "own.toml").write_text(text.replace("agreed_start = 2018", "agreed_strat = 2018"), encoding="utf-8")
    own = idle_rule(load_packs(["own.toml"], tmp_path), dt.date(2025, 1, 1))
    with pytest.raises(GisplanError, match="unknown column 'agreed_strat'; did you mean 'agreed_start'"):
        require_examples(own)


def test_packs_are_plain_toml():
    for name in shipped():
        table = tomllib.loads(resources.files("gisplan.rules").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
        assert table["pack"]["name"] == name

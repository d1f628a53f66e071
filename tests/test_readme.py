"""What the README says is true: its plans run, its commands and Python too, its file names and codes exist."""

import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from east_park import east_park, other_files
from park_files import issues, run, tables_only, toml, zone_figures

from gisplan.cli import main, sample
from gisplan.measure import register
from gisplan.plan import Checks, load_plan, parse_plan
from gisplan.plan.drawing import Drawing
from gisplan.plan.places import Located, is_database
from gisplan.show.publish import ALL, OUTPUTS
from gisplan.study import evaluate
from gisplan.vocabulary import land_classes, services, units

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


TABLES = [tomllib.loads(text) for text in blocks("toml")]
#: The one plan that stands for itself; the other blocks are parts to be put into it.
(PLAN,) = [table for table in TABLES if "plan" in table]
PLAN["plan"]["as_of"] = PLAN["plan"]["as_of"].isoformat()
PARTS = [table for table in TABLES if "plan" not in table]


def put_into(plan: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Plan with a part of another; a layer with a path of its own takes the place of the one there was."""
    out = dict(plan)
    for key, value in part.items():
        there = out.get(key)
        is_other = isinstance(value, dict) and "path" in value
        out[key] = (
            put_into(there, value) if isinstance(there, dict) and isinstance(value, dict) and not is_other else value
        )
    if "classes" in part:
        out.pop("code_system", None)  # one or the other
    return out


def content(part: Mapping[str, Any]) -> str:
    """What a part is about, for the names of tests."""
    names = []
    while isinstance(part, dict) and len(part) == 1:
        (name, part), *_ = part.items()
        names.append(name)
    return ".".join(names)


def reads_a_database(part: Mapping[str, Any]) -> bool:
    layers = part.get("layers", {}).values()
    return any(is_database(layer.get("path", "")) for layer in layers)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with the README's data, in which its commands are given."""
    monkeypatch.chdir(tmp_path)
    east_park(tmp_path / "data")
    return tmp_path


def figures(study: Path, plan: Mapping[str, Any]) -> pd.DataFrame:
    (study / "data" / "plan.toml").write_text(toml(plan), encoding="utf-8")
    assert run(study / "data" / "plan.toml", study / "results") == 0
    return zone_figures(study / "results")


def test_its_plan_gives_figures_worked_out_by_hand(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables_only(monkeypatch)
    zones = figures(study, PLAN)
    assert zones["industrial_land_share"].tolist() == pytest.approx([1, 1])
    # Two floors on a quarter of every parcel; the one building without floors has two whole storeys of 4.5 m in its 9 m.
    assert zones["plot_ratio"].tolist() == pytest.approx([0.5, 0.5])
    # Every parcel of one hectare has 300 wan of investment and 20 of tax.
    assert zones["investment_intensity"].tolist() == pytest.approx([300, 300])
    assert zones["tax_intensity"].tolist() == pytest.approx([20, 20])
    # Two of five rows of parcels lie along the main.
    assert zones["coverage_water"].tolist() == pytest.approx([0.4, 0.4])
    found = issues(study / "results")
    assert found.loc["UNIT_FROM_HEADER", "message"] == (
        "Units read from the column names of register.xlsx: 登记面积(亩) in mu."
    )
    assert set(found["severity"]) == {"note"}
    parcels = pd.read_csv(study / "results" / "parcels.csv", dtype={"parcel_id": str})
    assert parcels["land_area_m2"].tolist() == pytest.approx([10_000] * 60)


@pytest.mark.parametrize("part", PARTS, ids=content)
def test_its_other_blocks_fit_into_the_plan(part, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables_only(monkeypatch)
    other_files(study / "data")
    plan = put_into(PLAN, part)
    parse_plan(plan, folder=study / "data")
    if reads_a_database(part):
        return
    # Another way to the same data: parcels drawn, roads turned round, a second register.
    zones = figures(study, plan)
    assert zones["parcel_count"].tolist() == [30, 30]
    assert zones["plot_ratio"].tolist() == pytest.approx([0.5, 0.5])
    assert zones["road_length_m"].tolist() == pytest.approx([600, 600])
    if "levelling" in plan:
        # One metre in a hundred to the east; a hectare of thirty is green.
        assert zones["slope_mean"].tolist() == pytest.approx([0.01, 0.01], rel=1e-3)
        assert zones["green_cover_rate"].tolist() == pytest.approx([1 / 30, 1 / 30])
    if "links" in plan:
        # Two of five rows lie along the feeder, which hangs on one substation; half of the pipe is in each zone.
        assert zones["coverage_power"].tolist() == pytest.approx([0.4, 0.4])
        assert zones["dual_feed_area_share"].tolist() == pytest.approx([0, 0])
        assert zones["works_budget_wan"].tolist() == pytest.approx([50, 50])
        # The stop lies between the zones; four of five rows come to the road within 100 m.
        assert zones["accessibility_bus_stop_500"].tolist() == pytest.approx([0.8, 0.8])
    if "hydrant" in plan["layers"]["services"]:
        # Four of five rows lie within 150 m of hydrants between the second and the third.
        assert zones["coverage_hydrant"].tolist() == pytest.approx([0.8, 0.8])
    assert set(issues(study / "results")["severity"]) <= {"note", "warning"}


def test_it_shows_every_kind_of_block() -> None:
    assert sorted(map(content, PARTS)) == sorted(
        [
            "checks",
            "layers.buildings",
            "layers.parcels",
            "layers.parcels.classes",
            "layers.parcels.ledger",
            "layers.roads",
            "layers.services.hydrant",
            "map",
            "report",
            "",  # infrastructure
            "",  # ground
            "",  # rules
        ]
    )


def test_the_limits_it_shows_are_the_defaults() -> None:
    (shown,) = [part["checks"] for part in PARTS if "checks" in part]
    assert shown == Checks().model_dump()


def test_it_shows_every_key_of_places_and_drawings() -> None:
    for key in (*Located.model_fields, *Drawing.model_fields):
        assert re.search(rf"^{key} = ", README, re.MULTILINE), key


def test_its_commands_run_in_their_order(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split("#")[0].split() for line in "\n".join(blocks("bash")).splitlines()]
    given = [words[1:] for words in lines if words[:1] == ["gisplan"]]
    assert {words[0] for words in given} == {
        *("init", "inspect", "check", "run", "map", "explain", "report", "indicators", "rules")
    }
    for words in given:
        assert main(words) == 0, f"{' '.join(words)}: {capsys.readouterr().err}"
        if words[0] == "init":
            assert main(["check", "data/plan.toml"]) == 0
            assert main(words) == 2  # a plan that is there is never written over
            (study / "data" / "plan.toml").write_text(toml(PLAN), encoding="utf-8")
    assert {p.name for p in (study / "results").iterdir()} >= set(OUTPUTS)
    assert {p.name for p in (study / "lists").iterdir()} == {"park.gpkg-buildings.csv", "planner.csv", "suppliers.csv"}


def test_its_scripts_are_there() -> None:
    named = re.findall(r"python3? (scripts/\w+\.py)", README)
    assert {"scripts/demo.py", "scripts/test.py", "scripts/bench.py"} <= set(named)
    for name in named:
        assert (ROOT / name).is_file(), name


def test_the_extras_it_names_are_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = [n for listed in re.findall(r'pip install "[^"\[]*\[([\w,]+)\]"', README) for n in listed.split(",")]
    assert sorted(named) == ["cad", "postgis", "report"]
    assert set(named) <= set(extras)


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "layers", tmp_path / "layers")
    monkeypatch.chdir(tmp_path)
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "maps" / "yongan" / "map.html").is_file()


def test_the_codes_it_names_exist() -> None:
    files = [p for kind in ("*.py", "*.toml") for p in (ROOT / "gisplan").rglob(kind)]
    source = "\n".join(p.read_text(encoding="utf-8") for p in files)
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", README))
    assert len(named) >= 5
    for code in named:
        assert f'"{code}"' in source, code


def test_it_names_every_file_class_service_and_unit() -> None:
    for name in ALL:
        assert f"`{name}`" in README, name
    for name in (*land_classes(), *services()):
        assert re.search(rf"\b{name}\b", README), name
    for measure in ("area", "length", "money"):
        for unit in units(measure):
            assert re.search(rf"[`\s]{unit}[`\s]", README), unit


def test_the_pictures_and_links_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_committed_maps_are_what_the_sample_renders_to() -> None:
    fresh = evaluate(load_plan(sample() / "plan.toml")).zones.set_index("zone_id")
    shown = pd.read_csv(ROOT / "maps" / "sample" / "zones.csv").set_index("zone_id")
    assert list(shown.columns) == list(fresh.columns)
    for name in shown.columns.drop(["name", "level"]):
        pd.testing.assert_series_equal(shown[name], fresh[name], rtol=1e-6, check_names=False, check_dtype=False)
    # Nobody lives in the sample, so that no share of people within reach is told.
    for name in register().keys() - {"accessibility_people_{facility}"}:
        assert any(c.startswith(name.split("{")[0]) for c in shown.columns), name

"""What the README says is true: its plans are accepted, its Python runs, its commands and file names exist."""

import re
import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from gisplan.cli import parser, sample
from gisplan.measure import register
from gisplan.plan import load_plan, parse_plan
from gisplan.show.publish import OUTPUTS
from gisplan.study import evaluate
from gisplan.vocabulary import land_classes, services, units

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in re.findall(r'path = "([^"]+)"', README):
        (tmp_path / name).touch()
    return tmp_path


def test_its_plan_is_accepted(folder: Path) -> None:
    plan = parse_plan(tomllib.loads(blocks("toml")[0]), folder=folder)
    assert set(plan.layers.services) == {"water"}
    assert plan.layers.parcels is not None
    assert plan.layers.parcels.ledger[0].columns["tax"].rule == "sum"


def test_its_class_table_is_accepted(folder: Path) -> None:
    raw = tomllib.loads(blocks("toml")[0])
    del raw["layers"]["parcels"]["code_system"]
    raw["layers"]["parcels"] |= tomllib.loads(blocks("toml")[1])["layers"]["parcels"]
    parse_plan(raw, folder=folder)


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "layers", tmp_path / "layers")
    monkeypatch.chdir(tmp_path)
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "maps" / "yongan" / "map.html").is_file()


def test_its_commands_exist() -> None:
    for line in "\n".join(blocks("bash")).splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["gisplan"]:
            parser().parse_args(words[1:])
        elif words[:1] == ["python3"]:
            assert (ROOT / words[1]).is_file(), line


def test_it_names_every_file_class_service_and_unit() -> None:
    for name in OUTPUTS:
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
    for name in register():
        assert any(c.startswith(name.split("{")[0]) for c in shown.columns), name

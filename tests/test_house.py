"""The house stays a house: arrows point one way, the register is complete, the wheel carries the sample."""

import ast
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import gisplan
from gisplan import vocabulary
from gisplan.measure import GROUPS, THEMES, register
from gisplan.show.publish import ALL

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gisplan"

#: Rooms from left to right; a module imports only from its own room or from one to its left.
ORDER = (
    "errors",
    "issues",
    "vocabulary",
    "rules",
    "plan",
    "geometry",
    "read",
    "draft",
    "measure",
    "assess",
    "show",
    "study",
    "cli",
    "__main__",
)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> set[str]:
    """Rooms of gisplan that a module imports from, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "gisplan":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {a.name for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("gisplan.")}
    return {f for f in found if f in ORDER}


@pytest.mark.parametrize("file", modules(), ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_its_left(file: Path) -> None:
    own = room(file)
    if own == "__init__":
        return
    right = {r for r in imports(file) if ORDER.index(r) > ORDER.index(own)}
    assert not right, f"{file.name} ({own}) imports from {sorted(right)}"


@pytest.mark.parametrize("file", modules(), ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_the_library_is_silent_and_precise(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and room(file) != "cli":
            assert node.func.id != "print", f"{file.name}:{node.lineno} prints"
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
            )
            hands_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            assert not broad or hands_on or room(file) == "cli", f"{file.name}:{node.lineno} swallows everything"


def test_only_geometry_works_on_many_shapes_with_threads() -> None:
    users = {room(f) for f in modules() if "ThreadPoolExecutor" in f.read_text(encoding="utf-8")}
    assert users == {"geometry"}


def test_every_theme_enters_indicators_and_every_indicator_explains_itself() -> None:
    modules_with_indicators = {i.function.__module__ for i in register().values()}
    assert modules_with_indicators == {t.__name__ for t in THEMES}
    for name, item in register().items():
        assert item.group in GROUPS, name
        for language in ("zh", "en"):
            assert item.labels[language], name
            assert item.formula[language], name
        for part in ("Formula", "Zero", "Missing", "Source"):
            assert f"\n{part}\n---" in item.text, f"{name} does not tell its {part}"
        assert item.source, name


def test_every_class_service_and_column_has_both_languages() -> None:
    tables = [*vocabulary.land_classes().values(), *vocabulary.services().values(), *vocabulary.road_classes().values()]
    tables += list(vocabulary.stages().values())
    layers = ("zones", "parcels", "buildings", "roads", "road_surfaces", "services")
    more = ("batches", "boundaries", "phases", "levelled", "built_up", "constraints", "works", "green", "platforms")
    for layer in (*layers, *more):
        tables += list(vocabulary.columns(layer).values())
    assert all(t.zh and t.en for t in tables)


def test_every_word_of_terrain_has_both_languages() -> None:
    for kind in ("slopes", "aspects", "soils"):
        assert all(word["zh"] and word["en"] for word in vocabulary.terrain(kind).values()), kind
    ends = [c["to"] for c in vocabulary.terrain("slopes").values()]
    assert ends == sorted(ends)


def test_every_land_use_code_leads_to_a_known_class() -> None:
    for system, codes in vocabulary.code_systems().items():
        assert set(codes.values()) <= set(vocabulary.land_classes()), system


def test_the_public_names_are_there() -> None:
    assert (
        gisplan.__version__
        == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    )
    for name in gisplan.__all__:
        assert getattr(gisplan, name) is not None


def test_the_wheel_runs_the_demo_elsewhere(tmp_path: Path) -> None:
    """Build the wheel, install it alone into a folder, and run the demo far from the checkout."""
    wheels = tmp_path / "wheels"
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(wheels), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = wheels.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "gisplan/sample/plan.toml" in names
    assert "gisplan/vocabulary/columns.toml" in names
    assert "gisplan/rules/cn-idle-2012.toml" in names
    assert not [n for n in names if n.startswith(("tests/", "layers/", "scripts/"))]
    # gisplan itself comes from the wheel only; the libraries it needs are borrowed from this environment.
    home, installed = tmp_path / "env", tmp_path / "site"
    venv.create(home, with_pip=False)
    binary = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(installed), str(wheel)],
        check=True,
        capture_output=True,
    )
    libraries = [p for p in sys.path if "site-packages" in p]
    run = subprocess.run(
        [str(binary), "-m", "gisplan", "demo", "--out", str(tmp_path / "out")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), *libraries]), "PYTHONIOENCODING": "utf-8"},
    )
    assert run.returncode == 0, run.stderr
    assert "The books balance" in run.stdout
    # The sample asks for everything but what follows foreign practice.
    assert {p.name for p in (tmp_path / "out").iterdir()} == set(ALL) - {"redevelopment.csv"}

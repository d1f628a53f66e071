"""Every formula of the workbook, worked out anew by LibreOffice, and again after something was changed."""

from __future__ import annotations

import importlib
import math
import re
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import town
from recalc import Cells, assume, differing, formulas, loaded, put, recalculate, same

from gisplan import load_plan, vocabulary
from gisplan.show.workbook import table
from gisplan.study import evaluate
from gisplan.study.reports import write_report

ROOT = Path(__file__).resolve().parent.parent.parent

# rasterio 1.4 multiplies affine transforms in a way that affine 3.1 would rather not see
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

LEDGER = town.LEDGER
LEDGER_CHANGED = LEDGER.replace("P1,15,", "P1,12,").replace("P8,15,,,900,45,0", "P8,15,,,900,90,0")


def with_jobs(plan, each=40.0):
    """Plan that assumes the floor area of a job."""
    return plan.model_copy(update={"assumptions": plan.assumptions.model_copy(update={"m2_per_job": each})})


def no_area(frame):
    """Two buildings more: on a parcel that the ledger knows no area of, and on none."""
    more = town.table(
        ["building_id", "floors"],
        ("B20", 3.0, town.box(210, 110, 230, 130)),
        ("B21", 2.0, town.box(330, 150, 350, 170)),
    )
    return pd.concat([frame, more], ignore_index=True)


def storeys(frame, **floors):
    """Buildings with other floors."""
    return frame.assign(floors=[floors.get(b, f) for b, f in zip(frame["building_id"], frame["floors"], strict=True)])


def studies(folder: Path) -> dict[str, object]:
    """Studies by name: the town in all the ways that formulas depend on, and the sample."""

    def made(name, **how):
        (folder / name).mkdir()
        return town.write(folder / name, **how)

    vacant = made("vacant", spec={"parcels": {"columns": {"is_vacant": "empty"}}},
                  parcels=lambda f: f.assign(empty=[True, False, None, *[None] * 9, False]))  # fmt: skip
    return {
        "town": with_jobs(made("town")),
        "no_assumption": made("no_assumption", storey_height_m=None),
        "ledger": made("ledger", header={"area_basis": "ledger"}, buildings=no_area),
        "no_ledger": made("no_ledger", header={"area_basis": "ledger"}, ledger=None),
        "no_buildings": with_jobs(made("no_buildings", drop=["buildings"])),
        "no_buildings_ledger": made("no_buildings_ledger", drop=["buildings"], header={"area_basis": "ledger"}),
        "no_parcels": made("no_parcels", drop=["parcels"]),
        "no_register": made("no_register", ledger=None, header={"language": "en"}),
        "only_zones": made("only_zones", drop=["parcels", "buildings", "roads", "water", "power", "gas"]),
        "vacant": vacant,
        "sample": load_plan(ROOT / "layers/plan.toml"),
        **evaluations(folder),
    }


def evaluations(folder: Path) -> dict[str, object]:
    """Towns with a land intensity evaluation: main and development-direction areas, what is missing, other weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tests/assess"))
        made = importlib.import_module("test_intensity")
    roles = {"area_role": ["主区", "发展方向区", "main"], "parent_id": ["park", "park", "other"]}
    boxes = [town.box(0, 0, 200, 300), town.box(200, 0, 400, 300), town.box(500, 0, 600, 300)]
    halves = {**roles, "geometry": gpd.GeoSeries(boxes, crs=town.CRS)}
    return {
        "roles": made.study(folder / "roles", zone=roles, ideals=made.IDEALS),
        "halves": made.study(folder / "halves", zone=halves, ideals=made.IDEALS, renormalise=True),
        "weights_2": made.study(folder / "weights_2", weights="2", ideals=made.IDEALS, renormalise=True),
    }


def change_town(book, cells):
    put(book, cells, "Buildings", "floors", ("building_id", "B2"), 5)
    put(book, cells, "Buildings", "floors", ("building_id", "B6"), 2)
    put(book, cells, "Buildings", "floors", ("building_id", "B4"), None)
    put(book, cells, "Parcels", "land_class", ("parcel_id", "P4"), "storage")
    put(book, cells, "Parcels", "land_class", ("parcel_id", "P7"), "commerce")
    assume(book, "storey_height_m", 2.0)
    assume(book, "vacant_below", 0.001)
    assume(book, "m2_per_job", 25.0)


def change_ledger(book, cells):
    put(book, cells, "Parcels", "land_area_m2", ("parcel_id", "P1"), 12 * 2000 / 3)
    put(book, cells, "Parcels", "tax_wan", ("parcel_id", "P8"), 90)


def change_sample(book, _):
    assume(book, "double_over_m", 5.0)
    for name, value in IDEALS.items():
        assume(book, f"ideal_{name}", value)
    for name, value in WEIGHTS.items():
        assume(book, f"w_{name}", value)


def sort_parcels(book, cells):
    """Turn the parcels upside down, and the buildings, as sorting in Excel would."""
    for word, key in (("Parcels", "parcel_id"), ("Buildings", "building_id")):
        sheet = book[cells.sheet(word)]
        first, last = table.HEAD + 1, sheet.max_row
        rows = [[c.value for c in sheet[r]] for r in range(first, last + 1)]
        numbers = range(first, last + 1)
        for r, (was, row) in zip(numbers, reversed(list(zip(numbers, rows, strict=True))), strict=True):
            for c, value in enumerate(row, start=1):
                if isinstance(value, str) and value.startswith("="):
                    # A sorted formula goes on to speak of its own row; absolute places stay.
                    moved = re.sub(rf"(?<![$\d])(\$[A-Z]+){was}(?!\d)", rf"\g<1>{r}", value)
                    sheet.cell(r, c).value = moved
                else:
                    sheet.cell(r, c).value = value
        assert key in [c.value for c in sheet[table.HEAD - 1]]


IDEALS = {"land_built_rate": 1.2, "industrial_far": 1.4, "industrial_tax_per_land": 700.0}
WEIGHTS = {"zone_land_use": 0.4, "zone_benefit": 0.5, "intensity_comprehensive_far": 0.03}


@pytest.fixture(scope="module")
def worked_out(tmp_path_factory):
    """All studies: results, workbooks, and the same worked out anew, plain and changed."""
    folder = tmp_path_factory.mktemp("workbooks")
    results = {name: evaluate(plan) for name, plan in studies(folder).items()}
    for name, result in results.items():
        write_report(result, folder / f"{name}.xlsx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "SHEET_ROWS", table.HEAD + 5)
        write_report(results["town"], folder / "split.xlsx")
    (folder / "plain").mkdir()
    plain = []
    for name in (*results, "split"):
        # openpyxl keeps formulas without what they come to: what LibreOffice says is its own.
        book = loaded(folder / f"{name}.xlsx")
        book.save(folder / "plain" / f"{name}.xlsx")
        plain.append(folder / "plain" / f"{name}.xlsx")
    changes = {"town": change_town, "ledger": change_ledger, "sample": change_sample, "vacant": sort_parcels}
    for name, change in changes.items():
        book, cells = loaded(folder / f"{name}.xlsx"), Cells(folder / f"{name}.xlsx")
        change(book, cells)
        plain.append(folder / "plain" / f"{name}_changed.xlsx")
        book.save(plain[-1])
    recalculate(plain, folder / "anew")
    return results, folder


STUDIES = (
    "town", "no_assumption", "ledger", "no_buildings", "no_buildings_ledger", "no_parcels", "no_register", "only_zones",
    "vacant", "no_ledger", "sample", "roles", "halves", "weights_2", "split",
)  # fmt: skip


@pytest.mark.parametrize("name", STUDIES)
def test_libreoffice_comes_to_the_same_by_every_formula(worked_out, name):
    _, folder = worked_out
    count, off = differing(folder / f"{name}.xlsx", folder / f"anew/{name}.xlsx")
    assert not off, "\n".join(off[:10])
    assert count > (10 if name == "only_zones" else 100)


@pytest.mark.parametrize("name", [n for n in STUDIES if n != "split"])
def test_the_zones_are_those_of_the_run(worked_out, name):
    results, folder = worked_out
    own, new = Cells(folder / f"{name}.xlsx"), Cells(folder / f"anew/{name}.xlsx")
    zones = results[name].zones
    assert len(zones.columns) > 10
    for column in zones.columns[3:]:
        for stands, anew, value in zip(
            own.column("Zones", column), new.column("Zones", column), zones[column], strict=True
        ):
            if math.isnan(value):
                assert stands == anew == "", column
            else:
                assert stands == value, column
                assert same(anew, value), column


def test_a_table_over_several_sheets_says_so_and_comes_to_the_same(worked_out):
    _, folder = worked_out
    one, split = Cells(folder / "anew/town.xlsx"), Cells(folder / "anew/split.xlsx")
    names = [n for n in split.names if "Parcels" in n and "pieces" not in n and "on" not in n]
    assert len(names) == 3
    assert sum(split.at(n, r, 1) != "" for n in names for r in range(table.HEAD, table.HEAD + 5)) == 13
    said = [str(split.at(n, 1, 0)) for n in names]
    assert [text.split(" of ")[1][:2] for text in said] == ["13"] * 3 and "1–5" in said[0] and "11–13" in said[2]
    for column in ("plot_ratio", "mean_floors", "vacant_parcel_share", "coverage_water", "parcel_count"):
        assert one.column("Zones", column) == split.column("Zones", column)


def agree(cells, result, *, columns=None):
    """Formulas of the zones against a run on changed data."""
    live = [c for c in result.zones.columns[3:] if columns is None or c in columns]
    assert len(live) > 3
    for column in live:
        for anew, value in zip(cells.column("Zones", column), result.zones[column], strict=True):
            assert (anew == "") if math.isnan(value) else same(anew, value), (column, anew, value)


def live_columns(file):
    """Indicators that are formulas."""
    cells = Cells(file)
    sheet = cells.sheet("Zones")
    places = {c for s, r, c in formulas(file) if s == sheet and r == table.HEAD}
    return {str(cells.at(sheet, table.HEAD - 2, c)) for c in places}


def test_floors_classes_and_assumptions_move_every_figure_as_a_new_run_would(worked_out, tmp_path, monkeypatch):
    results, folder = worked_out
    codes = {"P4": "1101", "P7": "0901"}

    def other(frame):
        return frame.assign(
            land_use=[codes.get(p, c) for p, c in zip(frame["parcel_id"], frame["land_use"], strict=True)]
        )

    monkeypatch.setattr("gisplan.measure.survey.VACANT_BELOW", 0.001)
    plan = town.write(tmp_path, storey_height_m=2.0, parcels=other,
                      buildings=lambda f: storeys(f, B2=5.0, B6=2.0, B4=np.nan))  # fmt: skip
    changed = evaluate(with_jobs(plan, 25.0))
    live = live_columns(folder / "town.xlsx")
    assert {"plot_ratio", "mean_floors", "jobs_capacity", "industrial_plot_ratio", "land_use_mix"} <= live
    cells = Cells(folder / "anew/town_changed.xlsx")
    agree(cells, changed, columns=live)
    parcels = changed.parcels.set_index("parcel_id")
    for column in ("floor_area_m2", "plot_ratio", "state"):
        for parcel, anew in zip(cells.column("Parcels", "parcel_id"), cells.column("Parcels", column), strict=True):
            value = parcels.loc[parcel, column]
            assert (anew == "") if pd.isna(value) else same(anew, value), (parcel, column)
    moved = [c for c in live if not same(results["town"].zones[c].fillna(-1).sum(), changed.zones[c].fillna(-1).sum())]
    assert {"plot_ratio", "mean_floors", "jobs_capacity", "vacant_parcel_share"} <= set(moved)


def test_a_parcels_area_and_tax_move_every_figure_as_a_new_run_would(worked_out, tmp_path):
    _, folder = worked_out
    changed = evaluate(town.write(tmp_path, header={"area_basis": "ledger"}, ledger=LEDGER_CHANGED, buildings=no_area))
    live = live_columns(folder / "ledger.xlsx")
    assert {"plot_ratio", "parcel_area_m2", "tax_intensity", "coverage_water"} <= live
    agree(Cells(folder / "anew/ledger_changed.xlsx"), changed, columns=live)


def test_sorting_parcels_and_buildings_changes_no_figure(worked_out):
    results, folder = worked_out
    cells = Cells(folder / "anew/vacant_changed.xlsx")
    ids = Cells(folder / "vacant.xlsx").column("Parcels", "parcel_id")
    assert cells.column("Parcels", "parcel_id") == ids[::-1]
    agree(cells, results["vacant"], columns=live_columns(folder / "vacant.xlsx"))


def test_the_rule_of_high_storeys_moves_the_plot_ratio_of_projects(worked_out, monkeypatch):
    results, folder = worked_out
    words = {**vocabulary.projects(), "double_over_m": 5.0}
    monkeypatch.setattr(vocabulary, "projects", lambda: words)
    changed = evaluate(load_plan(ROOT / "layers/plan.toml")).projects
    anew = Cells(folder / "anew/sample_changed.xlsx").column("Parcels", "far_control")
    assert all((a == "") if pd.isna(v) else same(a, v) for a, v in zip(anew, changed["project_far"], strict=True))
    before = results["sample"].projects["project_far"]
    assert (changed["project_far"] > before).sum() > 20


def test_ideal_values_and_weights_move_the_scores(worked_out, tmp_path):
    results, folder = worked_out
    text = (ROOT / "gisplan/rules/cn-zone-intensity.toml").read_text(encoding="utf-8")
    for old, new in (
        ("land_use = 0.7, benefit = 0.2, management = 0.1", "land_use = 0.4, benefit = 0.5, management = 0.1"),
        (
            "comprehensive_far = 0.25, comprehensive_density = 0.22",
            "comprehensive_far = 0.03, comprehensive_density = 0.44",
        ),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    # Weights of a pack add up to 1, so the sheet of assumptions takes all that moved.
    pack = tmp_path / "own-intensity.toml"
    pack.write_text(text.replace('name = "cn-zone-intensity"', 'name = "own-intensity"'), encoding="utf-8")
    plan = load_plan(ROOT / "layers/plan.toml")
    rules = [str(pack) if r == "cn-zone-intensity" else r for r in plan.plan.rules]
    intensity = plan.intensity.model_copy(update={"ideals": {**plan.intensity.ideals, **IDEALS}})
    plan = plan.model_copy(update={"plan": plan.plan.model_copy(update={"rules": rules}), "intensity": intensity})
    changed = evaluate(plan).intensity
    file = folder / "sample.xlsx"
    book, cells = loaded(file), Cells(file)
    change_sample(book, cells)
    assume(book, "w_intensity_comprehensive_density", 0.44)
    book.save(tmp_path / "scores.xlsx")
    recalculate([tmp_path / "scores.xlsx"], tmp_path / "out")
    anew = Cells(tmp_path / "out/scores.xlsx")
    for column, sheet, values in (
        ("total", "Scores", changed.scores["total"]),
        ("rank", "Scores", changed.scores["rank"].astype(float)),
        ("score_intensity", "Scores", changed.scores["intensity"]),
        ("standardised", "parts", changed.indicators["standardised"]),
        ("weight", "parts", changed.indicators["weight"]),
        ("contribution", "parts", changed.indicators["contribution"]),
    ):
        found = anew.column(sheet, column)
        assert all((a == "") if pd.isna(v) else same(a, v) for a, v in zip(found, values, strict=True)), column
    assert not np.allclose(changed.scores["total"], results["sample"].intensity.scores["total"])


def test_the_land_balance_adds_up_to_the_last_digit(worked_out):
    results, folder = worked_out
    for file in (folder / "sample.xlsx", folder / "anew/sample.xlsx"):
        cells = Cells(file)
        sheet = cells.sheet("Land balance")
        rows = [cells.at(sheet, r, 0) for r in range(table.HEAD + 1, 40)]
        total = table.HEAD + 1 + next(i for i, t in enumerate(rows) if "Total" in str(t))
        for column in range(1, 11):
            last = (
                round(100 * cells.at(sheet, total, column))
                if column % 2
                else round(1e4 * cells.at(sheet, total, column))
            )
            step = 100 if column % 2 else 1e4
            units = [cells.at(sheet, r, column) * step for r in range(table.HEAD + 1, total)]
            assert all(abs(u - round(u)) < 1e-6 for u in units)
            assert sum(round(u) for u in units) == last
        assert same(round(cells.at(sheet, total, 1), 2), round(results["sample"].zones["zone_area_m2"].sum() / 1e4, 2))
        assert cells.at(sheet, total, 2) == 1
    exact = results["sample"].survey.pieces["parcels"]
    industrial = (
        exact.total(np.where(results["sample"].parcels["land_class"] == "industrial", exact.size, 0)).sum() / 1e4
    )
    at = table.HEAD + 1 + next(i for i, t in enumerate(rows) if "Industry" in str(t) or "industr" in str(t).casefold())
    assert abs(cells.at(sheet, at, 1) - industrial) < 0.01


def test_poisoned_values_are_not_what_libreoffice_tells(worked_out, tmp_path):
    """The proof is worth nothing if LibreOffice only hands on what the file says."""
    _, folder = worked_out
    file = tmp_path / "poison.xlsx"
    with zipfile.ZipFile(folder / "town.xlsx") as good, zipfile.ZipFile(file, "w") as bad:
        for item in good.namelist():
            text = good.read(item)
            if item.startswith("xl/worksheets/sheet"):
                text = re.sub(rb"(</f><v>)[-0-9.e]+(</v>)", rb"\g<1>12345\g<2>", text)
            bad.writestr(item, text)
    assert Cells(file).column("Zones", "plot_ratio")[0] == 12345
    recalculate([file], tmp_path / "out")
    assert Cells(tmp_path / "out/poison.xlsx").column("Zones", "plot_ratio") == Cells(folder / "anew/town.xlsx").column(
        "Zones", "plot_ratio"
    )


def test_nothing_is_left_beside_the_files(worked_out):
    _, folder = worked_out
    assert not [p.name for p in folder.iterdir() if p.is_file() and p.suffix != ".xlsx"]


def test_real_parcels_come_to_the_same(tmp_path):
    """Lots of Manhattan with the city's own land and floor area, in zones made of them; no buildings are drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tests"))
        real = importlib.import_module("test_real_data")
    if not (real.DATA / "nyc_lower_manhattan").is_dir():
        pytest.skip("the folder of real data is not there")
    result = real.manhattan("ledger")
    file = write_report(result, tmp_path / "lots.xlsx")
    recalculate([file], tmp_path / "anew")
    count, off = differing(file, tmp_path / "anew/lots.xlsx")
    assert not off, "\n".join(off[:10])
    assert count > 10_000
    agree(Cells(tmp_path / "anew/lots.xlsx"), result, columns=live_columns(file))

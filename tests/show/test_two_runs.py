"""Two runs on one page: every difference is that of the two tables, and colours mean the same on both maps."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from park_map import cells

from gisplan import study
from gisplan.cli import main
from gisplan.errors import LayerError
from gisplan.plan import load_plan
from gisplan.show.classes import DIVERGING, difference_classes
from gisplan.show.study_map import study_map
from gisplan.show.two_runs import read_run, shown_unit
from gisplan.show.webmap import differences
from gisplan.study.result import _texts

SAMPLE = Path(__file__).resolve().parents[2] / "layers"
SPY = "gisplan.parts.push({ name: 'spy', painted: view => { window.view = view; } })"


def run(folder, *changes):
    """The sample with a changed plan, measured and written to a folder of its own."""
    shutil.copytree(SAMPLE, folder / "plan")
    text = (SAMPLE / "plan.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "plan" / "plan.toml").write_text(text, encoding="utf-8")
    result = study.evaluate(load_plan(folder / "plan" / "plan.toml"))
    study.write(result, folder / "out")
    return result, folder / "out"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """This run and one of two years before, with lower storeys; each lacks a block of parcels that the other has."""
    where = (
        'layer = "parcels"\ncode_system',
        'layer = "parcels"\nwhere = "parcel_id NOT LIKE \'330500-{}-%\'"\ncode_system',
    )
    lacks = lambda block: (where[0], where[1].format(block))  # noqa: E731
    now = run(tmp_path_factory.mktemp("now"), lacks("016"))
    old = run(
        tmp_path_factory.mktemp("old"),
        lacks("013"),
        ("storey_height_m = 4.5", "storey_height_m = 3.0"),
        ("as_of = 2025-12-31", "as_of = 2023-12-31"),
    )
    return now, old


@pytest.fixture(scope="module")
def two(runs):
    (result, _), (_, old) = runs
    return study_map(result.survey, result.measured, result.parcels, texts=_texts(result), against=read_run(old)).page()


@pytest.fixture(scope="module")
def tables(runs):
    """zones.csv and parcels.csv of both runs, as anyone reads them."""
    return [
        {
            name: pd.read_csv(out / f"{name}.csv", dtype={"parcel_id": str, "zone_id": str})
            for name in ("zones", "parcels")
        }
        for _, out in runs
    ]


def test_the_two_runs_differ_and_the_page_is_the_same_again(runs, two, tables):
    now, old = (t["zones"].set_index("zone_id") for t in tables)
    assert ((now["plot_ratio"] - old["plot_ratio"]) < 0).all()  # higher storeys, less floor area
    (result, _), (_, folder) = runs
    again = study_map(result.survey, result.measured, result.parcels, texts=_texts(result), against=read_run(folder))
    assert again.page() == two


@pytest.mark.browser
def test_every_difference_is_that_of_the_two_tables(opened, two, runs, tables):
    tab = opened(two)
    tab.wait_for_selector(".gp-second")
    tab.evaluate(SPY)
    tab.click("#gp-lang")
    now, old = (t["zones"].set_index("zone_id") for t in tables)
    found = tab.evaluate(
        "(() => { const s = view.side, t = s.zones.table, out = {}; s.look.mode = 'difference';"
        "view.config.indicators.forEach((i, k) => { s.look.indicator = k;"
        "  out[i.id] = Object.fromEntries(Array.from(s.shown.values, (v, row) => [t.value('zone_id', row), isNaN(v) ? null : v])); });"
        "return out; })()"
    )
    divisor = {m.id: shown_unit(m)[1] for m in runs[0][0].measured}
    assert len(found) > 40
    moved = 0
    for name, figures in found.items():
        truth = (now[name] - old[name]) / divisor[name]
        for zone, value in figures.items():
            if value is None:
                assert np.isnan(truth[zone])
            else:
                assert value == pytest.approx(truth[zone], rel=1e-9, abs=1e-9 * abs(now[name][zone] / divisor[name]))
                moved += value != 0
    assert moved > 10


@pytest.mark.browser
def test_the_page_writes_differences_with_their_sign(opened, two, tables):
    tab = opened(two)
    tab.wait_for_selector(".gp-second")
    tab.select_option("#gp-preset", "change")
    now, old = (t["zones"].set_index("zone_id") for t in tables)
    change = (now["plot_ratio"] - old["plot_ratio"]).sort_values(ascending=False)
    written = [f"−{abs(v):.4f}" for v in change]
    tab.click("#gp-tab-zones")
    names = now["name"]
    assert cells(tab, ".gp-bars li") == [f"{names[z]} {w}" for z, w in zip(change.index, written, strict=True)]
    assert sorted(cells(tab, ".folium-map:not(.gp-second) .gp-label b")) == sorted(written)
    tab.click("#gp-tab-legend")
    assert "差值 = 本次 − 对照：本次（2025-12-31） − out（2023-12-31）" in cells(tab, ".gp-explain")
    assert sum(int(row.split()[-1]) for row in cells(tab, ".gp-ramp:first-of-type tbody tr")) == 4


@pytest.mark.browser
def test_the_same_colour_is_the_same_figure_on_both_maps(opened, two, tables):
    tab = opened(two)
    tab.wait_for_selector(".gp-second")
    for end in ("", "-b"):
        tab.check(f"#gp-mode-indicator{end}")
        option = tab.locator(f"#gp-indicator{end} option", has_text="容积率").first.get_attribute("value")
        tab.select_option(f"#gp-indicator{end}", option)
    # Zone Z1 is below the limit in one run and the classes are made of the figures of both.
    tab.evaluate(SPY)
    tab.click("#gp-lang")
    seen = tab.evaluate(
        "view.sides.map(s => { const c = s.zoneColouring(), t = s.zones.table;"
        "return Array.from(s.shown.values, (v, i) => [t.value('zone_id', i), v, c.colors[c.codes[i]]]); })"
    )
    figures = [t["zones"].set_index("zone_id")["plot_ratio"] for t in tables]
    for side, truth in zip(seen, figures, strict=True):
        assert {z: v for z, v, _ in side} == pytest.approx(truth.to_dict())
    both = sorted((v, color) for side in seen for _, v, color in side)
    colors = [c for _, c in both]
    changes = sum(a != b for a, b in pairwise(colors))
    assert changes == len(set(colors)) - 1  # along the figures of both runs each colour is one stretch
    breaks = tab.evaluate(
        "view.sides.map(s => s.layer('parcels').table.meta.colourings.filter(c => c.kind === 'number' && !c.signed)"
        ".map(c => [c.id, c.schemes]))"
    )
    assert breaks[0] == breaks[1] and len(breaks[0]) > 3


@pytest.mark.browser
def test_parcels_that_are_new_gone_or_changed_are_told_apart_and_counted(opened, two, tables):
    tab = opened(two)
    tab.wait_for_selector(".gp-second")
    tab.select_option("#gp-preset", "parcels")
    now, old = (t["parcels"].set_index("parcel_id") for t in tables)
    new, gone = now.index.difference(old.index), old.index.difference(now.index)
    assert len(new) == 3 and len(gone) == 2
    rows = cells(tab, "#gp-legend .gp-layer:nth-of-type(1) tbody tr")
    area = now.loc[new, "area_m2"].sum() / 1e4
    assert any(r.startswith(f"新增宗地 3 {area:.2f}") for r in rows)
    both = now.index.intersection(old.index)
    a, b = now.loc[both], old.loc[both]
    tab.evaluate(SPY)
    for _ in range(2):  # there and back again
        tab.click("#gp-lang")
    # Every number that the map can colour by: a load may change where the parcel itself does not.
    names = tab.evaluate(
        "view.sides[0].layer('parcels').table.meta.colourings.filter(c => c.id.startsWith('change_')).map(c => c.id.slice(7))"
    )
    assert {"area_m2", "plot_ratio", "building_density", "floor_area_m2"} <= set(names)
    figures = pd.Series(False, index=both)
    for name in names:
        # How many services reach a parcel is counted for the map.
        x, y = (f.get(name, f.filter(regex="^served_").sum(axis=1)).to_numpy(dtype=float) for f in (a, b))
        figures |= ~np.isclose(x, y, rtol=1e-9, atol=0, equal_nan=True)
    other = (a["land_class"] == b["land_class"]) & (a["state"] == b["state"])
    assert any(r.startswith(f"指标数值改变 {(figures & other).sum()} ") for r in rows)
    assert cells(tab, "#gp-legend .gp-total")[1] == "2"
    tab.click("#gp-tab-notes")
    notes = cells(tab, "#gp-notes li")
    assert f"宗地：两次都有 {len(both)}，仅本次有 3，仅对照有 2（按编号比较）。" in notes
    assert "分区：两次都有 4，仅本次有 0，仅对照有 0（按编号比较）。" in notes
    tab.evaluate(SPY)
    tab.click("#gp-lang")
    values = tab.evaluate(
        "(() => { const t = view.side.layer('parcels').table, c = t.meta.colourings.find(c => c.id === 'change_plot_ratio'),"
        "v = t.numbers(c.column); return Array.from(v, (x, i) => [t.value(t.meta.columns[0].key, i), isNaN(x) ? null : x]); })()"
    )
    for parcel, value in values:
        truth = now["plot_ratio"][parcel] - old["plot_ratio"].get(parcel, np.nan)
        assert (value is None) == np.isnan(truth)
        assert value is None or value == pytest.approx(truth, abs=5e-5)


@pytest.mark.browser
def test_a_feature_is_found_on_the_other_map_by_its_id(opened, two):
    tab = opened(two)
    tab.wait_for_selector(".gp-second")
    tab.evaluate(SPY)
    tab.click("#gp-lang")
    found = tab.evaluate(
        "(() => { const [a, b] = view.sides, la = a.layer('parcels'), lb = b.layer('parcels'), ids = l => {"
        "  const t = l.table; return Array.from({ length: t.n }, (_, i) => t.value(t.meta.columns[0].key, i)); };"
        "const first = ids(la), second = ids(lb), shapes = s => s.map.gisplan.marked ? 1 : 0;"
        "return first.map((id, row) => { view.mark({ layer: la, row }); return [second.includes(id), shapes(a), shapes(b)]; }); })()"
    )
    assert all(a == 1 and b == int(both) for both, a, b in found)
    assert sum(not both for both, _, _ in found) == 3


@pytest.mark.browser
def test_differences_are_coloured_alike_to_both_sides(opened, two):
    tab = opened(two)
    about = {"signed": True, "unit": "", "decimals": 1, "ramp": list(DIVERGING), "schemes": {"natural": [1, 2]}}
    numbers = [-3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3]
    made = tab.evaluate(
        "([n, about]) => { const c = gisplan.byNumber(Float64Array.from(n.concat(NaN)), about, 'natural');"
        "return [Array.from(c.codes), c.colors, c.hatched, Array.from(c.codes, k => c.name(k, 'en'))]; }",
        [numbers, about],
    )
    codes, colors, hatched, names = made
    assert codes == [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 7] and hatched == 7
    assert colors[:7] == list(DIVERGING)
    assert (
        names[:3] == ["< −2", "−1 … −2", "−1 … −2"]
        and names[5] == "0 (no change)"
        and names[8:11]
        == [
            "+1 … +2",
            "+1 … +2",
            "> +2",
        ]
    )


@given(st.lists(st.floats(-1e6, 1e6) | st.just(0.0), max_size=60))
def test_limits_of_differences_do_not_know_their_sign(values):
    numbers = np.array([*values, np.nan])
    about = difference_classes(numbers, "")
    assert about == difference_classes(-numbers, "")
    sizes = np.abs(numbers[:-1])
    for limits in about["schemes"].values():
        assert limits == sorted(limits) and all(v > 0 for v in limits)
        # No class of sizes is empty.
        known = sizes[sizes > 0]
        if len(known):
            assert np.bincount(np.searchsorted(limits, known), minlength=len(limits) + 1).min() > 0


def test_rounding_is_no_difference_and_missing_is_not_zero():
    own = pd.DataFrame({"a": [0.1 + 0.2, 1.0, np.nan, 5.0, 2.0], "b": [1.0] * 5}, index=list("vwxyz"))
    other = pd.DataFrame({"a": [0.3, 1.5, 1.0, np.nan]}, index=list("vwxy"))
    change = differences(own, other)
    assert change["a"].tolist()[:2] == [0.0, -0.5] and change["a"][2:].isna().all() and change["b"].isna().all()


# ---- folders that hold no run ---------------------------------------------------------------------------------------


def spoil(folder, how):
    if how == "no folder":
        shutil.rmtree(folder)
    elif how == "no record":
        (folder / "run.json").unlink()
    elif how == "other record":
        (folder / "run.json").write_text(json.dumps(["npm", "run"]), encoding="utf-8")
    elif how == "torn record":
        (folder / "run.json").write_bytes(b"\xff\xfe{")
    elif how == "no results":
        (folder / "results.gpkg").unlink()
    elif how == "torn results":
        (folder / "results.gpkg").write_bytes(b"hello" * 200)
    else:
        import geopandas as gpd

        layers = {n: gpd.read_file(folder / "results.gpkg", layer=n) for n in ("zones", "parcels")}
        (folder / "results.gpkg").unlink()
        if how == "no zones":
            del layers["zones"]
        elif how == "zones without id":
            layers["zones"] = layers["zones"].drop(columns="zone_id")
        elif how == "parcels twice":
            layers["parcels"] = pd.concat([layers["parcels"], layers["parcels"].head(2)])
        elif how == "odd class":
            layers["parcels"].loc[3, "land_class"] = "moonbase"
        for name, frame in layers.items():
            frame.to_file(folder / "results.gpkg", layer=name)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no folder", "there is no such folder"),
        ("no record", "run.json is missing"),
        ("other record", "run.json is not one of gisplan's"),
        ("torn record", "run.json is not one of gisplan's"),
        ("no results", "results.gpkg is missing"),
        ("torn results", "results.gpkg cannot be read"),
        ("no zones", "results.gpkg has no layer zones"),
        ("zones without id", "the layer zones lacks zone_id"),
        ("parcels twice", "parcel_id is not unique in the layer parcels"),
        ("odd class", "unknown land_class .moonbase"),
    ],
)
def test_a_folder_without_a_run_is_one_clear_line(runs, tmp_path, how, said):
    folder = tmp_path / "earlier"
    shutil.copytree(runs[1][1], folder)
    assert read_run(folder).as_of == "2023-12-31"
    spoil(folder, how)
    with pytest.raises(LayerError, match=said) as error:
        read_run(folder)
    assert (
        str(folder) in str(error.value) and "Give the folder that" in str(error.value) and "\n" not in str(error.value)
    )


def test_a_run_without_parcels_or_with_other_columns_still_compares(runs, tmp_path):
    import geopandas as gpd

    folder = tmp_path / "earlier"
    shutil.copytree(runs[1][1], folder)
    zones, parcels = (gpd.read_file(folder / "results.gpkg", layer=n) for n in ("zones", "parcels"))
    (folder / "results.gpkg").unlink()
    zones.drop(columns="plot_ratio").to_file(folder / "results.gpkg", layer="zones")
    result = runs[0][0]
    texts = _texts(result)
    draw = lambda: study_map(  # noqa: E731
        result.survey, result.measured, result.parcels, texts=texts, against=read_run(folder)
    ).page()
    assert "两次都有 4" in draw() and "仅对照有 2" not in draw()
    parcels.drop(columns=["plot_ratio", "supply_date", "served_water"]).to_file(
        folder / "results.gpkg", layer="parcels"
    )
    assert "仅对照有 2" in draw()


def test_the_command_compares_and_stops_before_work_at_a_folder_without_a_run(runs, tmp_path, capsys):
    plan = str(SAMPLE / "plan.toml")
    assert main(["run", plan, "--out", str(tmp_path / "out"), "--against", str(tmp_path / "none")]) == 2
    said = capsys.readouterr()
    assert (
        said.err
        == f"gisplan: {tmp_path / 'none'}: there is no such folder. Give the folder that an earlier gisplan run wrote.\n"
    )
    assert said.out == "" and not (tmp_path / "out").exists()
    # The folder may be the very one that is written to: then the map shows what is new in it.
    folder = tmp_path / "out"
    shutil.copytree(runs[1][1], folder)
    assert main(["run", plan, "--out", str(folder), "--against", str(folder)]) == 0
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert "out（2023-12-31）" in page and "本次（2025-12-31）" in page
    assert read_run(folder).as_of == "2025-12-31"

"""Infrastructure that is broken, empty, contradictory or not there at all: a flagged result or one clear line."""

from __future__ import annotations

import csv
import io
import warnings

import numpy as np
import pandas as pd
import pytest
import town
import whole_town
import works_town
from hills import plane, told
from hypothesis import given, settings
from hypothesis import strategies as st
from rasters import write_raster

from gisplan.errors import LayerError
from gisplan.plan import parse_plan
from gisplan.study import evaluate, write

GONE = ("services.water", "services.rain", "services.sewage", "services.power", "services.gas", "roads")


def run(folder, *, keys=None, **given):
    """Result of the whole town; ``keys`` are dotted keys of the plan."""
    tables = whole_town.tables(folder, **given)
    for key, value in (keys or {}).items():
        *path, last = key.split(".")
        at = tables
        for name in path:
            at = at[name]
        at[last] = value
    return evaluate(parse_plan(tables, folder=folder))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole"))


def files(result, folder):
    """Tables that a result is written as, by name."""
    write(result, folder)
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.suffix == ".csv"}


# ---------------------------------------------------------------- nothing breaks, nothing is made up


def test_everything_is_written_without_a_stray_line(whole, tmp_path):
    """More than a hundred indicators, and mains that tell on which side of the red line they lie."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.PerformanceWarning)
        written = files(whole, tmp_path / "out")
    assert {"works.csv", "links.csv", "gap_list.csv", "capacity.csv", "levelling.csv", "accessibility.csv"} - set(
        written
    ) <= {"accessibility.csv"}
    assert "outside_level_zh" in whole.parcels
    shares = [c for c in whole.zones if c.startswith(("coverage_", "reach_", "accessibility_", "slope_share"))]
    values = whole.zones[shares].to_numpy(dtype=float)
    assert ((values >= 0) & (values <= 1) | np.isnan(values)).all()


@pytest.mark.parametrize("status", ["废弃", "规划"])
def test_where_nothing_is_in_service_nothing_is_served(tmp_path, status):
    """No road is there either, and an issue that names one has no place on the map of roads that are."""
    result = run(tmp_path, changes={k: (lambda f: f.assign(status=status)) for k in GONE})
    zones = result.zones.set_index("zone_id")
    for name in ("water", "rain", "sewage", "power", "gas"):
        assert (zones[f"coverage_{name}"].dropna() == 0).all(), name
        later = zones[f"coverage_planned_{name}"].dropna()
        assert (later > 0).any() if status == "规划" else (later == 0).all(), name
        assert told(result, "SERVICE_NONE_LIVE")
    assert zones["road_length_m"].tolist() == [0, 0, 0]
    assert zones["dual_feed_area_share"].dropna().isin([0]).all()
    files(result, tmp_path / "out")


def test_where_no_status_is_known_nothing_is_said_to_be_unserved(tmp_path):
    names = [k for k in GONE if k != "roads"]
    result = run(tmp_path, changes={k: (lambda f: f.assign(status="??", in_service_date=None)) for k in names})
    for name in ("water", "rain", "sewage", "power"):
        assert result.survey.reaches[name].state.min() == -1
        near = result.survey.reaches[name].near
        assert (result.survey.reaches[name].state[near.doubtful] == -1).all()
    assert result.zones["coverage_power"].isna().all()
    assert result.zones["dual_feed_area_share"].isna().all()
    assert len(told(result, "SERVICE_STATUS_UNKNOWN")) == 5


def test_works_of_which_nothing_is_known_but_their_place(tmp_path):
    """No id, no status, no money, no date, no zone; two of them have no place either."""
    bare = works_town.table()[["进度", "wkt"]]
    result = run(tmp_path, changes={"works": bare})
    assert result.works is not None
    assert len(result.works.table) == len(bare) - 2
    assert [i.count for i in told(result, "WORK_NOWHERE")] == [2]
    assert result.zones["works_budget_wan"].isna().all()
    # Z1 has one that is done by its progress, Z3 has none at all; of those in Z2 nobody knows.
    np.testing.assert_array_equal(result.zones["works_overdue_count"], [0, np.nan, 0])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("services.water", r"\[layers.services.water\]: where = '1 = 0' leaves none of 4 records"),
        ("sources.power", r"\[layers.sources.power\]: where = '1 = 0' leaves none of 2 records"),
        ("facilities.stop", r"\[layers.facilities.stop\]: where = '1 = 0' leaves none of 2 records"),
        ("green", r"\[layers.green\]: where = '1 = 0' leaves none of 2 records"),
    ],
)
def test_a_condition_that_leaves_nothing_is_one_clear_line(tmp_path, layer, message):
    with pytest.raises(LayerError, match=message):
        run(tmp_path, keys={f"layers.{layer}.where": "1 = 0"})


@pytest.mark.parametrize("layer", ["roads", "services.power", "services.water"])
def test_lines_without_a_length_are_refused_and_told(tmp_path, layer):
    """The last line goes from a place to itself: rejected, named, and the books close without it."""

    def shrunk(frame):
        return frame.assign(geometry=[*frame.geometry[:-1], town.line((50, 50), (50, 50))])

    result = run(tmp_path, changes={layer: shrunk})
    found = [i for i in told(result, "GEOMETRY_REJECTED") if i.layer == layer]
    assert [i.count for i in found] == [1]
    book = result.balance.query("layer == @layer and measure == 'count'").iloc[0]
    assert book["rejected"] == 1
    assert book["input"] + book["overlap"] == book["inside"] + book["outside"] + book["rejected"]


def test_ground_that_misses_half_the_zones(tmp_path):
    """Z2 has no height: missing, not flat, and nothing is levelled there; Z1 and Z3 are as with the whole."""
    half = {**whole_town.GROUND, "columns": 45}
    result = run(tmp_path, changes={"terrain": lambda file: write_raster(file, plane(), **half)})
    zones = result.zones.set_index("zone_id")
    assert zones.loc["Z1", "slope_mean"] == pytest.approx(0.05)
    assert zones.loc["Z2", ["slope_mean", "suitable_slope_share", "height_mean_m"]].isna().all()
    # P4 alone, which lies in both zones, is known in part.
    cut = result.indicators.query("zone_id == 'Z2' and indicator == 'earthwork_cut_m3'").iloc[0]
    assert cut["n_used"] == 1
    assert cut["known_share"] < 0.5
    assert told(result, "TERRAIN_PARTIAL")
    assert told(result, "LEVELLING_NO_HEIGHT")[0].feature_ids == ["P8", "P9", "P10", "P11", "P12"]


def test_capacities_of_nothing_are_not_known(tmp_path, whole):
    result = run(tmp_path, changes={k: (lambda f: f.assign(capacity=0.0)) for k in ("services.power", "sources.power")})
    assert len(told(result, "CAPACITY_ZERO")) == 2
    assert whole.zones["headroom_share_power"].notna().any()
    assert result.zones["headroom_share_power"].isna().all()


# ---------------------------------------------------------------- laws


def figures(result, *, but=()):
    """Value and sums of every zone and indicator, without those whose names begin so."""
    table = result.indicators
    if but:
        table = table[~table["indicator"].str.startswith(tuple(but))]
    return table.set_index(["zone_id", "indicator"])[["value", "numerator", "denominator"]].sort_index()


#: What a layer is needed for; all else has to stay as it is without it.
NEEDED = {
    "buildings": ("building", "built_", "floor_area", "footprint", "industrial_plot", "mean_floors", "open_space",
                  "plot_ratio", "standard_factory", "vacant_"),
    "roads": ("accessibility", "block_", "mean_block", "dead_end", "frontage", "lit_", "road_", "trunk_",
              "intersection"),
    "road_surfaces": ("frontage", "road_area_share"),
    "services.water": ("coverage_water", "coverage_planned_water", "reach_water", "network_density_water", "headroom_share_water",
                       "level_area", "full_service"),
    "services.rain": ("coverage_rain", "coverage_planned_rain", "reach_rain", "network_density_rain", "separate",
                      "level_area", "full_service"),
    "services.gas": ("coverage_gas", "reach_gas", "level_area", "full_service"),
    "services.power": ("coverage_power", "coverage_planned_power", "reach_power", "network_density_power",
                       "headroom_share_power", "dual_feed", "level_area", "full_service"),
    "sources.power": ("dual_feed", "headroom_share_power"),
    "facilities.stop": ("accessibility",),
    "barriers.wall": ("accessibility",),
    "green": ("green",),
    "levelled": ("full_service", "level_area"),
    "terrain": ("aspect", "slope", "suitable_slope", "height_", "earthwork"),
    "works": ("works_",),
    "capacity": ("headroom",),
    "links": (),
    "levelling": ("earthwork",),
}  # fmt: skip


@pytest.mark.parametrize("layer", NEEDED)
def test_without_a_layer_all_that_does_not_need_it_stays(tmp_path, whole, layer):
    result = run(tmp_path, drop=(layer,))
    assert len(figures(result)) <= len(figures(whole))
    pd.testing.assert_frame_equal(
        figures(result, but=NEEDED[layer]), figures(whole, but=NEEDED[layer]), check_exact=True
    )


def plain(cell):
    """Cell of a table without the order of a list and the rounding of a sum."""
    text = ";".join(sorted(cell.split(";")))
    try:
        return f"{float(text):.9g}"
    except ValueError:
        return text


def in_any_order(written):
    """Rows of tables, without their order."""
    out = {}
    for name, content in written.items():
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        out[name] = sorted([plain(c) for c in row] for row in rows)
    return out


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_records_changes_nothing(tmp_path, whole, seed):
    """Every layer but the zones, of which the first has what lies in two by halves; every register, too."""
    random = np.random.default_rng(seed)
    changes = {
        k: (lambda f: f.iloc[random.permutation(len(f))].reset_index(drop=True))
        for k in whole_town.LAYERS
        if k != "zones"
    }
    works = works_town.table()
    head, *lines = whole_town.LEDGER.splitlines()
    turned = "\n".join([head, *(lines[i] for i in random.permutation(len(lines)))]) + "\n"
    result = run(tmp_path, changes={**changes, "works": works.iloc[random.permutation(len(works))], "ledger": turned})
    one, other = (in_any_order(files(r, tmp_path / n)) for r, n in ((whole, "one"), (result, "other")))
    assert one.keys() == other.keys()
    for name in one.keys() - {"issues.csv"}:
        assert one[name] == other[name], name
    said = [sorted((i.code, i.layer, i.count) for i in r.issues) for r in (whole, result)]
    assert said[0] == said[1]


SEGMENT = st.tuples(*(st.integers(-50, 750),) * 2, *(st.integers(-50, 550),) * 2).filter(
    lambda p: (p[0], p[2]) != (p[1], p[3])
)


def with_lines(segments, status):
    """Changes that add lines of a status to roads and mains."""

    def added(frame):
        rows = frame.iloc[[0] * len(segments)].assign(
            geometry=[town.line((x0, y0), (x1, y1)) for x0, x1, y0, y1 in segments], status=status
        )
        name = next(c for c in frame.columns if c.endswith("_id"))
        rows[name] = [f"X{i}" for i in range(len(segments))]
        if "in_service_date" in rows:
            rows["in_service_date"] = None
        own = frame if "status" in frame else frame.assign(status="built")
        return pd.concat([own, rows], ignore_index=True)

    return dict.fromkeys(("roads", "services.water", "services.rain", "services.sewage", "services.power"), added)


@settings(max_examples=4, deadline=None)
@given(st.lists(SEGMENT, min_size=1, max_size=4))
def test_lines_that_are_planned_or_gone_change_no_figure_of_today(whole, tmp_path_factory, segments):
    later = ("coverage_planned", "road_coming", "road_progress")
    for status in ("规划", "拆除"):
        result = run(tmp_path_factory.mktemp("later"), changes=with_lines(segments, status))
        pd.testing.assert_frame_equal(
            figures(result, but=later), figures(whole, but=later), check_exact=False, rtol=1e-9
        )
        served = [c for c in whole.parcels if c.startswith("served_") and not c.endswith("_planned")]
        assert result.parcels[served].equals(whole.parcels[served])


@settings(max_examples=4, deadline=None)
@given(st.lists(SEGMENT, min_size=1, max_size=4))
def test_lines_of_unknown_status_only_open_what_was_no(whole, tmp_path_factory, segments):
    changes = {k: v for k, v in with_lines(segments, "??").items() if k != "roads"}
    result = run(tmp_path_factory.mktemp("unknown"), changes=changes)
    for name, was in whole.survey.reaches.items():
        now = result.survey.reaches[name]
        for state in ("state", "outside_state", "inside_state"):
            a, b = getattr(was, state), getattr(now, state)
            assert ((a == b) | ((a == 0) & (b == -1))).all(), (name, state)

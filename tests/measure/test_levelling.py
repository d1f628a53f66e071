"""Earthwork of the town's parcels on planes and steps, where every volume is the pencil's."""

import math

import numpy as np
import pandas as pd
import pytest
import town
from hills import EAST, NORTH, dem, plane, planned, row, told, values

from gisplan.errors import PlanError
from gisplan.study import evaluate, write


@pytest.fixture
def levelled(tmp_path):
    """Function that measures the town with a levelling on some ground of 5 m cells."""

    def make(levelling=None, function=None, *, raster=None, layers=None, **more):
        dem(tmp_path, function or plane(0.04, 0.0), **{"cell": 5.0, "rows": 120, "columns": 200, **(raster or {})})
        layers = {"terrain": {"path": "dem.tif"}, **(layers or {})}
        return evaluate(planned(tmp_path, layers=layers, levelling=levelling or {}, **more))

    return make


def of(result, group):
    return result.levelling.table.set_index("group_id").loc[group]


#: A field of 100 m × 100 m on 4 %, levelled to its middle: half of it cut, half filled, in steps of a cell's 0.2 m.
#: Σ over the ten columns of 5 m that lie above the middle: (0.1 + 0.3 + … + 1.9) m × 5 m × 100 m.
HALF = 10 * 1.0 * 5 * 100


def test_a_field_levelled_to_its_middle(levelled):
    """P1 of 100 m × 100 m on 4 %: level 20 + 2 m, 5,000 m³ from the one half to the other."""
    got = of(levelled(), "P1")
    assert got[["design_level_m", "ground_mean_m"]].tolist() == pytest.approx([22, 22])
    assert got[["cut_m3", "fill_m3"]].tolist() == pytest.approx([HALF, HALF])
    assert got[["net_fill_m3", "import_m3", "spoil_loose_m3"]].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert got["balance_ratio"] == pytest.approx(1)
    assert got[["max_cut_m", "max_fill_m"]].tolist() == pytest.approx([1.9, 1.9])
    assert got["earthwork_m3_per_ha"] == pytest.approx(2 * HALF)
    assert got[["design_slope", "known_share"]].tolist() == [0, 1]
    assert got["flags"] == ""


def test_swelling_raises_the_level_until_it_balances(levelled):
    """Ks′ 1.05: fill = 1.05 · cut; nothing is to be brought."""
    got = of(levelled({"loose": 1.2, "compacted": 1.05}), "P1")
    assert got["fill_m3"] == pytest.approx(1.05 * got["cut_m3"])
    assert got["design_level_m"] > 22
    assert got["import_m3"] == 0
    assert got["balance_ratio"] == pytest.approx(1 / 1.05)


def test_given_levels(levelled):
    """P1 to 24 m: fill where the ground is lower, 2 m more than its middle everywhere; P2 to 20 m, P3 has no level."""
    result = levelled(
        {"mode": "given", "loose": 1.3, "compacted": 1.04, "prices": {"cut": 10, "fill": 5, "borrow": 30, "spoil": 20}},
        parcels=lambda p: p.assign(design_level=p["parcel_id"].map({"P1": 24.0, "P2": 20.0})),
    )
    one, two = of(result, "P1"), of(result, "P2")
    assert one[["cut_m3", "fill_m3"]].tolist() == pytest.approx([0, 20_000])
    assert one["import_m3"] == pytest.approx(20_000)
    assert math.isnan(one["balance_ratio"]) or one["balance_ratio"] == 0
    assert one["cost_wan"] == pytest.approx((20_000 * 5 + 20_000 * 30) / 10_000)
    # P2 lies from 24 to 28 m: 6 m come off everywhere, 1.04 of it compacted, 1.3 of it loose on the lorries.
    assert two[["cut_m3", "fill_m3"]].tolist() == pytest.approx([60_000, 0])
    assert two["import_m3"] == pytest.approx(-1.04 * 60_000)
    assert two["spoil_loose_m3"] == pytest.approx(1.3 * 60_000)
    assert two["cost_wan"] == pytest.approx((60_000 * 10 + 78_000 * 20) / 10_000)
    assert of(result, "P3")["flags"] == "NO_LEVEL"
    assert math.isnan(of(result, "P3")["cut_m3"])
    (issue,) = told(result, "LEVELLING_NO_LEVEL")
    assert issue.count == 11
    # Z1 holds P1 and P2, and pieces without a level: partial, never smaller in silence.
    figure = row(result, "Z1", "earthwork_cut_m3")
    assert (figure["value"], figure["n_used"], figure["n_missing"]) == (pytest.approx(60_000), 2, 6)
    assert figure["known_share"] == pytest.approx(20_000 / 68_000)
    assert figure["flags"] == "PARTIAL"
    assert row(result, "Z2", "earthwork_cut_m3")["flags"] == "NO_DATA"


def test_fill_higher_than_eight_metres_is_flagged(levelled):
    """P1 to 31 m: ground of less than 23 m lies under more than 8 m of fill, three quarters of it."""
    result = levelled({"mode": "given"}, parcels=lambda p: p.assign(design_level=p["parcel_id"].map({"P1": 31.0})))
    got = of(result, "P1")
    assert got["flags"] == "FILL_OVER"
    assert got["fill_over_m2"] == pytest.approx(7_500)
    (issue,) = told(result, "LEVELLING_FILL_OVER")
    assert "filled higher than 8 m" in issue.message
    more = levelled(
        {"mode": "given", "max_fill_m": 12}, parcels=lambda p: p.assign(design_level=p["parcel_id"].map({"P1": 31.0}))
    )
    assert of(more, "P1")["flags"] == ""


def test_the_best_plane_moves_nothing_on_a_plane(levelled):
    result = levelled({"mode": "plane"}, plane(0.03, -0.04))
    table = result.levelling.table
    np.testing.assert_allclose(table[["cut_m3", "fill_m3"]], 0, atol=1e-5)
    np.testing.assert_allclose(table[["rise_east", "rise_north"]], [[0.03, -0.04]] * len(table), atol=1e-9)
    bound = levelled({"mode": "plane", "max_slope": 0.02}, plane(0.03, -0.04)).levelling.table
    np.testing.assert_allclose(bound["design_slope"], 0.02)
    # The parcel's shape decides the direction; on a square it is the ground's own: 3 % of the 5 % are left.
    square = bound.set_index("group_id").loc["P1"]
    assert square[["rise_east", "rise_north"]].tolist() == pytest.approx([0.012, -0.016])
    assert square["flags"] == "SLOPE_BOUND"
    assert square["cut_m3"] == pytest.approx(square["fill_m3"])


def test_the_grid_by_hand(levelled):
    """P1 on 4 % in squares of 20 m from its own corner: working heights ± 2, 1.2, 0.4 m at the nodes.

    Columns of five squares with mean heights 1.6, 0.8, then one that the line of no work halves: 400 · 0.4² ÷ 4 ·
    (2 ÷ 0.8) each; both methods differ by it.
    """
    result = levelled({"grid_m": 20})
    got, grid = of(result, "P1"), result.levelling.grid
    mine = grid[grid["group_id"] == "P1"]
    assert len(mine) == 25
    assert mine["share_inside"].tolist() == pytest.approx([1.0] * 25)
    exact = 5 * 400 * (1.6 + 0.8) + 5 * 400 / 4 * (2 * 0.4**2 / 0.8)
    assert got[["grid_cut_m3", "grid_fill_m3"]].tolist() == pytest.approx([exact, exact])
    assert got[["cut_m3", "fill_m3"]].tolist() == pytest.approx([HALF, HALF])  # the raster counts
    assert mine["cut_m3"].sum() == pytest.approx(exact)
    first = mine[(mine["row"] == 1) & (mine["column"] == 1)].iloc[0]
    assert first[["x", "y"]].tolist() == [EAST, NORTH + 100]
    assert first[["h_nw", "h_ne", "h_se", "h_sw"]].tolist() == pytest.approx([2, 1.2, 1.2, 2])
    assert first[["ground_nw", "design_nw"]].tolist() == pytest.approx([20, 22])
    assert first[["cut_m3", "fill_m3"]].tolist() == pytest.approx([0, 640])
    # By the grid itself: level by the nodes, volumes by the squares, with swelling still in balance.
    own = of(levelled({"grid_m": 20, "method": "grid", "compacted": 1.1}), "P1")
    assert own["fill_m3"] == pytest.approx(1.1 * own["cut_m3"])
    assert own["cut_m3"] == own["grid_cut_m3"]


def test_both_methods_agree_on_gentle_hills(levelled):
    """On ground that is smooth over a square, within a few per cent; in triangles on 4 m squares within half of one."""

    def hills(x, y):
        return 30 + 4 * np.sin((x - EAST) / 60) * np.cos((y - NORTH) / 75)

    raster = {"cell": 1.0, "rows": 600, "columns": 900}
    for options, near in (({"grid_m": 10}, 0.02), ({"grid_m": 4, "prisms": "triangle"}, 0.005)):
        table = levelled(options, hills, raster=raster).levelling.table
        np.testing.assert_allclose(table["grid_cut_m3"].sum(), table["cut_m3"].sum(), rtol=near)
        np.testing.assert_allclose(table["grid_fill_m3"].sum(), table["fill_m3"].sum(), rtol=near)


def test_a_mound_is_cut_to_the_plain(levelled):
    """A cone of 10 m and 40 m radius on a plain, levelled to the plain: a third of base times height."""

    def cone(x, y):
        return 20 + np.maximum(0, 10 - np.hypot(x - EAST - 150, y - NORTH - 50) / 4)

    result = levelled(
        {"mode": "given", "grid_m": 2, "prisms": "triangle"},
        cone,
        raster={"cell": 1.0, "rows": 600, "columns": 900},
        parcels=lambda p: p.assign(design_level=p["parcel_id"].map({"P2": 20.0})),
    )
    volume = math.pi * 40**2 * 10 / 3
    got = of(result, "P2")
    assert got["cut_m3"] == pytest.approx(volume, rel=1e-3)
    assert got["grid_cut_m3"] == pytest.approx(volume, rel=4e-3)
    assert got["fill_m3"] == 0


def test_zones_take_their_share_of_a_parcel_over_their_border(levelled):
    """P4 lies to 40 % in Z1. Outside parcels count nowhere, P10 by half."""
    result = levelled()
    table = result.levelling.table.set_index("group_id")
    z1 = table.loc[["P1", "P2", "P3", "P5", "P6", "P7", "P13"], "cut_m3"].sum() + 0.4 * table.loc["P4", "cut_m3"]
    z2 = (
        table.loc[["P8", "P9", "P12"], "cut_m3"].sum()
        + 0.6 * table.loc["P4", "cut_m3"]
        + table.loc["P10", "cut_m3"] / 2
    )
    assert values(result, "earthwork_cut_m3").tolist() == pytest.approx([z1, z2, 0])
    assert row(result, "Z1", "earthwork_per_ha")["denominator"] == pytest.approx(6.8)
    assert math.isnan(values(result, "earthwork_per_ha")["Z3"])
    assert "earthwork_cost_wan" not in result.zones


@pytest.mark.parametrize("by", ["zones", "phase"])
def test_other_pieces_of_land(by, levelled):
    """Zones as they are; parcels that share a phase as one, those without one left out."""
    result = levelled(
        {"by": by},
        plane(0.0, 0.02),
        parcels=lambda p: p.assign(phase=p["parcel_id"].map({"P1": "I", "P5": "I", "P2": "II"})),
    )
    table = result.levelling.table.set_index("group_id")
    if by == "zones":
        assert table.index.tolist() == ["Z1", "Z2", "Z3"]
        assert table["area_m2"].tolist() == [120_000, 90_000, 60_000]
        assert values(result, "earthwork_cut_m3").tolist() == pytest.approx(table["cut_m3"].tolist())
    else:
        assert table.index.tolist() == ["I", "II"]
        # P1 lies at y 0 – 100, P5 at 200 – 300: levelled together to 20 + 0.02 · 150 m.
        assert table.loc["I", "design_level_m"] == pytest.approx(23)
        assert table.loc["I", "cut_m3"] == pytest.approx(0.02 * 100 * 10_000)


def test_platforms_with_levels_of_their_own(levelled, tmp_path):
    """Two platforms that overlap; the level of one is given, the other's is not."""
    frame = town.table(
        ["no", "level"], ("T1", 25.0, town.box(0, 0, 200, 100)), ("T2", np.nan, town.box(190, 0, 300, 100))
    )
    frame.to_file(tmp_path / "platforms.gpkg", layer="platforms", driver="GPKG")
    layer = {"path": "platforms.gpkg", "columns": {"platform_id": "no", "design_level": "level"}}
    result = levelled({"by": "platforms", "mode": "given"}, plane(0, 0, 22), layers={"platforms": layer})
    assert of(result, "T1")["fill_m3"] == pytest.approx(3 * 20_000)
    assert of(result, "T2")["flags"] == "NO_LEVEL"
    (issue,) = told(result, "LEVELLING_OVERLAP")
    assert issue.features == ["T1 + T2 (1,000 m²)"]
    assert "platforms" in set(result.balance["layer"])


def test_parcels_of_one_group_with_two_levels_have_none(levelled):
    result = levelled(
        {"by": "phase", "mode": "given"},
        parcels=lambda p: p.assign(
            phase=p["parcel_id"].map({"P1": "I", "P5": "I", "P2": "II"}),
            design_level=p["parcel_id"].map({"P1": 20.0, "P5": 21.0, "P2": 22.0}),
        ),
    )
    assert of(result, "I")["flags"] == "LEVELS_DIFFER"
    assert of(result, "II")["design_level_m"] == 22
    assert told(result, "LEVELLING_LEVELS_DIFFER")


def test_only_parcels_in_a_state(levelled):
    result = levelled({"state": ["vacant"]})
    assert result.levelling.table["group_id"].tolist() == ["P9", "P13"]
    nothing = levelled({"state": ["vacant"]}, parcels=lambda p: p[p["parcel_id"].isin(["P1", "P4"])])
    (issue,) = told(nothing, "LEVELLING_NOTHING")
    assert issue.message == "[levelling]: no parcel is vacant, so nothing is levelled."
    assert values(nothing, "earthwork_cut_m3").tolist() == [0, 0, 0]


def test_land_of_which_half_is_known_says_so(levelled):
    """West of x = 50 there are no heights: volumes are of the eastern half of P1, and not doubled."""
    result = levelled(
        {"grid_m": 20}, lambda x, y: np.where(x > EAST + 50, plane(0.04, 0.0)(x, y), np.nan), raster={"nodata": np.nan}
    )
    got = of(result, "P1")
    assert got["known_share"] == pytest.approx(0.5)
    assert "PARTIAL" in got["flags"]
    assert got["design_level_m"] == pytest.approx(23)
    assert got["cut_m3"] == pytest.approx(HALF / 4)
    assert got["grid_known_share"] == pytest.approx(0.4)  # squares from x = 60 on
    assert told(result, "LEVELLING_PARTIAL")


def test_ground_of_which_nothing_is_known(levelled):
    result = levelled({"grid_m": 20}, plane(), raster={"west": EAST + 90_000})
    assert set(result.levelling.table["flags"]) == {"NO_HEIGHT"}
    assert len(result.levelling.grid) == 0
    assert row(result, "Z1", "earthwork_fill_m3")["flags"] == "NO_DATA"


def test_on_the_ellipsoid_volumes_follow_the_area(tmp_path):
    """150 km from the meridian areas shrink by 0.06 %, and so do volumes."""
    east = 150_000
    moved = {
        name: (lambda f: f.set_geometry(f.geometry.translate(east, 0)))
        for name in ("zones", "parcels", "buildings", "roads", "water", "power", "gas")
    }
    dem(tmp_path, plane(0.04, 0.0), cell=5.0, rows=120, columns=200, west=EAST - 50 + east)
    made = {
        area: evaluate(
            planned(tmp_path, layers={"terrain": {"path": "dem.tif"}}, levelling={}, header={"area": area}, **moved)
        )
        for area in ("planar", "ellipsoid")
    }
    flat, round_ = (of(made[a], "P1") for a in ("planar", "ellipsoid"))
    ratio = round_["area_m2"] / flat["area_m2"]
    assert ratio < 0.9996
    assert round_["cut_m3"] / flat["cut_m3"] == pytest.approx(ratio)
    assert round_["earthwork_m3_per_ha"] == pytest.approx(flat["earthwork_m3_per_ha"])


def test_planned_slopes_are_judged(levelled):
    """A plane of 12 % is too steep for industry (planned < 10 %) though the ground itself is not (< 15 %)."""
    result = levelled({"mode": "plane"}, plane(0.12, 0.0), header={"rules": ["cn-slope"]})
    found = result.findings.query("id == 'P1'").set_index("rule")["class"]
    assert found["industry-planned"] == "above"
    assert found["industry-natural"] == "pass"
    flat = levelled({}, plane(0.12, 0.0), header={"rules": ["cn-slope"]})
    assert flat.findings.query("id == 'P1'").set_index("rule")["class"]["industry-drainage"] == "below"


def test_files_of_a_run(levelled, tmp_path):
    result = levelled({"grid_m": 20, "soil": "II", "prices": {"cut": 12}})
    out = write(result, tmp_path / "out")
    table, grid = (pd.read_csv(out / f"{n}.csv") for n in ("levelling", "levelling_grid"))
    assert table.columns.tolist() == result.levelling.table.columns.tolist()
    assert len(table) == 13
    assert grid.groupby("group_id")["cut_m3"].sum()["P1"] == pytest.approx(of(result, "P1")["grid_cut_m3"])
    again = write(levelled({"grid_m": 20, "soil": "II", "prices": {"cut": 12}}), tmp_path / "again")
    assert (again / "levelling_grid.csv").read_bytes() == (out / "levelling_grid.csv").read_bytes()
    (issue,) = told(result, "LEVELLING_SOIL_UNVERIFIED")
    assert "1.21 m³ loose and 1.04 m³ in the fill" in issue.message
    assert told(levelled(), "LEVELLING_NO_SWELL")
    assert not told(result, "LEVELLING_INDICATIVE")
    assert told(levelled(raster={"cell": 12.0, "rows": 60, "columns": 90}), "LEVELLING_INDICATIVE")


@pytest.mark.parametrize(
    ("levelling", "message"),
    [
        ({"by": "plots"}, "unknown grouping 'plots'"),
        ({"by": "platforms"}, 'by = "platforms", but there is no [layers.platforms]'),
        ({"method": "grid"}, 'method = "grid" needs grid_m'),
        ({"max_slope": 0.1}, 'max_slope belongs to mode = "plane"'),
        ({"mode": "given", "by": "zones"}, "zones have no design_level"),
        ({"state": ["idle"]}, "unknown state 'idle'"),
        ({"state": ["vacant"], "by": "zones"}, "state picks parcels"),
        ({"soil": "clay"}, "unknown soil 'clay'"),
        ({"grid_m": 0}, "grid_m"),
        ({"prices": {"cut": -1}}, "cut"),
        ({"prices": {"dig": 1}}, "unknown key 'dig'"),
    ],
)
def test_refused(levelling, message, tmp_path):
    dem(tmp_path)
    with pytest.raises(PlanError) as caught:
        planned(tmp_path, layers={"terrain": {"path": "dem.tif"}}, levelling=levelling)
    assert message in str(caught.value)
    assert len(caught.value.faults) == 1


def test_levelling_needs_terrain(tmp_path):
    with pytest.raises(PlanError, match=r"\[levelling\] needs ground heights, but there is no \[layers.terrain\]"):
        planned(tmp_path, levelling={})

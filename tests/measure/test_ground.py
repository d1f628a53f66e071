"""Ground, earthwork and green cover of the town (see `town`) on planes, so that every figure is the pencil's."""

import math

import numpy as np
import pandas as pd
import pytest
import town
from hills import EAST, NORTH, ZONES, dem, plane, planned, row, told, values
from pyproj import CRS, Transformer
from rasters import write_raster

from gisplan import measure
from gisplan.errors import LayerError, PlanError
from gisplan.study import evaluate


@pytest.fixture
def grounded(tmp_path):
    """Function that measures the town on some ground."""

    def make(function=None, *, terrain=None, raster=None, **more):
        dem(tmp_path, function, **(raster or {}))
        layers = {"terrain": {"path": "dem.tif", **(terrain or {})}, **more.pop("layers", {})}
        return evaluate(planned(tmp_path, layers=layers, **more))

    return make


# ---------------------------------------------------------------- ground


def test_on_a_plane_every_figure_is_the_pencils(grounded):
    """3 % to the east and 4 % to the north: 5 %, falling to the south-west; means lie in the middle of each zone."""
    result = grounded()
    middle = {"Z1": (200, 150), "Z2": (550, 150), "Z3": (150, 400)}
    size = {"Z1": (400, 300), "Z2": (300, 300), "Z3": (300, 200)}
    for zone, (x, y) in middle.items():
        w, h = size[zone]
        assert values(result, "height_mean_m")[zone] == pytest.approx(20 + 0.03 * x + 0.04 * y)
        # The middles of the outermost cells lie half a cell within.
        assert values(result, "height_range_m")[zone] == pytest.approx(0.03 * (w - 10) + 0.04 * (h - 10))
        assert values(result, "slope_mean")[zone] == pytest.approx(0.05)
        assert values(result, "suitable_slope_share")[zone] == 1
        assert values(result, "aspect_share_sw")[zone] == pytest.approx(1)
        figure = row(result, zone, "slope_mean")
        assert figure["denominator"] == pytest.approx(w * h)
        assert figure["numerator"] == pytest.approx(0.05 * w * h)
        assert (figure["n_used"], figure["n_missing"], figure["known_share"]) == (w * h / 100, 0, 1)
        assert figure["flags"] == "" or pd.isna(figure["flags"])
    shares = [c for c in result.zones if c.startswith(("slope_share_", "aspect_share_"))]
    assert result.zones[shares].sum(axis=1).tolist() == pytest.approx([2, 2, 2])


def test_slope_classes_begin_at_their_lower_end(grounded):
    """Ground that rises ever faster to the east: z = x² ÷ 4000 has slope x ÷ 2000, 0 to 20 % over 400 m."""
    result = grounded(lambda x, y: (x - EAST) ** 2 / 4000, raster={"cell": 1.0, "rows": 600, "columns": 800})
    got = result.zones.set_index("zone_id").loc["Z1"]
    want = {"0_2": 0.1, "2_5": 0.15, "5_8": 0.15, "8_10": 0.1, "10_15": 0.25, "15_25": 0.25, "over_25": 0}
    for name, share in want.items():
        assert got[f"slope_share_{name}"] == pytest.approx(share, abs=1e-9), name
    assert got["suitable_slope_share"] == pytest.approx(0.75)
    assert got["slope_mean"] == pytest.approx(0.1)
    # Z2 lies from 400 to 700 m: 20 to 35 %.
    assert values(result, "slope_share_15_25")["Z2"] == pytest.approx(1 / 3)
    assert values(result, "slope_share_over_25")["Z2"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("slope", "name", "suits"), [(0.05, "5_8", 1), (0.1, "10_15", 1), (0.15, "15_25", 0), (0.25, "over_25", 0)]
)
def test_a_slope_on_a_limit_belongs_above_it(slope, name, suits, grounded):
    """As in the rules, which ask for less than 15 %; no rounding of nine heights may decide it."""
    result = grounded(plane(0.6 * slope, 0.8 * slope, 0.1))
    assert values(result, f"slope_share_{name}").tolist() == pytest.approx([1, 1, 1])
    assert values(result, "suitable_slope_share").tolist() == [suits] * 3


def test_parcels_are_held_against_the_limit_of_their_use(grounded):
    """18 % is too steep for industry (15 %), fine for homes (25 %), and no rule speaks of water or unknown use."""
    result = grounded(plane(0.18, 0.0))
    parcels = result.parcels.set_index("parcel_id")
    assert parcels.loc[["P1", "P2", "P3"], "suitable_slope_share"].tolist() == [0, 0, 1]
    assert parcels.loc[["P7", "P12"], "suitable_slope_share"].isna().all()
    assert parcels.loc["P1", ["slope_mean", "terrain_known_share", "terrain_cells"]].tolist() == pytest.approx(
        [0.18, 1, 100]
    )
    assert parcels.loc["P1", ["height_min_m", "height_mean_m", "height_max_m"]].tolist() == pytest.approx(
        [20.9, 29, 37.1]
    )
    assert values(result, "suitable_slope_share").tolist() == [0, 0, 0]


def test_the_plans_own_packs_go_before_cn_slope(grounded, tmp_path):
    (tmp_path / "own.toml").write_text(
        '[pack]\nname = "own"\nsource = "here"\nedition = "1"\n[pack.title]\nen = "Own"\n'
        '[[limits]]\nid = "a"\nindicator = "project_natural_slope"\nless_than = 0.2\nunit = "share"\n'
        'where = { land_use = ["industrial"] }\nverified = false\n',
        encoding="utf-8",
    )
    result = grounded(plane(0.18, 0.0), header={"rules": ["own.toml"]})
    assert values(result, "suitable_slope_share").tolist() == [1, 1, 1]
    assert result.findings.query("level == 'project'").set_index("id").loc["P1", "class"] == "pass"


def test_natural_slopes_are_judged_by_cn_slope(grounded):
    result = grounded(plane(0.18, 0.0), header={"rules": ["cn-slope"]})
    found = result.findings
    natural = found[found["indicator"] == "project_natural_slope"].set_index("id")
    assert natural.loc["P1", ["class", "rule"]].tolist() == ["above", "industry-natural"]
    assert natural.loc["P3", ["class", "rule"]].tolist() == ["pass", "residential-natural"]
    assert natural.loc["P1", "value"] == pytest.approx(0.18)


def test_cells_count_by_the_part_that_lies_inside(grounded):
    """Cells of 70 m, whose borders are none of the zones': means still follow from the parts."""
    result = grounded(plane(0.0, 0.0), raster={"cell": 70.0, "rows": 10, "columns": 14, "west": EAST - 71})
    assert row(result, "Z1", "height_mean_m")["denominator"] == pytest.approx(120_000)
    steep = grounded(
        lambda x, y: np.where(x > EAST + 69, 10.0, 0.0),
        raster={"cell": 70.0, "rows": 10, "columns": 14, "west": EAST - 71},
    )
    # Columns begin at −71, −1, 69, …: 69 of Z1's 400 m are low.
    assert values(steep, "height_mean_m")["Z1"] == pytest.approx(10 * 331 / 400)


def test_nothing_is_told_where_nothing_is_known(grounded):
    """East of x = 300 there are no heights: three quarters of Z1, none of Z2. A slope needs all its neighbours."""
    result = grounded(lambda x, y: np.where(x < EAST + 300, plane()(x, y), -9999.0), raster={"nodata": -9999})
    assert math.isnan(values(result, "slope_mean")["Z2"])
    assert row(result, "Z2", "slope_mean")["flags"] == "NO_DATA"
    height, slope = row(result, "Z1", "height_mean_m"), row(result, "Z1", "slope_mean")
    assert height["known_share"] == pytest.approx(0.75)
    assert slope["known_share"] == pytest.approx(290 / 400)
    assert (slope["value"], slope["flags"]) == (pytest.approx(0.05), "PARTIAL")
    assert slope["n_missing"] == 110 * 300 / 100
    (issue,) = told(result, "TERRAIN_PARTIAL")
    assert issue.features == ["Z1 (75.0%)", "Z2 (0.0%)"]
    assert "55.6% of the zones" in issue.message  # (90,000 + 60,000) of 270,000
    parcels = result.parcels.set_index("parcel_id")
    assert parcels.loc["P8", ["slope_mean", "height_mean_m"]].isna().all()
    assert parcels.loc["P8", "terrain_known_share"] == 0


def test_without_terrain_nothing_of_it_stands_in_any_table(town_result):
    mine = {i for i, item in measure.register().items() if item.listed and item.group in ("terrain", "green")}
    assert len(mine) == 12
    names = {m.id for m in town_result.measured}
    assert not [i for i in mine if any(n.startswith(i.split("{")[0]) for n in names)]
    assert not [c for c in town_result.parcels if c.startswith(("height_m", "slope", "terrain", "green"))]
    assert town_result.levelling is None


# ---------------------------------------------------------------- from other systems, units and files


@pytest.mark.parametrize("crs", [4326, 32651, 3857])
def test_a_plane_from_another_system_is_the_same_plane(crs, grounded):
    """Heights are of the town's own plane, laid out in degrees, in UTM or in web metres."""
    to_town = Transformer.from_crs(crs, town.CRS, always_xy=True)
    back = Transformer.from_crs(town.CRS, crs, always_xy=True)
    west, north = back.transform(EAST - 400, NORTH + 900)
    east, _ = back.transform(EAST + 1200, NORTH + 900)
    cell = (east - west) / 200

    def heights(x, y):
        return plane()(*to_town.transform(x, y))

    result = grounded(
        heights, raster={"crs": f"EPSG:{crs}", "west": west, "north": north, "cell": cell, "rows": 240, "columns": 220}
    )
    for zone in ZONES:
        assert values(result, "slope_mean")[zone] == pytest.approx(0.05, rel=1e-4)
    assert values(result, "height_mean_m")["Z1"] == pytest.approx(32, abs=0.01)
    assert told(result, "TERRAIN_WARPED")
    grid = result.survey.layers.terrain.grid
    assert grid.dx == grid.dy
    assert 7.5 < grid.dx < 10
    assert bool(told(result, "TERRAIN_IN_DEGREES")) == (crs == 4326)


def test_a_rotated_raster_is_turned_back(grounded):
    result = grounded(raster={"turn": 20.0, "west": EAST - 500, "north": NORTH + 1000, "rows": 160, "columns": 200})
    for zone in ZONES:
        assert values(result, "slope_mean")[zone] == pytest.approx(0.05, rel=1e-4)
    assert told(result, "TERRAIN_WARPED")


def test_heights_in_whole_metres_from_degrees_keep_their_slopes_in_between(grounded):
    """Warping must not round back to whole numbers: a plane of 5 % has no cell twice as steep."""
    back = Transformer.from_crs(town.CRS, 4326, always_xy=True)
    to_town = Transformer.from_crs(4326, town.CRS, always_xy=True)
    west, north = back.transform(EAST - 300, NORTH + 800)

    def heights(x, y):
        return plane()(*to_town.transform(x, y))

    result = grounded(
        heights,
        raster={
            "crs": "EPSG:4326",
            "west": west,
            "north": north,
            "cell": 1 / 3600,
            "rows": 45,
            "columns": 55,
            "dtype": "uint8",
        },
    )
    some = result.survey.layers.terrain.block(5, 5, 10, 10)
    assert (np.abs(some - np.round(some)) > 0.01).any()
    assert values(result, "slope_mean")["Z1"] == pytest.approx(0.05, rel=0.1)


def test_feet_are_metres_where_the_plan_says_so(grounded):
    metres = grounded()
    feet = grounded(lambda x, y: plane()(x, y) / 0.3048, terrain={"unit": "ft"})
    for name in ("height_mean_m", "slope_mean", "height_range_m"):
        np.testing.assert_allclose(values(feet, name), values(metres, name))


def test_feet_that_the_file_names_are_believed_and_told(tmp_path):
    import rasterio

    dem(tmp_path, lambda x, y: plane()(x, y) / 0.3048)
    with rasterio.open(tmp_path / "dem.tif", "r+") as file:
        file.units = ["foot"]
    result = evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif"}}))
    assert values(result, "slope_mean")["Z1"] == pytest.approx(0.05)
    assert told(result, "TERRAIN_UNIT_FROM_FILE")
    other = evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif", "unit": "m"}}))
    assert values(other, "slope_mean")["Z1"] == pytest.approx(0.05 / 0.3048)
    (issue,) = told(other, "TERRAIN_UNIT_DIFFERS")
    assert issue.message == "dem.tif says its heights are in ft, the plan in m."


def test_coordinates_in_feet_make_the_unit_of_heights_suspect(tmp_path):
    """A raster in the feet of a state plane, whose heights nobody calls metres or feet."""
    feet = CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=120 +x_0=500000 +ellps=GRS80 +units=us-ft +no_defs")
    back = Transformer.from_crs(town.CRS, feet, always_xy=True)
    to_town = Transformer.from_crs(feet, town.CRS, always_xy=True)
    west, north = back.transform(EAST - 100, NORTH + 600)
    write_raster(
        tmp_path / "dem.tif", lambda x, y: plane()(*to_town.transform(x, y)), west=west, north=north, cell=30, rows=80,
        columns=110, crs=feet.to_wkt(),
    )  # fmt: skip
    result = evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif"}}))
    (issue,) = told(result, "TERRAIN_UNIT_SUSPECT")
    assert "US survey foot" in issue.message
    said = evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif", "unit": "m"}}))
    assert not told(said, "TERRAIN_UNIT_SUSPECT")
    assert values(said, "slope_mean")["Z1"] == pytest.approx(0.05, rel=1e-3)


def test_tiles_make_one_raster(tmp_path):
    """Two tiles side by side, whose border runs through Z1, give what one raster gives, slopes on the seam too."""
    whole = dem(tmp_path, lambda x, y: plane()(x, y) + np.sin(x / 40))
    one = evaluate(planned(tmp_path, layers={"terrain": {"path": whole.name}}))
    wavy = {"rows": 60, "name": "west.tif"}
    dem(tmp_path, lambda x, y: plane()(x, y) + np.sin(x / 40), columns=25, **wavy)
    dem(tmp_path, lambda x, y: plane()(x, y) + np.sin(x / 40), columns=75, west=EAST + 200, rows=60, name="east.tif")
    two = evaluate(planned(tmp_path, layers={"terrain": {"path": ["west.tif", "east.tif"]}}))
    mine = [c for c in one.zones if c.startswith(("height", "slope", "aspect"))]
    pd.testing.assert_frame_equal(one.zones[mine], two.zones[mine])
    assert {f.name for f in two.survey.layers.files} >= {"west.tif", "east.tif"}


def test_a_missing_tile_is_told(tmp_path):
    dem(tmp_path)
    with pytest.raises(
        PlanError, match=r"\[layers.terrain\] path: there is no file 'dem2.tif'. Did you mean 'dem.tif'"
    ):
        planned(tmp_path, layers={"terrain": {"path": ["dem.tif", "dem2.tif"]}})


def test_blocks_and_workers_change_nothing(grounded, monkeypatch):
    """A raster of many blocks, with waves, holes and a seam in every zone."""

    def waves(x, y):
        z = plane()(x, y) + 3 * np.sin(x / 17) * np.cos(y / 23)
        return np.where((np.round(x) * 7 + np.round(y) * 13) % 101 < 2, np.nan, z)

    options = {"raster": {"cell": 5.0, "rows": 120, "columns": 190}}
    one = grounded(waves, **options)
    monkeypatch.setattr("gisplan.measure.terrain_sums.BLOCK", 7)
    monkeypatch.setattr("gisplan.measure.terrain_sums.blocks.__kwdefaults__", {"side": 7})
    two = grounded(waves, **options)
    mine = [c for c in one.zones if c.startswith(("height", "slope", "aspect", "suit"))]
    pd.testing.assert_frame_equal(one.zones[mine], two.zones[mine], rtol=1e-10)


# ---------------------------------------------------------------- bad ground


def test_no_height_in_any_zone(grounded):
    result = grounded(lambda x, y: np.full_like(x, -9999.0), raster={"nodata": -9999})
    (issue,) = told(result, "TERRAIN_ABSENT")
    assert issue.severity == "error"
    assert values(result, "slope_mean").isna().all()
    assert values(result, "suitable_slope_share").isna().all()


def test_ground_that_lies_elsewhere(grounded):
    result = grounded(plane(), raster={"west": EAST + 90_000})
    assert told(result, "TERRAIN_ABSENT")
    assert values(result, "height_mean_m").isna().all()


def test_flat_ground_is_told(grounded):
    result = grounded(plane(0, 0, 7.5))
    assert values(result, "slope_mean").tolist() == [0, 0, 0]
    assert values(result, "aspect_share_flat").tolist() == [1, 1, 1]
    (issue,) = told(result, "TERRAIN_FLAT")
    assert "are 7.5 m" in issue.message


def test_one_cell_has_a_height_and_no_slope(grounded):
    result = grounded(
        plane(0, 0, 7.5), raster={"cell": 2000.0, "rows": 1, "columns": 1, "west": EAST - 500, "north": NORTH + 1500}
    )
    assert values(result, "height_mean_m").tolist() == pytest.approx([7.5, 7.5, 7.5])
    assert values(result, "slope_mean").isna().all()
    (issue,) = told(result, "TERRAIN_COARSE")
    assert issue.count == 13


def test_whole_metres_show_as_steps(grounded):
    result = grounded(raster={"dtype": "int16", "cell": 10.0})
    (issue,) = told(result, "TERRAIN_STEPS")
    assert "the least slope other than 0 is 1.25%" in issue.message


def test_heights_that_no_ground_has(grounded):
    result = grounded(plane(0.03, 0.04, 29_000))
    (issue,) = told(result, "TERRAIN_HEIGHT_DOUBTFUL")
    assert "no ground is higher than 8,900 m" in issue.message


def test_parcels_of_few_cells_are_named(grounded):
    """Cells of 40 m: P13 of 100 m × 40 m has 2.5 of them, every other parcel 6.25, fewer than nine."""
    result = grounded(raster={"cell": 40.0, "rows": 20, "columns": 30})
    (issue,) = told(result, "TERRAIN_COARSE")
    assert issue.count == 13
    assert not told(grounded(raster={"cell": 10.0}), "TERRAIN_COARSE")


@pytest.mark.parametrize(
    ("terrain", "message"),
    [
        ({"unit": "yd"}, "unknown unit 'yd'"),
        ({"band": 3}, "dem.tif has 1 band(s), none numbered 3."),
        ({"crs": "EPSG:0"}, "is no coordinate system"),
        ({"path": []}, "path"),
    ],
)
def test_refused(terrain, message, tmp_path):
    dem(tmp_path)
    with pytest.raises((PlanError, LayerError)) as caught:
        evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif", **terrain}}))
    assert message in str(caught.value)


def test_a_raster_without_a_system_takes_the_plans(tmp_path):
    dem(tmp_path, crs=None)
    with pytest.raises(LayerError, match="has no coordinate system"):
        evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif"}}))
    result = evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif", "crs": "EPSG:4549"}}))
    assert values(result, "slope_mean")["Z1"] == pytest.approx(0.05)


def test_a_declared_nodata_goes_before_the_files(grounded):
    result = grounded(lambda x, y: np.where(x < EAST + 300, plane()(x, y), 0.0), terrain={"nodata": 0})
    assert row(result, "Z1", "height_mean_m")["known_share"] == pytest.approx(0.75)
    assert not told(result, "TERRAIN_SUSPECT_VALUES")


@pytest.mark.parametrize("nodata", [None, -9999])
def test_a_damaged_raster_is_one_line(nodata, tmp_path):
    """Its second half is gone: found while looking for cells that may be missing, or while measuring."""
    file = dem(tmp_path, nodata=nodata)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(LayerError) as caught:
        evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif"}}))
    message = str(caught.value)
    assert message.startswith("dem.tif: a part of it cannot be read (TIFF")
    assert message.endswith("). Get the file anew.")
    assert "\n" not in message


def test_rows_from_the_south_are_turned(tmp_path):
    import rasterio

    heights = np.add.outer(np.arange(60) * 0.4, np.arange(100) * 0.3)
    options = {"width": 100, "height": 60, "count": 1, "dtype": "float64", "crs": town.CRS}
    move = rasterio.Affine(10, 0, EAST - 50, 0, 10, NORTH - 50)
    with rasterio.open(tmp_path / "dem.tif", "w", driver="GTiff", transform=move, **options) as file:
        file.write(heights, 1)
    result = evaluate(planned(tmp_path, layers={"terrain": {"path": "dem.tif"}}))
    assert values(result, "slope_mean").tolist() == pytest.approx([0.05] * 3)
    assert values(result, "aspect_share_sw").tolist() == pytest.approx([1, 1, 1])

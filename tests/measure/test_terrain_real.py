"""Ground of Porto Alegre, whose heights come in degrees and whole metres, and of the sample, by other ways."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Geod, Transformer
from rasterio.features import geometry_mask

from gisplan.measure.slope import gradient
from gisplan.plan import load_plan, parse_plan
from gisplan.study import evaluate

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "porto_alegre_br"


SAMPLE = Path(__file__).resolve().parents[2] / "layers" / "plan.toml"


@pytest.fixture(scope="module")
def centre():
    if not DATA.is_dir():
        pytest.skip("no real data beside the checkout")
    return evaluate(
        parse_plan(
            {
                "plan": {"name": "centre"},
                "layers": {
                    "zones": {"grid": 1000},
                    "roads": {"path": "porto_alegre_osm.gpkg", "layer": "roads", "columns": {"road_class": "highway"}},
                    "terrain": {"path": "poa_elevation.tif", "nodata": 0},
                },
            },
            folder=DATA,
        )
    )


def in_degrees():
    """Longitudes, latitudes and slopes of all cells, the cell's sides measured on the ellipsoid at each latitude."""
    with rasterio.open(DATA / "poa_elevation.tif") as file:
        z = file.read(1).astype(float)
        move = file.transform
    z[z == 0] = np.nan
    lon = move.c + (np.arange(z.shape[1]) + 0.5) * move.a
    lat = move.f + (np.arange(z.shape[0]) + 0.5) * move.e
    geod = Geod(ellps="WGS84")
    slope = np.full(z.shape, np.nan)
    for row in range(1, len(lat) - 1):
        dx = geod.inv(0, lat[row], move.a, lat[row])[2]
        dy = geod.inv(0, lat[row] - move.a / 2, 0, lat[row] + move.a / 2)[2]
        east, north = gradient(z[row - 1 : row + 2], dx=dx, dy=dy)
        slope[row, 1:-1] = np.hypot(east, north)[0]
    return lon, lat, z, slope


def test_slopes_are_those_of_the_same_cells_in_degrees(centre):
    """Zone by zone: taken straight from degrees they would be a hundred thousand times as steep."""
    zones = centre.survey.layers.zones
    table = centre.zones
    known = centre.indicators.query("indicator == 'slope_mean'").set_index("zone_id")["known_share"]
    lon, lat, heights, slope = in_degrees()
    to_study = Transformer.from_crs(4326, centre.survey.layers.crs, always_xy=True)
    x, y = to_study.transform(*np.meshgrid(lon, lat))
    rows = []
    for i, zone in enumerate(zones.geometry):
        x0, y0, x1, y1 = zone.bounds
        inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        if known[zones["zone_id"].iloc[i]] > 0.95 and inside.sum() > 900:
            rows.append((table["slope_mean"].iloc[i], np.nanmean(slope[inside]),
                         table["height_mean_m"].iloc[i], np.nanmean(heights[inside])))  # fmt: skip
    mine, theirs, height, their_height = np.array(rows).T
    assert len(rows) > 80
    # Cells there count by their middles: at the edge of a hill that is up to a metre, over all zones nothing.
    np.testing.assert_allclose(height, their_height, atol=1)
    assert np.mean(height) == pytest.approx(np.mean(their_height), abs=0.05)
    # Cells made anew lie between those of the file, which takes off a little of the noise of whole metres.
    assert np.corrcoef(mine, theirs)[0, 1] >= 0.999
    np.testing.assert_allclose(mine / theirs, 0.93, atol=0.08)
    assert mine.sum() / theirs.sum() == pytest.approx(0.96, abs=0.01)


def test_what_is_told_of_it(centre):
    told = {i.code: i for i in centre.issues if i.layer in ("terrain", "zones")}
    assert "on cells of 30.8 m" in told["TERRAIN_WARPED"].message
    assert "TERRAIN_PARTIAL" in told
    assert "TERRAIN_SUSPECT_VALUES" not in told
    assert "TERRAIN_IN_DEGREES" in told


@pytest.fixture(scope="module")
def park():
    return evaluate(load_plan(SAMPLE))


def test_the_sample_beside_cells_counted_by_their_middle(park):
    """Heights and slopes of its zones by masks over the whole raster."""
    with rasterio.open(SAMPLE.parent / "dem.tif") as file:
        heights = file.read(1, masked=True).astype(float).filled(np.nan)
        move, side = file.transform, file.res[0]
    slope = np.full(heights.shape, np.nan)
    east, north = gradient(heights, dx=side, dy=side)
    slope[1:-1, 1:-1] = np.hypot(east, north)
    table = park.zones.set_index("zone_id")
    for zone, shape in park.survey.layers.zones.set_index("zone_id").geometry.items():
        inside = geometry_mask([shape], heights.shape, move, invert=True)
        assert table.loc[zone, "height_mean_m"] == pytest.approx(heights[inside].mean(), abs=0.03)
        assert table.loc[zone, "slope_mean"] == pytest.approx(slope[inside].mean(), rel=0.01)
        steep = (slope[inside] >= 0.05).mean()
        shares = [f"slope_share_{c}" for c in ("5_8", "8_10", "10_15", "15_25", "over_25")]
        assert table.loc[zone, shares].sum() == pytest.approx(steep, abs=0.003)


def test_the_sample_levels_its_vacant_parcels(park):
    """Each balances with 1.04 m³ in the fill for one dug, and its squares add up to its row."""
    done = park.levelling
    vacant = park.parcels.query("state == 'vacant'")
    assert sorted(done.table["group_id"]) == sorted(vacant["parcel_id"])
    np.testing.assert_allclose(done.table["fill_m3"], 1.04 * done.table["cut_m3"], rtol=1e-9)
    by_squares = done.grid.groupby("group_id")[["cut_m3", "fill_m3"]].sum().loc[done.table["group_id"]]
    np.testing.assert_allclose(by_squares, done.table[["grid_cut_m3", "grid_fill_m3"]])
    inside = done.table["cut_m3"].sum() - park.zones["earthwork_cut_m3"].sum()
    assert inside == pytest.approx(0, abs=0.01 * done.table["cut_m3"].sum())
    assert park.zones["green_cover_rate"].between(0.02, 0.4).all()

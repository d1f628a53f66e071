"""Slopes of Porto Alegre, whose heights come in degrees and whole metres, against an own computation in degrees."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Geod, Transformer

from gisplan.measure.slope import gradient
from gisplan.plan import parse_plan
from gisplan.study import evaluate

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "porto_alegre_br"


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

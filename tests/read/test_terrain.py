"""A terrain raster: what its header and its cells leave in doubt."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from park_files import ONLY_PARCELS, X0, Y0, issues, run, study, tables_only
from pyproj import Transformer


@pytest.fixture(autouse=True)
def _tables_only(monkeypatch):
    tables_only(monkeypatch)


def raster(file, values, crs, x, y, cell, nodata=None):
    rows, columns = values.shape
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=columns,
        height=rows,
        count=1,
        dtype=values.dtype,
        crs=crs,
        transform=Affine(cell, 0, x, 0, -cell, y),
        nodata=nodata,
    ) as out:
        out.write(values, 1)


def found(folder, values, **more):
    """Issues of the terrain of a park under a raster of 100 m cells."""
    plan = study(folder, plan={**ONLY_PARCELS, "layers.terrain": {"path": "dem.tif"}})
    raster(folder / "dem.tif", values, "EPSG:4549", X0 - 100, Y0 + 600, 100, **more)
    assert run(plan) == 0
    told = issues(folder / "out")
    return told[told["layer"] == "terrain"]


def test_cells_that_may_be_missing_are_counted(tmp_path):
    """Fourteen columns and seven rows: five cells of 0 and two of 255."""
    values = np.full((7, 14), 30, dtype=np.uint8)
    values[0, :5], values[6, :2] = 0, 255
    told = found(tmp_path, values)
    assert told.loc["TERRAIN_SUSPECT_VALUES", ["severity", "count"]].tolist() == ["warning", 7]
    assert told.loc["TERRAIN_SUSPECT_VALUES", "message"] == (
        "dem.tif names no value for missing, and 5 of 98 cells are 0 and 2 are 255, the greatest uint8 can hold: "
        "heights or nothing known, nobody can tell."
    )


def test_a_named_value_for_missing_leaves_no_doubt(tmp_path):
    values = np.zeros((7, 14), dtype=np.uint8)
    assert list(found(tmp_path, values, nodata=0).index) == ["TERRAIN_ABSENT"]


def test_heights_without_zeros_leave_no_doubt(tmp_path):
    values = np.linspace(10.25, 12.5, 7 * 14, dtype=np.float32).reshape(7, 14)
    assert list(found(tmp_path, values).index) == []


def test_cells_in_degrees_are_told_in_metres(tmp_path):
    """At 60° a degree of longitude is half as long as one of latitude; here, at 30.7°, 0.86 of it."""
    plan = study(tmp_path, plan={**ONLY_PARCELS, "layers.terrain": {"path": "dem.tif"}})
    lon, lat = Transformer.from_crs(4549, 4326, always_xy=True).transform(X0, Y0)
    raster(tmp_path / "dem.tif", np.full((60, 60), 7, dtype=np.int16), "EPSG:4326", lon - 0.01, lat + 0.03, 0.001)
    assert run(plan) == 0
    (message,) = [m for m in issues(tmp_path / "out")["message"] if "in degrees" in m and "dem.tif" in m]
    across = 111.32 * np.cos(np.radians(lat))
    assert message == (
        f"dem.tif is in degrees: a cell of 0.001000° × 0.001000° is {across:.1f} m × 111.3 m here, so a slope taken "
        "straight from its cells would be wrong about 111,320-fold. Slopes are measured after it was brought into metres."
    )
    assert 95 < across < 96

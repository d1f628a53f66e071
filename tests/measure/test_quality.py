"""What measuring brings to light is told: buildings on no parcel."""

import geopandas as gpd
import pytest
from shapely.geometry import box

from gisplan.plan import parse_plan
from gisplan.study import evaluate


def write(folder, **layers):
    for name, frame in layers.items():
        frame.set_crs("EPSG:4549").to_file(folder / "d.gpkg", layer=name)


@pytest.mark.parametrize(("at", "told"), [(0, 0), (60, 1), (48, 1), (200, 0)])
def test_a_building_mostly_on_no_parcel_is_told(tmp_path, at, told):
    """The zone is 100 m wide, the parcel its western half, and the building 10 m wide."""
    x, y = 500_000, 3_400_000
    write(
        tmp_path,
        zones=gpd.GeoDataFrame({"zone_id": ["A"]}, geometry=[box(x, y, x + 100, y + 100)]),
        parcels=gpd.GeoDataFrame({"parcel_id": ["P"]}, geometry=[box(x, y, x + 50, y + 100)]),
        buildings=gpd.GeoDataFrame(
            {"building_id": ["B", "C"], "floors": [2, 1]},
            geometry=[box(x + at, y, x + at + 10, y + 10), box(x, y + 50, x + 10, y + 60)],
        ),
    )
    layers = {name: {"path": "d.gpkg", "layer": name} for name in ("zones", "parcels", "buildings")}
    result = evaluate(parse_plan({"plan": {"name": "d"}, "layers": layers}, folder=tmp_path))
    found = [i for i in result.issues if i.code == "BUILDING_OFF_PARCEL"]
    assert [i.count for i in found] == [1] * told
    assert all(list(i.features) == ["B"] and "200 m² of floor area" in i.message for i in found)

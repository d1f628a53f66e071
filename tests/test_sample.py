"""The sample study: it can be made again byte for byte, and holds every case the package has to deal with."""

import datetime as dt
import hashlib
import importlib
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import python_calamine
import rasterio
import shapely

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ROOT / "layers"
FILES = [
    *("SOURCE.md", "batches.csv", "dem.tif", "intensity.csv", "land_bank.csv", "park-rules.toml", "park.gpkg"),
    *("plan.toml", "register.xlsx", "works.csv"),
]
AS_OF = dt.date(2025, 12, 31)
SHEET = "宗地台账"

# rasterio 1.4 multiplies affine transforms in a way that affine 3.1 would rather not see
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


@pytest.fixture(scope="module")
def make_sample():
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        yield importlib.import_module("make_sample")
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def layer(name):
    return gpd.read_file(LAYERS / "park.gpkg", layer=name)


@pytest.fixture(scope="module")
def zones():
    return layer("zones")


@pytest.fixture(scope="module")
def parcels():
    return layer("parcels")


@pytest.fixture(scope="module")
def register():
    sheet = python_calamine.CalamineWorkbook.from_path(LAYERS / "register.xlsx").get_sheet_by_name(SHEET)
    header, *rows = sheet.to_python()
    return pd.DataFrame(rows, columns=header)


def digests(folder):
    return {f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in FILES}


def test_made_again_it_is_the_same(make_sample, tmp_path):
    make_sample.main(tmp_path / "a")
    make_sample.main(tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    # Another processor rounds a sine otherwise, which may move a building or two of those that ship.
    again = {
        name: gpd.read_file(tmp_path / "a" / "park.gpkg", layer=name) for name in ("parcels", "roads", "buildings")
    }
    for name, frame in again.items():
        ours = layer(name)
        assert len(frame) == len(ours)
        moved = [a != b for a, b in zip(frame.geometry, ours.geometry, strict=True)]
        assert np.mean(moved) < 0.01
        assert frame.area.sum() == pytest.approx(ours.area.sum(), rel=1e-3)


def test_it_is_small_and_complete():
    assert sorted(p.name for p in LAYERS.iterdir()) == FILES
    assert sum((LAYERS / f).stat().st_size for f in FILES) < 3_000_000
    assert (LAYERS / "dem.tif").stat().st_size < 400_000


def test_every_layer_of_the_plan_is_there_with_its_columns():
    plan = tomllib.loads((LAYERS / "plan.toml").read_text(encoding="utf-8"))
    layers = plan["layers"]
    services = layers.pop("services")
    assert list(services) == ["road", "water", "rain", "sewage", "power", "telecom", "gas", "heat"]
    assert (LAYERS / layers.pop("terrain")["path"]).is_file()
    assert (LAYERS / layers.pop("batches")["path"]).is_file()
    assert (LAYERS / layers.pop("works")["path"]).is_file()
    families = [services, *(layers.pop(name) for name in ("boundaries", "facilities", "barriers", "sources"))]
    for spec in [*layers.values(), *(spec for family in families for spec in family.values())]:
        fields = set(pyogrio.read_info(LAYERS / spec["path"], layer=spec["layer"])["fields"])
        sources = spec.get("columns", {}).values()
        assert {s if isinstance(s, str) else s["column"] for s in sources} <= fields
        found = pyogrio.read_dataframe(LAYERS / spec["path"], layer=spec["layer"], where=spec.get("where"))
        assert len(found) > 0


def test_all_layers_are_valid_and_in_cgcs2000():
    for name, _ in pyogrio.list_layers(LAYERS / "park.gpkg"):
        frame = layer(name)
        assert frame.crs.to_epsg() == 4549
        assert frame.is_valid.all()
        assert not frame.is_empty.any()


def test_zones_tile_the_planned_boundary(zones):
    planned = layer("boundary_planned").geometry.iloc[0]
    assert list(zones.zone_id) == ["Z1", "Z2", "Z3", "Z4"]
    assert shapely.coverage_is_valid(zones.geometry.values)
    assert zones.area.sum() == pytest.approx(planned.area, abs=0.01)
    assert zones.union_all().symmetric_difference(planned).area < 0.01


def test_one_zone_border_runs_along_a_road_centreline(zones):
    z1, z2 = zones.geometry.iloc[0], zones.geometry.iloc[1]
    border = z1.intersection(z2)
    roads = layer("roads")
    third = roads[roads.name == "经三路"].union_all()
    assert border.length > 1000
    assert border.difference(third.buffer(0.1)).length < 0.12 * border.length


def test_parcels_do_not_overlap_and_share_their_edges_with_the_roads(parcels):
    assert 150 <= len(parcels) <= 400
    assert parcels.parcel_id.is_unique
    assert parcels.parcel_id.str.fullmatch(r"330500-\d{3}-\d{4}").all()
    ground = np.concatenate([parcels.geometry.values, layer("road_surfaces").geometry.values])
    assert shapely.coverage_is_valid(ground)
    tree = shapely.STRtree(ground)
    i, j = tree.query(ground, predicate="overlaps")
    assert shapely.area(shapely.intersection(ground[i], ground[j])).sum() < 1
    buildable = parcels[parcels.land_use.str[:2].isin(["07", "08", "09", "10", "11"])].area / 1e4
    assert 0.25 < buildable.min() < 0.7
    assert 6 < buildable.max() < 12.5


def test_parcels_straddle_zones_and_lie_outside(zones, parcels):
    inside = np.array([shapely.area(shapely.intersection(parcels.geometry.values, z)) for z in zones.geometry])
    share = inside.sum(axis=0) / parcels.area
    assert 5 <= ((inside > 1).sum(axis=0) > 1).sum() <= 40
    assert (share < 1e-6).sum() == 2
    assert ((share > 0.01) & (share < 0.99)).sum() == 2


def test_land_use_has_every_kind(parcels):
    heads = set(parcels.land_use.str[:2])
    assert {"07", "08", "09", "10", "11", "12", "13", "14", "16", "17"} <= heads
    assert {"100101", "1001", "1303", "1302", "1401", "1402"} <= set(parcels.land_use)
    assert set(parcels.phase) == {"一期", "二期", "三期"}


def test_floor_area_can_be_had_in_three_ways_or_not_at_all(parcels):
    b = layer("buildings")
    own, floors = b.floor_area_m2.notna(), b.floors.notna()
    heights = b.height_m.notna() & b.storey_height_m.notna()
    ways = {
        "own": own,
        "floors": ~own & floors,
        "heights": ~own & ~floors & heights,
        "height": ~own & ~floors & ~heights & b.height_m.notna(),
        "none": ~own & ~floors & b.height_m.isna(),
    }
    assert {w: bool(m.sum() >= 15) for w, m in ways.items()} == dict.fromkeys(ways, True)
    halls = (b.storey_height_m > 8) & (b.floors == 1)
    assert halls.sum() >= 10
    assert b.is_standard_factory.sum() >= 20
    assert b.loc[b.is_standard_factory, "leased_share"].between(0, 1).all()
    building, _ = parcels.sindex.query(b.geometry.values, predicate="within")
    assert len(np.unique(building)) == len(b)


def test_networks_have_gaps(zones):
    start_up = zones.geometry[zones.zone_id == "Z3"].iloc[0]
    for service in ("gas", "heat"):
        pipes = layer(service)
        live = pipes[pipes.status == "in_service"].intersection(start_up)
        assert live.length.sum() < 300  # the ends of mains that cross the river, no more
        assert (pipes.status == "planned").any()
    assert {"in_service", "planned"} <= set(layer("water").status)
    assert set(layer("roads").status) == {"built", "under construction", "planned"}
    assert {"快速路", "主干路", "次干路", "支路"} == set(layer("roads").road_class)


def test_register_keys_are_text_repeated_and_not_all_matched(register, parcels):
    keys = register["宗地代码"]
    assert keys.map(type).eq(str).all()
    assert register["行业代码"].map(type).eq(str).all()
    count = keys.value_counts()
    assert (count == 2).sum() >= 3
    assert count.max() == 2
    assert sum(k not in set(parcels.parcel_id) for k in keys) == 2
    industrial = parcels[parcels.land_use.str.startswith("10")]
    assert (~industrial.parcel_id.isin(keys)).sum() >= 3


def test_registered_areas_differ_a_little_and_two_by_much(register, parcels):
    mu = register.groupby("宗地代码")["登记面积"].sum()
    drawn = (parcels.set_index("parcel_id").area * 3 / 2000).reindex(mu.index).dropna()
    off = (mu.reindex(drawn.index) / drawn - 1).abs()
    assert (off > 0.03).sum() == 2
    assert off[off < 0.03].max() < 0.0045


def test_every_idle_situation_occurs(register):
    occurring = register.apply(situation, axis=1).value_counts()
    wanted = {
        "not_due",
        "overdue",
        "idle_1y",
        "idle_2y",
        "idle_gov",
        "stopped",
        "slow",
        "building",
        "done",
        "unknown",
    }
    assert wanted <= set(occurring.index)
    assert (occurring[list(wanted)] >= 2).all()


def situation(row):
    """Which case a row is, by the plain wording of the rule."""
    due, begun = row["约定开工日期"] or None, row["实际开工日期"] or None
    if due is None and row["交地日期"]:
        due = row["交地日期"].replace(year=row["交地日期"].year + 1)
    if not begun:
        if due is None:
            return "unknown"
        late = next((n for n in (2, 1, 0) if due.replace(year=due.year + n) <= AS_OF), -1)
        if late >= 1 and row["延误原因"] in ("政府原因", "不可抗力"):
            return "idle_gov"
        return {-1: "not_due", 0: "overdue", 1: "idle_1y", 2: "idle_2y"}[late]
    low = row["已动工面积"] < row["登记面积"] / 3 or row["固定资产投资"] < 0.25 * row["约定投资"]
    if row["竣工日期"]:
        return "done"
    if low and row["停工日期"] and row["停工日期"] <= AS_OF.replace(year=AS_OF.year - 1):
        return "stopped"
    return "slow" if low else "building"


def test_terrain_covers_the_park_and_has_no_data_beyond(zones):
    with rasterio.open(LAYERS / "dem.tif") as file:
        assert file.crs.to_epsg() == 4549
        assert file.dtypes == ("float32",)
        assert file.res[0] >= 10
        height = file.read(1, masked=True)
        at = [(p.x, p.y) for p in zones.representative_point()]
        assert all(5 <= h[0] <= 40 for h in file.sample(at))
    assert height.mask.any()
    assert 5 <= height.min() < 8
    assert 30 < height.max() <= 40


@pytest.fixture(scope="module")
def small_fabric(make_sample):
    return make_sample.fabric(2000)


def test_fabric_parcels_share_their_edges(small_fabric):
    parcels, zones = small_fabric["parcels"], small_fabric["zones"]
    assert len(parcels) == 2000
    assert parcels.is_valid.all()
    assert shapely.coverage_is_valid(parcels.geometry.values)
    assert shapely.coverage_is_valid(zones.geometry.values)
    corners = shapely.get_num_coordinates(parcels.geometry.values) - 1
    assert 6 <= corners.mean() <= 8


def test_fabric_straddlers_and_outsiders_are_few(small_fabric):
    parcels, zones = small_fabric["parcels"], small_fabric["zones"]
    touching, _ = zones.sindex.query(parcels.geometry.values, predicate="intersects")
    whole, _ = zones.sindex.query(parcels.geometry.values, predicate="within")
    straddling = len(np.setdiff1d(touching, whole)) / len(parcels)
    assert 0.03 <= straddling <= 0.12
    assert 1 - len(np.unique(touching)) / len(parcels) == pytest.approx(0.005)


def test_fabric_buildings_stand_in_their_parcels(small_fabric):
    parcels, buildings = small_fabric["parcels"], small_fabric["buildings"]
    assert 1.4 < len(buildings) / len(parcels) < 1.6
    inside, _ = parcels.sindex.query(buildings.geometry.values, predicate="within")
    assert len(np.unique(inside)) == len(buildings)


def test_fabric_is_the_same_each_time(make_sample, small_fabric, tmp_path):
    again = make_sample.fabric(2000)
    for name, frame in small_fabric.items():
        assert frame.equals(again[name])
    assert not make_sample.fabric(2000, seed=8)["parcels"].equals(small_fabric["parcels"])
    make_sample.write_fabric(300, tmp_path, zones=4)
    plan = tomllib.loads((tmp_path / "plan.toml").read_text(encoding="utf-8"))
    assert plan["layers"]["services"]["road"]["reach_m"] == 100
    assert len(gpd.read_parquet(tmp_path / "parcels.parquet")) == 300


def test_it_shows_land_supply(make_sample, tmp_path):
    """Batches overlap by little, are cut by their phases, and the script makes the very files that ship."""
    import sample_supply

    phases = layer("phases")
    sample_supply.write_supply(phases, tmp_path)
    for name in ("batches.csv", "land_bank.csv"):
        assert (tmp_path / name).read_bytes() == (LAYERS / name).read_bytes()
    batches = pd.read_csv(LAYERS / "batches.csv")
    shapes = shapely.from_wkt(batches["wkt"].to_numpy())
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapely.difference(shapes, phases.union_all())).max() < 0.1 * 1000
    declared = batches["批次面积(亩)"] * 2000 / 3
    assert (abs(declared / shapely.area(shapes) - 1).dropna() < 0.01).all()
    bank = pd.read_csv(LAYERS / "land_bank.csv")
    assert set(bank["宗地代码"]) <= set(layer("parcels")["parcel_id"])


def test_it_shows_works(make_sample, tmp_path):
    """The script makes the very file that ships, of the works and roads that ship."""
    import sample_works

    sample_works.write_works(layer("works"), layer("roads"), tmp_path)
    assert (tmp_path / "works.csv").read_bytes() == (LAYERS / "works.csv").read_bytes()
    assert len(pd.read_csv(LAYERS / "works.csv")) == len(layer("works")) == 13

"""The sample, measured in the plane, against plain `geopandas.overlay`."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisplan.cli import sample
from gisplan.plan import load_plan
from gisplan.read import land_use
from gisplan.study import evaluate


@pytest.fixture(scope="module")
def result():
    plan = load_plan(sample() / "plan.toml")
    return evaluate(plan.model_copy(update={"plan": plan.plan.model_copy(update={"area": "planar"})}))


def layer(name, where=None):
    """A layer of the sample as it stands in the file, by geopandas alone."""
    return gpd.read_file(sample() / "park.gpkg", layer=name, where=where)


@pytest.fixture(scope="module")
def zones():
    return layer("zones")[["zone_id", "geometry"]]


@pytest.fixture(scope="module")
def parcels(result):
    table = land_use.code_table(result.plan.layers.parcels)
    frame = layer("parcels")
    return frame.assign(land_class=[land_use.class_of(c, table) for c in frame["land_use"]])


def cut(frame, zones):
    """Pieces of a layer by zone; ``share`` is the part of the feature."""
    whole = frame.assign(
        whole=frame.area if frame.geom_type.iloc[0].endswith("Polygon") else frame.length,
        row=range(len(frame)),
    )
    pieces = gpd.overlay(whole, zones, how="intersection", keep_geom_type=True)
    size = pieces.area if frame.geom_type.iloc[0].endswith("Polygon") else pieces.length
    return pieces.assign(size=size, share=size / pieces["whole"])


def same(result, name, peer, rel=1e-9):
    ours = result.zones.set_index("zone_id")[name]
    np.testing.assert_allclose(ours, peer.reindex(ours.index).fillna(0.0), rtol=rel, atol=1e-12, err_msg=name)


@pytest.fixture(scope="module")
def parcel_pieces(parcels, zones):
    return cut(parcels, zones)


@pytest.fixture(scope="module")
def land(parcel_pieces):
    return parcel_pieces.groupby("zone_id")["size"].sum()


def test_zone_and_parcel_area(result, zones, land):
    same(result, "zone_area_m2", zones.set_index("zone_id").area)
    same(result, "parcel_area_m2", land)


def test_land_of_each_class(result, parcel_pieces):
    table = parcel_pieces.pivot_table(
        index="zone_id", columns="land_class", values="size", aggfunc="sum", fill_value=0.0
    )
    shares = [c for c in result.zones if c.startswith("land_use_share_")]
    assert {c.removeprefix("land_use_share_") for c in shares} >= set(table.columns)
    for name in shares:
        own = table.get(name.removeprefix("land_use_share_"), pd.Series(0.0, index=table.index))
        same(result, name, own / table.sum(axis=1))


@pytest.fixture(scope="module")
def buildings(result):
    """Drawn buildings with the floor area the plan's rules give, in plain pandas."""
    frame = layer("buildings", where="status = 'built'")
    storey = frame["storey_height_m"].where(frame["storey_height_m"] > 0, result.plan.assumptions.storey_height_m)
    storeys = np.floor(frame["height_m"] / storey + 1e-9).clip(lower=1)
    floor = frame["floor_area_m2"].fillna(frame.area * frame["floors"]).fillna(frame.area * storeys)
    return frame.assign(floor=floor)


def test_footprint_and_density(result, buildings, zones, land):
    foot = cut(buildings, zones).groupby("zone_id")["size"].sum()
    same(result, "footprint_m2", foot)
    same(result, "building_density", foot / land)


def test_floor_area_and_plot_ratio(result, buildings, zones, land):
    pieces = cut(buildings, zones)
    floor = (pieces["share"] * pieces["floor"]).groupby(pieces["zone_id"]).sum()
    same(result, "floor_area_m2", floor)
    same(result, "plot_ratio", floor / land)
    same(result, "plot_ratio_gross", floor / zones.set_index("zone_id").area)
    unknown = pieces[pieces["floor"].isna()].groupby("zone_id").size()
    table = result.indicators.query("indicator == 'floor_area_m2'").set_index("zone_id")
    assert table["n_missing"].to_dict() == unknown.reindex(table.index, fill_value=0).to_dict()


def test_road_length(result, zones):
    """What runs within a centimetre of a border is taken out first, and half of it given to each of the two
    zones."""
    roads = layer("roads", where="status = 'built'")[["geometry"]]
    geometry = zones.set_index("zone_id").geometry
    borders, shared = [], pd.Series(0.0, index=geometry.index)
    for i, a in enumerate(geometry.index):
        for b in geometry.index[i + 1 :]:
            border = shapely.buffer(shapely.intersection(geometry[a].boundary, geometry[b].boundary), 0.01)
            borders.append(border)
            shared[[a, b]] += float(roads.intersection(border).length.sum()) / 2
    assert shared.max() > 500  # the sample has a road along a border
    rest = roads.difference(shapely.union_all(borders))
    length = cut(gpd.GeoDataFrame(geometry=rest[~rest.is_empty], crs=roads.crs), zones).groupby("zone_id")["size"].sum()
    same(result, "road_length_m", length.add(shared, fill_value=0.0), rel=1e-5)


SERVICES = {
    "road": ("road_surfaces", "status = 'built'", 5),
    "water": ("water", "status = 'in_service'", 50),
    "power": ("power_lines", "status = 'in_service' AND voltage_kv <= 20", 50),
    "gas": ("gas", "status = 'in_service'", 50),
}


@pytest.mark.parametrize("service", SERVICES)
def test_coverage(result, parcels, zones, parcel_pieces, land, service):
    name, where, reach = SERVICES[service]
    lines = layer(name, where=where)
    near = gpd.sjoin(parcels, lines[["geometry"]], predicate="dwithin", distance=reach)
    served = parcel_pieces[parcel_pieces["row"].isin(near.index)].groupby("zone_id")["size"].sum()
    same(result, f"coverage_{service}", served / land)


@pytest.mark.parametrize("service", SERVICES)
def test_reach(result, zones, service):
    """Arcs are chords, drawn where a line ends by the script and where a street ends by us: less apart than off."""
    name, where, reach = SERVICES[service]
    ours = result.zones.set_index("zone_id")[f"reach_{service}"]
    shares = []
    for segments in (16, 256):
        grown = layer(name, where=where).buffer(reach, quad_segs=segments).union_all()
        area = cut(gpd.GeoDataFrame(geometry=[grown], crs=zones.crs), zones).groupby("zone_id")["size"].sum()
        shares.append((area / zones.set_index("zone_id").area).reindex(ours.index, fill_value=0.0))
    coarse, fine = shares
    np.testing.assert_allclose(ours, coarse, rtol=3e-7)
    assert ((ours - coarse).abs() <= 0.01 * (fine - coarse) + 1e-10).all()


def test_investment_intensity(result, parcels, parcel_pieces):
    """Sum over sum of the parcels that state an investment, each split by share of area."""
    stated = result.parcels.set_index("parcel_id")["investment_wan"].reindex(parcel_pieces["parcel_id"]).to_numpy()
    known = ~np.isnan(stated)
    top = pd.Series(parcel_pieces["share"] * np.nan_to_num(stated)).groupby(parcel_pieces["zone_id"]).sum()
    bottom = parcel_pieces[known].groupby("zone_id")["size"].sum() / 10_000
    same(result, "investment_intensity", top / bottom)

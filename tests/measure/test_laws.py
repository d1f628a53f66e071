"""What must hold for any study: rows in any order, features cut in two, zones joined, other coordinate
systems, other workers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import town
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from gisplan.errors import BooksError
from gisplan.geometry import overlaps
from gisplan.measure import balance, evaluate, make_survey, require_closed, tables
from gisplan.plan import Plan
from gisplan.read import Layers
from gisplan.read.layer import Clean

law = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PLAN = Plan.model_validate(
    {
        "plan": {"name": "law", "area": "planar"},
        "layers": {
            "zones": {"path": "x"},
            "parcels": {"path": "x", "code_system": "ydyh2023"},
            "buildings": {"path": "x"},
            "roads": {"path": "x"},
            "services": {"water": {"path": "x", "reach_m": 60}},
        },
        "folder": Path(),
    }
)
DIMENSION = {"parcels": 2, "buildings": 2, "roads": 1, "services.water": 1}


def far(geometry):
    return shapely.transform(geometry, lambda xy: xy + np.array([town.EAST, town.NORTH]))


def frame(geometry, **columns):
    out = gpd.GeoDataFrame(columns, geometry=list(geometry), crs=town.CRS)
    dimension = int(shapely.get_dimensions(geometry[0]))
    return out.assign(
        **({"area_m2": out.area, "planar_area_m2": out.area} if dimension == 2 else {"length_m": out.length})
    )


def layers_of(frames):
    zones = frames["zones"].assign(name=frames["zones"]["zone_id"], level=None, parent_id=None)
    others = {n: Clean(f, DIMENSION[n], len(f)) for n, f in frames.items() if n != "zones"}
    shared = overlaps(np.asarray(zones.geometry.array), least_m2=0.0)
    return Layers(
        crs=CRS(town.CRS),
        zones=zones,
        zone_overlaps=shared,
        layers=MappingProxyType(others),
        member=None,
        issues=(),
    )


def table_of(frames, **kw):
    """Long table of all indicators, books checked on the way."""
    layers = layers_of(frames)
    survey = make_survey(PLAN, layers, **kw)
    require_closed(balance(layers, survey.pieces))
    return tables.long(survey, evaluate(survey)).set_index(["indicator", "zone_id"]).drop(columns=["unit", "source"])


@st.composite
def studies(draw):
    """Three zones that tile 600 × 300 m, parcels and buildings anywhere over them, roads of two to four
    points, two mains."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    a, b = np.sort(rng.uniform(100, 500, 2)) + np.array([0, 50])
    lean = rng.uniform(-40, 40)
    zones = [
        shapely.Polygon([(0, 0), (a, 0), (a + lean, 300), (0, 300)]),
        shapely.Polygon([(a, 0), (b, 0), (b, 300), (a + lean, 300)]),
        shapely.Polygon([(b, 0), (700, 0), (700, 300), (b, 300)]),
    ]

    def boxes(n, least, most):
        x, y, w, h = (
            rng.uniform(-50, 650, n),
            rng.uniform(-50, 280, n),
            rng.uniform(least, most, n),
            rng.uniform(least, most, n),
        )
        x[0], y[0] = 90, 100  # one at least lies in the zones
        return shapely.box(x, y, x + w, y + h)

    n, m, k = draw(st.integers(2, 14)), draw(st.integers(2, 14)), draw(st.integers(1, 8))
    classes = np.array(["industrial", "storage", "residential", "green", "road", None], dtype=object)
    gaps = np.where(rng.random(n) < 0.3, np.nan, 1.0)
    parcels = frame(
        far(boxes(n, 20, 150)),
        parcel_id=[f"P{i}" for i in range(n)],
        land_class=rng.choice(classes, n),
        investment_wan=gaps * rng.uniform(0, 5_000, n),
        jobs=rng.uniform(0, 300, n),
    )
    buildings = frame(
        far(boxes(m, 5, 60)), building_id=[f"B{i}" for i in range(m)], floor_area_m2=rng.uniform(20, 9_000, m)
    )
    roads = [shapely.LineString(rng.uniform((-50, -50), (750, 350), (int(rng.integers(2, 5)), 2))) for _ in range(k)]
    # One road along the border of the first two zones, one along the outer border.
    roads += [shapely.LineString([(a, 0), (a + lean, 300)]), shapely.LineString([(0, 0), (a, 0)])]
    streets = frame(
        far(np.array(roads)),
        road_id=[f"R{i}" for i in range(len(roads))],
        width_m=rng.uniform(4, 30, len(roads)),
        road_class=rng.choice(["arterial", "local"], len(roads)),
    )
    mains = frame(
        far(np.array([shapely.LineString(rng.uniform((0, 0), (700, 300), (2, 2))) for _ in range(2)])),
        feature_id=["W1", "W2"],
    )
    land = frame(far(np.array(zones)), zone_id=["Z1", "Z2", "Z3"])
    return {
        "zones": land,
        "parcels": parcels,
        "buildings": buildings,
        "roads": streets,
        "services.water": mains,
    }


def equal(left, right, *, rel=1e-9, columns=("value", "numerator", "denominator", "known_share"), atol=1e-9):
    right = right.loc[left.index]
    for column in columns:
        np.testing.assert_allclose(
            left[column].to_numpy(float), right[column].to_numpy(float), rtol=rel, atol=atol, err_msg=column
        )


COUNTS = ["n_used", "n_missing", "flags"]


@law
@given(studies(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(frames, random):
    mixed = {}
    for name, f in frames.items():
        order = list(range(len(f)))
        random.shuffle(order)
        mixed[name] = f.iloc[order].reset_index(drop=True)
    left = table_of(frames)
    right = table_of(mixed).loc[left.index]
    # A building that lies whole in two parcels, which overlap, belongs to the one that comes first.
    left, right = (t.drop("industrial_plot_ratio", level=0) for t in (left, right))
    equal(left, right)
    assert left[COUNTS].equals(right[COUNTS])


def split(f, *, by, dimension):
    """Cut every feature of a layer in two somewhere, sharing out its amounts."""
    out = []
    for i in range(len(f)):
        row = f.iloc[[i]]
        geometry = row.geometry.iloc[0]
        x0, y0, x1, y1 = geometry.bounds
        if dimension == 2:
            x = x0 + by * (x1 - x0)
            pieces = [
                geometry.intersection(shapely.box(x0 - 1, y0 - 1, x, y1 + 1)),
                geometry.intersection(shapely.box(x, y0 - 1, x1 + 1, y1 + 1)),
            ]
        else:
            cut = geometry.length * by
            pieces = [
                shapely.ops.substring(geometry, 0, cut),
                shapely.ops.substring(geometry, cut, geometry.length),
            ]
        for j, piece in enumerate(pieces):
            part = row.set_geometry([piece])
            share = (piece.area / geometry.area) if dimension == 2 else 1.0
            for column in ("floor_area_m2", "investment_wan", "jobs"):
                if column in part:
                    part[column] = part[column] * share
            key = part.columns[[c.endswith("_id") for c in part.columns]][0]
            part[key] = part[key] + f"/{j}"
            out.append(part)
    both = pd.concat(out, ignore_index=True)
    sizes = {"area_m2": both.area, "planar_area_m2": both.area} if dimension == 2 else {"length_m": both.length}
    return both.assign(**sizes)


#: Of these the figures depend on what one parcel or building is, not on land alone.
WHOLE = ("parcel_count", "coverage_", "built_land_share", "vacant_parcel_share", "industrial_plot_ratio")


@law
@given(studies(), st.floats(0.2, 0.8), st.sampled_from(["parcels", "buildings", "roads", "services.water"]))
def test_feature_drawn_as_two_gives_the_same_totals(frames, by, name):
    left = table_of(frames)
    right = table_of({**frames, name: split(frames[name], by=by, dimension=DIMENSION[name])})
    kept = [i for i in left.index if not i[0].startswith(WHOLE)]
    if name == "roads":  # flat ends of widened lines leave a gap, or close one, at a bend that is now an end
        # Nameless trunk roads are one as far as they run on straight, and a bend may now be where they end.
        kept = [i for i in kept if i[0] != "road_area_share" and not i[0].startswith("trunk_")]
    equal(left.loc[kept], right, columns=("value", "numerator", "denominator"), atol=1e-7)


SUMS = (
    "zone_area_m2",
    "parcel_area_m2",
    "parcel_count",
    "floor_area_m2",
    "footprint_m2",
    "road_length_m",
    "block_count",
)

#: Neither sums nor ratios: what two zones have of each does not tell what both together have.
NEITHER = ("land_use_mix", "block_size_m", "block_size_max_m", "trunk_lengthwise", "trunk_crosswise")


@law
@given(studies())
def test_joined_zones_have_the_sums_and_a_ratio_between(frames):
    apart = table_of(frames)
    zones = frames["zones"].geometry
    joined = frame(np.array([shapely.union_all(zones.iloc[:2]), zones.iloc[2]]), zone_id=["Z12", "Z3"])
    together = table_of({**frames, "zones": joined})
    for name in dict.fromkeys(apart.index.get_level_values(0)):
        one, two = (apart.loc[name, z] for z in ("Z1", "Z2"))
        both = together.loc[name, "Z12"]
        if name == "parcel_count":
            # A parcel that lies half in each and half outside neither may now lie mostly inside.
            assert both["value"] >= one["value"] + two["value"]
        elif name in SUMS:
            assert both["value"] == pytest.approx(one["value"] + two["value"], rel=1e-9, abs=1e-6)
        elif name not in NEITHER:
            if np.isnan([one["value"], two["value"]]).any():
                # nothing to lie between: the buildings of a zone without parcels come upon the other's land
                continue
            low, high = sorted((one["value"], two["value"]))
            slack = 1e-8 * max(1, abs(high))
            assert low - slack <= both["value"] <= high + slack, name
            for column in ("numerator", "denominator"):
                assert both[column] == pytest.approx(one[column] + two[column], rel=1e-8, abs=1e-6), (
                    name,
                    column,
                )
    # The third zone is none the wiser, but for a parcel whose largest part the joined zone may now have.
    for name in set(apart.index.get_level_values(0)) - {"parcel_count"}:
        assert together.loc[name, "Z3"]["value"] == pytest.approx(
            apart.loc[name, "Z3"]["value"], rel=1e-9, abs=1e-12, nan_ok=True
        )


@settings(law, max_examples=15)
@given(studies())
def test_town_drawn_elsewhere_is_the_same_town(frames):
    moved = {n: f.set_geometry(f.geometry.translate(1_000, -2_000)) for n, f in frames.items()}
    equal(table_of(frames), table_of(moved), rel=1e-8, atol=1e-8)


# ---------------------------------------------------------------- workers


def test_number_of_workers_changes_no_bit():
    rng = np.random.default_rng(1)

    def boxes(n, least, most):
        x, y, w, h = (
            rng.uniform(0, 4_000, n),
            rng.uniform(0, 4_000, n),
            rng.uniform(least, most, n),
            rng.uniform(least, most, n),
        )
        return far(shapely.box(x, y, x + w, y + h))

    start = rng.uniform(0, 4_000, (1_500, 2))
    lines = far(shapely.linestrings(np.stack([start, start + rng.uniform(-150, 150, (1_500, 2))], axis=1)))
    frames = {
        "zones": frame(
            far(
                np.array(
                    [shapely.box(c, r, c + 570, r + 570) for c in range(0, 3_990, 570) for r in range(0, 3_990, 570)]
                )
            ),
            zone_id=[f"Z{i}" for i in range(49)],
        ),
        "parcels": frame(
            boxes(3_000, 20, 90),
            parcel_id=[f"P{i}" for i in range(3_000)],
            land_class=rng.choice(["industrial", "green"], 3_000),
        ),
        "buildings": frame(
            boxes(3_000, 5, 40),
            building_id=[f"B{i}" for i in range(3_000)],
            floor_area_m2=rng.uniform(1, 900, 3_000),
        ),
        "roads": frame(lines, road_id=[f"R{i}" for i in range(1_500)], width_m=10.0, road_class="local"),
        "services.water": frame(lines[:40], feature_id=[f"W{i}" for i in range(40)]),
    }
    alone = table_of(frames)
    for workers in (1, 2, 5):
        with ThreadPoolExecutor(workers) as pool:
            got = table_of(frames, executor=pool)
        assert (
            got.drop(columns="flags").to_numpy(float).tobytes() == alone.drop(columns="flags").to_numpy(float).tobytes()
        )
        assert got["flags"].equals(alone["flags"])


# ---------------------------------------------------------------- coordinate systems

#: A foot grid like those of the United States, here over the town.
FEET = "+proj=tmerc +lat_0=30 +lon_0=119.5 +k=0.9999 +x_0=300000 +y_0=0 +ellps=GRS80 +units=us-ft +no_defs"
SYSTEMS = pytest.mark.parametrize("crs", ["EPSG:32650", "EPSG:4490", FEET], ids=["utm_50n", "degrees", "feet"])

#: Figures of land alone: neither distances in the plane nor ties of exactly one half are in them.
OF_LAND = (
    "zone_area_m2",
    "parcel_area_m2",
    "land_use_",
    "industrial_land_share",
    "built_land_share",
    "vacant_parcel_share",
    "footprint_m2",
    "floor_area_m2",
    "plot_ratio",
    "building_density",
    "mean_floors",
    "open_space_ratio",
    "investment",
    "output",
    "tax",
    "job",
)


@pytest.fixture(scope="module")
def in_own_system(tmp_path_factory):
    from gisplan.study import evaluate as study

    return study(town.write(tmp_path_factory.mktemp("own"), header={"area": "ellipsoid"}))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    from gisplan.study import evaluate as study

    made = {}

    def measured(crs):
        if crs not in made:
            made[crs] = study(town.write(tmp_path_factory.mktemp("crs"), header={"area": "ellipsoid"}, crs=crs))
        return made[crs]

    return measured


@SYSTEMS
def test_coordinate_system_changes_no_figure_of_land(in_own_system, elsewhere, crs):
    left, right = in_own_system.zones, elsewhere(crs).zones
    for name in left.columns:
        if name.startswith(OF_LAND):
            # The border through B4 is straight in both systems, which are a tenth of a millimetre apart: 3e-6
            # of its 30 m.
            tolerance = 1e-6 if name not in ("plot_ratio_gross", "footprint_m2", "floor_area_m2") else 3e-6
            np.testing.assert_allclose(
                left[name], right[name], rtol=tolerance, atol=1e-6 * name.endswith("_m2"), err_msg=name
            )


@SYSTEMS
def test_coordinate_system_changes_no_junction(in_own_system, elsewhere, crs):
    """Projected, the end of R5 lies off R1, and the crossing of R1 and R2 off the border."""
    left, right = in_own_system.zones, elsewhere(crs).zones
    junctions = [(t["intersection_density"] * t["zone_area_m2"] / 1e6).tolist() for t in (left, right)]
    assert junctions[0] == pytest.approx([1.5, 1.5, 0], rel=1e-6)
    assert junctions[1] == pytest.approx([1.5, 1.5, 0], rel=1e-6)


@SYSTEMS
def test_coordinate_system_changes_no_road_along_a_border(in_own_system, elsewhere, crs):
    """Projected, R2 lies a micrometre off the border, which has no vertex where R2 begins. Still half of it
    belongs to each side."""
    left, right = in_own_system.zones, elsewhere(crs).zones
    np.testing.assert_allclose(left["road_length_m"], right["road_length_m"], rtol=1e-6)


def test_study_in_degrees_serves_whom_it_serves_in_metres(in_own_system, elsewhere):
    """Parcels exactly at the reach, and one that abuts on a service area, are off by the rounding of a
    projection at most."""
    left, right = in_own_system.zones, elsewhere("EPSG:4490").zones
    for name in left.columns:
        if name.startswith(("coverage_", "reach_")):
            np.testing.assert_allclose(left[name], right[name], rtol=1e-6, err_msg=name)


# ---------------------------------------------------------------- the books


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory):
    from gisplan.read import read_layers

    plan = town.write(tmp_path_factory.mktemp("books"))
    layers = read_layers(plan)
    return layers, make_survey(plan, layers).pieces


AREA_LAYERS = ["parcels", "buildings", "roads", "services.water", "services.gas"]


def tampered(surveyed, name, **change):
    layers, pieces = surveyed
    return balance(layers, {**pieces, name: replace(pieces[name], **change)})


def test_books_close_as_they_are(surveyed):
    require_closed(balance(*surveyed))


@pytest.mark.parametrize("name", AREA_LAYERS)
def test_lost_piece_opens_the_books(surveyed, name):
    cut = surveyed[1][name]
    lost = {n: getattr(cut, n)[1:] for n in ("zone", "feature", "share")}
    with pytest.raises(BooksError, match=name):
        require_closed(tampered(surveyed, name, **lost))


@pytest.mark.parametrize("name", AREA_LAYERS)
def test_piece_counted_twice_opens_the_books(surveyed, name):
    cut = surveyed[1][name]
    twice = {n: np.append(getattr(cut, n), getattr(cut, n)[-1]) for n in ("zone", "feature", "share")}
    with pytest.raises(BooksError, match=name):
        require_closed(tampered(surveyed, name, **twice))


@pytest.mark.parametrize("name", [*AREA_LAYERS, "services.power"])
def test_lost_feature_opens_the_books(surveyed, name):
    layers, pieces = surveyed
    cut = pieces[name]
    kept = cut.feature != 0
    short = replace(
        cut,
        frame=cut.frame.iloc[1:],
        zone=cut.zone[kept],
        feature=cut.feature[kept] - 1,
        share=cut.share[kept],
        outside=cut.outside[1:],
        overlap=cut.overlap[1:],
        owner=cut.owner[1:],
    )
    with pytest.raises(BooksError, match=f"{name} count"):
        require_closed(balance(layers, {**pieces, name: short}))


@pytest.mark.parametrize("name", AREA_LAYERS)
def test_share_off_by_a_millionth_opens_the_books(surveyed, name):
    cut = surveyed[1][name]
    share = cut.share.copy()
    share[np.argmax(share * cut.size[cut.feature])] *= 1 + 1e-6
    with pytest.raises(BooksError):
        require_closed(tampered(surveyed, name, share=share))


def test_land_forgotten_outside_opens_the_books(surveyed):
    cut = surveyed[1]["parcels"]
    with pytest.raises(BooksError, match="parcels area_m2"):
        require_closed(tampered(surveyed, "parcels", outside=np.zeros_like(cut.outside)))

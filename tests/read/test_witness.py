"""Coordinates bear witness: towns whose layers declare the wrong coordinate system, or none."""

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from park_files import CRS, LAYERS, buildings, issues, parcels, roads, run, study, water, zone_figures, zones
from pyproj import Transformer

from gisplan.read import witness

Z, P = "layers.zones", "layers.parcels"
GK40 = "EPSG:4528 (CGCS2000 / 3-degree Gauss-Kruger zone 40)"
CM120 = "EPSG:4549 (CGCS2000 / 3-degree Gauss-Kruger CM 120E)"
CM117 = "EPSG:4548 (CGCS2000 / 3-degree Gauss-Kruger CM 117E)"
OLD = " On an older datum (Xi'an 1980, Beijing 1954) it would be off by tens of metres."
HERE = "x 500000…501200, y 3400000…3400500"


def bare(frame):
    """Layer without a coordinate system."""
    return frame.set_crs(None, allow_override=True)


def swapped(frame):
    """Layer with x and y exchanged."""
    shapes = shapely.transform(frame.geometry.array, lambda xy: xy[:, ::-1])
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def said(frame, crs):
    """Layer that declares a system it is not in."""
    return frame.set_crs(crs, allow_override=True)


def every(change):
    return {name: change(make()) for name, make in LAYERS.items()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    assert run(study(folder)) == 0
    return zone_figures(folder / "out")


def assert_like(folder, plain):
    got = zone_figures(folder / "out")
    numbers = plain.select_dtypes("number").columns
    np.testing.assert_allclose(got[numbers], plain[numbers], rtol=1e-7, atol=1e-6)


# ---------------------------------------------------------------- nothing declared, and only one answer

GUESSED = {
    "degrees_without_prj": (
        every(lambda f: bare(f.to_crs(4490))),
        "There is no coordinate system (x 120…120.012529, y 30.7206169…30.7251275); taken as EPSG:4490 "
        "(China Geodetic Coordinate System 2000), for its coordinates are degrees within China.",
        f'Write crs = "EPSG:4490" in [layers.zones] if that is right, or the right one.{OLD}',
    ),
    "latitude_first_without_prj": (
        every(lambda f: bare(swapped(f.to_crs(4490)))),
        "There is no coordinate system (x 30.7206169…30.7251275, y 120…120.012529); taken as EPSG:4490 "
        "(China Geodetic Coordinate System 2000), with x and y exchanged, for its coordinates are degrees within China.",
        f'Write crs = "EPSG:4490" and axes = "yx" in [layers.zones] if that is right, or the right one.{OLD}',
    ),
    "zone_number_in_front": (
        every(lambda f: bare(f.to_crs(4528))),
        f"There is no coordinate system (x 40500000…40501200, y 3400000…3400500); taken as {GK40}, "
        "for its eastings begin with 40, the 3° zone of 120°E.",
        f'Write crs = "EPSG:4528" in [layers.zones] if that is right, or the right one.{OLD}',
    ),
    "northing_first_with_zone_number": (
        every(lambda f: bare(swapped(f.to_crs(4528)))),
        f"There is no coordinate system (x 3400000…3400500, y 40500000…40501200); taken as {GK40}, "
        "with x and y exchanged, for its eastings begin with 40, the 3° zone of 120°E.",
        f'Write crs = "EPSG:4528" and axes = "yx" in [layers.zones] if that is right, or the right one.{OLD}',
    ),
    "placed_by_the_parcels": (
        {"zones": bare(zones())},
        f"There is no coordinate system ({HERE}); taken as {CM120}, for it is the system of [layers.parcels], "
        "and so it falls onto [layers.parcels].",
        f'Write crs = "EPSG:4549" in [layers.zones] if that is right, or the right one.{OLD}',
    ),
}


@pytest.mark.parametrize("town", GUESSED)
def test_a_guess_without_a_choice_is_used_and_told(town, plain, tmp_path):
    layers, message, remedy = GUESSED[town]
    assert run(study(tmp_path, **layers)) == 0
    found = issues(tmp_path / "out").reset_index().set_index(["code", "layer"]).loc[("CRS_GUESSED", "zones")]
    assert (found["severity"], found["message"], found["remedy"]) == ("warning", message, remedy)
    assert_like(tmp_path, plain)


ONTO = {
    "the_system_of_the_zones": (bare(parcels()), f"taken as {CM120}, for it is the system of [layers.zones]"),
    "the_zone_to_the_west": (bare(parcels().to_crs(4548)), f"taken as {CM117}, for the central meridian is 117°E"),
    "exchanged_axes": (
        bare(swapped(parcels())),
        f"taken as {CM120}, with x and y exchanged, for the central meridian is 120°E",
    ),
    "web_mercator": (
        bare(parcels().to_crs(3857)),
        "taken as EPSG:3857 (WGS 84 / Pseudo-Mercator), for its coordinates have the size of web map coordinates",
    ),
}


@pytest.mark.parametrize("town", ONTO)
def test_a_layer_is_placed_by_the_zones(town, plain, tmp_path):
    frame, told = ONTO[town]
    assert run(study(tmp_path, parcels=frame)) == 0
    message = issues(tmp_path / "out").loc["CRS_GUESSED", "message"]
    assert message.endswith(f"; {told}, and so it falls onto [layers.zones].")
    assert_like(tmp_path, plain)


# ---------------------------------------------------------------- asked, or refused with the likely right one

MANY = (
    "Gauss–Krüger or UTM without a zone number: EPSG:4534…4554 for central meridians 75°E…135°E (EPSG:4549 for 120°E), "
    "EPSG:32643…32653 for UTM"
)
ASK = 'Write crs = "EPSG:…" in [layers.zones], or declare it in the file (e.g. a .prj beside a shapefile).'
AREA = "(China - onshore between 118°30'E and 121°30'E)"
REFUSED = {
    "which_central_meridian": (
        {},
        every(bare),
        f"[layers.zones]: has no coordinate system ({HERE}). It may be in {MANY}. {ASK}",
    ),
    "xinjiang_or_web_mercator": (
        {},
        every(lambda f: bare(f.to_crs(3857))),
        "[layers.zones]: has no coordinate system (x 13358338.9…13359733.6, y 3596518.83…3597102.93). It may be in EPSG:4491 "
        "(CGCS2000 / Gauss-Kruger zone 13), for its eastings begin with 13, the 6° zone of 75°E; or EPSG:3857 "
        f"(WGS 84 / Pseudo-Mercator), for its coordinates have the size of web map coordinates. {ASK}",
    ),
    "a_drawing_with_its_own_origin": (
        {},
        every(lambda f: bare(f.set_geometry(f.translate(-5e5, -3.4e6)))),
        f"[layers.zones]: has no coordinate system (x 0…1200, y 0…500). Its coordinates have the size of no system known. {ASK}",
    ),
    "zone_39_declared_40_drawn": (
        {},
        {"zones": said(zones().to_crs(4528), 4527)},
        "[layers.zones]: declares EPSG:4527 (CGCS2000 / 3-degree Gauss-Kruger zone 39), but its coordinates "
        "(x 40500000…40501200, y 3400000…3400500) lie far outside its area (China - onshore between 115°30'E and 118°30'E). "
        f"It is probably in {GK40}, for its eastings begin with 40, the 3° zone of 120°E. "
        'Declare that in the file, or write crs = "EPSG:4528" and crs_override = true in [layers.zones].',
    ),
    "zone_number_declared_but_not_drawn": (
        {},
        {"zones": said(zones(), 4528)},
        f"[layers.zones]: declares {GK40}, but its coordinates ({HERE}) lie far outside its area {AREA}. "
        f"It is probably in {CM120}, for its eastings have no zone number in front. "
        'Declare that in the file, or write crs = "EPSG:4549" and crs_override = true in [layers.zones].',
    ),
    "neighbouring_zone_declared": (
        {},
        {"parcels": said(parcels(), 4548)},
        f"[layers.parcels]: declares {CM117}, which puts it 286 km from [layers.zones]. "
        f"It is probably in {CM120}, for it is the system of [layers.zones]. "
        'Declare that in the file, or write crs = "EPSG:4549" and crs_override = true in [layers.parcels]. '
        "Or [layers.zones] is declared wrongly.",
    ),
    "latitude_first": (
        {},
        every(lambda f: swapped(f.to_crs(4326))),
        "[layers.zones]: declares EPSG:4326 (WGS 84), but its coordinates (x 30.7206169…30.7251275, y 120…120.012529) "
        "cannot be longitude and latitude. It would fit with x and y exchanged. "
        'Write axes = "yx" in [layers.zones].',
    ),
    "northing_first": (
        {},
        {"parcels": swapped(parcels())},
        f"[layers.parcels]: declares {CM120}, but its coordinates (x 3400000…3400500, y 500000…501200) "
        f"lie far outside its area {AREA}. It would fit with x and y exchanged. "
        'Write axes = "yx" in [layers.parcels].',
    ),
    "metres_declared_as_degrees": (
        {},
        {"parcels": said(parcels(), 4490)},
        "[layers.parcels]: declares China Geodetic Coordinate System 2000, which is in degrees, but its coordinates are not "
        f"({HERE}). It is probably in {CM120}, for it is the system of [layers.zones]. "
        'Declare that in the file, or write crs = "EPSG:4549" and crs_override = true in [layers.parcels].',
    ),
    "web_mercator_declared_as_gauss_krueger": (
        {},
        {"parcels": said(parcels().to_crs(3857), CRS)},
        f"[layers.parcels]: declares {CM120}, but its coordinates (x 13358338.9…13359733.6, y 3596518.83…3597102.93) lie far "
        f"outside its area {AREA}. It is probably in EPSG:3857 (WGS 84 / Pseudo-Mercator), for its coordinates have the size of "
        'web map coordinates. Declare that in the file, or write crs = "EPSG:3857" and crs_override = true in [layers.parcels].',
    ),
    "the_plan_against_the_file": (
        {f"{P}.crs": "EPSG:4548"},
        {},
        f"[layers.parcels] crs: the plan says {CM117}, the file declares {CM120}. "
        "Take crs out of the plan, or write crs_override = true if the file is wrong.",
    ),
    "override_of_nothing": (
        {f"{P}.crs_override": True},
        {},
        'plan.toml: [layers.parcels] crs_override says that crs = "…" is right against the file. Give crs too.',
    ),
    "unknown_system_of_a_layer": (
        {f"{Z}.crs": "EPSG:99999"},
        {},
        "plan.toml: [layers.zones] crs: 'EPSG:99999' is no coordinate system. Write e.g. crs = \"EPSG:4549\".",
    ),
}


@pytest.mark.parametrize("town", REFUSED)
def test_refused_with_the_likely_right_one(town, tmp_path, capsys):
    changes, layers, message = REFUSED[town]
    assert run(study(tmp_path, plan=changes, **layers)) == 2
    assert capsys.readouterr().err == f"gisplan: {message}\n"
    assert not (tmp_path / "out").exists()


NEW_YORK = 2263  # US survey feet
FOOT = 1200 / 3937


def in_new_york(frame, unit):
    """The park at Manhattan's coordinates, drawn in feet or metres, declared in feet."""
    moved = frame.set_geometry(frame.translate(-500_000 + 985_000 * FOOT, -3_400_000 + 210_000 * FOOT))
    return said(moved.set_geometry(moved.scale(1 / unit, 1 / unit, origin=(0, 0))), NEW_YORK)


def test_metres_declared_as_feet(tmp_path, capsys):
    layers = every(lambda f: in_new_york(f, FOOT)) | {"parcels": in_new_york(parcels(), 1.0)}
    assert run(study(tmp_path, **layers)) == 2
    told = capsys.readouterr().err
    assert told.startswith(
        "gisplan: [layers.parcels]: declares EPSG:2263 (NAD83 / New York Long Island (ftUS)), which puts it "
    )
    assert told.endswith(
        "km from [layers.zones]. It would fit if its coordinates are in metres, not US survey foot. "
        "Declare the system with that unit in the file. Or [layers.zones] is declared wrongly.\n"
    )


# ---------------------------------------------------------------- the plan decides

DECIDED = {
    "no_crs": ({"zones": bare(zones())}, {f"{Z}.crs": "EPSG:4549"}, ("zones", "CRS_FROM_PLAN", "note")),
    "wrong_crs": (
        {"parcels": said(parcels(), 4548)},
        {f"{P}.crs": "EPSG:4549", f"{P}.crs_override": True},
        ("parcels", "CRS_FROM_PLAN", "warning"),
    ),
    "exchanged_axes": ({"parcels": swapped(parcels())}, {f"{P}.axes": "yx"}, ("parcels", "AXES_SWAPPED", "note")),
    "the_same_twice": ({}, {f"{P}.crs": "epsg:4549"}, None),
}


@pytest.mark.parametrize("town", DECIDED)
def test_the_plan_says_where_a_layer_lies(town, plain, tmp_path):
    layers, changes, told = DECIDED[town]
    assert run(study(tmp_path, plan=changes, **layers)) == 0
    found = issues(tmp_path / "out").reset_index()
    assert told is None or told in set(zip(found["layer"], found["code"], found["severity"], strict=True))
    assert "CRS_GUESSED" not in set(found["code"])
    assert_like(tmp_path, plain)


def test_an_override_is_believed_wherever_it_puts_the_layer(tmp_path):
    """A water main that really lies 286 km to the west."""
    changes = {"layers.services.water.crs": "EPSG:4548", "layers.services.water.crs_override": True}
    assert run(study(tmp_path, plan=changes)) == 0
    found = issues(tmp_path / "out")
    assert found.loc["CRS_FROM_PLAN", "message"] == f"Taken as {CM117}, as the plan says; the file declares {CM120}."
    assert found.loc["LAYER_APART", "layer"] == "services.water"


# ---------------------------------------------------------------- what only looks odd is told and measured


def test_a_service_far_away_that_no_other_system_explains(tmp_path):
    assert run(study(tmp_path, water=water().set_geometry(water().translate(3e5)))) == 0
    found = issues(tmp_path / "out")
    assert found.loc["CRS_OUTSIDE_AREA", "message"] == (
        f"Lies 1.6° outside the area {CM120} is made for: perhaps that is not its system."
    )
    assert "LAYER_APART" in found.index


def test_one_stray_record_does_not_put_a_layer_elsewhere(tmp_path):
    """A building at 0, 0 in a system with zone numbers, where 0, 0 is no place at all."""
    shapes = list(buildings().to_crs(4528).geometry)
    shapes[7] = shapely.box(0, 0, 10, 10)
    frame = buildings().set_geometry(gpd.GeoSeries(shapes, crs=4528))
    assert run(study(tmp_path / "declared", buildings=frame)) == 0
    assert run(study(tmp_path / "bare", buildings=bare(frame))) == 0
    found = issues(tmp_path / "bare/out").loc["CRS_GUESSED", "message"]
    assert found.startswith("There is no coordinate system (x 40500025…40501175,")


def test_web_mercator_is_told_by_how_much_it_stretches(tmp_path):
    """At Suzhou, 31.3°N: 1 / cos² 31.3° = 1.370."""
    there = {name: make().set_geometry(make().translate(60_000, 64_000)) for name, make in LAYERS.items()}
    there["parcels"] = there["parcels"].to_crs(3857)
    assert run(study(tmp_path, **there)) == 0
    found = issues(tmp_path / "out").loc["CRS_STRETCHES"]
    assert (found["layer"], found["severity"]) == ("parcels", "note")
    assert found["message"] == (
        "WGS 84 / Pseudo-Mercator stretches areas by +37.0% here; measured in CGCS2000 / 3-degree Gauss-Kruger CM 120E instead."
    )
    assert zone_figures(tmp_path / "out")["parcel_area_m2"].sum() == pytest.approx(600_000, rel=2e-4)


def test_a_plan_in_web_mercator_is_refused_with_the_percentage(tmp_path, capsys):
    there = {name: make().set_geometry(make().translate(60_000, 64_000)) for name, make in LAYERS.items()}
    assert run(study(tmp_path, plan={"plan.crs": "EPSG:3857"}, **there)) == 2
    assert capsys.readouterr().err == (
        "gisplan: [plan] crs: EPSG:3857 (WGS 84 / Pseudo-Mercator) stretches areas by +37.0% where the data lie, so "
        "distances would be wrong. Give the zone of the data, or leave crs out and gisplan chooses.\n"
    )


def test_shapefile_without_prj_of_roads_only(tmp_path):
    roads().to_crs(4528).to_file(tmp_path / "r.shp")
    (tmp_path / "r.prj").unlink()
    assert run(study(tmp_path, plan={"layers.roads": {"path": "r.shp"}})) == 0
    found = issues(tmp_path / "out").loc["CRS_GUESSED"]
    assert found["layer"] == "roads" and f"taken as {GK40}, for its eastings begin with 40" in found["message"]
    assert pyogrio.read_info(tmp_path / "r.shp")["crs"] is None


# ---------------------------------------------------------------- laws

#: Each example makes dozens of projections.
FEW = settings(max_examples=30, deadline=None)
LONGITUDE = st.floats(73.6, 134.7)
LATITUDE = st.floats(18.0, 53.5)
DATUM = pyproj.CRS(4490)


def box_of(lon, lat, crs, size=0.01):
    """Bounds of a small park, as a file in a system would give them."""
    x, y = Transformer.from_crs(DATUM, crs, always_xy=True).transform([lon, lon + size], [lat, lat + size])
    return min(x), min(y), max(x), max(y)


def zone_of(lon, kind):
    return pyproj.CRS(4488 + round(lon / 3) if kind == 3 else 4478 + int(lon // 6) + 1)


@FEW
@given(LONGITUDE, LATITUDE, st.sampled_from([3, 6]), st.booleans())
def test_coordinates_with_a_zone_number_name_their_own_zone_or_ask(lon, lat, kind, is_swapped):
    crs = zone_of(lon, kind)
    box = box_of(lon, lat, crs)
    found = witness.guesses(witness.swap(box) if is_swapped else box)
    assert (crs.to_epsg(), is_swapped) in {(g.crs.to_epsg(), g.is_swapped) for g in found}
    sure = witness.sure(witness.swap(box) if is_swapped else box)
    assert sure is None or (sure.crs.to_epsg(), sure.is_swapped) == (crs.to_epsg(), is_swapped)
    if kind == 3 or lon > 97.0:  # 6° zones 13–16 have eastings that may be web map coordinates
        assert sure is not None


@FEW
@given(LONGITUDE, LATITUDE, st.integers(-1, 1))
def test_a_neighbouring_zone_is_named_as_it_is_or_asked_for(lon, lat, step):
    n = round(lon / 3) + step
    assume(25 <= n <= 45)
    sure = witness.sure(box_of(lon, lat, pyproj.CRS(4488 + n)))
    assert sure is None or sure.crs.to_epsg() == 4488 + n


@FEW
@given(LONGITUDE, LATITUDE, st.booleans())
def test_degrees_in_china_are_known_as_such(lon, lat, is_swapped):
    box = (lon, lat, lon + 0.01, lat + 0.01)
    sure = witness.sure(witness.swap(box) if is_swapped else box)
    if is_swapped and lon + 0.01 <= 90:
        assert sure is None  # 80°N, 40°E is a place too
    else:
        assert sure is not None and (sure.crs.to_epsg(), sure.is_swapped) == (4490, is_swapped)


@FEW
@given(LONGITUDE, LATITUDE)
def test_coordinates_without_a_zone_number_are_never_guessed(lon, lat):
    crs = pyproj.CRS(4509 + min(max(round(lon / 3), 25), 45))
    assert witness.sure(box_of(lon, lat, crs)) is None
    here = witness.Witness("there", DATUM, (lon, lat, lon + 0.01, lat + 0.01))
    onto = [
        g
        for g in witness.guesses(box_of(lon, lat, crs))
        if witness.gap_km(witness.degrees(g, box_of(lon, lat, crs)), here.box) == 0
    ]
    assert crs.to_epsg() in {g.crs.to_epsg() for g in onto}


@FEW
@given(LONGITUDE, LATITUDE, st.sampled_from([-2, -1, 1, 2]), st.sampled_from([3, 6]))
def test_a_wrong_zone_number_is_always_noticed_and_the_right_one_named(lon, lat, step, kind):
    right = zone_of(lon, kind)
    wrong = right.to_epsg() + step
    assume((4513 <= wrong <= 4533) if kind == 3 else (4491 <= wrong <= 4501))
    assume(kind == 3 or lon > 97.0)
    box = box_of(lon, lat, right)
    assume(witness.outside(right, (lon, lat, lon, lat)) == 0)  # on land, in China
    place = witness.degrees(witness.Guess(pyproj.CRS(wrong), ""), box)
    assert witness.outside(pyproj.CRS(wrong), place) > witness.NOTICED
    assert next(g.crs.to_epsg() for g in witness.others(pyproj.CRS(wrong), box, None)) == right.to_epsg()


def test_coordinates_at_the_end_of_numbers_lie_nowhere():
    box = (0.0, -1.797693124862316e308, 0.0, 9.999999900163214e299)
    assert np.isnan(witness.degrees(witness.Guess(pyproj.CRS(CRS), ""), box)).all()

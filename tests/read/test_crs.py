"""Layers in any coordinate system meet in one; which one is told."""

import numpy as np
import pytest
from park_files import CRS, LAYERS, X0, Y0, buildings, issues, parcels, roads, run, study, zone_figures, zones

NO_CRS = {"plan.crs": ...}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    assert run(study(folder)) == 0
    return zone_figures(folder / "out")


def assert_like(folder, plain, *, rel):
    got = zone_figures(folder / "out")
    numbers = plain.select_dtypes("number").columns
    np.testing.assert_allclose(got[numbers], plain[numbers], rtol=rel, atol=1e-6)


def told(folder):
    return issues(folder / "out").loc["STUDY_CRS", "message"]


def test_the_zones_decide(plain, tmp_path):
    assert run(study(tmp_path, plan=NO_CRS)) == 0
    assert told(tmp_path) == "Measured in CGCS2000 / 3-degree Gauss-Kruger CM 120E (EPSG:4549): that of [layers.zones]."


def test_degrees_on_cgcs2000_become_gauss_krueger(plain, tmp_path):
    assert run(study(tmp_path, **{name: make().to_crs(4490) for name, make in LAYERS.items()})) == 0
    assert told(tmp_path) == (
        "Measured in CGCS2000 / 3-degree Gauss-Kruger CM 120E (EPSG:4549): the 3° Gauss–Krüger zone of 120.01°E; "
        "China Geodetic Coordinate System 2000 is in degrees."
    )
    assert_like(tmp_path, plain, rel=1e-8)


def test_degrees_on_wgs84_become_utm(tmp_path):
    assert run(study(tmp_path, **{name: make().to_crs(4326) for name, make in LAYERS.items()})) == 0
    assert told(tmp_path).startswith(
        "Measured in WGS 84 / UTM zone 51N (EPSG:32651): the UTM zone of 120.01°, 30.72°; WGS 84 is in degrees."
    )


def test_web_mercator_is_not_kept(tmp_path):
    assert run(study(tmp_path, **{name: make().to_crs(3857) for name, make in LAYERS.items()})) == 0
    assert told(tmp_path).startswith("Measured in WGS 84 / UTM zone 51N (EPSG:32651)")
    assert told(tmp_path).endswith("WGS 84 / Pseudo-Mercator is in metre and stretches areas by +35.3%.")
    figures = zone_figures(tmp_path / "out")
    assert figures["zone_area_m2"].to_numpy() == pytest.approx(300_000, rel=1e-6)


def test_every_layer_in_another_system(plain, tmp_path):
    frames = {"parcels": parcels().to_crs(4490), "buildings": buildings().to_crs(4326), "roads": roads().to_crs(4528)}
    assert run(study(tmp_path, **frames)) == 0
    assert_like(tmp_path, plain, rel=1e-7)
    found = issues(tmp_path / "out").loc["CRS_BALLPARK"]
    assert (found["layer"], found["severity"]) == ("buildings", "note")
    assert found["message"] == (
        "WGS 84 and CGCS2000 / 3-degree Gauss-Kruger CM 120E are taken as the same datum: positions may be off by a metre or two."
    )


def test_an_old_datum_is_a_warning(tmp_path):
    """Beijing 1954, for which no public parameters are accurate."""
    assert run(study(tmp_path, roads=roads().to_crs(2437))) == 0
    found = issues(tmp_path / "out")
    if "CRS_BALLPARK" in found.index:
        assert (found.loc["CRS_BALLPARK", "layer"], found.loc["CRS_BALLPARK", "severity"]) == ("roads", "warning")


def test_feet(tmp_path):
    """EPSG:2263, New York in US survey feet: every size comes out in metres."""
    foot = 1200 / 3937

    def in_feet(frame):
        moved = frame.set_geometry(frame.translate(-X0 + 985_000 * foot, -Y0 + 210_000 * foot))
        return moved.set_geometry(moved.scale(1 / foot, 1 / foot, origin=(0, 0))).set_crs(2263, allow_override=True)

    assert run(study(tmp_path, **{name: in_feet(make()) for name, make in LAYERS.items()})) == 0
    assert told(tmp_path).startswith("Measured in NAD83 / UTM zone 18N (EPSG:26918)")
    assert told(tmp_path).endswith("NAD83 / New York Long Island (ftUS) is in US survey foot.")
    figures = zone_figures(tmp_path / "out")
    assert figures["zone_area_m2"].to_numpy() == pytest.approx(300_000, rel=1e-4)
    assert figures["plot_ratio"].to_numpy() == pytest.approx(0.5, rel=1e-6)


def test_a_local_system_has_no_place(tmp_path, capsys):
    local = 'LOCAL_CS["Site grid",UNIT["metre",1]]'
    plan = study(tmp_path, zones=zones().set_crs(local, allow_override=True))
    assert run(plan) == 2
    assert capsys.readouterr().err == (
        "gisplan: [layers.zones]: its coordinate system (Site grid) has no place on the earth. Declare the right one in the file.\n"
    )


@pytest.mark.parametrize("wanted", ["epsg:4549", "EPSG:4528", "EPSG:32651"])
def test_the_plan_decides(wanted, plain, tmp_path):
    assert run(study(tmp_path, plan={"plan.crs": wanted})) == 0
    assert told(tmp_path).endswith(": named in the plan.")
    assert_like(tmp_path, plain, rel=1e-3)  # lengths across a road are planar, and UTM draws them 0.06 % too short here


def test_zones_from_parcels_and_from_a_grid(tmp_path):
    assert run(study(tmp_path / "by", plan={"layers.zones": {"from": "parcels", "by": "half"}})) == 0
    figures = zone_figures(tmp_path / "by/out")
    assert figures["parcel_count"].to_dict() == {"E": 30, "W": 30}
    assert run(study(tmp_path / "grid", plan={"layers.zones": {"grid": 250}})) == 0
    figures = zone_figures(tmp_path / "grid/out")
    assert figures.index[0] == "r001c001" and len(figures) == 2 * 5
    assert figures["parcel_area_m2"].sum() == pytest.approx(600_000, rel=1e-6)


def test_parcels_without_a_zone_value_are_told(tmp_path):
    frame = parcels().astype({"half": object})
    frame.loc[3, "half"] = None
    assert run(study(tmp_path, plan={"layers.zones": {"from": "parcels", "by": "half"}}, parcels=frame)) == 0
    assert issues(tmp_path / "out").loc["ZONE_VALUE_MISSING", "features"] == "0104"
    assert CRS == "EPSG:4549"


def test_wgs84_by_the_name_geojson_gives_it_is_no_foreign_datum(tmp_path):
    frame = parcels().to_crs("OGC:CRS84")
    frame.to_parquet(tmp_path / "p.parquet")
    assert run(study(tmp_path, plan={"layers.parcels.path": "p.parquet", "layers.parcels.layer": ...})) == 0
    found = issues(tmp_path / "out")
    assert "CRS_BALLPARK" not in found.index or found.loc["CRS_BALLPARK", "severity"] == "note"

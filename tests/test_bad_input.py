"""Bad input, end to end: exit code 2 and one line that says where, what is wrong, and what to do; or a count of what was left out."""

import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from park_files import (
    CRS,
    IDS,
    box,
    buildings,
    issues,
    listed,
    parcels,
    roads,
    run,
    study,
    tables_only,
    water,
    workbook,
    zone_figures,
    zones,
)

P = "layers.parcels"
L = f"{P}.ledger"
COLUMNS = "parcel_id, land_use, land_area, status, half"


@pytest.fixture(autouse=True)
def _tables_only(monkeypatch):
    tables_only(monkeypatch)


def assert_refused(capsys, plan, message):
    """Exit code 2, exactly this line on standard error, and nothing written."""
    before = listed(plan.parent)
    assert run(plan) == 2
    told = capsys.readouterr()
    assert told.err == f"gisplan: {message}\n"
    assert told.out == ""
    assert listed(plan.parent) == before


def with_columns(**columns):
    return parcels().assign(**columns)


def with_values(frame, column, **values):
    """Frame with some cells of a text column changed: ``_3="x"`` is row 3."""
    frame = frame.astype({column: object})
    for row, value in values.items():
        frame.loc[int(row[1:]), column] = value
    return frame


def with_shape(frame, row, geometry):
    shapes = list(frame.geometry)
    shapes[row] = geometry
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))


FAR = "Check the coordinate systems and the files."
REFUSED = {
    # layers and columns
    "no_such_layer": (
        {f"{P}.layer": "parcel"},
        {},
        "[layers.parcels]: park.gpkg has no layer 'parcel'. Did you mean 'parcels'?",
    ),
    "no_layer_like_it": (
        {f"{P}.layer": "xyz"},
        {},
        "[layers.parcels]: park.gpkg has no layer 'xyz'. It has: zones, parcels, buildings, roads, water.",
    ),
    "several_layers_none_named": (
        {f"{P}.layer": ...},
        {},
        '[layers.parcels]: park.gpkg has 5 layers (zones, parcels, buildings, roads, water). Name one with layer = "…".',
    ),
    "no_such_column": (
        {f"{P}.columns": {"parcel_id": "parcelid"}},
        {},
        f"[layers.parcels] columns: parcel_id = 'parcelid' (did you mean 'parcel_id'?): the file has no such column. It has: {COLUMNS}.",
    ),
    "no_such_columns": (
        {f"{P}.columns": {"parcel_id": "parcelid", "holder": "QLR"}},
        {},
        f"[layers.parcels] columns: parcel_id = 'parcelid' (did you mean 'parcel_id'?); holder = 'QLR': the file has no such columns. "
        f"It has: {COLUMNS}.",
    ),
    "empty_layer": (
        {},
        {"parcels": parcels().iloc[:0]},
        "[layers.parcels]: parcels.gpkg has no records. Give a layer that has some, or leave it out of the plan.",
    ),
    "unknown_encoding": (
        {f"{P}.encoding": "klingon"},
        {},
        "[layers.parcels] encoding: there is no encoding 'klingon'. Write e.g. encoding = \"gbk\".",
    ),
    "no_code_system": (
        {f"{P}.code_system": ...},
        {},
        "[layers.parcels]: has a land_use column but nothing to read its codes by. "
        'Give code_system = "…" (ydyh2023) or a table [layers.parcels.classes].',
    ),
    "no_such_column_to_make_zones_by": (
        {"layers.zones": {"from": "parcels", "by": "hlf"}},
        {},
        "[layers.zones] by = 'hlf' is not a column of park.gpkg. Did you mean 'half'?",
    ),
    "nothing_to_make_zones_by": (
        {"layers.zones": {"from": "parcels", "by": "half"}},
        {"parcels": with_columns(half=None)},
        "[layers.zones] by = 'half': none of 60 parcels has a value there. Give another column.",
    ),
    "grid_over_nothing": (
        {"layers": {"zones": {"grid": 100}}},
        {},
        "[layers]: a grid needs a layer to lie over. Add parcels, buildings or roads.",
    ),
    "grid_too_fine": (
        {"layers.zones": {"grid": 1}},
        {},
        "[layers.zones] grid = 1 m makes 601,701 squares over the data. Choose a larger size.",
    ),
    # coordinate systems
    "no_crs": (
        {
            "layers": {
                "zones": {"from": "parcels", "by": "half"},
                "parcels": {"path": "p.gpkg", "code_system": "ydyh2023"},
            }
        },
        {"p": parcels().set_crs(None, allow_override=True)},
        "[layers.parcels]: has no coordinate system (x 500000…501200, y 3400000…3400500). "
        "It may be in Gauss–Krüger or UTM without a zone number: EPSG:4534…4554 for central meridians 75°E…135°E "
        "(EPSG:4549 for 120°E), EPSG:32643…32653 for UTM. "
        'Write crs = "EPSG:…" in [layers.parcels], or declare it in the file (e.g. a .prj beside a shapefile).',
    ),
    "metres_declared_as_degrees": (
        {},
        {"zones": zones().set_crs(4490, allow_override=True)},
        "[layers.zones]: declares China Geodetic Coordinate System 2000, which is in degrees, but its coordinates are not "
        "(x 500000…501200, y 3400000…3400500). It may be in Gauss–Krüger or UTM without a zone number: "
        "EPSG:4534…4554 for central meridians 75°E…135°E (EPSG:4549 for 120°E), EPSG:32643…32653 for UTM. "
        "Declare the right coordinate system in the file.",
    ),
    "degrees_declared_as_metres": (
        {},
        {
            "zones": zones()
            .set_geometry([shapely.box(119, 30, 119.1, 30.1), shapely.box(119.1, 30, 119.2, 30.1)])
            .set_crs(CRS)
        },
        "[layers.zones]: declares CGCS2000 / 3-degree Gauss-Kruger CM 120E, but its coordinates look like degrees "
        "(x 119…119.2, y 30…30.1). It is probably in EPSG:4490 (China Geodetic Coordinate System 2000), for its coordinates "
        'are degrees within China. Declare that in the file, or write crs = "EPSG:4490" and crs_override = true in [layers.zones].',
    ),
    "web_mercator": (
        {"plan.crs": "EPSG:3857"},
        {},
        "[plan] crs: EPSG:3857 (WGS 84 / Pseudo-Mercator) stretches areas by +35.3% where the data lie, so distances would be wrong. "
        "Give the zone of the data, or leave crs out and gisplan chooses.",
    ),
    "a_zone_far_away": (
        {"plan.crs": "EPSG:4545"},
        {},
        "[plan] crs: EPSG:4545 (CGCS2000 / 3-degree Gauss-Kruger CM 108E) stretches areas by +3.3% where the data lie, "
        "so distances would be wrong. Give the zone of the data, or leave crs out and gisplan chooses.",
    ),
    # ids
    "parcel_ids_twice": (
        {},
        {"parcels": with_values(parcels(), "parcel_id", _3="0101", _7="0102")},
        "[layers.parcels]: 2 parcel_ids given to more than one record (4 records): 0101, 0102. "
        'Correct the ids, or write duplicates = "merge" if the records are parts of one.',
    ),
    "zone_ids_twice": (
        {},
        {"zones": zones().assign(zone_id="A")},
        "[layers.zones]: 1 zone_id given to more than one record (2 records): A. "
        'Correct the ids, or write duplicates = "merge" if the records are parts of one.',
    ),
    "long_ids_as_numbers": (
        {},
        {"parcels": with_columns(parcel_id=3.30502001001e17 + 64 * np.arange(60))},
        "[layers.parcels]: column 'parcel_id' holds long ids stored as numbers, whose last digits are lost, in 60 of 60 records: "
        "3.30502001001e+17, 3.3050200100100006e+17, 3.305020010010001e+17, 3.305020010010002e+17, 3.3050200100100026e+17, … and 55 more. "
        "Store them as text.",
    ),
    # kinds of geometry
    "lines_as_parcels": (
        {},
        {"parcels": parcels().set_geometry(parcels().boundary)},
        "[layers.parcels]: holds LineString where polygons are needed (60 records). Give another layer.",
    ),
    "polygons_as_roads": (
        {},
        {"roads": roads().set_geometry(roads().buffer(6))},
        "[layers.roads]: holds Polygon where lines are needed (1 record). Give another layer.",
    ),
    "points_as_zones": (
        {},
        {"zones": zones().set_geometry(zones().centroid)},
        "[layers.zones]: holds Point where polygons are needed (2 records). Give another layer.",
    ),
    "no_geometry_at_all": (
        {},
        {"parcels": parcels().set_geometry(gpd.GeoSeries([None] * 60, crs=CRS))},
        "[layers.parcels]: none of its 60 records has a geometry. Give another layer.",
    ),
    "only_empty_zones": (
        {},
        {"zones": zones().set_geometry(gpd.GeoSeries([shapely.Polygon()] * 2, crs=CRS))},
        "[layers.zones]: none of 2 records has a usable geometry. Give another layer.",
    ),
    "service_without_geometry": (
        {},
        {"water": water().set_geometry(gpd.GeoSeries([None], crs=CRS))},
        "[layers.services.water]: none of its 1 record has a geometry. Give another layer.",
    ),
    # values
    "text_in_a_number_column": (
        {},
        {"parcels": with_values(with_columns(land_area="5"), "land_area", _4="about 5", _5="/", _6="1,000.5")},
        "[layers.parcels]: column 'land_area' holds what is no number in 1 of 60 records: 0105 'about 5'. "
        "Correct the values or map another column.",
    ),
    "decimal_comma": (
        {},
        {"parcels": with_columns(land_area="10,5")},
        "[layers.parcels]: column 'land_area' holds what is no number in 60 of 60 records: "
        "0101 '10,5', 0102 '10,5', 0103 '10,5', 0104 '10,5', 0105 '10,5', … and 55 more. Correct the values or map another column.",
    ),
    "infinite_number": (
        {},
        {"parcels": with_values(parcels(), "land_area", _2=np.inf).astype({"land_area": float})},
        "[layers.parcels]: column 'land_area' holds what is no number in 1 of 60 records: 0103 'inf'. "
        "Correct the values or map another column.",
    ),
    "text_in_a_date_column": (
        {},
        {"parcels": with_values(with_columns(supply_date="2020-01-01"), "supply_date", _2="soon", _3="2020-13-45")},
        "[layers.parcels]: column 'supply_date' holds what is no date in 2 of 60 records: 0103 'soon', 0104 '2020-13-45'. "
        "Write dates as 2019-03-01 or map another column.",
    ),
    "text_in_a_flag_column": (
        {},
        {"parcels": with_values(with_columns(is_vacant="是"), "is_vacant", _2="maybe")},
        "[layers.parcels]: column 'is_vacant' says neither yes nor no in 1 of 60 records: 0103 'maybe'. "
        "Write yes or no, 是 or 否, 1 or 0.",
    ),
    # terrain
    "no_raster": (
        {"layers.terrain": {"path": "park.gpkg"}},
        {},
        "[layers.terrain]: park.gpkg is not a raster gisplan reads. Give e.g. a GeoTIFF.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case, tmp_path, capsys):
    changes, layers, message = REFUSED[case]
    assert_refused(capsys, study(tmp_path, plan=changes, **layers), message)


def test_zones_that_do_not_meet_the_parcels(tmp_path, capsys):
    plan = study(tmp_path, zones=zones().set_geometry(zones().translate(50_000)))
    assert run(plan) == 2
    told = capsys.readouterr().err
    assert told.startswith("gisplan: [layers.parcels]: none of its 60 record") and told.endswith(
        f"48,800 m apart. {FAR}\n"
    )
    assert told.count("\n") == 1


def test_many_faults_of_a_plan_are_told_one_a_line(tmp_path, capsys):
    plan = study(tmp_path, plan={"plan.crss": "x", f"{P}.path": "prak.gpkg"})
    assert run(plan) == 2
    assert capsys.readouterr().err.splitlines() == [
        "gisplan: plan.toml: [layers.parcels] path: there is no file 'prak.gpkg'. Did you mean 'park.gpkg'?",
        "gisplan: plan.toml: [plan] unknown key 'crss'; did you mean 'crs'?",
    ]


def test_a_service_elsewhere_is_told(tmp_path):
    assert run(study(tmp_path, water=water().set_geometry(water().translate(50_000)))) == 0
    assert (
        issues(tmp_path / "out").loc["LAYER_APART", "message"]
        == "All of 1 record lie outside the zones, 48,800 m away."
    )


@pytest.mark.parametrize("content", [b"", b"not a geopackage", b"SQLite format 3\0" + b"\0" * 100])
def test_damaged_file(content, tmp_path, capsys):
    plan = study(tmp_path, plan={f"{P}.path": "bad.gpkg"})
    (tmp_path / "bad.gpkg").write_bytes(content)
    assert run(plan) == 2
    told = capsys.readouterr().err
    assert told.startswith("gisplan: [layers.parcels]: bad.gpkg") and told.count("\n") == 1
    assert str(tmp_path) not in told


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "shp"])
def test_file_cut_short_of_what_says_where_its_records_are(suffix, tmp_path, capsys):
    plan = study(tmp_path, plan={f"{P}.path": f"bad.{suffix}", f"{P}.layer": ...})
    whole = tmp_path / f"whole.{suffix}"
    frame = parcels()
    frame.to_parquet(whole) if suffix == "parquet" else frame.to_file(whole)
    (tmp_path / f"bad.{suffix}").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert run(plan) == 2
    told = capsys.readouterr().err
    assert told.startswith("gisplan: [layers.parcels]: bad.") and told.count("\n") == 1, told


def test_a_parquet_table_without_geometry(tmp_path, capsys):
    plan = study(tmp_path, plan={f"{P}.path": "plain.parquet"})
    pd.DataFrame({"parcel_id": IDS}).to_parquet(tmp_path / "plain.parquet")
    assert_refused(
        capsys, plan, "[layers.parcels]: plain.parquet is a Parquet table without geometry. Write it as GeoParquet."
    )


def test_a_workbook_is_no_layer(tmp_path, capsys):
    workbook(tmp_path / "parcels.xlsx", [["parcel_id"], *([i] for i in IDS)])
    plan = study(tmp_path, plan={f"{P}.path": "parcels.xlsx", f"{P}.layer": ...})
    assert run(plan) == 2
    told = capsys.readouterr().err
    assert told.startswith("gisplan: [layers.parcels]: parcels.xlsx") and told.count("\n") == 1


BOW_TIE = shapely.Polygon([(500_000, 3_400_000), (500_100, 3_400_100), (500_100, 3_400_000), (500_000, 3_400_100)])
FIRST = {
    # what stands in place of parcel 0101 → area of the parcels of zone A, code, what issues.csv says of it
    "bow_tie": (BOW_TIE, 295_000, "GEOMETRY_REPAIRED", "0101 (Self-intersection: 0.00 → 5,000.00 m²)"),
    "empty": (shapely.Polygon(), 290_000, "GEOMETRY_REJECTED", "0101 (empty geometry)"),
    "none": (None, 290_000, "GEOMETRY_REJECTED", "0101 (empty geometry)"),
    "infinite": (
        shapely.Polygon([(500_000, 3_400_000), (500_100, np.inf), (500_100, 3_400_100)]),
        290_000,
        "GEOMETRY_REJECTED",
        "0101 (coordinates that are not numbers)",
    ),
    "collection": (
        shapely.GeometryCollection(
            [box(0, 0, 100, 50), shapely.LineString([(500_000, 3_400_000), (500_005, 3_400_005)])]
        ),
        295_000,
        "GEOMETRY_REPAIRED",
        "0101 (a collection of several kinds: 5,000.00 → 5,000.00 m²)",
    ),
    "collection_without_land": (
        shapely.GeometryCollection([shapely.LineString([(500_000, 3_400_000), (500_005, 3_400_005)])]),
        290_000,
        "GEOMETRY_REJECTED",
        "0101 (a collection of several kinds)",
    ),
    "point": (shapely.Point(500_000, 3_400_000), 290_000, "GEOMETRY_REJECTED", "0101 (is a Point)"),
}


@pytest.mark.parametrize("case", FIRST)
def test_one_bad_shape_is_repaired_or_rejected_and_told(case, tmp_path):
    geometry, area, code, told = FIRST[case]
    assert run(study(tmp_path, parcels=with_shape(parcels(), 0, geometry))) == 0
    found = issues(tmp_path / "out").loc[code]
    assert (found["count"], found["features"]) == (1, told)
    figures = zone_figures(tmp_path / "out").loc["A"]
    assert figures["parcel_area_m2"] == pytest.approx(area, rel=1e-6)
    assert figures["parcel_count"] == (29 if code == "GEOMETRY_REJECTED" else 30)
    books = pd.read_csv(tmp_path / "out" / "balance.csv").set_index(["layer", "measure"]).loc[("parcels", "count")]
    assert (books["input"], books["rejected"]) == (60, 1 if code == "GEOMETRY_REJECTED" else 0)


def test_coordinates_that_are_no_numbers(tmp_path):
    with np.errstate(invalid="ignore"):
        shape = shapely.Polygon([(500_000, 3_400_000), (500_100, np.nan), (500_100, 3_400_100)])
    assert run(study(tmp_path, parcels=with_shape(parcels(), 0, shape))) == 0
    assert issues(tmp_path / "out").loc["GEOMETRY_REJECTED", "features"] == "0101 (coordinates that are not numbers)"


@pytest.mark.parametrize("crs", [CRS, "EPSG:4490"])
def test_one_unusable_zone_does_not_decide_where_the_study_lies(crs, tmp_path):
    frame = with_shape(zones(), 1, None).to_crs(crs)
    assert run(study(tmp_path, plan={"plan.crs": ...}, zones=frame)) == 0
    assert issues(tmp_path / "out").loc["GEOMETRY_REJECTED", "features"] == "B (empty geometry)"
    assert list(zone_figures(tmp_path / "out").index) == ["A"]


def test_an_infinite_zone_beside_a_good_one(tmp_path):
    shape = shapely.Polygon([(500_000, 3_400_000), (500_100, np.inf), (500_100, 3_400_100)])
    assert run(study(tmp_path, zones=with_shape(zones(), 1, shape))) == 0
    assert issues(tmp_path / "out").loc["GEOMETRY_REJECTED", "features"] == "B (coordinates that are not numbers)"


def test_heights_change_nothing(tmp_path):
    assert run(study(tmp_path / "flat")) == 0
    raised = parcels().set_geometry(shapely.force_3d(parcels().geometry.array, 7.0))
    assert run(study(tmp_path / "raised", parcels=raised)) == 0
    assert (tmp_path / "flat/out/zones.csv").read_bytes() == (tmp_path / "raised/out/zones.csv").read_bytes()


def test_roads_without_length_and_of_another_kind(tmp_path):
    frame = gpd.GeoDataFrame(
        {"road_id": ["R1", "dot", "square"]},
        crs=CRS,
        geometry=[roads().geometry[0], shapely.LineString([(500_000, 3_400_000)] * 2), box(0, 0)],
    )
    assert run(study(tmp_path, roads=frame)) == 0
    assert issues(tmp_path / "out").loc["GEOMETRY_REJECTED", "count"] == 2


def test_measures_in_the_coordinates_are_dropped(tmp_path):
    """POLYGON M in a GeoPackage, written as SQL."""
    plan = study(tmp_path, parcels=parcels())
    square = np.add([(0.0, 0.0), (100, 0), (100, 100), (0, 100), (0, 0)], (500_000, 3_400_000))
    with_m = np.column_stack([square, np.full(5, 9.0)])
    wkb = b"\x01" + np.array([2003, 1, 5], dtype="<u4").tobytes() + with_m.astype("<f8").tobytes()
    database = sqlite3.connect(tmp_path / "parcels.gpkg")
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    (srs,) = database.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
    database.execute(
        "UPDATE parcels SET geom = ? WHERE parcel_id = '0101'",
        (b"GP\0\x01" + np.array([srs], dtype="<i4").tobytes() + wkb,),
    )
    database.execute("UPDATE gpkg_geometry_columns SET m = 2")
    database.commit()
    database.close()
    assert run(plan) == 0
    assert zone_figures(tmp_path / "out").loc["A", "parcel_area_m2"] == pytest.approx(300_000, rel=1e-6)


def test_records_that_share_an_id_can_be_merged(tmp_path):
    frame = with_values(parcels(), "parcel_id", _3="0101", _7="0102")
    assert run(study(tmp_path, plan={f"{P}.duplicates": "merge"}, parcels=frame)) == 0
    assert issues(tmp_path / "out").loc["ID_MERGED", "features"] == "0101; 0102"
    figures = zone_figures(tmp_path / "out")
    assert figures["parcel_count"].sum() == 58
    assert figures["parcel_area_m2"].sum() == pytest.approx(600_000, rel=1e-6)


def test_records_without_an_id_are_called_by_their_place(tmp_path):
    frame = with_values(parcels(), "parcel_id", _0=None, _1=None, _5="#1")
    assert run(study(tmp_path, parcels=frame)) == 0
    assert issues(tmp_path / "out").loc["ID_MISSING", "features"] == "##1; ##2"


@pytest.mark.parametrize(("layer", "frame"), [("parcels", parcels), ("zones", zones)])
def test_a_layer_without_ids_is_told(layer, frame, tmp_path):
    column = layer[:-1] + "_id"
    assert run(study(tmp_path, **{layer: frame().drop(columns=column)})) == 0
    found = issues(tmp_path / "out").loc["ID_MISSING"]
    assert found["message"].startswith(f"There is no {column}: records are called #1, #2")
    assert found["remedy"] == f'Map it: columns = {{ {column} = "…" }}.'


def test_buildings_need_no_ids(tmp_path):
    assert run(study(tmp_path, buildings=buildings().drop(columns="building_id"))) == 0
    assert "ID_MISSING" not in issues(tmp_path / "out").index


def test_negative_sizes_are_read_as_missing_and_told(tmp_path):
    assert run(study(tmp_path, buildings=buildings().assign(floors=[-1, *[2] * 59]))) == 0
    found = issues(tmp_path / "out").loc["NEGATIVE_VALUE"]
    assert (found["layer"], found["features"]) == ("buildings", "B0101")
    assert found["message"] == "floors is negative in 1 record, read as missing: B0101 (-1)."


def test_unknown_codes_and_classes_name_their_records(tmp_path):
    frame = with_values(parcels(), "land_use", _0="9999", _1=None)
    assert run(study(tmp_path, parcels=frame, roads=roads().assign(road_class="wide"))) == 0
    found = issues(tmp_path / "out")["features"]
    assert (found["LAND_USE_UNKNOWN"], found["LAND_USE_MISSING"], found["ROAD_CLASS_UNKNOWN"]) == ("0101", "0102", "R1")
    assert issues(tmp_path / "out").loc["ROAD_CLASS_UNKNOWN", "message"] == (
        "1 road of classes gisplan does not know count in totals only: wide (1)."
    )


def test_ledger_areas_asked_for_but_not_there(tmp_path):
    assert run(study(tmp_path, plan={"plan.area_basis": "ledger"}, parcels=parcels().drop(columns="land_area"))) == 0
    assert issues(tmp_path / "out").loc["LEDGER_AREA_ABSENT", "count"] == 60

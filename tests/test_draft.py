"""`gisplan init`: from a folder of files to a plan that runs, with every doubt told."""

import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from park_files import (
    IDS,
    box,
    buildings,
    line,
    listed,
    parcels,
    run,
    study,
    tables_only,
    water,
    workbook,
    zone_figures,
    zones,
)

from gisplan.cli import main, sample
from gisplan.draft import draft
from gisplan.plan import load_plan, parse_plan
from gisplan.study import evaluate

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _tables_only(monkeypatch):
    tables_only(monkeypatch)


def init(folder, capsys, *options):
    """Write the plan of a folder; return it as a table, and what was printed."""
    assert main(["init", str(folder), *options]) == 0
    return tomllib.loads((folder / "plan.toml").read_text(encoding="utf-8")), capsys.readouterr().out


def put(folder, name, frame, layer=None):
    folder.mkdir(parents=True, exist_ok=True)
    pyogrio.write_dataframe(frame, folder / name, layer=layer)


def asked(out):
    return [text.strip() for text in out.split("To decide")[1].splitlines()[1:] if text.startswith("  ")]


# ---------------------------------------------------------------- where nothing is in doubt


def test_the_park_is_understood_without_a_question(tmp_path, capsys):
    by_hand = study(tmp_path / "hand")
    assert run(by_hand) == 0
    shutil.copy(tmp_path / "hand/park.gpkg", tmp_path / "park.gpkg")
    (folder := tmp_path / "drafted").mkdir()
    shutil.move(tmp_path / "park.gpkg", folder)
    plan, out = init(folder, capsys)
    assert "To decide" not in out
    layers = plan["layers"]
    assert layers["zones"] == {
        "path": "park.gpkg",
        "layer": "zones",
        "columns": {"zone_id": "zone_id", "name": "name", "level": "level"},
    }
    assert layers["parcels"]["code_system"] == "ydyh2023"
    assert layers["parcels"]["columns"]["land_area"] == {"column": "land_area", "unit": "m2"}
    assert layers["services"] == {"water": {"path": "park.gpkg", "layer": "water", "reach_m": 50}}
    assert main(["check", str(folder / "plan.toml"), "--strict"]) == 0
    assert run(folder / "plan.toml") == 0
    assert zone_figures(folder / "out").equals(zone_figures(tmp_path / "hand/out"))


def test_every_decision_has_its_reason(tmp_path, capsys):
    study(tmp_path)
    (tmp_path / "plan.toml").unlink()
    _, out = init(tmp_path, capsys)
    text = (tmp_path / "plan.toml").read_text(encoding="utf-8")
    assert (
        "# park.gpkg roads (1 record, lines): its name says road, it has road_class, width, road_id, it holds lines."
        in text.splitlines()
    )
    assert 'code_system = "ydyh2023"  # 1 code found, all in it' in text
    assert out.splitlines()[-1] == (
        f"{tmp_path / 'plan.toml'} is written. Look it through, then: gisplan check {tmp_path / 'plan.toml'}"
    )


def test_a_folder_in_chinese_with_a_register_in_mu(tmp_path, capsys):
    """Two rows of 7.5 mu a parcel; keys and headers as an office writes them."""
    put(tmp_path, "分区.gpkg", zones().rename(columns={"zone_id": "KFQDM", "name": "KFQMC", "level": "KFQJB"}))
    bare = parcels()[["parcel_id", "land_use", "geometry"]]
    put(tmp_path, "ZD.shp", bare.rename(columns={"parcel_id": "ZDDM", "land_use": "YDYHFLDM"}))
    put(tmp_path / "现状", "建筑.gpkg", buildings().rename(columns={"building_id": "JZBH", "floors": "层数"}))
    put(tmp_path / "管线", "GS.gpkg", water())
    rows = [["宗地代码", "登记面积", "固定资产投资(亿元)"], *([i, 7.5, 0.1] for i in IDS * 2)]
    workbook(tmp_path / "台账.xlsx", rows, sheet="台账")
    plan, out = init(tmp_path, capsys)
    assert "To decide" not in out
    layers = plan["layers"]
    assert {name: table["path"] for name, table in layers.items() if "path" in table} == {
        "zones": "分区.gpkg",
        "parcels": "ZD.shp",
        "buildings": "现状/建筑.gpkg",
    }
    assert layers["services"]["water"]["path"] == "管线/GS.gpkg"
    (ledger,) = layers["parcels"]["ledger"]
    assert (ledger["path"], ledger["key"]) == ("台账.xlsx", "宗地代码")
    assert ledger["columns"] == {
        "land_area": {"column": "登记面积", "unit": "mu"},
        "investment": {"column": "固定资产投资(亿元)", "unit": "yi"},
    }
    assert run(tmp_path / "plan.toml") == 0
    # 0.2 × 10,000 万元 on a hectare.
    assert zone_figures(tmp_path / "out")["investment_intensity"].tolist() == pytest.approx([2000, 2000], rel=1e-3)


def test_what_is_not_there_yet_is_left_out(tmp_path, capsys):
    study(tmp_path)
    (tmp_path / "plan.toml").unlink()
    put(tmp_path, "park.gpkg", buildings().assign(状态=["已建"] * 50 + ["拟建"] * 10), "buildings")
    plan, out = init(tmp_path, capsys)
    assert plan["layers"]["buildings"]["where"] == "\"状态\" = '已建'"
    assert "To decide" not in out
    assert run(tmp_path / "plan.toml") == 0
    assert zone_figures(tmp_path / "out")["footprint_m2"].sum() == pytest.approx(50 * 2500, rel=1e-3)


# ---------------------------------------------------------------- zones that nobody drew


def test_zones_are_made_of_parcels_by_a_column_of_districts(tmp_path, capsys):
    put(tmp_path, "parcels.gpkg", parcels().rename(columns={"half": "片区"}))
    plan, _ = init(tmp_path, capsys)
    assert plan["layers"]["zones"] == {"from": "parcels", "by": "片区"}
    assert run(tmp_path / "plan.toml") == 0
    assert list(zone_figures(tmp_path / "out").index) == ["E", "W"]


def test_a_grid_where_nothing_groups_them(tmp_path, capsys):
    put(tmp_path, "parcels.gpkg", parcels().drop(columns="half"))
    put(tmp_path, "boundary.gpkg", gpd.GeoDataFrame({"id": [1]}, geometry=[box(0, 0, 1200, 500)], crs=4549))
    plan, _ = init(tmp_path, capsys)
    assert plan["layers"]["zones"] == {"grid": 500}
    assert run(tmp_path / "plan.toml") == 0


def test_repeated_ids_are_parts_of_one_and_said_so(tmp_path, capsys):
    put(tmp_path, "parcels.gpkg", parcels().assign(parcel_id=[*IDS[:-1], IDS[0]]))
    plan, _ = init(tmp_path, capsys)
    assert plan["layers"]["parcels"]["duplicates"] == "merge"
    assert run(tmp_path / "plan.toml") == 0


def test_the_id_is_the_column_the_register_knows(tmp_path, capsys):
    frame = parcels().rename(columns={"parcel_id": "ML"}).assign(LOC_ID=[f"F{i}" for i in range(60)])
    put(tmp_path, "lots.gpkg", frame)
    (tmp_path / "tax.csv").write_text("Key,LandArea\n" + "".join(f"{i},107639\n" for i in IDS), encoding="utf-8")
    plan, _ = init(tmp_path, capsys)
    assert plan["layers"]["parcels"]["columns"]["parcel_id"] == "ML"
    (ledger,) = plan["layers"]["parcels"]["ledger"]
    assert (ledger["key"], ledger["columns"]) == ("Key", {"land_area": {"column": "LandArea", "unit": "ft2"}})


# ---------------------------------------------------------------- where something is in doubt


def test_ambiguous_columns_stand_as_comments_and_are_asked(tmp_path, capsys):
    put(tmp_path, "zd.gpkg", parcels().rename(columns={"land_use": "YT"}))
    _, out = init(tmp_path, capsys)
    text = (tmp_path / "plan.toml").read_text(encoding="utf-8").splitlines()
    assert asked(out) == [
        "[layers.parcels] YT may be a land-use code, or its name in words: it stands there as a comment."
    ]
    (choice,) = [t for t in text if "YT" in t]
    assert choice.startswith('# columns.land_use = "YT" # ?')
    assert run(tmp_path / "plan.toml") == 0
    # The choice, taken, is a plan too.
    mended = "\n".join(t[2:] if t == choice else t for t in text)
    assert parse_plan(tomllib.loads(mended), folder=tmp_path).layers.parcels.columns["land_use"].column == "YT"


def test_codes_of_an_unknown_system_are_asked_for(tmp_path, capsys):
    put(tmp_path, "lots.gpkg", parcels().assign(land_use=None, LandUse="04").drop(columns="land_use"))
    plan, out = init(tmp_path, capsys)
    assert "land_use" not in plan["layers"]["parcels"]["columns"]
    assert asked(out) == ["[layers.parcels]: LandUse holds land-use codes of an unknown system; fill in the classes."]
    assert "#   each is: 04 (60)" in (tmp_path / "plan.toml").read_text(encoding="utf-8").splitlines()
    assert run(tmp_path / "plan.toml") == 0


def test_a_unit_that_is_only_near_is_asked_about(tmp_path, capsys):
    put(tmp_path, "zd.gpkg", parcels().drop(columns="land_area").assign(ZDMJ=14.0))
    plan, out = init(tmp_path, capsys)
    assert plan["layers"]["parcels"]["columns"]["land_area"] == {"column": "ZDMJ", "unit": "mu"}
    assert asked(out) == ["[layers.parcels] land_area: mu is the nearest unit, 6.7% off; look at it."]


def test_two_layers_of_roads_are_a_choice(tmp_path, capsys):
    put(tmp_path, "parcels.gpkg", parcels())
    for name, n in (("streets", 2), ("main_roads", 1)):
        put(tmp_path, f"{name}.gpkg", gpd.GeoDataFrame(geometry=[line((0, 9), (9, 9))] * n, crs=4549))
    plan, out = init(tmp_path, capsys)
    assert plan["layers"]["roads"]["path"] == "streets.gpkg"
    assert asked(out) == [
        "[layers.roads]: taken from streets.gpkg (2 records, lines); as much speaks for main_roads.gpkg (1 record, "
        "lines)."
    ]
    assert '# or: path = "main_roads.gpkg" (main_roads.gpkg (1 record, lines): its name says road, it holds lines)' in (
        tmp_path / "plan.toml"
    ).read_text(encoding="utf-8")


def test_dl_alone_is_not_decided_but_beside_roads_it_is_power(tmp_path, capsys):
    put(tmp_path / "a", "zd.gpkg", parcels())
    put(tmp_path / "a", "DL.gpkg", water())
    plan, out = init(tmp_path / "a", capsys)
    assert set(plan["layers"]) == {"zones", "parcels"}
    assert asked(out) == ["DL.gpkg (1 record, lines) may be roads or services.power; write the table you mean."]
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    put(tmp_path / "b", "道路.gpkg", water())
    plan, _ = init(tmp_path / "b", capsys, "--force")
    assert plan["layers"]["roads"]["path"] == "道路.gpkg"
    assert plan["layers"]["services"]["power"]["path"] == "DL.gpkg"


def test_half_known_states_are_asked_about(tmp_path, capsys):
    put(tmp_path, "zd.gpkg", parcels())
    put(
        tmp_path,
        "hydrants.gpkg",
        gpd.GeoDataFrame({"status": ["ACT", "ABN", "MITFL"]}, geometry=[box(0, 0).centroid] * 3, crs=4549),
    )
    plan, out = init(tmp_path, capsys)
    assert "where" not in plan["layers"]["services"]["hydrant"]
    assert len(asked(out)) == 1 and "MITFL (1) could be either" in asked(out)[0]


def test_names_that_are_hostile_to_a_plan_file(tmp_path, capsys):
    odd = 'land_use = "x"\n[plan]\x7f#\t'
    frame = parcels().rename(columns={"half": odd, "parcel_id": "ZDDM"})
    put(tmp_path / 'o"d', "zd [1] 'a'.gpkg", frame, 'parcels"\n[plan]')
    put(tmp_path / 'o"d', "zd [1] 'a'.gpkg", water(), "water\\")
    plan, _ = init(tmp_path / 'o"d', capsys)
    assert plan["plan"]["name"] == "o-d"
    assert plan["layers"]["parcels"]["layer"] == 'parcels"\n[plan]'
    assert run(tmp_path / 'o"d' / "plan.toml") == 0


# ---------------------------------------------------------------- files and folders


def test_what_cannot_be_read_is_listed_and_stops_nothing(tmp_path, capsys):
    put(tmp_path, "zd.gpkg", parcels())
    (tmp_path / "alt.shp").write_bytes(b"nothing")
    (tmp_path / "notes.docx").write_bytes(b"nothing")
    _, out = init(tmp_path, capsys)
    assert len(asked(out)) == 1 and asked(out)[0].startswith("alt.shp: alt.shp cannot be read as a vector file")
    text = (tmp_path / "plan.toml").read_text(encoding="utf-8")
    assert "#   alt.shp: alt.shp cannot be read as a vector file" in text
    assert run(tmp_path / "plan.toml") == 0


def test_a_plan_is_never_written_over_unasked(tmp_path, capsys):
    put(tmp_path, "zd.gpkg", parcels())
    (tmp_path / "plan.toml").write_text("mine", encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"gisplan: init: {tmp_path / 'plan.toml'} is there already. Write --force to replace it, or --out FILE for "
        "another place.\n"
    )
    assert (tmp_path / "plan.toml").read_text(encoding="utf-8") == "mine"
    init(tmp_path, capsys, "--force")
    assert load_plan(tmp_path / "plan.toml").layers.parcels is not None


def test_a_plan_elsewhere_finds_its_files(tmp_path, capsys):
    put(tmp_path / "data", "zd.gpkg", parcels())
    (tmp_path / "plans").mkdir()
    file = tmp_path / "plans" / "my.toml"
    assert main(["init", str(tmp_path / "data"), "--out", str(file)]) == 0
    assert load_plan(file).layers.parcels.path == "../data/zd.gpkg"
    assert listed(tmp_path / "data") == ["zd.gpkg"]


def test_the_same_folder_gives_the_same_plan(tmp_path):
    study(tmp_path)
    assert draft(tmp_path) == draft(tmp_path)


def test_results_and_depths_are_left_alone(tmp_path, capsys):
    put(tmp_path, "zd.gpkg", parcels())
    put(tmp_path / "out", "results.gpkg", zones(), "zones")
    (tmp_path / "out/run.json").write_text("{}", encoding="utf-8")
    put(tmp_path / "1/2/3", "roads.gpkg", water())
    plan, _ = init(tmp_path, capsys)
    assert set(plan["layers"]) == {"zones", "parcels"}
    assert plan["layers"]["zones"] == {"grid": 500}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "has no layer that can be taken for parcels, buildings or roads. It has nothing gisplan reads."),
        (["zones.gpkg"], "It has: zones.gpkg (2 records, polygons)."),
    ],
)
def test_nothing_to_make_a_study_of(tmp_path, capsys, files, message):
    for name in files:
        put(tmp_path, name, zones())
    assert main(["init", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and message in told
    assert not (tmp_path / "plan.toml").exists()
    assert main(["init", str(tmp_path / "none")]) == 2
    assert "there is no folder" in capsys.readouterr().err


# ---------------------------------------------------------------- the sample and real places


def test_the_sample_drafted_anew_has_the_same_plot_ratios(tmp_path, capsys):
    shutil.copytree(sample(), tmp_path / "yongan")
    by_hand = tomllib.loads((tmp_path / "yongan/plan.toml").read_text(encoding="utf-8"))
    del by_hand["assumptions"]  # an assumption is the planner's to make
    wanted = evaluate(parse_plan(by_hand, folder=tmp_path / "yongan")).zones
    (tmp_path / "yongan/plan.toml").unlink()
    init(tmp_path / "yongan", capsys)
    found = evaluate(load_plan(tmp_path / "yongan/plan.toml")).zones
    for figure in ("zone_id", "plot_ratio", "plot_ratio_gross", "building_density", "tax_intensity", "road_density"):
        assert found[figure].tolist() == wanted[figure].tolist(), figure


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")
@pytest.mark.parametrize(
    ("name", "zones_", "questions"),
    [
        ("cambridge_ma", 13, 4),
        ("liechtenstein", 11, 1),
        ("nyc_lower_manhattan", 10, 2),
        ("porto_alegre_br", None, 0),
        ("vologda_ru", None, 0),
    ],
)
def test_a_real_place_from_folder_to_figures(tmp_path, capsys, name, zones_, questions):
    folder = tmp_path / name
    shutil.copytree(DATA / name, folder)
    _, out = init(folder, capsys)
    assert len(asked(out) if questions else []) == questions
    # A run checks first. The many corners of Cambridge's road surfaces take a minute, so there once is enough.
    if name != "cambridge_ma":
        assert main(["check", str(folder / "plan.toml")]) == 0
    assert run(folder / "plan.toml") == 0
    figures = zone_figures(folder / "out")
    assert len(figures) == zones_ or zones_ is None  # a grid has as many squares as buildings touch
    if name == "vologda_ru":
        assert figures["floor_area_m2"].sum() == pytest.approx(21_056_325.9, abs=0.1)


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")
def test_manhattan_drafted_has_the_published_plot_ratio(tmp_path, capsys):
    shutil.copytree(DATA / "nyc_lower_manhattan", tmp_path / "nyc")
    init(tmp_path / "nyc", capsys)
    raw = tomllib.loads((tmp_path / "nyc/plan.toml").read_text(encoding="utf-8"))
    raw["plan"]["area_basis"] = "ledger"
    rows = evaluate(parse_plan(raw, folder=tmp_path / "nyc")).indicators.query("indicator == 'plot_ratio'")
    assert round(rows["numerator"].sum() / rows["denominator"].sum(), 2) == 6.84

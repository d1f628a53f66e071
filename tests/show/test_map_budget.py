"""A map keeps within its megabytes, says what it gave up for that, and holds no private column nobody asked for."""

from __future__ import annotations

import base64
import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from park_map import study
from test_payload import decode, same

from gisplan.errors import PlanError
from gisplan.plan import load_plan, parse_plan
from gisplan.show.map_budget import MapBudget, fit
from gisplan.show.map_layers import MapColouring, MapColumn, MapLayer, drafted
from gisplan.show.payload import digits_for, estimate
from gisplan.show.study_layers import study_layers
from gisplan.show.study_map import study_map
from gisplan.show.webmap import webmap

ROOT = Path(__file__).resolve().parent.parent.parent

# rasterio 1.4 multiplies affine transforms in a way that affine 3.1 would rather not see
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


def blocks_of(text):
    """Every payload of a page, decoded, by the id of its layer."""
    found = re.findall(r'<script type="application/octet-stream" id="data-[^"]*">([^<]*)</script>', text)
    decoded = [decode(base64.b64decode(block)) for block in found]
    return {head["meta"]["id"]: (head, shapes, columns) for head, shapes, columns in decoded}


@pytest.fixture(scope="module")
def fabric():
    """A fabric of 8,000 parcels with shared edges and columns of every kind."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        parcels = importlib.import_module("sample_fabric").fabric(8_000)["parcels"]
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    rng = np.random.default_rng(4)
    days = pd.Timestamp("2003-01-01") + pd.to_timedelta(rng.integers(0, 8000, len(parcels)), unit="D")
    names = ["".join(map(chr, rng.integers(0x4E00, 0x4F00, 8))) for _ in range(len(parcels))]
    return parcels.assign(area=parcels.area, date=pd.Series(days).dt.date, name=names)


def layer_of(frame, **changes):
    columns = tuple(MapColumn(c, f"{c}列", c, "m²" if c == "area" else "") for c in frame.columns if c != "geometry")
    given = {"id": "parcels", "zh": "宗地", "en": "Parcels", "frame": frame, "columns": columns, "size_column": "area"}
    return MapLayer(**{**given, **changes})


@pytest.fixture(scope="module")
def sample():
    from gisplan.study import evaluate

    return evaluate(load_plan(ROOT / "layers" / "plan.toml"))


TEXTS = {key: {"zh": "", "en": ""} for key in ("title", "subtitle", "note")}


def sample_page(sample, **options):
    survey = sample.survey
    plan = survey.plan.model_copy(update={"map": survey.plan.map.model_copy(update=options)})
    said = []
    page = study_map(replace(survey, plan=plan), sample.measured, sample.parcels, texts=TEXTS, tell=said.append).page()
    return page, said


@pytest.mark.parametrize(
    ("metres", "digits"), [(0.1, 6), (0.08, 6), (0.07, 7), (0.01, 7), (0.0001, 7), (1, 5), (10, 4)]
)
def test_digits_keep_the_accuracy(metres, digits):
    assert digits_for(metres) == digits
    if digits < 7:
        step = 111_320 * 10.0**-digits
        assert np.hypot(step / 2, step / 2) <= metres < np.hypot(step * 5, step * 5)


@pytest.mark.parametrize("digits", [5, 6, 7])
def test_the_size_of_a_fabric_is_told_before_it_is_written(fabric, digits):
    draft = drafted(layer_of(fabric), digits=digits)
    real = len(base64.b64encode(draft.write()))
    assert abs(sum(draft.sizes().values()) / real - 1) < 0.15


def test_the_size_of_every_layer_of_the_sample_is_told_before_it_is_written(sample):
    for layer in study_layers(sample.survey, sample.parcels):
        draft = drafted(layer)
        real = len(base64.b64encode(draft.write()))
        # A layer of a dozen roads is two kilobytes, of which the head packs a little better or worse.
        assert abs(sum(draft.sizes().values()) - real) < max(0.15 * real, 512), layer.id


def test_the_size_of_a_payload_without_a_layer_is_told_too(fabric):
    shapes = fabric.geometry.to_crs(4326).to_numpy()
    columns = {"name": fabric["name"], "jobs": fabric["jobs"]}
    from gisplan.show.payload import encode

    assert abs(estimate(shapes, columns) / len(base64.b64encode(encode(shapes, columns))) - 1) < 0.15


def test_the_size_of_a_whole_page_is_told_before_it_is_written(sample):
    # The page's own texts are half of so small a map; a limit far above makes it tell and change nothing.
    whole, _ = sample_page(sample)
    assert sample_page(sample, max_mb=1000.0) == (whole, [])
    size = len(whole.encode("utf-8"))
    tight, said = sample_page(sample, max_mb=round(size * 1.16 / 1e6, 3))
    assert (tight, said) == (whole, [])
    less, said = sample_page(sample, max_mb=round(size * 0.86 / 1e6, 3))
    assert said and len(less.encode("utf-8")) < size


def test_without_a_limit_nothing_changes(fabric):
    layer = layer_of(fabric)
    found = fit([layer], MapBudget())
    assert found.layers == (layer,) and found.sentences == () and found.size is None
    enough = fit([layer], MapBudget(max_mb=50))
    assert enough.layers == (layer,) and enough.sentences == () and enough.size < 50e6


def dense(fabric):
    """The fabric with five corners on every edge, a few centimetres off the line: neighbours share all of them."""
    frame = fabric.iloc[:2000]
    shapes = shapely.segmentize(frame.geometry.to_numpy(), 12.0)

    def shaken(xy):
        seed = np.abs(np.round(xy * 1000)).astype(np.int64) @ np.array([7919, 104_729])
        return np.round(xy + 0.05 * np.c_[np.sin(seed), np.cos(seed)], 4)

    shapes = shapely.transform(shapely.set_precision(shapes, 0.001, mode="pointwise"), shaken)
    assert shapely.coverage_is_valid(shapes)
    return frame.set_geometry(shapes, crs=frame.crs)


def test_first_outlines_are_simplified_and_shared_edges_stay_shared(fabric):
    layer = layer_of(dense(fabric))
    whole = fit([layer], MapBudget(max_mb=1000)).size
    found = fit([layer], MapBudget(max_mb=whole * 0.8 / 1e6))
    assert found.size <= whole * 0.8
    assert found.layers[0].columns == layer.columns
    assert [s["en"] for s in found.sentences[1:]] == [
        "Outlines are simplified (tolerance 2 m, shared edges together): Parcels."
    ]
    simple, before = found.layers[0].frame.geometry.to_numpy(), layer.frame.geometry.to_numpy()
    assert shapely.coverage_is_valid(simple)
    assert shapely.get_num_coordinates(simple).sum() < 0.7 * shapely.get_num_coordinates(before).sum()
    assert shapely.area(shapely.symmetric_difference(simple, before)).sum() < 0.005 * shapely.area(before).sum()
    # … and in what is written, every edge of two neighbours is one edge still.
    _, shapes, _ = decode(found.drafts[0].write())
    assert shapely.coverage_is_valid([s.geoms[0] for s in shapes])


def test_shapes_that_are_no_coverage_are_simplified_one_by_one():
    circles = gpd.GeoSeries([shapely.Point(500_000 + 30 * k, 3_380_000).buffer(50, 200) for k in range(400)], crs=4549)
    frame = gpd.GeoDataFrame({"parcel_id": [f"P{k}" for k in range(400)], "area": circles.area}, geometry=circles)
    assert not shapely.coverage_is_valid(circles.to_numpy())
    found = fit([layer_of(frame)], MapBudget(max_mb=0.05))
    assert shapely.is_valid(found.layers[0].frame.geometry.to_numpy()).all()
    assert shapely.get_num_coordinates(found.layers[0].frame.geometry.to_numpy()).max() < 60


def test_layers_in_degrees_are_simplified_by_the_same_metres(fabric):
    metres, degrees = (fit([layer_of(f)], MapBudget(max_mb=0.2)) for f in (dense(fabric), dense(fabric).to_crs(4490)))
    counts = [shapely.get_num_coordinates(f.layers[0].frame.geometry.to_numpy()).sum() for f in (metres, degrees)]
    assert abs(counts[1] / counts[0] - 1) < 0.1


def test_then_columns_go_from_the_last_on_but_never_title_size_or_colours(fabric):
    colourings = (MapColouring("use", "用途", "Use", "jobs"), MapColouring("tax", "税", "Tax", "tax_wan"))
    layer = layer_of(fabric, colourings=colourings)
    names = [c.name for c in layer.columns]
    assert names[0] == "parcel_id" and names[-1] == "name"
    sizes = drafted(layer).sizes()
    whole = sum(sizes.values())
    room = whole - sizes[f"a{len(names) - 1}"] - 1000  # without the names it would not quite fit
    found = fit([layer], MapBudget(max_mb=room / 1e6))
    assert found.size <= room
    assert [c.name for c in found.layers[0].columns] == names[:-2]
    assert found.sentences[-1] == {"zh": "宗地未收入的列：name列、date列。", "en": "Left out of Parcels: name, date."}
    least = fit([layer], MapBudget(max_mb=0.01), kept={"parcels": frozenset({"tax_wan"})})
    assert {c.name for c in least.layers[0].columns} == {"parcel_id", "jobs", "area", "tax_wan"}
    assert least.layers[0].colourings == colourings
    assert least.drafts[0].header["digits"] == 5
    assert least.sentences[-1]["en"].startswith("The file still takes about ")
    assert fit([layer], MapBudget(max_mb=0.01)).layers[0].colourings == colourings[:1]


@pytest.mark.parametrize("share", [0.95, 0.85, 0.75, 0.3])
def test_the_file_keeps_within_what_was_allowed(fabric, share):
    zones = study()["zones"]
    given = study(layers=[layer_of(fabric)], zones=zones)
    whole = len(webmap(**given).encode("utf-8"))
    said = []
    page = webmap(**given, budget=MapBudget(max_mb=share * whole / 1e6), tell=said.append)
    size = len(page.encode("utf-8"))
    if share == 0.3:  # the scripts alone are more
        told = float(re.search(r"still takes about ([\d.]+) MB", said[-1]["en"])[1])
        assert abs(told * 1e6 / size - 1) < 0.15 and size > share * whole
    else:
        assert size <= share * whole * 1.02 and "still" not in said[-1]["en"]
    assert said and all(set(s) == {"zh", "en"} for s in said)
    for sentence in said:  # the page itself says it
        assert sentence["zh"] in page and sentence["en"] in page
    assert page == webmap(**given, budget=MapBudget(max_mb=share * whole / 1e6))


def test_a_finer_accuracy_is_kept_in_the_file(fabric):
    given = study(layers=[layer_of(fabric.iloc[:500])])
    for metres in (0.1, 0.01):
        head, shapes, _ = blocks_of(webmap(**given, budget=MapBudget(accuracy_m=metres)))["parcels"]
        source = fabric.iloc[:500].to_crs(4326).geometry.to_numpy()
        for shape, wanted in zip(shapes, source, strict=True):
            same(shape, wanted, metres)
        assert head["digits"] == digits_for(metres)


# ---- private columns ------------------------------------------------------------------------------------------------


def holders(sample):
    found = sample.parcels["holder"].dropna().unique()
    assert len(found) > 20
    return set(found)


def everything(page):
    """Every text a reader of the file could get at."""
    values = set()
    for _, _, columns in blocks_of(page).values():
        values |= {v for column in columns.values() for v in column if isinstance(v, str)}
    return values


def test_private_columns_stay_out_of_the_file(sample):
    page, _ = sample_page(sample)
    values = everything(page)
    assert "YA-001" in values or len(values) > 100
    assert not holders(sample) & values
    assert not [h for h in holders(sample) if h in page]
    names = {c["label"]["en"] for c in blocks_of(page)["parcels"][0]["meta"]["columns"]}
    assert not names & {"Holder", "Price", "Permit no.", "Contract no."}


def test_private_columns_that_the_plan_names_are_in_the_file(sample):
    page, _ = sample_page(sample, private=["holder"])
    assert holders(sample) <= everything(page)
    names = {c["label"]["en"] for c in blocks_of(page)["parcels"][0]["meta"]["columns"]}
    assert "Holder" in names and not names & {"Price", "Permit no.", "Contract no."}


# ---- the plan's table -----------------------------------------------------------------------------------------------


def plan_with(tmp_path, table):
    return parse_plan(
        {"plan": {"name": "x"}, "map": table, "layers": {"zones": {"from": "parcels", "by": "land_use"}}},
        folder=tmp_path,
    )


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"private": ["holdr"]}, "unknown private column 'holdr'; did you mean 'holder'?"),
        ({"private": ["land_use"]}, "column 'land_use' is not private"),
        ({"max_mb": 0}, "max_mb"),
        ({"max_mb": "5"}, "expected a number"),
        ({"accuracy_m": 0.001}, "accuracy_m"),
        ({"acuracy_m": 0.1}, "unknown key 'acuracy_m'"),
    ],
)
def test_faults_in_the_plan_s_table_are_named(tmp_path, table, fault):
    with pytest.raises(PlanError, match=re.escape(fault)):
        plan_with(tmp_path, table)


def test_the_command_says_what_the_map_left_out(tmp_path, capsys, monkeypatch):
    from gisplan.cli import main

    text = (ROOT / "layers" / "plan.toml").read_text(encoding="utf-8")
    for file in (ROOT / "layers").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "plan.toml").write_text(text + "\n[map]\nmax_mb = 1\naccuracy_m = 0.01\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gisplan.show.map_budget.page_bytes", lambda: 900_000)
    monkeypatch.setattr("gisplan.show.webmap.page_bytes", lambda: 900_000)
    assert main(["run", "plan.toml", "--out", "out"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("map: ")]
    page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert told and all(line.removeprefix("map: ") in page for line in told)

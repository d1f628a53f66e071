"""Drawings: the park drawn as lines gives the figures of the GeoPackage; what does not close is listed with its place."""

import builtins
import math

import ezdxf
import numpy as np
import pandas as pd
import pytest
import shapely
from ezdxf import units
from park_files import CRS, IDS, X0, Y0, issues, run, study, zone_figures

from gisplan.errors import LayerError
from gisplan.plan import parse_plan
from gisplan.read.cad_texts import number
from gisplan.read.raw import read_raw

ROWS, COLUMNS = 5, 12
PARCELS = {
    "path": "park.dxf",
    "code_system": "ydyh2023",
    "drawing": {"layers": ["DK"], "text": {"parcel_id": "DK_NO", "land_use": ["DK_CODE"]}},
    "crs": CRS,
}
BUILDINGS = {"path": "park.dxf", "drawing": {"layers": ["JZ"], "text": {"floors": ["JZ_TEXT"]}}, "crs": CRS}


def drawing(*, unit=units.M, version="R2010"):
    doc = ezdxf.new(version, units=unit)
    for name in ("DK", "DK_NO", "DK_CODE", "JZ", "JZ_TEXT", "ROAD", "WATER"):
        doc.layers.add(name)
    return doc, doc.modelspace()


def edges():
    """Every side of every parcel once: (x0, y0, x1, y1) in metres from the corner."""
    for row in range(ROWS + 1):
        for column in range(COLUMNS):
            yield 100 * column, 100 * row, 100 * column + 100, 100 * row
    for row in range(ROWS):
        for column in range(COLUMNS + 1):
            yield 100 * column, 100 * row, 100 * column, 100 * row + 100


def draw_line(space, x0, y0, x1, y1, *, layer="DK", scale=1.0, at=(X0, Y0)):
    a, b = ((x0 + at[0]) * scale, (y0 + at[1]) * scale), ((x1 + at[0]) * scale, (y1 + at[1]) * scale)
    return space.add_line(a, b, dxfattribs={"layer": layer})


def letter(space, text, x, y, *, layer, height=5.0, scale=1.0, at=(X0, Y0)):
    spot = ((x + at[0]) * scale, (y + at[1]) * scale)
    return space.add_text(text, height=height * scale, dxfattribs={"layer": layer, "insert": spot})


def draw_park(space, *, scale=1.0, at=(X0, Y0), skip=()):
    """Parcels as single lines with their numbers and codes, buildings as polylines with their floors."""
    for i, edge in enumerate(edges()):
        if i not in skip:
            draw_line(space, *edge, scale=scale, at=at)
    for i, name in enumerate(IDS):
        x, y = 100 * (i % COLUMNS), 100 * (i // COLUMNS)
        letter(space, name, x + 2, y + 2, layer="DK_NO", scale=scale, at=at)
        letter(space, "1001", x + 2, y + 90, layer="DK_CODE", scale=scale, at=at)
        corners = [(x + 25, y + 25), (x + 75, y + 25), (x + 75, y + 75), (x + 25, y + 75)]
        space.add_lwpolyline(
            [((a + at[0]) * scale, (b + at[1]) * scale) for a, b in corners], close=True, dxfattribs={"layer": "JZ"}
        )
        letter(space, ("2F", "砖2", "混2", "砼2", "2层")[i % 5], x + 40, y + 40, layer="JZ_TEXT", scale=scale, at=at)


def drawn_study(folder, doc, *, plan=None):
    file = study(
        folder,
        plan={
            "layers.parcels": {**PARCELS, "drawing": dict(PARCELS["drawing"])},
            "layers.buildings": {**BUILDINGS, "drawing": dict(BUILDINGS["drawing"])},
            **(plan or {}),
        },
    )
    doc.saveas(folder / "park.dxf")
    return file


def read(folder, doc, *, layer="parcels", name="a.dxf", encoding="auto", **how):
    """Raw records of one layer of a drawing."""
    folder.mkdir(exist_ok=True)
    if doc is not None:
        doc.saveas(folder / name)
    spec = {"path": name, "encoding": encoding, "crs": how.pop("crs", CRS), "drawing": {"layers": ["DK"], **how}}
    if "drawing" in how:
        spec.pop("drawing")
    tables = {"services": {"water": spec}} if layer == "services.water" else {layer: spec}
    plan = parse_plan({"plan": {"name": "p"}, "layers": {"zones": {"grid": 100}, **tables}}, folder=folder)
    table = plan.layers.services["water"] if layer == "services.water" else getattr(plan.layers, layer)
    return read_raw(table, folder / name, layer=layer, place=f"[layers.{layer}]")


def told(raw):
    return {i.code: i for i in raw.issues}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The park from its GeoPackage, with what a drawing can tell: no register."""
    folder = tmp_path_factory.mktemp("plain")
    assert run(study(folder)) == 0
    return folder / "out"


def same_figures(got, expected):
    got, expected = zone_figures(got), zone_figures(expected)
    numbers = expected.select_dtypes("number").columns
    assert {"zone_area_m2", "plot_ratio", "building_density", "parcel_count"} <= set(numbers)
    np.testing.assert_allclose(got[numbers], expected[numbers], rtol=1e-9, atol=1e-9)


def test_the_park_drawn_as_lines_gives_the_same_figures(plain, tmp_path):
    doc, space = drawing()
    draw_park(space)
    assert run(drawn_study(tmp_path, doc)) == 0
    same_figures(tmp_path / "out", plain)
    found = issues(tmp_path / "out")
    assert not {c for c in found.index if c.startswith("DRAWING")} - {"DRAWING_TAKEN"}
    assert (
        "park.dxf: 137 entities on DK, in m by its own word ($INSUNITS)."
        in found.loc["DRAWING_TAKEN", "message"].tolist()
    )


def test_open_corners_and_double_lines_give_the_same_figures(plain, tmp_path):
    doc, space = drawing()
    draw_park(space, skip={0, 61})
    # The first side ends 4 cm short of a corner where other lines meet; another one begins 3 cm beside its line.
    draw_line(space, 0, 0, 99.96, 0)
    draw_line(space, 100, 500, 199.97, 500.02)
    for edge in list(edges())[5:8]:
        draw_line(space, *edge)
        draw_line(space, *edge[2:], *edge[:2])
    assert run(drawn_study(tmp_path, doc)) == 0
    same_figures(tmp_path / "out", plain)
    found = issues(tmp_path / "out")
    assert found.loc["DRAWING_JOINED", "message"] == (
        "park.dxf: 2 ends of lines joined to what lay within 0.05 m, the furthest over 0.040 m."
    )
    assert found.loc["DRAWING_DUPLICATES", "count"] == 6
    assert found.loc["DRAWING_DUPLICATES", "message"].startswith("park.dxf: 6 lines drawn over another one left out")


def test_a_gap_over_the_tolerance_is_listed_with_its_place(tmp_path):
    doc, space = drawing()
    for a, b in (((0, 0), (100, 0)), ((100, 0), (100, 100)), ((100, 100), (0, 100)), ((0, 100), (0, 0.31))):
        draw_line(space, *a, *b)
    draw_line(space, 200, 0, 300, 0)
    space.add_lwpolyline([(X0 + 500, Y0), (X0 + 600, Y0), (X0 + 600, Y0 + 50)], close=True, dxfattribs={"layer": "DK"})
    raw = read(tmp_path, doc)
    assert raw.frame.geometry.area.tolist() == [2500.0]
    issue = told(raw)["DRAWING_UNCLOSED"]
    assert (issue.severity, issue.count) == ("error", 2)
    assert issue.message == (
        "a.dxf: 2 lines of 499.69 m in all close no polygon, by a free end, layer and handle: "
        f"({X0:.2f}, {Y0:.2f}) (DK, {handle(doc, 1)}, 399.69 m long, ends 0.31 m apart), "
        f"({X0 + 200:.2f}, {Y0:.2f}) (DK, {handle(doc, 4)}, 100.00 m long)."
    )
    wider = read(tmp_path, doc, close_within=0.4)
    assert sorted(wider.frame.geometry.area) == [2500.0, 10000.0]
    assert told(wider)["DRAWING_UNCLOSED"].count == 1


def handle(doc, i):
    return list(doc.modelspace())[i].dxf.handle


def test_ends_sticking_out_are_cut_off(tmp_path):
    doc, space = drawing()
    for edge in ((-0.03, 0, 100, 0), (100, -0.04, 100, 100), (100.05, 100, 0, 100), (0, 100, 0, 0)):
        draw_line(space, *edge)
    # One line of two lots ends 2 cm short on the lower side, away from any corner, and 3 cm over on the upper.
    draw_line(space, 50, 0.02, 50, 100.03)
    raw = read(tmp_path, doc)
    assert raw.frame.geometry.area.tolist() == pytest.approx([5000.0, 5000.0], abs=5)
    assert shapely.union_all(raw.frame.geometry.array).area == pytest.approx(10_000, abs=10)
    assert "DRAWING_UNCLOSED" not in told(raw)


def test_closed_lines_stay_as_drawn_also_where_they_overlap(tmp_path):
    doc, space = drawing()
    for x in (0, 98):
        space.add_lwpolyline(
            [(X0 + x, Y0), (X0 + x + 100, Y0), (X0 + x + 100, Y0 + 100), (X0 + x, Y0 + 100)],
            close=True,
            dxfattribs={"layer": "DK"},
        )
    raw = read(tmp_path, doc)
    assert raw.frame.geometry.area.tolist() == [10_000.0, 10_000.0]


def test_land_between_closed_lines_is_no_parcel_but_open_lines_close_it(tmp_path):
    doc, space = drawing()

    def ring(x, y, w, h):
        corners = [(X0 + x, Y0 + y), (X0 + x + w, Y0 + y), (X0 + x + w, Y0 + y + h), (X0 + x, Y0 + y + h)]
        space.add_lwpolyline(corners, close=True, dxfattribs={"layer": "DK"})

    # A frame of four parcels round a court of 10 m by 10 m.
    ring(0, 0, 30, 10), ring(0, 20, 30, 10), ring(0, 10, 10, 10), ring(20, 10, 10, 10)
    assert sorted(read(tmp_path, doc).frame.geometry.area) == [100, 100, 300, 300]
    # Two lines on the outside make a lot of 5 m beside the frame.
    draw_line(space, 30, 0, 35, 0), draw_line(space, 35, 0, 35, 30), draw_line(space, 35, 30, 30, 30)
    assert sorted(read(tmp_path, doc).frame.geometry.area) == [100, 100, 150, 300, 300]
    # A line across one of them makes two of it.
    draw_line(space, 15, 0, 15, 10)
    assert sorted(read(tmp_path, doc).frame.geometry.area) == [100, 100, 150, 150, 150, 300]


def test_islands_and_outlines(tmp_path):
    doc, space = drawing()
    for x, y, w in ((0, 0, 100), (40, 40, 20), (45, 45, 5)):
        space.add_lwpolyline(
            [(X0 + x, Y0 + y), (X0 + x + w, Y0 + y), (X0 + x + w, Y0 + y + w), (X0 + x, Y0 + y + w)],
            close=True,
            dxfattribs={"layer": "DK"},
        )
    raw = read(tmp_path, doc)
    assert raw.frame.geometry.area.tolist() == [9600.0, 375.0, 25.0]
    assert told(raw)["DRAWING_ISLANDS"].message == (
        "a.dxf: 2 polygons inside another one, each taken out of it and kept as a polygon of its own."
    )
    assert read(tmp_path, doc, islands="holes").frame.geometry.area.tolist() == [9600.0, 25.0]
    # An outline round two halves that fill it is no third parcel.
    doc, space = drawing()
    for x, w in ((0, 100), (0, 50), (50, 50)):
        space.add_lwpolyline(
            [(X0 + x, Y0), (X0 + x + w, Y0), (X0 + x + w, Y0 + 10), (X0 + x, Y0 + 10)],
            close=True,
            dxfattribs={"layer": "DK"},
        )
    for islands in ("polygons", "holes"):
        raw = read(tmp_path, doc, islands=islands)
        assert raw.frame.geometry.area.tolist() == [500.0, 500.0]
        assert told(raw)["DRAWING_OUTLINES"].count == 1


@pytest.mark.parametrize("unit", ["header", "plan"])
def test_millimetres(unit, plain, tmp_path):
    doc, space = drawing(unit=units.MM if unit == "header" else 0)
    draw_park(space, scale=1000.0)
    given = {"layers.parcels.drawing.unit": "mm", "layers.buildings.drawing.unit": "mm"} if unit == "plan" else {}
    assert run(drawn_study(tmp_path, doc, plan=given)) == 0
    same_figures(tmp_path / "out", plain)
    why = "by the plan" if unit == "plan" else "by its own word ($INSUNITS)"
    assert f"in mm {why}." in issues(tmp_path / "out").loc["DRAWING_TAKEN", "message"].tolist()[0]


def test_a_drawing_in_metres_that_claims_millimetres_is_asked_for(tmp_path):
    doc, space = drawing(unit=units.MM)
    draw_park(space)
    with pytest.raises(LayerError) as caught:
        read(tmp_path, doc)
    assert str(caught.value) == (
        "[layers.parcels.drawing]: a.dxf in mm, as it says of itself ($INSUNITS), does not lie where CGCS2000 / "
        "3-degree Gauss-Kruger CM 120E is used (middle at x 500,600.00, y 3,400,250.00), but in m it would. Write "
        'unit = "m".'
    )
    assert len(read(tmp_path, doc, unit="m").frame) == 60


def test_a_local_offset(plain, tmp_path):
    doc, space = drawing()
    draw_park(space, at=(0.0, 0.0))
    with pytest.raises(LayerError, match=r"middle at x 600\.00, y 250\.00\)\. A local drawing needs offset = "):
        read(tmp_path, doc)
    given = {f"layers.{n}.drawing.offset": [X0, Y0] for n in ("parcels", "buildings")}
    assert run(drawn_study(tmp_path, doc, plan=given)) == 0
    same_figures(tmp_path / "out", plain)


def test_swapped_axes_are_named(tmp_path):
    doc, space = drawing()
    space.add_circle((Y0, X0), 10, dxfattribs={"layer": "DK"})
    with pytest.raises(LayerError, match=r"x and y of a\.dxf are swapped for CGCS2000"):
        read(tmp_path, doc)


def test_blocks_are_taken_apart(plain, tmp_path):
    """The whole park in a block, drawn at half size on layer 0 inside another one, placed doubled."""
    doc, space = drawing()
    inner = doc.blocks.new("PARK")
    draw_park(inner, at=(0.0, 0.0), scale=0.5)
    # On layer 0 of a block: takes the layer the block is placed on.
    outer = doc.blocks.new("BOUND")
    outer.add_blockref("PARK", (0, 0))
    space.add_blockref("BOUND", (X0, Y0), dxfattribs={"xscale": 2, "yscale": 2, "layer": "XREF"})
    assert run(drawn_study(tmp_path, doc)) == 0
    same_figures(tmp_path / "out", plain)


def test_layer_zero_of_a_block_and_attributes(tmp_path):
    doc, space = drawing()
    block = doc.blocks.new("LOT")
    block.add_lwpolyline([(0, 0), (20, 0), (20, 10), (0, 10)], close=True)
    block.add_attdef("NO", (5, 5))
    for i in range(3):
        placed = space.add_blockref("LOT", (X0 + 30 * i, Y0), dxfattribs={"layer": "DK", "rotation": 90 * i})
        placed.add_auto_attribs({"NO": f"00{i}"})
    raw = read(tmp_path, doc, text={"parcel_id": "DK"})
    assert raw.frame.geometry.area.tolist() == pytest.approx([200.0] * 3, abs=1e-6)
    assert raw.frame.parcel_id.tolist() == ["000", "001", "002"]


@pytest.mark.parametrize("mirrored", [False, True])
def test_curves_are_within_a_millimetre(mirrored, tmp_path):
    doc, space = drawing()
    x = -X0 - 100 if mirrored else X0 + 100
    there = {"layer": "DK", **({"extrusion": (0, 0, -1)} if mirrored else {})}
    space.add_circle((x, Y0 + 100), 50, dxfattribs=there)
    # A square of 60 m whose right side bulges by half a circle, outwards.
    bulge = -1 if mirrored else 1
    corners = [
        (x + s * (-1 if mirrored else 1), Y0 + t, b)
        for s, t, b in ((200, 0, 0), (260, 0, bulge), (260, 60, 0), (200, 60, 0))
    ]
    space.add_lwpolyline(corners, format="xyb", close=True, dxfattribs=there)
    space.add_ellipse((X0 + 500, Y0 + 100), major_axis=(80, 0, 0), ratio=0.5, dxfattribs={"layer": "DK"})
    raw = read(tmp_path, doc)
    exact = np.array([math.pi * 2500, 3600 + math.pi * 450, math.pi * 80 * 40])
    border = np.array([math.pi * 100, 180 + math.pi * 30, 400])
    short = exact - raw.frame.geometry.area.to_numpy()
    assert (short > 0).all()
    assert (short < border * 0.001).all()
    np.testing.assert_allclose(raw.frame.geometry.iloc[1].bounds, (X0 + 300, Y0, X0 + 390, Y0 + 60), atol=0.001)
    assert "3 curves as chords within 1 mm" in told(raw)["DRAWING_TAKEN"].message


def test_arcs_splines_and_lines_close_together(tmp_path):
    doc, space = drawing()
    draw_line(space, 0, 0, 100, 0)
    space.add_arc((X0 + 100, Y0 + 30), 30, 270, 90, dxfattribs={"layer": "DK"})
    space.add_polyline2d([(X0 + 100, Y0 + 60), (X0, Y0 + 60)], dxfattribs={"layer": "DK"})
    space.add_spline([(X0, Y0 + 60), (X0, Y0 + 30), (X0, Y0)], dxfattribs={"layer": "DK"})
    (area,) = read(tmp_path, doc).frame.geometry.area
    assert area == pytest.approx(6000 + math.pi * 450, abs=0.1)


def test_hatches_with_holes(tmp_path):
    doc, space = drawing()
    hatch = space.add_hatch(dxfattribs={"layer": "DK"})
    hatch.paths.add_polyline_path([(X0, Y0), (X0 + 50, Y0), (X0 + 50, Y0 + 50), (X0, Y0 + 50)], is_closed=True)
    edge = hatch.paths.add_edge_path()
    edge.add_arc((X0 + 25, Y0 + 25), 10, 0, 360)
    raw = read(tmp_path, doc)
    assert raw.frame.geometry.area.tolist() == pytest.approx([2500 - math.pi * 100], abs=0.1)
    # Over a polyline of the same shape it is a copy.
    space.add_lwpolyline(
        [(X0, Y0), (X0 + 50, Y0), (X0 + 50, Y0 + 50), (X0, Y0 + 50)], close=True, dxfattribs={"layer": "DK"}
    )
    raw = read(tmp_path, doc)
    assert raw.frame.geometry.area.tolist() == pytest.approx([2500 - math.pi * 100], abs=0.1)
    assert told(raw)["DRAWING_SLIPS"].message == (
        "a.dxf: left out as slips of the drawing, no longer or wider than 0.05 m: 1 polygon drawn nearly over another one."
    )


def test_texts_that_fit_no_polygon_or_one_too_many(tmp_path):
    doc, space = drawing()
    for x in (0, 100, 200, 300):
        space.add_lwpolyline(
            [(X0 + x, Y0), (X0 + x + 100, Y0), (X0 + x + 100, Y0 + 100), (X0 + x, Y0 + 100)],
            close=True,
            dxfattribs={"layer": "DK"},
        )
    letter(space, "0001", 40, 40, layer="DK_NO")
    letter(space, "0001", 40, 60, layer="DK_NO")
    letter(space, "0002", 140, 40, layer="DK_NO")
    letter(space, "0003", 140, 60, layer="DK_NO")
    space.add_mtext("{\\C1;\\fSimSun;00\\P04}", dxfattribs={"layer": "DK_NO", "insert": (X0 + 350, Y0 + 50)})
    letter(space, "0009", 940, 60, layer="DK_NO")
    raw = read(tmp_path, doc, text={"parcel_id": "DK_NO"})
    assert raw.frame.parcel_id.tolist() == ["0001", None, None, "00 04"]
    found = told(raw)
    assert found["DRAWING_TEXT_SEVERAL"].message == (
        "a.dxf: 1 polygon with several texts for parcel_id, taken as missing: "
        f"({X0 + 150:.2f}, {Y0 + 50:.2f}) (0002, 0003)."
    )
    assert found["DRAWING_TEXT_MISSING"].message == (
        f"a.dxf: 1 polygon without a text for parcel_id: ({X0 + 250:.2f}, {Y0 + 50:.2f})."
    )
    assert found["DRAWING_TEXT_OUTSIDE"].message == (
        f"a.dxf: 1 text for parcel_id in no polygon: 0009 at ({X0 + 940:.2f}, {Y0 + 60:.2f})."
    )


@pytest.mark.parametrize(
    ("text", "floors"),
    [("5F", 5), ("砖3", 3), ("混5", 5), ("砼12", 12), ("3层", 3), ("Ｆ5", 5), ("框架 6", 6), ("4", 4), ("2.5", 2.5),
     ("简", None), ("3-1", None), ("DK3", None), ("", None), ("-2", None)],
)  # fmt: skip
def test_floors_as_surveyors_letter_them(text, floors):
    assert number(text, floors=True) == floors


def test_odd_floors_are_listed_and_missing(tmp_path):
    doc, space = drawing()
    corners = [(X0 + 40, Y0 + 40), (X0 + 60, Y0 + 40), (X0 + 60, Y0 + 60), (X0 + 40, Y0 + 60)]
    space.add_lwpolyline(corners, close=True, dxfattribs={"layer": "JZ"})
    letter(space, "简", 50, 50, layer="JZ_TEXT")
    raw = read(tmp_path, doc, layer="buildings", layers=["JZ"], text={"floors": "JZ_TEXT"})
    assert raw.frame.floors.isna().all()
    assert told(raw)["DRAWING_TEXT_ODD"].message == (
        f"a.dxf: no number for floors can be read in 1 text, taken as missing: '简' at ({X0 + 50:.2f}, {Y0 + 50:.2f})."
    )


def test_what_is_hidden_on_paper_or_of_another_kind_is_told(tmp_path):
    doc, space = drawing()
    for name, state in (("DK_OFF", "off"), ("DK_COLD", "freeze")):
        getattr(doc.layers.add(name), state)()
        space.add_circle((X0, Y0), 10, dxfattribs={"layer": name})
    space.add_circle((X0, Y0), 20, dxfattribs={"layer": "DK"})
    space.add_point((X0, Y0), dxfattribs={"layer": "DK"})
    space.add_3dface([(0, 0), (1, 0), (1, 1), (0, 1)], dxfattribs={"layer": "dk"})
    doc.paperspace().add_circle((0, 0), 10, dxfattribs={"layer": "DK"})
    raw = read(tmp_path, doc, layers=["dk*"])
    assert len(raw.frame) == 1
    found = told(raw)
    assert found["DRAWING_HIDDEN"].message == (
        "a.dxf: 2 entities hidden or on layers that are off or frozen not read: DK_COLD (1), DK_OFF (1)."
    )
    assert found["DRAWING_NOT_READ"].message == "a.dxf: 2 entities of kinds that are not read: 1 3DFACE, 1 POINT."
    assert found["DRAWING_PAPER"].message == "a.dxf: 1 entity on sheets of paper space not read."


def test_roads_and_mains_stay_lines(plain, tmp_path):
    doc, space = drawing()
    for layer in ("ROAD", "WATER"):
        draw_line(space, 0, 200, 1200, 200, layer=layer)
    file = study(
        tmp_path,
        plan={
            "layers.roads": {"path": "park.dxf", "columns": {"road_class": "layer"}, "classes": {"local": ["ROAD"]},
                             "crs": CRS, "drawing": {"layers": ["road"]}},
            "layers.services.water": {"path": "park.dxf", "reach_m": 50, "crs": CRS, "drawing": {"layers": ["WATER"]}},
        },
    )  # fmt: skip
    doc.saveas(tmp_path / "park.dxf")
    assert run(file) == 0
    got, expected = zone_figures(tmp_path / "out"), zone_figures(plain)
    for column in ("road_length_m", "road_density", "road_density_local", "coverage_water", "reach_water"):
        assert got[column].tolist() == expected[column].tolist()
    assert got["road_length_m"].tolist() == pytest.approx([600, 600], abs=0.01)


def test_zones_and_parcels_of_one_drawing(plain, tmp_path):
    doc, space = drawing()
    for name, title, x in (("A", "东区", 0), ("B", "西区", 600)):
        corners = [(X0 + x, Y0), (X0 + x + 600, Y0), (X0 + x + 600, Y0 + 500), (X0 + x, Y0 + 500)]
        space.add_lwpolyline(corners, close=True, dxfattribs={"layer": "FQ"})
        letter(space, name, x + 250, 250, layer="FQ_NO")
        letter(space, title, x + 250, 350, layer="FQ_NAME")
    draw_park(space)
    text = {"zone_id": "FQ_NO", "name": "FQ_NAME"}
    zones = {"path": "park.dxf", "drawing": {"layers": "fq", "text": text}, "crs": CRS}
    assert run(drawn_study(tmp_path, doc, plan={"layers.zones": zones})) == 0
    same_figures(tmp_path / "out", plain)
    assert zone_figures(tmp_path / "out")["name"].to_dict() == {"A": "东区", "B": "西区"}


def test_symbols_are_points_of_a_service(tmp_path):
    doc, space = drawing()
    block = doc.blocks.new("HYDRANT")
    block.add_circle((0, 0), 1)
    for i in range(3):
        space.add_blockref("HYDRANT", (X0 + i, Y0), dxfattribs={"layer": "WATER"})
    space.add_point((X0 + 9, Y0), dxfattribs={"layer": "WATER", "color": 3})
    raw = read(tmp_path, doc, layer="services.water", layers=["WATER"])
    assert [(p.x - X0, p.y - Y0) for p in raw.frame.geometry] == [(0, 0), (1, 0), (2, 0), (9, 0)]
    draw_line(space, 0, 0, 50, 0, layer="WATER")
    raw = read(tmp_path, doc, layer="services.water", layers=["WATER"])
    assert raw.frame.geometry.length.tolist() == [50.0]
    assert told(raw)["DRAWING_POINTS_LEFT"].count == 4


def test_the_columns_of_a_drawing(tmp_path):
    doc, space = drawing()
    doc.layers.get("DK").color = 5
    space.add_lwpolyline(
        [(X0, Y0), (X0 + 10, Y0), (X0, Y0 + 10)], close=True, dxfattribs={"layer": "DK", "elevation": 12.5}
    )
    letter(space, "宗地一", 1, 1, layer="DK", height=1)
    file = drawn_study(
        tmp_path,
        doc,
        plan={
            "layers.parcels.crs": CRS,
            "layers.parcels.drawing": {"layers": "DK"},
            "layers.parcels.columns": {"parcel_id": "handle", "name": "text", "status": "color", "phase": "elevation"},
            "layers.buildings": ..., "layers.roads": ..., "layers.services": ...,
        },
    )  # fmt: skip
    assert run(file) == 0
    (record,) = pd.read_csv(tmp_path / "out" / "parcels.csv", dtype=str).to_dict("records")
    assert (record["parcel_id"], record["name"], record["status"], record["phase"]) == (
        handle(doc, 0), "宗地一", "5", "12.5",
    )  # fmt: skip


@pytest.mark.parametrize("version", ["R12", "R2000", "R2010"])
@pytest.mark.parametrize("claim", ["ANSI_936", "ANSI_1252"])
def test_chinese_names(version, claim, tmp_path):
    doc, space = drawing(version=version)
    doc.encoding = "gbk"
    space.add_circle((X0, Y0), 10, dxfattribs={"layer": "宗地[1]"})
    letter(space, "东区\\U+4E00号", -2, 0, layer="宗地[1]", height=1)
    doc.saveas(tmp_path / "a.dxf", encoding="gbk" if version != "R2010" else "utf-8")
    text = (tmp_path / "a.dxf").read_bytes()
    assert version == "R2010" or "宗地".encode("gbk") in text
    (tmp_path / "a.dxf").write_bytes(text.replace(b"ANSI_936", claim.encode()).replace(b"ANSI_1252", claim.encode()))
    raw = read(tmp_path, None, layers=["宗地[*"], text={"name": "宗地[1]"})
    assert raw.frame.name.tolist() == ["东区一号"]
    assert ("ENCODING_GUESSED" in told(raw)) == (claim == "ANSI_1252" and version != "R2010")


def test_faults_are_one_line(tmp_path, monkeypatch):
    doc, space = drawing()
    space.add_circle((X0, Y0), 10, dxfattribs={"layer": "DK"})
    doc.saveas(tmp_path / "a.dxf")

    def line(**how):
        with pytest.raises(LayerError) as caught:
            read(tmp_path, None, **how)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    here = "[layers.parcels.drawing]: "
    assert line(layers=["DKK"]) == here + "a.dxf has no CAD layer 'DKK'. Did you mean 'DK'?"
    assert line(layers=["WATER"]) == (
        here + "nothing that can be read is drawn on WATER of a.dxf. Give other CAD layers; it has: DK (1)."
    )
    assert line(crs=None) == (
        "[layers.parcels]: a.dxf is a drawing and does not say where on the earth it lies. "
        'Write crs = "EPSG:…" in [layers.parcels]. Its CAD layers: DK (1).'
    )
    assert line(drawing=None).endswith(
        'does not say where on the earth it lies. Write crs = "EPSG:…" in [layers.parcels] and add '
        "[layers.parcels.drawing] with layers = [ ]. Its CAD layers: DK (1)."
    )
    (tmp_path / "b.dxf").write_text("hello")
    assert line(name="b.dxf") == (
        "[layers.parcels]: b.dxf cannot be read as a DXF drawing (it is no DXF file). "
        "Open it in a CAD program, run RECOVER and save it as DXF again."
    )
    (tmp_path / "c.dwg").write_bytes(b"AC1032")
    assert line(name="c.dwg").startswith(
        "[layers.parcels]: c.dwg is a DWG drawing, which CAD programs keep to themselves."
    )
    empty, _ = drawing()
    empty.saveas(tmp_path / "e.dxf")
    assert line(name="e.dxf") == (
        here + "nothing that can be read is drawn on DK of e.dxf. Give other CAD layers; it has: none."
    )
    open_, open_space = drawing()
    draw_line(open_space, 0, 0, 10, 0)
    open_.saveas(tmp_path / "o.dxf")
    assert line(name="o.dxf").startswith(
        here + "no line on DK of o.dxf closes a polygon. o.dxf: 1 line of 10.00 m in all"
    )
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.split(".")[0] == "ezdxf":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert line() == (
        "[layers.parcels]: a.dxf is a drawing, and what reads drawings is not installed. "
        'Run pip install "gisplan[cad]".'
    )


def test_broken_entities_are_listed_and_the_others_read(tmp_path):
    doc, space = drawing()
    space.add_circle((X0, Y0), 10, dxfattribs={"layer": "DK"})
    space.add_circle((X0, 1e30), 10, dxfattribs={"layer": "DK"})
    space.add_circle((X0, Y0), 1e15, dxfattribs={"layer": "DK"})
    space.add_line((X0, Y0), (X0, Y0), dxfattribs={"layer": "DK"})
    space.add_ellipse((X0, Y0), (1e30, 0, 0), 0.5, dxfattribs={"layer": "DK"})
    space.add_open_spline([(X0, Y0), (1e40, 5), (3, 1e40), (X0, 5)], dxfattribs={"layer": "DK"})
    raw = read(tmp_path, doc)
    assert len(raw.frame) == 1
    assert told(raw)["DRAWING_REJECTED"].message == (
        f"a.dxf: 5 entities cannot be used: CIRCLE {handle(doc, 1)} (coordinates beyond the earth), "
        f"CIRCLE {handle(doc, 2)} (is a curve of absurd size), LINE {handle(doc, 3)} (has no length), "
        f"ELLIPSE {handle(doc, 4)} (is a curve of absurd size), SPLINE {handle(doc, 5)} (is a curve of absurd size)."
    )


@pytest.mark.parametrize("filled", [True, False])
def test_blocks_within_blocks_that_would_fill_memory_are_refused(filled, tmp_path, monkeypatch):
    monkeypatch.setattr("gisplan.read.cad_walk.MOST", 5000)
    doc, space = drawing()
    leaf = doc.blocks.new("B0")
    if filled:
        leaf.add_circle((0, 0), 1)
    for i in range(1, 9):
        block = doc.blocks.new(f"B{i}")
        for _ in range(10):
            block.add_blockref(f"B{i - 1}", (0, 0))
    space.add_blockref("B8", (X0, Y0), dxfattribs={"layer": "DK"})
    with pytest.raises(LayerError, match="the drawing holds more than 5,000 entities, with those in its blocks"):
        read(tmp_path, doc)


def test_a_truncated_drawing_is_recovered_and_told(tmp_path):
    doc, space = drawing()
    for i in range(200):
        space.add_circle((X0 + 30 * i, Y0), 10, dxfattribs={"layer": "DK"})
    doc.saveas(tmp_path / "a.dxf")
    text = (tmp_path / "a.dxf").read_bytes()
    at = text.rindex(b"CIRCLE", 0, text.rindex(b"CIRCLE") - 20_000)
    (tmp_path / "a.dxf").write_bytes(text[: at + 40])
    raw = read(tmp_path, None)
    assert 1 <= len(raw.frame) < 200
    issue = told(raw)["DRAWING_DAMAGED"]
    assert issue.severity == "error"
    assert issue.message.startswith("a.dxf is damaged (the file ends early); ")


def test_faults_of_the_plan(tmp_path):
    (tmp_path / "a.dxf").touch()
    (tmp_path / "p.csv").touch()

    def faults(crs=CRS, **drawing):
        raw = {"path": "a.dxf", "crs": crs, "drawing": {"layers": ["DK"], **drawing}}
        with pytest.raises(Exception) as caught:
            parse_plan({"plan": {"name": "p"}, "layers": {"zones": {"grid": 100}, "parcels": raw}}, folder=tmp_path)
        return str(caught.value)

    assert faults(layers=[]) == (
        'plan: [layers.parcels.drawing] layers: name at least one CAD layer, e.g. ["DK", "宗地*"].'
    )
    assert faults(offset=[1.0]) == (
        "plan: [layers.parcels.drawing] offset: expected two numbers, east and north in metres, found 1."
    )
    assert "unknown unit 'metre'" in faults(unit="metre")
    assert faults(text={"floors": "X"}).startswith("plan: [layers.parcels.drawing] text: unknown column 'floors'")
    assert faults(crs="EPSG:4490") == (
        "plan: [layers.parcels.drawing] needs the projected system in metres that it is drawn in as crs, and EPSG:4490 "
        "is none."
    )
    assert "unknown key 'layer'; did you mean 'layers'?" in faults(layer="DK")


@pytest.mark.parametrize("binary", [False, True])
def test_broken_files_give_records_or_one_line(binary, tmp_path):
    doc, space = drawing()
    block = doc.blocks.new("LOT")
    block.add_lwpolyline([(0, 0, 0.5), (20, 0, 0), (20, 10, 0)], format="xyb", close=True)
    for i in range(10):
        space.add_circle((X0 + 30 * i, Y0), 10, dxfattribs={"layer": "DK"})
        space.add_blockref("LOT", (X0 + 30 * i, Y0 + 50), dxfattribs={"layer": "DK"})
        letter(space, str(i), 30 * i, 0, layer="DK_NO")
    space.add_spline([(X0, Y0 + 100), (X0 + 50, Y0 + 130), (X0 + 90, Y0 + 100)], dxfattribs={"layer": "DK"})
    space.add_hatch(dxfattribs={"layer": "DK"}).paths.add_polyline_path([(X0, Y0), (X0 + 5, Y0), (X0, Y0 + 5)])
    doc.saveas(tmp_path / "whole.dxf", fmt="bin" if binary else "asc")
    whole = (tmp_path / "whole.dxf").read_bytes()
    random = np.random.default_rng(7)
    read_again = 0
    for i in range(40):
        broken = bytearray(whole)
        if i % 2:
            broken = broken[: random.integers(len(whole))]
        else:
            for at in random.integers(len(whole) * 2 // 3, len(whole), 1 + i):
                broken[at] ^= 1 << random.integers(8)
        (tmp_path / "a.dxf").write_bytes(broken)
        try:
            raw = read(tmp_path, None, text={"parcel_id": "DK_NO"})
        except LayerError as error:
            assert "\n" not in str(error)
        else:
            read_again += len(raw.frame) > 0
    assert read_again >= (3 if binary else 10)

"""Figures for paper: what their legends count, what they look like in pixels, and hostile names."""

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from park_map import study
from PIL import Image

from gisplan import GisplanError, evaluate, load_plan, vocabulary
from gisplan.show.figures import FORMATS, draw_figures, fonts, style
from gisplan.show.figures.charts import draw_charts
from gisplan.show.figures.legend import NO_DATA, counts, key_of, ranges, spread
from gisplan.show.figures.sheet import MAP, draw_sheet, names, path_of, round_length, round_scale
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sample():
    return evaluate(load_plan(ROOT / "layers" / "plan.toml"))


@pytest.fixture(scope="module")
def figures(sample):
    return {f.name: f for f in sample.figures()}


def texts(figure):
    """Everything that is written on a figure."""
    written = [t.get_text() for t in figure.drawing.texts]
    for axes in figure.drawing.axes:
        written += [t.get_text() for t in (*axes.texts, *axes.get_yticklabels(), axes.xaxis.label)]
        legend = axes.get_legend()
        written += [] if legend is None else [t.get_text() for t in legend.get_texts()]
    return written


def test_every_map_and_chart_of_the_sample(figures):
    assert list(figures) == [
        *("map_zoning", "map_state", "map_idle", "map_plot_ratio", "map_limit", "map_intensity", "map_services"),
        *("map_level", "map_links", "map_power", "map_access", "map_slope", "map_earth", "map_works", "map_roads"),
        *("chart_land_use", "chart_plot_ratio", "chart_idle", "chart_idle_age"),
    ]


def test_the_legend_counts_what_the_table_has(sample, figures):
    told = texts(figures["map_zoning"])
    for name, rows in sample.parcels.groupby("land_class"):
        assert f"{len(rows):,} · {rows['area_m2'].sum() / 1e4:,.1f} ha" in told, name
    for _, rows in sample.survey.pieces["roads"].frame.groupby("road_class"):
        assert f"{len(rows):,} · {rows['length_m'].sum() / 1e3:,.1f} km" in told


def test_title_scale_north_date_and_caution_stand_on_it(figures):
    told = " ".join(texts(figures["map_idle"]))
    for text in ("闲置土地图 Idle land", "永安工业集聚区", "2025-12-31", "EPSG:4549", "(A4)", "N", "500 m"):
        assert text in told
    assert "不是闲置土地的法律认定" in told and "not a legal finding" in told
    assert "无数据" in told


def test_the_scale_bar_and_the_fraction_agree(figures):
    """A bar of 500 m has to be as long on paper as the fraction says."""
    drawing = figures["map_zoning"].drawing
    axes = drawing.axes[0]
    (x0, x1), width = axes.get_xlim(), axes.get_position().width * 297 / 1000
    fraction = next(t for t in texts(figures["map_zoning"]) if "(A4)" in t).split("1:")[1].split()[0]
    assert int(fraction.replace(",", "")) == pytest.approx((x1 - x0) / width, rel=5e-3)
    halves = [p for p in axes.patches if type(p).__name__ == "Rectangle"][1:]
    assert sum(p.get_width() for p in halves) == pytest.approx(500)
    begin = min(p.get_x() for p in halves)
    written = {t.get_text(): t.get_position()[0] - begin for t in axes.texts if t.get_text() in ("0", "250", "500 m")}
    assert written == {"0": pytest.approx(0), "250": pytest.approx(250), "500 m": pytest.approx(500)}


def inside(drawing):
    """Texts of a figure that run over its edge, or over the axes of another text's column."""
    canvas = FigureCanvasAgg(drawing)
    canvas.draw()
    page = drawing.bbox
    texts = [*drawing.texts]
    for axes in drawing.axes:
        legend = axes.get_legend()
        texts += [*axes.texts, *axes.get_yticklabels(), *([] if legend is None else legend.get_texts())]
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in texts if t.get_text()]
    return [t for t, b in boxes if b.x0 < 0 or b.x1 > page.x1 or b.y0 < 0 or b.y1 > page.y1]


@pytest.mark.parametrize(
    ("count", "name", "rows"),
    [
        (60, "长三角生态绿色一体化发展示范区", 400),
        (1, "甲", 30),
        (3, "A long English name of an industrial zone ", 90),
        (2, "乙", 0),
    ],
)
def test_charts_are_not_clipped_whatever_the_names(count, name, rows):
    """Sixty zones, one, long names, no parcels."""
    classes = list(vocabulary.land_classes())
    named = [f"{name}{k}" for k in range(count)]
    zones = gpd.GeoDataFrame(
        {"zone_id": [str(k) for k in range(count)], "name": named},
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(count)], crs=4549,
    )  # fmt: skip
    land = {
        "zone": [named[k % count] for k in range(rows)],
        "land_class": [classes[k % len(classes)] if k % 7 else None for k in range(rows)],
        "state": ["built"] * rows, "plot_ratio": np.linspace(0, 30, rows), "area_m2": np.linspace(1e3, 9e6, rows),
    }  # fmt: skip
    frame = gpd.GeoDataFrame(land, geometry=[shapely.Point(0, 0)] * rows, crs=4549)
    spec = {
        "zones": zones, "layers": [MapLayer("parcels", "宗地", "Parcels", frame, ())], "language": "both", "as_of": None,
        "title": {"zh": "很长的名称" * 12, "en": "A very long name of a study " * 5},
    }  # fmt: skip
    with style():
        charts = list(draw_charts(spec, None))
        assert len(charts) == (2 if rows else 0)
        for _, _, _, drawing in charts:
            assert inside(drawing) == []


def test_a_zone_alone_is_pale_around_and_has_no_counts(sample):
    figure = next(iter(sample.zone_figures()))
    told = texts(figure)
    assert sample.zones["name"].iloc[0] in told
    assert not [t for t in told if " ha" in t or " km" in t]
    axes = figure.drawing.axes[0]
    x0, y0, x1, y1 = sample.survey.layers.zones.geometry.iloc[0].bounds
    assert axes.get_xlim()[0] < x0 < x1 < axes.get_xlim()[1] and axes.get_ylim()[0] < y0 < y1 < axes.get_ylim()[1]
    wide, high = np.diff(axes.get_xlim())[0], np.diff(axes.get_ylim())[0]
    assert max((x1 - x0) / wide, (y1 - y0) / high) == pytest.approx(1 / 1.06)


def test_the_ground_has_the_colour_of_its_class(tmp_path):
    """Two squares; each centre must have its class's colour, the one without a value the hatch's ground."""
    frame = gpd.GeoDataFrame(
        {"zone_id": ["A"], "name": ["甲"]}, geometry=[shapely.box(500_000, 3_400_000, 500_300, 3_400_100)], crs=4549
    )
    squares = [shapely.box(500_000 + 100 * k, 3_400_000, 500_100 + 100 * k, 3_400_100) for k in range(3)]
    land = gpd.GeoDataFrame({"id": [1, 2, 3], "use": ["a", "b", None], "area": 1e4}, geometry=squares, crs=4549)
    layer = MapLayer(
        "parcels", "宗地", "Parcels", land, (MapColumn("id", "编号", "Id"),),
        (MapColouring("use", "用途", "Use", "use", (MapClass("a", "甲", "A", "#ff0000"), MapClass("b", "乙", "B", "#0000ff"))),),
        size_column="area",
    )  # fmt: skip
    spec = {**study(), "zones": frame, "notes": [], "as_of": None}
    with style():
        drawing = draw_sheet(spec, ("图", "Map"), [(land, key_of(layer, layer.colourings[0]))], language="zh")
        drawing.savefig(tmp_path / "map.png", dpi=100)
    image = np.asarray(Image.open(tmp_path / "map.png").convert("RGB"))
    axes = drawing.axes[0]
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()

    def seen(x, y):
        across = MAP[0] + MAP[2] * (x - x0) / (x1 - x0)
        up = MAP[1] + MAP[3] * (y - y0) / (y1 - y0)
        row, column = round((1 - up) * image.shape[0]), round(across * image.shape[1])
        return image[row - 8 : row + 9, column - 8 : column + 9].reshape(-1, 3)

    assert (seen(500_050, 3_400_080) == (255, 0, 0)).all()
    # The zone's name is written over the middle square's centre.
    assert (seen(500_150, 3_400_080) == (0, 0, 255)).all()
    ground = tuple(int(NO_DATA[k : k + 2], 16) for k in (1, 3, 5))
    hatched = seen(500_250, 3_400_080)
    assert (hatched == ground).all(axis=1).any() and not (hatched == ground).all()
    assert (seen(500_150, 3_400_120) == (255, 255, 255)).all()


def test_a_hole_is_not_painted(tmp_path):
    ring = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(3, 3, 7, 7).exterior])
    for shape in (ring, shapely.reverse(ring), shapely.MultiPolygon([ring, shapely.box(20, 0, 30, 10)])):
        drawing = Figure(figsize=(3, 1))
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.add_patch(PathPatch(path_of(np.array([shape], dtype=object)), facecolor="red", linewidth=0))
        axes.set(xlim=(0, 30), ylim=(0, 10))
        axes.axis("off")
        drawing.savefig(tmp_path / "hole.png", dpi=100)
        image = np.asarray(Image.open(tmp_path / "hole.png").convert("RGB"))
        assert tuple(image[90, 10]) == (255, 0, 0) and tuple(image[50, 50]) == (255, 255, 255)
    assert path_of(np.array([shapely.Polygon()], dtype=object)) is None


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=30))
def test_every_feature_is_in_one_class_of_the_legend(uses):
    frame = gpd.GeoDataFrame(
        {"use": pd.array(uses, dtype=object), "area": np.arange(len(uses)) + 1.0},
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(len(uses))],
        crs=4549,
    )
    colouring = MapColouring("use", "用途", "Use", "use", (MapClass("a", "甲", "A"), MapClass("b", "乙", "B")))
    key = key_of(MapLayer("p", "宗地", "P", frame, (), (colouring,), size_column="area"), colouring)
    assert sorted(np.concatenate([e.rows for e in key.entries])) == list(range(len(uses)))
    assert sum(e.size for e in key.entries) == pytest.approx(frame["area"].sum())
    assert [e.missing for e in key.entries].count(True) == (None in uses)


@given(st.lists(st.one_of(st.floats(0, 5), st.just(np.nan)), min_size=1, max_size=40))
def test_every_number_is_in_one_class(values):
    frame = gpd.GeoDataFrame({"v": values}, geometry=[shapely.Point(k, 0) for k in range(len(values))], crs=4549)
    colouring = MapColouring("v", "值", "Value", "v", limits=(1.0, 2.5))
    key = key_of(MapLayer("p", "点", "Points", frame, (), (colouring,)), colouring)
    assert sorted(np.concatenate([e.rows for e in key.entries])) == list(range(len(values)))
    for entry in key.entries:
        own = np.asarray(values)[entry.rows]
        assert entry.missing == np.isnan(own).all()
        if not entry.missing:
            assert len({(v > 1.0) + (v > 2.5) for v in own}) == 1


def test_ranges_are_written_as_they_are_used():
    assert ranges(np.array([0.0, 1.0, 5.0, 8.0]), [1.0, 5.0], 0, "n") == ["0 – 1", "2 – 5", "6 – 8"]
    assert ranges(np.array([0.2, 0.7]), [0.5], 2, "") == ["0.20 – 0.50", "0.50 – 0.70"]
    assert ranges(np.array([10.0, 10.0]), [], 1, "share") == ["10.0%"]
    assert ranges(np.array([0.1, 3.0]), [0.125], 1, "") == ["0.100 – 0.125", "0.125 – 3.000"]


def test_small_parts():
    assert spread(["a", "b", "c", "d", "e"], 3) == ["a", "c", "e"] and spread(["a", "b", "c"], 1) == ["b"]
    assert [round_length(x) for x in (1, 9.9, 10, 49, 51, 1999)] == [1, 5, 10, 20, 50, 1000]
    assert [round_scale(s) for s in (22_871.4, 500.2, 1_234_567)] == [22_900, 500, 1_230_000]
    assert names("甲", "A", "both") == "甲 A" and names("甲", "甲", "both") == "甲" and names("", "A", "zh") == "A"
    assert names("a\x00b\n c", "", "zh") == "a b c"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_what_it_says(figures, tmp_path, form):
    file = figures["map_intensity"].save(tmp_path, form=form, dpi=60)
    head = file.read_bytes()[:400]
    assert {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[form] in head
    assert file.name == f"map_intensity.{form}"


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    code = (
        "import sys\nsys.path.insert(0, 'tests/show')\nfrom park_map import study\n"
        "from gisplan.show.figures import draw_figures\n"
        "for f in list(draw_figures({**study(), 'as_of': None}))[:1]:\n"
        "    for form in ('png', 'svg', 'pdf'): f.save(sys.argv[1], form=form, dpi=50)\n"
    )
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            cwd=ROOT, check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": ""},
        )  # fmt: skip
        made.append({p.name: p.read_bytes() for p in folder.iterdir()})
    assert len(made[0]) == 3 and made[0] == made[1]


@pytest.mark.parametrize(
    "text", ["$x^2", "$\\frac{1}", "a\x00\x07b", "𠮷" * 40, "</svg><script>alert(1)</script>", "\\", ""]
)
def test_names_are_text_whatever_they_hold(text, tmp_path):
    spec = {**study(text), "as_of": None}
    drawn = list(draw_figures(spec))
    assert drawn
    for form in ("png", "svg"):
        file = drawn[0].save(tmp_path, form=form, dpi=40)
    assert b"<script" not in file.read_bytes()


def test_without_a_font_it_says_what_to_install(monkeypatch):
    fonts.families.cache_clear()
    monkeypatch.setattr(fonts, "CHINESE", ())
    with pytest.raises(GisplanError, match="no font with Chinese letters is installed"):
        next(draw_figures({**study(), "as_of": None}))
    fonts.families.cache_clear()


def test_a_class_without_a_colour_is_refused():
    frame = gpd.GeoDataFrame({"use": ["z"]}, geometry=[shapely.Point(0, 0)], crs=4549)
    colouring = MapColouring("use", "用途", "Use", "use", (MapClass("a", "甲", "A"),))
    with pytest.raises(GisplanError, match="layer p has no colour for the class"):
        key_of(MapLayer("p", "点", "P", frame, (), (colouring,)), colouring)


def test_counts_of_points_have_no_size():
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=4549)
    key = key_of(MapLayer("p", "点", "P", frame, ()), None)
    assert counts(key.entries[0], key.kind) == "1"

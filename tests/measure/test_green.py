"""Green cover of the town by shapes and by rasters."""

import math

import numpy as np
import pytest
import town
from hills import EAST, NORTH, planned, row, told, values
from rasters import write_raster

from gisplan.errors import LayerError, PlanError
from gisplan.measure.green import is_green
from gisplan.plan import GreenRaster
from gisplan.study import evaluate

RULES = {"rules": ["cn-park-practice"]}


@pytest.fixture
def planted(tmp_path):
    """Function that measures the town with green shapes."""

    def make(*rows, **more):
        town.table(["n"], *rows).to_file(tmp_path / "green.gpkg", layer="green", driver="GPKG")
        return evaluate(planned(tmp_path, layers={"green": {"path": "green.gpkg"}}, **more))

    return make


def test_shapes_that_overlap_count_once(planted):
    """Two lawns of 100 m × 100 m that share 2,000 m², over the border of Z1 and Z2; and one outside."""
    result = planted((1, town.box(330, 0, 430, 100)), (2, town.box(350, 0, 450, 100)), (3, town.box(900, 0, 950, 50)))
    # Together x 330 – 450: 70 m in Z1, 50 m in Z2.
    assert values(result, "green_cover_rate").tolist() == pytest.approx([7_000 / 120_000, 5_000 / 90_000, 0])
    assert row(result, "Z1", "green_cover_rate")["numerator"] == pytest.approx(7_000)
    parcels = result.parcels.set_index("parcel_id")["green_cover_rate"]
    assert parcels[["P4", "P8", "P1"]].tolist() == pytest.approx([0.9, 0, 0])  # P4 is x 360 – 460
    assert "green" in set(result.balance["layer"])


def test_old_and_new_zones_are_held_against_their_own_limits(planted):
    """26 % suffice in an old zone and not in a new one."""
    result = planted(
        (1, town.box(0, 0, 104, 300)),
        (2, town.box(400, 0, 478, 300)),
        zones=lambda z: z.assign(age=["old", "new", None]),
        header=RULES,
    )
    found = result.findings[result.findings["indicator"] == "green_cover_rate"]
    kinds = {(r["id"], r["rule"]): r["class"] for _, r in found.iterrows()}
    assert kinds[("Z1", "green-old")] == "pass"
    assert kinds[("Z2", "green-new")] == "below"
    assert kinds[("Z1", "green-new")] == "not_applicable"
    assert kinds[("Z3", "green-old")] == "no_data"


def raster(folder, function, **more):
    options = {"west": EAST - 50, "north": NORTH + 550, "cell": 10.0, "rows": 60, "columns": 90, **more}
    return write_raster(folder / "green.tif", function, **options)


def test_classes_of_a_raster(tmp_path):
    """Class 3 and 4 are green: a strip of 25 m across Z1's 400 m, cells cut by its edge counting by their part."""
    raster(tmp_path, lambda x, y: np.where(x < EAST + 20, 3, np.where(x < EAST + 30, 4, 1)), dtype="uint8")
    plan = {"green_raster": {"path": "green.tif", "classes": [3, 4]}}
    result = evaluate(planned(tmp_path, layers=plan))
    assert values(result, "green_cover_rate").tolist() == pytest.approx([30 / 400, 0, 30 / 300])
    assert result.parcels.set_index("parcel_id").loc["P1", "green_cover_rate"] == pytest.approx(0.3)
    none = evaluate(planned(tmp_path, layers={"green_raster": {"path": "green.tif", "classes": [9]}}))
    assert values(none, "green_cover_rate").tolist() == [0, 0, 0]
    assert told(none, "GREEN_NONE")


@pytest.mark.parametrize("bands", [1, 2])
def test_a_vegetation_index(bands, tmp_path):
    """NDVI of 0.5 west of x = 100 and of 0.1 east of it: from its band, or from red 1 and 9 and near infrared 3 and 11."""

    def index(x, y):
        west = x < EAST + 100
        red, near = np.where(west, 1.0, 9.0), np.where(west, 3.0, 11.0)
        return (near - red) / (near + red) if bands == 1 else np.stack([red, near])

    raster(tmp_path, index, dtype="float32")
    own = {"red": 1, "near_infrared": 2} if bands == 2 else {}
    result = evaluate(planned(tmp_path, layers={"green_raster": {"path": "green.tif", "ndvi": 0.3, **own}}))
    assert values(result, "green_cover_rate").tolist() == pytest.approx([0.25, 0, 1 / 3])


def test_what_a_raster_does_not_tell_counts_neither_way(tmp_path):
    """Nothing known east of x = 200: half of Z1 is told, and a quarter of that is green."""
    raster(tmp_path, lambda x, y: np.where(x < EAST + 50, 1, np.where(x < EAST + 200, 2, 0)), dtype="uint8", nodata=0)
    result = evaluate(planned(tmp_path, layers={"green_raster": {"path": "green.tif", "classes": [1]}}))
    figure = row(result, "Z1", "green_cover_rate")
    assert (figure["value"], figure["known_share"], figure["flags"]) == (
        pytest.approx(0.25),
        pytest.approx(0.5),
        "PARTIAL",
    )
    assert math.isnan(values(result, "green_cover_rate")["Z2"])
    (issue,) = told(result, "GREEN_PARTIAL")
    assert issue.features == ["Z1 (50.0%)", "Z2 (0.0%)", "Z3 (66.7%)"]


def test_an_index_of_nothing_is_not_known():
    source = GreenRaster(path="x", ndvi=0.3, red=1, near_infrared=2)
    got = is_green([np.array([0.0, 1, np.nan, 1]), np.array([0.0, 3, 1, 1.2])], source)
    assert np.array_equal(got, [np.nan, 1, np.nan, 0], equal_nan=True)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({"green_raster": {"path": "green.tif"}}, "give either classes"),
        ({"green_raster": {"path": "green.tif", "classes": [1], "ndvi": 0.3}}, "give either classes"),
        ({"green_raster": {"path": "green.tif", "ndvi": 0.3, "red": 1}}, "red and near_infrared belong together"),
        ({"green_raster": {"path": "green.tif", "classes": [1]}, "green": {"path": "town.gpkg"}}, "give one of"),
        ({"green_raster": {"path": "green.tif", "ndvi": 3}}, "ndvi"),
        ({"green_raster": {"path": "green.tif", "ndvi": 0.3, "red": 3, "near_infrared": 4}}, "none numbered 3"),
    ],
)
def test_refused(layers, message, tmp_path):
    raster(tmp_path, lambda x, y: x * 0 + 1, dtype="uint8")
    with pytest.raises((PlanError, LayerError)) as caught:
        evaluate(planned(tmp_path, layers=layers))
    assert message in str(caught.value)

"""Maps of real data made by others: they open from one file and say what the tables say."""

from pathlib import Path

import pytest
from park_map import cells

from gisplan.plan import parse_plan
from gisplan.study import evaluate

DATA = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout"),
]


def study(folder, layers):
    return evaluate(parse_plan({"plan": {"name": folder, "language": "en"}, "layers": layers}, folder=DATA / folder))


def column(table, key):
    return f"Array.from({table}.numbers('{key}'), v => isNaN(v) ? null : v)"


def test_cambridge_opens_and_tells_every_zone_and_parcel(opened):
    result = study(
        "cambridge_ma",
        {
            "zones": {"path": "cambridge_ma.gpkg", "layer": "neighborhoods", "columns": {"zone_id": "N_HOOD", "name": "NAME"}},
            "parcels": {"path": "cambridge_ma.gpkg", "layer": "parcels_fy2014", "duplicates": "merge", "columns": {"parcel_id": "ML"}},
        },
    )  # fmt: skip
    tab = opened(result.map().page())
    shown = cells(tab, "#gp-legend .gp-layer:nth-of-type(1) .gp-total, #gp-legend .gp-layer:nth-of-type(1) .gp-all td")
    assert f"{len(result.parcels):,}" in " ".join(shown)
    tab.click("#gp-tab-zones")
    bars = dict(row.rsplit(" ", 1) for row in cells(tab, ".gp-bars li"))
    first = cells(tab, ".gp-compare h2")[0]
    assert len(bars) == len(result.zones) and first
    for name in result.zones["name"]:
        assert any(name in label for label in bars), name


def test_vologda_opens_with_all_its_buildings(opened):
    result = study(
        "vologda_ru",
        {
            "zones": {"grid": 2000},
            "buildings": {"path": "vologda_ru.gpkg", "layer": "buildings"},
        },
    )
    tab = opened(result.map().page())
    count = len(result.survey.pieces["buildings"].frame)
    assert count > 20_000
    row = tab.locator("#gp-legend .gp-layer", has_text="Buildings").first
    assert f"{count:,}" in row.inner_text()

"""Whatever stands in a ledger: it is joined or refused in one line, and no row and no parcel is lost."""

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from park_files import IDS, parcels

from gisplan.errors import LayerError
from gisplan.plan import Ledger
from gisplan.read.ledger import join

ODD = [
    "",
    "/",
    "9999",
    "约5",
    "5亩",
    "1e400",
    "-",
    "2019.3",
    "#REF!",
    "合计",
    "注：x",
    "３",
    "0101",
    "101",
    "'0102",
    "a\nb",
    '"',
    "=1",
]
TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
CELLS = st.one_of(st.sampled_from(ODD), TEXT, st.floats(allow_nan=False).map(str), st.dates().map(str))
KEYS = st.one_of(st.sampled_from([*IDS, "101", "０１０２", "3.2E+17"]), CELLS)
NAMES = st.sampled_from(["investment", "登记面积(亩)", "supply_date", "holder", "is_vacant", "", "合计", "tax/亿元"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(NAMES, min_size=1, max_size=4),
    rows=st.lists(st.tuples(KEYS, st.lists(CELLS, max_size=4)), max_size=12),
    above=st.lists(TEXT, max_size=2),
)
def test_any_ledger_is_joined_or_refused_in_one_line(names, rows, above):
    lines = [[a] for a in above] + [["编号", *names]] + [[k, *cells] for k, cells in rows]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "reg.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
        spec = Ledger(path=str(file), key="编号")
        try:
            joined, issues = join(parcels().assign(area_m2=10_000.0), spec, file, place="[layers.parcels.ledger]")
        except LayerError as error:
            assert str(error).startswith("[layers.parcels.ledger]")
            return
        assert joined["parcel_id"].tolist() == IDS
        bare = {f for i in issues if i.code == "PARCEL_WITHOUT_LEDGER_ROW" for f in i.features}
        assert bare < set(IDS)
        assert all(i.message and i.count for i in issues if i.code != "FILTERED")


@pytest.mark.parametrize("size", [10_000_000])
def test_a_cell_of_ten_megabytes_is_refused_or_read(size, tmp_path):
    file = tmp_path / "reg.csv"
    file.write_text("编号,holder\n0101," + "甲" * (size // 3) + "\n", encoding="utf-8")
    with pytest.raises(LayerError, match="field larger than field limit"):
        join(
            parcels().assign(area_m2=10_000.0),
            Ledger(path=str(file), key="编号"),
            file,
            place="[layers.parcels.ledger]",
        )

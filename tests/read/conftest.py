"""Reading is looked at through tables; the map and the GeoPackage have tests of their own."""

import pytest
from park_files import tables_only


@pytest.fixture(autouse=True)
def _tables_only(monkeypatch):
    tables_only(monkeypatch)

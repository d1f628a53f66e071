"""Ids that stand there twice are seen, in whatever order they come."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisplan.read.values import are_unique


@pytest.mark.parametrize("dtype", ["str", "object"])
@pytest.mark.parametrize(
    ("ids", "unique"),
    [
        (["A1", "A2", "B1"], True),
        (["B1", "A1", "A2"], True),
        (["A1", "A1", "B1"], False),
        (["A1", "B1", "A1"], False),
        (["一", "二"], True),
        (["A"], True),
        ([], True),
    ],
)
def test_by_hand(ids: list[str], unique: bool, dtype: str) -> None:
    assert are_unique(pd.Series(ids, dtype=dtype)) is unique


@given(st.lists(st.text(max_size=2)), st.booleans())
def test_as_a_set_tells(ids: list[str], in_order: bool) -> None:
    ids = sorted(ids) if in_order else ids
    assert are_unique(pd.Series(ids, dtype="str")) == (len(set(ids)) == len(ids))

"""Yes, no, and what nobody said: a flag that is missing is never a no."""

import numpy as np
import pandas as pd
import pytest

from gisplan.errors import LayerError
from gisplan.read.values import to_flags


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["是", "", None, "否"]),
        pd.Series(["是", "/", None, "否"], dtype=object),
        pd.Series(["yes", " ", np.nan, "N"], dtype="str"),
        pd.Series([1.0, np.nan, np.nan, 0.0]),
        pd.Series([True, None, None, False], dtype=object),
        pd.Series([True, pd.NA, pd.NA, False], dtype="boolean"),
    ],
)
def test_a_flag_that_is_missing_stays_missing(values):
    assert list(to_flags(values, place="x")) == [True, None, None, False]


def test_a_column_of_nothing_is_no_column_of_no():
    assert list(to_flags(pd.Series([None, None], dtype=object), place="x")) == [None, None]


def test_a_word_that_is_neither_is_refused():
    with pytest.raises(LayerError, match="neither yes nor no in 1 of 2 records"):
        to_flags(pd.Series(["是", "maybe"]), place="x")

"""Dates of a register as days."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Days = NDArray[np.datetime64]


def days(register: pd.DataFrame, name: str) -> Days:
    """Dates of a column as days, NaT where there is none or no such column."""
    if name not in register:
        return np.full(len(register), "NaT", dtype="datetime64[D]")
    if register[name].dtype.kind == "M":
        return cast(Days, register[name].to_numpy().astype("datetime64[D]"))
    # numpy takes 25 times as long to read dates one by one.
    return cast(Days, pa.array(register[name], type=pa.date32(), from_pandas=True).to_numpy(zero_copy_only=False))

"""Tables as CSV: UTF-8 with a mark that lets Excel show Chinese, numbers as they are, missing cells empty."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.csv


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """Typed columns of a table; a column of mixed or no values becomes text."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if values.dtype == object and values.isna().all():
            columns[name] = pa.nulls(len(values), pa.string())
            continue
        try:
            columns[name] = pa.Array.from_pandas(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns[name] = pa.Array.from_pandas(values.map(lambda v: None if pd.isna(v) else str(v)), type=pa.string())
    return pa.table(columns)


def write_csv(frame: pd.DataFrame, file: Path) -> None:
    """Write one table; the same table gives the same bytes."""
    with file.open("wb") as stream:
        _write(frame, stream)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Content of the file that `write_csv` would write."""
    stream = io.BytesIO()
    _write(frame, stream)
    return stream.getvalue()


def _write(frame: pd.DataFrame, stream: BinaryIO) -> None:
    stream.write(b"\xef\xbb\xbf")
    pyarrow.csv.write_csv(arrow_table(frame), stream)

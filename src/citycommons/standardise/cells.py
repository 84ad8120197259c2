"""Rows of Python values, as of workbooks and JSON: texts first, typed like any other text."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa


def text_of(value: Any) -> str | None:
    """A value as the text a CSV would hold; None for nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return _clock(value)
    if isinstance(value, dict | list):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return str(value)


def text_columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """A table of text columns; rows may be short."""
    columns = [
        _texts([row[place] if place < len(row) else None for row in rows])
        for place in range(len(names))
    ]
    return pa.Table.from_arrays(columns, names=list(names))


def _texts(values: list[Any]) -> pa.Array:
    """The values as texts, the quick way where all are whole numbers."""
    kinds = set(map(type, values))
    if kinds == {float} and all(map(float.is_integer, values)) and max(map(abs, values)) < 1e15:
        return pa.array(np.array(values).astype(np.int64)).cast(pa.string())
    return pa.array(list(map(text_of, values)), pa.string())


def _clock(value: dt.timedelta) -> str:
    seconds = int(value.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

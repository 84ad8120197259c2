"""What a check is: a small function over columns that names the rows where a rule is broken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.types import Bbox, Rule
from citycommons.standardise.formats import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a check may need that the table itself does not hold."""

    references: Mapping[str, pa.Array] = field(default_factory=dict)
    """`dataset.column` → the values that exist there."""
    bounds: Bbox | None = None  # of the city
    now: datetime | None = None
    rows_before: int | None = None  # of the version before
    found: dict[tuple[str, ...], Any] = field(default_factory=dict, compare=False)
    """What several rules about this one table need, found once: its rows in the order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows on which a rule is broken; without rows it is the whole table that breaks it."""

    message: str  # may hold {value}
    rows: Rows | None = None
    column: str = ""
    values: pa.Array | None = None  # as they are told; the column's own where there are none


Find = Callable[[pa.Table, Rule, Known], Iterator[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of check, as the desk offers it."""

    find: Find
    words: str  # what it asks of the data
    options: Mapping[str, str] = field(default_factory=dict)  # option → what it says
    needs: tuple[str, ...] = ()  # options without which it says nothing
    least: int = 1  # how many columns a rule names; 0 is all of them
    of_table: bool = False  # it looks at rows together, not at each by itself


def option(rule: Rule, name: str, default: float | None = None) -> float:
    """A number among the rule's options; raises `Invalid` for what is none."""
    given = rule.options.get(name, default)
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Invalid(
            f"Rule “{rule.kind}” on {', '.join(rule.columns)}: {name} is “{given}”, and has to be "
            "a number.",
            option=name,
        )
    return float(given)


def names(rule: Rule, option: str) -> list[str]:
    """Names of columns among the rule's options, one or several."""
    given: Any = rule.options.get(option, ())
    return [given] if isinstance(given, str) else [str(name) for name in given]


def where(mask: pa.Array | pa.ChunkedArray | np.ndarray) -> Rows:
    """Rows on which a mask is true; unknown is not true."""
    if isinstance(mask, pa.Array | pa.ChunkedArray):
        mask = np.asarray(pc.fill_null(mask, False))
    return np.flatnonzero(mask).astype(np.int64)


def column(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    return table.column(name).combine_chunks()


def floats(values: pa.Array) -> np.ndarray:
    """Numbers and times as floats, NaN for nothing; times are seconds since 1970."""
    if pa.types.is_temporal(values.type):
        return seconds(values)
    plain = pc.cast(values, pa.float64(), safe=False)
    return np.asarray(plain.to_numpy(zero_copy_only=False), np.float64)


def seconds(values: pa.Array) -> np.ndarray:
    """Dates, times and moments as seconds, NaN for nothing."""
    kind = values.type
    if pa.types.is_date(kind):
        return np.asarray(
            pc.cast(pc.cast(values, pa.date32()), pa.int32()).to_numpy(zero_copy_only=False)
            * 86400.0
        )
    if pa.types.is_time(kind):
        whole = pc.cast(pc.cast(values, pa.time64("us")), pa.int64())
    else:
        whole = pc.cast(pc.cast(values, pa.timestamp("us")), pa.int64())
    return np.asarray(whole.to_numpy(zero_copy_only=False), np.float64) / 1e6


def codes(table: pa.Table, given: Sequence[str]) -> np.ndarray:
    """A number for each row: equal where all these columns are equal, nothing equals nothing."""
    found = np.zeros(table.num_rows, np.int64)
    for place, name in enumerate(given):
        encoded = column(table, name).dictionary_encode(null_encoding="encode")
        part = np.asarray(encoded.indices, np.int64)
        if not place:
            found = part
            continue
        wide = found * max(len(encoded.dictionary), 1) + part
        _, found = np.unique(wide, return_inverse=True)
    return np.asarray(found, np.int64)

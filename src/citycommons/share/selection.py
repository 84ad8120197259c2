"""Which rows a query finds, in the order of the file: worked out once, kept for pages to come.

A version never changes, so neither does what a filter finds in it. A box is answered by the packed
file's tree, the rest by DuckDB, and the two are put together.
"""

import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from citycommons.core.types import Version
from citycommons.share import packed, sql
from citycommons.share.expressions.sql import Statement
from citycommons.share.open import Opened
from citycommons.share.query import Comparison, Query

Numbers = npt.NDArray[Any]  # whole numbers

MOST = 5_000_000  # rows that are remembered of one question: 20 MB
_CATEGORIES = 1_000  # different values of a column that is asked for by them
_ROOM = 96_000_000  # bytes for all questions of this process

_kept: OrderedDict[Statement, npt.NDArray[np.int32]] = OrderedDict()
_guard = threading.Lock()
_TOO_MANY = np.empty(0, np.int32)  # that they are is remembered too


def selection(opened: Opened, query: Query) -> Numbers | None:
    """Numbers of all rows that the filters find, ascending; None where they are too many to keep.

    Raises `TooMuch` past the lake's limits of time or memory.
    """
    plain = replace(query, bbox=None, order=(), sort=(), columns=(), computed=(), offset=0)
    inside = packed.numbers(opened, query.bbox) if query.bbox else None
    found = inside
    for part in _parts(opened.version, plain):
        numbers = _found(opened, part)
        if numbers is None:
            return None
        found = numbers if found is None else _both(numbers, found)
    return found


def in_order(opened: Opened, query: Query) -> Numbers | None:
    """Numbers of all rows in the order that is asked for; None where it is not worth keeping.

    The first page is found by looking for the first rows alone; who pages on gets all of them
    sorted once, and each page after that for nothing.
    """
    if not query.offset or opened.version.rows > MOST:
        return None
    return _found(opened, replace(query, columns=(), limit=MOST + 1, offset=0))


def is_kept(version: Version, query: Query) -> bool:
    """Whether the answer is there without asking the data."""
    if query.is_sorted or query.computed:
        return False
    plain = replace(query, bbox=None, order=(), sort=(), columns=(), computed=(), offset=0)
    return all(_question(version, part) in _kept for part in _parts(version, plain))


def _parts(version: Version, plain: Query) -> list[Query]:
    """The filters that are remembered apart: categories each by itself, all others together.

    Of a few categories there are few filters, and many ways to combine them.
    """
    few = {one.name for one in version.statistics if one.distinct <= _CATEGORIES}
    apart = [one for one in plain.where if one.comparison is Comparison.EQ and one.column in few]
    rest = replace(plain, where=tuple(one for one in plain.where if one not in apart))
    parts = [Query(where=(one,)) for one in apart] + ([rest] if rest.is_filtered else [])
    return [replace(one, limit=MOST + 1) for one in parts]


def _question(version: Version, query: Query) -> Statement:
    """What names the question: the file's digest stands for its path."""
    return sql.positions(query, version.fields, Path(version.file))


def _found(opened: Opened, query: Query) -> Numbers | None:
    question = _question(opened.version, query)
    with _guard:
        if (there := _kept.get(question)) is not None:
            _kept.move_to_end(question)
            return None if there is _TOO_MANY else there
    asked = sql.positions(query, opened.version.fields, opened.path)
    table = opened.lake.query(asked.sql, asked.parameters)
    is_kept = table.num_rows <= MOST and opened.version.rows < 2**31
    numbers = table.column(0).to_numpy().astype(np.int32) if is_kept else _TOO_MANY
    _keep(question, numbers)
    return numbers if is_kept else None


def _keep(question: Statement, numbers: npt.NDArray[np.int32]) -> None:
    with _guard:
        _kept[question] = numbers
        taken = sum(one.nbytes for one in _kept.values())
        while taken > _ROOM and len(_kept) > 1:
            _, dropped = _kept.popitem(last=False)
            taken -= dropped.nbytes


def _both(one: Numbers, other: Numbers) -> Numbers:
    """What stands in both, each ascending and without repetition."""
    few, many = (one, other) if len(one) < len(other) else (other, one)
    if not len(few):
        return few
    few = few.astype(many.dtype, copy=False)
    places = np.searchsorted(many, few)
    places[places == len(many)] = 0
    found: Numbers = few[many[places] == few]
    return found

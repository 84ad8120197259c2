"""The tables on a sheet: found by the empty rows and columns between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from citycommons.standardise.cells import text_of
from citycommons.standardise.layout import is_year, kind_of

Filled = npt.NDArray[np.bool_]
_MOST_SEGMENTS = 5_000


@dataclass(slots=True)
class Region:
    """One table: its cells, half open and counted from 0, and the texts around it."""

    top: int
    bottom: int
    left: int
    right: int
    titles: list[str] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)  # rows below it, and what they say

    @property
    def size(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def address(self) -> str:
        """As spreadsheets write it: A3:D15."""
        first = f"{letters(self.left)}{self.top + 1}"
        return f"{first}:{letters(self.right - 1)}{self.bottom}"


def letters(column: int) -> str:
    """The name of a column counted from 0: A, B, …, Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def regions(cells: Sequence[Sequence[Any]], width: int) -> list[Region]:
    """Every table of the sheet, those further left and above first."""
    filled = np.zeros((len(cells), width), bool)
    for row, values in enumerate(cells):
        filled[row, : len(values)] = [value != "" for value in values[:width]]
    found: list[Region] = []
    for left, right in _slabs(cells, filled):
        found += _stacked(cells, filled, left, right)
    return found


def _runs(flags: Filled) -> list[tuple[int, int]]:
    """Runs of true values, half open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _slabs(cells: Sequence[Sequence[Any]], filled: Filled) -> list[tuple[int, int]]:
    """Ranges of columns that belong together.

    An empty column divides tables only where both sides are tables of their own: they begin or end
    in other rows, or bear the same names, or stand well apart and each has words in its first
    column. Else it is a spacer inside one table.
    """
    runs = _runs(np.asarray(filled.any(axis=0)))
    slabs: list[tuple[int, int]] = []
    for left, right in runs:
        if slabs and not _are_apart(cells, filled, slabs[-1], (left, right)):
            slabs[-1] = (slabs[-1][0], right)
        else:
            slabs.append((left, right))
    return slabs


def _are_apart(
    cells: Sequence[Sequence[Any]], filled: Filled, one: tuple[int, int], two: tuple[int, int]
) -> bool:
    if one[1] - one[0] < 2 or two[1] - two[0] < 2:
        return False
    spans = []
    for left, right in (one, two):
        rows = np.flatnonzero(filled[:, left:right].sum(axis=1) >= 2)
        if len(rows) < 2:
            return False
        spans.append((int(rows[0]), int(rows[-1])))
    if spans[0] != spans[1]:
        return True
    head = spans[0][0]
    names = [{text_of(v) for v in cells[head][left:right] if v != ""} for left, right in (one, two)]
    if names[0] & names[1]:
        return True
    return two[0] - one[1] >= 2 and all(_has_key(cells, head, left) for left, _ in (one, two))


def _has_key(cells: Sequence[Sequence[Any]], head: int, column: int) -> bool:
    """Whether a column has a name, and below it different words or days: one for each row."""
    texts = [text_of(row[column]) or "" for row in cells[head : head + 100] if column < len(row)]
    body = [text for text in texts[1:] if text]
    words = sum(kind_of(text) != "number" for text in body)
    return bool(texts and texts[0]) and words * 2 > len(body) and len(set(body)) == len(body)


def _stacked(cells: Sequence[Sequence[Any]], filled: Filled, left: int, right: int) -> list[Region]:
    """The tables of one slab, above one another."""
    part = filled[:, left:right]
    counts = part.sum(axis=1)
    segments = _runs(counts > 0)
    found: list[Region] = []
    waiting: list[tuple[int, str]] = []  # rows of one cell that may be a title or a note
    for top, bottom in segments[:_MOST_SEGMENTS]:
        is_table = bool((counts[top:bottom] >= 2).any()) or (right - left == 1)
        if not is_table:
            waiting += [(r, _said(cells[r][left:right])) for r in range(top, bottom)]
            continue
        if found and not _starts(cells, counts, found[-1], top, bottom, bool(waiting)):
            found[-1].bottom = bottom  # rows of the same table behind a blank one
            waiting = []
            continue
        titles = [text for _, text in waiting]
        if found:
            titles = titles[-1:]
            found[-1].notes += waiting[:-1]
        while right - left > 1 and counts[top] < 2 and part[top, 0]:
            titles.append(_said(cells[top][left:right]))
            top += 1
        found.append(Region(top, bottom, left, right, titles=titles))
        waiting = []
    if found:
        found[-1].notes += waiting
        if len(segments) > _MOST_SEGMENTS:
            found[-1].bottom = segments[-1][1]
    for region in found:
        columns = np.flatnonzero(part[region.top : region.bottom].any(axis=0))
        region.left, region.right = left + int(columns[0]), left + int(columns[-1]) + 1
    return found


def _said(row: Sequence[Any]) -> str:
    return " ".join(text_of(v) or "" for v in row if v != "")


def _starts(
    cells: Sequence[Sequence[Any]],
    counts: npt.NDArray[np.int64],
    above: Region,
    top: int,
    bottom: int,
    has_title: bool,
) -> bool:
    """Whether these rows are a table with its own header, or more of the one above."""
    rows = [r for r in range(top, bottom) if counts[r] >= 2]
    if len(rows) < 2:
        return False
    header = [text_of(v) or "" for v in cells[rows[0]][above.left : above.right]]
    if any(kind_of(c) in ("number", "date") and not is_year(c) for c in header):
        return False
    body = [cells[r][above.left : above.right] for r in rows[1:20]]
    typed = 0
    for place, name in enumerate(header):
        kinds = [kind_of(text_of(row[place]) or "") for row in body if place < len(row)]
        known = [kind for kind in kinds if kind]
        typed += bool(name) and bool(known) and sum(k != "text" for k in known) * 2 > len(known)
    if not typed:
        return False
    before = next(
        (
            [text_of(v) or "" for v in cells[r][above.left : above.right]]
            for r in range(above.top, above.bottom)
            if counts[r] >= 2
        ),
        [],
    )
    return has_title or header != before

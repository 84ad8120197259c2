"""A column that finds its type piece by piece, so that a large one never lies in memory whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import FieldType
from citycommons.standardise.words import EMPTY, EMPTY_AMONG_TYPED
from citycommons.store import spill

TEXT = pa.string()
_DASHES = ("-", "\u2013", "\u2014")
_EMPTY = pa.array(sorted({*EMPTY} - {""}))
_NAMES = pa.array(sorted(EMPTY_AMONG_TYPED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A column that found its type."""

    values: pa.ChunkedArray | pa.Array
    type: FieldType
    evidence: str
    misfits: np.ndarray | None = None  # rows whose text did not fit and is null now
    status: pa.ChunkedArray | None = None  # words that stood among the numbers, in a column beside
    skipped: np.ndarray | None = None  # rows with a local time that the zone never had
    unsure: np.ndarray | None = None  # rows with a local time that came twice, read as the first
    unit: str = ""
    share: float = 1.0


class Parts:
    """Pieces of a column in one type, put one after the other; in a file when the texts are."""

    def __init__(self, like: pa.ChunkedArray) -> None:
        self._on_disk = spill.is_mapped(like)
        self._spill: spill.Spill | None = None
        self._wrong: list[tuple[int, np.ndarray]] = []
        self.kind: pa.DataType | None = None
        self.rows = self.there = self.misfit = 0

    def add(self, values: pa.ChunkedArray | pa.Array, texts: pa.ChunkedArray | pa.Array) -> None:
        """Add a piece; where there is text and no value, the text did not fit.

        Whole numbers become numbers with a fraction as soon as one piece has such.
        """
        if self._spill is None:
            self._open(values.type)
        elif values.type != self.kind:
            if pa.types.is_integer(self.kind):
                self._become(values.type)
            values = pc.cast(values, self.kind, safe=False)
        if values.null_count != texts.null_count:
            wrong = np.asarray(texts.is_valid()) & np.asarray(values.is_null())
            if wrong.any():
                self._wrong.append((self.rows, wrong))
                self.misfit += int(wrong.sum())
        self.rows += len(texts)
        self.there += len(texts) - texts.null_count
        self._write(values)

    def values(self) -> pa.ChunkedArray:
        """The column, whole."""
        if self._spill is None:
            raise ValueError("a column has one piece at least")
        return self._spill.table().column(0)

    @property
    def misfits(self) -> np.ndarray | None:
        """Rows whose text did not fit; None when all did."""
        if not self.misfit:
            return None
        found = np.zeros(self.rows, bool)
        for start, wrong in self._wrong:
            found[start : start + len(wrong)] = wrong
        return found

    @property
    def share(self) -> float:
        """The share of the texts that fit."""
        return 1.0 - self.misfit / self.there if self.there else 1.0

    def _open(self, kind: pa.DataType) -> None:
        self.kind = kind
        self._spill = spill.Spill(pa.schema([("", kind)]), on_disk=self._on_disk)

    def _become(self, kind: pa.DataType) -> None:
        before = self.values()
        self._open(kind)
        for piece in spill.pieces(before):
            self._write(pc.cast(piece, kind, safe=False))

    def _write(self, values: pa.ChunkedArray | pa.Array) -> None:
        if self._spill is not None:
            self._spill.write(pa.table({"": values}))


def each(
    values: pa.ChunkedArray | pa.Array, act: Callable[[pa.ChunkedArray], pa.ChunkedArray | pa.Array]
) -> pa.ChunkedArray:
    """A column piece by piece through a function that keeps the rows."""
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    parts = Parts(column)
    for piece in spill.pieces(column):
        done = act(piece)
        parts.add(done, done)
    return parts.values()


def cleaned(column: pa.ChunkedArray) -> Iterator[pa.ChunkedArray]:
    """The pieces of a column of text, stripped."""
    for piece in spill.pieces(column):
        yield stripped(piece)


def stripped(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    """Without spaces and single quotes around, and with nulls where a word says nothing."""
    values = pc.utf8_trim_whitespace(values)
    quoted = pc.starts_with(values, "'")
    if pc.any(quoted).as_py():
        quoted = pc.match_substring_regex(values, "^'.*'$")
        values = pc.if_else(quoted, pc.utf8_slice_codeunits(values, 1, -1), values)
        values = pc.utf8_trim_whitespace(values)
    values = pc.replace_substring(values, "\u2212", "-")
    if pc.any(pc.starts_with(values, "\u2013")).as_py():  # –8 is -8
        values = pc.replace_substring_regex(values, "^\u2013 ?([0-9])", r"-\1")
    if any(pc.any(pc.ends_with(values, dash)).as_py() for dash in _DASHES):  # Fr. 5.-
        values = pc.replace_substring_regex(values, "([0-9])[.][-\u2013\u2014]+$", r"\1")
    # Signs of a currency may stand before a dash that says nothing: “€ -”.
    bare = pc.utf8_trim(pc.utf8_lower(values), "€$£?% \u00a0")
    nothing = pc.is_in(bare, value_set=_NAMES)
    return pc.if_else(nothing, pa.scalar(None, TEXT), values)


def without_words(values: pa.ChunkedArray, words: pa.Array = _EMPTY) -> pa.ChunkedArray:
    """With nulls where a cell holds a word that says nothing in any column, and nothing else."""
    nothing = pc.is_in(values, value_set=words)
    if not pc.any(nothing).as_py():
        return values
    # Not `if_else`: it leaves the letters in the buffer, where whole numbers are looked for.
    left = [
        pc.replace_with_mask(chunk, mask, pa.scalar(None, TEXT))
        for chunk, mask in zip(values.chunks, nothing.chunks, strict=True)
    ]
    return pa.chunked_array(left, TEXT)


def said(kind: str, parts: Parts, extra: str) -> str:
    """How many values fit, in words."""
    told = f"{parts.there - parts.misfit} of {parts.there} values are {kind}"
    return f"{told}; {extra}" if extra else told

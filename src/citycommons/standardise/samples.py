"""A first look at text columns: a sample from all over each, and what the file's habits are."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise import hints, numbers
from citycommons.standardise.words import EMPTY_AMONG_TYPED
from citycommons.store import spill

_SAMPLE = 1_000
_TEXT = pa.string()
# Made once: Arrow looks for the package dateutil, absent here, at each scalar made of a word.
_BLANK, _NOTHING = pa.scalar("", _TEXT), pa.scalar(None, _TEXT)
_DASHES = "-\u2013\u2014"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A text column with what a sample of it says."""

    name: str
    values: pa.ChunkedArray  # trimmed where it needs trimming
    sample: list[str]  # distinct values
    styles: list[numbers.Style]


def look(name: str, values: pa.ChunkedArray) -> Looked:
    """Take a sample from all over the column, and prepare the column for typing."""
    if isinstance(values, pa.Array):
        values = pa.chunked_array([values])
    # By their lengths: no letter of the column has to be looked at.
    if any(pc.min(pc.binary_length(piece)).as_py() == 0 for piece in spill.pieces(values)):
        values = pc.if_else(pc.equal(values, _BLANK), _NOTHING, values)
    count = len(values) - values.null_count
    if not count:
        return Looked(name=name, values=values, sample=[], styles=[])
    some = _spread(values)
    sample = [v for v in pc.unique(some).to_pylist() if v is not None]
    if len(some) < len(values) and len(sample) < 20:
        more = pc.unique(values.slice(0, 200_000)).slice(0, _SAMPLE).to_pylist()
        sample = list(dict.fromkeys([*sample, *(v for v in more if v is not None)]))
    if not sample:
        some = next(piece for piece in spill.pieces(values) if piece.null_count < len(piece))
        sample = pc.unique(some.drop_null()).slice(0, _SAMPLE).to_pylist()
    sample = sample[:_SAMPLE]
    stripped = [_strip(text) for text in sample]
    stripped = [text for text in stripped if text.lower() not in EMPTY_AMONG_TYPED]
    return Looked(name=name, values=values, sample=stripped, styles=numbers.styles_of(stripped))


def _spread(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Twenty pieces from all over the column; all of a short one."""
    if len(values) <= _SAMPLE:
        return values
    size = _SAMPLE // 20
    starts = np.linspace(0, len(values) - size, 20).astype(np.int64).tolist()
    pieces = [values.slice(start, size) for start in starts]
    return pa.chunked_array([chunk for piece in pieces for chunk in piece.chunks], values.type)


def habit(columns: list[Looked], delimiter_says: str = "") -> str:
    """The decimal sign the file's columns agree on; empty when none tells."""
    votes = {",": 0, ".": 0}
    for column in columns:
        found = {style.decimal for style in column.styles}
        if len(found) > 1 and hints.axis(column.name) in ("lat", "lon"):
            found = {numbers.unsure(column.styles, column.sample)} - {""}  # no degrees in thousands
        if len(found) == 1 and any(c in text for text in column.sample for c in ".,"):
            votes[found.pop()] += 1
    if votes[","] == votes["."]:
        return delimiter_says
    return max(votes, key=lambda sign: votes[sign])


def _strip(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    text = text.replace("\u2212", "-")
    if text.startswith("\u2013"):
        text = re.sub(r"^\u2013 ?(?=\d)", "-", text)
    return re.sub(r"(?<=\d)\.[-\u2013\u2014]+$", "", text) if text[-1:] in _DASHES else text

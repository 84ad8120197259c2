"""A tile's layer as Protocol Buffers, written as one stream of numbers for all its features.

References
----------
Mapbox Vector Tile Specification 2.1, section 4 and its `vector_tile.proto`.
"""

from typing import Any

import numpy as np

from citycommons.share.tiles import geometry
from citycommons.share.tiles.matrix import EXTENT
from citycommons.share.tiles.mercator import Mercator
from citycommons.share.tiles.shapes import Shapes
from citycommons.share.tiles.varints import (
    Counts,
    Short,
    encoded,
    ends_of,
    expanded,
    sizes,
    sums,
)

_SPARSE = 1 << 16  # values of a column above which a tile's are found by sorting


def layer(name: str, source: Mercator, rows: Counts, shapes: Shapes) -> bytes:
    """A tile with one layer of these rows; `shapes` are in the tile's units."""
    tags, counts, values = _tags(source, rows)
    features = _features(rows, shapes, tags, counts)
    keys = b"".join(_text(0x1A, column) for column in source.columns)
    body = b"".join(
        [
            _text(0x0A, name),
            features,
            keys,
            values,
            encoded(np.array([0x28, EXTENT, 0x78, 2], np.uint64)),
        ]
    )
    return b"\x1a" + encoded(np.array([len(body)], np.uint64)) + body


def _text(tag: int, text: str) -> bytes:
    data = text.encode()
    return bytes([tag]) + encoded(np.array([len(data)], np.uint64)) + data


def _tags(source: Mercator, rows: Counts) -> tuple[Short, Counts, bytes]:
    """Pairs of key and value of all features, how many numbers each has, and the values."""
    table = np.empty((len(rows), len(source.columns), 2), np.uint32)
    there = np.empty((len(rows), len(source.columns)), np.bool_)
    values: list[bytes] = []
    first = 0
    for column in range(len(source.columns)):
        codes = source.codes(column, rows)
        data, ends = source.values(column)
        used, local = _distinct(codes, len(ends))
        has_none = bool(len(used)) and used[0] == 0
        table[:, column, 0] = column
        table[:, column, 1] = local + (first - has_none)
        there[:, column] = codes > 0
        used = used[1:] if has_none else used
        starts = ends[used - 1]
        values.append(data[expanded(starts, ends[used] - starts)].tobytes())
        first += len(used)
    return table[there].ravel(), 2 * there.sum(axis=1), b"".join(values)


def _distinct(codes: Counts, size: int) -> tuple[Counts, Counts]:
    """The codes that occur, in order, and of each row which of them it has."""
    if size > _SPARSE:
        used, local = np.unique(codes, return_inverse=True)
        return used, local
    occurs = np.zeros(size, np.bool_)
    occurs[codes] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[codes]


def _features(rows: Counts, shapes: Shapes, tags: Short, tag_counts: Counts) -> bytes:
    drawn, drawn_counts = geometry.commands(shapes)
    tag_bytes = sums(sizes(tags), ends_of(tag_counts))
    drawn_bytes = sums(sizes(drawn), ends_of(drawn_counts))
    ids = rows.astype(np.uint32)
    lengths = 1 + sizes(ids) + 1 + sizes(tag_bytes) + tag_bytes + 2
    lengths += 1 + sizes(drawn_bytes) + drawn_bytes
    begins = ends_of(10 + tag_counts + drawn_counts)
    out = np.empty(int(begins[-1]), np.uint32)
    begin, after = begins[:-1], begins[:-1] + 6 + tag_counts
    head: tuple[Any, ...] = (0x12, lengths, 0x08, ids, 0x12, tag_bytes)
    for step, number in enumerate(head):
        out[begin + step] = number
    tail: tuple[Any, ...] = (0x18, shapes.kinds, 0x22, drawn_bytes)
    for step, number in enumerate(tail):
        out[after + step] = number
    out[expanded(begin + 6, tag_counts)] = tags
    out[expanded(after + 4, drawn_counts)] = drawn
    return encoded(out)

"""A column as MVT values: each different value encoded once, each row a code (0: none).

References
----------
Mapbox Vector Tile Specification 2.1, section 4.4 (feature attributes).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Field, FieldType
from citycommons.share import cells
from citycommons.share.tiles.varints import Counts, Numbers, Octets, ends_of, octets, sizes, zigzag

_VALUE = 0x22  # field 4 of a layer
_STRING, _DOUBLE, _UINT, _SINT, _BOOL = 0x0A, 0x19, 0x28, 0x30, 0x38


def dictionary(column: pa.Array, field: Field) -> tuple[Counts, Octets, Counts]:
    """Code of each row, and the values' bytes with where each begins.

    Times are texts as everywhere; NaN and infinity are no values.
    """
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, None)
    found = column.dictionary_encode()
    codes = pc.fill_null(pc.add(pc.cast(found.indices, pa.int64()), 1), 0)
    data, lengths = _values(found.dictionary, field)
    return np.asarray(codes), data, ends_of(lengths)


def _values(values: pa.Array, field: Field) -> tuple[Octets, Counts]:
    if not len(values):
        return np.empty(0, np.uint8), np.empty(0, np.int64)
    kind = values.type
    if pa.types.is_boolean(kind):
        flags = np.asarray(values.cast(pa.uint8())).astype(np.uint64)
        return _numbers(np.full(len(flags), _BOOL, np.uint64), flags)
    if pa.types.is_integer(kind):
        whole = np.asarray(values.cast(pa.int64()))
        signed = whole < 0
        return _numbers(
            np.where(signed, _SINT, _UINT).astype(np.uint64),
            np.where(signed, zigzag(whole), whole.astype(np.uint64)),
        )
    if pa.types.is_floating(kind):
        table = np.empty((len(values), 11), np.uint8)
        table[:, :3] = [_VALUE, 9, _DOUBLE]
        doubles = np.asarray(values.cast(pa.float64())).astype("<f8")
        table[:, 3:] = doubles.view(np.uint8).reshape(-1, 8)
        return table.ravel(), np.full(len(values), 11, np.int64)
    text = values if field.type is FieldType.STRING else cells.plain_cells(values)
    return _texts(text.cast(pa.string()))


def _numbers(tags: Numbers, numbers: Numbers) -> tuple[Octets, Counts]:
    lengths = sizes(numbers) + 1
    table = np.empty((len(numbers), 4), np.uint64)
    table[:, 0] = _VALUE
    table[:, 1] = lengths
    table[:, 2] = tags
    table[:, 3] = numbers
    return octets(table.ravel())[0], lengths + 2


def _texts(values: pa.Array) -> tuple[Octets, Counts]:
    body = np.frombuffer(cells.payload(values), np.uint8)
    lengths = np.diff(cells.offsets(values))
    inner = 1 + sizes(lengths.astype(np.uint64)) + lengths
    head = np.empty((len(lengths), 4), np.uint64)
    head[:, 0] = _VALUE
    head[:, 1] = inner
    head[:, 2] = _STRING
    head[:, 3] = lengths
    heads, each = octets(head.ravel())
    head_lengths = each.reshape(-1, 4).sum(axis=1)
    total = head_lengths + lengths
    out = np.empty(int(total.sum()), np.uint8)
    is_body = np.repeat(
        np.tile([False, True], len(lengths)), np.column_stack([head_lengths, lengths]).ravel()
    )
    out[is_body], out[~is_body] = body, heads
    return out, total

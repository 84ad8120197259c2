"""Points as WKB, made in one go."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from citycommons.store import spill

Floats = npt.NDArray[np.float64]
_MANY = 8_000_000  # points that are held in memory


def points(x: Floats, y: Floats, is_there: npt.NDArray[np.bool_]) -> pa.Array | pa.ChunkedArray:
    """WKB points, little-endian; null where nothing is there. Many of them lie in a file."""
    if len(x) <= _MANY:
        return _points(x, y, is_there)
    with spill.Spill(pa.schema([("", pa.binary())]), on_disk=True) as kept:
        for start in range(0, len(x), spill.PIECE):
            some = slice(start, start + spill.PIECE)
            kept.write(pa.table({"": _points(x[some], y[some], is_there[some])}))
        return kept.table().column(0)


def _points(x: Floats, y: Floats, is_there: npt.NDArray[np.bool_]) -> pa.Array:
    """WKB points, little-endian; null where nothing is there."""
    kinds = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    packed = np.empty(len(x), kinds)
    packed["order"], packed["type"], packed["x"], packed["y"] = 1, 1, x, y
    packed = packed[is_there]
    sizes = np.where(is_there, kinds.itemsize, 0)
    offsets = np.zeros(len(x) + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    bits = pa.array(is_there).buffers()[1]
    data = [bits, pa.py_buffer(offsets), pa.py_buffer(packed.tobytes())]
    return pa.Array.from_buffers(pa.binary(), len(x), data)

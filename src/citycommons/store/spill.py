"""Tables larger than memory: Arrow batches in a file without a name, mapped, pages given back.

A large table is written once and then looked at through the map. The pages that were touched count
as memory of this process until `ease` gives them back; their content stays in the file.
"""

import mmap
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from citycommons.core.errors import Unavailable

LARGE = 256 << 20
"""Bytes of text from which on a table is held in files instead of memory."""
PIECE = 1 << 18
"""Rows that are worked on at once."""

_MOST_HELD = 320 << 20  # bytes of mapped files, libraries among them
_LOOK_EVERY_S = 0.02
_guard = threading.Lock()
_watch: threading.Thread | None = None
_maps: weakref.WeakValueDictionary[int, mmap.mmap] = weakref.WeakValueDictionary()


class Spill:
    """Batches of one schema, gathered in memory or in a file; a table in the end.

    The file has no name: it is gone with the last table that uses it, whatever happens.
    """

    def __init__(self, schema: pa.Schema, *, on_disk: bool) -> None:
        self._file: IO[bytes] | None = None
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []
        if on_disk:
            self._file = tempfile.TemporaryFile(prefix="citycommons-")  # noqa: SIM115
            self._writer = pa.ipc.new_file(self._file, schema)

    def write(self, part: pa.Table | pa.RecordBatch) -> None:
        """Add rows. Raises `Unavailable` when the folder for temporary files is full."""
        if self._file is None:
            self._batches += part.to_batches() if isinstance(part, pa.Table) else [part]
            return
        try:
            if isinstance(part, pa.Table):
                part = part.combine_chunks()
            self._writer.write(part)
        except OSError as cause:
            raise Unavailable(
                f"Large tables need room in {tempfile.gettempdir()}, and there is none left: "
                f"{cause}. Make room there, or name another folder by the variable TMPDIR."
            ) from cause
        ease()

    def table(self) -> pa.Table:
        """All rows; from a file they are mapped, not read."""
        if self._file is None:
            return pa.Table.from_batches(self._batches, self._schema)
        self._writer.close()
        self._file.flush()
        buffer = _mapped(self._file)
        self._file.close()
        return pa.ipc.open_file(buffer).read_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Leave the file alone; rows that no table holds are gone."""
        if self._file is not None:
            self._file.close()


def mapped(path: Path) -> pa.Buffer:
    """The bytes of a file, mapped; empty files have none to map."""
    with path.open("rb") as file:
        return _mapped(file) if path.stat().st_size else pa.py_buffer(b"")


def _mapped(file: IO[bytes]) -> pa.Buffer:
    found = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    buffer = pa.py_buffer(found)
    _maps[buffer.address] = found
    if len(found) > LARGE:
        _watched()
    return buffer


def numbers(count: int, *, on_disk: bool) -> npt.NDArray[np.float64]:
    """An array to be filled; in a file its pages are given back like those of a table."""
    if not on_disk or not count:
        return np.empty(count, np.float64)
    with tempfile.TemporaryFile(prefix="citycommons-") as file:
        file.truncate(count * 8)
        found = mmap.mmap(file.fileno(), count * 8)
    array = np.frombuffer(found, np.float64)
    _maps[array.ctypes.data] = found
    return array


def _keep_small() -> None:
    """Give pages back as soon as many are held, whoever looks at whole columns meanwhile."""
    statm = Path("/proc/self/statm")
    while _maps:
        try:
            held = int(statm.read_text().split()[2]) * mmap.PAGESIZE
        except (OSError, ValueError, IndexError):
            return  # no such file on this system: only the steps of the work give pages back
        if held > _MOST_HELD:
            ease()
        time.sleep(_LOOK_EVERY_S)


def _watched() -> None:
    global _watch
    with _guard:
        if _watch is None or not _watch.is_alive():
            _watch = threading.Thread(target=_keep_small, name="spill", daemon=True)
            _watch.start()


def is_mapped(column: pa.ChunkedArray) -> bool:
    """Whether the column lies in a file: what is made of it should lie in one too."""
    if not _maps:
        return False
    spans = [(start, start + len(one)) for start, one in list(_maps.items())]
    for chunk in column.chunks[:1]:
        places = [buffer.address for buffer in chunk.buffers() if buffer and buffer.size]
        return any(low <= place < high for place in places for low, high in spans)
    return False


def ease() -> None:
    """Give back the pages of all maps; what is looked at again comes back from the file."""
    for one in list(_maps.values()):
        one.madvise(mmap.MADV_DONTNEED)


def pieces(column: pa.ChunkedArray, size: int = 0) -> Iterator[pa.ChunkedArray]:
    """Slices of a column, one at least; pages are given back between those of a mapped one."""
    size, is_large = size or PIECE, is_mapped(column)
    for start in range(0, max(len(column), 1), size):
        yield column.slice(start, size)
        if is_large:
            ease()


def is_large(table: pa.Table) -> bool:
    """Whether a part of the table lies in a file: whole columns of it should not be copied."""
    return any(is_mapped(column) for column in table.columns)


def is_growing(column: pa.ChunkedArray) -> bool:
    """Whether each number, date or time there is comes after the one before it."""
    last = None
    for piece in pieces(column):
        values = numbers_of(piece)
        if not len(values):
            continue
        if (last is not None and not values[0] > last) or not (values[1:] > values[:-1]).all():
            return False
        last = values[-1]
    return True


def numbers_of(values: pa.ChunkedArray) -> npt.NDArray[Any]:
    """What is there of a column of numbers, dates or times, as numbers."""
    there = values.drop_null()
    if pa.types.is_temporal(there.type):
        there = there.cast(pa.int32() if there.type.bit_width == 32 else pa.int64())
    return np.asarray(there)


def take_rows(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """These rows, given in their order; those of a large table go into a file."""
    if not is_large(table):
        return table.take(pa.array(rows))
    with Spill(table.schema, on_disk=True) as kept:
        for start in range(0, len(table), PIECE):
            low, high = np.searchsorted(rows, [start, start + PIECE])
            some = table.slice(start, PIECE).combine_chunks()
            kept.write(some.take(pa.array(rows[low:high] - start)))
        return kept.table()


def take(column: pa.ChunkedArray, rows: npt.NDArray[np.int64]) -> pa.Array:
    """The values of these rows, chunk by chunk: nothing but them is copied."""
    ends = np.cumsum([len(chunk) for chunk in column.chunks], dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    wanted = rows[order]
    found, begin = [pa.array([], column.type)], 0
    for chunk, end in zip(column.chunks, ends.tolist(), strict=True):
        upto = int(np.searchsorted(wanted, end))
        if upto > begin:
            found.append(chunk.take(pa.array(wanted[begin:upto] - (end - len(chunk)))))
            begin = upto
    back = np.empty(len(rows), np.int64)
    back[order] = np.arange(len(rows))
    whole = pa.concat_arrays(found)
    return whole if (order == np.arange(len(rows))).all() else whole.take(pa.array(back))

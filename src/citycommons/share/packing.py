"""Writing the packed read file: features as GeoJSON, and the index that points into them."""

import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.types import Field, FieldType
from citycommons.share import arrange, cells

FAN = 32
HEAD = b'{"type":"FeatureCollection","features":[\n'
TAIL = b"\n]}\n"
MAGIC = b"CCFEAT2\n"
SEPARATOR = ",\n"
DIRECTORY_END = 16  # bytes of its length and checksum

Numbers = npt.NDArray[np.int64]
Boxes = npt.NDArray[np.float64]


def write(path: Path, index: Path, source: Path, fields: tuple[Field, ...]) -> None:
    """Write the collection and its index from a lake file, a batch at a time."""
    place = next(field.name for field in fields if field.type is FieldType.GEOMETRY)
    with ExitStack() as stack:
        out, found = stack.enter_context(path.open("wb")), stack.enter_context(index.open("wb"))
        bounds, wkb, ends, wkb_ends = (
            stack.enter_context(tempfile.TemporaryFile(dir=path.parent)) for _ in range(4)
        )
        out.write(HEAD)
        ends.write(np.int64(len(HEAD)).tobytes())
        wkb_ends.write(np.int64(0).tobytes())
        position, wkb_position, count, are_points = len(HEAD), 0, 0, True
        for batch in _batches(source, fields):
            lines = cells.joined([cells.features(batch, fields, count), SEPARATOR])
            position = _append(out, ends, cells.payload(lines), cells.offsets(lines), position)
            column = cells.whole(batch, place)
            boxes = arrange.boxes_of(column)
            bounds.write(boxes.tobytes())
            are_points &= bool(np.array_equal(boxes[:, :2], boxes[:, 2:], equal_nan=True))
            shapes = column.fill_null(b"").cast(pa.binary())
            wkb_position = _append(
                wkb, wkb_ends, cells.payload(shapes), cells.offsets(shapes), wkb_position
            )
            count += batch.num_rows
        if count:
            out.seek(-len(SEPARATOR), os.SEEK_END)
        out.write(TAIL)
        found.write(MAGIC)
        directory: dict[str, Any] = {"count": count, "size": out.tell()}
        directory["ends"] = _copied(found, ends)
        directory["levels"] = _levels(found, bounds, count)
        if not are_points:
            directory["wkb"] = _copied(found, wkb)
            directory["wkb_ends"] = _copied(found, wkb_ends)
        text = orjson.dumps(directory)
        found.write(text)
        found.write(np.array([len(text), zlib.crc32(text)], "<u8").tobytes())


def _batches(source: Path, fields: tuple[Field, ...]) -> Iterator[pa.RecordBatch]:
    names = [field.name for field in fields]
    with pq.ParquetFile(source, memory_map=True) as file:
        for batch in file.iter_batches(20_480, columns=names):
            yield batch.select(names)


def _append(
    out: IO[bytes], ends: IO[bytes], payload: bytes, offsets: Numbers, position: int
) -> int:
    out.write(payload)
    ends.write((offsets[1:] - offsets[0] + position).tobytes())
    return position + len(payload)


def _copied(out: IO[bytes], part: IO[bytes]) -> list[int]:
    _align(out)
    start, length = out.tell(), part.tell()
    part.seek(0)
    shutil.copyfileobj(part, out, 1 << 20)
    return [start, length]


def _align(out: IO[bytes]) -> None:
    out.write(bytes(-out.tell() % 8))


def _levels(out: IO[bytes], bounds: IO[bytes], count: int) -> list[list[int]]:
    """Bounds of all nodes, leaves first, as columns west, south, east, north."""
    bounds.flush()
    # Mapped, not read: 320 MB for 10 million rows.
    boxes: Boxes = (
        np.memmap(bounds, np.float64, "r", shape=(count, 4)) if count else np.empty((0, 4))
    )
    written = []
    while True:
        _align(out)
        start = out.tell()
        for column in boxes.T:
            out.write(np.ascontiguousarray(column).tobytes())
        written.append([start, out.tell() - start])
        if len(boxes) <= FAN:
            return written
        boxes = _parents(boxes)


def _parents(boxes: Boxes) -> Boxes:
    first = np.arange(0, len(boxes), FAN)
    low = np.minimum.reduceat(np.where(np.isnan(boxes[:, :2]), -np.inf, boxes[:, :2]), first)
    high = np.maximum.reduceat(np.where(np.isnan(boxes[:, 2:]), np.inf, boxes[:, 2:]), first)
    # A node with a row that has no place reaches everywhere: it never counts as inside a box.
    return np.concatenate([low, high], axis=1)

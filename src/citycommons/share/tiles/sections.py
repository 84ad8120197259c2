"""A file of named arrays, mapped into memory: magic; arrays; a directory, its length, checksum."""

import mmap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

_TAIL = 16


def write(
    path: Path, magic: bytes, arrays: Iterator[tuple[str, npt.NDArray[Any]]], about: dict[str, Any]
) -> None:
    """Write the arrays one after the other, and what there is to know about them."""
    with path.open("wb") as out:
        out.write(magic)
        directory: dict[str, Any] = {"about": about}
        for name, array in arrays:
            out.write(bytes(-out.tell() % 8))
            directory[name] = [array.dtype.str, list(array.shape), out.tell()]
            out.write(np.ascontiguousarray(array).data)
        text = orjson.dumps(directory)
        out.write(text)
        out.write(np.array([len(text), zlib.crc32(text)], "<u8").tobytes())


class Sections:
    """Such a file, opened. Raises `ValueError` if it is not whole."""

    def __init__(self, path: Path, magic: bytes) -> None:
        with path.open("rb") as file:
            if path.stat().st_size < len(magic) + _TAIL:
                raise ValueError("too short")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size, check = (int(n) for n in np.frombuffer(self._map[-_TAIL:], "<u8"))
        directory = self._map[max(0, len(self._map) - _TAIL - size) : -_TAIL]
        if self._map[: len(magic)] != magic or zlib.crc32(directory) != check:
            raise ValueError("damaged")
        self._directory: dict[str, Any] = orjson.loads(directory)
        self.about: dict[str, Any] = self._directory.pop("about")

    def __contains__(self, name: str) -> bool:
        return name in self._directory

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        kind, shape, start = self._directory[name]
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._map, np.dtype(kind), count, start).reshape(shape)

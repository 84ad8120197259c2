"""Nested values with arrays in one file: the same values are the same bytes, and none is code.

A file is a zip of `.npy` members (readable by any NumPy) with `shape.json`, which says how they
nest. Only classes of `citycommons.act` are made from it, by their fields, so that a file from
elsewhere can do no more than be refused.
"""

import io
import json
import zipfile
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from citycommons.core.errors import Invalid

_OURS = "citycommons.act."
_NEVER_CHANGES = (1980, 1, 1, 0, 0, 0)
Array = np.ndarray[Any, Any]
_PLAIN = (str, int, float, bool, type(None))


def write(path: Path, value: Any) -> None:
    """Write the value; raises `TypeError` for a kind that is not listed in `_Packer`."""
    packer = _Packer()
    shape = packer.packed(value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        text = json.dumps(shape, separators=(",", ":"), ensure_ascii=False)
        file.writestr(zipfile.ZipInfo("shape.json", _NEVER_CHANGES), text)
        for number, array in enumerate(packer.arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            name = zipfile.ZipInfo(f"{number}.npy", _NEVER_CHANGES)
            file.writestr(name, member.getvalue())


def read(path: Path) -> Any:
    """Read a value back; `Invalid` if the file was written by another program or is damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            shape = json.loads(file.read("shape.json"))
            count = len(file.namelist()) - 1
            arrays = [
                np.lib.format.read_array(io.BytesIO(file.read(f"{n}.npy")), allow_pickle=False)
                for n in range(count)
            ]
        return _Unpacker(arrays).value(shape)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, zipfile.BadZipFile) as bad:
        raise Invalid(
            f"{path.name} cannot be read: another edition of this program wrote it, or it is "
            "damaged."
        ) from bad


class _Packer:
    """Arrays go aside; an object that stands in several places is written once."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._seen: dict[int, tuple[int, Any]] = {}  # holds what it knows: no id is reused
        self._classes = 0

    def packed(self, value: Any) -> Any:
        if isinstance(value, np.generic):
            return self.packed(value.item())
        if isinstance(value, Enum):
            return {"e": _name(type(value)), "v": value.value}
        if isinstance(value, _PLAIN):
            return {"f": value.hex()} if isinstance(value, float) else value
        if isinstance(value, datetime):
            return {"t": value.isoformat()}
        if isinstance(value, np.ndarray):
            return {"a": self._aside(value)}
        return self._nested(value)

    def _nested(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {"d": [[self.packed(k), self.packed(v)] for k, v in value.items()]}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"n": _name(type(value)), "v": [self.packed(one) for one in value]}
        if _are_lines(value):
            points = np.array([point for line in value for point in line])
            ends = np.cumsum([len(line) for line in value])
            return {"g": [self._aside(points), self._aside(ends)]}
        if isinstance(value, frozenset):
            return {"s": [self.packed(one) for one in sorted(value)]}
        if isinstance(value, (tuple, list)):
            return {"l" if isinstance(value, list) else "u": [self.packed(one) for one in value]}
        if not is_dataclass(value):
            raise TypeError(f"A {type(value).__name__} cannot be kept in a file of arrays.")
        if id(value) in self._seen:
            return {"r": self._seen[id(value)][0]}
        # What a class works out by itself it works out again when it is read.
        own = [one.name for one in fields(value) if one.init]
        held = {name: self.packed(getattr(value, name)) for name in own}
        self._seen[id(value)] = (self._classes, value)
        self._classes += 1
        return {"c": _name(type(value)), "v": held}

    def _aside(self, array: Array) -> int:
        if id(array) not in self._seen:
            self._seen[id(array)] = (-1 - len(self.arrays), array)
            self.arrays.append(array)
        return -1 - self._seen[id(array)][0]


def _are_lines(value: Any) -> bool:
    """A tuple of lines, each a tuple of pairs of numbers: they are many, and fit in one array."""
    if not (isinstance(value, tuple) and value and isinstance(value[0], tuple) and value[0]):
        return False
    return all(
        isinstance(line, tuple) and line and all(_is_point(point) for point in line)
        for line in value
    )


def _is_point(value: Any) -> bool:
    return isinstance(value, tuple) and [type(one) for one in value] == [float, float]


class _Unpacker:
    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = arrays
        self._made: list[Any] = []

    def value(self, shape: Any) -> Any:
        if not isinstance(shape, dict):
            return shape
        kind, held = next(iter(shape.items()))
        return getattr(self, f"_{kind}")(held, shape.get("v"))

    def _f(self, held: Any, _: Any) -> float:
        return float.fromhex(held)

    def _a(self, held: int, _: Any) -> Array:
        return self._arrays[held]

    def _t(self, held: Any, _: Any) -> datetime:
        return datetime.fromisoformat(held)

    def _l(self, held: Any, _: Any) -> list[Any]:
        return [self.value(one) for one in held]

    def _u(self, held: Any, _: Any) -> tuple[Any, ...]:
        return tuple(self.value(one) for one in held)

    def _s(self, held: Any, _: Any) -> frozenset[Any]:
        return frozenset(self.value(one) for one in held)

    def _d(self, held: Any, _: Any) -> dict[Any, Any]:
        return {self.value(k): self.value(v) for k, v in held}

    def _g(self, held: Any, _: Any) -> tuple[Any, ...]:
        points = [tuple(one) for one in self._arrays[held[0]].tolist()]
        ends = [0, *self._arrays[held[1]].tolist()]
        return tuple(tuple(points[a:b]) for a, b in pairwise(ends))

    def _r(self, held: Any, _: Any) -> Any:
        return self._made[held]

    def _e(self, held: Any, value: Any) -> Any:
        return _class(held)(value)

    def _n(self, held: Any, value: Any) -> Any:
        return _class(held)(*(self.value(one) for one in value))

    def _c(self, held: Any, value: Any) -> Any:
        made = _class(held)(**{name: self.value(one) for name, one in value.items()})
        self._made.append(made)
        return made


def _name(kind: type) -> str:
    if not kind.__module__.startswith(_OURS):
        raise TypeError(f"A {kind.__module__}.{kind.__qualname__} is none of our classes.")
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    if not module.startswith(_OURS) or not qualified.isidentifier():
        raise ValueError(name)
    found = getattr(import_module(module), qualified)
    if not isinstance(found, type) or not (
        is_dataclass(found) or hasattr(found, "_fields") or issubclass(found, Enum)
    ):
        raise ValueError(name)
    return found

"""What was computed of a version is kept: in memory, and as a small file beside the lake.

A version never changes, so neither does what follows from it; the file may be deleted at any time.
"""

import contextlib
import os
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from citycommons.core.types import Digest
from citycommons.store.lake import Lake

T = TypeVar("T")

_MOST = 2048
_memory: OrderedDict[tuple[str, str, str], Any] = OrderedDict()
_lock = threading.Lock()
_busy: dict[tuple[str, str, str], threading.Lock] = {}


def kept(
    lake: Lake, file: Digest, name: str, kind: type[T], compute: Callable[[], T | None]
) -> T | None:
    """What `compute` gives for this file of the lake, computed at most once at a time.

    `name` carries the edition of the computation. A disk that cannot be written is no reason to
    fail: the answer is then kept in memory alone.
    """
    key = (str(lake.root), file, name)
    with _lock:
        if key in _memory:
            _memory.move_to_end(key)
            return _memory[key]  # type: ignore[no-any-return]
        busy = _busy.setdefault(key, threading.Lock())
    with busy:
        with _lock:
            if key in _memory:
                return _memory[key]  # type: ignore[no-any-return]
        path = lake.root.parent / "cache" / "figures" / file[:2] / f"{file}-{name}.json"
        try:
            found = msgspec.json.decode(path.read_bytes(), type=kind | None)
        except (OSError, msgspec.DecodeError):
            found = compute()
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                aside = path.with_suffix(f".{uuid.uuid4().hex}")
                aside.write_bytes(msgspec.json.encode(found))
                os.replace(aside, path)
        with _lock:
            _memory[key] = found
            _busy.pop(key, None)
            while len(_memory) > _MOST:
                _memory.popitem(last=False)
    return found

"""Files made from a version and kept beside it, rebuilt whenever they are missing."""

import threading
from collections.abc import Callable
from pathlib import Path

from citycommons.core.types import Digest
from citycommons.share.open import Opened
from citycommons.store.lake import Lake

_locks: dict[Path, threading.Lock] = {}
_guard = threading.Lock()


def kept(opened: Opened, suffix: str, fill: Callable[[Path], None]) -> Path:
    """The file with this suffix beside the version's, made by `fill` if it is not there."""
    return kept_beside(opened.lake, opened.version.file, suffix, lambda _source, path: fill(path))


def kept_beside(lake: Lake, file: Digest, suffix: str, fill: Callable[[Path, Path], None]) -> Path:
    """The same by the version's file, which `fill` gets first; two threads never make it twice.

    Two processes may, and the last to finish wins with equal bytes.
    """
    path = lake.path(file, suffix)
    if path.exists():
        return path
    with _guard:
        lock = _locks.setdefault(path, threading.Lock())
    with lock:
        if not path.exists():
            source = lake.existing(file)
            lake.put(lambda aside: fill(source, aside), suffix, digest=file)
    with _guard:
        _locks.pop(path, None)
    return path

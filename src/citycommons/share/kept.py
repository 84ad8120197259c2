"""Files made from a version and kept, rebuilt whenever they are missing.

What readers of the house need lies beside the version's own file (`kept_beside`). What was made
for a download lies in the city's cache: several threads make such files, whoever asks meanwhile
joins, and those that nobody asked for longest go when they take too much room.
"""

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from citycommons import __version__
from citycommons.core.errors import Unavailable
from citycommons.core.types import Digest
from citycommons.share.open import Opened
from citycommons.store.lake import Lake

T = TypeVar("T")

MAKERS = 2  # files made at once: more would not be sooner, and hold up small requests
MOST_BYTES = 20_000_000_000  # of kept downloads, and never more than a quarter of the room there is
_DEAD_S = 86_400.0
_YOUNG_S = 60.0  # a file asked for within this time may be on its way to somebody

_locks: dict[Path, threading.Lock] = {}
_guard = threading.Lock()


def kept_beside(lake: Lake, file: Digest, suffix: str, fill: Callable[[Path, Path], None]) -> Path:
    """The file with this suffix beside the version's, made by `fill` if it is not there.

    `fill` gets the version's file first. Two threads never make it twice; two processes may, and
    the last to finish wins with equal bytes.
    """
    path = lake.path(file, suffix)
    if path.exists():
        return path
    with alone(path):
        if not path.exists():
            source = lake.existing(file)
            lake.put(lambda aside: fill(source, aside), suffix, digest=file)
    return path


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One thread at a time for this path."""
    with _guard:
        lock = _locks.setdefault(path, threading.Lock())
    with lock:
        yield
    with _guard:
        _locks.pop(path, None)


class Making:
    """A file in the making: to be waited for, or read while it grows."""

    def __init__(self) -> None:
        self.done: Future[Path] = Future()
        self.part: Path | None = None  # where it grows, from its first byte on
        self.is_written = False  # up to its last byte; it is done when the disk has it


_makings: dict[Path, Making] = {}
_makers = ThreadPoolExecutor(MAKERS, thread_name_prefix="maker")
_is_ending = threading.Event()


def cache_of(lake: Lake) -> Lake:
    """Where downloads of a lake are kept."""
    return Lake(lake.root.parent / "cache" / "files")


def mark(asked: str) -> str:
    """A short name for a question, other ones for other releases, which may write otherwise."""
    return hashlib.blake2b(f"{__version__} {asked}".encode(), digest_size=12).hexdigest()


def place(opened: Opened, suffix: str) -> Path:
    """Where the version's file with this suffix is kept, whether it is there or not.

    Its bytes may say of which dataset and version it is, so equal content is not one file.
    """
    named = f"{opened.dataset.id}@{opened.version.number}".encode()
    mark = hashlib.blake2b(named, digest_size=6).hexdigest()
    return cache_of(opened.lake).path(opened.version.file, f".{mark}{suffix}")


def found(path: Path) -> bool:
    """Whether it is there; that it was asked for keeps it longer."""
    try:
        asked = path.stat().st_mtime
    except OSError:
        return False
    if time.time() - asked > _YOUNG_S / 2:
        with suppress(OSError):  # a disk that cannot be written can be read
            os.utime(path)
    return True


def kept(opened: Opened, suffix: str, fill: Callable[[Path], None]) -> Path:
    """The version's file with this suffix, made now if it is not there."""
    path = place(opened, suffix)
    return path if found(path) else making(opened, suffix, fill).done.result()


def making(opened: Opened, suffix: str, fill: Callable[[Path], None]) -> Making:
    """Begin to make the version's file with this suffix, or join who makes it already."""
    path, cache = place(opened, suffix), cache_of(opened.lake)

    def put(one: Making) -> Path:
        def follow(part: Path) -> None:
            one.part = part
            fill(part)
            one.is_written = True

        cache.put(follow, path.name.removeprefix(opened.version.file), opened.version.file)
        sweep(cache, path)
        return path

    return begun(path, put)


def joined(path: Path) -> Making | None:
    """The making of this file, if somebody makes it now."""
    with _guard:
        return _makings.get(path)


def begun(path: Path, work: Callable[[Making], Path]) -> Making:
    """The making of a file by `work`, in its turn; one at a time for each path."""
    with _guard:
        if path in _makings:
            return _makings[path]
        one = _makings[path] = Making()
    _makers.submit(_run, path, one, work)
    return one


def _run(path: Path, one: Making, work: Callable[[Making], Path]) -> None:
    try:
        made = work(one)
    except BaseException as error:  # noqa: BLE001 - whoever waits gets it
        _over(path)
        one.done.set_exception(error)
    else:
        _over(path)
        one.done.set_result(made)


def _over(path: Path) -> None:
    with _guard:
        _makings.pop(path, None)


def unless_ending(pieces: Iterator[T]) -> Iterator[T]:
    """The same; ends with an error when the process ends, which would wait for it otherwise."""
    for piece in pieces:
        if _is_ending.is_set():
            raise Unavailable("The portal is being stopped. Ask again in a moment.")
        yield piece


def end(patience_s: float = 10.0) -> None:
    """Let what is being made stop at its next piece, and wait for that."""
    _is_ending.set()
    with _guard:
        left = [one.done for one in _makings.values()]
    wait(left, patience_s)
    _is_ending.clear()


def sweep(cache: Lake, but: Path, most: int | None = None) -> int:
    """Remove the downloads that were asked for longest ago, above a quarter of the room there is.

    Answers how many. Each can be made again.
    """
    _clear(cache.root / "aside")
    files = []
    for path in cache.root.glob("??/*"):
        try:
            status = path.stat()
        except OSError:  # another process was faster
            continue
        files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    room = (shutil.disk_usage(cache.root).free + total) // 4
    most = min(MOST_BYTES, room) if most is None else most
    gone = 0
    for asked, size, path in sorted(files):
        if total <= most or time.time() - asked < _YOUNG_S:
            break
        if path != but:
            path.unlink(missing_ok=True)
            total, gone = total - size, gone + 1
    return gone


def _clear(aside: Path) -> None:
    """Remove what a process that was killed left half made, a day later."""
    for part in aside.glob("*"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime < _DEAD_S:
                continue
            if part.is_dir():
                shutil.rmtree(part)
            else:
                part.unlink()

"""The compiler loaded fast, for a process that answers one question and ends."""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def first_answer() -> Iterator[None]:
    """Load numba without scipy and cffi, and collect no garbage meanwhile.

    numba imports scipy, where it is installed, only to learn whether compiled code may multiply
    matrices, and cffi for calls into C; ours does neither. Does nothing in a process with other
    threads, which may want them just now. Half a second less of 1.6 for a first answer.
    """
    if threading.active_count() > 1 or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        _load()
        yield
    finally:
        gc.enable()


def _load() -> None:
    if "numba" in sys.modules:
        return
    spared = [name for name in ("scipy", "cffi") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(spared))  # type: ignore[arg-type]
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        for name in spared:
            del sys.modules[name]

"""The compiler loaded fast, for a process that answers one question and ends."""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def first_answer() -> Iterator[None]:
    """Load numba without scipy and collect no garbage meanwhile: 0.4 s less for a first answer.

    numba imports scipy, where it is installed, only to learn whether compiled code may multiply
    matrices; ours does not. Does nothing in a process with other threads, which may want scipy
    just now.
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
    if "scipy" in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules["scipy"] = None  # type: ignore[assignment]
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules["scipy"]

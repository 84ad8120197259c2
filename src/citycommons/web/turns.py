"""Who works at once: enough threads for pages, and a few of them for long questions."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from citycommons.core.errors import Unavailable
from citycommons.core.types import DatasetId
from citycommons.share import packed
from citycommons.store.work import City

_A = TypeVar("_A")
THREADS = 12  # below the 15 connections the database pool gives, so that none waits for one
LONG = 6  # of them may work out a question to the data, which can take seconds
PATIENCE_S = 3.0
SWITCH_S = 0.0005

_long = threading.BoundedSemaphore(LONG)


def use_threads() -> None:
    """Give the running loop its threads; handlers that are no coroutines run in them."""
    # Threads that make files hand over sooner to those that answer: a small request changes threads
    # a dozen times, and waited 5 ms for each.
    sys.setswitchinterval(SWITCH_S)
    executor = ThreadPoolExecutor(THREADS, thread_name_prefix="city")
    asyncio.get_running_loop().set_default_executor(executor)


async def at_once(city: City, id: DatasetId, version: str | None, answer: Callable[[], _A]) -> _A:
    """Answer on the loop itself where nothing has to be waited for, else in a thread.

    For what is read from the packed file alone: handing over to a thread takes longer than that.
    """
    found = city.recent.knows(("version", id, version))
    if found is not None and packed.is_mapped(city.lake, found.file):
        return answer()
    return await asyncio.to_thread(answer)


@contextmanager
def long_turn() -> Iterator[None]:
    """Wait for a turn to ask the data a question.

    Raises `Unavailable` when all turns are taken for 3 s: pages go on being answered meanwhile.
    """
    if not _long.acquire(timeout=PATIENCE_S):
        raise Unavailable(
            "Many questions are being worked out right now. Ask again in a few seconds, or take "
            "the whole file."
        )
    try:
        yield
    finally:
        _long.release()

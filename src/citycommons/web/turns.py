"""Who works at once: enough threads for pages, and a few of them for long questions."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from citycommons.core.errors import Unavailable

THREADS = 12  # below the 15 connections the database pool gives, so that none waits for one
LONG = 6  # of them may work out a question to the data, which can take seconds
PATIENCE_S = 3.0

_long = threading.BoundedSemaphore(LONG)


def use_threads() -> None:
    """Give the running loop its threads; handlers that are no coroutines run in them."""
    executor = ThreadPoolExecutor(THREADS, thread_name_prefix="city")
    asyncio.get_running_loop().set_default_executor(executor)


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

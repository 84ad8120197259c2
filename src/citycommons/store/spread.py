"""One function over many items on all cores: heavy sweeps, without anything distributed by hand.

The calling process works too, from the end of the list, so that few items or slow starts of the
others cost nothing. Processes are started at the first large sweep and kept.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pickle import PicklingError
from typing import TypeVar

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")

LEAST = 8
"""Fewer items than this are not worth another process."""
_PARTS = 4  # for each process, so that none waits long for the slowest


def spread(
    function: Callable[[_Item], _Found], items: Iterable[_Item], *, processes: int | None = None
) -> list[_Found]:
    """The function's value of each item, in order; what it raises is raised here.

    `function` is of a module (or a `partial` of one) and, like items and values, can be pickled;
    it must not depend on state of the process. Without further processes all is done here.
    """
    known = list(items)
    count = processes or _cores()
    if count < 2 or len(known) < LEAST or multiprocessing.current_process().daemon:
        return [function(one) for one in known]
    size = -(-len(known) // (count * _PARTS))
    parts = [known[at : at + size] for at in range(0, len(known), size)]
    try:
        return _together(_pool(count - 1), function, parts)
    except (BrokenProcessPool, PicklingError, AttributeError):
        # A process died, or something cannot travel: the answer is the same, only later.
        _pool.cache_clear()
        return [function(one) for one in known]


def _together(
    pool: ProcessPoolExecutor,
    function: Callable[[_Item], _Found],
    parts: Sequence[Sequence[_Item]],
) -> list[_Found]:
    futures: list[Future[list[_Found]]] = [pool.submit(_each, function, part) for part in parts]
    own: dict[int, list[_Found]] = {}
    try:
        for at in reversed(range(len(parts))):
            if futures[at].cancel():  # nobody has begun it
                own[at] = _each(function, parts[at])
        found = [own[at] if at in own else futures[at].result() for at in range(len(parts))]
    finally:
        for future in futures:
            future.cancel()
    return [one for part in found for one in part]


def _each(function: Callable[[_Item], _Found], part: Sequence[_Item]) -> list[_Found]:
    return [function(one) for one in part]


@cache
def _pool(count: int) -> ProcessPoolExecutor:
    # Spawned: a fork of a process with threads, databases and compiled code may stand still.
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1

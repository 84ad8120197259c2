"""Equilibria without the works, kept between questions: the next what-if starts from them.

A base depends on model, circumstances and other works alone, so every variant and every later
question of the same seed shares it. What is kept is bounded in bytes.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from citycommons.act.assignment.types import Equilibrium

_BYTES = 256_000_000
_BYTES_PER_CELL = 17  # of zones times links, in a bush that is stored densely; sparse ones are less


class Bases:
    """A least-recently-used store of equilibria; safe to use from several threads."""

    def __init__(self, limit: int = _BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[Equilibrium, int]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Equilibrium]) -> Equilibrium:
        """The equilibrium of this name, solved when it is not here."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        found = make()  # not under the lock: two may solve the same, and find the same
        self._keep(key, found)
        return found

    def _keep(self, key: Hashable, found: Equilibrium) -> None:
        size = found.network.zones * found.network.links * _BYTES_PER_CELL
        with self._lock:
            if key in self._kept or size > self._limit:
                return
            self._kept[key] = (found, size)
            self._held += size
            while self._held > self._limit:
                self._held -= self._kept.popitem(last=False)[1][1]


KEPT = Bases()

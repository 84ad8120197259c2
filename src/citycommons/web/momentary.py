"""What is kept for a moment, because finding it out takes longer than the page that shows it."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from citycommons.store.work import Work

KEPT_S = 30.0

Kept = TypeVar("Kept")


class Momentary(Generic[Kept]):
    """Answers by question and city, each at most half a minute old."""

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._kept: dict[tuple[str, Hashable], tuple[float, Kept]] = {}
        self._lock = threading.Lock()

    def get(self, work: Work, question: Hashable, find: Callable[[], Kept]) -> Kept:
        """What is kept, or what `find` says now. Ask only for what the actor was let in to."""
        key, now = (str(work.db.engine.url), question), time.monotonic()
        with self._lock:
            if key in self._kept and now - self._kept[key][0] < KEPT_S:
                return self._kept[key][1]
        found = find()
        with self._lock:
            if len(self._kept) > self._most:
                self._kept.clear()
            self._kept[key] = (now, found)
        return found

    def clear(self) -> None:
        """Forget all, as after a person changed what is shown."""
        with self._lock:
            self._kept.clear()

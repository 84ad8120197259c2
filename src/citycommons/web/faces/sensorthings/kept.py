"""Answers that are kept: versions never change, so what is polled is worked out once."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from citycommons.share.open import Opened


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and whose rows are in it."""

    content: bytes | None
    media: str
    opened: tuple[Opened, ...]


class Kept:
    """Answers by what determines them, the last used; what is polled is worked out once."""

    def __init__(self, room: int) -> None:
        self._room, self._taken = room, 0
        self._of: OrderedDict[str, Told] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, tag: str) -> Told | None:
        with self._guard:
            if tag in self._of:
                self._of.move_to_end(tag)
            return self._of.get(tag)

    def keep(self, tag: str, told: Told) -> None:
        size = len(told.content or b"")
        if size > self._room // 8:
            return
        with self._guard:
            if tag not in self._of:
                self._taken += size + _OVERHEAD
            self._of[tag] = told
            while self._taken > self._room:
                _, dropped = self._of.popitem(last=False)
                self._taken -= len(dropped.content or b"") + _OVERHEAD


_OVERHEAD = 500  # bytes of an entry beside its content

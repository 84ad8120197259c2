"""How often a client may ask: a bucket of tokens for each, in memory."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from citycommons.core.errors import TooOften
from citycommons.core.types import ClientKind
from citycommons.web.running import Running

_MOST_CLIENTS = 50_000
_SIGNED_IN_FACTOR = 5  # whoever is known may ask more often
_ROBOT_FACTOR = 0.2


class Limiter:
    """Each client has a bucket of a period's requests (a minute's) that fills up evenly.

    Holds at most 50 000 clients; who has not asked for longest is forgotten first. One per
    process: with several workers the limits multiply.
    """

    def __init__(
        self, most: int, clock: Callable[[], float] = time.monotonic, *, period_s: float = 60
    ) -> None:
        self._most = most
        self._period_s = period_s
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, factor: float = 1.0) -> None:
        """Take one token.

        Raises `TooOften` with the seconds to wait.
        """
        most = max(1.0, self._most * factor)
        rate = most / self._period_s
        now = self._clock()
        with self._lock:
            left, seen = self._buckets.pop(client, (most, now))
            left = min(most, left + (now - seen) * rate)
            is_allowed = left >= 1
            self._buckets[client] = (left - 1 if is_allowed else left, now)
            if len(self._buckets) > _MOST_CLIENTS:
                self._buckets.popitem(last=False)
        if not is_allowed:
            wait = ceil((1 - left) / rate)
            raise TooOften(
                f"Too many requests in a short time. Wait {wait} s, or take whole files.",
                retry_after_s=wait,
            )

    def check(self, running: Running) -> None:
        """Take a token for whoever sends this request: by account, else by address."""
        if running.is_signed_in:
            self.take(f"actor:{running.actor.id}", _SIGNED_IN_FACTOR)
        elif running.client is ClientKind.ROBOT:
            self.take(f"robot:{running.address}", _ROBOT_FACTOR)
        else:
            self.take(f"address:{running.address}")

"""Manners towards a host: how often it is asked, what its robots.txt says, when it wants rest.

The state is shared by all clients of this process. What outlives the process (a Retry-After of an
hour) is in the run's error, and the scheduler keeps it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

AGENT = "citycommons"
PER_SECOND = 20.0  # requests to one host, over time
BURST = 40.0  # requests that may come at once
LONGEST_DELAY_S = 30.0  # of a Crawl-delay; who asks for more gets this
ROBOTS_FOR_S = 3600.0  # how long what robots.txt says is believed (RFC 9309 section 2.4: a day)


class Robots(StrEnum):
    """How far robots.txt (RFC 9309) binds a client.

    It speaks to crawlers. An address that a data officer typed is no crawl, and CKAN forbids its
    API to all robots by default; so sources keep its pace, while links that only the machine has
    found are left alone where it says so.
    """

    OBEY = "obey"
    PACE = "pace"
    IGNORE = "ignore"


@dataclass(slots=True)
class _Host:
    tokens: float = BURST
    filled: float = 0.0
    delay_s: float = 0.0  # Crawl-delay
    next: float = 0.0
    rules: RobotFileParser | None = None
    asked: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)


class Hosts:
    """What is known of the hosts that were asked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    def wait_s(self, url: str) -> float:
        """Seconds to wait before the address may be asked; the turn is taken by asking here."""
        host = self._host(url)
        now = self._clock()
        with host.lock:
            host.tokens = min(BURST, host.tokens + (now - host.filled) * PER_SECOND)
            host.filled = now
            host.tokens -= 1
            wait = max(0.0, -host.tokens / PER_SECOND, host.next - now)
            host.next = max(now, host.next) + host.delay_s
            return wait

    def rest(self, url: str, seconds: float) -> None:
        """The host asked to be left alone for so long (Retry-After)."""
        host = self._host(url)
        with host.lock:
            host.next = max(host.next, self._clock() + seconds)

    def may(self, url: str, read: Callable[[str], tuple[int, str]]) -> bool:
        """Whether robots.txt lets us ask for the address; `read(url)` answers (status, text).

        No file (4xx) allows everything; a host that fails (5xx) forbids for now (RFC 9309 2.3.1).
        """
        host = self._host(url)
        with host.lock:
            if self._clock() - host.asked > ROBOTS_FOR_S:
                host.rules, host.asked = _rules(url, read), self._clock()
                delay = host.rules.crawl_delay(AGENT)
                host.delay_s = min(float(delay or 0.0), LONGEST_DELAY_S)
            return host.rules is None or host.rules.can_fetch(AGENT, url)

    def _host(self, url: str) -> _Host:
        name = urlsplit(url).netloc.rpartition("@")[2].lower()
        with self._lock:
            return self._hosts.setdefault(name, _Host(filled=self._clock()))


HOSTS = Hosts()
"""The manners of this process."""


def _rules(url: str, read: Callable[[str], tuple[int, str]]) -> RobotFileParser:
    parts = urlsplit(url)
    rules = RobotFileParser()
    status, text = read(f"{parts.scheme}://{parts.netloc}/robots.txt")
    if status >= 500:
        rules.parse(["User-agent: *", "Disallow: /"])
    elif status >= 400 or "<html" in text[:500].lower():
        rules.parse([])
    else:
        rules.parse(text[:500_000].splitlines())
    rules.modified()
    return rules

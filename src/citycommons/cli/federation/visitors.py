"""Visitors whose use is known before it is counted: people, programs, robots, double clicks.

Each visitor has an address and a program of its own, so COUNTER's rules tell them apart. What has
to come out is written beside each kind: that is the truth that a city's count is held against.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlsplit

_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15",
)
_PROGRAMS = ("python-requests/2.32.3", "curl/8.9.1", "GDAL/3.9.1")
_ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of visit: how many of a hundred calls, what is asked how often, what counts of it."""

    name: str
    visits: int  # in a hundred calls
    calls: int = 1  # of one visit, one right after the other
    agents: Sequence[str] = _BROWSERS
    suffix: str = ".csv"
    headers: Mapping[str, str] = field(default_factory=dict)
    knows_tag: bool = False  # asks whether the file changed
    status: int = 200
    requests: int = 1  # that count, by COUNTER, of one visit


KINDS = (
    Kind(name="people who download", visits=40),
    Kind(name="double clicks", visits=10, calls=2),
    Kind(name="programs", visits=15, agents=_PROGRAMS),
    Kind(name="unchanged files", visits=5, knows_tag=True, status=304),
    Kind(name="robots", visits=10, agents=_ROBOTS, requests=0),
    Kind(name="addresses that do not exist", visits=5, suffix=".nothing", status=404, requests=0),
    Kind(name="parts of a file", visits=5, headers={"range": "bytes=0-9"}, status=206, requests=0),
)
"""Of a hundred calls, 70 count as requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What was asked of one portal, and what of it has to be counted."""

    calls: int
    requests: int


def visit(base: str, datasets: Sequence[str], hundreds: int, *, seed: int) -> Served:
    """Ask the portal at `base` for files of these datasets, in a shuffled order.

    Raises `AssertionError` when an answer has another status than its kind says.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, and nothing depends on its secrecy
    visits = [kind for kind in KINDS for _ in range(kind.visits * hundreds)]
    chance.shuffle(visits)
    calls = 0
    with _Portal(base) as portal:
        tags = {id: portal.ask(f"/data/{id}.csv", _headers(_ROBOTS[0], 0)).tag for id in datasets}
        for number, kind in enumerate(visits, 1):
            id = chance.choice(datasets)
            headers = {**_headers(chance.choice(kind.agents), number), **kind.headers}
            if kind.knows_tag:
                headers["if-none-match"] = tags[id]
            for _ in range(kind.calls):
                answer = portal.ask(f"/data/{id}{kind.suffix}", headers)
                if answer.status != kind.status:
                    raise AssertionError(f"{kind.name}: {answer.status} instead of {kind.status}")
                calls += 1
    return Served(calls=calls, requests=sum(kind.requests for kind in visits))


def _headers(agent: str, number: int) -> dict[str, str]:
    """Each visitor comes from an address of its own (RFC 2544's range for tests)."""
    address = f"198.18.{number // 250}.{number % 250 + 1}"
    return {"user-agent": agent, "x-forwarded-for": address}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    tag: str


class _Portal:
    """One connection that stays open."""

    def __init__(self, base: str) -> None:
        self._connection = HTTPConnection(urlsplit(base).netloc, timeout=60)

    def __enter__(self) -> "_Portal":
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def ask(self, path: str, headers: Mapping[str, str]) -> _Answer:
        self._connection.request("GET", path, headers=dict(headers))
        answer = self._connection.getresponse()
        answer.read()
        return _Answer(answer.status, answer.headers.get("etag", ""))

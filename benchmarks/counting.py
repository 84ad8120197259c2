"""What counting uses costs: the same answers with and without it, taking turns in one process.

`python -m benchmarks counting [--rows N] [--rounds N] [--requests N]`. Requests go through the
whole application (door, limits, handler, packing), without a network, which would only make the
share of counting smaller. Time is that of the processor, so what is done in the background counts
too. Exit code 1 if counting takes more than 3 % of the throughput.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.city_features import EAST, NORTH, SOUTH, WEST, features
from benchmarks.share.ours import publish

MOST = 0.03
_AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Firefox/{n}.0" for n in range(60, 140)]


def main(arguments: list[str] | None = None) -> int:
    """Prints requests a second of one core, and the share of counting."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks counting")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=3_000)
    given = parser.parse_args(arguments or [])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        publish(home, features(given.rows))
        share = _measured(home, given.rounds, given.requests)
    print(f"counting takes {share:.1%} of the throughput (most: {MOST:.0%})")
    return int(share > MOST)


def _measured(home: Path, rounds: int, requests: int) -> float:
    from citycommons.core.settings import read_settings
    from citycommons.store.work import City
    from citycommons.web.app import create_app

    city = City.open(read_settings(home, requests_per_minute=10_000_000))
    app = create_app(city)
    chance = random.Random(1)
    addresses = [_address(chance) for _ in range(requests)]
    with asyncio.Runner() as runner:
        runner.run(_ask(app, addresses))  # what is kept is kept now
        taken: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * rounds):
            is_counting = bool(turn % 2)
            with nullcontext() if is_counting else _uncounted():
                begun = time.process_time()
                runner.run(_ask(app, addresses))
                if is_counting:
                    city.usage.write()  # what waits belongs to this round
                taken[is_counting].append((time.process_time() - begun) / requests)
    begun = time.process_time()
    city.usage.flush()
    settled = time.process_time() - begun
    city.close()
    ratios = [
        with_it / without - 1 for with_it, without in zip(taken[True], taken[False], strict=True)
    ]
    for is_counting, name in ((False, "without"), (True, "with")):
        cost = statistics.median(taken[is_counting])
        print(
            f"{name} counting: {cost * 1e6:.1f} µs a request, {1 / cost:.0f} requests/s of a core"
        )
    print(f"settling all {rounds * requests} hits: {settled:.2f} s of a processor")
    return statistics.median(ratios)


def _address(chance: random.Random) -> str:
    x, y = chance.uniform(WEST, EAST - 0.01), chance.uniform(SOUTH, NORTH - 0.01)
    return f"bbox={x:.5f},{y:.5f},{x + 0.01:.5f},{y + 0.01:.5f}&limit=100"


def _uncounted() -> AbstractContextManager[Any]:
    from citycommons.store.usage import Uses

    return patch.multiple(Uses, add=lambda *_a: None, count=lambda *_a: None)


async def _ask(app: Callable[..., Any], addresses: list[str]) -> None:
    for place, query in enumerate(addresses):
        who = place % 250  # so many ask at the same time
        await _one(app, query, f"10.0.0.{who}", _AGENTS[who % len(_AGENTS)])


async def _one(app: Callable[..., Any], query: str, address: str, agent: str) -> None:
    path = "/ogc/collections/features/items"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [
            (b"host", b"data.example"),
            (b"user-agent", agent.encode()),
            (b"referer", b"https://www.google.com/"),
            (b"accept", b"*/*"),
        ],
        "client": (address, 40_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"{path}?{query} answered {message['status']}")

    await app(scope, receive, send)

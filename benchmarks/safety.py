"""What each safety costs one page of 100 features: the same answer with and without it, in process.

`python -m benchmarks safety [--rows N]`. Nothing of this can be switched off in the portal; here
one is taken away at a time. Medians of interleaved rounds, in microseconds.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.city_features import EAST, NORTH, SOUTH, WEST, features
from benchmarks.share.ours import publish


def main(arguments: list[str] | None = None) -> int:
    """Prints a line for each safety; there is no budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks safety")
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args(arguments or [])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        publish(home, features(given.rows))
        with _page(home) as page:
            whole = _microseconds(page, nullcontext)
            print(f"a page of 100 features with everything: {whole:.0f} µs")
            for name, without in _safeties():
                taken = whole - _microseconds(page, without)
                print(f"{name}: {taken:.0f} µs ({taken / whole:.0%})")
    return 0


@contextmanager
def _page(home: Path) -> Iterator[Callable[[], object]]:
    from citycommons.core.settings import read_settings
    from citycommons.govern.sessions import Attempts
    from citycommons.store.work import City
    from citycommons.web.faces.ogc import items
    from citycommons.web.running import RunningRequest

    city, attempts, rng = City.open(read_settings(home)), Attempts(), random.Random(1)

    def page() -> object:
        x, y = rng.uniform(WEST, EAST - 0.01), rng.uniform(SOUTH, NORTH - 0.01)
        running = RunningRequest(
            city=city,
            method="GET",
            path="/ogc/collections/features/items",
            raw_query=f"bbox={x:.5f},{y:.5f},{x + 0.01:.5f},{y + 0.01:.5f}&limit=100",
            headers={"host": "127.0.0.1", "user-agent": "benchmark"},
            cookies={},
            address="127.0.0.1",
            scheme="http",
            host="127.0.0.1",
            attempts=attempts,
        )
        return items._items(running, "features")  # type: ignore[arg-type]

    yield page
    city.close()


def _safeties() -> list[tuple[str, Callable[[], Any]]]:
    from citycommons.share import open as door
    from citycommons.store.recent import Recent
    from citycommons.store.usage import Uses
    from citycommons.web.faces.ogc import items

    return [
        (
            "noting the use (it is written and counted beside the answer)",
            lambda: patch.multiple(Uses, add=lambda *_a: None, count=lambda *_a: None),
        ),
        (
            "asking who may (access, and release of personal data)",
            lambda: patch.multiple(
                door,
                require=lambda *_a: None,
                privacy=type("none", (), {"require_release": lambda *_a: None}),
            ),
        ),
        (
            "asking whether anything has changed since (rights, versions)",
            lambda: patch.object(Recent, "stamp", lambda _self: 1),
        ),
        (
            "links to the next page, itself and its HTML",
            lambda: patch.object(items, "paging", lambda *_a, **_k: []),
        ),
        ("the name of the answer (ETag)", lambda: patch.object(items, "tag_of", lambda *_a: '"x"')),
    ]


def _microseconds(page: Callable[[], object], without: Callable[[], Any]) -> float:
    medians = []
    for _ in range(5):
        with without():
            taken = []
            for _ in range(400):
                start = time.perf_counter()
                page()
                taken.append(time.perf_counter() - start)
            medians.append(statistics.median(taken) * 1e6)
    return statistics.median(medians)

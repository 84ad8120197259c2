"""A CKAN portal of 2 000 datasets that takes 20 ms for each answer, harvested twice.

The first harvest has to end within 60 s. The second one, of unchanged records, is told beside it.
The peer is the bare listing of the same pages, each record read as JSON and nothing done with it.
"""

import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.run import Result, all_met, say

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

RECORDS = 2000
LATENCY_S = 0.02
LIMIT_S = 60.0


def bare(url: str, rows: int = 100) -> float:
    """Seconds for the pages alone."""
    start = time.perf_counter()
    for at in range(0, RECORDS, rows):
        address = f"{url}/api/3/action/package_search?rows={rows}&start={at}"
        with urllib.request.urlopen(address) as answer:
            found = json.loads(answer.read())["result"]["results"]
        assert len(found) == min(rows, RECORDS - at)
    return time.perf_counter() - start


def main() -> int:
    from tests.portal_origin import ckan, package

    from citycommons.collect import sources
    from citycommons.core.settings import Settings
    from citycommons.core.types import SYSTEM, Publisher, PublisherId, Source, SourceId
    from citycommons.share import arrive
    from citycommons.store import catalogue
    from citycommons.store.work import City

    with (
        tempfile.TemporaryDirectory() as folder,
        ckan([package(n) for n in range(RECORDS)], latency_s=LATENCY_S) as url,
    ):
        city = City.create(Settings(home=Path(folder) / "home", allow_hosts=("127.0.0.1",)))
        with city.work(SYSTEM) as work:
            publisher = Publisher(id=PublisherId("roads"), name="Roads")
            catalogue.save_publisher(work.db, publisher)
            source = Source(
                id=SourceId("portal"),
                title="Portal",
                connector="ckan",
                options={"url": url},
                publisher=publisher.id,
                owner=SYSTEM.id,
            )
            sources.save(work, source)
        taken = []
        for expected in ("new", "same"):
            start = time.perf_counter()
            run = arrive.run_named(city, SYSTEM, source.id)
            taken.append(time.perf_counter() - start)
            assert run.counts[expected] == RECORDS, run
        with city.work(SYSTEM, may_write=False) as work:
            assert len(catalogue.datasets(work.db)) == RECORDS
        city.close()
        pages = bare(url)
    first, again = taken
    names = ("harvest of 2 000 new records", "harvest of 2 000 unchanged records")
    return all_met(
        [
            say(
                Result(
                    name=name,
                    ours=seconds,
                    peer=pages,
                    unit="s",
                    ratio=seconds / pages,
                    budget=f"< {LIMIT_S:.0f} s with 20 ms a request (peer: the pages alone)",
                    is_met=seconds < LIMIT_S,
                    command="python -m benchmarks harvest",
                )
            )
            for name, seconds in zip(names, (first, again), strict=True)
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

"""A catalogue of 1 000 records, and five times `kill -9` on the worker that brings it."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from tests.portal_origin import ckan, package

from citycommons.collect import sources
from citycommons.core.settings import Settings
from citycommons.core.types import (
    ANYONE,
    Actor,
    ActorId,
    Grant,
    Publisher,
    PublisherId,
    Role,
    Source,
    SourceId,
)
from citycommons.govern import audit
from citycommons.share import catalogue
from citycommons.store import catalogue as stored
from citycommons.store import records
from citycommons.store.work import City

RECORDS = 1000
KILLS = 5

# Everything is loaded once; each worker is a process of its own that begins within milliseconds.
WORKERS = """
import os, sys, time
from pathlib import Path
import citycommons.collect.ckan, citycommons.standardise.records.ckan
from citycommons.core.settings import read_settings
from citycommons.jobs import errands
from citycommons.share import holding
from citycommons.store.work import City

holding.LEASE_S = 0.3
for _ in sys.stdin:
    if (pid := os.fork()) == 0:
        city = City.open(read_settings(Path(sys.argv[1])))
        while not errands.work_off(city):
            time.sleep(0.02)
        os._exit(0)
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""


def there(city: City) -> int:
    with city.work(ANYONE, may_write=False) as work:
        return records.counts(work.db, [SourceId("portal")]).get(SourceId("portal"), (0, 0))[0]


@pytest.mark.slow
def test_a_thousand_records_and_five_kills(tmp_path):
    home = tmp_path / "home"
    settings = Settings(home=home, name="Testville", allow_hosts=("127.0.0.1",))
    city = City.create(settings)
    (home / "city.toml").write_text('name = "Testville"\nallow_hosts = ["127.0.0.1"]\n')
    admin = Actor(id=ActorId("admin"), name="Ada", grants=(Grant(role=Role.ADMINISTRATOR),))
    with ckan([package(n) for n in range(RECORDS)], latency_s=0.005) as url:
        with city.work(admin) as work:
            publisher = Publisher(id=PublisherId("roads"), name="Roads")
            stored.save_publisher(work.db, publisher)
            source = Source(
                id=SourceId("portal"),
                title="The other portal",
                connector="ckan",
                options={"url": url},
                publisher=publisher.id,
                owner=admin.id,
                every="P1D",
            )
            sources.save(work, source)
        kills = _killed_again_and_again(city, home)
    assert kills == KILLS
    with city.work(admin, may_write=False) as work:
        entries = stored.datasets(work.db)
        [run] = sources.runs(work, SourceId("portal"))
        kept = records.counts(work.db, [SourceId("portal")])
        found = catalogue.find(work, catalogue.Search(text="Messung", limit=1)).total
        assert audit.first_break(work) is None
    assert len(entries) == RECORDS
    assert {one.identifier for one in entries} == {package(n)["id"] for n in range(RECORDS)}
    assert kept == {SourceId("portal"): (RECORDS, 0)}
    assert found == RECORDS
    assert (run.outcome, run.counts["new"], run.faults) == ("done", RECORDS, ())
    city.close()


def _killed_again_and_again(city: City, home: object) -> int:
    chance, kills = random.Random(7), 0
    command = [sys.executable, "-c", WORKERS, str(home)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as workers:
        assert workers.stdin is not None
        assert workers.stdout is not None
        for number in range(1, KILLS + 2):
            print(file=workers.stdin, flush=True)
            pid = int(workers.stdout.readline())
            if number <= KILLS:
                before = there(city)
                while there(city) == before:
                    time.sleep(0.005)
                time.sleep(chance.uniform(0, 0.2))
                kills += there(city) < RECORDS
                os.kill(pid, signal.SIGKILL)
            assert workers.stdout.readline() == "ended\n"
    return kills

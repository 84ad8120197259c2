"""Files that come one after the other, appended, and `kill -9` at any moment: each row once."""

import os
import random
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from citycommons.collect import sources
from citycommons.core.settings import Settings
from citycommons.core.types import (
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Grant,
    Mode,
    Publisher,
    PublisherId,
    Role,
    Source,
    SourceId,
)
from citycommons.share import publish
from citycommons.store import catalogue
from citycommons.store.work import City

FILES, ROWS, KILLS = 12, 25, 10

WORKERS = """
import os, sys
from pathlib import Path
import citycommons.collect.folder, citycommons.standardise.delimited, pyarrow.parquet
from citycommons.core.settings import read_settings
from citycommons.jobs import errands
from citycommons.share import holding
from citycommons.store.work import City

holding.LEASE_S = 0.2
for _ in sys.stdin:
    if (pid := os.fork()) == 0:
        city = City.open(read_settings(Path(sys.argv[1])))
        errands.work_off(city)
        os._exit(0)
    print(pid, flush=True)
    sys.stdin.readline()  # until then the number is nobody else's
    print(os.waitpid(pid, 0)[1], flush=True)
"""


@pytest.mark.slow
def test_each_row_is_there_once_whenever_the_worker_dies(tmp_path):
    home = tmp_path / "home"
    city = City.create(Settings(home=home, name="Testville"))
    (home / "city.toml").write_text('name = "Testville"\n')
    inbox = home / "inbox"
    inbox.mkdir()
    admin = Actor(id=ActorId("admin"), name="Ada", grants=(Grant(role=Role.ADMINISTRATOR),))
    with city.work(admin) as work:
        publisher = Publisher(id=PublisherId("roads"), name="Roads")
        catalogue.save_publisher(work.db, publisher)
        entry = Dataset(
            id=DatasetId("counts"),
            title={"en": "Counts"},
            publisher=publisher.id,
            license="CC0-1.0",
        )
        publish.describe(work, entry)
        source = Source(
            id=SourceId("counts"),
            title="Counts",
            connector="folder",
            options={"folder": str(inbox), "take": "each", "settle_s": 0},
            publisher=publisher.id,
            owner=admin.id,
            dataset=entry.id,
            mode=Mode.APPEND,
        )
        sources.save(work, source)
    chance, killed = random.Random(3), 0
    command = [sys.executable, "-c", WORKERS, str(home)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as workers:
        assert workers.stdin is not None
        assert workers.stdout is not None
        for number in range(FILES):
            rows = (f"{number * ROWS + n};{n % 7}\n" for n in range(ROWS))
            aside = inbox.parent / "aside.csv"
            aside.write_text("id;cyclists\n" + "".join(rows))
            os.replace(aside, inbox / f"{number:03}.csv")
            with city.work(admin) as work:
                sources.run_now(work, source.id)
            print(file=workers.stdin, flush=True)
            pid = int(workers.stdout.readline())
            if number < KILLS:
                time.sleep(chance.uniform(0, 0.25))
                os.kill(pid, signal.SIGKILL)
            print(file=workers.stdin, flush=True)
            killed += os.WIFSIGNALED(int(workers.stdout.readline()))
            time.sleep(0.21)  # until the dead worker's lease has run out
    with city.work(admin, may_write=False) as work:
        version = catalogue.version(work.db, entry.id)
        log = sources.runs(work, source.id)
    assert version is not None
    found = pq.read_table(city.lake.path(version.file)).column("id").to_pylist()
    assert found == list(range(FILES * ROWS))
    assert killed >= KILLS // 2
    # A run that killed several workers before it got anywhere is given up; the next one takes all.
    assert all(run.outcome == "done" or run.message.startswith("Workers died") for run in log)
    assert log[0].outcome == "done"
    city.close()

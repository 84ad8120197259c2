"""Workers: each fact is acted on, whatever dies or fails on the way."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
import shapely

from citycommons.core.errors import Unavailable
from citycommons.core.tables import with_fields
from citycommons.core.types import Dataset, DatasetId, Field, FieldRole, FieldType, PublisherId
from citycommons.jobs import reactions, worker
from citycommons.share import drafts
from citycommons.share.publish import prepare, publish, withdraw
from citycommons.store import outbox, usage
from citycommons.store.outbox import DatasetPublished
from citycommons.store.work import City

STOPS = Dataset(
    id=DatasetId("stops"),
    title={"en": "Stops"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
)


def stops(count: int) -> pa.Table:
    places = shapely.to_wkb(shapely.points([(7.6 + n / 1000, 51.9) for n in range(count)]))
    kinds = ["bus" if n % 3 else "tram" for n in range(count)]
    table = pa.table({"kind": kinds, "place": pa.array(list(places), pa.binary())})
    fields = (
        Field(name="kind", type=FieldType.STRING, role=FieldRole.CATEGORY),
        Field(name="place", type=FieldType.GEOMETRY, role=FieldRole.GEOMETRY),
    )
    return with_fields(table, fields)


def put(city: City, admin, count: int = 10):
    prepared = prepare(city.lake, STOPS, stops(count))
    with city.work(admin) as work:
        return publish(work, STOPS, prepared).version


def derived(city: City, version) -> set[str]:
    beside = city.lake.path(version.file).parent.glob(f"{version.file}.*")
    figures = (city.settings.home / "cache" / "figures").glob(f"*/{version.file}-*")
    own = city.lake.path(version.file)
    return {path.name.removeprefix(version.file) for path in (*beside, *figures) if path != own}


def test_a_publication_is_packed_and_charted_before_the_first_reader_comes(any_city, admin):
    version = put(any_city, admin)
    assert derived(any_city, version) == set()
    assert worker.work_off(any_city) == 1
    names = derived(any_city, version)
    assert len(names) >= 2, names
    assert any(name.endswith(".json") for name in names)
    assert worker.work_off(any_city) == 0


def test_preparing_is_no_use_of_the_data(any_city, admin):
    put(any_city, admin)
    worker.work_off(any_city)
    any_city.usage.flush()
    with any_city.work(admin) as work:
        assert usage.uses(work.db) == []


def test_what_was_derived_from_a_withdrawn_version_goes_and_its_own_file_stays(any_city, admin):
    version = put(any_city, admin)
    worker.work_off(any_city)
    with any_city.work(admin) as work:
        withdraw(work, STOPS.id, 1, reason="wrong")
    assert worker.work_off(any_city) == 1
    assert derived(any_city, version) == set()
    assert any_city.lake.path(version.file).exists()


def test_what_another_version_needs_too_stays(any_city, admin):
    first = put(any_city, admin, 10)
    put(any_city, admin, 20)
    third = put(any_city, admin, 10)
    assert first.file == third.file
    worker.work_off(any_city)
    with any_city.work(admin) as work:
        withdraw(work, STOPS.id, 1, reason="wrong")
    before = derived(any_city, third)
    worker.work_off(any_city)
    assert derived(any_city, third) == before != set()


def test_a_version_withdrawn_before_it_was_prepared_is_left_alone(any_city, admin):
    version = put(any_city, admin)
    with any_city.work(admin) as work:
        withdraw(work, STOPS.id, 1, reason="wrong")
    assert worker.work_off(any_city) == 2
    assert derived(any_city, version) == set()


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 31, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(any_city, monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(any_city, "clock", clock)
    return clock


def test_what_fails_comes_back_later_and_later_and_then_waits_for_a_person(
    any_city, admin, clock, monkeypatch
):
    tried: list[datetime] = []

    def fail(*_: object) -> None:
        tried.append(clock.now)
        raise Unavailable("It rains.")

    monkeypatch.setitem(reactions.REACTIONS, DatasetPublished, (fail,))
    put(any_city, admin)
    for _ in range(300):
        worker.work_off(any_city)
        clock.now += timedelta(seconds=5)
    pauses = [(b - a).total_seconds() for a, b in itertools.pairwise(tried)]
    assert len(tried) == outbox.MAX_ATTEMPTS
    assert all(after > 2 * before for before, after in itertools.pairwise(pauses))
    with any_city.work(admin) as work:
        assert outbox.stuck(work.db) == [(1, "dataset-published", "It rains.")]


def test_one_bad_fact_does_not_stop_the_others(any_city, admin, monkeypatch):
    seen = []

    def fail_first(_city: City, fact: DatasetPublished) -> None:
        seen.append(fact.version)
        if fact.version == 1:
            raise ZeroDivisionError

    monkeypatch.setitem(reactions.REACTIONS, DatasetPublished, (fail_first,))
    put(any_city, admin, 1)
    put(any_city, admin, 2)
    assert worker.work_off(any_city) == 1
    assert seen == [1, 2]


def test_the_lease_of_a_dead_worker_returns(any_city, admin, clock):
    version = put(any_city, admin)
    with any_city.work(admin) as work:  # a worker takes the fact, and dies
        assert len(outbox.lease(work.db, work.now, seconds=worker.LEASE_S)) == 1
    assert worker.work_off(any_city) == 0
    clock.now += timedelta(seconds=worker.LEASE_S + 1)
    assert worker.work_off(any_city) == 1
    assert derived(any_city, version) != set()


def test_of_many_workers_one_gets_each_fact(any_city, admin, monkeypatch):
    seen: list[int] = []
    monkeypatch.setitem(
        reactions.REACTIONS, DatasetPublished, (lambda _, fact: seen.append(fact.version),)
    )
    for count in range(1, 9):
        put(any_city, admin, count)
    threads = [threading.Thread(target=worker.work_off, args=(any_city,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 9))


def test_a_worker_sweeps_what_dead_writers_left(city):
    part = city.lake.root / "aside" / "dead.parquet"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    os.utime(part, (time.time() - 100_000,) * 2)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(city, stop))
    thread.start()
    try:
        end = time.monotonic() + 5
        while part.exists() and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join()
    assert not part.exists()


def test_every_fact_has_a_reader():
    assert set(reactions.REACTIONS) == set(outbox.FACTS.values())


@pytest.mark.slow
def test_the_program_works_and_ends_cleanly_when_asked(city, admin):
    version = put(city, admin)
    command = [sys.executable, "-m", "citycommons.jobs.run", "--home", str(city.settings.home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as program:
        end = time.monotonic() + 20
        while not derived(city, version) and time.monotonic() < end:
            time.sleep(0.1)
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
        assert program.stderr is not None
        assert program.stderr.read() == b""
    assert derived(city, version) != set()


@pytest.mark.slow
def test_a_missing_city_is_one_sentence(tmp_path):
    command = [sys.executable, "-m", "citycommons.jobs.run", "--home", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 8
    assert done.stderr.startswith("There is no city in")
    assert done.stderr.count("\n") == 1


def test_drafts_that_nobody_finished_are_cleared_away(city, admin):
    draft = drafts.start(city, admin, [b"a;b\n1;2\n"], name="a.csv")
    worker.sweep(city)
    assert drafts.get(city, admin, draft.id)
    later = datetime.now(UTC) + timedelta(days=8)
    city.clock = lambda: later
    worker.sweep(city)
    assert list((city.settings.home / "drafts").iterdir()) == []

"""Workers run sources: each once, whatever dies, and never in the way of facts."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.share.sources import CATALOGUE, TABLE, Clock, add, offer, record

from citycommons.collect import sources as registry
from citycommons.core.types import Dataset, DatasetId, PublisherId, SourceId
from citycommons.jobs import errands, worker
from citycommons.share import arrive, holding, publish
from citycommons.store import catalogue, outbox, records, sources


@pytest.fixture
def offered(monkeypatch):
    return offer(monkeypatch)


@pytest.fixture
def clock(any_city, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(any_city, "clock", clock)
    return clock


@pytest.fixture
def portal(any_city, admin, offered):
    offered.update({f"set-{n}": record(n) for n in range(60)})
    add(any_city, admin, CATALOGUE)
    return any_city


def entries(city, admin):
    with city.work(admin, may_write=False) as work:
        return [one.identifier for one in catalogue.datasets(work.db)]


def log(city, admin, id="portal"):
    with city.work(admin, may_write=False) as work:
        return registry.runs(work, SourceId(id))


def test_a_worker_runs_what_is_due_and_nothing_else(portal, admin):
    add(portal, admin, replace(CATALOGUE, id=SourceId("later"), every=""))
    assert errands.work_off(portal) == 1
    assert errands.work_off(portal) == 0
    assert len(entries(portal, admin)) == 60
    assert log(portal, admin, "later") == []


def test_two_workers_never_run_the_same_source(portal, admin, monkeypatch):
    for n in range(3):
        add(portal, admin, replace(CATALOGUE, id=SourceId(f"portal-{n}"), prefix=f"p{n}"))
    threads = [threading.Thread(target=errands.work_off, args=(portal,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for id in ("portal", *(f"portal-{n}" for n in range(3))):
        runs = log(portal, admin, id)
        assert [run.outcome for run in runs] == ["done"], id
        assert runs[0].counts["new"] == 60
    assert len(entries(portal, admin)) == 240


def test_the_run_of_a_dead_worker_goes_on_under_its_number(portal, admin, clock, offered):
    with portal.work(admin) as work:  # a worker takes the source, writes some, and dies
        registry.run_now(work, CATALOGUE.id)
        lease = sources.lease(work.db, work.now, seconds=holding.LEASE_S)
    assert errands.work_off(portal) == 0
    clock.on(seconds=holding.LEASE_S + 1)
    assert errands.work_off(portal) == 1
    [run] = log(portal, admin)
    assert (run.id, run.outcome, run.counts["new"]) == (lease.run.id, "done", 60)


def test_a_run_that_kills_its_workers_fails_in_the_end(portal, admin, clock):
    for _ in range(arrive.MOST_CUT_OFF + 1):
        with portal.work(admin) as work:
            registry.run_now(work, CATALOGUE.id)
            assert sources.lease(work.db, work.now, seconds=holding.LEASE_S)
        clock.on(seconds=holding.LEASE_S + 1)
    assert errands.work_off(portal) == 1
    [run] = log(portal, admin)
    assert run.outcome == "failed"
    assert "Workers died 3 times" in run.message


def test_a_run_is_never_under_way_for_ever(portal, admin, clock):
    with portal.work(admin) as work:
        registry.run_now(work, CATALOGUE.id)
        assert sources.lease(work.db, work.now, seconds=60)
    clock.on(hours=25)
    assert errands.work_off(portal) == 1
    [run] = log(portal, admin)
    assert run.outcome == "failed"
    assert "longer than a day" in run.message
    with portal.work(admin, may_write=False) as work:
        assert registry.get(work, CATALOGUE.id).next_run == clock.now + timedelta(minutes=1)


def test_the_heartbeat_keeps_a_slow_source_in_one_hand(portal, admin, monkeypatch, offered):
    monkeypatch.setattr(holding, "LEASE_S", 0.4)
    going = threading.Event()
    plain = list(offered.values())

    class Slow(dict):
        def items(self):
            for n, body in enumerate(plain[:3]):
                going.set()
                time.sleep(0.5)
                yield f"set-{n}", body

    monkeypatch.setattr("tests.share.sources.OFFERED", Slow())
    thread = threading.Thread(target=errands.work_off, args=(portal,))
    thread.start()
    assert going.wait(5)
    others = 0
    while thread.is_alive():
        others += errands.work_off(portal)
        time.sleep(0.05)
    thread.join()
    assert others == 0
    assert [run.outcome for run in log(portal, admin)] == ["done"]


def test_who_was_thought_dead_writes_nothing_more(portal, admin, clock, monkeypatch, offered):
    plain = dict(offered)
    taken = []

    class Late(dict):
        def items(self):
            yield from list(plain.items())[:10]
            if not taken:  # the worker sleeps; another one does all of it
                clock.on(seconds=holding.LEASE_S + 1)
                taken.append(True)
                taken.append(errands.work_off(portal))
                with portal.work(admin, may_write=False) as work:
                    taken.append(records.counts(work.db, [CATALOGUE.id]))
            yield from list(plain.items())[10:]

    monkeypatch.setattr("tests.share.sources.OFFERED", Late())
    with portal.work(admin) as work:
        registry.run_now(work, CATALOGUE.id)
    errands.work_off(portal)
    assert taken[1] == 1
    assert sorted(entries(portal, admin)) == sorted(plain)
    assert [run.outcome for run in log(portal, admin)] == ["done"]


def test_facts_are_read_while_a_source_takes_its_time(portal, admin, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()

    class Waiting(dict):
        def items(self):
            begun.set()
            may_end.wait(10)
            yield from ()

    monkeypatch.setattr("tests.share.sources.OFFERED", Waiting())
    stop = threading.Event()
    with errands.running(portal, stop):
        thread = threading.Thread(target=worker.run, args=(portal, stop))
        thread.start()
        assert begun.wait(10)
        table = replace(CATALOGUE, id=SourceId("trees"))
        assert table
        with portal.work(admin) as work:
            entry = Dataset(
                id=DatasetId("a"), title={"en": "A"}, publisher=PublisherId("roads"),
                license="CC0-1.0",
            )  # fmt: skip
            import pyarrow as pa

            publish.publish(work, entry, publish.prepare(portal.lake, entry, pa.table({"a": [1]})))
        end = time.monotonic() + 10
        while waits(portal, admin) and time.monotonic() < end:
            time.sleep(0.05)
        assert not waits(portal, admin)
        may_end.set()
        stop.set()
        thread.join()


def waits(city, admin):
    with city.work(admin, may_write=False) as work:
        return outbox.is_waiting(work.db, work.now)


def test_a_worker_that_is_asked_to_end_lets_go_at_once(portal, admin, monkeypatch, offered):
    plain, begun = dict(offered), threading.Event()

    class Slow(dict):
        def items(self):
            for one in plain.items():
                begun.set()
                time.sleep(0.02)
                yield one

    monkeypatch.setattr("tests.share.sources.OFFERED", Slow())
    stop = threading.Event()
    with errands.running(portal, stop):
        assert begun.wait(10)
    monkeypatch.setattr("tests.share.sources.OFFERED", plain)
    assert errands.work_off(portal) == 1
    [run] = log(portal, admin)
    assert (run.outcome, run.counts["new"]) == ("done", 60)


def test_tables_arrive_by_the_worker_too(portal, admin, offered):
    offered.clear()
    with portal.work(admin) as work:
        publish.describe(
            work,
            Dataset(
                id=DatasetId("trees"),
                title={"en": "Trees"},
                publisher=PublisherId("roads"),
                license="CC0-1.0",
            ),
        )
    add(portal, admin, TABLE)
    offered["trees.csv"] = "id;species\n1;Oak\n"
    assert errands.work_off(portal) == 2
    with portal.work(admin, may_write=False) as work:
        assert catalogue.version(work.db, DatasetId("trees")).rows == 1

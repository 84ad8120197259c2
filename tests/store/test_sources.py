"""The rows of sources: one worker holds a source, and a run that was cut off comes back."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from citycommons.core.types import ActorId, PublisherId, Source, SourceId
from citycommons.store import hosts, records, sources
from citycommons.store.records import Record

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
COUNTS = Source(
    id=SourceId("counts"),
    title="Counts",
    connector="web",
    options={"url": "https://example.org/counts.csv"},
    publisher=PublisherId("roads"),
    owner=ActorId("admin"),
    every="P1D",
)


@pytest.fixture
def stored(any_city, admin):
    with any_city.work(admin) as work:
        sources.save(work.db, COUNTS, NOW)
    return any_city


def take(city, admin, now=NOW, id=None):
    with city.work(admin) as work:
        return sources.lease(work.db, now, seconds=60, id=id)


def test_a_source_comes_back_as_it_was_saved(stored, admin):
    with stored.work(admin) as work:
        state = sources.get(work.db, COUNTS.id)
        assert state is not None
        assert state.source == COUNTS
        assert state.next_run == NOW
        assert sources.get(work.db, SourceId("other")) is None
        assert [one.source.id for one in sources.every(work.db)] == ["counts"]
        assert sources.every(work.db, {PublisherId("parks")}) == []


def test_what_is_not_due_is_not_leased_unless_it_is_named(stored, admin):
    early = NOW - timedelta(seconds=1)
    with stored.work(admin, may_write=False) as work:
        assert not sources.is_due(work.db, early)
        assert sources.is_due(work.db, NOW)
    assert take(stored, admin, early) is None
    assert take(stored, admin, early, COUNTS.id) is not None
    assert take(stored, admin, NOW, COUNTS.id) is None


def test_of_many_workers_one_gets_the_source(stored, admin):
    got = []
    threads = [threading.Thread(target=lambda: got.append(take(stored, admin))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 6
    assert sum(one is not None for one in got) == 1


def test_a_run_that_was_cut_off_comes_back_under_its_number(stored, admin):
    first = take(stored, admin)
    later = NOW + timedelta(seconds=61)
    second = take(stored, admin, later)
    assert second.run.id == first.run.id
    assert second.run.started == first.run.started
    assert second.run.counts["cut_off"] == 1


def test_who_lost_the_lease_can_renew_nothing(stored, admin):
    first = take(stored, admin)
    second = take(stored, admin, NOW + timedelta(seconds=61))
    now = NOW + timedelta(seconds=62)
    with stored.work(admin) as work:
        slow = sources.beat(work.db, COUNTS.id, first.run.id, first.until, now=now, seconds=60)
        alive = sources.beat(work.db, COUNTS.id, second.run.id, second.until, now=now, seconds=60)
    assert slow is None
    assert alive == now + timedelta(seconds=60)


def test_the_end_of_a_run_lets_go_and_says_when_next(stored, admin):
    lease = take(stored, admin)
    ended = replace(lease.run, ended=NOW, outcome="failed", message="It rains.")
    with stored.work(admin) as work:
        sources.end(
            work.db,
            ended,
            next_run=NOW + timedelta(hours=1),
            failures=1,
            failing_since=NOW,
            since="2026-03-30",
        )
    with stored.work(admin, may_write=False) as work:
        state = sources.get(work.db, COUNTS.id)
        assert (state.failures, state.failing_since, state.run) == (1, NOW, None)
        assert state.since == "2026-03-30"
        assert sources.runs(work.db, COUNTS.id) == [ended]
        assert sources.last_runs(work.db, [COUNTS.id]) == {COUNTS.id: ended}
        assert not sources.is_due(work.db, NOW)


def test_the_log_keeps_the_newest_runs(stored, admin, monkeypatch):
    monkeypatch.setattr(sources, "KEPT_RUNS", 3)
    for _ in range(6):
        lease = take(stored, admin, id=COUNTS.id)
        ended = replace(lease.run, ended=NOW, outcome="done")
        with stored.work(admin) as work:
            sources.end(work.db, ended, next_run=None, failures=0, failing_since=None)
    with stored.work(admin, may_write=False) as work:
        assert [run.id for run in sources.runs(work.db, COUNTS.id)] == [6, 5, 4]


def test_a_removed_source_is_not_leased_and_keeps_its_log(stored, admin):
    take(stored, admin)
    with stored.work(admin) as work:
        sources.remove(work.db, COUNTS.id, NOW)
        assert sources.every(work.db) == []
        assert len(sources.runs(work.db, COUNTS.id)) == 1
    assert take(stored, admin, NOW + timedelta(days=1)) is None


def record(number: int, **more) -> Record:
    return Record(
        **{"source": COUNTS.id, "identifier": f"r{number:04}", "run": 1, "changed": NOW} | more
    )


def test_records_are_written_twice_and_are_there_once(stored, admin):
    with stored.work(admin) as work:
        records.save(work.db, [record(n, digest="a") for n in range(450)])
        records.save(work.db, [record(n, digest="b") for n in range(450)])
        found = records.of_identifiers(work.db, COUNTS.id, ["r0000", "r0449", "none"])
        assert {one.digest for one in found.values()} == {"b"}
        assert sorted(found) == ["r0000", "r0449"]
        assert records.counts(work.db, [COUNTS.id]) == {COUNTS.id: (450, 0)}


def test_what_a_run_did_not_see_is_told(stored, admin):
    with stored.work(admin) as work:
        records.save(work.db, [record(n) for n in range(4)])
        records.save(work.db, [record(9, gone=NOW)])
        records.seen(work.db, COUNTS.id, ["r0000", "r0002"], 2)
        missing = [one.identifier for one in records.unseen(work.db, COUNTS.id, 2)]
        assert missing == ["r0001", "r0003"]
        assert records.counts(work.db, [COUNTS.id]) == {COUNTS.id: (4, 1)}


def test_a_host_rests_as_long_as_the_longest_word(any_city, admin):
    with any_city.work(admin) as work:
        assert hosts.rests_until(work.db, "example.org", NOW) is None
        hosts.let_rest(work.db, "example.org", NOW + timedelta(hours=2))
        hosts.let_rest(work.db, "example.org", NOW + timedelta(hours=1))
        assert hosts.rests_until(work.db, "example.org", NOW) == NOW + timedelta(hours=2)
        assert hosts.rests_until(work.db, "example.org", NOW + timedelta(hours=3)) is None
        hosts.answered(work.db, "example.org")
        assert hosts.rests_until(work.db, "example.org", NOW) is None

"""Each harm to an installation is found, and named with what helps."""

import os
import time
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from citycommons.core.counting import Asker
from citycommons.core.types import ANYONE, Dataset, DatasetId, PublisherId, Source, SourceId, Use
from citycommons.share.publish import prepare, publish
from citycommons.store import health, outbox, sources
from citycommons.store.usage import settle

TREES = Dataset(
    id=DatasetId("trees"),
    title={"en": "Trees"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
)


@pytest.fixture
def version(any_city, admin):
    prepared = prepare(any_city.lake, TREES, pa.table({"n": [1, 2]}))
    with any_city.work(admin) as work:
        return publish(work, TREES, prepared).version


def found(city, **how):
    return [(one.check, one.is_serious) for one in health.findings(city, **how)]


def test_a_sound_city_has_no_findings(any_city, version):
    assert found(any_city, deep=True) == []


def test_a_missing_file_is_found_and_its_version_named(any_city, version):
    any_city.lake.path(version.file).unlink()
    (one,) = health.findings(any_city)
    assert "trees@1 is missing" in one.what


def test_a_damaged_file_is_found_by_reading_it(any_city, version):
    path = any_city.lake.path(version.file)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert found(any_city) == []
    assert found(any_city, deep=True) == [("lake", True)]


def test_a_forged_audit_log_is_found(any_city, version, admin):
    with any_city.work(admin) as work:
        work.db.exec_driver_sql("UPDATE audit SET actor = 'mallory' WHERE seq = 1")
    assert found(any_city) == [("audit", True)]


def test_a_fact_that_failed_for_good_is_found_and_can_be_tried_again(any_city, version, admin):
    with any_city.work(admin) as work:
        for _ in range(outbox.MAX_ATTEMPTS):
            (leased,) = outbox.lease(work.db, work.now)
            outbox.fail(work.db, leased.seq, "the disk")
        assert outbox.lease(work.db, work.now) == []
    assert found(any_city) == [("outbox", True)]
    with any_city.work(admin) as work:
        assert outbox.retry(work.db) == 1
        assert len(outbox.lease(work.db, work.now)) == 1


def test_facts_that_no_worker_reads_are_found_after_an_hour(any_city, version, monkeypatch):
    later = any_city.clock() + timedelta(hours=2)
    assert found(any_city) == []
    monkeypatch.setattr(any_city, "clock", lambda: later)
    assert found(any_city) == [("outbox", False)]


def test_hits_that_should_be_forgotten_are_found(any_city, version, monkeypatch):
    with any_city.work(ANYONE, asker=Asker("10.0.0.1", "curl/8.5.0")) as work:
        work.use(DatasetId("trees"), 1, Use.REQUEST)
    any_city.usage.write()
    assert found(any_city) == []
    later = any_city.clock() + timedelta(days=2)
    monkeypatch.setattr(any_city, "clock", lambda: later)
    assert ("uses", False) in found(any_city)
    settle(any_city.engine, later)
    assert ("uses", False) not in found(any_city)


def test_sources_that_fail_or_that_nobody_runs_are_found(any_city, version, admin):
    source = Source(
        id=SourceId("counts"),
        title="Counts",
        connector="web",
        publisher=PublisherId("roads"),
        owner=admin.id,
        every="P1D",
    )
    now = any_city.clock()
    with any_city.work(admin) as work:
        sources.save(work.db, source, now)
    assert found(any_city) == []
    with any_city.work(admin) as work:
        sources.set_next(work.db, source.id, now - timedelta(hours=2))
    (one,) = health.findings(any_city)
    assert "No worker has run the source counts" in one.what
    with any_city.work(admin) as work:
        lease = sources.lease(work.db, now, seconds=60)
        ended = replace(lease.run, ended=now, outcome="failed", message="It rains.")
        sources.end(
            work.db,
            ended,
            next_run=now + timedelta(hours=2),
            failures=9,
            failing_since=now - timedelta(days=2),
        )
    (one,) = health.findings(any_city)
    assert "The source counts has failed since" in one.what


def test_old_files_nobody_names_are_found_and_removed_young_ones_stay(any_city, version):
    young = any_city.lake.write(pa.table({"n": [7]}))
    old = any_city.lake.write(pa.table({"n": [8]}))
    beside = any_city.lake.path(version.file, ".features")
    beside.write_bytes(b"kept")
    for path in (any_city.lake.path(old.digest), beside):
        os.utime(path, (time.time() - 100_000,) * 2)
    assert found(any_city) == [("lake", False)]
    assert health.tidy(any_city) == (1, old.bytes)
    assert not any_city.lake.path(old.digest).exists()
    assert any_city.lake.path(young.digest).exists()
    assert beside.exists()


def test_a_damaged_database_is_found(city, version_of_city):
    city.engine.dispose()
    path = city.settings.home / "city.db"
    whole = bytearray(path.read_bytes())
    whole[4096 * 3 : 4096 * 12] = b"\xaa" * 4096 * 9
    for name in ("city.db-wal", "city.db-shm"):
        (city.settings.home / name).unlink(missing_ok=True)
    path.write_bytes(whole)
    assert "database" in [check for check, _ in found(city)]


@pytest.fixture
def version_of_city(city, admin):
    prepared = prepare(city.lake, TREES, pa.table({"n": [1, 2]}))
    with city.work(admin) as work:
        return publish(work, TREES, prepared).version

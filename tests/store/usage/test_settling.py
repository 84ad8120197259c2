"""Hits of several processes are counted exactly, whenever they come, and forgotten after a day."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from tests.store.usage.oracle import Seen, expected, told
from tests.store.usage.test_rules import seen_uses

from citycommons.core.types import SYSTEM
from citycommons.store import usage
from citycommons.store.backup import backup
from citycommons.store.proof_tables import usage_hits, usage_salts
from citycommons.store.usage import UsageBuffer, batches, days, settle
from citycommons.store.work import City

DAY = datetime(2026, 3, 2, tzinfo=UTC)


class Clock:
    """A day for each example, so that examples do not meet."""

    def __init__(self) -> None:
        self.now = DAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(any_city: City) -> Iterator[Clock]:
    clock = Clock()
    any_city.clock = any_city.usage._clock = clock
    yield clock
    assert not any_city.usage._arrived


def kept(city: City, day: date) -> tuple[batches.Counts, batches.Sessions]:
    with batches.reading(city.engine) as db:
        return days.of_day(db, day)


def left(city: City) -> tuple[int, int]:
    """Rows of hits and of salts."""
    with batches.reading(city.engine) as db:
        return len(db.execute(select(usage_hits.c.id)).all()), len(
            db.execute(select(usage_salts.c.day)).all()
        )


def again(settled: int, city: City, clock: Clock) -> None:
    assert settle(city.engine, clock()) == settled


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seen=st.lists(seen_uses, max_size=30), cut=st.integers(0, 30), processes=st.integers(1, 3))
def test_several_processes_and_late_batches_count_exactly(
    any_city: City, clock: Clock, seen: list[Seen], cut: int, processes: int
) -> None:
    clock.now += timedelta(days=3)
    off = clock.now - DAY
    moved = [Seen(**{**vars(one), "moment": one.moment + off}) for one in seen]
    buffers = [UsageBuffer(any_city.engine, clock) for _ in range(processes)]
    for part in (moved[:cut], moved[cut:]):  # what comes after the first settling is late
        for place, one in enumerate(part):
            told(buffers[place % processes], one)
        for buffer in buffers:
            buffer.write()
        settle(any_city.engine, clock.now + timedelta(hours=11))
    assert kept(any_city, clock.now.date()) == expected(moved)


def test_settling_twice_is_settling_once(any_city: City, clock: Clock) -> None:
    told(any_city.usage, Seen(DAY + timedelta(hours=1)))
    any_city.usage.write()
    again(1, any_city, clock)
    first = kept(any_city, DAY.date())
    again(0, any_city, clock)
    with batches.writing(any_city.engine) as db:
        batches.note_settled(db, DAY.date(), -1)  # as if it had not been written down
    again(1, any_city, clock)
    assert kept(any_city, DAY.date()) == first


def test_many_batches_become_few_and_count_the_same(any_city: City, clock: Clock) -> None:
    seen = [Seen(DAY + timedelta(seconds=11 * n), user=f"{n % 9}") for n in range(200)]
    for one in seen:
        told(any_city.usage, one)
        any_city.usage.write()
    assert left(any_city)[0] == 200
    for _ in range(2):
        with batches.writing(any_city.engine) as db:
            batches.note_settled(db, DAY.date(), -1)
        again(1, any_city, clock)
        assert kept(any_city, DAY.date()) == expected(seen)
    assert left(any_city)[0] <= 3  # and what was counted before


def test_two_settle_at_once_and_both_are_right(any_city: City, clock: Clock) -> None:
    seen = [Seen(DAY + timedelta(seconds=7 * n), user=f"{n % 3}") for n in range(120)]
    failed: list[BaseException] = []

    def act(part: list[Seen]) -> None:
        buffer = UsageBuffer(any_city.engine, clock)
        try:
            for start in range(0, len(part), 6):
                for one in part[start : start + 6]:
                    told(buffer, one)
                buffer.write()
                settle(any_city.engine, clock())
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=act, args=(seen[n::2],)) for n in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    settle(any_city.engine, clock())
    assert kept(any_city, DAY.date()) == expected(seen)


def test_what_was_counted_before_stays(any_city: City, clock: Clock) -> None:
    day = DAY.date()
    with any_city.work(SYSTEM) as work:
        usage.add_counts(work.db, {("trees", 1, "request", "file", "person", day): 7})
    told(any_city.usage, Seen(DAY + timedelta(hours=1)))
    any_city.usage.flush()
    with any_city.work(SYSTEM) as work:  # and what is counted elsewhere in between
        usage.add_counts(work.db, {("trees", 1, "request", "file", "person", day): 5})
    told(any_city.usage, Seen(DAY + timedelta(hours=2)))
    any_city.usage.flush()
    assert sum(kept(any_city, day)[0].values()) == 7 + 5 + 2


def test_hits_and_salt_go_soon_after_midnight_and_late_ones_are_added(
    any_city: City, clock: Clock
) -> None:
    told(any_city.usage, Seen(DAY + timedelta(hours=23, minutes=59)))
    clock.now = DAY + timedelta(days=1, minutes=9)
    any_city.usage.flush()
    assert left(any_city) == (2, 1)  # what another process holds may still come
    clock.now = DAY + timedelta(days=1, minutes=11)
    settle(any_city.engine, clock())
    assert left(any_city) == (0, 0)
    other = UsageBuffer(any_city.engine, clock)
    told(other, Seen(DAY + timedelta(hours=22), user="late"))
    other.flush()
    assert left(any_city) == (0, 0)
    assert sum(kept(any_city, DAY.date())[0].values()) == 2


def test_a_visitor_cannot_be_followed_over_midnight(any_city: City, clock: Clock) -> None:
    for n in range(2):
        told(any_city.usage, Seen(DAY + timedelta(days=n, hours=1)))
    any_city.usage.write()
    with batches.reading(any_city.engine) as db:
        days = [batches.read(db, (DAY + timedelta(days=n)).date()) for n in range(2)]
    one, other = (batches.unpack(b.body for b in day).visitor[0] for day in days)
    assert one != other


def test_nothing_of_an_address_is_written(city: City) -> None:
    told(city.usage, Seen(datetime.now(UTC), user="203.0.113.77", agent="curl/8.5.0"))
    city.usage.flush()
    for file in city.settings.home.glob("city.db*"):
        assert b"203.0.113.77" not in file.read_bytes()
        assert b"curl/8.5.0" not in file.read_bytes()


def test_hits_wait_while_the_database_is_locked_or_full(any_city: City, clock: Clock) -> None:
    fails = [True]

    @event.listens_for(any_city.engine, "before_cursor_execute")
    def _full(_db: object, _cursor: object, statement: str, *_rest: object) -> None:
        if fails[0] and statement.startswith("INSERT INTO usage_hits"):
            raise OperationalError("insert", {}, Exception("database or disk is full"))

    told(any_city.usage, Seen(DAY + timedelta(hours=1)))
    any_city.usage._by_the_clock()
    assert any_city.usage._timer is not None  # tries again
    with pytest.raises(OperationalError):
        any_city.usage.write()
    told(any_city.usage, Seen(DAY + timedelta(hours=2)))
    fails[0] = False
    any_city.usage.flush()
    assert sum(kept(any_city, DAY.date())[0].values()) == 2


def test_an_answer_of_the_database_that_is_lost_counts_nothing_twice(
    any_city: City, clock: Clock
) -> None:
    told(any_city.usage, Seen(DAY + timedelta(hours=1)))
    fails = [True]

    @event.listens_for(any_city.engine, "commit")
    def _lost(connection: object) -> None:
        if fails[0] and any_city.usage._packed:
            fails[0] = False
            connection.connection.commit()  # type: ignore[attr-defined]
            raise OperationalError("commit", {}, Exception("connection lost"))

    with pytest.raises(OperationalError):
        any_city.usage.write()
    any_city.usage.flush()
    assert sum(kept(any_city, DAY.date())[0].values()) == 1


def test_neither_salts_nor_hits_are_in_a_backup(any_city: City, tmp_path: Path) -> None:
    told(any_city.usage, Seen(datetime.now(UTC)))
    any_city.usage.write()
    with batches.reading(any_city.engine) as db:
        salt = bytes(db.execute(select(usage_salts.c.salt)).scalar_one())
        body = bytes(db.execute(select(usage_hits.c.body)).scalar_one())
    done = backup(any_city, tmp_path / "city.tar")
    content = done.path.read_bytes()
    assert salt not in content
    assert body[8:40] not in content
    assert sum(kept(any_city, datetime.now(UTC).date())[0].values()) == 1  # settled, then copied

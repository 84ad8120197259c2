"""Uses of before counting began, taken over from access logs: each day once, whole or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from citycommons.core.types import SYSTEM, Actor
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.measure.usage import logs
from citycommons.measure.usage.logs import LogCounts
from citycommons.store import catalogue, usage
from citycommons.store.work import City


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of access logs."""

    counts: LogCounts
    days: tuple[date, ...]  # that are counted now
    passed: tuple[date, ...]  # that have counts already, or may still get some of our own


def read(city: City, paths: Sequence[Path], *, host: str = "") -> LogCounts:
    """Count the uses of our datasets in these files, and keep nothing."""
    with city.work(SYSTEM, may_write=False) as work:
        ids = catalogue.ids(work.db)
    return logs.count(paths, host=host, datasets=ids)


def take(city: City, actor: Actor, paths: Sequence[Path], *, host: str = "") -> Taken:
    """Take over the days of these files that have no counts yet, each in a transaction of its own.

    A run that was cut short goes on where it stopped; a second run takes nothing. All files of a
    day belong into one run: a day is never added to. Raises `Forbidden` for who may not manage
    the city.
    """
    with city.work(actor, may_write=False) as work:
        require(work, Action.MANAGE_CITY)
    found = read(city, paths, host=host)
    own = city.clock().date() - timedelta(days=1)  # uses of these days may wait to be counted
    taken, passed = [], []
    for day, (counts, sessions) in sorted(found.days.items()):
        with city.work(actor) as work:
            had, _ = usage.of_day(work.db, day)
            if had or day >= own:
                passed.append(day)
                continue
            usage.add_day(work.db, day, counts, sessions)
            uses = sum(counts.values())
            audit.record(work, Action.MANAGE_CITY, f"usage/{day}", uses=uses, of="access log")
            taken.append(day)
    return Taken(counts=found, days=tuple(taken), passed=tuple(passed))

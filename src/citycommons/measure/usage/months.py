"""Sums of the whole city month by month: those of months that are over are remembered.

A year of a busy city is a million rows; a month that is over changes only when somebody writes to
the city (takes over access logs, for one), and then it is read again.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from citycommons.store import usage_sums
from citycommons.store.usage_sums import APART, Summed, Wanted
from citycommons.store.work import Work

_SETTLED = timedelta(days=1)  # after its last day, by which all uses of a month are counted


def uses(work: Work, wanted: Wanted, *names: str) -> list[Summed]:
    """As `usage_sums.uses`; of the whole city by month all columns of `APART` are told."""
    if wanted.by_day or wanted.datasets is not None or not {*names} <= {*APART}:
        return usage_sums.uses(work.db, wanted, *names)
    return _by_month(work, wanted, "uses", lambda one: usage_sums.uses(work.db, one, *APART))


def sessions(work: Work, wanted: Wanted) -> list[Summed]:
    """As `usage_sums.sessions`."""
    if wanted.by_day or wanted.datasets is not None:
        return usage_sums.sessions(work.db, wanted)
    return _by_month(work, wanted, "sessions", lambda one: usage_sums.sessions(work.db, one))


def _by_month(
    work: Work, wanted: Wanted, name: str, load: Callable[[Wanted], list[Summed]]
) -> list[Summed]:
    found: list[Summed] = []
    for part in _parts(wanted):
        days = part.first_day, part.last_day
        if part.last_day < (work.now - _SETTLED).date():
            found += work.known((f"{name} of a month", *days), partial(load, part))
        else:
            found += load(part)
    return found


def _parts(wanted: Wanted) -> Iterator[Wanted]:
    """The period cut at the ends of months."""
    day = wanted.first_day
    while day <= wanted.last_day:
        after = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield Wanted(first_day=day, last_day=min(_day_before(after), wanted.last_day))
        day = after


def _day_before(day: date) -> date:
    return day - timedelta(days=1)

"""Sums of the whole city by month: those of months that are over are remembered.

A year of a busy city is a million rows; a month that is over changes only when somebody writes to
the city (takes over access logs, for one), and then it is read again.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from citycommons.store import usage_sums
from citycommons.store.usage_sums import APART, Summed, Wanted
from citycommons.store.work import Work

_DAY = timedelta(days=1)
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
    over = _over(work)
    if wanted.first_day > over:
        return load(wanted)
    until = min(over, wanted.last_day)
    before = Wanted(first_day=wanted.first_day, last_day=until)
    key = (f"{name} of months", wanted.first_day, until)
    found = work.known(key, partial(load, before))
    if wanted.last_day <= over:
        return found
    return found + load(Wanted(first_day=until + _DAY, last_day=wanted.last_day))


def _over(work: Work) -> date:
    """The last day of the latest month of which all uses are counted."""
    return (work.now - _SETTLED).date().replace(day=1) - _DAY

"""What the calendar does by itself: permitted works begin on their first day, end after the last.

Only where the dates are verified: works whose dates are estimates wait for somebody to say so, and
stand in the list of what is overdue.
"""

from dataclasses import replace
from datetime import date, timedelta

from citycommons.act.roadworks import register
from citycommons.core.works import Phase, Works, WorksState
from citycommons.store import works as rows
from citycommons.store.work import Work


def keep_time(work: Work, today: date) -> int:
    """Let works begin and end whose days say so; answers how many changed. Acts as the system."""
    done = 0
    for one in rows.due(work.db, WorksState.PERMITTED, begun_by=today, over_before=today):
        if first_phase(one).is_certain:
            register.keep_next(
                work, one, replace(one, state=WorksState.ACTIVE), "their first day has come"
            )
            done += 1
    for one in rows.due(work.db, WorksState.ACTIVE, begun_by=date.min, over_before=today):
        if last_phase(one).is_certain:
            register.keep_next(
                work, one, replace(one, state=WorksState.CLOSED), "their last day is over"
            )
            done += 1
    return done


def is_due(work: Work, today: date) -> bool:
    """Whether `keep_time` would change anything; asks without writing."""
    waiting = rows.due(work.db, WorksState.PERMITTED, begun_by=today, over_before=today)
    ending = rows.due(work.db, WorksState.ACTIVE, begun_by=date.min, over_before=today)
    return any(first_phase(one).is_certain for one in waiting) or any(
        last_phase(one).is_certain for one in ending
    )


def is_overdue(works: Works, today: date) -> bool:
    """Whether their days say that they should have begun or ended, and nobody said so."""
    if works.state is WorksState.PERMITTED:
        return works.first_day <= today
    return works.state is WorksState.ACTIVE and works.last_day < today


def first_phase(works: Works) -> Phase:
    """The phase that begins first."""
    return min(works.phases, key=lambda phase: phase.first_day)


def last_phase(works: Works) -> Phase:
    """The phase that ends last."""
    return max(works.phases, key=lambda phase: phase.last_day)


def days(works: Works) -> int:
    """How long they take, both days counted."""
    return (works.last_day - works.first_day) // timedelta(days=1) + 1

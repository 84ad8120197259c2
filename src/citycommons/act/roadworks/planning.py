"""Works of the register as jobs whose dates are sought: what may move, and how far."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from citycommons.act.model.types import TrafficModel
from citycommons.act.network.snapping import snap
from citycommons.act.roadworks import changes, register
from citycommons.act.roadworks.asked import require_right
from citycommons.act.roadworks.calendar import Job
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.store.work import Work

MOVABLE = frozenset({WorksState.PROPOSED, WorksState.COORDINATED})
_OPEN = MOVABLE | {WorksState.PERMITTED, WorksState.ACTIVE}
WITHIN_DAYS = 28


def jobs_of(
    work: Work, model: TrafficModel, ids: Sequence[WorksId], *, within: int = WITHIN_DAYS
) -> tuple[tuple[Job, ...], tuple[str, ...]]:
    """These works as jobs, and what is said of them; see `jobs_between`."""
    require_right(work)
    return _jobs(work, model, [register.get(work, id) for id in ids], within)


def jobs_between(
    work: Work, model: TrafficModel, first: date, last: date, *, within: int = WITHIN_DAYS
) -> tuple[tuple[Job, ...], tuple[str, ...]]:
    """All works between two days as jobs.

    Proposed and coordinated ones may begin so many days earlier or later, but not before today;
    permitted ones stay where they are. Works on none of the model's streets are left out and named.

    Raises `Invalid` for days in the wrong order, `NotFound` if nothing is planned between them, and
    `Forbidden` for who plans no works.
    """
    require_right(work)
    if last < first:
        raise Invalid(f"The calendar ends on {last}, before it begins on {first}.")
    asked = register.Asked(from_day=first, to_day=last, states=_OPEN)
    return _jobs(work, model, register.every(work, asked), within)


def _jobs(
    work: Work, model: TrafficModel, found: Sequence[Works], within: int
) -> tuple[tuple[Job, ...], tuple[str, ...]]:
    if within < 0:
        raise Invalid(f"Works move by 0 days or more, not {within}.")
    jobs, notes = [], []
    for one in found:
        try:
            jobs.append(_job(model, one, work.now.date(), within))
        except (Invalid, NotFound):
            notes.append(f"“{one.id}” is on none of the model's streets, and left out.")
    if not jobs:
        raise NotFound("No works are planned there that lie on the traffic model's streets.")
    return tuple(jobs), tuple(notes)


def _job(model: TrafficModel, works: Works, today: date, within: int) -> Job:
    """All phases together: what any of them takes is taken for the whole time."""
    measures = [measure for phase in works.phases for measure in phase.measures]
    may_move = works.state in MOVABLE
    room = timedelta(days=within if may_move else 0)
    first = works.phases[0]
    weekdays = frozenset(day for phase in works.phases for day in phase.weekdays)
    is_same = len({(phase.opens, phase.closes) for phase in works.phases}) == 1
    return Job(
        name=str(works.id),
        effects=changes.effects(model.network, measures, snap),
        days=(works.last_day - works.first_day).days + 1,
        earliest=min(works.first_day, max(today, works.first_day - room)),
        latest=works.last_day + room,
        wanted=works.first_day,
        weekdays=weekdays,
        opens=first.opens if is_same else time(0),
        closes=first.closes if is_same else None,
    )

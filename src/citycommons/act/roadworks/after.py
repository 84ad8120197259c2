"""Works that are over are measured by themselves, as soon as there are counts after them."""

import logging
from datetime import date, timedelta

from citycommons.act.model.inputs import find_inputs
from citycommons.core.errors import CityError, NotFound
from citycommons.core.types import SYSTEM
from citycommons.core.works import WorksId, WorksState
from citycommons.share import open as door
from citycommons.store import evaluations, notes
from citycommons.store import works as rows
from citycommons.store.work import City, Work

SETTLED = timedelta(days=14)
"""Counts that are needed after the last day: whether it came back is part of the answer."""
_TRIED = "evaluation-tried/"
log = logging.getLogger("citycommons.act")


def due(work: Work) -> list[WorksId]:
    """Closed works without an evaluation after which two weeks were counted, the oldest first.

    Works that could not be measured are tried again only when newer counts are here.
    """
    counted = _counted(work)
    if counted is None:
        return []
    done, (version, until) = evaluations.evaluated(work.db), counted
    wanted = rows.Wanted(seen=rows.Seen(states=None), states=frozenset({WorksState.CLOSED}))
    return [
        one.id
        for one in rows.find(work.db, wanted)
        if one.id not in done
        and one.last_day.isoformat() <= until
        and notes.read(work.db, _TRIED + one.id) != {"counts": version}
    ]


def evaluate_next(city: City) -> bool:
    """Evaluate and keep the next works that are due; answers whether there were any."""
    with city.work(SYSTEM, may_write=False) as work:
        waiting = due(work)
        if not waiting:
            return False
        version, _ = _counted(work) or ("", "")
    from citycommons.act.roadworks import evaluate  # compiled code: only once there is work for it

    id = waiting[0]
    with city.work(SYSTEM) as work:  # before it is tried: whatever goes wrong goes wrong once
        notes.write(work.db, _TRIED + id, {"counts": version})
    try:
        with city.work(SYSTEM, may_write=False) as work:
            done = evaluate.evaluate(work, id)
        with city.work(SYSTEM) as work:
            evaluate.keep(work, done)
    except CityError as reason:
        log.info("works %s are not measured: %s", id, reason)
    return True


def _counted(work: Work) -> tuple[str, str] | None:
    """The newest version of the counts, and the last day that works may have had to be settled."""
    try:
        chosen = find_inputs(work)
    except NotFound:
        return None
    if chosen.counts is None or chosen.detectors is None:
        return None
    version = door.look(work, chosen.counts).version
    if version.period is None:
        return None
    until = date.fromisoformat(version.period[1][:10]) - SETTLED
    return version.digest, until.isoformat()

"""The worker: leases a fact, reacts, finishes; what fails comes back later, a few times.

A worker that dies holds its lease until the lease runs out; then another one takes the fact.
"""

import logging
import threading
import time
from datetime import timedelta

from citycommons.core.errors import CityError, Unavailable
from citycommons.core.types import SYSTEM
from citycommons.engage import answers, telling
from citycommons.engage.followers import telling as followers
from citycommons.jobs.reactions import REACTIONS
from citycommons.measure.republication import inbox
from citycommons.share import arrive, drafts, links
from citycommons.store import outbox
from citycommons.store.outbox import Leased
from citycommons.store.work import City

LEASE_S = 600
POLL_S = 1.0
FIRST_PAUSE_S = 10  # then four times as long after each failure
SWEEP_EVERY_S = 3600.0
SWEEP_OLDER_THAN_S = 86_400.0
PARCELS_KEPT_S = 30 * 86_400.0

log = logging.getLogger("citycommons.jobs")


def work_off(city: City) -> int:
    """React to every fact that waits now; answers how many were finished."""
    finished = 0
    while (leased := _lease(city)) is not None:
        finished += _react(city, leased)
    return finished


def run(city: City, stop: threading.Event) -> None:
    """Work until `stop` is set; a database that does not answer is waited for."""
    swept = float("-inf")
    while not stop.is_set():
        try:
            while not stop.is_set() and (leased := _lease(city)) is not None:
                _react(city, leased)
            if time.monotonic() - swept > SWEEP_EVERY_S:
                sweep(city)
                swept = time.monotonic()
        except (Unavailable, OSError) as error:
            log.warning("waiting: %s", error)
            stop.wait(POLL_S * 5)
        stop.wait(POLL_S)


def sweep(city: City) -> None:
    """Clear away what dead writers left, drafts nobody finished, old parcels, unnamed copies."""
    city.lake.sweep(SWEEP_OLDER_THAN_S, time.time())
    arrive.sweep(city, PARCELS_KEPT_S, time.time())
    drafts.sweep(city)
    links.sweep(city)
    telling.sweep(city)
    followers.sweep(city)
    answers.sweep(city)
    inbox.sweep(city)


def _lease(city: City) -> Leased | None:
    with city.work(SYSTEM, may_write=False) as work:
        if not outbox.is_waiting(work.db, work.now):
            return None
    with city.work(SYSTEM) as work:
        return next(iter(outbox.lease(work.db, work.now, limit=1, seconds=LEASE_S)), None)


def _react(city: City, leased: Leased) -> bool:
    try:
        for reaction in REACTIONS[type(leased.fact)]:
            reaction(city, leased.fact)
    except Exception as error:  # noqa: BLE001 - one bad fact must not stop the others
        _put_back(city, leased, error)
        return False
    with city.work(SYSTEM) as work:
        outbox.finish(work.db, leased.seq, work.now)
    return True


def _put_back(city: City, leased: Leased, error: Exception) -> None:
    text = error.message if isinstance(error, CityError) else f"{type(error).__name__}: {error}"
    pause = FIRST_PAUSE_S * 4 ** (leased.attempts - 1)
    known = isinstance(error, CityError)
    log.warning("%s: %s", leased.fact, text, exc_info=None if known else error)
    with city.work(SYSTEM) as work:
        again = work.now + timedelta(seconds=pause)
        outbox.fail(work.db, leased.seq, text[:500], again=again)

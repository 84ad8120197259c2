"""Scans by the clock and on request: which portal is due, how far its scan is, what it came to."""

import random
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from citycommons.core.copies import Portal, PortalId
from citycommons.core.errors import CityError, Conflict
from citycommons.core.types import SYSTEM
from citycommons.govern import audit
from citycommons.measure.republication import deciding
from citycommons.measure.republication.candidates import CATALOGUES
from citycommons.measure.republication.scan import Progress, Scanned, scan
from citycommons.store import copies as rows
from citycommons.store import notes
from citycommons.store.work import City, Work

EVERY = timedelta(days=7)
AFTER_FAILURE = timedelta(days=1)
_LEASE = timedelta(minutes=30)
_NOTE = "scan:"
_TELL_EVERY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where the scan of one portal stands."""

    due: datetime | None = None
    begun: datetime | None = None  # None: it does not run
    done: int = 0  # candidates that were compared, while it runs
    of: int = 0
    ended: datetime | None = None  # the last time
    result: Scanned | None = None
    failure: str = ""


def states(work: Work, ids: Collection[PortalId]) -> dict[PortalId, State]:
    """Where the scans of these portals stand; those never scanned are left out."""
    found = notes.starting(work.db, _NOTE)
    return {
        id: msgspec.convert(body, State)
        for id in ids
        if (body := found.get(_NOTE + id)) is not None
    }


def request(work: Work, id: PortalId) -> Portal:
    """Let a portal be scanned in a moment. Raises `NotFound`, `Forbidden`, `Conflict`."""
    portal = deciding.portal(work, id)
    if portal.kind not in CATALOGUES:
        raise Conflict(f"The catalogue of {portal.name} is of no kind that is read here.")
    _write(work, id, replace(_state(work, id), due=work.now))
    audit.record(work, "scan-portal", id)
    return portal


def scan_due(city: City) -> int:
    """Scan one portal that is due; answers how many were scanned."""
    with city.work(SYSTEM, may_write=False) as work:
        if _due(work) is None:
            return 0
    with city.work(SYSTEM) as work:
        if (portal := _due(work)) is None:
            return 0
        state = _state(work, portal.id)
        _write(work, portal.id, replace(state, due=work.now + _LEASE, begun=work.now, done=0, of=0))
    scan_now(city, portal)
    return 1


def scan_now(city: City, portal: Portal, progress: Progress | None = None) -> State:
    """Scan a portal at once, and keep what came of it; never raises what the portal did."""
    told = progress or _Teller(city, portal.id)
    try:
        result, failure, pause = scan(city, portal, progress=told), "", EVERY
    except CityError as error:
        result, failure, pause = None, error.message[:500], AFTER_FAILURE
    with city.work(SYSTEM) as work:
        now = work.now
        due = now + pause * random.uniform(0.9, 1.1)  # noqa: S311
        before = _state(work, portal.id).result
        state = State(due=due, ended=now, result=result or before, failure=failure)
        _write(work, portal.id, state)
    return state


class _Teller:
    """Writes down how far a scan is, now and then."""

    def __init__(self, city: City, id: PortalId) -> None:
        self._city, self._id, self._last = city, id, 0.0

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() - self._last < _TELL_EVERY_S:
            return
        self._last = time.monotonic()
        with self._city.work(SYSTEM) as work:
            state = _state(work, self._id)
            begun = state.begun or work.now
            held = work.now + _LEASE
            _write(work, self._id, replace(state, due=held, begun=begun, done=done, of=of))


def _due(work: Work) -> Portal | None:
    """The portal whose scan is due; one that was never scanned is due at once."""
    every = [
        one for one in rows.every_portal(work.db) if one.kind in CATALOGUES and not one.is_blocked
    ]
    known = states(work, [one.id for one in every])
    waiting = [
        (state.due, one) for one in every if (state := known.get(one.id)) is not None and state.due
    ]
    fresh = next((one for one in every if one.id not in known), None)
    soonest = min(waiting, key=lambda pair: pair[0], default=None)
    if soonest is not None and soonest[0] <= work.now:
        return soonest[1]
    return fresh


def _state(work: Work, id: PortalId) -> State:
    body = notes.read(work.db, _NOTE + id)
    return State() if body is None else msgspec.convert(body, State)


def _write(work: Work, id: PortalId, state: State) -> None:
    notes.write(work.db, _NOTE + id, msgspec.to_builtins(state))

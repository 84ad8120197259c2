"""A source in this worker's hands: what it writes, it writes only as long as it holds the lease."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from citycommons.core.errors import CityError, Conflict, Unavailable
from citycommons.core.types import (
    SYSTEM,
    Actor,
    ActorId,
    ActorKind,
    Fault,
    Grant,
    Role,
    Run,
    Source,
)
from citycommons.store import sources
from citycommons.store.sources import Lease
from citycommons.store.work import City, Work

LEASE_S = 300.0
STALLED_S = 3600.0  # without any progress, then the lease is let go
LONGEST = timedelta(days=1)  # of one run, with all its resumptions
MOST_FAULTS = 1000  # of one run, one by one; the counts tell all

Told = Callable[[Mapping[str, int]], None]
"""Called now and then with the counts of the run so far."""

log = logging.getLogger("citycommons.sources")


class Lost(Conflict):
    """The source is in other hands, was paused, or was taken away: nothing more may be written."""


class Stopped(Exception):
    """The worker was asked to end; the run goes on with the next one."""


class Holding:
    """The lease of a source with its run: counts, faults, and the only way to write for it.

    While it is open a thread renews the lease, as long as there is progress (`alive`); a worker
    that is stuck loses it. So a run is never pending for ever.
    """

    def __init__(
        self,
        city: City,
        lease: Lease,
        *,
        told: Told | None = None,
        is_stopping: Callable[[], bool] = lambda: False,
        seconds: float = LEASE_S,
    ) -> None:
        self.city = city
        self.source: Source = lease.source
        self.state = lease.state
        self.actor = actor_of(lease.source)
        self.counts: dict[str, int] = dict(lease.run.counts)
        self.faults: list[Fault] = list(lease.run.faults)
        self._run = lease.run
        self._until: datetime = lease.until
        self._seconds = seconds
        self._told = told
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._alive = time.monotonic()
        self._done = threading.Event()

    @property
    def run(self) -> Run:
        """The run as it stands."""
        return replace(self._run, counts=dict(self.counts), faults=tuple(self.faults[:MOST_FAULTS]))

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Renew the lease in the background until the end of the block."""
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    @contextmanager
    def writing(self, *, is_last: bool = False) -> Iterator[Work]:
        """One transaction in the name of the source; it counts only if the lease is still ours.

        How far the run is, is written down with it. Raises `Lost` when it is not ours, and
        `Unavailable` when the run takes too long, unless it `is_last`.
        """
        with self._lock:
            with self.city.work(self.actor) as work:
                until = self._renewed(work, is_last=is_last)
                yield work
                self.counts.pop("cut_off", None)  # it got somewhere
                sources.save_run(work.db, self.run)
            self._until = until
        if not is_last:
            self.alive()

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """A look at what is there, in the name of the source."""
        with self.city.work(self.actor, may_write=False) as work:
            yield work

    def alive(self) -> None:
        """There is progress. Raises `Stopped` when the worker was asked to end."""
        self._alive = time.monotonic()
        if self._is_stopping():
            raise Stopped
        if self._told is not None:
            self._told(self.counts)

    def count(self, **more: int) -> None:
        """So much more came of the run."""
        for name, number in more.items():
            self.counts[name] = self.counts.get(name, 0) + number

    def blame(self, fault: Fault) -> None:
        """One thing went wrong and the rest goes on."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)

    def end(
        self,
        work: Work,
        *,
        outcome: str,
        message: str,
        next_run: datetime | None,
        failures: int = 0,
    ) -> Run:
        """The run is over, in the caller's transaction."""
        run = replace(self.run, ended=work.now, outcome=outcome, message=message)
        since = (self.state.failing_since or work.now) if failures else None
        sources.end(work.db, run, next_run=next_run, failures=failures, failing_since=since)
        self._run = run
        return run

    def let_go(self) -> None:
        """Another worker may take the run up at once."""
        with self._lock, self.city.work(SYSTEM) as work:
            sources.beat(
                work.db, self.source.id, self._run.id, self._until, now=work.now, seconds=-1
            )

    def _renewed(self, work: Work, *, is_last: bool = False) -> datetime:
        if not is_last and work.now - self._run.started > LONGEST:
            raise Unavailable("The run took longer than a day and was ended. Bring less at once.")
        until = sources.beat(
            work.db,
            self.source.id,
            self._run.id,
            self._until,
            now=work.now,
            seconds=self._seconds,
        )
        if until is None:
            raise Lost(f"“{self.source.id}” is no longer in the hands of this worker.")
        return until

    def _beat(self) -> None:
        while not self._done.wait(self._seconds / 4):
            if time.monotonic() - self._alive > STALLED_S:
                log.warning("%s: no progress for an hour; its lease runs out", self.source.id)
                return
            # Somebody is writing: that renews the lease too.
            if not self._lock.acquire(blocking=False):
                continue
            try:
                with self.city.work(SYSTEM) as work:
                    until = self._renewed(work)
                self._until = until
            except (Lost, CityError):
                return  # the next write says so
            finally:
                self._lock.release()


def actor_of(source: Source) -> Actor:
    """In whose name a source works: a device that may publish for its publisher, and no more."""
    return Actor(
        id=ActorId(f"source:{source.id}"),
        name=source.title,
        kind=ActorKind.DEVICE,
        grants=(Grant(role=Role.DATA_OFFICER, publisher=source.publisher),),
    )

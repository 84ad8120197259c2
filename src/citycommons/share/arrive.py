"""One run of a source, from the lease to the word in its log, for the worker and the command."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from citycommons.collect import schedule
from citycommons.collect.cache import Cache
from citycommons.collect.connect import brings, connect
from citycommons.collect.sources import confirm_next, get, is_trusted
from citycommons.core.errors import CityError, Conflict, Unavailable
from citycommons.core.types import SYSTEM, Actor, Brings, Parcel, Run, Source, SourceId
from citycommons.share import harvest, holding, incoming
from citycommons.share.holding import Holding, Lost, Stopped, Told
from citycommons.store import hosts, records, sources
from citycommons.store.sources import Lease
from citycommons.store.work import City, Work

MOST_CUT_OFF = 3  # times in a row that a worker died over a run without getting anywhere
_LONG_REST_S = 60.0  # a host that asks for more than that is left alone by all sources

log = logging.getLogger("citycommons.sources")


def _never() -> bool:
    return False


def is_due(city: City) -> bool:
    """Whether a source waits for a worker."""
    with city.work(SYSTEM, may_write=False) as work:
        return sources.is_due(work.db, work.now)


def run_due(
    city: City, *, told: Told | None = None, is_stopping: Callable[[], bool] = _never
) -> Run | None:
    """Carry out the run of one source that is due, or that was cut off; None when none is.

    What goes wrong is in the run. A run that another worker took over is None too.
    """
    if not is_due(city):
        return None
    with city.work(SYSTEM) as work:
        lease = sources.lease(work.db, work.now, seconds=holding.LEASE_S)
        if lease is not None and (rest := _rests_until(work, lease)):
            sources.postpone(work.db, lease, rest)
            return None
    return None if lease is None else _carry_out(city, lease, told, is_stopping)


def run_named(
    city: City,
    actor: Actor,
    id: SourceId,
    *,
    confirm: bool = False,
    told: Told | None = None,
    is_stopping: Callable[[], bool] = _never,
) -> Run:
    """Carry out a run of this source now, due or not, paused or not.

    Raises `Forbidden` for who may not publish for its publisher, and `Conflict` while another
    worker holds it. What goes wrong in the run is in the run.
    """
    with city.work(actor) as work:
        get(work, id)
        if confirm:
            confirm_next(work, id)
        lease = sources.lease(work.db, work.now, seconds=holding.LEASE_S, id=id)
    if lease is None:
        raise Conflict(f"“{id}” is running already. Wait until it has ended, or pause it.")
    if (run := _carry_out(city, lease, told, is_stopping)) is None:
        raise Conflict(f"The run of “{id}” was ended by somebody else, or taken over.")
    return run


def sweep(city: City, older_than_s: float, now: float) -> int:
    """Remove parcels that old on which nothing stands; answers how many.

    The bytes of a catalogue's records stay: they tell what the origin said before it changed.
    """
    with city.work(SYSTEM, may_write=False) as work:
        keep = records.digests(work.db)
    return Cache(city.settings.home / "parcels").sweep(older_than_s, now, keep)


def _carry_out(
    city: City, lease: Lease, told: Told | None, is_stopping: Callable[[], bool]
) -> Run | None:
    held = Holding(city, lease, told=told, is_stopping=is_stopping, seconds=holding.LEASE_S)
    try:
        if held.counts.get("cut_off", 0) > MOST_CUT_OFF:
            return _failed(held, _fatal(held))
        with held.beating():
            outcome, message = _bring(held)
        return _ended(held, outcome, message)
    except Lost:
        return None
    except (Stopped, KeyboardInterrupt):
        held.let_go()
        raise
    except CityError as error:
        return _failed(held, error)
    except OSError as error:
        said = f"This machine could not keep what came: {error.strerror or error}."
        return _failed(held, Unavailable(f"{said} Make room; nothing is lost, it comes again."))
    except Exception as error:
        log.exception("%s", lease.source.id)
        said = f"Something unexpected happened ({type(error).__name__}: {error})."
        return _failed(held, CityError(said[:500]))


def _bring(held: Holding) -> tuple[str, str]:
    """Fetch, and take in; answers the outcome and what to say of it."""
    source = held.source
    for name in ("parcels", "bytes", "missing"):  # of this listing, not of the one that was cut off
        held.counts.pop(name, None)
    is_catalogue = brings(source.connector) is Brings.RECORDS
    if not is_catalogue:
        incoming.settle(held)
    connector = connect(
        source.connector,
        source.options,
        held.city.settings,
        since=_since(held),
        name=source.id,
        publisher=source.publisher,
        is_trusted=_is_trusted(held),
        progress=lambda *_: held.alive(),
    )
    parcels = _counted(held, connector.fetch())
    if is_catalogue:
        harvested = harvest.harvest(held, parcels)
        return harvested.outcome, harvested.message
    every = list(parcels)
    held.count(parcels=len(every))
    taken = incoming.take_in(held, every)
    return taken.outcome, taken.message


def _is_trusted(held: Holding) -> bool:
    with held.reading() as work:
        return is_trusted(work, held.source)


def _since(held: Holding) -> str:
    with held.reading() as work:
        state = sources.get(work.db, held.source.id)
    return state.since if state else ""


def _counted(held: Holding, parcels: Iterable[Parcel]) -> Iterator[Parcel]:
    for parcel in parcels:
        held.count(bytes=parcel.path.stat().st_size)
        held.alive()
        yield parcel


def _ended(held: Holding, outcome: str, message: str) -> Run | None:
    source = held.source
    try:
        with held.writing(is_last=True) as work:
            for host in _hosts(source):
                hosts.answered(work.db, host)
            return held.end(
                work,
                outcome=outcome,
                message=message,
                next_run=_next(held, work.now),
            )
    except Lost:
        log.warning("%s: the run was taken over by another worker", source.id)
        return None


def _next(held: Holding, now: datetime) -> datetime | None:
    source = held.source
    if source.is_paused:
        return None
    zone = held.city.settings.timezone
    return schedule.next_run(source.every, source.offset, after=now, zone=zone, key=source.id)


def _failed(held: Holding, error: CityError) -> Run | None:
    """Write down what went wrong, and when it is tried again."""
    failures = held.state.failures + 1
    asked = float(error.where.get("retry_after") or 0.0)
    host = _host(str(error.where.get("url", "")))
    with held.city.work(SYSTEM) as work:
        now = work.now
        if asked > _LONG_REST_S and host:
            hosts.let_rest(work.db, host, now + timedelta(seconds=asked))
        rest = hosts.rests_until(work.db, host, now) if host else None
    again = None
    if held.source.every and not held.source.is_paused:
        again = schedule.after_failure(failures, now=now, retry_after_s=asked, rests_until=rest)
    try:
        with held.writing(is_last=True) as work:
            return held.end(
                work, outcome="failed", message=error.message, next_run=again, failures=failures
            )
    except Lost:
        return None


def _fatal(held: Holding) -> Unavailable:
    return Unavailable(
        f"Workers died {MOST_CUT_OFF} times over this run before it got anywhere. Perhaps what "
        "comes is too large for the memory of this machine. Bring less at once."
    )


def _rests_until(work: Work, lease: Lease) -> datetime | None:
    """Until when the source's host wants to be left alone; a run that was cut off goes on."""
    if lease.run.counts.get("cut_off"):
        return None
    rests = [hosts.rests_until(work.db, host, work.now) for host in _hosts(lease.source)]
    return max((one for one in rests if one), default=None)


def _hosts(source: Source) -> list[str]:
    """The hosts that a source's options name."""
    found = (_host(value) for value in source.options.values() if isinstance(value, str))
    return sorted({host for host in found if host})


def _host(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        return ""
    return urlsplit(url).hostname or ""

"""What portals of other kinds say of copies by counters of their own: declared, never measured.

Their words are not COUNTER's. Views of a dataset's page become investigations, downloads and calls
of an API become requests; and as a request is an investigation too (COUNTER CoP-RD 3.3.1), total
investigations are both together. Such counters keep robots and double clicks, or know nothing of
them; so what they say stands apart as declared. Downloads that a portal only forwards to our own
file are counted here, by the class of their referrer, and left out there.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from citycommons.collect import counters
from citycommons.collect.ckan_usage import CkanUsage
from citycommons.collect.counters import Stand
from citycommons.collect.opendatasoft_usage import OpendatasoftUsage
from citycommons.collect.polite import Polite
from citycommons.collect.udata_usage import UdataUsage
from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyState,
    Portal,
    PortalKind,
    Reading,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.errors import CityError, Invalid, NotFound, Unavailable
from citycommons.core.types import SYSTEM
from citycommons.govern import audit
from citycommons.measure.republication import iris, outliers
from citycommons.measure.republication.cumulative import by_month
from citycommons.store import copies as rows
from citycommons.store import copy_readings
from citycommons.store.copies import month
from citycommons.store.work import City, Work

ASKED = (CopyState.VERIFIED, CopyState.FOUND)
"""Copies whose counters are read: what was only announced, or refused, is not looked at."""


class Adapter(Protocol):
    """Reads the counters of a kind of portal."""

    def identifier(self, iri: str) -> str: ...

    def read(self, identifier: str) -> Stand: ...


ADAPTERS: dict[PortalKind, Callable[[str, str, Polite], Adapter]] = {
    PortalKind.CKAN: lambda url, own, client: CkanUsage(url=url, origin=own, client=client),
    PortalKind.UDATA: lambda url, own, client: UdataUsage(url=url, origin=own, client=client),
    # It keeps the rows itself, and forwards nothing.
    PortalKind.OPENDATASOFT: lambda url, _, client: OpendatasoftUsage(url=url, client=client),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a portal's word is in COUNTER's."""

    metric: Metric
    method: Method


_VIEWED = Meaning(metric=Metric.TOTAL_INVESTIGATIONS, method=Method.REGULAR)
_TAKEN = Meaning(metric=Metric.TOTAL_REQUESTS, method=Method.REGULAR)
MEANINGS = {
    CkanUsage.VIEWS: _VIEWED,
    CkanUsage.DOWNLOADS: _TAKEN,
    UdataUsage.VIEWS: _VIEWED,
    UdataUsage.DOWNLOADS: _TAKEN,
    OpendatasoftUsage.DOWNLOADS: _TAKEN,
    OpendatasoftUsage.ATTACHMENTS: _TAKEN,
    OpendatasoftUsage.CALLS: Meaning(metric=Metric.TOTAL_REQUESTS, method=Method.MACHINE),
}


def pull(city: City, portal: Portal, client: Polite | None = None) -> int:
    """Read the counters of all copies at a portal; answers how many copies were read.

    What was read is kept though others fail. Raises `Invalid` for a kind of portal that has no
    such counters, and `Unavailable` that says how many copies did not answer, and why.
    """
    if portal.kind not in ADAPTERS:
        raise Invalid(f"{portal.name} is asked in another way: it is of the kind {portal.kind}.")
    with city.work(SYSTEM, may_write=False) as work:
        wanted = rows.copies_of(work.db, portal=portal.id, states=ASKED)
    read, failures = 0, []
    with client or counters.polite(
        city.settings.home / "cache" / "counters", city.settings.allow_hosts
    ) as polite:
        own = iris.host_of(city.settings.url)
        adapter = ADAPTERS[portal.kind](portal.url, own, polite)
        for one in wanted:
            try:
                stand = adapter.read(_identifier(adapter, one))
            except NotFound as gone:
                _leave(city, one, gone.message)
            except CityError as error:
                failures.append(error.message)
            else:
                _take(city, one, stand)
                read += 1
    if failures:
        raise Unavailable(f"{len(failures)} of {len(wanted)} copies did not answer: {failures[0]}")
    return read


def _identifier(adapter: Adapter, one: Copy) -> str:
    if found := adapter.identifier(one.iri):
        return found
    raise Invalid(f"{one.iri} is no address of a dataset at a portal of this kind.")


def _take(city: City, one: Copy, stand: Stand) -> None:
    with city.work(SYSTEM) as work:
        take(work, one, stand)


def take(work: Work, one: Copy, stand: Stand) -> None:
    """Keep what was read of a copy, and the counts of months that follow from all readings."""
    copy_readings.add(
        work.db,
        [
            Reading(copy=one.id, word=word, day=work.now.date(), value=value, read=work.now)
            for word, value in stand.counters.items()
        ],
    )
    counts = _counts(one, _months_of(work, one, stand), work.now)
    known = rows.counts(work.db, [one.id])
    surer = {c.first_day for c in known if c.certainty is Certainty.REPORTED}
    counts = [count for count in counts if count.first_day not in surer]
    rows.replace(work.db, outliers.marked(work, [one], counts))


def _months_of(work: Work, one: Copy, stand: Stand) -> dict[tuple[str, date], int]:
    """Counts by word and month: what the portal tells of months goes before differences."""
    kept: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for reading in copy_readings.of_copies(work.db, [one.id]):
        kept[reading.word].append((reading.read, reading.value))
    told = {word for word, _ in stand.months}
    found = {
        (word, first): count
        for word, readings in kept.items()
        if word not in told
        for first, count in by_month(readings).items()
    }
    return found | stand.months


def _counts(one: Copy, months: dict[tuple[str, date], int], reported: datetime) -> list[CopyCount]:
    sums: dict[tuple[date, Metric, Method], int] = defaultdict(int)
    for (word, first), count in months.items():
        if (meaning := MEANINGS.get(word)) is None:
            continue
        sums[first, meaning.metric, meaning.method] += count
        if meaning.metric is Metric.TOTAL_REQUESTS:
            sums[first, Metric.TOTAL_INVESTIGATIONS, meaning.method] += count
    return [
        CopyCount(
            copy=one.id,
            first_day=first,
            last_day=month(first).last_day,
            metric=metric,
            method=method,
            count=count,
            certainty=Certainty.DECLARED,
            reported=reported,
        )
        for (first, metric, method), count in sums.items()
    ]


def _leave(city: City, one: Copy, reason: str) -> None:
    """The copy is gone; what was counted of it stays."""
    with city.work(SYSTEM) as work:
        gone = replace(one, state=CopyState.GONE, reason=reason)
        rows.save_copy(work.db, gone, due=None)
        audit.record(work, "lose-copy", one.id, dataset=one.dataset)

"""Sums of uses for the pages that are about something else: in a line, as a small figure.

Everybody sees them as `small` has it: nothing below five, days and doors in fives; who may see
more (see `cells.sees_all`) sees all of it.

References
----------
COUNTER: Code of Practice for Research Data, release 1.0.1.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from citycommons.core.counting import Method
from citycommons.core.types import Channel, ClientKind, DatasetId
from citycommons.govern.access import Action, require
from citycommons.measure.usage import overview
from citycommons.measure.usage.cells import (
    METHODS,
    Cell,
    cells_of,
    days_within,
    end_of,
    exact_cells,
    month_of,
    sees_all,
    shown,
)
from citycommons.measure.usage.overview import MOST_MONTHS, Overview, Span
from citycommons.measure.usage.small import LEAST
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry
from citycommons.store import usage, usage_sums
from citycommons.store.work import Work

REGULAR = (ClientKind.PERSON, ClientKind.MACHINE)
"""Who is counted in totals; robots, such as search engines, stand beside."""

_CHUNK = 100
_LATELY = 30  # days
_CLIENTS: dict[Method, ClientKind] = {method: client for client, method in METHODS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Uses of whole months from `since` to today, robots left out where they are not named."""

    since: date
    until: date
    total: int
    investigations: int  # looked at, and nothing taken
    requests: int  # data taken
    channels: dict[Channel, int]  # most first
    clients: dict[ClientKind, int]  # robots among them
    lately: "Lately"  # of the last 30 days
    first: date | None  # the first day with any use in the whole city
    is_exact: bool


def of_dataset(work: Work, id: DatasetId, *, days: int = 30) -> Summary:
    """Uses of all versions of a dataset in the months of the last `days`.

    Raises `NotFound` where the actor may not know of the dataset.
    """
    span = _span(work, days)
    return _summary(work, overview.of_dataset(work, id, span), (id,))


def of_city(work: Work, *, days: int = 30) -> Summary:
    """Uses of everything that the actor may discover, as sums that name no dataset."""
    return _summary(work, overview.of_portal(work, _span(work, days)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Uses in one month, robots left out."""

    month: str  # 2026-03
    investigations: int
    requests: int


def by_month(
    work: Work, id: DatasetId, *, version: int | None = None, months: int = 12
) -> tuple[Month, ...]:
    """Uses of a dataset in the last months that have any, latest first.

    Raises `NotFound` where the actor may not know of the dataset, and `Forbidden` for one version
    where the actor may not see small counts: a month told apart by version would show them.
    """
    dataset = catalogue.get(work, id)
    exact = sees_all(work, dataset.publisher)
    if version is not None:
        require(work, Action.READ_LEDGER, dataset.publisher)
        return _of_version(work, id, version, months)
    first = usage_sums.first_day(work.db) or work.now.date()
    cells = cells_of(work, first, work.now.date(), datasets=(id,), exact=exact, with_sessions=False)
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.investigations:
            found[f"{cell.first_day:%Y-%m}"].append(cell)
    return tuple(
        Month(
            month=month,
            investigations=sum(one.investigations - one.requests for one in found[month]),
            requests=sum(one.requests for one in found[month]),
        )
        for month in sorted(found, reverse=True)[:months]
    )


def _of_version(work: Work, id: DatasetId, version: int, months: int) -> tuple[Month, ...]:
    counts: dict[str, Counter[str]] = {}
    found = usage.totals(work.db, "use", "day", "version", datasets=(id,), clients=REGULAR)
    for (use, day, number), count in found:
        if number == version:
            counts.setdefault(f"{day:%Y-%m}", Counter())[use] += count
    return tuple(
        Month(
            month=month,
            investigations=counts[month]["investigation"],
            requests=counts[month]["request"],
        )
        for month in sorted(counts, reverse=True)[:months]
    )


def of_versions(work: Work, id: DatasetId, *, days: int | None = None) -> dict[int, int]:
    """Uses of each version that may be told, most first; `days` None is the last ten years."""
    span = _span(work, days or 365 * 9)
    found = overview.of_dataset(work, id, span).apart["version"]
    return {int(version): count for version, count in found.parts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """Uses in the last days, robots left out; both in fives for everybody."""

    total: int
    daily: tuple[int, ...]  # the oldest day first


def by_day(work: Work, entries: Sequence[Entry], *, days: int = 30) -> dict[DatasetId, Lately]:
    """Uses of each entry in the last `days`, and day by day."""
    ids = tuple(one.dataset.id for one in entries)
    found = _days(work, ids, days, exact=sees_all(work))
    return {id: _lately([found[id]], days, exact=sees_all(work)) for id in ids}


def _days(
    work: Work, ids: Collection[DatasetId] | None, days: int, *, exact: bool
) -> dict[DatasetId, list[int]]:
    """Uses by dataset and day, without what their months leave out."""
    since, until = _since(work, days), work.now.date()
    get = partial(exact_cells, work, datasets=ids, with_sessions=False)
    cells = get(since, until, grain="day")
    if not exact:
        cells = days_within(cells, shown(get(month_of(since), end_of(until))))
    counts: dict[DatasetId, list[int]] = defaultdict(lambda: [0] * days)
    for one in cells:
        counts[one.dataset][(one.first_day - since).days] += one.investigations
    return counts


def _lately(found: Iterable[list[int]], days: int, *, exact: bool) -> Lately:
    daily = [sum(day) for day in zip(*found, strict=True)] or [0] * days
    step = 1 if exact else LEAST
    in_steps = tuple(count // step * step for count in daily)
    return Lately(total=sum(daily) // step * step, daily=in_steps)


def most_used(work: Work, *, days: int = 30, limit: int = 10) -> tuple[tuple[Entry, int], ...]:
    """The datasets used most in the last `days`, among those the actor may discover.

    The counts are for their order, and exact: what may be shown of them is told by `by_day`.
    """
    found = usage.totals(work.db, "dataset", since=_since(work, days), clients=REGULAR)
    seen: list[tuple[Entry, int]] = []
    for start in range(0, len(found), _CHUNK):  # on, while some are not the actor's to see
        counts = {DatasetId(id): count for (id,), count in found[start : start + _CHUNK]}
        entries = catalogue.of_ids(work, tuple(counts))
        seen += [(entry, counts[entry.dataset.id]) for entry in entries]
        if len(seen) >= limit:
            break
    return tuple(seen[:limit])


def newest(work: Work, *, limit: int = 10) -> tuple[Entry, ...]:
    """The datasets with the newest data, among those the actor may discover."""
    wanted = catalogue.Search(has_data=True, sort=catalogue.Sort.NEWEST, limit=limit)
    return catalogue.find(work, wanted).entries


def _since(work: Work, days: int) -> date:
    return work.now.date() - timedelta(days=days - 1)


def _span(work: Work, days: int) -> Span:
    most = min(days, MOST_MONTHS * 30)
    return Span.of(_since(work, most), work.now.date())


def _summary(work: Work, found: Overview, ids: tuple[DatasetId, ...] | None) -> Summary:
    clients = Counter(
        {_CLIENTS[method]: one.investigations for method, one in found.by_method.items()}
    )
    clients[ClientKind.ROBOT] = found.robots
    known = {id for id, _ in found.datasets}
    every = _days(work, ids, _LATELY, exact=found.is_exact)
    return Summary(
        since=found.span.first_day,
        until=work.now.date(),
        total=found.total.investigations,
        investigations=found.total.investigations - found.total.requests,
        requests=found.total.requests,
        channels={Channel(name): count for name, count in found.apart["channel"].parts},
        clients={client: count for client, count in clients.most_common() if count},
        lately=_lately(
            [daily for id, daily in every.items() if id in known], _LATELY, exact=found.is_exact
        ),
        first=found.since,
        is_exact=found.is_exact,
    )

"""Uses of a dataset, of a publisher's datasets, or of all of them, as a page shows them.

Every number is made of the cells that the asker may see (see `small`), so that pages, exports and
reports say the same, and no two of them tell together what one hides.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from citycommons.core.counting import Method, Referrer, Region
from citycommons.core.errors import Invalid
from citycommons.core.types import Channel, DatasetId, PublisherId, Use
from citycommons.measure.usage import months
from citycommons.measure.usage.cells import (
    METHODS,
    Cell,
    cells_of,
    counted_in,
    end_of,
    month_of,
    months_before,
    robots,
    seen,
    sees_all,
    shown,
)
from citycommons.measure.usage.small import Apart, exactly, told_apart
from citycommons.share import catalogue
from citycommons.store import catalogue as versions
from citycommons.store import usage_sums
from citycommons.store.usage_sums import APART, Summed, Wanted
from citycommons.store.work import Work

MOST_MONTHS = 120
_Id = TypeVar("_Id", DatasetId, PublisherId)
_FORMATS = 30  # that a face or an export may send, at least
_KINDS = {
    "channel": len(Channel),
    "format": _FORMATS,
    "referrer": len(Referrer),
    "region": len(Region),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Whole months, from the first day of one to the last day of another."""

    first_day: date
    last_day: date

    @classmethod
    def of(cls, first: date, last: date) -> "Span":
        """The months of these two days and all between. Raises `Invalid` for none, or too many."""
        span = cls(first_day=month_of(first), last_day=end_of(last))
        if span.last_day < span.first_day:
            raise Invalid("The last month is before the first one.", parameter="to")
        if len(span.months) > MOST_MONTHS:
            raise Invalid(f"At most {MOST_MONTHS} months at once.", parameter="from")
        return span

    @property
    def months(self) -> tuple[date, ...]:
        """The first day of each month."""
        count = (self.last_day.year - self.first_day.year) * 12
        count += self.last_day.month - self.first_day.month
        return tuple(months_before(self.first_day, -one) for one in range(max(count + 1, 0)))

    @property
    def before(self) -> "Span":
        """As many months right before."""
        first = months_before(self.first_day, len(self.months))
        return Span(first_day=first, last_day=end_of(months_before(self.first_day, 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """COUNTER's totals and uniques, added up."""

    investigations: int = 0  # requests are among them
    requests: int = 0
    unique_investigations: int = 0  # sessions
    unique_requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Uses in some months; robots are in no number but their own."""

    span: Span
    dataset: DatasetId | None = None
    publisher: PublisherId | None = None
    is_exact: bool  # small counts are among them
    is_whole: bool  # nothing small was left out
    total: Sum
    before: Sum | None  # in as many months before; None where counting began later
    robots: int
    by_method: Mapping[Method, Sum]
    months: Mapping[date, Mapping[Method, Sum]]  # each month of the span
    datasets: tuple[tuple[DatasetId, Sum], ...]  # with any use that may be told, most first
    publishers: tuple[tuple[PublisherId, Sum], ...]
    apart: Mapping[str, Apart[str]] = field(default_factory=dict)  # investigations
    cells: tuple[Cell, ...] = ()
    since: date | None = None  # first day with any use in the whole city


def of_dataset(work: Work, id: DatasetId, span: Span) -> Overview:
    """Uses of a dataset. Raises `NotFound` where the actor may not know of it."""
    dataset = catalogue.get(work, id)
    exact = sees_all(work, dataset.publisher)
    return _overview(work, span, {id: dataset.publisher}, exact=exact, dataset=id)


def of_publisher(work: Work, id: PublisherId, span: Span) -> Overview:
    """Uses of a publisher's datasets that the actor may discover. Raises `NotFound` for none."""
    catalogue.publisher(work, id)
    exact = sees_all(work, id)
    return _overview(work, span, seen(work, publisher=id), exact=exact, publisher=id)


def of_portal(work: Work, span: Span) -> Overview:
    """Uses of all datasets that the actor may discover."""
    return _overview(work, span, seen(work), exact=sees_all(work))


def _overview(
    work: Work,
    span: Span,
    owners: "Owners",
    *,
    exact: bool,
    dataset: DatasetId | None = None,
    publisher: PublisherId | None = None,
) -> Overview:
    some = tuple(owners) if dataset or publisher else None
    names = (*APART, "version") if dataset else APART
    uses = _uses(work, span, owners, some, names)
    exact_ones = counted_in(uses, _sessions(work, span, owners, some))
    cells = exact_ones if exact else shown(exact_ones)
    since = usage_sums.first_day(work.db)
    before = None
    if since is not None and since <= span.before.first_day:
        before = add_up(_visible(work, span.before, owners, some, exact=exact))
    by_dataset = {DatasetId(id): add_up(some) for id, some in _by(cells, "dataset").items()}
    by_owner: dict[PublisherId, list[Sum]] = defaultdict(list)
    for id, one in by_dataset.items():
        by_owner[owners[id]].append(one)
    return Overview(
        span=span,
        dataset=dataset,
        publisher=publisher,
        is_exact=exact,
        is_whole=all(one.is_whole for one in cells),
        total=add_up(cells),
        before=before,
        robots=robots(uses, exact=exact),
        by_method={Method(one): add_up(some) for one, some in _by(cells, "method").items()},
        months=_months(span, cells),
        datasets=_ordered(by_dataset),
        publishers=_ordered({id: add_up(some) for id, some in by_owner.items()}),
        apart=_apart(uses, cells, _kinds(work, dataset), exact=exact),
        cells=cells,
        since=since,
    )


Owners = Mapping[DatasetId, PublisherId]
Some = Collection[DatasetId] | None


def _uses(work: Work, span: Span, owners: Owners, some: Some, names: Sequence[str]) -> list[Summed]:
    wanted = Wanted(first_day=span.first_day, last_day=span.last_day, datasets=some)
    return [one for one in months.uses(work, wanted, *names) if one.dataset in owners]


def _sessions(work: Work, span: Span, owners: Owners, some: Some) -> list[Summed]:
    wanted = Wanted(first_day=span.first_day, last_day=span.last_day, datasets=some)
    return [one for one in months.sessions(work, wanted) if one.dataset in owners]


def _visible(
    work: Work, span: Span, owners: Owners, some: Some, *, exact: bool
) -> tuple[Cell, ...]:
    found = cells_of(work, span.first_day, span.last_day, datasets=some, exact=exact)
    return tuple(one for one in found if one.dataset in owners)


def add_up(parts: Iterable[Cell | Sum]) -> Sum:
    """The sum of all parts, metric by metric."""
    found: Counter[str] = Counter()
    for one in parts:
        found["investigations"] += one.investigations
        found["requests"] += one.requests
        found["unique_investigations"] += one.unique_investigations
        found["unique_requests"] += one.unique_requests
    return Sum(**found)


def _by(cells: Iterable[Cell], name: str) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = defaultdict(list)
    for one in cells:
        if one.investigations:
            found[getattr(one, name)].append(one)
    return found


def _months(span: Span, cells: Iterable[Cell]) -> dict[date, dict[Method, Sum]]:
    found: dict[date, dict[Method, list[Cell]]] = {
        month: {method: [] for method in Method} for month in span.months
    }
    for one in cells:
        found[one.first_day][one.method].append(one)
    return {
        month: {method: add_up(some) for method, some in methods.items()}
        for month, methods in found.items()
    }


def _ordered(sums: Mapping[_Id, Sum]) -> tuple[tuple[_Id, Sum], ...]:
    return tuple(sorted(sums.items(), key=lambda pair: (-pair[1].investigations, pair[0])))


def _kinds(work: Work, dataset: DatasetId | None) -> dict[str, int]:
    """What uses are told apart by, and how many parts there could be."""
    if dataset is None:
        return _KINDS
    return _KINDS | {"version": max(versions.version_state(work.db, dataset)[0], 1)}


def _apart(
    uses: Sequence[Summed], cells: Iterable[Cell], kinds: Mapping[str, int], *, exact: bool
) -> dict[str, Apart[str]]:
    """Investigations told apart; made of the very uses that the cells show."""
    told = {(one.dataset, one.first_day, one.method): one for one in cells if one.investigations}
    counts: list[Counter[str]] = [Counter() for _ in kinds]
    for one in uses:
        method = METHODS.get(one.client)
        cell = told.get((one.dataset, one.day, method)) if method else None
        if cell and (one.use is Use.REQUEST or cell.has_looks):
            for place, value in enumerate(one.apart):
                counts[place][str(value)] += one.count
    return {
        name: exactly(found) if exact else told_apart(found, max(number, len(found)))
        for (name, number), found in zip(kinds.items(), counts, strict=True)
    }

"""The Dataset Report (DSR) as the Research-Data SUSHI API gives it.

Where this differs from the letter of the code of practice:

- `dataset-id` has the type `uri` and is the dataset's own address (the code expects a DOI);
- `publisher-id` has the type `client-id` and is the publisher's address here;
- `dataset-attributes` of the type `proprietary` say `origin=` (the address of what a copy was made
  of) and `via=` (the copy between, where a downstream portal's count is passed on);
- counts below five are left out for the public (see `small`), and days are in fives.

References
----------
COUNTER: Code of Practice for Research Data, release 1.0.1: sections 3 (report), 8 (SUSHI) and
appendix F (exceptions); the JSON schema that DataCite's hub applies to reports (`rd1`).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from citycommons.core.counting import Method, Metric
from citycommons.core.types import DatasetId, PublisherId
from citycommons.measure.usage.cells import (
    Cell,
    Grain,
    cells_of,
    end_of,
    seen,
)
from citycommons.measure.usage.remarks import Reason, Remark
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry
from citycommons.store import usage_sums
from citycommons.store.work import Work

RELEASE, ID, NAME = "rd1", "DSR", "Dataset Report"
MOST = 1000
"""Datasets on one page of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a report is about: whole months, or days, and filters (empty: everything)."""

    first_day: date
    last_day: date  # belongs to it
    grain: Grain = "month"
    datasets: tuple[DatasetId, ...] = ()
    origin: str = ""  # address of the dataset, or of the portal, that copies were made of
    methods: tuple[Method, ...] = ()
    metrics: tuple[Metric, ...] = ()
    publisher: PublisherId | None = None
    platform: str = ""
    limit: int = MOST
    offset: int = 0


Downstream = Callable[[Work, Asked, Sequence[Entry]], Iterable[Mapping[str, Any]]]
"""Gives entries of copies at other portals of these datasets: as `entry_of` makes them."""


def dsr(
    work: Work,
    asked: Asked,
    *,
    url: str,
    platform: str,
    exact: bool = False,
    downstream: Downstream | None = None,
    notes: Sequence[Remark] = (),
) -> dict[str, Any]:
    """The Dataset Report of what the actor may discover.

    Parameters
    ----------
    url, platform
        Address of the portal, without a slash at the end, and its name.
    exact
        Give counts below five, too: for partners whose signature was verified, and the house.
    downstream
        Adds what other portals reported of their copies.
    notes
        Exceptions that a door found, such as a parameter that is not known.
    """
    visible = _datasets(work, asked, url, platform)
    used = _cells(work, asked, visible, exact=exact) if visible else {}
    page = sorted(used)[asked.offset : asked.offset + asked.limit]
    entries = catalogue.of_ids(work, tuple(page))
    listed = [
        entry_of(one, used[one.dataset.id], asked, url=url, platform=platform) for one in entries
    ]
    if downstream is not None and not asked.offset:
        of = catalogue.of_ids(work, tuple(visible))
        listed += [dict(one) for one in downstream(work, asked, of)]
    found = [*notes, *_exceptions(work, asked, listed, total=len(used))]
    return _header(work, asked, platform, exact=exact) | {
        "exceptions": [one.as_json(url) for one in found],
        "report-datasets": listed,
    }


def _header(work: Work, asked: Asked, platform: str, *, exact: bool) -> dict[str, Any]:
    attributes: dict[str, str] = {"granularity": asked.grain}
    if not exact:
        attributes["small-counts"] = "below 5 left out" + (
            ", days rounded down to fives" if asked.grain == "day" else ""
        )
    return {
        "report-name": NAME,
        "report-id": ID,
        "release": RELEASE,
        "created": _moment(work.now),
        "created-by": platform,
        "reporting-period": _period(asked.first_day, asked.last_day),
        "report-filters": _named(filters(asked)),
        "report-attributes": _named(attributes.items()),
    }


def filters(asked: Asked) -> list[tuple[str, str]]:
    """What narrows a report down, by the names that a request gives."""
    found = [
        ("begin-date", asked.first_day.isoformat()),
        ("end-date", asked.last_day.isoformat()),
        *(("dataset-id", one) for one in asked.datasets),
        ("origin", asked.origin),
        *(("access-method", one.value) for one in asked.methods),
        *(("metric-type", one.value) for one in asked.metrics),
        ("publisher", asked.publisher or ""),
        ("platform", asked.platform),
    ]
    return [(name, value) for name, value in found if value]


def _named(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _period(first_day: date, last_day: date) -> dict[str, str]:
    return {"begin-date": first_day.isoformat(), "end-date": last_day.isoformat()}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _datasets(work: Work, asked: Asked, url: str, platform: str) -> dict[DatasetId, PublisherId]:
    if asked.platform and asked.platform.casefold() != platform.casefold():
        return {}
    found = seen(work, publisher=asked.publisher, source=asked.origin)
    if not asked.datasets:
        return found
    start = f"{url}/datasets/"
    named = {one.removeprefix(start).partition("@")[0] for one in asked.datasets}
    return {id: owner for id, owner in found.items() if id in named}


def _cells(
    work: Work, asked: Asked, visible: Collection[DatasetId], *, exact: bool
) -> dict[DatasetId, list[Cell]]:
    is_narrow = bool(asked.datasets or asked.origin or asked.publisher) and len(visible) <= MOST
    some = visible if is_narrow else None
    cells = cells_of(
        work, asked.first_day, asked.last_day, datasets=some, grain=asked.grain, exact=exact
    )
    found: dict[DatasetId, list[Cell]] = defaultdict(list)
    for one in cells:
        if one.dataset in visible and _instances([one], asked):
            found[one.dataset].append(one)
    return found


def entry_of(
    entry: Entry, cells: Iterable[Cell], asked: Asked, *, url: str, platform: str
) -> dict[str, Any]:
    """A dataset in the report: who it is, and its counts by month or day."""
    one, publisher = entry.dataset, entry.publisher
    iri = f"{url}/datasets/{one.id}"
    origin = one.source if one.source.startswith(("http://", "https://")) else ""
    attributes = [("dataset-version", str(entry.version.number))] if entry.version else []
    attributes += [("proprietary", f"origin={origin}")] if origin else []
    by_period: dict[date, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_period[cell.first_day].append(cell)
    return {
        "dataset-title": one.title.get("en") or next(iter(one.title.values()), one.id),
        "dataset-id": [{"type": "uri", "value": iri}],
        "dataset-attributes": [{"type": kind, "value": value} for kind, value in attributes],
        "dataset-dates": [{"type": "pub-date", "value": one.created.date().isoformat()}]
        if one.created
        else [],
        "platform": platform,
        "publisher": publisher.name,
        "publisher-id": [{"type": "client-id", "value": f"{url}/publishers/{publisher.id}"}],
        "data-type": "dataset",
        "yop": f"{one.created.year:04}" if one.created else "0001",
        "uri": iri,
        "performance": [
            {
                "period": _period(day, end_of(day, asked.grain)),
                "instance": _instances(by_period[day], asked),
            }
            for day in sorted(by_period)
        ],
    }


def _instances(cells: Iterable[Cell], asked: Asked) -> list[dict[str, Any]]:
    """Counts above nought, as the schema wants them."""
    return [
        {"access-method": cell.method.value, "metric-type": metric.value, "count": count}
        for cell in cells
        for metric in asked.metrics or Metric
        if (not asked.methods or cell.method in asked.methods) and (count := cell.metric(metric))
    ]


def _exceptions(work: Work, asked: Asked, listed: Sequence[object], *, total: int) -> list[Remark]:
    today, found = work.now.date(), []
    first = usage_sums.first_day(work.db)
    if asked.first_day > today:
        return [Remark(Reason.NOT_READY, f"The period begins after {today}.")]
    if asked.last_day >= today:
        found.append(Remark(Reason.PARTIAL, f"The period is not over; today is {today}."))
    elif first is not None and asked.first_day < first <= asked.last_day:
        found.append(Remark(Reason.PARTIAL, f"Counting began on {first}."))
    if not listed:
        found.append(Remark(Reason.NO_USAGE, "No use that may be told was counted."))
    if asked.offset + asked.limit < total:
        next_offset = asked.offset + asked.limit
        found.append(
            Remark(
                Reason.PARTIAL,
                f"{total} datasets were used; the next page begins at offset={next_offset}.",
            )
        )
    return found

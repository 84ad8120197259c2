"""Usage reports of other portals, read strictly: a report is right in all it says, or refused.

The shape is COUNTER's Dataset Report as Research-Data SUSHI gives it. `uri` is the copy's own
address; attributes of the type `proprietary` say `origin=` (the address of what it was made of) and
`via=` (the copy between, where a downstream portal's count is passed on).

References
----------
COUNTER: Code of Practice for Research Data, release 1.0.1, sections 4 and 8. DataCite: sashimi,
sushi_usage_schema.json.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from citycommons.core.counting import Method, Metric
from citycommons.core.errors import Invalid
from citycommons.measure.republication import iris
from citycommons.store.copies import Period, month

MOST_ENTRIES = 5_000
MOST_PERIODS = 200_000
MOST_USES = 10**12  # of one count: what is more is no count
_AHEAD = timedelta(days=1)  # where the portal's day has begun already
_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_UNIQUE = {
    Metric.UNIQUE_INVESTIGATIONS: Metric.TOTAL_INVESTIGATIONS,
    Metric.UNIQUE_REQUESTS: Metric.TOTAL_REQUESTS,
}

Uses = Mapping[tuple[Metric, Method], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is said of one copy."""

    uri: str
    origins: tuple[str, ...]  # IRIs that the copy stands for
    via: str  # IRI of the copy it was made of; empty: of the origin itself
    platform: str
    periods: Mapping[Period, Uses]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that is well written; whether it may be believed is another question."""

    created: datetime
    span: tuple[Period, ...]  # periods of which it speaks: what it does not name there is zero
    entries: tuple[Entry, ...]


def read(document: Any, now: datetime) -> Report:
    """The report. Raises `Invalid` that names the first thing that is wrong with it."""
    header = _object(document, "report")
    if isinstance(header.get("report-header"), Mapping):
        header = {**header, **header["report-header"]}
    if str(header.get("report-id", "")).lower() != "dsr":
        raise Invalid("The report is no Dataset Report: its report-id is not “dsr”.")
    created = _moment(header.get("created"))
    if created > now + timedelta(minutes=5):
        raise Invalid("The report says that it was created in the future.", field="created")
    said = _object(header.get("reporting-period"), "reporting-period")
    whole = _days(said, "reporting-period", now.date())
    found = header.get("report-datasets")
    if not isinstance(found, list):
        raise Invalid("The report has no list “report-datasets”.", field="report-datasets")
    if len(found) > MOST_ENTRIES:
        raise Invalid(f"The report has more than {MOST_ENTRIES} entries. Ask for fewer datasets.")
    entries = _merged([_entry(one, at, whole, now.date()) for at, one in enumerate(found)])
    is_daily = _is_daily(header, entries)
    span = tuple(_periods(whole, is_daily=is_daily))
    if len(span) * max(1, len(entries)) > MOST_PERIODS:
        raise Invalid(f"The report speaks of more than {MOST_PERIODS} periods. Ask for less.")
    return Report(created=created, span=span, entries=entries)


def _entry(found: Any, at: int, whole: Period, today: date) -> Entry:
    where = f"entry {at + 1}"
    entry = _object(found, where)
    ids = (str(one.get("value", "")) for one in _objects(entry.get("dataset-id", []), where))
    uri = iris.checked(str(entry.get("uri") or ""), f"uri of {where}")
    named = [
        *_attributes(entry, "origin", where),
        *(one for one in ids if 0 < len(one) <= iris.LONGEST),
    ]
    method = str(entry.get("access-method") or "").lower()
    return Entry(
        uri=uri,
        origins=tuple(dict.fromkeys(named)),
        via=next(iter(_attributes(entry, "via", where)), ""),
        platform=" ".join(str(entry.get("platform") or "").split())[:100],
        periods=_performance(entry.get("performance"), where, method, whole, today),
    )


def _attributes(entry: Mapping[str, Any], name: str, where: str) -> list[str]:
    """Addresses that stand as `name=…` among the attributes."""
    found = (one.get("value") for one in _objects(entry.get("dataset-attributes", []), where))
    said = [one for one in found if isinstance(one, str) and one.startswith(f"{name}=")]
    return [iris.checked(one.partition("=")[2], f"{name} of {where}") for one in said]


def _performance(
    found: Any, where: str, method: str, whole: Period, today: date
) -> dict[Period, dict[tuple[Metric, Method], int]]:
    periods: dict[Period, dict[tuple[Metric, Method], int]] = {}
    for one in _list(found, f"performance of {where}"):
        said = _object(one, f"performance of {where}")
        period = _days(_object(said.get("period"), f"period of {where}"), where, today)
        if not (period.is_day or period == month(period.first_day)):
            raise Invalid(f"The {where} has a period that is neither a month nor a day.")
        if period.first_day < month(whole.first_day).first_day or (
            period.last_day > month(whole.last_day).last_day
        ):
            raise Invalid(f"The {where} has a period outside of the reporting-period.")
        uses = periods.setdefault(period, {})
        for instance in _list(said.get("instance"), where):
            _count(uses, _object(instance, f"instance of {where}"), where, method)
    if len({period.is_day for period in periods}) > 1:
        raise Invalid(f"The {where} mixes months and days. Report them apart.")
    for period, uses in periods.items():
        _check_unique(uses, where, period)
    return periods


def _count(
    uses: dict[tuple[Metric, Method], int], instance: Mapping[str, Any], where: str, method: str
) -> None:
    try:
        metric = Metric(str(instance.get("metric-type")).lower())
        by = Method(str(instance.get("access-method") or method).lower())
    except ValueError as cause:
        raise Invalid(f"The {where} has an unknown metric-type or access-method.") from cause
    count = instance.get("count")
    if type(count) is not int or not 0 <= count <= MOST_USES:
        raise Invalid(f"The {where} has a count that is no whole number from zero on.")
    if (metric, by) in uses:
        raise Invalid(f"The {where} has {metric} ({by}) twice for one period.")
    uses[(metric, by)] = count


def _check_unique(uses: Uses, where: str, period: Period) -> None:
    for unique, total in _UNIQUE.items():
        for method in Method:
            # A total may be left out, as small counts are; a smaller one may not.
            if uses.get((unique, method), 0) > uses.get((total, method), MOST_USES):
                raise Invalid(
                    f"The {where} has more {unique} than {total} from {period.first_day}: "
                    "sessions cannot be more than uses."
                )


def _merged(entries: list[Entry]) -> tuple[Entry, ...]:
    """Entries of one copy, which some portals give by access method, as one."""
    by_uri: dict[str, Entry] = {}
    for one in entries:
        known = by_uri.setdefault(one.uri, one)
        if known is one:
            continue
        if known.via != one.via:
            raise Invalid(f"{one.uri[:200]} stands in the report with two different “via”.")
        periods = {period: dict(uses) for period, uses in known.periods.items()}
        for period, uses in one.periods.items():
            there = periods.setdefault(period, {})
            if twice := there.keys() & uses.keys():
                raise Invalid(f"{one.uri[:200]} has {min(twice)[0]} twice for one period.")
            there.update(uses)
        by_uri[one.uri] = Entry(
            uri=one.uri,
            origins=tuple(dict.fromkeys((*known.origins, *one.origins))),
            via=one.via,
            platform=known.platform,
            periods=periods,
        )
    return tuple(by_uri.values())


def _is_daily(header: Mapping[str, Any], entries: tuple[Entry, ...]) -> bool:
    grains = {period.is_day for one in entries for period in one.periods}
    if len(grains) > 1:
        raise Invalid("The report mixes months and days. Report them apart.")
    if grains:
        return grains.pop()
    said = (
        one.get("value")
        for name in ("report-filters", "report-attributes")
        for one in _objects(header.get(name, []), name)
        if one.get("name") == "granularity"
    )
    return any(str(one).lower() == "day" for one in said)


def _periods(whole: Period, *, is_daily: bool) -> Iterator[Period]:
    day = whole.first_day if is_daily else whole.first_day.replace(day=1)
    while day <= whole.last_day:
        period = Period(first_day=day, last_day=day) if is_daily else month(day)
        yield period
        day = period.last_day + timedelta(days=1)


def _days(said: Mapping[str, Any], where: str, today: date) -> Period:
    first = _day(said.get("begin-date"), where, is_end=False)
    last = _day(said.get("end-date"), where, is_end=True)
    if last < first:
        raise Invalid(f"A period ({where}) ends before it begins.")
    if first > today + _AHEAD:
        raise Invalid(f"A period ({where}) lies in the future.")
    if first.year < 1990 or last > month(today + _AHEAD).last_day:
        raise Invalid(f"A period ({where}) cannot be right: {first} to {last}.")
    return Period(first_day=first, last_day=last)


def _day(found: Any, where: str, *, is_end: bool) -> date:
    text = found[:10] if isinstance(found, str) else ""
    if not _DAY.fullmatch(text):
        raise Invalid(f"A period ({where}) has no date like 2026-03-31.")
    try:
        if len(text) > len("2026-03"):
            return date.fromisoformat(text)
        year, number = map(int, text.split("-"))
        return date(year, number, calendar.monthrange(year, number)[1] if is_end else 1)
    except (ValueError, calendar.IllegalMonthError) as cause:
        raise Invalid(f"A period ({where}) has no date like 2026-03-31.") from cause


def _moment(found: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(found if isinstance(found, str) else "")
    except ValueError as cause:
        raise Invalid("The report does not say when it was created.", field="created") from cause
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _object(found: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise Invalid(f"The {what} is no JSON object.")
    return found


def _list(found: Any, what: str) -> list[Any]:
    if not isinstance(found, list):
        raise Invalid(f"The {what} is no list.")
    return found


def _objects(found: Any, what: str) -> list[Mapping[str, Any]]:
    return [one for one in _list(found, what) if isinstance(one, Mapping)]

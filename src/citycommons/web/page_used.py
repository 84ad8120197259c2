"""The page on uses of a dataset, a publisher or the portal, in some months."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from citycommons.core.counting import Method, Referrer, Region
from citycommons.core.types import ANYONE, Channel
from citycommons.measure.usage.cells import month_of, months_before
from citycommons.measure.usage.overview import Overview, Span, Sum
from citycommons.measure.usage.small import Apart
from citycommons.share import catalogue
from citycommons.store.work import Work
from citycommons.web.columns import Column, columns
from citycommons.web.language import N_
from citycommons.web.momentary import Momentary
from citycommons.web.page_before import before
from citycommons.web.page_usage import CHANNELS
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View

SHOWN = 25
"""Datasets on the page; the export has all of them."""

REFERRERS = {
    Referrer.NONE: N_("Nobody said"),
    Referrer.INSIDE: N_("From a page of this portal"),
    Referrer.SEARCH: N_("From a search engine"),
    Referrer.SOCIAL: N_("From a social network"),
    Referrer.ASSISTANT: N_("From an assistant's page"),
    Referrer.PORTAL: N_("From a catalogue that lists our data"),
    Referrer.OTHER: N_("From another site"),
}
REGIONS = {
    Region.UNKNOWN: N_("Not known"),
    Region.AFRICA: N_("Africa"),
    Region.AMERICAS: N_("The Americas"),
    Region.ASIA: N_("Asia"),
    Region.EUROPE: N_("Europe"),
    Region.OCEANIA: N_("Oceania"),
}
METHODS = {Method.REGULAR: N_("People"), Method.MACHINE: N_("Programs")}
HEADS = {
    "channel": N_("By which door"),
    "format": N_("In which format"),
    "referrer": N_("Where they came from"),
    "region": N_("From which part of the world"),
    "version": N_("Which version"),
}

Make = Callable[[Work, str, Span], Overview]
_kept: Momentary[Overview] = Momentary(most=200)


def kept(work: Work, name: str, span: Span, make: Make) -> Overview:
    """What everybody sees, at most half a minute old; anew for who signed in."""
    if work.actor != ANYONE:
        return make(work, name, span)
    return _kept.get(work, (name, span), lambda: make(work, name, span))


def path_of(found: Overview) -> str:
    """Where the page stands."""
    if found.dataset:
        return f"/datasets/{quote(found.dataset, safe='')}/usage"
    return f"/publishers/{quote(found.publisher, safe='')}/usage" if found.publisher else "/usage"


def with_period(path: str, pairs: Sequence[tuple[str, str]], suffix: str = "") -> str:
    """The address of a page (or of its export) for a period."""
    return path + (f".{suffix}" if suffix else "") + (f"?{urlencode(pairs)}" if pairs else "")


def page(work: Work, view: View, found: Overview) -> str:
    """The page as HTML."""
    says = speaker(view)
    path = path_of(found)
    pairs = [("from", f"{found.span.first_day:%Y-%m}"), ("to", f"{found.span.last_day:%Y-%m}")]
    values = {
        **_whose(work, says, found),
        "path": path,
        "period": _period_words(found.span, says),
        "pairs": dict(pairs),
        "choices": _choices(path, found.span, work.now.date(), says),
        "exports": {
            "csv": with_period(path, pairs, "csv"),
            "json": with_period(path, pairs, "json"),
            "sushi": _report(found, pairs),
        },
        "total": found.total,
        "compared": _compared(found, says),
        "robots": found.robots,
        "is_exact": found.is_exact,
        "is_whole": found.is_whole,
        "is_running": found.span.last_day >= work.now.date(),
        "since": found.since,
        "figure": _figure(found, says, work.now.date()),
        "apart": _apart(found, says),
        "datasets": _datasets(work, found, says),
        "more": max(0, len(found.datasets) - SHOWN),
        "earlier": None if found.dataset or found.publisher else before(work, view),
        "publishers": _publishers(work, found) if not (found.dataset or found.publisher) else [],
    }
    return render(view, "uses.html", d=values)


def _whose(work: Work, says: Says, found: Overview) -> dict[str, Any]:
    if found.dataset:
        one = catalogue.get(work, found.dataset)
        address = f"/datasets/{quote(found.dataset, safe='')}"
        name, tongue = says.text(one.title), says.tongue(one.title)
        return {"kind": "dataset", "name": name, "tongue": tongue, "back": address}
    if found.publisher:
        name = catalogue.publisher(work, found.publisher).name
        address = f"/publishers/{quote(found.publisher, safe='')}"
        return {"kind": "publisher", "name": name, "tongue": says.language, "back": address}
    return {"kind": "portal", "name": "", "tongue": says.language, "back": "/"}


def _month(month: date, says: Says) -> str:
    return f"{says.month(month.month)} {month.year}"


def _period_words(span: Span, says: Says) -> str:
    first, last = month_of(span.first_day), month_of(span.last_day)
    if first == last:
        return _month(first, says)
    return f"{_month(first, says)} – {_month(last, says)}"


def _choices(path: str, span: Span, today: date, says: Says) -> list[dict[str, Any]]:
    """Periods one mostly wants; the one that is shown is marked."""
    this = month_of(today)
    offered = [
        (says._(N_("last 12 months")), Span.of(months_before(this, 11), this)),
        (_month(this, says), Span.of(this, this)),
        (_month(months_before(this, 1), says), Span.of(*(months_before(this, 1),) * 2)),
        (str(this.year), Span.of(date(this.year, 1, 1), this)),
        (str(this.year - 1), Span.of(date(this.year - 1, 1, 1), date(this.year - 1, 12, 1))),
    ]
    return [
        {
            "words": words,
            "href": f"{path}?from={one.first_day:%Y-%m}&to={one.last_day:%Y-%m}",
            "is_shown": one == span,
        }
        for words, one in offered
    ]


def _report(found: Overview, pairs: Sequence[tuple[str, str]]) -> str:
    asked = [("begin_date", pairs[0][1]), ("end_date", pairs[1][1])]
    asked += [("dataset_id", found.dataset)] if found.dataset else []
    asked += [("publisher", found.publisher)] if found.publisher else []
    return with_period("/reports/dsr", asked)


def _compared(found: Overview, says: Says) -> str:
    """The change against as many months before, in words."""
    before, now = found.before, found.total.investigations
    if before is None or not before.investigations:
        return ""
    change = (now - before.investigations) / before.investigations
    period = _period_words(found.span.before, says)
    count = says.number(before.investigations)
    if change == 0:
        return says._(N_("As many as in {period}")).format(period=period)
    words = N_("{share} more than in {period} ({count})")
    if change < 0:
        words = N_("{share} fewer than in {period} ({count})")
    return says._(words).format(share=says.percent(abs(change)), period=period, count=count)


def _figure(found: Overview, says: Says, today: date) -> dict[str, Any] | None:
    sums = [(month, methods) for month, methods in found.months.items() if month <= today]
    drawn = [_column(month, methods, says) for month, methods in sums]
    if not any(one.lower + one.upper for one in drawn) or len(drawn) < 2:
        return None
    best = max(range(len(drawn)), key=lambda place: drawn[place].lower + drawn[place].upper)
    headline = says._(N_("Most used in {month}: {count} uses")).format(
        month=_month(sums[best][0], says),
        count=says.number(drawn[best].lower + drawn[best].upper),
    )
    return {
        "headline": headline,
        "svg": columns(drawn, says, headline),
        "lines": _lines(sums, says),
    }


def _column(month: date, methods: Any, says: Says) -> Column:
    people = methods[Method.REGULAR].investigations
    programs = methods[Method.MACHINE].investigations
    return Column(
        name=f"{says.month(month.month, 'abbreviated')} {month.year % 100:02d}",
        said=says._(N_("{month}: people {people}, programs {programs}")).format(
            month=_month(month, says), people=says.number(people), programs=says.number(programs)
        ),
        lower=people,
        upper=programs,
    )


def _lines(sums: Sequence[tuple[date, Any]], says: Says) -> list[dict[str, Any]]:
    lines = []
    for month, methods in reversed(sums):
        people, programs = methods[Method.REGULAR], methods[Method.MACHINE]
        lines.append({"month": _month(month, says), "people": people, "programs": programs})
    return lines


def _apart(found: Overview, says: Says) -> list[dict[str, Any]]:
    """The tables beside one another: a value in words, its count, its share."""
    words: dict[str, Callable[[str], str]] = {
        "channel": lambda value: says._(CHANNELS[Channel(value)]),
        "format": lambda value: value.upper() if value else says._(N_("As a page, or not said")),
        "referrer": lambda value: says._(REFERRERS[Referrer(value)]),
        "region": lambda value: says._(REGIONS[Region(value)]),
        "version": lambda value: _version(value, says),
    }
    tables = []
    for name, one in found.apart.items():
        if not one.is_told or not one.parts or _is_plain(name, one):
            continue
        tables.append(
            {
                "id": name,
                "head": says._(HEADS[name]),
                "rows": [
                    {"words": words[name](value), "count": count, "share": count / _whole(one)}
                    for value, count in one.parts[:12]
                ],
                "rest": one.rest + sum(count for _, count in one.parts[12:]),
            }
        )
    return tables


def _version(number: str, says: Says) -> str:
    """Access logs of before do not say which version an address without one gave."""
    if number == "0":
        return says._(N_("The newest of its time"))
    return says._(N_("Version {number}")).format(number=number)


def _is_plain(name: str, one: Apart[str]) -> bool:
    """One version alone says nothing."""
    return name == "version" and len(one.parts) < 2 and not one.rest


def _whole(one: Apart[str]) -> int:
    return sum(count for _, count in one.parts) + one.rest


def _datasets(work: Work, found: Overview, says: Says) -> list[dict[str, Any]]:
    if found.dataset:
        return []
    sums: dict[Any, Sum] = dict(found.datasets[:SHOWN])
    return [
        {
            "title": says.text(one.dataset.title),
            "tongue": says.tongue(one.dataset.title),
            "href": f"/datasets/{quote(one.dataset.id, safe='')}/usage",
            "publisher": one.publisher.name,
            "sum": sums[one.dataset.id],
        }
        for one in catalogue.of_ids(work, tuple(sums))
    ]


def _publishers(work: Work, found: Overview) -> list[dict[str, Any]]:
    sums = dict(found.publishers)
    listed = [
        {
            "id": one.id,
            "name": one.name,
            "href": f"/publishers/{quote(one.id, safe='')}/usage",
            "sum": sums.get(one.id, Sum()),
        }
        for one in catalogue.all_publishers(work)
        if one.id in sums
    ]
    return sorted(listed, key=lambda one: -one["sum"].investigations)

"""Works as a calendar to subscribe to: an event for each phase.

References
----------
RFC 5545 (iCalendar): 3.1 content lines and folding, 3.3.11 text, 3.6.1 VEVENT, 3.8.5.3 RRULE.
RFC 7986: NAME, REFRESH-INTERVAL, COLOR. Times are in UTC but for what recurs, which is told by the
city's clock with the zone's own definition (3.6.5).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from citycommons.core.works import Phase, Works, WorksState
from citycommons.share.works.calendar import (
    days,
    is_unbroken,
    is_whole_days,
    whole,
    window,
)
from citycommons.share.works.edition import Edition, lines, said

MEDIA = "text/calendar"
_FOLD = 75  # octets of a content line, its end not counted
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_STATUS = {
    WorksState.PERMITTED: "CONFIRMED",
    WorksState.ACTIVE: "CONFIRMED",
    WorksState.CLOSED: "CONFIRMED",
    WorksState.CANCELLED: "CANCELLED",
}


def written(works: Sequence[Works], edition: Edition, title: str) -> bytes:
    """The calendar; what people wrote can open no line of its own."""
    return "".join(_folded(line) + "\r\n" for line in _calendar(works, edition, title)).encode()


def _calendar(works: Sequence[Works], edition: Edition, title: str) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//City Commons//Road works//EN"
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    yield f"NAME:{_text(title)}"
    yield f"X-WR-CALNAME:{_text(title)}"
    yield "REFRESH-INTERVAL;VALUE=DURATION:PT1H"
    yield from _zone(works, edition)
    for one in works:
        for number, phase in enumerate(one.phases):
            yield from _event(one, phase, number, edition)
    yield "END:VCALENDAR"


def _event(one: Works, phase: Phase, number: int, edition: Edition) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(f'{one.id}.{number}')}@{_host(edition)}"
    yield f"DTSTAMP:{_utc(edition.made)}"
    yield f"CREATED:{_utc(one.created)}"
    yield f"LAST-MODIFIED:{_utc(one.updated)}"
    yield f"SEQUENCE:{one.revision}"
    yield from _times(phase, edition)
    name = f" ({phase.name})" if phase.name else ""
    yield f"SUMMARY:{_text(said(one.title, edition.language) + name)}"
    if told := _told(one, edition):
        yield f"DESCRIPTION:{_text(told)}"
    yield f"LOCATION:{_text(', '.join(one.streets))}"
    if drawn := lines(one):
        lon, lat = drawn[0][len(drawn[0]) // 2]
        yield f"GEO:{lat:.6f};{lon:.6f}"
    yield f"STATUS:{_STATUS.get(one.state, 'TENTATIVE')}"
    yield "TRANSP:TRANSPARENT"
    yield f"CATEGORIES:{_text(', '.join(sorted({m.effect.value for m in phase.measures})))}"
    yield f"URL:{_plain(edition.page(one))}"
    yield "END:VEVENT"


def _times(phase: Phase, edition: Edition) -> Iterator[str]:
    if is_whole_days(phase):
        first = next(days(phase), phase.first_day)
        yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
        if is_unbroken(phase):
            yield f"DTEND;VALUE=DATE:{phase.last_day + timedelta(days=1):%Y%m%d}"
            return
        yield f"DTEND;VALUE=DATE:{first + timedelta(days=1):%Y%m%d}"
        yield f"RRULE:FREQ=WEEKLY;BYDAY={_week(phase)};UNTIL={phase.last_day:%Y%m%d}"
        return
    first = next(days(phase), phase.first_day)
    begins, ends = window(phase, first, edition.zone)
    zone = edition.zone.key
    yield f"DTSTART;TZID={zone}:{begins:%Y%m%dT%H%M%S}"
    yield f"DTEND;TZID={zone}:{ends:%Y%m%dT%H%M%S}"
    if phase.first_day != phase.last_day:
        last = whole(phase, edition.zone)[1]
        yield f"RRULE:FREQ=WEEKLY;BYDAY={_week(phase)};UNTIL={_utc(last)}"


def _week(phase: Phase) -> str:
    return ",".join(_DAYS[day] for day in sorted(phase.weekdays))


def _zone(works: Sequence[Works], edition: Edition) -> Iterator[str]:
    """The zone's changes of the clock over the years that the works touch."""
    timed = [p for one in works for p in one.phases if not is_whole_days(p)]
    if not timed:
        return
    first = min(phase.first_day for phase in timed).year
    last = max(phase.last_day for phase in timed).year
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{edition.zone.key}"
    before = datetime(first - 1, 12, 31, tzinfo=UTC)
    yield from _observance(before, edition.zone, before.astimezone(edition.zone).utcoffset())
    for moment in _changes(edition.zone, first, min(last, first + 10) + 1):
        earlier = (moment - timedelta(hours=1)).astimezone(edition.zone)
        yield from _observance(moment, edition.zone, earlier.utcoffset())
    yield "END:VTIMEZONE"


def _observance(moment: datetime, zone: ZoneInfo, before: timedelta | None) -> Iterator[str]:
    there = moment.astimezone(zone)
    kind = "DAYLIGHT" if there.dst() else "STANDARD"
    start = moment + (before or timedelta())
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{start:%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{_offset(before)}"
    yield f"TZOFFSETTO:{_offset(there.utcoffset())}"
    yield f"TZNAME:{_text(there.tzname() or 'LT')}"
    yield f"END:{kind}"


def _changes(zone: ZoneInfo, first: int, last: int) -> Iterator[datetime]:
    """Hours at which the offset becomes another; offsets change at whole hours of UTC or so."""
    moment, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    while moment < end:
        after = moment + timedelta(days=1)
        if moment.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            hour = moment
            while hour.astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset():
                hour += timedelta(minutes=30)
            yield hour
        moment = after


def _offset(offset: timedelta | None) -> str:
    minutes = int((offset or timedelta()).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def _told(one: Works, edition: Edition) -> str:
    delay = edition.delays.get(one.id)
    parts = (
        said(one.description, edition.language),
        said(one.detour_words, edition.language),
        said(delay.words, edition.language) if delay else "",
        edition.page(one),
    )
    return "\n".join(part for part in parts if part)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _host(edition: Edition) -> str:
    return _plain(edition.url.partition("//")[2].partition("/")[0]) or "citycommons"


def _plain(text: str) -> str:
    """Without signs that could end a line."""
    return _CONTROL.sub("", text.replace("\n", ""))


def _text(text: str) -> str:
    clean = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_ESCAPES.get(sign, sign) for sign in clean)


def _folded(line: str) -> str:
    """No line longer than 75 octets, never cut inside a character (3.1)."""
    parts, part, size = [], "", 0
    for sign in line:
        octets = len(sign.encode("utf-8", "replace"))
        if size + octets > _FOLD:
            parts.append(part)
            part, size = " ", 1
        part, size = part + sign, size + octets
    return "\r\n".join([*parts, part])

"""The automatic chart of a version: chosen by its columns' roles, computed once, cached by digest.

A chart says something in its headline, and that sentence is computed from the data, never written
by hand. Rows that a flag calls doubtful are left out, and the chart says how many they were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from citycommons.core.types import Field, FieldRole, FieldType
from citycommons.share.open import Opened
from citycommons.understand.columns import (
    NUMERIC,
    doubtful,
    measure_column,
    quoted,
    series_columns,
    statistics_of,
    time_column,
)
from citycommons.understand.kept import kept

EDITION = 1  # raised whenever the same version would give another chart
BARS = 8
_MOST_POINTS = 400
_TIMEOUT_S = 60.0
_MANY = 1_000_000
_FEW = 20


class Kind(StrEnum):
    """How a chart is drawn."""

    WEEK = "week"  # 168 hours, Monday 0:00 first, with a band
    LINE = "line"  # over time; `x` is an ISO date
    BARS = "bars"  # at most eight kinds, largest first
    HISTOGRAM = "histogram"  # rows in equal steps; `x` is where a step begins


class Said(StrEnum):
    """What a value in a message is, so that each language writes it its own way."""

    NUMBER = "number"
    SHARE = "share"
    HOUR = "hour"
    WEEKDAY = "weekday"
    DATE = "date"
    MONTH = "month"
    YEAR = "year"
    TEXT = "text"
    COLUMN = "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A sentence to translate: its English source and its values, each with what it is."""

    text: str
    values: dict[str, tuple[Said, str | float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value; `low` and `high` hold four of five values behind it."""

    x: str
    y: float
    low: float | None = None
    high: float | None = None
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure's numbers and words, without any drawing."""

    kind: Kind
    headline: Message
    subtitle: Message
    measure: str = ""  # the column; empty where rows are counted
    unit: str = ""
    step: str = ""  # of a line: year, month, day, hour
    points: tuple[Point, ...]
    marked: int | None = None  # the point that the headline speaks of
    rest: float = 0.0  # of bars: what lies in kinds that are not shown
    used: int  # rows behind the figure
    left_out: int = 0  # doubtful or empty rows among those it could have used


def chart(opened: Opened, zone: str = "UTC") -> Chart | None:
    """The version's automatic chart, or None where there is nothing to say.

    Hours and days are those of the time zone that the city lives by.

    The first call computes (about a second for ten million rows), later ones read a small file.
    """
    name = f"chart-{EDITION}-{zone.replace('/', '-')}"
    return kept(opened.lake, opened.version.file, name, Chart, lambda: compute(opened, zone))


def compute(opened: Opened, zone: str = "UTC") -> Chart | None:
    """Choose and compute: a week's profile, a line over time, bars of kinds, or a histogram."""
    version = opened.version
    if version.rows < 2:
        return None
    time, measure = time_column(version), measure_column(version)
    if time is not None and version.rows >= 12:
        over_time = None
        if measure is not None and time.type is FieldType.DATETIME:
            over_time = _week(opened, time, measure, zone)
        if found := over_time or _line(opened, time, measure, zone):
            return found
    return _bars(opened, measure) or (_histogram(opened, measure) if measure else None)


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _ask(opened: Opened, tidy: str, name: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    sql = f", tidy AS ({tidy})\n{_sql(name)}"
    found: list[dict[str, Any]] = opened.query(sql, values, timeout_s=_TIMEOUT_S).to_pylist()
    return found


def _tidy(
    opened: Opened,
    time: Field | None,
    measure: Field | None,
    series: Field | None,
    zone: str = "UTC",
) -> str:
    when = ""
    if time is not None:
        column = quoted(time.name)
        if time.type is FieldType.DATETIME:
            column = f"timezone('{zone}', {column})"  # checked by the settings
        # Filtered by `u`, since turning ten million times into local ones takes seconds.
        when = f"CAST({quoted(time.name)} AS TIMESTAMP) AS u, CAST({column} AS TIMESTAMP) AS t, "
    what = f"CAST({quoted(measure.name)} AS DOUBLE)" if measure else "CAST(1 AS DOUBLE)"
    name = f"CAST({quoted(series.name)} AS VARCHAR)" if series else "''"
    fields = opened.version.fields
    return f"SELECT {when}{what} AS y, {name} AS s, {doubtful(fields)} AS doubtful FROM rows"


def _span(opened: Opened, time: Field) -> tuple[datetime, datetime]:
    found = statistics_of(opened.version)[time.name]
    first, last = (
        datetime.fromisoformat(str(value)).replace(tzinfo=None)
        for value in (found.minimum, found.maximum)
    )
    return first, last


def _utc(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def _window(
    first: datetime, last: datetime, zone: str
) -> tuple[datetime, datetime, dict[str, tuple[Said, str | float]]]:
    """The last full calendar year, where the data reach further; else all of it. Ends in UTC."""
    for year in (last.year, last.year - 1):
        start, end = (datetime.fromisoformat(f"{y:04d}-01-01") for y in (year, year + 1))
        if first <= start and last >= end - timedelta(days=1) and (last - first).days > 400:
            return _utc(start, zone), _utc(end, zone), {"year": (Said.YEAR, year)}
    values: dict[str, tuple[Said, str | float]] = {
        "first": (Said.DATE, first.date().isoformat()),
        "last": (Said.DATE, last.date().isoformat()),
    }
    return first, last + timedelta(seconds=1), values


def _series(
    opened: Opened, time: Field, measure: Field, span: tuple[datetime, datetime], zone: str
) -> tuple[Field | None, str, int]:
    """The largest of the series that are nearly complete and alive: column, name, how many.

    A sensor that always says the same, or eight times what the middle one says, is more likely
    broken than busy.
    """
    for column in series_columns(opened.version):
        found = _ask(opened, _tidy(opened, time, measure, column, zone), "series", span)
        found = [one for one in found if one["s"]]
        if not found or found[0]["n"] < 12:
            continue
        full = [one for one in found if one["n"] >= 0.9 * found[0]["n"]]
        middle = sorted(one["mean"] for one in full)[len(full) // 2]
        alive = [
            one
            for one in full
            if one["spread"] > 0.1 * abs(one["mean"])
            and (len(full) < 8 or one["mean"] <= 8 * abs(middle))
        ]
        best = max(alive or full, key=lambda one: (one["mean"], one["s"]))
        return column, str(best["s"]), int(best["every"])
    return None, "", 1


def _week(opened: Opened, time: Field, measure: Field, zone: str) -> Chart | None:
    first, last = _span(opened, time)
    if (last - first).days < 14:
        return None
    start, end, when = _window(first, last, zone)
    column, name, every = _series(opened, time, measure, (start, end), zone)
    tidy = _tidy(opened, time, measure, column, zone)
    found = _ask(opened, tidy, "week", (start, end, name))
    if len(found) < 160:  # of 168 hours: not hourly, or with holes in the week
        return None
    gaps = _ask(opened, tidy, "left_out", (start, end, name))[0]
    points = tuple(
        Point(
            x=f"{one['day']}-{one['hour']:02d}",
            y=one["y"],
            low=one["low"],
            high=one["high"],
            rows=one["n"],
        )
        for one in found
    )
    high = max(range(len(points)), key=lambda i: points[i].y)
    return Chart(
        kind=Kind.WEEK,
        headline=_week_headline(points, high),
        subtitle=_week_subtitle(measure, name, every, when),
        measure=measure.name,
        unit=measure.unit,
        points=points,
        marked=high,
        used=sum(point.rows for point in points),
        left_out=gaps["doubtful"] + gaps["missing"],
    )


def _moment(point: Point) -> tuple[int, int]:
    day, hour = point.x.split("-")
    return int(day), int(hour)


def _week_headline(points: tuple[Point, ...], high: int) -> Message:
    day, hour = _moment(points[high])
    values: dict[str, tuple[Said, str | float]] = {
        "weekday": (Said.WEEKDAY, day),
        "hour": (Said.HOUR, hour),
    }
    if _has_two_peaks(points):
        return Message(
            text="Two peaks on working days; the highest: {weekday}, {hour}", values=values
        )
    low_day, low_hour = _moment(min(points, key=lambda point: point.y))
    values |= {"low_weekday": (Said.WEEKDAY, low_day), "low_hour": (Said.HOUR, low_hour)}
    return Message(
        text="Highest on {weekday}, {hour}; lowest on {low_weekday}, {low_hour}", values=values
    )


def _has_two_peaks(points: tuple[Point, ...]) -> bool:
    """Whether working days rise in the morning and again in the afternoon, with a dip of 10 %."""
    hours: dict[int, list[float]] = {}
    for point in points:
        day, hour = _moment(point)
        if day < 5:
            hours.setdefault(hour, []).append(point.y)
    mean = {hour: sum(values) / len(values) for hour, values in hours.items()}
    if len(mean) < 24:
        return False
    morning = max(mean[hour] for hour in range(6, 11))
    evening = max(mean[hour] for hour in range(15, 20))
    between = min(mean[hour] for hour in range(9, 16))
    return between < 0.9 * min(morning, evening) and mean[3] < between


# Whole sentences, so that each language can put them its own way.
_WEEKS = {
    (False, False): "{measure} by hour of the week, mean of {first} – {last}",
    (False, True): "{measure} by hour of the week, mean of {year}",
    (True, False): "{measure} by hour of the week at {series} (of {every}), {first} – {last}",
    (True, True): "{measure} by hour of the week at {series} (of {every}), mean of {year}",
}


def _week_subtitle(
    measure: Field, name: str, every: int, when: dict[str, tuple[Said, str | float]]
) -> Message:
    values = {"measure": (Said.COLUMN, measure.name), **when}
    if name:
        values |= {"series": (Said.TEXT, name), "every": (Said.NUMBER, every)}
    return Message(text=_WEEKS[bool(name), "year" in when], values=values)


def _line(opened: Opened, time: Field, measure: Field | None, zone: str) -> Chart | None:
    first, last = _span(opened, time)
    step = _step(first, last, statistics_of(opened.version)[time.name].distinct, time)
    column, name, every = None, "", 1
    end = last + timedelta(days=1)
    if step in ("year", "month") and opened.version.rows > _MANY:
        zone = "UTC"  # an hour more or less in a month, against seconds of waiting
    if measure is not None:
        column, name, every = _series(opened, time, measure, (first, end), zone)
    tidy = _tidy(opened, time, measure, column, zone)
    amount = "avg(y)" if measure else "count(*)"
    found = opened.query(
        f", tidy AS ({tidy}) SELECT date_trunc('{step}', t) AS x, {amount} AS y, count(*) AS n "
        "FROM tidy WHERE t IS NOT NULL AND s = ? AND NOT doubtful AND y IS NOT NULL "
        f"GROUP BY x ORDER BY x LIMIT {_MOST_POINTS * 4}",
        [name],
        timeout_s=_TIMEOUT_S,
    ).to_pylist()
    if not 4 <= len(found) <= _MOST_POINTS:
        return None
    points = tuple(
        Point(x=one["x"].isoformat()[:16], y=float(one["y"]), rows=one["n"]) for one in found
    )
    gaps = _ask(opened, tidy, "left_out", (first, end, name))[0]
    high = max(range(len(points)), key=lambda i: points[i].y)
    said = {"year": Said.YEAR, "month": Said.MONTH}.get(step, Said.DATE)
    when: str | float = int(points[high].x[:4]) if step == "year" else points[high].x[:10]
    return Chart(
        kind=Kind.LINE,
        headline=Message(
            text=_HIGHEST[said is Said.DATE],
            values={"when": (said, when), "value": (Said.NUMBER, points[high].y)},
        ),
        subtitle=_line_subtitle(measure, name, every, step),
        measure=measure.name if measure else "",
        unit=measure.unit if measure else "",
        step=step,
        points=points,
        marked=high,
        used=sum(point.rows for point in points),
        left_out=gaps["doubtful"] + gaps["missing"],
    )


def _step(first: datetime, last: datetime, distinct: int, time: Field) -> str:
    days = (last - first).days
    if distinct <= 60 and days / max(1, distinct - 1) > 300:
        return "year"
    if days > 20 * 365:
        return "year"
    if days > 400 or (distinct <= 400 and days / max(1, distinct - 1) > 25):
        return "month"
    return "hour" if days < 8 and time.type is FieldType.DATETIME else "day"


_HIGHEST = ("Highest in {when}: {value}", "Highest on {when}: {value}")
_STEPS = {
    "year": ("{measure}, mean of each year", "Rows in each year"),
    "month": ("{measure}, mean of each month", "Rows in each month"),
    "day": ("{measure}, mean of each day", "Rows on each day"),
    "hour": ("{measure}, mean of each hour", "Rows in each hour"),
}
_STEPS_OF = {
    "year": "{measure} at {series} (of {every}), mean of each year",
    "month": "{measure} at {series} (of {every}), mean of each month",
    "day": "{measure} at {series} (of {every}), mean of each day",
    "hour": "{measure} at {series} (of {every}), mean of each hour",
}


def _line_subtitle(measure: Field | None, name: str, every: int, step: str) -> Message:
    if measure is None:
        return Message(text=_STEPS[step][1], values={})
    values: dict[str, tuple[Said, str | float]] = {"measure": (Said.COLUMN, measure.name)}
    if not name:
        return Message(text=_STEPS[step][0], values=values)
    values |= {"series": (Said.TEXT, name), "every": (Said.NUMBER, every)}
    return Message(text=_STEPS_OF[step], values=values)


def _bars(opened: Opened, measure: Field | None) -> Chart | None:
    version, known = opened.version, statistics_of(opened.version)
    for column in series_columns(version, most=max(60, BARS)):
        is_name = known[column.name].distinct >= 0.9 * version.rows
        if column.role is FieldRole.TEXT and not is_name and known[column.name].distinct > 40:
            continue
        if is_name and measure is None:
            continue
        if not is_name and version.rows < _FEW:
            continue  # the rows themselves are read as quickly
        found = _ask(opened, _tidy(opened, None, measure if is_name else None, column), "bars")
        found = [one for one in found if one["y"] is not None]
        found.sort(key=lambda one: (-one["y"], one["s"]))
        if len(found) < 2 or found[0]["y"] <= 0 or found[-1]["y"] < 0:
            continue
        return _as_bars(found, column, measure if is_name else None, version.rows)
    return None


def _as_bars(found: list[dict[str, Any]], column: Field, measure: Field | None, rows: int) -> Chart:
    shown = found[:BARS]
    total = float(sum(one["y"] for one in found))
    used = sum(one["n"] for one in found)
    values: dict[str, tuple[Said, str | float]] = {
        "name": (Said.TEXT, shown[0]["s"]),
        "value": (Said.NUMBER, shown[0]["y"]),
        "share": (Said.SHARE, shown[0]["y"] / total),
    }
    if measure is None:
        headline = Message(text="{name} is the most frequent: {share} of all", values=values)
        subtitle = Message(text="Rows by {column}", values={"column": (Said.COLUMN, column.name)})
    else:
        values |= {
            "second": (Said.TEXT, shown[1]["s"]),
            "second_value": (Said.NUMBER, shown[1]["y"]),
        }
        text = "{name} leads with {value}; {second} follows with {second_value}"
        headline = Message(text=text, values=values)
        subtitle = Message(
            text="{measure} by {column}",
            values={
                "measure": (Said.COLUMN, measure.name),
                "column": (Said.COLUMN, column.name),
            },
        )
    return Chart(
        kind=Kind.BARS,
        headline=headline,
        subtitle=subtitle,
        measure=measure.name if measure else "",
        unit=measure.unit if measure else "",
        points=tuple(Point(x=str(one["s"]), y=float(one["y"]), rows=one["n"]) for one in shown),
        marked=0,
        rest=float(sum(one["y"] for one in found[BARS:])) if measure is None else 0.0,
        used=used,
        left_out=rows - used,
    )


def _histogram(opened: Opened, measure: Field) -> Chart | None:
    one = statistics_of(opened.version)[measure.name]
    if len(one.histogram) < 2 or measure.type not in NUMERIC:
        return None
    found = _ask(opened, _tidy(opened, None, measure, None), "quartiles")[0]
    if found["low"] is None:
        return None
    width = (one.maximum - one.minimum) / len(one.histogram)
    values: dict[str, tuple[Said, str | float]] = {
        "low": (Said.NUMBER, found["low"]),
        "high": (Said.NUMBER, found["high"]),
    }
    return Chart(
        kind=Kind.HISTOGRAM,
        headline=Message(text="Half of all values lie between {low} and {high}", values=values),
        subtitle=Message(
            text="{measure}: how many rows hold which value",
            values={"measure": (Said.COLUMN, measure.name)},
        ),
        measure=measure.name,
        unit=measure.unit,
        points=tuple(
            Point(x=repr(one.minimum + i * width), y=float(n), rows=n)
            for i, n in enumerate(one.histogram)
        ),
        used=found["n"],
        left_out=one.nulls + found["doubtful"],
    )


def as_date(x: str) -> date:
    """The day of a line's point."""
    return date.fromisoformat(x[:10])

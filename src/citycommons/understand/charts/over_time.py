"""Charts over time: a week's profile with its band, or a line of years, months, days or hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from citycommons.core.types import Field, FieldType
from citycommons.share.open import Opened
from citycommons.understand.charts.ask import TIMEOUT_S, ask, says_nothing, tidy_sql
from citycommons.understand.charts.parts import Chart, Kind, Message, Point, Said
from citycommons.understand.columns import series_beside, statistics_of

_MOST_POINTS = 400
_MANY = 1_000_000
_YEARS = 4  # of events, beyond which each year is one point
_DENSE = 0.6  # share of steps with a value, above which values are a series


def _span(opened: Opened, time: Field) -> tuple[datetime, datetime]:
    found = statistics_of(opened.version)[time.name]
    first, last = (
        datetime.fromisoformat(str(value)).replace(tzinfo=None)
        for value in (found.minimum, found.maximum)
    )
    return first, last


def _utc(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _bounds(time: Field, first: datetime, end: datetime) -> tuple[datetime, datetime]:
    if time.type is FieldType.DATETIME:
        return _utc(first, "UTC"), _utc(end, "UTC")
    return first, end


def _window(
    first: datetime, last: datetime, zone: str
) -> tuple[datetime, datetime, dict[str, tuple[Said, str | float]]]:
    """The last full calendar year, where the data reach further; else all of it."""
    for year in (last.year, last.year - 1):
        start, end = (datetime.fromisoformat(f"{y:04d}-01-01") for y in (year, year + 1))
        if first <= start and last >= end - timedelta(days=1) and (last - first).days > 400:
            return _utc(start, zone), _utc(end, zone), {"year": (Said.YEAR, year)}
    values: dict[str, tuple[Said, str | float]] = {
        "first": (Said.DATE, first.date().isoformat()),
        "last": (Said.DATE, last.date().isoformat()),
    }
    return _utc(first, "UTC"), _utc(last + timedelta(seconds=1), "UTC"), values


def _series(
    opened: Opened, time: Field, measure: Field, span: tuple[datetime, datetime], zone: str
) -> tuple[Field | None, str, int]:
    """The largest of the series that are nearly complete and alive: column, name, how many.

    A sensor that always says the same, or eight times what the middle one says, is more likely
    broken than busy.
    """
    for column in series_beside(opened.version, time):
        found = ask(opened, tidy_sql(opened, time, measure, column, zone), "series", span)
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


def week(opened: Opened, time: Field, measure: Field, zone: str) -> Chart | None:
    first, last = _span(opened, time)
    if (last - first).days < 14:
        return None
    start, end, when = _window(first, last, zone)
    column, name, every = _series(opened, time, measure, (start, end), zone)
    tidy = tidy_sql(opened, time, measure, column, zone)
    found = ask(opened, tidy, "week", (start, end, name))
    if len(found) < 160:  # of 168 hours: not hourly, or with holes in the week
        return None
    gaps = ask(opened, tidy, "left_out", (start, end, name))[0]
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


def line(opened: Opened, time: Field, measure: Field | None, zone: str) -> Chart | None:
    first, last = _span(opened, time)
    step = _step(first, last, statistics_of(opened.version)[time.name].distinct, time)
    if measure is None and (last - first).days > _YEARS * 365:
        step = "year"
    column, name, every = None, "", 1
    bounds = _bounds(time, first, last + timedelta(days=1))
    if step in ("year", "month") and opened.version.rows > _MANY:
        zone = "UTC"  # an hour more or less in a month, against seconds of waiting
    if measure is not None:
        column, name, every = _series(opened, time, measure, bounds, zone)
    tidy = tidy_sql(opened, time, measure, column, zone)
    amount = "avg(y)" if measure else "count(*)"
    found = opened.query(
        f", tidy AS ({tidy}) SELECT date_trunc('{step}', t) AS x, {amount} AS y, count(*) AS n "
        "FROM tidy WHERE t IS NOT NULL AND s = ? AND NOT doubtful AND y IS NOT NULL "
        f"GROUP BY x ORDER BY x LIMIT {_MOST_POINTS * 4}",
        [name],
        timeout_s=TIMEOUT_S,
    ).to_pylist()
    if not 4 <= len(found) <= _MOST_POINTS:
        return None
    times = statistics_of(opened.version)[time.name].distinct
    is_sparse = len(found) < _DENSE * _buckets(first, last, step) and times > 1.3 * len(found)
    if measure is not None and is_sparse:
        return line(opened, time, None, zone)  # events, now and then: when they happened
    if measure is None and says_nothing([one["y"] for one in found]):
        return None
    points = tuple(
        Point(x=one["x"].isoformat()[:16], y=float(one["y"]), rows=one["n"]) for one in found
    )
    gaps = ask(opened, tidy, "left_out", (*bounds, name))[0]
    high = max(range(len(points)), key=lambda i: points[i].y)
    said = {"year": Said.YEAR, "month": Said.MONTH}.get(step, Said.DATE)
    when: str | float = int(points[high].x[:4]) if step == "year" else points[high].x[:10]
    return Chart(
        kind=Kind.LINE,
        headline=Message(
            text=_HIGHEST[measure is not None, said is Said.DATE],
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


def _buckets(first: datetime, last: datetime, step: str) -> float:
    """How many steps lie between the first and the last."""
    hours = (last - first).total_seconds() / 3600
    return hours / {"year": 8766, "month": 730.5, "day": 24, "hour": 1}[step] + 1


def _step(first: datetime, last: datetime, distinct: int, time: Field) -> str:
    days = (last - first).days
    if distinct <= 60 and days / max(1, distinct - 1) > 300:
        return "year"
    if days > 20 * 365:
        return "year"
    if days > 400 or (distinct <= 400 and days / max(1, distinct - 1) > 25):
        return "month"
    return "hour" if days < 8 and time.type is FieldType.DATETIME else "day"


_HIGHEST = {
    (True, False): "Highest in {when}: {value}",
    (True, True): "Highest on {when}: {value}",
    (False, False): "Most in {when}: {value}",
    (False, True): "Most on {when}: {value}",
}
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

"""OData's literals: numbers, texts, moments, spans, durations and places (OData 4.01 ABNF)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import shapely

from citycommons.share.expressions.tree import Expression, Interval, Literal, Shape

_DURATION = re.compile(
    r"(-)?P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; stands only beside a moment that is known while reading."""

    value: timedelta


def value_of(kind: str, text: str) -> Expression | Duration:
    """The value of a token of this kind.

    Raises `ValueError`, `OverflowError` or a `ShapelyError` for what is none.
    """
    match kind:
        case "number":
            return _number(text)
        case "text":
            return Literal(text[1:-1].replace("''", "'"))
        case "span":
            start, _, end = text.partition("/")
            return Interval(Literal(_moment(start)), Literal(_moment(end)))
        case "clock":
            return Literal(time.fromisoformat(text))
        case "moment":
            return Literal(_moment(text))
    typed, _, rest = text.partition("'")
    return _typed(typed, rest[:-1].replace("''", "'"))


def _number(text: str) -> Literal:
    if text.isdecimal():
        number = int(text)
        return Literal(number if number < 2**63 else float(number))
    return Literal(float(text))


def _moment(text: str) -> date | datetime:
    if len(text) == 10:
        return date.fromisoformat(text)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _typed(kind: str, text: str) -> Expression | Duration:
    if kind in ("geography", "geometry"):
        return _shape(text)
    if kind == "duration":
        return Duration(_duration(text))
    if kind == "time":
        return Literal(time.fromisoformat(text))
    return Literal(_moment(text))


def _shape(text: str) -> Shape:
    # With or without the reference system in front: SRID=4326;POINT(7.6 51.9).
    start, mark, rest = text.partition(";")
    if mark and start.upper() not in ("SRID=4326", "SRID=0"):
        raise ValueError(text)
    shape = shapely.from_wkt(rest if mark else text)
    if shape is None or shape.is_empty:
        raise ValueError(text)
    return Shape(shapely.to_wkb(shape))


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise ValueError(text)
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] else length

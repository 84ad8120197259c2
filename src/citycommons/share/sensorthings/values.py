"""Conditions worked out on entities in memory, with the meaning that SQL gives them.

What is compared with nothing is neither true nor false (`None`). A path through a set of many is
bound to one entity after the other: `Datastreams/name eq 'a'` holds of a Thing if it does of any.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.errors import Invalid
from citycommons.share.expressions.tree import Call, Column, Expression, Interval, Literal, Shape

Get = Callable[[str], Any]
"""The value of a path."""


class Period(NamedTuple):
    """A span of time, both ends included."""

    start: datetime
    end: datetime


def value_of(one: Expression, get: Get) -> Any:
    """The expression's value where `get` knows the paths.

    Raises `Invalid` for kinds of values that do not go together.
    """
    match one:
        case Column(name):
            return get(name)
        case Literal(value):
            return value
        case Shape(wkb):
            return shapely.from_wkb(wkb)
        case Interval(start, end):
            return Period(_moment(value_of(start, get)), _moment(value_of(end, get)))
        case Call("and" | "or" as word, arguments):
            return _joined(word, (value_of(part, get) for part in arguments))
        case Call("not", (inner,)):
            found = value_of(inner, get)
            return None if found is None else not _flag(found)
        case Call("is_null", (inner,)):
            return value_of(inner, get) is None
        case Call("concat", arguments):
            return "".join(_text(value) for part in arguments if (value := value_of(part, get)))
        case Call(function, arguments):
            given = [value_of(part, get) for part in arguments]
            return _called(function, given)
    raise AssertionError(one)  # pragma: no cover


def _joined(word: str, values: Iterator[Any]) -> bool | None:
    decides, is_unknown = word == "or", False
    for value in values:
        if value is None:
            is_unknown = True
        elif _flag(value) is decides:
            return decides
    return None if is_unknown else not decides


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(f"“{str(value)[:40]}” is neither true nor false; compare it with something.")
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _called(function: str, given: list[Any]) -> Any:
    if function == "in":
        return _among(given)
    if any(value is None for value in given):
        return None
    if function in _COMPARISONS:
        return _compared(function, given[0], given[1])
    if function in _TEMPORAL:
        return _TEMPORAL[function](_period(given[0]), _period(given[1]))
    if function not in _CALLS:
        raise Invalid(f"“{function}” cannot be asked of an entity.")
    kind, work = _CALLS[function]
    for value in given:
        if not isinstance(value, kind) or (isinstance(value, bool) and bool not in _kinds(kind)):
            shown = str(value)[:40]
            raise Invalid(f"“{function}” cannot work with “{shown}”.", function=function)
    try:
        return plain(work(*given))
    except (ArithmeticError, ValueError, re.error, shapely.errors.ShapelyError) as cause:
        raise Invalid(f"“{function}”: {str(cause)[:80]}", function=function) from cause


def _kinds(kind: Any) -> tuple[type, ...]:
    return kind if isinstance(kind, tuple) else (kind,)


def _among(given: list[Any]) -> bool | None:
    if given[0] is None:
        return None
    found = [_called("eq", [given[0], other]) for other in given[1:]]
    return True if True in found else (None if None in found else False)


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")
}


def _compared(sign: str, one: Any, other: Any) -> bool:
    if isinstance(one, Period) or isinstance(other, Period):
        return _spans_compared(sign, _period(one), _period(other))
    left, right = _alike(one, other)
    return bool(_COMPARISONS[sign](left, right))


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    if isinstance(one, date) or isinstance(other, date):
        if type(one) is type(other) and not isinstance(one, datetime):
            return one, other
        return _moment(one), _moment(other)
    numbers = (int, float)
    if isinstance(one, bool) is isinstance(other, bool):
        is_numeric = isinstance(one, numbers) and isinstance(other, numbers)
        if is_numeric or type(one) is type(other):
            if isinstance(one, dict | list):
                raise Invalid("Something made of parts cannot be compared; name one of its parts.")
            return one, other
    if isinstance(one, str) and isinstance(other, numbers):
        return one, _text(other)  # an id may be written as a number
    if isinstance(other, str) and isinstance(one, numbers):
        return _text(one), other
    raise Invalid(f"“{str(one)[:40]}” and “{str(other)[:40]}” cannot be compared.")


def _spans_compared(sign: str, one: Period, other: Period) -> bool:
    match sign:
        case "lt":
            return one.end < other.start or (one.end == other.start != one.start)
        case "gt":
            return one.start > other.end or (one.start == other.end != one.end)
        case "le":
            return one.start <= other.start and one.end <= other.end
        case "ge":
            return one.start >= other.start and one.end >= other.end
    return (one == other) is (sign == "eq")


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, str):
        try:
            return _moment(datetime.fromisoformat(value))
        except ValueError:
            pass
    raise Invalid(f"“{str(value)[:40]}” is no moment, such as 2026-03-31T08:00:00Z.")


def _period(value: Any) -> Period:
    if isinstance(value, Period):
        return value
    moment = _moment(value)
    return Period(moment, moment)


_TEMPORAL: dict[str, Callable[[Period, Period], bool]] = {
    "t_before": lambda a, b: a.end < b.start,
    "t_after": lambda a, b: a.start > b.end,
    "t_meets": lambda a, b: a.end == b.start,
    "t_during": lambda a, b: a.start > b.start and a.end < b.end,
    "t_intersects": lambda a, b: a.start <= b.end and a.end >= b.start,
    "t_starts": lambda a, b: a.start == b.start and a.end < b.end,
    "t_finishes": lambda a, b: a.start > b.start and a.end == b.end,
}


def _substring(text: str, start: Any, length: int | None = None) -> str:
    if not isinstance(start, int) or start < 0 or (length is not None and length < 0):
        raise ValueError("it counts signs from 0")
    return text[start:] if length is None else text[start : start + length]


def _divided(one: float, other: float) -> float | None:
    return one / other if other else None


def _rounded(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)  # halves away from zero, as SQL


def _of_clock(name: str) -> Callable[[Any], Any]:
    return lambda value: getattr(_start(value), name)


def _start(value: Any) -> Any:
    return value.start if isinstance(value, Period) else value


_SHAPE = shapely.Geometry
_NUMBER = (int, float)
_WHEN = (date, time, Period)
_CALLS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "contains": (str, operator.contains),
    "starts_with": (str, str.startswith),
    "ends_with": (str, str.endswith),
    "matches": (str, lambda text, pattern: _matches(text, pattern)),
    "length": (str, len),
    "index_of": (str, str.find),
    "substring": ((str, int), _substring),
    "substring_of": ((str, int), _substring),
    "lower": (str, str.lower),
    "upper": (str, str.upper),
    "trim": (str, str.strip),
    "add": (_NUMBER, operator.add),
    "sub": (_NUMBER, operator.sub),
    "mul": (_NUMBER, operator.mul),
    "div": (_NUMBER, _divided),
    "mod": (_NUMBER, lambda a, b: math.fmod(a, b) if b else None),
    "neg": (_NUMBER, operator.neg),
    "round": (_NUMBER, _rounded),
    "floor": (_NUMBER, math.floor),
    "ceiling": (_NUMBER, math.ceil),
    **{name: (_WHEN, _of_clock(name)) for name in ("year", "month", "day")},
    **{name: (_WHEN, _of_clock(name)) for name in ("hour", "minute", "second")},
    "fractional_second": (_WHEN, lambda value: _start(value).microsecond / 1e6),
    "date": (_WHEN, lambda value: _start(value).date()),
    "time": (_WHEN, lambda value: _start(value).time()),
    "distance_deg": (_SHAPE, lambda a, b: float(shapely.distance(a, b))),
    "length_deg": (_SHAPE, lambda a: float(shapely.length(a))),
    "s_intersects": (_SHAPE, shapely.intersects),
    "s_disjoint": (_SHAPE, shapely.disjoint),
    "s_contains": (_SHAPE, shapely.contains),
    "s_within": (_SHAPE, shapely.within),
    "s_touches": (_SHAPE, shapely.touches),
    "s_crosses": (_SHAPE, shapely.crosses),
    "s_overlaps": (_SHAPE, shapely.overlaps),
    "s_equals": (_SHAPE, shapely.equals),
    "s_relate": ((_SHAPE, str), lambda a, b, mask: shapely.relate_pattern(a, b, mask)),
}


def _matches(text: str, pattern: str) -> bool:
    # RE2 answers in linear time whatever the pattern; Python's own can be made to run for ever.
    return bool(pc.match_substring_regex(pa.array([text]), pattern)[0].as_py())


def plain(value: Any) -> Any:
    """Numpy's own flags and numbers as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def sort_key(value: Any, descending: bool) -> tuple[Any, ...]:
    """By this, values of one kind sort; nothing comes last either way."""
    if value is None:
        return (2,)
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, int | float):
        rank: Any = value
    elif isinstance(value, date):
        rank = _moment(value).timestamp()
    elif isinstance(value, tuple):
        rank = value[0].timestamp()
    else:
        text = value if isinstance(value, str) else str(value)
        return (1, _Turned(text) if descending else text)
    return (0, -rank if descending else rank)


class _Turned:
    """A text that sorts the other way round."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: "_Turned") -> bool:
        return other.text < self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Turned) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

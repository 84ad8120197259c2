"""Conditions on observations: what concerns their datastream is worked out once for each station,
and what is left concerns the row and becomes a filter of `share.rows`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Interval,
    Literal,
    Sorted,
    all_of,
    call,
    columns_of,
)
from citycommons.share.sensorthings.entities import Entity, Model
from citycommons.share.sensorthings.paths import gets_from
from citycommons.share.sensorthings.series import Series, statistics_of
from citycommons.share.sensorthings.stations import among, is_day, joined, key_of
from citycommons.share.sensorthings.values import sort_key, value_of

TRUE, FALSE, NOTHING = Literal(True), Literal(False), Literal(None)
_ROOTS = ("Datastream", "FeatureOfInterest")
_IDS = ("id", "@iot.id")
TIMES = ("phenomenonTime", "resultTime")
"""Both are the row's time: nothing says when a result came about, if not when it was so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Observations of one measured column, at some stations or at all (`None`)."""

    model: Model
    measure: int
    stations: tuple[int, ...] | None = None

    @property
    def places(self) -> tuple[int, ...]:
        """Stations by number, those that have any observation."""
        every = range(len(self.model.stations)) if self.stations is None else self.stations
        return tuple(at for at in every if self.model.streams[at][self.measure])

    @property
    def known(self) -> int:
        """How many observations there are, from kept counts."""
        if self.stations is None:
            return self.model.counts[self.measure]
        spans = (self.model.stations[at].spans[self.measure] for at in self.stations)
        return sum(span.count for span in spans if span)

    @property
    def series(self) -> Series:
        return self.model.series

    @property
    def column(self) -> str:
        return self.series.measures[self.measure].name


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The rows of one measured column that are asked for."""

    chosen: Chosen
    filter: Expression | None  # beside the stations and that there is a value
    count: int | None  # None: only counting tells

    @property
    def where(self) -> Expression | None:
        """The whole condition."""
        chosen = self.chosen
        keys = [chosen.model.stations[at].key for at in chosen.places]
        near = among(chosen.series, keys, len(chosen.model.stations))
        parts = [near, *_has_value(chosen), self.filter]
        return all_of(*(part for part in parts if part is not None))


def _has_value(chosen: Chosen) -> list[Expression]:
    told = statistics_of(chosen.series.version)
    return [
        call("not", call("is_null", Column(name)))
        for name in (chosen.column, chosen.series.time.name)
        if name not in told or told[name].nulls
    ]


def asked(chosen: Chosen, condition: Expression | None) -> Asked | None:
    """The rows of these that the condition holds of; None if it can hold of none."""
    if not chosen.places:
        return None
    if condition is None:
        return Asked(chosen=chosen, filter=None, count=chosen.known)
    groups: dict[Expression, list[int]] = {}
    if not any(_is_of_stream(path) for path in columns_of(condition)):
        groups[reduced(condition, chosen, chosen.places[0])] = list(chosen.places)
    else:
        for at in chosen.places:
            groups.setdefault(reduced(condition, chosen, at), []).append(at)
    groups.pop(FALSE, None)
    groups.pop(NOTHING, None)
    if not groups:
        return None
    stations = tuple(sorted(at for found in groups.values() for at in found))
    narrow = Chosen(model=chosen.model, measure=chosen.measure, stations=stations)
    if len(groups) == 1:
        left = next(iter(groups))
        if left == TRUE:
            return Asked(chosen=narrow, filter=None, count=narrow.known)
        return Asked(chosen=narrow, filter=left, count=None)
    return Asked(chosen=narrow, filter=_any_of(groups, narrow), count=None)


def _any_of(groups: dict[Expression, list[int]], chosen: Chosen) -> Expression:
    model = chosen.model
    found = []
    for left, places in groups.items():
        keys = [model.stations[at].key for at in places]
        near = among(model.series, keys, len(model.stations))
        found.append(all_of(*(p for p in (near, left) if p is not None and p != TRUE)) or TRUE)
    return call("or", *found)


def _is_of_stream(path: str) -> bool:
    return path in _IDS or path.partition("/")[0] in _ROOTS


def roots(model: Model, at: int, measure: int) -> dict[str, Entity | None]:
    """Where paths from an observation begin."""
    return {"Datastream": model.streams[at][measure], "FeatureOfInterest": model.features[at]}


def reduced(condition: Expression, chosen: Chosen, at: int) -> Expression:
    """What is left of the condition for the rows of one station; `TRUE` or `FALSE` if nothing."""
    paths = [path for path in columns_of(condition) if path.partition("/")[0] in _ROOTS]
    for path in columns_of(condition):
        if "Observations" in path.split("/")[:-1]:
            raise Invalid(f"“{path}”: a filter cannot lead through Observations here.")
    found: dict[Expression, None] = {}
    for get in gets_from(roots(chosen.model, at, chosen.measure), paths):
        found[_Reducer(chosen, at, get).condition(condition)] = None
    return _joined("or", found)


def _joined(word: str, parts: Iterable[Expression]) -> Expression:
    decides, neutral = (TRUE, FALSE) if word == "or" else (FALSE, TRUE)
    left = [part for part in parts if part != neutral]
    if decides in left:
        return decides
    if not left:
        return neutral
    return left[0] if len(left) == 1 else Call(word, tuple(left))


class _Reducer:
    def __init__(self, chosen: Chosen, at: int, get: Callable[[str], Any]) -> None:
        self._chosen, self._at, self._get = chosen, at, get

    def condition(self, one: Expression) -> Expression:
        match one:
            case Call("and" | "or" as word, arguments):
                return _joined(word, [self.condition(part) for part in arguments])
            case Call("not", (inner,)):
                left = self.condition(inner)
                if left in (TRUE, FALSE):
                    return FALSE if left == TRUE else TRUE
                return left if left == NOTHING else call("not", left)
            case Call("eq" | "ne" | "in" as sign, (Column(name), *others)) if name in _IDS:
                return self._of_id(sign, others)
            case Call("eq" | "ne" as sign, (other, Column(name))) if name in _IDS:
                return self._of_id(sign, [other])
        return self.value(one)

    def _of_id(self, sign: str, others: Sequence[Expression]) -> Expression:
        texts = [str(one.value) for one in others if isinstance(one, Literal)]
        if len(texts) < len(others):
            raise Invalid("An id is compared with a text, such as id eq 'a@b@c'.")
        found = [row_of_id(self._chosen, self._at, text) for text in texts]
        whole = _joined("or", [FALSE if one is None else one for one in found])
        if sign != "ne":
            return whole
        if whole in (TRUE, FALSE):
            return FALSE if whole == TRUE else TRUE
        return call("not", whole)

    def value(self, one: Expression) -> Expression:
        """The expression over the row's columns."""
        if all(path.partition("/")[0] in _ROOTS for path in columns_of(one)):
            return one if isinstance(one, Literal | Interval) else self._worked_out(one)
        match one:
            case Column(path):
                return column_of(self._chosen.series, self._chosen.measure, path)
            case Call(function, arguments):
                return Call(function, tuple(self.value(part) for part in arguments))
            case Interval(start, end):
                return Interval(self.value(start), self.value(end))
        return one

    def _worked_out(self, one: Expression) -> Expression:
        value = value_of(one, self._get)
        if value is None or isinstance(value, str | int | float | datetime) or value in (True,):
            return Literal(value)
        if hasattr(value, "start") and hasattr(value, "end"):
            return Interval(Literal(value.start), Literal(value.end))
        if hasattr(value, "isoformat"):
            return Literal(value)
        raise Invalid("A place or an object cannot be compared with what observations have.")


def column_of(series: Series, measure: int, path: str) -> Expression:
    """What a property of an observation is in the rows."""
    head, _, rest = path.partition("/")
    if head == "result" and not rest:
        return Column(series.measures[measure].name)
    if head in TIMES:
        time = Column(series.time.name)
        return call("moment", time) if is_day(series) else time
    if head == "resultQuality":
        return Column(series.flag.name) if series.flag else NOTHING
    if head == "parameters" and rest:
        return Column(rest) if any(f.name == rest for f in series.others) else NOTHING
    if head == "validTime":
        return NOTHING
    raise Invalid(f"“{path}” of observations cannot be compared here.", property=path)


def row_of_id(chosen: Chosen, at: int, id: str) -> Expression | None:
    """The condition that a row of this station has this id; None if none can."""
    stream = chosen.model.streams[at][chosen.measure]
    start, mark, last = id.rpartition("@")
    if stream is None or not mark or start != stream.id:
        return None
    series = chosen.series
    if series.is_keyed:
        try:
            moment = datetime.fromisoformat(last)
        except ValueError:
            return None
        is_aware = moment.tzinfo is not None
        time = column_of(series, chosen.measure, "phenomenonTime")
        return call("eq", time, Literal(moment)) if is_aware else None
    number, _, row = last.partition(".")
    is_here = number == str(series.version.number)
    is_row = row.isascii() and row.isdecimal() and len(row) < 16
    return call("eq", call("row"), Literal(int(row))) if is_here and is_row else None


def order_of(chosen: Chosen, orderby: Sequence[Sorted]) -> tuple[Sorted, ...]:
    """The order over rows; what concerns the station becomes its rank."""
    return tuple(
        Sorted(expression=_rank(chosen, one.expression), descending=one.descending)
        for one in orderby
        if not (isinstance(one.expression, Column) and one.expression.name in _IDS)
        or one.descending
    )


def _rank(chosen: Chosen, one: Expression) -> Expression:
    if isinstance(one, Column) and one.name in _IDS:
        return call("row")
    paths = [path for path in columns_of(one) if path.partition("/")[0] in _ROOTS]
    if not paths:
        return _Reducer(chosen, chosen.places[0], _nothing).value(one)
    if len(paths) < len(columns_of(one)):
        raise Invalid("An order goes by what observations have, or by their datastream, not both.")
    model = chosen.model
    if len(chosen.places) == 1 or not chosen.series.stations:
        return Literal(0)
    keyed = []
    for at in chosen.places:
        get = next(gets_from(roots(model, at, chosen.measure), paths))
        keyed.append((sort_key(value_of(one, get), False), at))
    keyed.sort()
    return call(
        "place_among",
        key_of(chosen.series),
        Literal(joined(model.stations[at].key for _, at in keyed)),
    )


def _nothing(path: str) -> Any:
    raise Invalid(f"“{path}” cannot be used here.")

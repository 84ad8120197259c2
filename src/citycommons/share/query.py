"""A reader's question to one version: filters, order, place, words, groups, page.

As parameters: `limit` `offset` `order=-col,col2` `columns=a,b` `bbox=w,s,e,n` `q=words`
`group=a,day(b)` `aggregate=sum(x),count`; every other name is a filter, `col=value` or
`col__gt|gte|lt|lte|ne|in|contains|isnull=value`. A column that is named like a parameter is asked
for with `name__eq`.
"""

import csv
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from citycommons.core.errors import Invalid
from citycommons.core.types import Bbox, Field, FieldRole, FieldType
from citycommons.share.expressions.sql import is_aggregate
from citycommons.share.expressions.tree import Expression, Named, Sorted
from citycommons.share.expressions.values import Value, typed

PARAMETERS = ("limit", "offset", "order", "columns", "bbox", "q", "group", "aggregate")
MOST_ROWS = 10_000  # on one page; exports have no cap
_INT64 = 2**63


class Comparison(StrEnum):
    """How a filter compares a column with what was given."""

    EQ = "eq"
    NE = "ne"  # an empty cell is not equal to anything
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    CONTAINS = "contains"  # whatever the case and the accents
    ISNULL = "isnull"


class Measure(StrEnum):
    """What is worked out of a group's rows."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"


class Step(StrEnum):
    """Into which spans of time a group cuts a date or time."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One filter."""

    column: str
    comparison: Comparison = Comparison.EQ
    value: Value | tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One column to sort by; empty cells come last either way."""

    column: str  # or the name of an aggregate or a group, as asked for
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Rows with the same value, or within the same step of time, belong together."""

    column: str
    step: Step | None = None

    @property
    def name(self) -> str:
        return f"{self.step}({self.column})" if self.step else self.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One number for each group; `count` without a column counts rows."""

    measure: Measure
    column: str = ""

    @property
    def name(self) -> str:
        return f"{self.measure}({self.column})" if self.column else str(self.measure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What of a version is wanted; the empty query is all of it, in the order of the file."""

    columns: tuple[str, ...] = ()  # empty: all
    where: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    bbox: Bbox | None = None  # west > east crosses the date line
    words: str = ""  # each must occur in some column of text
    group: tuple[Grouping, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    filter: Expression | None = None  # beside `where`: what other languages say
    computed: tuple[Named, ...] = ()  # instead of `columns`; with an aggregate in it, groups
    group_by: tuple[Expression, ...] = ()  # with `computed`
    having: Expression | None = None  # of the groups
    sort: tuple[Sorted, ...] = ()  # after `order`; a name of `computed` is meant before a column
    each: tuple[Expression, ...] = ()  # rows with the same values belong together, and of these
    most_of_each: int = 1  # so many are taken, the first in the order
    limit: int | None = 100  # None: all
    offset: int = 0

    @property
    def is_filtered(self) -> bool:
        is_told = bool(self.where or self.bbox or self.words or self.each)
        return is_told or self.filter is not None

    @property
    def is_grouped(self) -> bool:
        is_summed = any(is_aggregate(one.expression) for one in self.computed)
        return bool(self.group or self.aggregates or self.group_by or is_summed)

    @property
    def is_sorted(self) -> bool:
        return bool(self.order or self.sort)


EVERYTHING = Query(limit=None)


def parse_query(
    params: Mapping[str, str] | Iterable[tuple[str, str]],
    fields: tuple[Field, ...],
    *,
    limit: int | None = 100,
) -> Query:
    """The query that an address's parameters ask for; `limit` holds when none is given.

    With `limit=None`, as exports ask, the parameter may be as large as one likes.
    Raises `Invalid` that names the wrong parameter, and the columns there are.
    """
    most = _INT64 - 1 if limit is None else MOST_ROWS
    pairs = list(params.items() if isinstance(params, Mapping) else params)
    known = {field.name: field for field in fields}
    given: dict[str, str] = {}
    where: list[Condition] = []
    for name, text in pairs:
        if name in PARAMETERS:
            if name in given:
                raise Invalid(f"“{name}” is given twice; give it once.", parameter=name)
            given[name] = text
        else:
            where.append(_condition(name, text, known))
    group = tuple(_grouping(item, known) for item in _items(given.get("group", "")))
    aggregates = tuple(_aggregate(item, known) for item in _items(given.get("aggregate", "")))
    if group and not aggregates:
        aggregates = (Aggregate(measure=Measure.COUNT),)
    columns = tuple(_items(given.get("columns", "")))
    for column in columns:
        _field(column, known, "columns")
    if columns and (group or aggregates):
        raise Invalid("Give “columns”, or “group” and “aggregate”, not both.", parameter="columns")
    sortable = {one.name for one in group} | {one.name for one in aggregates} or set(known)
    words = given.get("q", "").strip()
    if words and not searchable(fields):
        raise Invalid("“q” cannot be used: there is no column of text here.", parameter="q")
    return Query(
        columns=columns,
        where=tuple(where),
        order=tuple(_order(item, sortable) for item in _items(given.get("order", ""))),
        bbox=_bbox(given["bbox"], fields) if given.get("bbox") else None,
        words=words,
        group=group,
        aggregates=aggregates,
        limit=_whole("limit", given["limit"], most) if given.get("limit") else limit,
        offset=_whole("offset", given["offset"], _INT64 - 1) if given.get("offset") else 0,
    )


def searchable(fields: Iterable[Field]) -> tuple[str, ...]:
    """The columns in which `q` looks for words."""
    return tuple(field.name for field in fields if field.type is FieldType.STRING)


def _items(text: str) -> list[str]:
    if not text.strip():
        return []
    return [item.strip() for item in next(csv.reader([text], skipinitialspace=True))]


def _field(column: str, known: Mapping[str, Field], parameter: str) -> Field:
    if column in known:
        return known[column]
    raise Invalid(
        f"“{parameter}”: there is no column “{column}”. Columns are: {', '.join(known)}.",
        parameter=parameter,
        columns=list(known),
    )


def _condition(name: str, text: str, known: Mapping[str, Field]) -> Condition:
    if name in known:
        return compared(name, known[name], Comparison.EQ, text)
    column, mark, comparison = name.rpartition("__")
    if mark and column in known:
        if comparison not in Comparison.__members__.values():
            raise Invalid(
                f"“{name}”: there is no comparison “{comparison}”. "
                f"Comparisons are: {', '.join(Comparison)}.",
                parameter=name,
            )
        return compared(name, known[column], Comparison(comparison), text)
    raise Invalid(
        f"“{name}” is neither a parameter ({', '.join(PARAMETERS)}) nor a column. "
        f"Columns are: {', '.join(known)}.",
        parameter=name,
        columns=list(known),
    )


def compared(name: str, field: Field, comparison: Comparison, text: str) -> Condition:
    """The filter that an address's parameter `name` asks for. Raises `Invalid` that names it."""
    value: Value | tuple[Value, ...]
    if comparison is Comparison.ISNULL:
        value = _flag(name, text)
    elif field.type is FieldType.GEOMETRY:
        raise Invalid(f"“{name}”: a geometry is asked for with “bbox”.", parameter=name)
    elif comparison is Comparison.CONTAINS:
        if field.type is not FieldType.STRING:
            raise Invalid(
                f"“{name}”: “{field.name}” is {field.type}, not text; compare it with "
                "eq, gt, gte, lt or lte.",
                parameter=name,
            )
        value = text
    elif comparison is Comparison.IN:
        value = tuple(typed_value(name, field, item) for item in _items(text))
    else:
        value = typed_value(name, field, text)
    return Condition(column=field.name, comparison=comparison, value=value)


def _flag(name: str, text: str) -> bool:
    if text.strip().lower() in ("true", "1", "yes"):
        return True
    if text.strip().lower() in ("false", "0", "no"):
        return False
    raise Invalid(f"“{name}”: “{text}” is neither true nor false.", parameter=name)


_SHAPES = {
    FieldType.INTEGER: "a whole number, such as 42",
    FieldType.NUMBER: "a number, such as 3.5",
    FieldType.DATE: "a date, such as 2026-03-31",
    FieldType.DATETIME: "a time, such as 2026-03-31T08:00:00Z",
    FieldType.TIME: "a time of day, such as 08:00",
}


def typed_value(name: str, field: Field, text: str) -> Value:
    """The text as a value of the field's type. Raises `Invalid` that names the parameter."""
    if field.type is FieldType.STRING:
        return text
    if field.type is FieldType.BOOLEAN:
        return _flag(name, text)
    try:
        return typed(field.type, text.strip())
    except (ValueError, OverflowError) as cause:
        hint = "" if text else f" For empty cells ask {field.name}__isnull=true."
        raise Invalid(
            f"“{name}”: “{text}” is not {_SHAPES[field.type]}.{hint}", parameter=name
        ) from cause


def _order(item: str, sortable: set[str]) -> Order:
    column = item.removeprefix("-") if item not in sortable else item
    if column not in sortable:
        raise Invalid(
            f"“order”: there is no column “{column}” to sort by. "
            f"Columns are: {', '.join(sorted(sortable))}.",
            parameter="order",
            columns=sorted(sortable),
        )
    return Order(column=column, descending=item not in sortable)


def _called(item: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\w+)\((.+)\)", item)
    return (found[1].lower(), found[2].strip()) if found else ("", item)


def _grouping(item: str, known: Mapping[str, Field]) -> Grouping:
    if item in known:
        field, step = known[item], None
    else:
        name, column = _called(item)
        field = _field(column, known, "group")
        if name not in Step.__members__.values():
            raise Invalid(
                f"“group”: “{item}” is neither a column nor one of {', '.join(Step)} of a column.",
                parameter="group",
            )
        step = Step(name)
        if field.type not in (FieldType.DATE, FieldType.DATETIME):
            raise Invalid(f"“group”: “{column}” holds no dates to step by.", parameter="group")
        if step is Step.HOUR and field.type is FieldType.DATE:
            raise Invalid(f"“group”: “{column}” holds days, not hours.", parameter="group")
    if field.type is FieldType.GEOMETRY:
        raise Invalid("“group”: a geometry cannot be grouped by.", parameter="group")
    return Grouping(column=field.name, step=step)


_NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)


def _aggregate(item: str, known: Mapping[str, Field]) -> Aggregate:
    if item in ("count", "count()", "count(*)"):
        return Aggregate(measure=Measure.COUNT)
    name, column = _called(item)
    if name not in Measure.__members__.values():
        raise Invalid(
            f"“aggregate”: “{item}” is not one of {', '.join(Measure)}, such as sum(column).",
            parameter="aggregate",
        )
    field, measure = _field(column, known, "aggregate"), Measure(name)
    is_calculated = measure in (Measure.SUM, Measure.AVG, Measure.MEDIAN)
    if is_calculated and field.type not in _NUMERIC:
        raise Invalid(
            f"“aggregate”: “{column}” is {field.type}; {name} needs numbers.", parameter="aggregate"
        )
    if field.type is FieldType.GEOMETRY and measure is not Measure.COUNT:
        raise Invalid(f"“aggregate”: a geometry has no {name}.", parameter="aggregate")
    return Aggregate(measure=measure, column=field.name)


def _bbox(text: str, fields: tuple[Field, ...]) -> Bbox:
    if not any(
        field.role is FieldRole.GEOMETRY or field.type is FieldType.GEOMETRY for field in fields
    ):
        raise Invalid("“bbox” cannot be used: these rows have no geometry.", parameter="bbox")
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as cause:
        raise Invalid(
            f"“bbox”: “{text}” is not west,south,east,north in degrees, such as 7.5,51.9,7.7,52.0.",
            parameter="bbox",
        ) from cause
    if not all(map(math.isfinite, (west, south, east, north))) or south > north:
        raise Invalid(f"“bbox”: “{text}” has its south above its north.", parameter="bbox")
    return west, south, east, north


def _whole(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"\d{1,19}", text.strip()):
        raise Invalid(f"“{name}”: “{text}” is no whole number from 0.", parameter=name)
    if (number := int(text)) > most:
        raise Invalid(
            f"“{name}”: at most {most} at once. Page on with offset, or take the whole file.",
            parameter=name,
        )
    return number

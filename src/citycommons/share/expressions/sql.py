"""An expression checked against the fields, and written as DuckDB SQL: values are bound."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions.arrays import ARRAYS, compared
from citycommons.share.expressions.functions import (
    COMPARED,
    COVERED,
    FUNCTIONS,
    NUMERIC,
    TEMPORAL,
    TIMED,
    Kinds,
)
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Interval,
    Literal,
    Shape,
    within,
)
from citycommons.store.lake import BBOX

MOST_DEPTH = 60  # of calls within calls: beyond, a question is an attack
MOST_PARTS = 2_000

_S, _I, _N, _B = FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN
_D, _DT, _T, _G = FieldType.DATE, FieldType.DATETIME, FieldType.TIME, FieldType.GEOMETRY
_CASTS = {_D: "DATE", _DT: "TIMESTAMPTZ", _T: "TIME", _B: "BOOLEAN", _S: "VARCHAR"}

Parameters = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and the values to bind, in order."""

    sql: str
    parameters: Parameters


def is_aggregate(one: Expression) -> bool:
    """Whether it is worked out over several rows."""
    return any(isinstance(part, Call) and is_aggregate_call(part) for part in within(one))


def is_aggregate_call(one: Call) -> bool:
    """Whether this very function takes several rows."""
    return (known := FUNCTIONS.get(one.function)) is not None and known.is_aggregate


def kind_of(one: Expression, fields: Sequence[Field]) -> FieldType | None:
    """The type of the expression's values; None of a bare null.

    Raises `Invalid` for a column or function that is not there, and for what does not fit.
    """
    return _Writer(fields).kind(one, 0)


def written(one: Expression, fields: Sequence[Field]) -> Statement:
    """The expression as SQL over `read_parquet` of the version.

    Raises `Invalid` that says what does not fit.
    """
    parts = sum(1 for _ in within(one))
    if parts > MOST_PARTS:
        raise Invalid(f"The filter has {parts} parts; {MOST_PARTS} are the most. Ask for less.")
    writer = _Writer(fields)
    writer.kind(one, 0)
    return writer.write(one)


def filter_of(one: Expression, fields: Sequence[Field]) -> Statement:
    """The expression as a condition. Raises `Invalid` unless it is true or false of each row."""
    if kind_of(one, fields) not in (_B, None):
        raise Invalid("A filter has to be true or false of each row, such as height > 10.")
    return written(one, fields)


_HOLE = re.compile(r"\{(\d|\*|\d\*|a AND|a OR)\}")
_SPAN_HOLE = re.compile(r"\{(\d)([se])\}")


class _Writer:
    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields: Mapping[str, Field] = {field.name: field for field in fields}
        # The first geometry is the one GeoParquet names, and that has a covering column.
        self._place = next((f.name for f in fields if f.type is _G), None)
        self._kinds: dict[int, FieldType | None] = {}

    def kind(self, one: Expression, depth: int) -> FieldType | None:
        if depth > MOST_DEPTH:
            raise Invalid(f"The filter is nested deeper than {MOST_DEPTH}; write it flatter.")
        match one:
            case Column(name):
                return self._field(name).type
            case Literal(value):
                return _kind_of_value(value)
            case Shape():
                return _G
            case Interval(start, end):
                for edge in (start, end):
                    self._timed(edge, depth)
                return _DT
            case Call(function, arguments):
                return self._called(function, arguments, depth + 1)

    def _field(self, name: str) -> Field:
        if name not in self._fields:
            raise Invalid(
                f"There is no column “{name}”. Columns are: {', '.join(self._fields)}.",
                columns=list(self._fields),
            )
        return self._fields[name]

    def _timed(self, one: Expression, depth: int) -> None:
        found = self.kind(one, depth + 1)
        is_time = found in (None, _D, _DT) or (
            isinstance(one, Literal) and isinstance(one.value, str)
        )
        if not is_time:
            raise Invalid(f"A time was expected, not {_told(one)}, which is {found}.")

    def _called(
        self, function: str, arguments: tuple[Expression, ...], depth: int
    ) -> FieldType | None:
        if function in ARRAYS:
            compared(function, arguments)
            return _B
        if function == "array":
            raise Invalid("A list of values stands only behind IN, or in functions of lists.")
        if function in TEMPORAL:
            if len(arguments) != 2:
                raise Invalid(f"“{function}” takes two times or spans of time.")
            for one in arguments:
                self._timed(one, depth)
            return _B
        if (known := FUNCTIONS.get(function)) is None:
            raise Invalid(f"There is no function “{function}” here.")
        if not known.least <= len(arguments) <= known.most:
            count = known.least if known.least == known.most else f"{known.least} to {known.most}"
            raise Invalid(f"“{function}” takes {count} values, not {len(arguments)}.")
        kinds = [self.kind(one, depth) for one in arguments]
        if function in COMPARED:
            self._check_alike(function, arguments, kinds)
        for place, (one, found) in enumerate(zip(arguments, kinds, strict=True)):
            takes = known.takes[min(place, len(known.takes) - 1)]
            if found is not None and found not in takes and not _fits(one, takes):
                wanted = " or ".join(sorted(takes))
                raise Invalid(
                    f"“{function}” needs {wanted}; {_told(one)} is {found}.", function=function
                )
        return known.gives if known.gives is not None else next(filter(None, kinds), None)

    def _check_alike(
        self, function: str, arguments: tuple[Expression, ...], kinds: list[FieldType | None]
    ) -> None:
        for one, found in zip(arguments[1:], kinds[1:], strict=True):
            if not _are_alike(kinds[0], found, arguments[0], one):
                raise Invalid(
                    f"{_told(arguments[0])} is {kinds[0]} and {_told(one)} is {found}: "
                    f"they cannot be compared by “{function}”.",
                    function=function,
                )

    def write(self, one: Expression) -> Statement:
        match one:
            case Column(name):
                return Statement(quote(name), ())
            case Literal(value):
                return _bound(value)
            case Shape(wkb):
                return Statement("ST_GeomFromWKB(CAST(? AS BLOB))", (wkb,))
            case Interval():
                raise Invalid("A span of time is compared by t_during, t_intersects and such.")
            case Call(function, arguments):
                if function in ARRAYS:
                    return _bound(compared(function, arguments))
                if function in TEMPORAL:
                    return self._spans(TEMPORAL[function], arguments)
                return self._call(function, arguments)

    def _call(self, function: str, arguments: tuple[Expression, ...]) -> Statement:
        if function in COMPARED:
            arguments = self._coerced(arguments)
        known = FUNCTIONS[function]
        parts = [
            self.write(_into(one, known.takes[min(place, len(known.takes) - 1)]))
            for place, one in enumerate(arguments)
        ]
        whole = _filled(known.sql, parts)
        if function == "count" and not parts:
            return Statement("count(*)", ())
        if function in COVERED and (box := self._covering(arguments)):
            return Statement(f"({box.sql} AND {whole.sql})", (*box.parameters, *whole.parameters))
        return whole

    def _coerced(self, arguments: tuple[Expression, ...]) -> tuple[Expression, ...]:
        """Texts that are compared with times become times."""
        kinds = [self.kind(one, 0) for one in arguments]
        wanted = next((k for k in kinds if k in (_D, _DT, _T)), None)
        if wanted is None:
            return arguments
        return tuple(
            Literal(_time_of(one.value, wanted))
            if isinstance(one, Literal) and isinstance(one.value, str)
            else one
            for one in arguments
        )

    def _covering(self, arguments: tuple[Expression, ...]) -> Statement | None:
        columns = [one for one in arguments if isinstance(one, Column) and one.name == self._place]
        shapes = [one for one in arguments if isinstance(one, Shape)]
        if not columns or not shapes:
            return None
        import shapely

        west, south, east, north = shapely.bounds(shapely.from_wkb(shapes[0].wkb)).tolist()
        return Statement(
            f"{BBOX}.xmin <= ? AND {BBOX}.xmax >= ? AND {BBOX}.ymin <= ? AND {BBOX}.ymax >= ?",
            (east, west, north, south),
        )

    def _spans(self, template: str, arguments: tuple[Expression, ...]) -> Statement:
        # A time that is compared with days counts as its day: at noon is on that date.
        grains = [self._grains(one) for one in arguments]
        as_days = {_D} in grains
        edges = [
            self._edges(one, as_day=as_days and _DT in own)
            for one, own in zip(arguments, grains, strict=True)
        ]
        sql, last = "", 0
        parameters: list[Any] = []
        for hole in _SPAN_HOLE.finditer(template):
            edge = edges[int(hole[1])][hole[2] == "e"]
            sql += template[last : hole.start()] + edge.sql
            parameters += edge.parameters
            last = hole.end()
        return Statement(f"({sql}{template[last:]})", tuple(parameters))

    def _grains(self, one: Expression) -> set[FieldType]:
        """Whether it is of days, of times, or of both; an open end is of neither."""
        if isinstance(one, Interval):
            return self._grains(one.start) | self._grains(one.end)
        if isinstance(one, Literal) and isinstance(one.value, str):
            return {_D if len(one.value) == 10 else _DT}
        found = self.kind(one, 0)
        return {found} if found in (_D, _DT) else set()

    def _edges(self, one: Expression, *, as_day: bool) -> tuple[Statement, Statement]:
        if isinstance(one, Interval):
            start = self._instant(one.start, "-infinity", as_day=as_day)
            return start, self._instant(one.end, "infinity", as_day=as_day)
        instant = self._instant(one, "", as_day=as_day)
        return instant, instant

    def _instant(self, one: Expression, when_open: str, *, as_day: bool) -> Statement:
        if isinstance(one, Literal):
            if one.value is None:
                return Statement(f"CAST('{when_open}' AS TIMESTAMPTZ)", ())
            value = _time_of(one.value, _DT) if isinstance(one.value, str) else one.value
            text = value.isoformat() if hasattr(value, "isoformat") else str(value)
            inner = Statement("CAST(? AS TIMESTAMPTZ)", (text,))
        else:
            inner = self.write(one)
        between = f"CAST({inner.sql} AS DATE)" if as_day else inner.sql
        return Statement(f"CAST({between} AS TIMESTAMPTZ)", inner.parameters)


def quote(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _filled(template: str, parts: Sequence[Statement]) -> Statement:
    sql, last = "", 0
    parameters: list[Any] = []
    for hole in _HOLE.finditer(template):
        name = hole[1]
        if name.startswith("a "):
            taken, between = parts, f" {name[2:]} "
        elif name.endswith("*"):
            taken, between = parts[int(name[:-1] or 0) :], ", "
        else:
            taken, between = [parts[int(name)]], ""
        sql += template[last : hole.start()] + between.join(part.sql for part in taken)
        parameters += [value for part in taken for value in part.parameters]
        last = hole.end()
    return Statement(sql + template[last:], tuple(parameters))


def _kind_of_value(value: object) -> FieldType | None:
    match value:
        case None:
            return None
        case bool():
            return _B
        case int():
            return _I
        case float():
            return _N
        case datetime():
            return _DT
        case date():
            return _D
        case time():
            return _T
    return _S


def _bound(value: Any) -> Statement:
    if value is None:
        return Statement("NULL", ())
    if hasattr(value, "isoformat"):
        # As ISO text: the driver needs another package to bind aware times.
        kind = _CASTS[_kind_of_value(value) or _S]
        return Statement(f"CAST(? AS {kind})", (value.isoformat(),))
    if isinstance(value, str):
        return Statement("CAST(? AS VARCHAR)", (value,))
    return Statement("?", (value,))


def _are_alike(
    first: FieldType | None, second: FieldType | None, one: Expression, other: Expression
) -> bool:
    if first is None or second is None or first is second:
        return True
    if {first, second} <= NUMERIC or {first, second} <= TIMED:
        return True
    return (_is_text(one) and second in (_D, _DT, _T)) or (
        _is_text(other) and first in (_D, _DT, _T)
    )


def _is_text(one: Expression) -> bool:
    return isinstance(one, Literal) and isinstance(one.value, str)


def _fits(one: Expression, takes: Kinds) -> bool:
    """A text may stand for a time."""
    return _is_text(one) and bool(takes & TIMED)


def _into(one: Expression, takes: Kinds) -> Expression:
    if _is_text(one) and _S not in takes and takes & TIMED:
        return Literal(_time_of(str(one.value), _DT))  # type: ignore[union-attr]
    return one


def _time_of(text: str, kind: FieldType) -> date | datetime | time:
    try:
        if kind is _T:
            return time.fromisoformat(text).replace(tzinfo=None)
        if len(text) == 4 and text.isdecimal():
            return date(int(text), 1, 1)
        if len(text) == 10:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError as cause:
        raise Invalid(
            f"“{text[:60]}” is no time. Write it as 2026-03-31 or 2026-03-31T08:00:00Z."
        ) from cause
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _told(one: Expression) -> str:
    match one:
        case Column(name):
            return f"column “{name}”"
        case Literal(value):
            return f"“{value}”" if isinstance(value, str) else str(value)
        case Call(function, _):
            return f"{function}(…)"
    return "the place" if isinstance(one, Shape) else "the span of time"

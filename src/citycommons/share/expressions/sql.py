"""An expression checked against the fields, and written as DuckDB SQL: values are bound."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
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
_NUMERIC, _TIMED = frozenset({_I, _N}), frozenset({_D, _DT})
_ORDERED = frozenset({_S, _I, _N, _B, _D, _DT, _T})
_ANY = _ORDERED | {_G}

_CASTS = {_D: "DATE", _DT: "TIMESTAMPTZ", _T: "TIME", _B: "BOOLEAN", _S: "VARCHAR"}
_EARTH_M = 6_371_008.8  # mean radius (IUGG)

Kinds = frozenset[FieldType]
Parameters = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and the values to bind, in order."""

    sql: str
    parameters: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What a function takes (kinds by place; the last holds for all that follow) and gives."""

    takes: tuple[Kinds, ...]
    gives: FieldType | None  # None: the kind of its first argument
    sql: str  # `{0}`, `{1}` stand for arguments, `{*}` for all with commas, `{a AND}` joined
    least: int
    most: int
    is_aggregate: bool = False


def _function(
    sql: str,
    *takes: Kinds,
    gives: FieldType | None,
    least: int | None = None,
    most: int | None = None,
    is_aggregate: bool = False,
) -> Function:
    least = len(takes) if least is None else least
    most = len(takes) if most is None else most
    return Function(
        takes=takes, gives=gives, sql=sql, least=least, most=most, is_aggregate=is_aggregate
    )


_TEXT, _FLAG, _PLACE, _WHOLE = (frozenset({kind}) for kind in (_S, _B, _G, _I))
_MANY = 1_000

FUNCTIONS: dict[str, Function] = {
    "and": _function("({a AND})", _FLAG, gives=_B, least=1, most=_MANY),
    "or": _function("({a OR})", _FLAG, gives=_B, least=1, most=_MANY),
    "not": _function("(NOT {0})", _FLAG, gives=_B),
    # Comparisons; what both sides are is checked by `_compared`.
    "eq": _function("({0} = {1})", _ORDERED, _ORDERED, gives=_B),
    "ne": _function("({0} <> {1})", _ORDERED, _ORDERED, gives=_B),
    "lt": _function("({0} < {1})", _ORDERED, _ORDERED, gives=_B),
    "le": _function("({0} <= {1})", _ORDERED, _ORDERED, gives=_B),
    "gt": _function("({0} > {1})", _ORDERED, _ORDERED, gives=_B),
    "ge": _function("({0} >= {1})", _ORDERED, _ORDERED, gives=_B),
    "between": _function("({0} BETWEEN {1} AND {2})", _ORDERED, _ORDERED, _ORDERED, gives=_B),
    "in": _function("({0} IN ({1*}))", _ORDERED, _ORDERED, gives=_B, least=2, most=_MANY),
    "is_null": _function("({0} IS NULL)", _ANY, gives=_B),
    # Text.
    "like": _function("({0} LIKE {1} ESCAPE '\\')", _TEXT, _TEXT, gives=_B),
    "casei": _function("lower({0})", _TEXT, gives=_S),
    "accenti": _function("strip_accents({0})", _TEXT, gives=_S),
    "lower": _function("lower({0})", _TEXT, gives=_S),
    "upper": _function("upper({0})", _TEXT, gives=_S),
    "trim": _function("trim({0})", _TEXT, gives=_S),
    "length": _function("length({0})", _TEXT, gives=_I),
    "concat": _function("concat({*})", _ORDERED, gives=_S, least=1, most=20),
    "contains": _function("contains({0}, {1})", _TEXT, _TEXT, gives=_B),
    "starts_with": _function("starts_with({0}, {1})", _TEXT, _TEXT, gives=_B),
    "ends_with": _function("ends_with({0}, {1})", _TEXT, _TEXT, gives=_B),
    "index_of": _function("(strpos({0}, {1}) - 1)", _TEXT, _TEXT, gives=_I),
    "substring": _function("substring({0}, {1} + 1)", _TEXT, _WHOLE, gives=_S),
    "substring_of": _function("substring({0}, {1} + 1, {2})", _TEXT, _WHOLE, _WHOLE, gives=_S),
    "matches": _function("regexp_matches({0}, {1})", _TEXT, _TEXT, gives=_B),
    # Whatever the case and the accents, as the word search of `Query.words`.
    "holds": _function(
        "contains(strip_accents(lower({0})), strip_accents(lower({1})))", _TEXT, _TEXT, gives=_B
    ),
    # Numbers.
    "add": _function("({0} + {1})", _NUMERIC, _NUMERIC, gives=_N),
    "sub": _function("({0} - {1})", _NUMERIC, _NUMERIC, gives=_N),
    "mul": _function("({0} * {1})", _NUMERIC, _NUMERIC, gives=_N),
    "div": _function("({0} / nullif({1}, 0))", _NUMERIC, _NUMERIC, gives=_N),
    "int_div": _function("({0} // nullif({1}, 0))", _NUMERIC, _NUMERIC, gives=_I),
    "mod": _function("({0} % nullif({1}, 0))", _NUMERIC, _NUMERIC, gives=_N),
    "pow": _function("pow({0}, {1})", _NUMERIC, _NUMERIC, gives=_N),
    "neg": _function("(- {0})", _NUMERIC, gives=None),
    "abs": _function("abs({0})", _NUMERIC, gives=None),
    "round": _function("round({0})", _NUMERIC, gives=_N),
    "floor": _function("floor({0})", _NUMERIC, gives=_N),
    "ceiling": _function("ceil({0})", _NUMERIC, gives=_N),
    # Times; all in UTC.
    "year": _function("year({0})", _TIMED, gives=_I),
    "month": _function("month({0})", _TIMED, gives=_I),
    "day": _function("day({0})", _TIMED, gives=_I),
    "hour": _function("hour({0})", frozenset({_DT, _T}), gives=_I),
    "minute": _function("minute({0})", frozenset({_DT, _T}), gives=_I),
    "second": _function("second({0})", frozenset({_DT, _T}), gives=_I),
    "fractional_second": _function(
        "((microsecond({0}) % 1000000) / 1e6)", frozenset({_DT, _T}), gives=_N
    ),
    "day_of_week": _function("dayofweek({0})", _TIMED, gives=_I),  # Sunday is 0
    "date": _function("CAST({0} AS DATE)", _TIMED, gives=_D),
    "time": _function("CAST({0} AS TIME)", frozenset({_DT}), gives=_T),
    "trunc_year": _function("CAST(date_trunc('year', {0}) AS DATE)", _TIMED, gives=_D),
    "trunc_month": _function("CAST(date_trunc('month', {0}) AS DATE)", _TIMED, gives=_D),
    "trunc_day": _function("CAST(date_trunc('day', {0}) AS DATE)", _TIMED, gives=_D),
    "trunc_hour": _function("date_trunc('hour', {0})", frozenset({_DT}), gives=_DT),
    # Places; a literal's box comes before it, so that row groups are skipped.
    "s_intersects": _function("ST_Intersects({0}, {1})", _PLACE, _PLACE, gives=_B),
    "s_disjoint": _function("ST_Disjoint({0}, {1})", _PLACE, _PLACE, gives=_B),
    "s_contains": _function("ST_Contains({0}, {1})", _PLACE, _PLACE, gives=_B),
    "s_within": _function("ST_Within({0}, {1})", _PLACE, _PLACE, gives=_B),
    "s_touches": _function("ST_Touches({0}, {1})", _PLACE, _PLACE, gives=_B),
    "s_crosses": _function("ST_Crosses({0}, {1})", _PLACE, _PLACE, gives=_B),
    "s_overlaps": _function("ST_Overlaps({0}, {1})", _PLACE, _PLACE, gives=_B),
    "s_equals": _function("ST_Equals({0}, {1})", _PLACE, _PLACE, gives=_B),
    # Degrees, as SensorThings' geo.distance and geo.length are defined (OData geography in WGS84).
    "distance_deg": _function("ST_Distance({0}, {1})", _PLACE, _PLACE, gives=_N),
    "length_deg": _function("ST_Length({0})", _PLACE, gives=_N),
    # Metres on the sphere, from the nearest to the nearest vertex of what are points mostly.
    "distance_m": _function(
        "ST_Distance_Sphere(ST_Centroid({0}), ST_Centroid({1}))", _PLACE, _PLACE, gives=_N
    ),
    "longitude": _function("ST_X(ST_Centroid({0}))", _PLACE, gives=_N),
    "latitude": _function("ST_Y(ST_Centroid({0}))", _PLACE, gives=_N),
    # Choices.
    "coalesce": _function("coalesce({*})", _ORDERED, gives=None, least=1, most=20),
    "text": _function("CAST({0} AS VARCHAR)", _ORDERED, gives=_S),
    "number": _function("TRY_CAST({0} AS DOUBLE)", _ORDERED, gives=_N),
    # Aggregates.
    "count": _function("count({*})", _ANY, gives=_I, least=0, most=1, is_aggregate=True),
    "count_distinct": _function("count(DISTINCT {0})", _ORDERED, gives=_I, is_aggregate=True),
    "sum": _function("sum({0})", _NUMERIC, gives=None, is_aggregate=True),
    "avg": _function("avg({0})", _NUMERIC, gives=_N, is_aggregate=True),
    "min": _function("min({0})", _ORDERED, gives=None, is_aggregate=True),
    "max": _function("max({0})", _ORDERED, gives=None, is_aggregate=True),
    "median": _function("median({0})", _NUMERIC, gives=_N, is_aggregate=True),
    "stddev_pop": _function("stddev_pop({0})", _NUMERIC, gives=_N, is_aggregate=True),
    "stddev_samp": _function("stddev_samp({0})", _NUMERIC, gives=_N, is_aggregate=True),
    "var_pop": _function("var_pop({0})", _NUMERIC, gives=_N, is_aggregate=True),
    "var_samp": _function("var_samp({0})", _NUMERIC, gives=_N, is_aggregate=True),
    "percentile": _function(
        "quantile_cont({0}, {1})", _NUMERIC, _NUMERIC, gives=_N, is_aggregate=True
    ),
}
"""Every function an expression may call; what is not here cannot be asked."""

_COMPARED = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "between", "in", "coalesce"})
_COVERED = frozenset(
    {"s_intersects", "s_contains", "s_within", "s_touches", "s_crosses", "s_overlaps", "s_equals"}
)

TEMPORAL: dict[str, str] = {
    "t_after": "{0s} > {1e}",
    "t_before": "{0e} < {1s}",
    "t_contains": "{0s} < {1s} AND {0e} > {1e}",
    "t_disjoint": "{0e} < {1s} OR {0s} > {1e}",
    "t_during": "{0s} > {1s} AND {0e} < {1e}",
    "t_equals": "{0s} = {1s} AND {0e} = {1e}",
    "t_finished_by": "{0s} < {1s} AND {0e} = {1e}",
    "t_finishes": "{0s} > {1s} AND {0e} = {1e}",
    "t_intersects": "{0s} <= {1e} AND {0e} >= {1s}",
    "t_meets": "{0e} = {1s}",
    "t_met_by": "{0s} = {1e}",
    "t_overlapped_by": "{0s} > {1s} AND {0s} < {1e} AND {0e} > {1e}",
    "t_overlaps": "{0s} < {1s} AND {0e} > {1s} AND {0e} < {1e}",
    "t_started_by": "{0s} = {1s} AND {0e} > {1e}",
    "t_starts": "{0s} = {1s} AND {0e} < {1e}",
}
"""Allen's relations between spans of time (CQL2, clause 7.8); an instant is a span of no length."""


def is_aggregate(one: Expression) -> bool:
    """Whether it is worked out over several rows."""
    return any(
        isinstance(part, Call) and (f := FUNCTIONS.get(part.function)) and f.is_aggregate
        for part in within(one)
    )


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
        if function in _COMPARED:
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
                if function in TEMPORAL:
                    return self._spans(TEMPORAL[function], arguments)
                return self._call(function, arguments)

    def _call(self, function: str, arguments: tuple[Expression, ...]) -> Statement:
        if function in _COMPARED:
            arguments = self._coerced(arguments)
        known = FUNCTIONS[function]
        parts = [
            self.write(_into(one, known.takes[min(place, len(known.takes) - 1)]))
            for place, one in enumerate(arguments)
        ]
        whole = _filled(known.sql, parts)
        if function == "count" and not parts:
            return Statement("count(*)", ())
        if function in _COVERED and (box := self._covering(arguments)):
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
        edges = [self._edges(one) for one in arguments]
        sql, last = "", 0
        parameters: list[Any] = []
        for hole in _SPAN_HOLE.finditer(template):
            edge = edges[int(hole[1])][hole[2] == "e"]
            sql += template[last : hole.start()] + edge.sql
            parameters += edge.parameters
            last = hole.end()
        return Statement(f"({sql}{template[last:]})", tuple(parameters))

    def _edges(self, one: Expression) -> tuple[Statement, Statement]:
        if isinstance(one, Interval):
            return self._instant(one.start, "-infinity"), self._instant(one.end, "infinity")
        instant = self._instant(one, "")
        return instant, instant

    def _instant(self, one: Expression, when_open: str) -> Statement:
        if isinstance(one, Literal):
            if one.value is None:
                return Statement(f"CAST('{when_open}' AS TIMESTAMPTZ)", ())
            value = _time_of(one.value, _DT) if isinstance(one.value, str) else one.value
            text = value.isoformat() if hasattr(value, "isoformat") else str(value)
            return Statement("CAST(? AS TIMESTAMPTZ)", (text,))
        inner = self.write(one)
        return Statement(f"CAST({inner.sql} AS TIMESTAMPTZ)", inner.parameters)


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
    if {first, second} <= _NUMERIC or {first, second} <= _TIMED:
        return True
    return (_is_text(one) and second in (_D, _DT, _T)) or (
        _is_text(other) and first in (_D, _DT, _T)
    )


def _is_text(one: Expression) -> bool:
    return isinstance(one, Literal) and isinstance(one.value, str)


def _fits(one: Expression, takes: Kinds) -> bool:
    """A text may stand for a time."""
    return _is_text(one) and bool(takes & _TIMED)


def _into(one: Expression, takes: Kinds) -> Expression:
    if _is_text(one) and _S not in takes and takes & _TIMED:
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

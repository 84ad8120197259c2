"""Every function that an expression may call: what it takes, what it gives, its SQL."""

from dataclasses import dataclass

from citycommons.core.types import FieldType

_S, _I, _N, _B = FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN
_D, _DT, _T, _G = FieldType.DATE, FieldType.DATETIME, FieldType.TIME, FieldType.GEOMETRY
NUMERIC, TIMED = frozenset({_I, _N}), frozenset({_D, _DT})
_ORDERED = frozenset({_S, _I, _N, _B, _D, _DT, _T})
_ANY = _ORDERED | {_G}


Kinds = frozenset[FieldType]


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
    # Full case folding where European alphabets need it (Unicode, CaseFolding.txt).
    "casei": _function("replace(replace(lower({0}), 'ß', 'ss'), 'ς', 'σ')", _TEXT, gives=_S),
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
    "add": _function("({0} + {1})", NUMERIC, NUMERIC, gives=_N),
    "sub": _function("({0} - {1})", NUMERIC, NUMERIC, gives=_N),
    "mul": _function("({0} * {1})", NUMERIC, NUMERIC, gives=_N),
    "div": _function("({0} / nullif({1}, 0))", NUMERIC, NUMERIC, gives=_N),
    "int_div": _function("trunc({0} / nullif({1}, 0))", NUMERIC, NUMERIC, gives=_I),
    "mod": _function("({0} % nullif({1}, 0))", NUMERIC, NUMERIC, gives=_N),
    "pow": _function("pow({0}, {1})", NUMERIC, NUMERIC, gives=_N),
    "neg": _function("(- {0})", NUMERIC, gives=None),
    "abs": _function("abs({0})", NUMERIC, gives=None),
    "round": _function("round({0})", NUMERIC, gives=_N),
    "floor": _function("floor({0})", NUMERIC, gives=_N),
    "round_to": _function("round({0}, {1})", NUMERIC, _WHOLE, gives=_N),
    "sign": _function("sign({0})", NUMERIC, gives=_I),
    "sqrt": _function("CASE WHEN {0} >= 0 THEN sqrt({0}) END", NUMERIC, gives=_N),
    "exp": _function("exp({0})", NUMERIC, gives=_N),
    "ln": _function("CASE WHEN {0} > 0 THEN ln({0}) END", NUMERIC, gives=_N),
    "log10": _function("CASE WHEN {0} > 0 THEN log10({0}) END", NUMERIC, gives=_N),
    "greatest": _function("greatest({*})", _ORDERED, gives=None, least=1, most=20),
    "least": _function("least({*})", _ORDERED, gives=None, least=1, most=20),
    "ceiling": _function("ceil({0})", NUMERIC, gives=_N),
    # Times; all in UTC.
    "year": _function("year({0})", TIMED, gives=_I),
    "month": _function("month({0})", TIMED, gives=_I),
    "day": _function("day({0})", TIMED, gives=_I),
    "hour": _function("hour({0})", frozenset({_DT, _T}), gives=_I),
    "minute": _function("minute({0})", frozenset({_DT, _T}), gives=_I),
    "second": _function("second({0})", frozenset({_DT, _T}), gives=_I),
    "fractional_second": _function(
        "((microsecond({0}) % 1000000) / 1e6)", frozenset({_DT, _T}), gives=_N
    ),
    "week": _function("week({0})", TIMED, gives=_I),  # ISO 8601
    "quarter": _function("quarter({0})", TIMED, gives=_I),
    "day_of_week": _function("dayofweek({0})", TIMED, gives=_I),  # Sunday is 0
    "date": _function("CAST({0} AS DATE)", TIMED, gives=_D),
    "moment": _function("CAST({0} AS TIMESTAMPTZ)", TIMED, gives=_DT),
    "time": _function("CAST({0} AS TIME)", frozenset({_DT}), gives=_T),
    "trunc_year": _function("CAST(date_trunc('year', {0}) AS DATE)", TIMED, gives=_D),
    "trunc_month": _function("CAST(date_trunc('month', {0}) AS DATE)", TIMED, gives=_D),
    "trunc_day": _function("CAST(date_trunc('day', {0}) AS DATE)", TIMED, gives=_D),
    "trunc_hour": _function("date_trunc('hour', {0})", frozenset({_DT}), gives=_DT),
    "trunc_week": _function("CAST(date_trunc('week', {0}) AS DATE)", TIMED, gives=_D),
    "trunc_quarter": _function("CAST(date_trunc('quarter', {0}) AS DATE)", TIMED, gives=_D),
    # The step of so many seconds in which a time lies, and a time by a pattern of strftime.
    "step": _function("time_bucket(to_seconds({0}), {1})", _WHOLE, frozenset({_DT}), gives=_DT),
    "format_time": _function("strftime({0}, {1})", TIMED, _TEXT, gives=_S),
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
    # Metres on the sphere between the middles; the database wants latitude first here.
    "distance_m": _function(
        "ST_Distance_Sphere(ST_FlipCoordinates(ST_Centroid({0})), "
        "ST_FlipCoordinates(ST_Centroid({1})))",
        _PLACE,
        _PLACE,
        gives=_N,
    ),
    "area_deg": _function("ST_Area({0})", _PLACE, gives=_N),
    "points": _function("ST_NPoints({0})", _PLACE, gives=_I),
    "centroid": _function("ST_Centroid({0})", _PLACE, gives=_G),
    "hull": _function("ST_ConvexHull({0})", _PLACE, gives=_G),
    "longitude": _function("ST_X(ST_Centroid({0}))", _PLACE, gives=_N),
    "latitude": _function("ST_Y(ST_Centroid({0}))", _PLACE, gives=_N),
    # A row by its place in the version, from 0 or from 1, and by what its columns hold.
    "row": _function("file_row_number", gives=_I),
    "row_number": _function("(file_row_number + 1)", gives=_I),
    "digest": _function("md5(concat_ws(chr(31), {*}))", _ORDERED, gives=_S, least=1, most=20),
    # Choices.
    # What holds if the third is true, else the second (its kind is the first one's).
    "if": _function("CASE WHEN {2} THEN {0} ELSE {1} END", _ANY, _ANY, _FLAG, gives=None),
    "nullif": _function("nullif({0}, {1})", _ORDERED, _ORDERED, gives=None),
    "coalesce": _function("coalesce({*})", _ORDERED, gives=None, least=1, most=20),
    "datetime": _function("TRY_CAST({0} AS TIMESTAMPTZ)", _ORDERED, gives=_DT),
    "text": _function("CAST({0} AS VARCHAR)", _ORDERED, gives=_S),
    "number": _function("TRY_CAST({0} AS DOUBLE)", _ORDERED, gives=_N),
    "if_known": _function("CASE WHEN {1} IS NULL THEN NULL ELSE {0} END", _ANY, _ANY, gives=None),
    # Many values in one text, between unit separators: binding them one by one costs more.
    "among": _function(
        "(CAST({0} AS VARCHAR) IN (SELECT unnest(string_split({1}, chr(31)))))",
        *(_ORDERED, _TEXT),
        gives=_B,
    ),
    "place_among": _function(
        "list_position(string_split({1}, chr(31)), CAST({0} AS VARCHAR))",
        *(_ORDERED, _TEXT),
        gives=_I,
    ),
    # Aggregates.
    "at_latest": _function("arg_max_null({0}, {1})", _ANY, _ORDERED, gives=None, is_aggregate=True),
    "count": _function("count({*})", _ANY, gives=_I, least=0, most=1, is_aggregate=True),
    "count_distinct": _function("count(DISTINCT {0})", _ORDERED, gives=_I, is_aggregate=True),
    "sum": _function("sum({0})", NUMERIC, gives=None, is_aggregate=True),
    "avg": _function("avg({0})", NUMERIC, gives=_N, is_aggregate=True),
    "min": _function("min({0})", _ORDERED, gives=None, is_aggregate=True),
    "max": _function("max({0})", _ORDERED, gives=None, is_aggregate=True),
    "median": _function("median({0})", NUMERIC, gives=_N, is_aggregate=True),
    "stddev_pop": _function("stddev_pop({0})", NUMERIC, gives=_N, is_aggregate=True),
    "stddev_samp": _function("stddev_samp({0})", NUMERIC, gives=_N, is_aggregate=True),
    "var_pop": _function("var_pop({0})", NUMERIC, gives=_N, is_aggregate=True),
    "var_samp": _function("var_samp({0})", NUMERIC, gives=_N, is_aggregate=True),
    "percentile": _function(
        "quantile_cont({0}, {1})", NUMERIC, NUMERIC, gives=_N, is_aggregate=True
    ),
}
"""Every function an expression may call; what is not here cannot be asked."""

COMPARED = frozenset(
    {"eq", "ne", "lt", "le", "gt", "ge", "between", "in", "coalesce"}
    | {"nullif", "greatest", "least"}
)
COVERED = frozenset(
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

"""A `Query` as one DuckDB statement: values are bound, names checked and quoted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import Bbox, Field, FieldRole, FieldType
from citycommons.share.expressions.groups import check_grouped
from citycommons.share.expressions.sql import (
    Statement,
    filter_of,
    kind_of,
    quote,
    written,
)
from citycommons.share.expressions.tree import Call, Column, Expression, Literal, Named
from citycommons.share.query import (
    Aggregate,
    Comparison,
    Condition,
    Grouping,
    Measure,
    Order,
    Query,
    Step,
    searchable,
)
from citycommons.store.lake import BBOX

ROW = "file_row_number"
FROM = f"FROM read_parquet(?, {ROW} = true)"

_FEW = 200

_CASTS = {
    FieldType.DATE: "DATE",
    FieldType.DATETIME: "TIMESTAMPTZ",
    FieldType.TIME: "TIME",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.STRING: "VARCHAR",
}
_SIGNS = {
    Comparison.EQ: "=",
    Comparison.NE: "IS DISTINCT FROM",
    Comparison.GT: ">",
    Comparison.GTE: ">=",
    Comparison.LT: "<",
    Comparison.LTE: "<=",
}


def condition(query: Query, fields: Sequence[Field]) -> Statement:
    """The `WHERE …` of the query, empty when it filters nothing."""
    types = {field.name: field.type for field in fields}
    parts = [_compared(one, types[one.column]) for one in query.where]
    columns = searchable(fields)
    parts += [_worded(word, columns) for word in query.words.split()]
    if query.bbox:
        geometry = next(field.name for field in fields if field.type is FieldType.GEOMETRY)
        parts.append(_within(query.bbox, geometry))
    if query.filter is not None:
        parts.append(filter_of(query.filter, fields))
    if not parts:
        return Statement("", ())
    values = tuple(value for part in parts for value in part.parameters)
    return Statement("WHERE " + " AND ".join(f"({part.sql})" for part in parts), values)


def _compared(one: Condition, kind: FieldType) -> Statement:
    column, value = quote(one.column), one.value
    if one.comparison is Comparison.ISNULL:
        return Statement(f"{column} IS {'' if value else 'NOT '}NULL", ())
    if one.comparison is Comparison.CONTAINS:
        return _worded(str(value), (one.column,))
    mark = f"CAST(? AS {_CASTS[kind]})" if kind in _CASTS else "?"
    if isinstance(value, tuple):
        if not value:
            return Statement("false", ())
        marks = ", ".join([mark] * len(value))
        return Statement(f"{column} IN ({marks})", tuple(_bound(item) for item in value))
    return Statement(f"{column} {_SIGNS[one.comparison]} {mark}", (_bound(value),))


def _bound(value: Any) -> Any:
    # Times go as ISO text: the driver needs another package to bind aware ones.
    return value.isoformat() if hasattr(value, "isoformat") else value


def _worded(word: str, columns: Sequence[str]) -> Statement:
    folded = (
        f"contains(strip_accents(lower({quote(c)})), strip_accents(lower(?)))" for c in columns
    )
    return Statement(" OR ".join(folded), (word,) * len(columns))


def _within(bbox: Bbox, geometry: str) -> Statement:
    west, south, east, north = bbox
    boxes = [bbox] if west <= east else [(west, south, 180.0, north), (-180.0, south, east, north)]
    # The covering column alone lets row groups be skipped, so it comes first and in this form. A
    # geometry that lies inside as a whole needs no exact test.
    one = (
        f"{BBOX}.xmin <= ? AND {BBOX}.xmax >= ? AND {BBOX}.ymin <= ? AND {BBOX}.ymax >= ? AND ("
        f"({BBOX}.xmin >= ? AND {BBOX}.xmax <= ? AND {BBOX}.ymin >= ? AND {BBOX}.ymax <= ?) OR "
        f"ST_Intersects({quote(geometry)}, ST_MakeEnvelope(?, ?, ?, ?)))"
    )
    values = tuple(v for w, s, e, n in boxes for v in (e, w, n, s, w, e, s, n, w, s, e, n))
    return Statement(" OR ".join(f"({one})" for _ in boxes), values)


def _taken(shown: Sequence[Field], fields: Sequence[Field]) -> list[str]:
    # The first geometry is the one GeoParquet names, so DuckDB has it as such; others are bytes.
    place = next((f.name for f in fields if f.type is FieldType.GEOMETRY), None)
    names = ((f.name, quote(f.name)) for f in shown)
    return [f"ST_AsWKB({quoted}) AS {quoted}" if n == place else quoted for n, quoted in names]


def _sorted(order: Sequence[Order], then: Sequence[str]) -> str:
    items = _order_items(order)
    named = {o.column for o in order}
    items += [f"{quote(column)} NULLS LAST" for column in then if column not in named]
    return f" ORDER BY {', '.join(items)}" if items else ""


def _order_items(order: Sequence[Order]) -> list[str]:
    return [quote(one.column) + _direction(one.descending) for one in order]


def _paged(query: Query) -> str:
    limit = "" if query.limit is None else f" LIMIT {query.limit:d}"
    return f"{limit} OFFSET {query.offset:d}" if query.offset else limit


def count(query: Query, fields: Sequence[Field], path: Path) -> Statement:
    """How many rows, or groups, the query has over all its pages."""
    inner = _filtered(query, fields, path)
    if query.is_grouped and query.computed:
        groups = _computed_groups(query, fields, path)
        return Statement(f"SELECT count(*) AS total FROM ({groups.sql})", groups.parameters)
    if query.is_grouped:
        groups_sql = f"SELECT {_group_list(query, fields)} {inner.sql} {_group_by(query)}"
        return Statement(f"SELECT count(*) AS total FROM ({groups_sql})", inner.parameters)
    if query.each:
        rows_sql = f"SELECT {ROW} {inner.sql}"
        return Statement(f"SELECT count(*) AS total FROM ({rows_sql})", inner.parameters)
    return Statement(f"SELECT count(*) AS total {inner.sql}", inner.parameters)


def positions(query: Query, fields: Sequence[Field], path: Path) -> Statement:
    """The row numbers of one page, in its order: column `file_row_number`."""
    inner = _filtered(query, fields, path)
    # Without an order DuckDB keeps the order of the file, and may stop as soon as the page is full.
    order = _ordered(query, fields)
    sql = f"SELECT {ROW} {inner.sql}{order.sql}{_paged(query)}"
    return Statement(sql, (*inner.parameters, *order.parameters))


def _filtered(query: Query, fields: Sequence[Field], path: Path) -> Statement:
    """`FROM … WHERE …`, and no more rows of each than are wanted."""
    where = condition(query, fields)
    if not query.each:
        return Statement(f"{FROM} {where.sql}", (str(path), *where.parameters))
    parts = _listed([written(one, fields) for one in query.each])
    order = _ordered(query, fields)
    window = f"row_number() OVER (PARTITION BY {parts.sql}{order.sql})"
    edges = _edges(query, fields, path)
    sql = f"{FROM} {edges.sql} {where.sql} QUALIFY {window} <= {query.most_of_each:d}"
    values = (str(path), *edges.parameters, *where.parameters)
    return Statement(sql, (*values, *parts.parameters, *order.parameters))


def _edges(query: Query, fields: Sequence[Field], path: Path) -> Statement:
    """A join that leaves out what lies beyond the last wanted value of each.

    Sorting all rows of each costs 5 s on 10 million; finding that value and reading again, 1 s.
    """
    if len(query.sort) != 1 or query.order:
        return Statement("", ())
    best, worst, sign = ("max", "min", ">=") if query.sort[0].descending else ("min", "max", "<=")
    value, most = written(query.sort[0].expression, fields), query.most_of_each
    each, where = [written(one, fields) for one in query.each], condition(query, fields)
    last = f"list_{worst}({best}({value.sql}, {most:d}))"
    edge = f"CASE WHEN count({value.sql}) >= {most:d} THEN {last} END"
    keys = _listed(each)
    places = ", ".join(map(str, range(1, len(each) + 1)))
    columns = ", ".join(f"each_{place}" for place in range(len(each)))
    found = f"SELECT {keys.sql}, {edge} {FROM} {where.sql} GROUP BY {places}"
    same = [
        Statement(f"{one.sql} IS NOT DISTINCT FROM edges.each_{place}", one.parameters)
        for place, one in enumerate(each)
    ]
    near = Statement(f"(edges.edge IS NULL OR {value.sql} {sign} edges.edge)", value.parameters)
    on = _listed([*same, near], " AND ")
    values = (*keys.parameters, *value.parameters, *value.parameters, str(path), *where.parameters)
    return Statement(
        f"JOIN ({found}) AS edges({columns}, edge) ON {on.sql}", (*values, *on.parameters)
    )


def at_positions(
    query: Query, fields: Sequence[Field], numbers: Sequence[int], path: Path
) -> Statement:
    """The rows of these numbers in no promised order, with their number as last column."""
    shown = _shown(query, fields)
    names = f"{shown.sql}, {ROW}"
    text = ",".join(map(str, map(int, numbers)))
    # Few numbers let row groups be skipped when they stand in the statement; many are bound as one
    # text, since binding a list costs 90 µs an item.
    few = len(numbers) <= _FEW
    among = text if few else "SELECT unnest(CAST(string_split(?, ',') AS BIGINT[]))"
    return Statement(
        f"SELECT {names} {FROM} WHERE {ROW} IN ({among})",
        (*shown.parameters, str(path), *(() if few else (text,))),
    )


def everything(query: Query, fields: Sequence[Field], path: Path) -> Statement:
    """All columns of all rows of the query in one go, for exports."""
    if query.is_grouped:
        return grouped(query, fields, path)
    shown, inner = _shown(query, fields), _filtered(query, fields, path)
    order = _ordered(query, fields)
    sql = f"SELECT {shown.sql} {inner.sql}{order.sql}{_paged(query)}"
    return Statement(sql, (*shown.parameters, *inner.parameters, *order.parameters))


def grouped(query: Query, fields: Sequence[Field], path: Path) -> Statement:
    """The groups of one page with their aggregates, in their order."""
    if query.computed:
        groups = _computed_groups(query, fields, path)
        return Statement(groups.sql + _paged(query), groups.parameters)
    where = condition(query, fields)
    order = _sorted(query.order, [one.name for one in query.group])
    sql = (
        f"SELECT * FROM (SELECT {_group_list(query, fields)} {FROM} {where.sql}"
        f" {_group_by(query)}){order}{_paged(query)}"
    )
    return Statement(sql, (str(path), *where.parameters))


def _shown(query: Query, fields: Sequence[Field]) -> Statement:
    if not query.computed:
        return Statement(", ".join(_taken(result_fields(query, fields), fields)), ())
    names = [one.name for one in query.computed]
    if ROW in names or len(set(names)) < len(names):
        raise Invalid("Give each column of the answer a name of its own, with AS.")
    return _listed([_named(one, fields) for one in query.computed])


def _named(one: Named, fields: Sequence[Field]) -> Statement:
    kind, found = kind_of(one.expression, fields), written(one.expression, fields)
    # What stands alone is a geometry in its column, or one that a function made.
    text = f"ST_AsWKB({found.sql})" if kind is FieldType.GEOMETRY else found.sql
    return Statement(f"{text} AS {quote(one.name)}", found.parameters)


def _listed(parts: Sequence[Statement], between: str = ", ") -> Statement:
    values = tuple(value for part in parts for value in part.parameters)
    return Statement(between.join(part.sql for part in parts), values)


def _ordered(query: Query, fields: Sequence[Field]) -> Statement:
    """`ORDER BY` over rows: `order`, then `sort`, then the order of the file; empty for that."""
    if not query.is_sorted:
        return Statement(f" ORDER BY {ROW}" if query.each else "", ())
    parts = [Statement(one, ()) for one in _order_items(query.order)]
    aliases = {one.name: one.expression for one in query.computed}
    for one in query.sort:
        meant = _meant(one.expression, aliases)
        found = written(meant, fields)
        if not isinstance(meant, Literal):  # a constant sorts nothing, and the database refuses it
            parts.append(Statement(found.sql + _direction(one.descending), found.parameters))
    items = _listed([*parts, Statement(ROW, ())])
    return Statement(f" ORDER BY {items.sql}", items.parameters)


def _meant(one: Expression, aliases: Mapping[str, Expression]) -> Expression:
    return aliases.get(one.name, one) if isinstance(one, Column) else one


def _direction(descending: bool) -> str:
    return f" {'DESC' if descending else 'ASC'} NULLS LAST"


def _computed_groups(query: Query, fields: Sequence[Field], path: Path) -> Statement:
    """Groups with everything computed, in their order; equal ones in the order of the groups."""
    shown, where = _shown(query, fields), condition(query, fields)
    aliases = {one.name: one.expression for one in query.computed}
    groups = [
        meant
        for one in query.group_by
        if not isinstance(meant := _meant(one, aliases), Literal)  # a constant parts nothing
    ]
    # A value bound twice is another value to the database: what is shown is meant by its place.
    places = {one.expression: place for place, one in enumerate(query.computed, 1)}

    def item(one: Expression) -> Statement:
        place = places.get(one)
        return Statement(str(place), ()) if place else written(one, fields)

    check_grouped(query.computed, query.sort, groups)
    keys = _listed([item(one) for one in groups])
    having = Statement("", ())
    if query.having is not None:
        having = filter_of(_replaced(query.having, aliases), fields)
    sorts = []
    for one in query.sort:
        meant = _meant(one.expression, aliases)
        found = item(meant)
        if isinstance(meant, Literal):
            continue
        sorts.append(Statement(found.sql + _direction(one.descending), found.parameters))
    sorts += [Statement(f"{found.sql} NULLS LAST", found.parameters) for found in map(item, groups)]
    order = _listed(sorts)
    sql = (
        f"SELECT {shown.sql} {FROM} {where.sql}"
        f"{' GROUP BY ' + keys.sql if groups else ''}"
        f"{' HAVING ' + having.sql if having.sql else ''}"
        f"{' ORDER BY ' + order.sql if sorts else ''}"
    )
    values = (*shown.parameters, str(path), *where.parameters)
    return Statement(sql, (*values, *keys.parameters, *having.parameters, *order.parameters))


def _replaced(one: Expression, aliases: Mapping[str, Expression]) -> Expression:
    """The expression with what names of computed columns stand for."""
    if isinstance(one, Call):
        return Call(one.function, tuple(_replaced(part, aliases) for part in one.arguments))
    return _meant(one, aliases)


def _group_by(query: Query) -> str:
    places = ", ".join(str(place) for place in range(1, len(query.group) + 1))
    return f"GROUP BY {places}" if places else ""


def _group_list(query: Query, fields: Sequence[Field]) -> str:
    items = [f"{_stepped(one)} AS {quote(one.name)}" for one in query.group]
    items += [f"{_aggregated(one)} AS {quote(one.name)}" for one in query.aggregates]
    return ", ".join(items)


def _stepped(one: Grouping) -> str:
    if one.step is None:
        return quote(one.column)
    cut = f"date_trunc('{one.step}', {quote(one.column)})"
    return cut if one.step is Step.HOUR else f"CAST({cut} AS DATE)"


def _aggregated(one: Aggregate) -> str:
    return f"{one.measure}({quote(one.column) if one.column else '*'})"


def result_fields(query: Query, fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields of the answer's columns."""
    known = {field.name: field for field in fields}
    if query.computed:
        return tuple(_computed_field(one, fields, known) for one in query.computed)
    if not query.is_grouped:
        return tuple(known[name] for name in query.columns) if query.columns else tuple(fields)
    groups = tuple(_group_field(one, known[one.column]) for one in query.group)
    return groups + tuple(_measure_field(one, known) for one in query.aggregates)


def _computed_field(one: Named, fields: Sequence[Field], known: Mapping[str, Field]) -> Field:
    if isinstance(one.expression, Column):
        if one.expression.name not in known:
            written(one.expression, fields)  # says so
        return replace(known[one.expression.name], name=one.name)
    kind = kind_of(one.expression, fields) or FieldType.STRING
    role = FieldRole.MEASURE if kind in (FieldType.INTEGER, FieldType.NUMBER) else FieldRole.TEXT
    return Field(name=one.name, type=kind, role=role)


def _group_field(one: Grouping, field: Field) -> Field:
    if one.step is None:
        return field
    kind = FieldType.DATETIME if one.step is Step.HOUR else FieldType.DATE
    return replace(field, name=one.name, type=kind, role=FieldRole.TIME)


def _measure_field(one: Aggregate, known: dict[str, Field]) -> Field:
    if one.measure is Measure.COUNT:
        return Field(name=one.name, type=FieldType.INTEGER, role=FieldRole.MEASURE)
    field = known[one.column]
    is_kept = one.measure in (Measure.MIN, Measure.MAX)
    is_whole = one.measure is Measure.SUM and field.type is FieldType.INTEGER
    kind = field.type if is_kept or is_whole else FieldType.NUMBER
    return Field(name=one.name, type=kind, role=FieldRole.MEASURE, unit=field.unit)

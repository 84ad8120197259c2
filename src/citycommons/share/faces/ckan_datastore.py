"""CKAN's DataStore over a version: its questions as queries, its rows with their `_id`.

`_id` is where a row stands in the version, from 1; a column of that name goes before it.

References
----------
CKAN 2.11 DataStore extension: datastore_search, datastore_search_sql.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldRole, FieldType
from citycommons.share import cells
from citycommons.share.expressions import select
from citycommons.share.expressions.sql import kind_of
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Literal,
    Named,
    Sorted,
    all_of,
    call,
)
from citycommons.share.query import Query, typed_value
from citycommons.share.rows import Page

MOST_ROWS = 32_000  # as CKAN gives at once
ID = "_id"
ID_FIELD = Field(name=ID, type=FieldType.INTEGER, role=FieldRole.IDENTIFIER)
ROW_NUMBER = call("row_number")
FORMATS = ("objects", "lists", "csv", "tsv")
_COMPARED = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "between", "in"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants of `datastore_search`."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    q: str | Mapping[str, Any] = ""
    fields: tuple[str, ...] = ()  # empty: all
    sort: str = ""
    is_distinct: bool = False
    limit: int | None = 100
    offset: int = 0


def query_of(asked: Asked, fields: Sequence[Field]) -> Query:
    """The query. Raises `Invalid` that names the parameter and what is wrong with it."""
    known = {one.name: one for one in fields}
    parts = [_filtered(name, value, known) for name, value in asked.filters.items()]
    if asked.q:
        parts += _worded(asked.q, known)
    for name in asked.fields:
        _known(name, known, "fields")
    own = tuple(name for name in asked.fields if name in known)
    computed: tuple[Named, ...] = ()
    if asked.is_distinct and asked.fields:
        computed = tuple(Named(name=n, expression=_column(n, known)) for n in asked.fields)
    return Query(
        columns=() if computed else own,
        computed=computed,
        group_by=tuple(one.expression for one in computed),
        filter=all_of(*parts),
        sort=_sorted(asked.sort, known),
        limit=asked.limit,
        offset=asked.offset,
    )


def shown(asked: Asked, fields: Sequence[Field]) -> tuple[Field, ...]:
    """The columns of the answer in their order."""
    known = {ID: ID_FIELD, **{one.name: one for one in fields}}
    names = asked.fields or ((ID,) if ID in known else ()) + tuple(one.name for one in fields)
    return tuple(known[name] for name in dict.fromkeys(names))


def _column(name: str, known: Mapping[str, Field]) -> Expression:
    return Column(name) if name in known else ROW_NUMBER


def _known(name: str, known: Mapping[str, Field], parameter: str) -> Field:
    if name in known:
        return known[name]
    if name == ID:
        return ID_FIELD
    raise Invalid(
        f"field “{name[:60]}” not in table. Fields are: {', '.join(known)}.", parameter=parameter
    )


def _filtered(name: str, value: Any, known: Mapping[str, Field]) -> Expression:
    one = _known(name, known, "filters")
    if one.type is FieldType.GEOMETRY:
        raise Invalid(f"“{name}” is a geometry and cannot be compared.", parameter="filters")
    values = value if isinstance(value, list) else [value]
    if len(values) > 1_000 or any(isinstance(item, dict | list) for item in values):
        raise Invalid(f"“{name}” takes a value, or a list of up to 1000.", parameter="filters")
    column = _column(name, known)
    said = [Literal(_typed(item, one, "filters")) for item in values if item is not None]
    parts: list[Expression] = [Call("in", (column, *said))] if said else []
    parts += [call("is_null", column)] if len(said) < len(values) else []
    if not parts:
        return call("eq", Literal(1), Literal(0))  # among no values there is none
    return parts[0] if len(parts) == 1 else Call("or", tuple(parts))


def _typed(value: Any, one: Field, parameter: str) -> Any:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return typed_value(parameter, one, text)


def _worded(q: str | Mapping[str, Any], known: Mapping[str, Field]) -> list[Expression]:
    """Each word in some column; or, of an object, in the columns named there."""
    if isinstance(q, str):
        columns = [one for one in known.values() if one.type is not FieldType.GEOMETRY]
        return [_said(word, columns) for word in q.split()[:50]]
    found = []
    for name, words in q.items():
        one = _known(name, known, "q")
        found += [_said(word, [one]) for word in str(words).removesuffix(":*").split()[:50]]
    return found


def _said(word: str, columns: Sequence[Field]) -> Expression:
    parts = [
        call("holds", Column(one.name), Literal(word))
        if one.type is FieldType.STRING
        else call("eq", call("text", Column(one.name)), Literal(word))
        for one in columns
        if one is not ID_FIELD
    ]
    return Call("or", tuple(parts)) if parts else call("eq", Literal(1), Literal(0))


_LONGEST = 4_000
_SORT = re.compile(
    r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^",]+?))'
    r"(?:\s+(?P<way>asc|desc))?(?:\s+nulls\s+last)?\s*(?:,|$)",
    re.I,
)


def _sorted(text: str, known: Mapping[str, Field]) -> tuple[Sorted, ...]:
    if len(text) > _LONGEST:
        raise Invalid(f"This is longer than {_LONGEST} signs.", parameter="sort")
    found, at = [], 0
    while at < len(text.rstrip()):
        if (one := _SORT.match(text, at)) is None:
            raise Invalid(f"Cannot sort by “{text[at : at + 60]}”.", parameter="sort")
        name = one["quoted"].replace('""', '"') if one["quoted"] else one["plain"]
        _known(name, known, "sort")
        is_down = (one["way"] or "asc").lower() == "desc"
        found.append(Sorted(expression=_column(name, known), descending=is_down))
        at = one.end()
    return tuple(found)


def selected(asked: select.Select, fields: Sequence[Field]) -> Query:
    """The query of a SQL question. Raises `Invalid` that says what does not fit."""
    known = {one.name: one for one in fields}
    computed = _unique([named for item in asked.items for named in _items(item, known)])
    if asked.is_distinct and asked.group_by:
        raise Invalid("DISTINCT and GROUP BY are not read together here.")
    groups = [one.expression for one in computed] if asked.is_distinct else asked.group_by
    # Names of the answer may be sorted and grouped by; within it they mean columns.
    names = frozenset(one.name for one in computed) - {*known, ID}

    def fitted(one: Expression, names: frozenset[str] = frozenset()) -> Expression:
        return _fitted(_placed(one, known, names), fields)

    return Query(
        computed=tuple(replace(one, expression=fitted(one.expression)) for one in computed),
        group_by=tuple(fitted(one, names) for one in groups),
        filter=None if asked.where is None else fitted(asked.where),
        having=None if asked.having is None else _placed(asked.having, known, names),
        sort=tuple(replace(o, expression=_placed(o.expression, known, names)) for o in asked.order),
        limit=asked.limit,
        offset=asked.offset,
    )


def _items(item: Named | None, known: Mapping[str, Field]) -> list[Named]:
    if item is not None:
        return [item]
    every = [Named(name=name, expression=Column(name)) for name in known]
    return every if ID in known else [Named(name=ID, expression=Column(ID)), *every]


def _unique(items: Sequence[Named]) -> list[Named]:
    """Names of their own: `count`, `count_1`."""
    found: dict[str, Named] = {}
    for one in items:
        name, number = one.name, 0
        while name.casefold() in {taken.casefold() for taken in found}:
            number += 1
            name = f"{one.name}_{number}"
        found[name] = replace(one, name=name)
    return list(found.values())


def _placed(one: Expression, known: Mapping[str, Field], names: frozenset[str]) -> Expression:
    """`_id` is where the row stands."""
    if one == Column(ID) and ID not in known and ID not in names:
        return ROW_NUMBER
    if isinstance(one, Call):
        return Call(one.function, tuple(_placed(part, known, names) for part in one.arguments))
    return one


def _fitted(one: Expression, fields: Sequence[Field]) -> Expression:
    """Texts that are compared with numbers or flags become such, as PostgreSQL reads them."""
    if not isinstance(one, Call):
        return one
    parts = tuple(_fitted(part, fields) for part in one.arguments)
    if one.function in _COMPARED:
        kinds = {kind_of(part, fields) for part in parts if not isinstance(part, Literal)}
        wanted = kinds & {FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN}
        if wanted:
            made = Field(name="", type=FieldType.NUMBER)
            made = replace(made, type=FieldType.BOOLEAN) if FieldType.BOOLEAN in wanted else made
            parts = tuple(_read(part, made) for part in parts)
    return Call(one.function, parts)


def _read(one: Expression, kind: Field) -> Expression:
    if isinstance(one, Literal) and isinstance(one.value, str):
        return Literal(typed_value("query", kind, one.value))
    return one


def with_ids(page: Page, columns: Sequence[Field]) -> pa.Table:
    """The rows of a page in these columns, `_id` among them where it is asked for."""
    table = page.table
    if ID in (one.name for one in columns) and ID not in table.column_names:
        table = table.append_column(ID, pa.array([at + 1 for at in page.positions], pa.int64()))
    return table.select([one.name for one in columns])


def records(table: pa.Table, columns: Sequence[Field], format: str) -> bytes:
    """The rows as JSON: objects, lists, or one text of CSV or tabs without a header."""
    match format:
        case "objects":
            return b"[" + cells.json_objects(table, columns, ",\n")[:-2] + b"]"
        case "lists":
            return b"[" + cells.json_lists(table, columns, ",\n")[:-2] + b"]"
        case "csv":
            return orjson.dumps(cells.csv_lines(table, columns).decode())
        case "tsv":
            return orjson.dumps(cells.csv_lines(table, columns, "\t").decode())
    raise Invalid(f"Must be one of {', '.join(FORMATS)}.", parameter="records_format")

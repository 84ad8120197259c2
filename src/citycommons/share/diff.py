"""What differs between two versions of a dataset, row by row, and in their columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from citycommons.core.types import Digest, Field, FieldType
from citycommons.share import cells, sql
from citycommons.share.expressions.sql import Statement, quote
from citycommons.share.open import Opened
from citycommons.share.query import EVERYTHING
from citycommons.share.sql import ROW
from citycommons.store.lake import Lake

_TIMEOUT_S = 60.0


class Kind(StrEnum):
    """What happened to a row."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row that differs; `columns` names the cells that do."""

    kind: Kind
    before: dict[str, Any] | None  # geometry as well-known text
    after: dict[str, Any] | None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A column that came (`before` is None), went (`after` is None) or has another type or unit."""

    before: Field | None
    after: Field | None

    @property
    def name(self) -> str:
        return (self.after or self.before or Field(name="", type=FieldType.STRING)).name


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A file of the lake that is compared, with its fields; whoever makes one may read it."""

    name: str  # as a sentence names it: “version 3”
    path: Path
    digest: Digest  # of its content
    fields: tuple[Field, ...]
    rows: int
    lake: Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows came, went, changed and stayed, over all rows."""

    added: int
    removed: int
    changed: int
    unchanged: int
    key: tuple[str, ...]  # empty: whole rows were compared, so none counts as changed
    note: str  # why no key was used, though there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Exact counts over all rows, and one page of the rows that differ."""

    older: int
    newer: int
    key: tuple[str, ...]  # empty: whole rows were compared, so none counts as changed
    note: str  # why no key was used, though there is one
    fields: tuple[FieldChange, ...]
    added: int
    removed: int
    changed: int
    unchanged: int
    changes: tuple[Change, ...]
    limit: int
    offset: int


def diff(
    older: Opened,
    newer: Opened,
    *,
    key: Sequence[str] | None = None,
    only: Kind | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Diff:
    """Compare two versions by key, the dataset's if none is given.

    Without a key, or with one that does not tell rows apart, whole rows are compared as often as
    they occur. Only columns that both versions have are compared; the others are in `fields`.
    Raises `TooMuch` past the lake's limits of time or memory.
    """
    sides = side_of(older), side_of(newer)
    join, note = _joined(*sides, tuple(newer.dataset.key if key is None else key))
    counts = _counts(*sides, join)
    differ = counts["added"] or counts["removed"] or counts["changed"]
    return Diff(
        older=older.version.number,
        newer=newer.version.number,
        key=join.key,
        note=note,
        fields=_field_changes(older.version.fields, newer.version.fields),
        **counts,
        changes=_page(older, newer, join, only, limit, offset) if differ else (),
        limit=limit,
        offset=offset,
    )


def count(older: Side, newer: Side, key: Sequence[str]) -> Counts:
    """What `diff` counts, of any two files: also before the newer one is a version."""
    join, note = _joined(older, newer, tuple(key))
    return Counts(**_counts(older, newer, join), key=join.key, note=note)


def side_of(opened: Opened) -> Side:
    """A version as a side of a comparison."""
    one = opened.version
    return Side(
        name=f"version {one.number}",
        path=opened.path,
        digest=one.digest,
        fields=one.fields,
        rows=one.rows,
        lake=opened.lake,
    )


def _field_changes(older: Sequence[Field], newer: Sequence[Field]) -> tuple[FieldChange, ...]:
    before = {field.name: field for field in older}
    after = {field.name: field for field in newer}
    names = [*before, *(name for name in after if name not in before)]
    pairs = [(before.get(name), after.get(name)) for name in names]
    return tuple(
        FieldChange(before=one, after=two)
        for one, two in pairs
        if one is None or two is None or (one.type, one.unit) != (two.type, two.unit)
    )


def _joined(older: Side, newer: Side, key: tuple[str, ...]) -> tuple["_Join", str]:
    names = {field.name for field in older.fields}
    shared = [field.name for field in newer.fields if field.name in names]
    used, note = _usable(older, newer, key, shared)
    return _Join(older, newer, used, shared), note


def _usable(
    older: Side, newer: Side, key: tuple[str, ...], shared: list[str]
) -> tuple[tuple[str, ...], str]:
    if not key:
        return (), ""
    if missing := [name for name in key if name not in shared]:
        return (), f"The key column {', '.join(missing)} is not in both versions."
    for side in (older, newer):
        names = ", ".join(quote(name) for name in key)
        statement = (
            f"SELECT count(*) FROM (SELECT 1 FROM read_parquet(?) GROUP BY {names} "
            "HAVING count(*) > 1)"
        )
        if twice := _ask(side.lake, Statement(statement, (str(side.path),))).column(0)[0].as_py():
            return (), (
                f"{twice} values of the key {', '.join(key)} occur more than once in {side.name}."
            )
    return key, ""


class _Join:
    """Both sides beside each other: `o` and `n`, whose row numbers are null where a row is not."""

    def __init__(self, older: Side, newer: Side, key: tuple[str, ...], shared: list[str]) -> None:
        self.key, self.shared = key, shared
        kinds = [{f.name: f.type for f in one.fields} for one in (older, newer)]
        cast = {name for name in shared if kinds[0][name] is not kinds[1][name]}
        shapes = [
            {name for name, kind in some.items() if kind is FieldType.GEOMETRY} for some in kinds
        ]
        matched = key or tuple(shared)
        sides = []
        for shape in shapes:
            items = []
            for count, name in enumerate(shared):
                value = quote(name)
                if name in shape:
                    value = f"ST_AsWKB({value})"
                items.append(
                    f"{f'CAST({value} AS VARCHAR)' if name in cast else value} AS c{count}"
                )
            sides.append(f"SELECT {', '.join([*items, ROW])} FROM read_parquet(?, {ROW} = true)")
        self._at = {name: f"c{count}" for count, name in enumerate(shared)}
        columns = [self._at[name] for name in matched]
        if not key:
            # The n-th of equal rows stands against the n-th: rows count as often as they occur.
            nth = f"row_number() OVER (PARTITION BY {', '.join(columns)} ORDER BY {ROW}) AS nth"
            sides = [f"SELECT *, {nth} FROM ({side})" for side in sides]
            columns.append("nth")
        on = " AND ".join(f"o.{column} IS NOT DISTINCT FROM n.{column}" for column in columns)
        self.sql = f"FROM ({sides[0]}) o FULL JOIN ({sides[1]}) n ON {on or 'false'}"
        self.parameters = (str(older.path), str(newer.path))
        rest = [self._at[name] for name in shared if name not in matched]
        self.differs = (
            " OR ".join(f"o.{column} IS DISTINCT FROM n.{column}" for column in rest) or "false"
        )
        self.order = ", ".join(
            [f"coalesce(o.{c}, n.{c}) NULLS LAST" for c in columns] + [f"n.{ROW}", f"o.{ROW}"]
        )


def _counts(older: Side, newer: Side, join: _Join) -> dict[str, int]:
    if older.digest == newer.digest:
        return {"added": 0, "removed": 0, "changed": 0, "unchanged": newer.rows}
    both = f"o.{ROW} IS NOT NULL AND n.{ROW} IS NOT NULL"
    found = _ask(
        newer.lake,
        Statement(
            f"SELECT count(*) FILTER (o.{ROW} IS NULL) AS added, "
            f"count(*) FILTER (n.{ROW} IS NULL) AS removed, "
            f"count(*) FILTER ({both} AND ({join.differs})) AS changed, "
            f"count(*) FILTER ({both} AND NOT ({join.differs})) AS unchanged {join.sql}",
            join.parameters,
        ),
    )
    return {name: int(number) for name, number in found.to_pylist()[0].items()}


_WHERE = {
    Kind.ADDED: f"o.{ROW} IS NULL",
    Kind.REMOVED: f"n.{ROW} IS NULL",
    Kind.CHANGED: f"o.{ROW} IS NOT NULL AND n.{ROW} IS NOT NULL AND ({{differs}})",
}


def _page(
    older: Opened,
    newer: Opened,
    join: _Join,
    only: Kind | None,
    limit: int,
    offset: int,
) -> tuple[Change, ...]:
    where = " OR ".join(
        f"({text.format(differs=join.differs)})"
        for kind, text in _WHERE.items()
        if only in (None, kind)
    )
    pairs = _ask(
        newer.lake,
        Statement(
            f"SELECT o.{ROW} AS older, n.{ROW} AS newer {join.sql} WHERE {where} "
            f"ORDER BY {join.order} LIMIT {limit:d} OFFSET {offset:d}",
            join.parameters,
        ),
    ).to_pylist()
    before = _rows(older, [pair["older"] for pair in pairs if pair["older"] is not None])
    after = _rows(newer, [pair["newer"] for pair in pairs if pair["newer"] is not None])
    return tuple(
        _change(before.get(pair["older"]), after.get(pair["newer"]), join.shared) for pair in pairs
    )


def _change(
    before: dict[str, Any] | None, after: dict[str, Any] | None, shared: list[str]
) -> Change:
    if before is None or after is None:
        return Change(
            kind=Kind.ADDED if before is None else Kind.REMOVED, before=before, after=after
        )
    columns = tuple(
        n for n in shared if before[n] != after[n] and not _are_nan(before[n], after[n])
    )
    return Change(kind=Kind.CHANGED, before=before, after=after, columns=columns)


def _are_nan(one: Any, two: Any) -> bool:
    return bool(one != one and two != two)  # NaN alone is unequal to itself


def _rows(opened: Opened, numbers: list[int]) -> dict[int, dict[str, Any]]:
    if not numbers:
        return {}
    fields = opened.version.fields
    found = _ask(opened.lake, sql.at_positions(EVERYTHING, fields, numbers, opened.path))
    values = {f.name: _values(found, f) for f in fields}
    places = found.column(ROW).to_pylist()
    return {n: {name: column[i] for name, column in values.items()} for i, n in enumerate(places)}


def _values(table: pa.Table, field: Field) -> list[Any]:
    if field.type is FieldType.GEOMETRY:
        return list(cells.wkt(cells.whole(table, field.name)))
    return table.column(field.name).to_pylist()  # type: ignore[no-any-return]


def _ask(lake: Lake, statement: Statement) -> pa.Table:
    return lake.query(statement.sql, statement.parameters, timeout_s=_TIMEOUT_S)

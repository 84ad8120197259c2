"""Conditions on entries of the index, as the query languages of other catalogues say them, in SQL.

They are put together with “and”, “or” and “not”; each engine finds the same.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy import false as never
from sqlalchemy import true as always

from citycommons.core.types import Bbox
from citycommons.store import search
from citycommons.store.tables import datasets, search_entries, versions

_one = search_entries.c
NAMES = (
    *("id", "publisher", "theme", "category", "license", "access", "format", "keyword"),
    "identifier",
)
"""What `Has` may ask for."""
TIMES = ("modified", "created")
_COLUMNS: dict[str, ColumnElement[str]] = {
    "id": _one.dataset,
    "publisher": _one.publisher,
    "theme": _one.theme,
    "category": _one.category,
    "license": _one.license,
    "access": _one.access,
}


@dataclass(frozen=True, slots=True)
class Has:
    """A value of this name is there; with `is_pattern`, `*` stands for any signs, `?` for one."""

    name: str  # of NAMES
    value: str
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Says:
    """These folded words occur, each may be a beginning; a phrase occurs as it is."""

    words: tuple[str, ...]
    is_phrase: bool = False
    in_title: bool = False  # title and keywords only


@dataclass(frozen=True, slots=True)
class Within:
    """Changed or made within a span of time; an open end is None."""

    name: str  # of TIMES
    first: datetime | None = None
    last: datetime | None = None
    has_first: bool = True  # the moment itself counts
    has_last: bool = True


@dataclass(frozen=True, slots=True)
class Meets:
    """The place of its data touches one of the boxes, or is not known."""

    boxes: tuple[Bbox, ...]


@dataclass(frozen=True, slots=True)
class Lasts:
    """The time of its data meets a span of days, or is not known; an open end is None."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """All of them hold; of none, always."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of them holds; of none, never."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: "Condition"


Condition: TypeAlias = Has | Says | Within | Meets | Lasts | Every | Some | Not


def costly(one: "Condition") -> int:
    """How many parts of it go through the index of words, or through every keyword."""
    match one:
        case Every(parts) | Some(parts):
            return sum(map(costly, parts))
        case Not(part):
            return costly(part)
        case Has(name, _, is_pattern):
            return int(is_pattern or name == "keyword")
    return int(isinstance(one, Says))


def written(db: Connection, one: Condition) -> ColumnElement[bool]:
    """The condition on `search_entries` as this database wants it."""
    match one:
        case Every(parts):
            return and_(always(), *(written(db, part) for part in parts))
        case Some(parts):
            return or_(never(), *(written(db, part) for part in parts))
        case Not(part):
            return not_(written(db, part))
        case Within():
            return _one.dataset.in_(_in_time(one))
        case Meets():
            return _one.dataset.not_in(_elsewhere(one))
        case Lasts():
            return _one.dataset.not_in(_at_other_times(one))
        case Says():
            return _said(db, one)
        case Has("keyword"):
            return _has_keyword(db, one)
        case Has("format"):
            return _has_format(one)
        case Has("identifier"):
            named = select(datasets.c.id).where(datasets.c.identifier == one.value)
            return _one.dataset.in_(named)
    column = _COLUMNS[one.name]
    return _like(column, one.value) if one.is_pattern else column == one.value


def _like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # One sign at least: `*` alone asks whether anything is said.
    wanted = "_%" if pattern == "*" else escaped.replace("*", "%").replace("?", "_")
    return column.like(wanted, escape="\\")


def _in_time(one: Within) -> Select[Any]:
    query = select(datasets.c.id)
    if one.name == "modified":
        column, first, last = datasets.c.modified, one.first, one.last
    else:
        column = datasets.c.body["created"].as_string()
        first, last = (_spelled(moment) for moment in (one.first, one.last))  # type: ignore[assignment]
    if first is not None:
        query = query.where(column >= first if one.has_first else column > first)
    if last is not None:
        query = query.where(column <= last if one.has_last else column < last)
    return query


def _with_data() -> Select[Any]:
    """Ids of entries, beside the newest version where there is one."""
    is_latest = (versions.c.dataset == datasets.c.id) & (versions.c.number == datasets.c.latest)
    return select(datasets.c.id).select_from(datasets.outerjoin(versions, is_latest))


def _elsewhere(one: Meets) -> Select[Any]:
    west, south, east, north = (versions.c.body[("bounds", n)].as_float() for n in range(4))
    apart = (or_(west > e, east < w, south > n, north < s) for w, s, e, n in one.boxes)
    return _with_data().where(*apart)


def _at_other_times(one: Lasts) -> Select[Any]:
    said = [datasets.c.body[("temporal", n)].as_string() for n in (0, 1)]
    seen = [versions.c.body[("period", n)].as_string() for n in (0, 1)]
    is_said = or_(*(edge.is_not(None) for edge in said))
    # By the day: a period is of days or of moments.
    start, end = (
        func.substr(case((is_said, own), else_=found), 1, 10)
        for own, found in zip(said, seen, strict=True)
    )
    after = [] if one.last is None else [start > one.last.isoformat()]
    before = [] if one.first is None else [end < one.first.isoformat()]
    return _with_data().where(or_(never(), *after, *before))


def _spelled(moment: datetime | None) -> str | None:
    """As it stands in the JSON of an entry."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _has_format(one: Has) -> ColumnElement[bool]:
    if one.is_pattern and one.value == "*":
        return func.trim(_one.formats) != ""
    return _like(func.lower(_one.formats), f"* {one.value.casefold()} *")


def _said(db: Connection, one: Says) -> ColumnElement[bool]:
    if not one.words:
        return never()
    if db.dialect.name == "sqlite":
        rowid: ColumnElement[int] = literal_column("rowid")
        index = select(rowid).select_from(text("search_index"))
        hits = index.where(literal_column("search_index").op("MATCH")(_fts5(one)))
        return _one.rowid.in_(hits)
    return literal_column("document").op("@@")(func.to_tsquery("simple", _tsquery(one)))


def matching(db: Connection, one: Says) -> str:
    """What has to be said, as the database's own full-text question."""
    return _fts5(one) if db.dialect.name == "sqlite" else _tsquery(one)


def _fts5(one: Says) -> str:
    if one.is_phrase:
        found = f'"{" ".join(one.words)}"'
    else:
        found = " AND ".join(f'"{word}"*' for word in one.words)
    return f"title : ({found})" if one.in_title else found


def _tsquery(one: Says) -> str:
    if one.is_phrase:
        mark = ":A" if one.in_title else ""
        return " <-> ".join(f"'{word}'{mark}" for word in one.words)
    mark = ":*A" if one.in_title else ":*"
    return " & ".join(f"'{word}'{mark}" for word in one.words)


def _has_keyword(db: Connection, one: Has) -> ColumnElement[bool]:
    query, value = with_keywords(db)
    asked = _like(value, one.value) if one.is_pattern else value == one.value
    found = _one.dataset.in_(query.with_only_columns(datasets.c.id).where(asked))
    words = tuple(search.words(one.value))
    if one.is_pattern or not words:
        return found
    # Keywords stand in the index of words too, which leaves few entries to look into.
    return and_(_said(db, Says(words, in_title=True)), found)


def with_keywords(db: Connection) -> tuple[Select[Any], ColumnElement[str]]:
    """Entries with one row for each of their keywords, and the column of the keyword."""
    if db.dialect.name == "sqlite":
        rows = func.json_each(datasets.c.body, "$.keywords").table_valued("value")
        value: ColumnElement[str] = cast(rows.c.value, String)
        return select(datasets.c.id, value).select_from(datasets.join(rows, always())), value
    keywords = datasets.c.body["keywords"]
    made = func.jsonb_array_elements_text(keywords).table_valued("value").lateral()
    return select(datasets.c.id, made.c.value).select_from(
        datasets.join(made, always())
    ), made.c.value

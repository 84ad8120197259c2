"""What `/items` asks, and the features that answer it.

References
----------
OGC 17-069r4 (Features Part 1) clause 7.15, 18-058r1 (Part 2), 19-079r2 (Part 3).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Bbox, Field, FieldRole, FieldType, Version
from citycommons.share import cells, packed
from citycommons.share.crs import WORLD, System, system
from citycommons.share.expressions import cql2_json, cql2_text
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Literal,
    Shape,
    all_of,
    call,
    renamed,
)
from citycommons.share.open import Opened
from citycommons.share.packed import Collection
from citycommons.share.query import Comparison, Condition, Order, Query, compared, searchable
from citycommons.share.rows import positions, rows
from citycommons.share.selection import is_kept

MOST = 10_000  # features on one page; asking for more gives as many
DEFAULT = 100
LANGUAGES = ("cql2-text", "cql2-json")
PARAMETERS = frozenset(
    (
        *("bbox", "bbox-crs", "crs", "datetime", "limit", "offset", "f", "lang"),
        *("filter", "filter-lang", "filter-crs", "sortby", "properties", "q"),
    )
)
_PLACES = ("geometry", "geom", "the_geom", "shape")  # what clients call it without looking
_SPANS = (
    *(("starts", "ends"), ("start", "end"), ("begins", "ends"), ("begin", "end")),
    *(("beginn", "ende"), ("from", "until"), ("from", "to"), ("von", "bis")),
    *(("debut", "fin"), ("inizio", "fine")),
)
_METRE_DECIMALS = 3
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One page of features, as it was asked for."""

    limit: int = DEFAULT
    offset: int = 0
    bbox: Bbox | None = None
    where: tuple[Condition, ...] = ()
    filter: Expression | None = None
    order: tuple[Order, ...] = ()
    columns: tuple[str, ...] = ()  # empty: all
    crs: System = WORLD

    @property
    def is_packed(self) -> bool:
        """Whether the packed file alone answers it."""
        is_plain = self.filter is None and not (self.where or self.order)
        return is_plain and self.keeps_shape

    @property
    def keeps_shape(self) -> bool:
        """Whether features are wanted as they are kept."""
        return not self.columns and self.crs == WORLD

    @property
    def query(self) -> Query:
        """The same as a question to the rows."""
        return Query(
            bbox=self.bbox,
            where=self.where,
            filter=self.filter,
            order=self.order,
            limit=self.limit,
            offset=self.offset,
        )


def ask(pairs: Pairs, version: Version) -> Asked:
    """What an address's parameters ask of a version.

    Raises `Invalid` that names the parameter that is unknown or wrong.
    """
    fields = {field.name: field for field in version.fields}
    given = _given(pairs, fields)
    place = version.geometry
    parts = [*_box(given, version), *_times(given, version), *_words(given, version.fields)]
    parts += _filter(given, fields, place)
    bbox = next((one for one in parts if isinstance(one, tuple)), None)
    return Asked(
        limit=min(whole(given, "limit", DEFAULT, least=1), MOST),
        offset=whole(given, "offset", 0),
        bbox=bbox,
        where=tuple(_wheres(pairs, fields)),
        filter=all_of(*(one for one in parts if not isinstance(one, tuple))),
        order=tuple(_order(given, fields)),
        columns=_columns(given, fields, place),
        crs=system(given["crs"]) if "crs" in given else WORLD,
    )


def _given(pairs: Pairs, fields: Mapping[str, Field]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in pairs:
        if name not in PARAMETERS:
            if name in fields:
                continue
            raise Invalid(
                f"“{name[:60]}” is no parameter of this collection. See its queryables.",
                parameter=name,
            )
        if name in found:
            raise Invalid(f"“{name}” is given twice; give it once.", parameter=name)
        found[name] = text
    return found


def whole(given: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    """A whole number among parameters. Raises `Invalid` that names it."""
    if name not in given:
        return default
    text = given[name].strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or int(text) < least:
        raise Invalid(f"“{name}”: “{text[:40]}” is no whole number from {least}.", parameter=name)
    return int(text)


def _box(given: Mapping[str, str], version: Version) -> Iterator[Bbox | Expression]:
    """The box as edges in degrees, or as a condition where edges are not all of it."""
    if "bbox" not in given:
        return
    place = version.geometry
    some_are_nowhere = has_gaps(version)
    try:
        numbers = [float(part) for part in given["bbox"].split(",")]
        used = system(given["bbox-crs"], "bbox-crs") if "bbox-crs" in given else WORLD
        edges = used.bbox(numbers)
        is_simple = edges is not None and not some_are_nowhere
        shape: Any = None if is_simple else used.box(numbers)
    except ValueError as cause:
        raise Invalid(
            f"“bbox”: “{given['bbox'][:60]}” is not four or six numbers with commas.",
            parameter="bbox",
        ) from cause
    except Invalid as cause:
        if "parameter" in cause.where:
            raise
        raise Invalid(f"“bbox”: {cause.message}", parameter="bbox") from cause
    if place is None:  # features without a place match any box (requirement 24 C)
        return
    if edges is not None and shape is None:
        yield edges
        return
    inside = call("s_intersects", Column(place), Shape(shapely.to_wkb(shape)))
    yield _or_null(inside, place) if some_are_nowhere else inside


def _or_null(one: Expression, column: str) -> Expression:
    return call("or", call("is_null", Column(column)), one)


def _times(given: Mapping[str, str], version: Version) -> Iterator[Expression]:
    """Features whose time meets that of the parameter; those without a time do (26 C)."""
    if "datetime" not in given:
        return
    start, end = moments(given["datetime"])
    found = time_columns(version.fields)
    if found is None:
        return
    kinds = {field.name: field.type for field in version.fields}
    nulls = {one.name: one.nulls for one in version.statistics}
    first, last = found
    for column, sign, edge in ((last, "ge", start), (first, "le", end)):
        if edge is not None:
            value = edge.date() if kinds[column] is FieldType.DATE else edge
            part = call(sign, Column(column), Literal(value))
            yield _or_null(part, column) if nulls.get(column, 1) else part


def moments(text: str) -> tuple[datetime | None, datetime | None]:
    """Start and end of a `datetime` parameter; None for what is open.

    Raises `Invalid` for what is neither a time nor an interval.
    """
    first, mark, last = text.strip().partition("/")
    start = _edge(first, is_end=False, is_open=bool(mark))
    end = _edge(last if mark else first, is_end=True, is_open=bool(mark))
    if start and end and start > end:
        raise Invalid("“datetime”: the interval ends before it starts.", parameter="datetime")
    return start, end


def _edge(text: str, *, is_end: bool, is_open: bool) -> datetime | None:
    if is_open and text in ("", ".."):
        return None
    # A plus sign in an address arrives as a space.
    clean = re.sub(r" (\d\d:?\d\d)$", r"+\1", text)
    try:
        if len(clean) == 10:
            day = datetime.combine(date.fromisoformat(clean), datetime.min.time(), UTC)
            return day + timedelta(days=1, microseconds=-1) if is_end else day
        found = datetime.fromisoformat(clean.upper()) if "T" in clean.upper() else None
        if found is not None:
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise Invalid(
        f"“datetime”: “{text[:40]}” is no time. Write 2026-03-31T08:00:00Z, or an interval with "
        "“/” and “..” for an open end.",
        parameter="datetime",
    )


def time_columns(fields: Sequence[Field]) -> tuple[str, str] | None:
    """The columns of a row's start and end, the same twice for an instant; None without any."""
    timed = [f for f in fields if f.type in (FieldType.DATE, FieldType.DATETIME)]
    lower = {field.name.lower(): field.name for field in timed}
    for first, last in _SPANS:
        for name, column in lower.items():
            if first in name and (other := name.replace(first, last, 1)) in lower:
                return column, lower[other]
    timed.sort(key=lambda field: field.role is not FieldRole.TIME)
    return (timed[0].name, timed[0].name) if timed else None


def _words(given: Mapping[str, str], fields: Sequence[Field]) -> Iterator[Expression]:
    """Features in which all words of a term occur; of terms with commas, one will do (Part 9)."""
    terms = [term.split() for term in given.get("q", "").split(",") if term.strip()]
    if terms:
        columns = [Column(name) for name in searchable(fields)]
        yield _any(all_of(*(_in_any(word, columns) for word in words)) for words in terms)


def _in_any(word: str, columns: Sequence[Column]) -> Expression:
    return _any(call("holds", column, Literal(word)) for column in columns)


def _any(parts: Iterable[Expression | None]) -> Expression:
    some = tuple(part for part in parts if part is not None)
    return Call("or", some) if some else Literal(False)


def _filter(
    given: Mapping[str, str], fields: Mapping[str, Field], place: str | None
) -> Iterator[Expression]:
    language = given.get("filter-lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise Invalid(
            f"“filter-lang”: “{language[:40]}” is not one of {', '.join(LANGUAGES)}.",
            parameter="filter-lang",
        )
    used = system(given["filter-crs"], "filter-crs") if "filter-crs" in given else WORLD
    if "filter" not in given:
        return
    read = cql2_json.parse if language == "cql2-json" else cql2_text.parse
    try:
        found = read(given["filter"], used)
    except Invalid as cause:
        raise Invalid(f"“filter”: {cause.message}", parameter="filter") from cause
    names = {name: place for name in _PLACES if place and name not in fields}
    yield renamed(found, names)


def _wheres(pairs: Pairs, fields: Mapping[str, Field]) -> Iterator[Condition]:
    for name, text in pairs:
        if name in fields and name not in PARAMETERS:
            yield compared(name, fields[name], Comparison.EQ, text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]


def _order(given: Mapping[str, str], fields: Mapping[str, Field]) -> Iterator[Order]:
    for item in _names(given.get("sortby", "")):
        # A plus sign in an address arrives as a space.
        name = item if item in fields else item.lstrip("+- ")
        if name not in fields or fields[name].type is FieldType.GEOMETRY:
            raise Invalid(f"“sortby”: “{name[:60]}” cannot be sorted by.", parameter="sortby")
        yield Order(column=name, descending=item != name and item.startswith("-"))


def _columns(
    given: Mapping[str, str], fields: Mapping[str, Field], place: str | None
) -> tuple[str, ...]:
    if "properties" not in given:
        return ()
    names = [name for name in _names(given["properties"]) if name]
    for name in names:
        if name not in fields:
            raise Invalid(
                f"“properties”: there is no property “{name[:60]}”.", parameter="properties"
            )
    asked = dict.fromkeys(name for name in names if name != place)
    return (*asked, *((place,) if place else ()))


def items(opened: Opened, asked: Asked) -> Collection:
    """The page of features. Raises `Invalid` for a filter that does not fit the columns."""
    if opened.version.geometry is None:
        return _written(opened, asked)
    if asked.is_packed:
        return packed.collection(opened, asked.bbox, asked.limit, asked.offset)
    if not asked.keeps_shape:
        return _written(opened, asked)
    found, matched = positions(opened, asked.query)
    return Collection(matched=matched, returned=len(found), body=packed.at(opened, found))


def item(opened: Opened, id: str, crs: System = WORLD) -> bytes:
    """One feature by its id, without links. Raises `NotFound`."""
    number = int(id) if id.isascii() and id.isdecimal() and len(id) < 16 else -1
    if not 0 <= number < opened.version.rows:
        last = opened.version.rows - 1
        raise NotFound(
            f"“{opened.dataset.id}” has no feature “{id[:40]}”: they run from 0 to {last}.",
            dataset=opened.dataset.id,
        )
    if opened.version.geometry is not None and crs == WORLD:
        return packed.feature(opened, number)
    return _written(opened, Asked(limit=1, offset=number, crs=crs)).body


def _written(opened: Opened, asked: Asked) -> Collection:
    """Features made from rows: of some properties, in another system, or without a place."""
    page = rows(opened, replace(asked.query, columns=asked.columns))
    table, place = page.table, opened.version.geometry
    decimals = cells.DECIMALS
    if place is not None and asked.crs != WORLD:
        decimals = _METRE_DECIMALS if asked.crs.is_projected else decimals
        table = _moved(table, place, asked.crs)
    lines = cells.features(table, page.fields, page.positions, decimals)
    body = cells.payload(cells.joined([lines, ",\n"]))[:-2]
    return Collection(matched=page.total, returned=table.num_rows, body=body)


def _moved(table: pa.Table, place: str, crs: System) -> pa.Table:
    column = table.column(place).combine_chunks()
    shapes: Any = shapely.from_wkb(np.asarray(column.to_numpy(zero_copy_only=False), object))
    moved = pa.array(shapely.to_wkb(crs.written(shapes)), pa.binary())
    return table.set_column(table.schema.get_field_index(place), place, moved)


def ready(pairs: Pairs, version: Version) -> Asked | None:
    """What is asked, if the answer is in memory: a box and a page, or a filter asked before.

    Of a version with gaps a box also finds those, which is a filter. What cannot be asked is not
    ready: whoever works it out says what is wrong.
    """
    try:
        asked = ask(pairs, version)
    except Invalid:
        return None
    is_there = asked.is_packed or is_kept(version, asked.query)
    return asked if asked.keeps_shape and version.geometry and is_there else None


def has_gaps(version: Version) -> bool:
    """Whether some of its features have no place."""
    return any(one.nulls for one in version.statistics if one.name == version.geometry)

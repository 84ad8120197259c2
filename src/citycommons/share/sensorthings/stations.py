"""What a version's stations have, measure by measure, in one grouped question kept beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from citycommons.core.errors import TooMuch
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions.tree import Column, Expression, Literal, Named, call
from citycommons.share.kept import kept
from citycommons.share.open import Opened
from citycommons.share.query import Query
from citycommons.share.rows import batches
from citycommons.share.sensorthings.series import MOST_STATIONS, Series, statistics_of

SEPARATOR = "\x1f"
FEW, _FEW_PAIRS = 200, 20  # stations whose rows are found by skipping others


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The last known value of a datastream with what stands beside it in its row."""

    time: Any
    result: Any
    row: int
    others: dict[str, Any]  # column → value; with the flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How many observations a datastream has, and from when to when."""

    count: int
    first: Any
    latest: Latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One station: its value in each station column, what never changes there, and its place."""

    key: tuple[Any, ...]
    spans: tuple[Span | None, ...]  # by measure; None where nothing is known
    constants: dict[str, Any]
    wkb: bytes | None


class TooManyStations(TooMuch):
    """What was taken for stations are too many: rows are things then, not observations."""


def stations_of(opened: Opened, series: Series) -> tuple[Station, ...]:
    """All stations in the order of their values. Raises `TooManyStations`."""
    shape = repr((series.time, series.measures, series.stations, series.is_keyed))
    suffix = f".series-{blake2b(shape.encode(), digest_size=6).hexdigest()}.arrow"
    path = kept(opened, suffix, lambda aside: _write(opened, series, aside))
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    return _read(table, series)


def _write(opened: Opened, series: Series, path: Path) -> None:
    query = Query(computed=tuple(_computed(series)), group_by=_groups(series), limit=None)
    found, rows = [], 0
    for batch in batches(opened, query):
        found.append(batch)
        rows += batch.num_rows
        if rows > MOST_STATIONS:
            raise TooManyStations(f"“{series.dataset.id}” has more than {MOST_STATIONS} stations.")
    table = pa.Table.from_batches(found)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _groups(series: Series) -> tuple[Expression, ...]:
    return tuple(Column(field.name) for field in series.stations)


def beside(series: Series) -> tuple[Field, ...]:
    """Columns that an observation takes along: parameters, and the flag."""
    return (*series.others, *((series.flag,) if series.flag else ()))


def constant_columns(series: Series) -> tuple[Field, ...]:
    """Columns that may be the same in all rows of a station: not more values than stations."""
    told, most = statistics_of(series.version), series.count
    if most is None or not series.stations:
        return ()
    return tuple(f for f in series.others if f.name in told and told[f.name].distinct <= most)


def _computed(series: Series) -> list[Named]:
    time = Column(series.time.name)
    found = [Named(name=f"s{i}", expression=Column(f.name)) for i, f in enumerate(series.stations)]
    for i, measure in enumerate(series.measures):
        value = Column(measure.name)
        when = call("if_known", time, value)
        parts = {
            f"n{i}": call("count", when),
            f"first{i}": call("min", when),
            f"time{i}": call("max", when),
            f"value{i}": call("at_latest", value, when),
            f"row{i}": call("at_latest", call("row"), when),
            **{
                f"beside{i}_{j}": call("at_latest", Column(field.name), when)
                for j, field in enumerate(beside(series))
            },
        }
        found += [Named(name=name, expression=one) for name, one in parts.items()]
    for j, field in enumerate(constant_columns(series)):
        found.append(Named(name=f"low{j}", expression=call("min", Column(field.name))))
        found.append(Named(name=f"high{j}", expression=call("max", Column(field.name))))
    if series.geometry:
        place = call("at_latest", Column(series.geometry.name), time)
        found.append(Named(name="place", expression=place))
    return found


def _read(table: pa.Table, series: Series) -> tuple[Station, ...]:
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    constants, others = constant_columns(series), beside(series)

    def span(at: int, i: int) -> Span | None:
        if not columns[f"n{i}"][at]:
            return None
        latest = Latest(
            time=columns[f"time{i}"][at],
            result=columns[f"value{i}"][at],
            row=columns[f"row{i}"][at],
            others={f.name: columns[f"beside{i}_{j}"][at] for j, f in enumerate(others)},
        )
        return Span(count=columns[f"n{i}"][at], first=columns[f"first{i}"][at], latest=latest)

    return tuple(
        Station(
            key=tuple(columns[f"s{i}"][at] for i in range(len(series.stations))),
            spans=tuple(span(at, i) for i in range(len(series.measures))),
            constants={
                f.name: low
                for j, f in enumerate(constants)
                if (low := columns[f"low{j}"][at]) is not None and low == columns[f"high{j}"][at]
            },
            wkb=columns["place"][at] if "place" in columns else None,
        )
        for at in range(table.num_rows)
    )


def text_of(key: tuple[Any, ...]) -> str:
    """The station's values as one text, as they stand in ids."""
    return "~".join("" if value is None else str(value) for value in key)


def key_of(series: Series) -> Expression:
    """The same text, worked out of a row."""
    if len(series.stations) == 1:
        return _known(series.stations[0])
    parts: list[Expression] = []
    for field in series.stations:
        parts += [Literal("~"), _known(field)] if parts else [_known(field)]
    return call("concat", *parts)


def _known(field: Field) -> Expression:
    return call("coalesce", call("text", Column(field.name)), Literal(""))


def among(series: Series, keys: Sequence[tuple[Any, ...]], total: int) -> Expression | None:
    """The condition that a row is of one of these stations; None if it is of all `total`."""
    if not series.stations or len(keys) >= total:
        return None
    one = series.stations[0]
    if len(series.stations) == 1 and len(keys) <= FEW and all(k[0] is not None for k in keys):
        # In this form row groups are skipped.
        values = [Literal(k[0]) for k in keys]
        sign = "eq" if len(values) == 1 else "in"
        return call(sign, Column(one.name), *values)
    if len(keys) <= _FEW_PAIRS:
        return call("or", *(_is_of(series, key) for key in keys))
    return call("among", key_of(series), Literal(joined(keys)))


def joined(keys: Iterable[tuple[Any, ...]]) -> str:
    """Many stations in one text, as `among` and `place_among` take them."""
    return SEPARATOR.join(text_of(key) for key in keys)


def _is_of(series: Series, key: tuple[Any, ...]) -> Expression:
    parts = [
        call("eq", column, Literal(value)) if value is not None else call("is_null", column)
        for column, value in zip(_groups(series), key, strict=True)
    ]
    return parts[0] if len(parts) == 1 else call("and", *parts)


def is_day(series: Series) -> bool:
    """Whether its times are days."""
    return series.time.type is FieldType.DATE

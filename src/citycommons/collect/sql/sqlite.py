"""SQLite: plain files, GeoPackage, SpatiaLite."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from citycommons.collect.arrivals import inside
from citycommons.collect.sql.place import Place, identifier
from citycommons.collect.sql.rows import Column
from citycommons.collect.sql.shapes import sqlite
from citycommons.core.errors import Invalid, NotFound, Unavailable

_DAY = "____-__-__"
_SHAPES = frozenset(
    {
        "geometry",
        "point",
        "linestring",
        "polygon",
        "multipoint",
        "multilinestring",
        "multipolygon",
        "geometrycollection",
    }
)
_STEPS = 10_000  # of SQLite's machine between two looks at the clock


class Sqlite:
    """One read transaction on a file that is opened read-only."""

    mark = "?"

    def __init__(self, place: Place) -> None:
        name = place.database
        path = inside(Path(name) if Path(name).is_absolute() else _first(place, name), place.roots)
        if not path.is_file():
            raise NotFound(f"There is no database {path.name} in {path.parent}.", column="url")
        self._place, self._ends = place, time.monotonic() + place.timeout_s
        with _clear(place):
            # Not more than one thread at a time: a source is read by one worker.
            self._file = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False
            )
            self._file.execute("PRAGMA query_only = ON")
            self._file.execute("PRAGMA trusted_schema = OFF")
            self._file.set_progress_handler(lambda: time.monotonic() > self._ends, _STEPS)
            self._file.execute("BEGIN")

    def quote(self, name: str) -> str:
        return identifier(name)

    def quoted(self, table: str) -> str:
        return identifier(table)

    def nested(self, query: str) -> str:
        return f"({query}\n) AS source"

    def columns(self, source: str) -> list[Column]:
        with _clear(self._place):
            found = self._file.execute(f"SELECT * FROM {source} LIMIT 0").description or ()
            declared = (
                {
                    str(row[1]): str(row[2]).casefold()
                    for row in self._file.execute(f"PRAGMA table_info({source})").fetchall()
                }
                if source.startswith('"')
                else {}
            )
            return [self._column(source, str(one[0]), declared) for one in found]

    def _column(self, source: str, name: str, declared: dict[str, str]) -> Column:
        """A column's type is what all its values are: SQLite keeps any value in any column."""
        quoted = identifier(name)
        kinds = {
            str(row[0])
            for row in self._file.execute(f"SELECT DISTINCT typeof({quoted}) FROM {source}")
        } - {"null"}
        said = declared.get(name, "")
        if kinds == {"blob"}:
            return self._blob(source, name, said)
        if kinds == {"integer"}:
            is_flag = said.startswith("bool") and self._is_all(
                source, quoted, f"{quoted} IN (0, 1)"
            )
            return Column(name=name, type=pa.bool_() if is_flag else pa.int64())
        if kinds and kinds <= {"integer", "real"}:
            return Column(name=name, type=pa.float64())
        if kinds == {"text"}:
            if self._is_all(
                source, quoted, f"{quoted} LIKE '{_DAY}' AND date({quoted}) = {quoted}"
            ):
                return Column(name=name, type=pa.date32(), is_text_in_database=True)
            if self._is_all(
                source,
                quoted,
                f"({quoted} LIKE '{_DAY} __:__%' OR {quoted} LIKE '{_DAY}T__:__%') "
                f"AND datetime({quoted}) IS NOT NULL",
            ):
                zoned = self._is_all(
                    source, quoted, f"{quoted} GLOB '*Z' OR {quoted} GLOB '*[+-]??:??'"
                )
                kind = pa.timestamp("us", tz="UTC" if zoned else None)
                return Column(name=name, type=kind, is_text_in_database=True)
        return Column(name=name, type=pa.string())

    def _blob(self, source: str, name: str, declared: str) -> Column:
        quoted = identifier(name)
        is_shape = declared in _SHAPES or self._is_all(
            source,
            quoted,
            f"substr({quoted}, 1, 2) = x'4750' OR (substr({quoted}, 1, 1) = x'00' "
            f"AND substr({quoted}, 39, 1) = x'7C' AND substr({quoted}, -1) = x'FE')",
        )
        return Column(
            name=name,
            type=pa.binary() if is_shape else pa.string(),
            shape=sqlite if is_shape else None,
        )

    def _is_all(self, source: str, column: str, condition: str) -> bool:
        found = self._file.execute(
            f"SELECT 1 FROM {source} "
            f"WHERE {column} IS NOT NULL AND ({condition}) IS NOT TRUE LIMIT 1"
        )
        return found.fetchone() is None

    def comparable(self, value: Any, column: Column) -> Any:
        return float(value) if not isinstance(value, int | str) else value

    def rows(self, statement: str, values: tuple[Any, ...], batch_rows: int) -> Iterator[Any]:
        with _clear(self._place):
            cursor = self._file.execute(statement, values)
            while batch := cursor.fetchmany(batch_rows):
                yield batch

    def close(self) -> None:
        self._file.close()


def _first(place: Place, name: str) -> Path:
    """A relative path, in the first of the allowed folders that holds it."""
    there = (root / name for root in place.roots if (root / name).is_file())
    return next(there, place.roots[0] / name if place.roots else Path(name).absolute())


@contextmanager
def _clear(place: Place) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as cause:
        if "interrupted" in str(cause):
            raise Unavailable(
                f"{place.url}: the statement took longer than {place.timeout_s} seconds and was "
                "stopped. Ask for fewer rows, set an index, or raise timeout_s."
            ) from cause
        raise Invalid(f"{place.url} cannot be read: {cause}.") from cause
    except sqlite3.Error as cause:
        raise Invalid(f"{place.url} cannot be read: {cause}.") from cause

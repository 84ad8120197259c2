"""PostgreSQL, with PostGIS where it is there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader

from citycommons.collect.sql.place import Place, identifier
from citycommons.collect.sql.rows import Column
from citycommons.collect.sql.shapes import postgis
from citycommons.core.errors import Invalid, Unavailable

_TYPES = {
    "bool": pa.bool_(),
    "int2": pa.int64(),
    "int4": pa.int64(),
    "int8": pa.int64(),
    "oid": pa.int64(),
    "float4": pa.float64(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
"""Everything else comes as text: uuid, json, arrays, enums, ranges, intervals (ISO 8601)."""


class Postgres:
    """One repeatable-read, read-only transaction with a server-side cursor."""

    mark = "%s"

    def __init__(self, place: Place) -> None:
        host, address, port = place.host(5432)
        options = f"-c statement_timeout={place.timeout_s * 1000} -c timezone=UTC"
        with _clear(place):
            self._place = place
            self._session = psycopg.connect(
                host=host,
                hostaddr=address,
                port=port,
                dbname=place.database,
                user=place.user or None,
                # Said even when empty, or libpq would look for the server's own.
                password=place.password,
                passfile=os.devnull,
                sslmode=place.tls,
                connect_timeout=20,
                application_name="citycommons",
                options=f"{options} -c intervalstyle=iso_8601 -c default_transaction_read_only=on",
            )
            self._session.read_only = True
            self._session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            for name in ("json", "jsonb", "interval", "uuid"):
                self._session.adapters.register_loader(name, TextLoader)
            for name, kind in (
                ("date", _Date),
                ("timestamp", _Timestamp),
                ("timestamptz", _Timestamptz),
            ):
                self._session.adapters.register_loader(name, kind)

    def quote(self, name: str) -> str:
        # A percent sign would begin a placeholder.
        return identifier(name).replace("%", "%%")

    def quoted(self, table: str) -> str:
        return ".".join(map(self.quote, table.split(".", 1)))

    def nested(self, query: str) -> str:
        plain = query.replace("%", "%%")
        return f"({plain}\n) AS source"

    def columns(self, source: str) -> list[Column]:
        with _clear(self._place):
            found = self._session.execute(_said(f"SELECT * FROM {source} LIMIT 0"), ()).description
            kinds = self._session.execute("SELECT oid::int8, typname FROM pg_type").fetchall()
        names = {int(number): str(name) for number, name in kinds}
        return [_column(one, names.get(one.type_code, "")) for one in found or ()]

    def comparable(self, value: Any, column: Column) -> Any:
        return value

    def rows(self, statement: str, values: tuple[Any, ...], batch_rows: int) -> Iterator[Any]:
        with _clear(self._place), self._session.cursor(name="citycommons") as cursor:
            cursor.execute(_said(statement), values)
            while batch := cursor.fetchmany(batch_rows):
                yield batch

    def close(self) -> None:
        self._session.close()


def _said(statement: str) -> Any:
    """The statement as psycopg takes it: its type asks for a literal, so that nobody pastes values.

    Names in it are quoted, values are bound, and a query is its author's own.
    """
    return statement


def _column(one: Any, kind: str) -> Column:
    if kind in ("geometry", "geography"):
        return Column(name=one.name, type=pa.binary(), shape=postgis)
    if kind == "numeric":
        # Without a declared precision a numeric may hold anything; its nearest double is kept.
        is_declared = one.precision is not None and one.precision <= 38 and (one.scale or 0) >= 0
        exact = pa.decimal128(one.precision, one.scale or 0) if is_declared else pa.float64()
        return Column(name=one.name, type=exact)
    return Column(name=one.name, type=_TYPES.get(kind, pa.string()))


@contextmanager
def _clear(place: Place) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.QueryCanceled as cause:
        raise Unavailable(
            f"{place.url}: the statement took longer than {place.timeout_s} seconds and was "
            "stopped. Ask for fewer rows, set an index, or raise timeout_s."
        ) from cause
    except psycopg.OperationalError as cause:
        raise Unavailable(
            f"{place.url} does not answer: {_first(cause)}. Check address, user and password."
        ) from cause
    except psycopg.Error as cause:
        raise Invalid(f"{place.url} refuses the statement: {_first(cause)}.") from cause


def _first(cause: Exception) -> str:
    return (str(cause).strip().splitlines() or ["no reason given"])[0].rstrip(".")


class _Endless:
    """Dates without end ("infinity") and years beyond Python's are read as no value."""

    def load(self, data: Any) -> Any:
        try:
            return super().load(data)  # type: ignore[misc]
        except psycopg.DataError:
            return None


class _Date(_Endless, DateLoader): ...


class _Timestamp(_Endless, TimestampLoader): ...


class _Timestamptz(_Endless, TimestamptzLoader): ...

"""MariaDB and MySQL."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ssl import CERT_NONE, SSLContext, create_default_context
from typing import Any

import pyarrow as pa
import pymysql
from pymysql.constants import CR, FIELD_TYPE, FLAG
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

from citycommons.collect.sql.place import Place, identifier
from citycommons.collect.sql.rows import Column
from citycommons.collect.sql.shapes import mysql
from citycommons.core.errors import Invalid, Unavailable

_TYPES = {
    FIELD_TYPE.TINY: pa.int64(),
    FIELD_TYPE.SHORT: pa.int64(),
    FIELD_TYPE.INT24: pa.int64(),
    FIELD_TYPE.LONG: pa.int64(),
    FIELD_TYPE.LONGLONG: pa.int64(),
    FIELD_TYPE.YEAR: pa.int64(),
    FIELD_TYPE.BIT: pa.uint64(),
    FIELD_TYPE.FLOAT: pa.float64(),
    FIELD_TYPE.DOUBLE: pa.float64(),
    FIELD_TYPE.DATE: pa.date32(),
    FIELD_TYPE.NEWDATE: pa.date32(),
    FIELD_TYPE.DATETIME: pa.timestamp("us"),
    FIELD_TYPE.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
"""Everything else comes as text; TIME too, since it counts beyond a day there."""

_TIMEOUT_ERRORS = frozenset({1969, 3024})


class MariaDb:
    """One read-only transaction on a consistent snapshot, with an unbuffered cursor."""

    mark = "%s"

    def __init__(self, place: Place) -> None:
        self._place = place
        self._cursor: Any = None
        with _clear(place):
            try:
                self._session = _connected(place, _tls(place.tls))
            except pymysql.OperationalError as cause:
                if cause.args[0] != CR.CR_SSL_CONNECTION_ERROR or place.tls != "prefer":
                    raise
                self._session = _connected(place, None)  # a server without encryption
            with self._session.cursor() as cursor:
                cursor.execute("SET time_zone = '+00:00'")
                self._limit(cursor)
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def _limit(self, cursor: Any) -> None:
        cursor.execute("SELECT VERSION()")
        if "mariadb" in str(cursor.fetchone()[0]).lower():
            cursor.execute("SET SESSION max_statement_time = %s", (self._place.timeout_s,))
        else:
            cursor.execute("SET SESSION max_execution_time = %s", (self._place.timeout_s * 1000,))

    def quote(self, name: str) -> str:
        return identifier(name, "`").replace("%", "%%")

    def quoted(self, table: str) -> str:
        return ".".join(map(self.quote, table.split(".", 1)))

    def nested(self, query: str) -> str:
        plain = query.replace("%", "%%")
        return f"({plain}\n) AS source"

    def columns(self, source: str) -> list[Column]:
        with _clear(self._place), self._session.cursor() as cursor:
            # With bound values, though there are none: percent signs are doubled everywhere.
            cursor.execute(f"SELECT * FROM {source} LIMIT 0", ())
            # Flags stand only here: without them an unsigned column looks signed.
            found = list(cursor._result.fields) if cursor.description else []
        return [_column(one) for one in found]

    def comparable(self, value: Any, column: Column) -> Any:
        is_aware = isinstance(value, datetime) and value.tzinfo is not None
        return value.astimezone(UTC).replace(tzinfo=None) if is_aware else value

    def rows(self, statement: str, values: tuple[Any, ...], batch_rows: int) -> Iterator[Any]:
        with _clear(self._place):
            self._cursor = cursor = self._session.cursor(SSCursor)
            cursor.execute(statement, values)
            zoned = [
                at for at, one in enumerate(cursor.description) if one[1] == FIELD_TYPE.TIMESTAMP
            ]
            while batch := cursor.fetchmany(batch_rows):
                yield [_zoned(row, zoned) for row in batch] if zoned else list(batch)

    def close(self) -> None:
        # What nobody wants to read any more is not read to its end, as the driver would do it.
        if self._cursor is not None:
            if self._cursor._result is not None:
                self._cursor._result.unbuffered_active = False
            self._cursor.connection = None
        self._session._force_close()


def _zoned(row: tuple[Any, ...], where: list[int]) -> tuple[Any, ...]:
    """The row with its TIMESTAMPs in UTC, as the session speaks."""
    known = list(row)
    for at in where:
        if isinstance(known[at], datetime):
            known[at] = known[at].replace(tzinfo=UTC)
    return tuple(known)


def _column(one: Any) -> Column:
    kind, flags = one.type_code, one.flags
    if kind == FIELD_TYPE.GEOMETRY:
        return Column(name=one.name, type=pa.binary(), shape=mysql)
    if kind in (FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.DECIMAL):
        # `length` counts the digits, the point and the sign.
        digits = one.length - (one.scale > 0) - (not flags & FLAG.UNSIGNED)
        exact = pa.decimal128(digits, one.scale) if digits <= 38 else pa.decimal256(76, one.scale)
        return Column(name=one.name, type=exact)
    if kind == FIELD_TYPE.LONGLONG and flags & FLAG.UNSIGNED:
        return Column(name=one.name, type=pa.uint64())
    return Column(name=one.name, type=_TYPES.get(kind, pa.string()))


def _connected(place: Place, tls: SSLContext | None) -> Any:
    """A session at the checked address, under the host's name for its certificate."""
    host, address, port = place.host(3306)
    session = pymysql.connect(
        host=host,
        port=port,
        user=place.user or None,
        password=place.password,
        database=place.database,
        charset="utf8mb4",
        conv={**conversions, FIELD_TYPE.TIME: str},
        ssl=tls,
        ssl_disabled=tls is None,
        connect_timeout=20,
        read_timeout=place.timeout_s + 30,
        local_infile=False,
        defer_connect=True,
    )
    session.connect(socket.create_connection((address, port), 20))
    return session


def _tls(wish: str) -> SSLContext | None:
    if wish == "disable":
        return None
    context = create_default_context()
    if wish != "verify-full":
        context.check_hostname = False
        context.verify_mode = CERT_NONE
    return context


@contextmanager
def _clear(place: Place) -> Iterator[None]:
    try:
        yield
    except (pymysql.MySQLError, OSError) as cause:
        number = cause.args[0] if cause.args else 0
        said = str(cause.args[-1] if cause.args else cause).rstrip(".")
        if number in _TIMEOUT_ERRORS:
            raise Unavailable(
                f"{place.url}: the statement took longer than {place.timeout_s} seconds and was "
                "stopped. Ask for fewer rows, set an index, or raise timeout_s."
            ) from cause
        if isinstance(cause, pymysql.ProgrammingError | pymysql.DataError) or number in (
            1054,
            1792,
        ):
            raise Invalid(f"{place.url} refuses the statement: {said}.") from cause
        raise Unavailable(
            f"{place.url} does not answer: {said}. Check address, user and password."
        ) from cause

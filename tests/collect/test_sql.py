"""The same town in three databases: each test of rows runs against those that are there."""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from citycommons.collect.check import check_connector
from citycommons.collect.polite import Polite
from citycommons.collect.sql import Sql
from citycommons.core.errors import Forbidden, Invalid, NotFound, TooMuch, Unavailable

POSTGRES = os.environ.get("CITYCOMMONS_TEST_POSTGRES", "")
MARIADB = os.environ.get("CITYCOMMONS_TEST_MARIADB", "")
"""Address of a server on which a test may make databases: mariadb://user:password@host:port."""


@dataclass
class Town:
    """A database of its own with a way to run statements, and the connector for it."""

    run: Any
    source: Sql
    kind: str

    def table(self, **options: Any) -> pa.Table:
        return pa.concat_tables(
            [pq.read_table(p.path) for p in replace(self.source, **options).fetch()]
        )


def polite(tmp_path: Path) -> Polite:
    return Polite(cache=tmp_path / "parcels", allow_hosts=("127.0.0.1", "localhost"))


@pytest.fixture
def in_postgres(tmp_path) -> Iterator[Town]:
    if not POSTGRES:
        pytest.skip("set CITYCOMMONS_TEST_POSTGRES to the address of a PostgreSQL server")
    import psycopg

    name, parts = f"town_{uuid.uuid4().hex[:12]}", urlsplit(POSTGRES)
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        there = psycopg.connect(f"{POSTGRES.rsplit('/', 1)[0]}/{name}", autocommit=True)
        source = Sql(
            url=f"postgresql://{parts.hostname}:{parts.port or 5432}/{name}",
            user=parts.username or "",
            password=parts.password or "",
            table="counts",
            client=polite(tmp_path),
        )
        try:
            yield Town(run=there.execute, source=source, kind="postgres")
        finally:
            there.close()
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def in_mariadb(tmp_path) -> Iterator[Town]:
    if not MARIADB:
        pytest.skip("set CITYCOMMONS_TEST_MARIADB to the address of a MariaDB or MySQL server")
    import pymysql

    name, parts = f"town_{uuid.uuid4().hex[:12]}", urlsplit(MARIADB)
    port, host = parts.port or 3306, parts.hostname or ""
    who = {"user": parts.username, "password": parts.password or ""}
    server = pymysql.connect(host=host, port=port, autocommit=True, **who)

    def run(statement: str) -> None:
        with server.cursor() as cursor:
            cursor.execute(statement)

    run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    run(f"USE {name}")
    url = f"mariadb://{host}:{port}/{name}"
    try:
        client = polite(tmp_path)
        yield Town(run=run, source=Sql(url=url, table="counts", client=client, **who), kind="maria")
    finally:
        run(f"DROP DATABASE {name}")
        server.close()


@pytest.fixture
def in_sqlite(tmp_path) -> Iterator[Town]:
    path = tmp_path / "share" / "town.db"
    path.parent.mkdir()
    there = sqlite3.connect(path, isolation_level=None)
    source = Sql(
        url="sqlite:///town.db", table="counts", roots=(path.parent,), client=polite(tmp_path)
    )
    yield Town(run=there.execute, source=source, kind="sqlite")
    there.close()


@pytest.fixture(params=["in_postgres", "in_mariadb", "in_sqlite"])
def town(request) -> Town:
    found: Town = request.getfixturevalue(request.param)
    found.run("CREATE TABLE counts (id bigint PRIMARY KEY, place varchar(40), changed timestamp)")
    for number in range(1, 8):
        moment = f"2026-03-0{number} 06:30:00"
        found.run(f"INSERT INTO counts VALUES ({number}, 'Straße {number}', '{moment}')")
    return found


def test_a_table_comes_whole_and_the_same_again(town):
    (parcel,) = check_connector(replace(town.source, batch_rows=3))
    assert parcel.name == "counts.parquet"
    assert parcel.origin == f"{town.source.url}#counts"
    assert parcel.cursor == ""
    table = pq.read_table(parcel.path).sort_by("id")
    assert table["id"].to_pylist() == [1, 2, 3, 4, 5, 6, 7]
    assert table["place"][6].as_py() == "Straße 7"
    assert table["changed"][0].as_py().replace(tzinfo=None) == datetime(2026, 3, 1, 6, 30)  # noqa: DTZ001
    assert table.schema.field("id").type == pa.int64()


def test_rows_of_several_files_are_one_table_and_the_last_says_how_far(town):
    parcels = list(replace(town.source, cursor_column="id", batch_rows=2, parcel_rows=4).fetch())
    assert [(p.name, p.cursor) for p in parcels] == [
        ("counts.parquet", ""),
        ("counts-00002.parquet", "7"),
    ]
    assert [pq.read_metadata(p.path).num_rows for p in parcels] == [4, 3]
    assert [pq.read_metadata(p.path).num_row_groups for p in parcels] == [2, 2]


@pytest.mark.parametrize("column", ["id", "changed"])
def test_only_what_came_since_is_brought(town, column):
    (first,) = replace(town.source, cursor_column=column).fetch()
    later = replace(town.source, cursor_column=column, since=first.cursor)
    assert list(later.fetch()) == []
    town.run("INSERT INTO counts VALUES (8, 'new', '2026-03-08 06:30:00')")
    (new,) = later.fetch()
    assert pq.read_table(new.path)["id"].to_pylist() == [8]
    assert new.cursor > first.cursor


@pytest.mark.parametrize(("column", "overlap"), [("id", "2"), ("changed", "P2D")])
def test_late_rows_come_within_the_overlap(town, column, overlap):
    (first,) = replace(town.source, cursor_column=column).fetch()
    again = replace(town.source, cursor_column=column, overlap=overlap, since=first.cursor)
    (late,) = again.fetch()
    assert pq.read_table(late.path)["id"].to_pylist() == [6, 7]
    assert late.cursor == first.cursor


def test_a_row_without_a_key_is_named_and_not_lost(town):
    town.run("INSERT INTO counts VALUES (9, 'when?', NULL)")
    if town.kind == "maria":  # whose first timestamp column fills itself
        town.run("ALTER TABLE counts MODIFY changed timestamp NULL DEFAULT NULL")
        town.run("UPDATE counts SET changed = NULL WHERE id = 9")
    with pytest.raises(Invalid, match="“changed” is empty in some rows"):
        list(replace(town.source, cursor_column="changed").fetch())


def test_a_query_is_run_as_it_is(town):
    query = "SELECT id, place AS name FROM counts WHERE place LIKE '%ße 3' OR id % 7 = 0;"
    (parcel,) = replace(town.source, table="", query=query).fetch()
    assert parcel.name == "query.parquet"
    assert pq.read_table(parcel.path).sort_by("id").to_pydict() == {
        "id": [3, 7],
        "name": ["Straße 3", "Straße 7"],
    }


def test_an_empty_table_still_has_its_columns(town):
    (parcel,) = replace(
        town.source, table="", query="SELECT id, place FROM counts WHERE 1 = 0"
    ).fetch()
    table = pq.read_table(parcel.path)
    assert (table.num_rows, table.column_names) == (0, ["id", "place"])


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM counts",
        "SELECT 1; DELETE FROM counts",
        "UPDATE counts SET id = 1",
        "WITH gone AS (DELETE FROM counts RETURNING id) SELECT * FROM gone",
        "SELECT 1) AS x ; DELETE FROM counts --",
        "SELECT id INTO OUTFILE '/tmp/x' FROM counts",
        "PRAGMA writable_schema = ON",
    ],
)
def test_nothing_but_reading(town, query):
    with pytest.raises(Invalid):
        list(replace(town.source, table="", query=query).fetch())
    assert town.table().num_rows == 7


def test_what_the_database_refuses_is_told_in_its_words(town):
    with pytest.raises(Invalid, match=r"(?i)nowhere"):
        list(replace(town.source, table="nowhere").fetch())
    with pytest.raises(Invalid, match="no column “changd”; there are id, place, changed"):
        list(replace(town.source, cursor_column="changd").fetch())
    with pytest.raises(Invalid, match="no value of it any more"):
        list(replace(town.source, cursor_column="id", since="2026-03-01").fetch())
    with pytest.raises(Invalid, match="overlap “soon”"):
        list(replace(town.source, cursor_column="id", since="3", overlap="soon").fetch())
    with pytest.raises(TooMuch, match="More than 5 rows"):
        list(replace(town.source, most_rows=5, batch_rows=2).fetch())


def test_a_name_is_a_name_whatever_it_holds(town):
    quote = "`" if town.kind == "maria" else '"'
    town.run(f"CREATE TABLE {quote}50% of; it{quote} ({quote}a 100% b{quote} int)")
    town.run(f"INSERT INTO {quote}50% of; it{quote} VALUES (5)")
    options = {"table": "50% of; it", "cursor_column": "a 100% b"}
    assert town.table(**options, since="4")["a 100% b"].to_pylist() == [5]


def test_types_of_postgresql(in_postgres):
    in_postgres.run("CREATE EXTENSION postgis")
    in_postgres.run("CREATE TYPE light AS ENUM ('red', 'green')")
    in_postgres.run(
        "CREATE TABLE counts AS SELECT 12.50::numeric(8, 2) AS money, 1e-3::numeric AS any_number, "
        "'red'::light AS light, '{\"a\": 1.10}'::jsonb AS said, ARRAY[1, 2] AS list, "
        "'6f0b8d4e-4c6f-4a39-9a51-9c4b1f1d2a33'::uuid AS id, '\\x00ff'::bytea AS raw, "
        "'2026-03-01 08:00+02'::timestamptz AS at, '2026-03-01'::date AS day, "
        "'infinity'::date AS until, '07:30'::time AS hour, '90 minutes'::interval AS span, "
        "true AS open, ST_SetSRID(ST_MakePoint(405000, 5757000), 25832) AS place, "
        "ST_SetSRID(ST_MakePoint(7.6, 51.9), 4326)::geography AS degrees, NULL::int AS nothing"
    )
    table = in_postgres.table()
    row = table.to_pylist()[0]
    assert row["money"] == Decimal("12.50")
    assert row["any_number"] == 0.001
    assert (row["light"], row["said"], row["list"]) == ("red", '{"a": 1.10}', "[1,2]")
    assert (row["id"], row["raw"]) == ("6f0b8d4e-4c6f-4a39-9a51-9c4b1f1d2a33", "AP8=")
    assert row["at"] == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert (row["day"], row["until"], row["nothing"]) == (date(2026, 3, 1), None, None)
    assert (row["hour"].isoformat(), row["span"], row["open"]) == ("07:30:00", "PT1H30M", True)
    assert shapely.from_wkb(row["place"]).equals(shapely.Point(405000, 5757000))
    geo = orjson.loads(table.schema.metadata[b"geo"])
    assert geo["columns"]["place"]["crs"]["id"] == {"authority": "EPSG", "code": 25832}
    assert "crs" not in geo["columns"]["degrees"]


def test_shapes_of_two_systems_are_not_mixed(in_postgres):
    in_postgres.run("CREATE EXTENSION postgis")
    in_postgres.run("CREATE TABLE counts (place geometry)")
    in_postgres.run(
        "INSERT INTO counts VALUES (ST_SetSRID(ST_MakePoint(1, 2), 4326)), "
        "(ST_SetSRID(ST_MakePoint(1, 2), 25832))"
    )
    with pytest.raises(Invalid, match="two reference systems, 4326 and 25832"):
        in_postgres.table()


def test_many_rows_pass_through_a_small_memory(in_postgres):
    import tracemalloc

    query = "SELECT n AS id, md5(n::text) AS word FROM generate_series(1, 300000) AS n"
    source = replace(in_postgres.source, table="", query=query)
    tracemalloc.start()
    (parcel,) = source.fetch()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pq.read_metadata(parcel.path).num_rows == 300_000
    assert most < 30 << 20  # the rows alone would be 45 MB of Python objects


def test_a_statement_without_end_is_stopped(in_postgres):
    slow = replace(in_postgres.source, table="", query="SELECT pg_sleep(20)", timeout_s=1)
    with pytest.raises(Unavailable, match="took longer than 1 seconds"):
        list(slow.fetch())


def test_types_of_mariadb(in_mariadb):
    in_mariadb.run(
        "CREATE TABLE counts (money decimal(8, 2), tiny tinyint(1), huge bigint unsigned, "
        "light enum('red', 'green'), said json, raw varbinary(2), at timestamp NULL, "
        "naive datetime(6), day date, never date, hour time, year_built year, bits bit(9), "
        "place geometry, text_of longtext)"
    )
    in_mariadb.run("SET sql_mode = '', time_zone = '+02:00'")
    in_mariadb.run(
        "INSERT INTO counts VALUES (12.50, 1, 18446744073709551615, 'red', '{\"a\": 1}', x'00ff', "
        "'2026-03-01 08:00:00', '2026-03-01 08:00:00.5', '2026-03-01', '0000-00-00', '27:30:00', "
        "1956, b'100000001', ST_GeomFromText('POINT(7.6 51.9)', 4326), 'Grüße')"
    )
    table = in_mariadb.table()
    row = table.to_pylist()[0]
    assert (row["money"], row["tiny"], row["huge"]) == (Decimal("12.50"), 1, 2**64 - 1)
    assert (row["light"], row["said"], row["raw"]) == ("red", '{"a": 1}', "AP8=")
    assert row["at"] == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert row["naive"] == datetime(2026, 3, 1, 8, 0, 0, 500_000)  # noqa: DTZ001
    assert (row["day"], row["never"], row["hour"]) == (date(2026, 3, 1), None, "27:30:00")
    assert (row["year_built"], row["bits"], row["text_of"]) == (1956, 257, "Grüße")
    assert shapely.from_wkb(row["place"]).equals(shapely.Point(7.6, 51.9))
    assert "crs" not in orjson.loads(table.schema.metadata[b"geo"])["columns"]["place"]


def test_a_statement_without_end_is_stopped_by_mariadb(in_mariadb):
    slow = replace(in_mariadb.source, table="", query="SELECT SLEEP(20) AS s", timeout_s=1)
    with pytest.raises(Unavailable, match="took longer than 1 seconds"):
        list(slow.fetch())


def test_a_wrong_password_is_told_without_it(in_mariadb):
    with pytest.raises(Unavailable, match="Access denied") as wrong:
        list(replace(in_mariadb.source, password="geheimnis").fetch())
    assert "geheimnis" not in str(wrong.value)


def test_types_of_sqlite_are_those_of_the_values(in_sqlite):
    in_sqlite.run(
        "CREATE TABLE counts (id integer, share, mixed, open boolean, day date, at datetime, "
        "zoned text, raw blob, word text)"
    )
    in_sqlite.run(
        "INSERT INTO counts VALUES (1, 0.5, 1, 1, '2026-03-01', '2026-03-01 08:00:00', "
        "'2026-03-01T08:00:00Z', x'00ff', 'a'), (2, 1, 'x', 0, '2026-02-28', NULL, "
        "'2026-03-01T08:00:00+02:00', NULL, '2026-02-30')"
    )
    table = in_sqlite.table()
    types = {field.name: str(field.type) for field in table.schema}
    assert types == {
        "id": "int64",
        "share": "double",
        "mixed": "string",
        "open": "bool",
        "day": "date32[day]",
        "at": "timestamp[us]",
        "zoned": "timestamp[us, tz=UTC]",
        "raw": "string",
        "word": "string",
    }
    assert table["mixed"].to_pylist() == ["1", "x"]
    assert table["zoned"][1].as_py() == datetime(2026, 3, 1, 6, tzinfo=UTC)


SHAPES = [
    "POINT (1 2)",
    "LINESTRING (0 0, 1 1)",
    "POLYGON ((0 0, 1 0, 1 1, 0 0), (0.5 0.2, 0.6 0.2, 0.6 0.3, 0.5 0.2))",
    "MULTIPOINT ((1 2), (3 4))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
    "GEOMETRYCOLLECTION (POINT (1 2), POLYGON ((0 0, 1 0, 1 1, 0 0)))",
]


@pytest.mark.parametrize("kind", ["SpatiaLite", "GeoPackage"])
@pytest.mark.parametrize("height", ["", " Z"])
def test_shapes_of_spatialite_and_geopackage(tmp_path, kind, height):
    import numpy as np
    import pyogrio

    shapes = shapely.from_wkt(SHAPES)
    if height:
        shapes = shapely.force_3d(shapes, 7.0)
    share = tmp_path / "share"
    share.mkdir()
    name = "town.sqlite" if kind == "SpatiaLite" else "town.gpkg"
    options = {"driver": "SQLite", "SPATIALITE": "YES"} if kind == "SpatiaLite" else {}
    pyogrio.raw.write(
        share / name,
        geometry=shapely.to_wkb(shapes),
        field_data=[np.arange(len(SHAPES))],
        fields=["n"],
        layer="areas",
        geometry_type="Unknown",
        crs="EPSG:25832",
        **options,
    )
    source = Sql(
        url=f"sqlite:///{share / name}", table="areas", roots=(share,), client=polite(tmp_path)
    )
    (parcel,) = source.fetch()
    table = pq.read_table(parcel.path)
    geo = orjson.loads(table.schema.metadata[b"geo"])
    column = geo["primary_column"]
    assert geo["columns"][column]["crs"]["id"]["code"] == 25832
    found = shapely.from_wkb(table[column].to_pylist())
    assert shapely.equals_exact(found, shapes).all()
    assert bool(shapely.has_z(found).all()) is bool(height)


@pytest.mark.parametrize("url", ["sqlite:////etc/passwd", "sqlite:///../outside.db"])
def test_no_file_outside_the_folder_is_opened(in_sqlite, tmp_path, url):
    (tmp_path / "outside.db").write_bytes(b"")
    with pytest.raises(Forbidden):
        list(replace(in_sqlite.source, url=url).fetch())


def test_a_link_does_not_lead_outside(in_sqlite, tmp_path):
    outside = tmp_path / "outside.db"
    sqlite3.connect(outside).close()
    (tmp_path / "share" / "link.db").symlink_to(outside)
    with pytest.raises(Forbidden):
        list(replace(in_sqlite.source, url="sqlite:///link.db").fetch())


def test_a_file_that_is_no_database_says_so(in_sqlite, tmp_path):
    (tmp_path / "share" / "text.db").write_text("id;name\n" * 100)
    with pytest.raises(Invalid, match="not a database"):
        list(replace(in_sqlite.source, url="sqlite:///text.db").fetch())
    with pytest.raises(NotFound, match=r"no database none\.db"):
        list(replace(in_sqlite.source, url="sqlite:///none.db").fetch())


@pytest.mark.parametrize("scheme", ["postgresql", "mariadb"])
def test_a_database_inside_is_asked_only_when_allowed_by_name(tmp_path, scheme):
    client = Polite(cache=tmp_path)
    with pytest.raises(Forbidden, match="inside this network"):
        list(Sql(url=f"{scheme}://127.0.0.1:9/town", table="t", client=client).fetch())


@pytest.mark.parametrize("scheme", ["postgresql", "mariadb"])
def test_a_dead_server_says_so(tmp_path, scheme):
    with pytest.raises(Unavailable, match="does not answer"):
        list(Sql(url=f"{scheme}://127.0.0.1:9/t", table="t", client=polite(tmp_path)).fetch())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "postgresql://ada:secret@host/db"}, "holds a name or a password"),
        ({"url": "oracle://host/db"}, "no database that is known"),
        ({"url": "postgresql://host"}, "lacks a host or a database"),
        ({"table": ""}, "either a table or a query"),
        ({"query": "SELECT 1"}, "either a table or a query"),
        ({"batch_rows": 0}, "at least 1"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, words):
    given = {"url": "postgresql://host/db", "table": "t", "client": polite(tmp_path)} | options
    with pytest.raises(Invalid, match=words) as wrong:
        list(Sql(**given).fetch())
    assert "secret" not in str(wrong.value)

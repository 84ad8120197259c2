"""A PostgreSQL of this run with PostGIS and the features, for tipg, pygeoapi and CKAN."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from benchmarks.run import free_port

DATABASE = "bench"


@contextmanager
def postgres(folder: Path) -> Iterator[int]:
    """The port of a server that lives as long as it is needed. Needs Debian's packages."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        raise RuntimeError("PostgreSQL is missing; install postgresql and its postgis package.")
    data, port = folder / "pg", free_port()
    data.mkdir(parents=True)
    as_user: list[str] = []
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(data, owner.pw_uid, owner.pw_gid)
        for parent in (folder, *folder.parents):
            if parent.stat().st_uid == 0 and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o055)
        as_user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    bin = found[-1]
    _quietly(*as_user, bin / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {data} -c shared_buffers=512MB"
    _quietly(*as_user, bin / "pg_ctl", "-D", data, "-o", options, "-w", "-l", data / "log", "start")
    try:
        yield port
    finally:
        _quietly(*as_user, bin / "pg_ctl", "-D", data, "-m", "fast", "stop")


def _quietly(*words: str | Path) -> None:
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL, cwd="/")


def load_features(port: int, table: pa.Table) -> None:
    """The features as a table with a geometry and indexes on place, kind and class."""
    import psycopg

    address = f"postgresql://postgres@127.0.0.1:{port}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {DATABASE}")
    with psycopg.connect(f"{address}/{DATABASE}", autocommit=True) as db:
        db.execute("CREATE EXTENSION postgis")
        db.execute(
            "CREATE TABLE features (id bigint PRIMARY KEY, name text, class text, kind text, "
            "opened date, value double precision, geom geometry(Geometry, 4326))"
        )
        copy = "COPY features (id, name, class, kind, opened, value, geom) FROM STDIN"
        with db.cursor() as cursor, cursor.copy(copy) as out:
            for batch in table.to_batches(20_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    out.write_row((*row[:-1], row[-1].hex()))
        for index in ("gist (geom)", "btree (kind)", "btree (class)"):
            db.execute(f"CREATE INDEX ON features USING {index}")
        db.execute("ANALYZE features")

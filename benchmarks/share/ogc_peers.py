"""pygeoapi and tipg over PostGIS, and Datasette over SQLite, with the same features."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import shapely

from benchmarks.run import command, free_port
from benchmarks.share.postgres import DATABASE
from benchmarks.share.servers import running


@contextmanager
def tipg(bin: Path, port: int, folder: Path) -> Iterator[str]:
    """The address of tipg with two workers."""
    own = free_port()
    words = [bin / "uvicorn", "tipg.main:app", "--port", str(own), "--workers", "2"]
    environment = {"DATABASE_URL": f"postgresql://postgres:x@127.0.0.1:{port}/{DATABASE}"}
    with running(
        [*words, "--log-level", "warning"],
        f"http://127.0.0.1:{own}/collections/public.features",
        environment=environment,
        log=folder / "tipg.log",
    ):
        yield f"http://127.0.0.1:{own}"


@contextmanager
def pygeoapi(bin: Path, port: int, folder: Path) -> Iterator[str]:
    """The address of pygeoapi with two workers."""
    own = free_port()
    config, openapi = folder / "pygeoapi.json", folder / "pygeoapi-openapi.json"
    config.write_text(json.dumps(_pygeoapi(own, port)))
    environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    make = (bin / "pygeoapi", "openapi", "generate", config, "--format", "json")
    command(*make, "--output-file", openapi, **environment)
    with running(
        [bin / "gunicorn", "-w", "2", "-b", f"127.0.0.1:{own}", "pygeoapi.flask_app:APP"],
        f"http://127.0.0.1:{own}/collections/features",
        environment=environment,
        log=folder / "pygeoapi.log",
    ):
        yield f"http://127.0.0.1:{own}"


def _pygeoapi(own: int, port: int) -> dict[str, object]:
    text = {"en": "Features"}
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": "127.0.0.1",
            "port": port,
            "dbname": DATABASE,
            "user": "postgres",
            "password": "x",
            "search_path": ["public"],
        },
        "id_field": "id",
        "table": "features",
        "geom_field": "geom",
    }
    collection = {
        "type": "collection",
        "title": text,
        "description": text,
        "keywords": ["features"],
        "links": [],
        "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
        "providers": [provider],
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": own},
            "url": f"http://127.0.0.1:{own}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 100, "max_items": 10_000},
            "map": {"url": "http://127.0.0.1/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": text,
                "description": text,
                "keywords": {"en": ["features"]},
                "keywords_type": "theme",
                "terms_of_service": "none",
                "url": "http://127.0.0.1",
            },
            "license": {"name": "CC0", "url": "http://127.0.0.1"},
            "provider": {"name": "bench", "url": "http://127.0.0.1"},
            "contact": {"name": "bench", "position": "none"},
        },
        "resources": {"features": collection},
    }


@contextmanager
def datasette(bin: Path, table: pa.Table, folder: Path) -> Iterator[str]:
    """The address of Datasette over an immutable database with indexes."""
    own, file = free_port(), folder / "ds.db"
    _fill(file, table)
    words = [bin / "datasette", "serve", "-i", file, "--port", str(own)]
    limits = ("max_returned_rows", "10000", "sql_time_limit_ms", "20000", "max_csv_mb", "0")
    for name, value in zip(limits[::2], limits[1::2], strict=True):
        words += ["--setting", name, value]
    with running(words, f"http://127.0.0.1:{own}/ds/features.json", log=folder / "ds.log"):
        yield f"http://127.0.0.1:{own}"


def _fill(file: Path, table: pa.Table) -> None:
    shapes = shapely.from_wkb(table.column("geometry").to_numpy())
    spots = shapely.get_coordinates(shapely.centroid(shapes))
    plain = table.drop_columns(["geometry"])
    db = sqlite3.connect(file)
    db.execute(
        "CREATE TABLE features (id INTEGER PRIMARY KEY, name TEXT, class TEXT, kind TEXT, "
        "opened TEXT, value REAL, lon REAL, lat REAL)"
    )
    columns = [column.to_pylist() for column in plain.columns]
    columns[4] = [day.isoformat() for day in columns[4]]
    rows = zip(*columns, spots[:, 0].tolist(), spots[:, 1].tolist(), strict=True)
    db.executemany("INSERT INTO features VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for index in ("kind", "class", "lon, lat"):
        db.execute(f'CREATE INDEX "on {index}" ON features ({index})')
    db.execute("ANALYZE")
    db.commit()
    db.close()

"""COUNTER's rules on hits: double clicks once, sessions for what is unique.

References
----------
COUNTER Code of Practice for Research Data 1.0.1, sections 10.2 (double clicks) and 10.3 (unique
counts and sessions).
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

import duckdb
import pyarrow as pa

from citycommons.core.types import Channel, Use
from citycommons.store.usage.batches import Counts, Hits, Key, Sessions

DOUBLE_CLICK_S = 30
_EPOCH = date(1970, 1, 1)
_SQL = files("citycommons.store.usage").joinpath("sql")
_opening = threading.Lock()


def counted(hits: Hits) -> dict[date, tuple[Counts, Sessions]]:
    """Hits counted by the rules, for each of their days (UTC).

    Of a chain of double clicks the last one stays and says by which door, in which format and
    hour. Nobody is followed over midnight: a day's sessions and double clicks are its own.
    """
    days: dict[date, tuple[Counts, Sessions]] = {}
    if not len(hits):
        return days
    with _cursor() as db:
        db.register("hits", pa.table({"moment": hits.at, "visitor": hits.visitor, "key": hits.key}))
        db.register("keys", _keys(hits.keys))
        db.execute(_sql("kept"), {"pause": DOUBLE_CLICK_S * 1_000_000})
        for day, key, count in db.execute(_sql("counts")).fetchall():
            counts, _ = days.setdefault(_EPOCH + timedelta(days=day), ({}, {}))
            counts[hits.keys[key]] = count
        for day, dataset, version, use, client, count in db.execute(_sql("sessions")).fetchall():
            sessions = days[_EPOCH + timedelta(days=day)][1]
            sessions[dataset, version, use, client] = count
    return days


def _keys(keys: Sequence[Key]) -> pa.Table:
    """What keys mean, with the number of the thing that a double click is on.

    A thing is one use of one version; each format of a file is a thing of its own (another link),
    while pages of rows, tiles and other parts of one answer are looks at the same thing.
    """
    things: dict[tuple[str, int, str, str], int] = {}
    places = []
    for dataset, version, use, channel, _, format, _, _ in keys:
        is_file = channel == Channel.FILE and use == Use.REQUEST
        thing = (dataset, version, use, format if is_file else "")
        places.append(things.setdefault(thing, len(things)))
    return pa.table(
        {
            "key": pa.array(range(len(keys)), pa.uint32()),
            "thing": pa.array(places, pa.uint32()),
            "dataset": pa.array([key[0] for key in keys], pa.string()),
            "version": pa.array([key[1] for key in keys], pa.int32()),
            "use": pa.array([key[2] for key in keys], pa.string()),
            "client": pa.array([key[4] for key in keys], pa.string()),
        }
    )


@contextmanager
def _cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    with _opening:
        cursor = _duck().cursor()
    try:
        yield cursor
    finally:
        cursor.close()


@cache
def _duck() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": "2GB",
            "threads": str(min(4, os.cpu_count() or 1)),
        }
    )
    connection.execute("SET enable_external_access = false")
    return connection


@cache
def _sql(name: str) -> str:
    return _SQL.joinpath(f"{name}.sql").read_text("utf-8")

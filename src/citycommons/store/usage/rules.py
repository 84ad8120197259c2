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
_LOOK, _TAKE = str(Use.INVESTIGATION), str(Use.REQUEST)
_EPOCH = date(1970, 1, 1)
_SQL = files("citycommons.store.usage").joinpath("sql")
_opening = threading.Lock()


def counted(hits: Hits) -> dict[date, tuple[Counts, Sessions]]:
    """Hits counted by the rules, for each of their days (UTC).

    Of a chain of double clicks the last one stays and says by which door, in which format and
    hour. Nobody is followed over midnight: a day's sessions and double clicks are its own.
    """
    days: dict[int, tuple[Counts, Sessions]] = {}
    if not len(hits):
        return {}
    datasets = sorted({key[0] for key in hits.keys})
    with _cursor() as db:
        db.register("hits", pa.table({"moment": hits.at, "visitor": hits.visitor, "key": hits.key}))
        db.register("keys", _keys(hits.keys, datasets))
        db.execute(_sql("kept"), {"pause": DOUBLE_CLICK_S * 1_000_000})
        uses = db.execute(_sql("counts")).fetchall()
        sessions = db.execute(_sql("sessions")).fetchall()
    for day, key, count in uses:
        days.setdefault(day, ({}, {}))[0][hits.keys[key]] = count
    names = [*datasets, ""]  # the last is the whole city
    for day, place, version, client, looked, took in sessions:
        mine, dataset = days[day][1], names[place]
        mine[dataset, version, _LOOK, client] = looked
        if took:
            mine[dataset, version, _TAKE, client] = took
    return {_EPOCH + timedelta(days=day): found for day, found in days.items()}


def _keys(keys: Sequence[Key], datasets: Sequence[str]) -> pa.Table:
    """What keys mean, with the number of the thing that a double click is on.

    A thing is one use of one version; each format of a file is a thing of its own (another link),
    while pages of rows, tiles and other parts of one answer are looks at the same thing.
    """
    place = {dataset: n for n, dataset in enumerate(datasets)}
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
            "place": pa.array([place[key[0]] for key in keys], pa.int32()),
            "version": pa.array([key[1] for key in keys], pa.int32()),
            "is_request": pa.array([key[2] == _TAKE for key in keys], pa.bool_()),
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

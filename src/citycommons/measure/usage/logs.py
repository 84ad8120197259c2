"""Access logs counted by the same rules as our own uses: what a portal did before, or elsewhere.

Lines of the combined format (Apache, nginx), packed or not; a million takes a second or two.
"""

import os
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from citycommons.core.counting import Counted, Referrer
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import ClientKind, DatasetId
from citycommons.measure.usage.counts import Grain, metrics
from citycommons.measure.usage.paths import Target, target_of
from citycommons.store.usage.agents import kind_of
from citycommons.store.usage.batches import Counts, Hits, Key, Sessions
from citycommons.store.usage.referrers import class_of
from citycommons.store.usage.rules import counted as by_rules

_SQL = files("citycommons.measure.usage").joinpath("sql")
_KINDS, _CLASSES = tuple(ClientKind), tuple(Referrer)
_LONGEST_LINE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCounts:
    """What access logs say, by day (UTC), with every line accounted for."""

    days: dict[date, tuple[Counts, Sessions]]
    lines: int
    unread: int  # no line of an access log
    failed: int  # neither 200 nor 304, or only the head
    elsewhere: int  # successful, but of no dataset: pages, styles, images
    robots: int  # of datasets, by robots: counted apart
    repeated: int  # double clicks

    def counted(self, grain: Grain = "month") -> tuple[Counted, ...]:
        """COUNTER's metrics, as `measure.usage.counted` gives those of our own uses."""
        return metrics(self.days, grain)


def count(
    paths: Sequence[Path],
    *,
    host: str = "",
    datasets: Collection[DatasetId] | None = None,
    target: Callable[[str], Target | None] = target_of,
) -> LogCounts:
    """Count the uses in these files (`.gz` may be packed), all lines together.

    `host` is the portal's own, for referrers; `datasets` are those that count (None: whatever a
    path names); `target` says which use a path is. Version 0 stands for the newest of its moment.
    Raises `NotFound` for a file that is not there and `Invalid` for one that is no text.
    """
    for path in paths:
        if not path.is_file():
            raise NotFound(f"There is no file {path}.")
    with _connected() as db:
        _read(db, paths)
        lines, unread, failed = _row(
            db,
            "SELECT count(*), count(*) FILTER (moment IS NULL), "
            "count(*) FILTER (moment IS NOT NULL AND NOT is_good) FROM lines",
        )
        hits = _hits(db, host, datasets, target)
    days = by_rules(hits)
    kept = sum(sum(counts.values()) for counts, _ in days.values())
    robots = sum(n for counts, _ in days.values() for key, n in counts.items() if key[4] == "robot")
    return LogCounts(
        days=days,
        lines=lines,
        unread=unread,
        failed=failed,
        elsewhere=lines - unread - failed - len(hits),
        robots=robots,
        repeated=len(hits) - kept,
    )


def _connected() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "threads": str(min(4, os.cpu_count() or 1)),
            "preserve_insertion_order": "false",  # lines say themselves when they were
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )


def _read(db: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> None:
    salt = secrets.token_hex(16)
    for encoding in ("utf-8", "latin-1"):  # any byte is a letter of the second, which takes longer
        try:
            db.execute(f"CREATE OR REPLACE VIEW raw AS FROM {_lines_of(paths, encoding)}")
            db.execute(_sql("lines"), {"salt": salt})
        except duckdb.Error as cause:
            if encoding == "latin-1":
                reason = str(cause).splitlines()[0]
                raise Invalid(f"These are no access logs that can be read: {reason}") from cause
        else:
            return


def _lines_of(paths: Sequence[Path], encoding: str) -> str:
    """Each line is one field: no server writes the separator, and nothing is a quotation mark."""
    names = ", ".join("'{}'".format(path.as_posix().replace("'", "''")) for path in paths)
    return (
        f"read_csv([{names}], columns = {{'line': 'VARCHAR'}}, header = false, "
        "delim = '\x01\x02\x03\x04', quote = '', escape = '', auto_detect = false, "
        f"null_padding = true, encoding = '{encoding}', max_line_size = {_LONGEST_LINE})"
    )


def _hits(
    db: duckdb.DuckDBPyConnection,
    host: str,
    datasets: Collection[DatasetId] | None,
    target: Callable[[str], Target | None],
) -> Hits:
    """Each distinct path, agent and referrer is looked at once."""
    named = {path: target(path) for path in _distinct(db, "path")}
    targets = sorted(
        {one for one in named.values() if one and (datasets is None or one.dataset in datasets)}
    )
    place = {one: n for n, one in enumerate(targets)}
    found = {path: place[one] for path, one in named.items() if one in place}
    agents = {one: _KINDS.index(kind_of(_said(one))) for one in _distinct(db, "agent")}
    referers = {one: _CLASSES.index(class_of(_said(one), host)) for one in _distinct(db, "referer")}
    for table, column, value, numbers in (
        ("paths", "path", "target", found),
        ("agents", "agent", "client", agents),
        ("referers", "referer", "class", referers),
    ):
        named_so = {
            column: pa.array(numbers.keys(), pa.string()),
            value: pa.array(numbers.values(), pa.uint32()),
        }
        db.register(table, pa.table(named_so))
    columns = db.execute(_sql("hits")).fetchnumpy()
    numbers_used, keys = np.unique(columns["key"].astype(np.uint32), return_inverse=True)
    return Hits(
        columns["moment"].astype(np.int64),
        columns["visitor"].astype(np.uint64),
        keys.astype(np.uint32),
        tuple(_key(int(number), targets) for number in numbers_used),
    )


def _key(number: int, targets: Sequence[Target]) -> Key:
    one, kind, kind_of_site = targets[number // 64], _KINDS[number // 16 % 4], _CLASSES[number % 16]
    return (*one[:4], kind, one.format, kind_of_site, "")


def _said(text: str) -> str:
    return "" if text == "-" else text  # nothing


def _distinct(db: duckdb.DuckDBPyConnection, column: str) -> list[str]:
    query = f"SELECT DISTINCT {column} FROM lines WHERE is_good AND moment IS NOT NULL"
    return [text for (text,) in db.execute(query).fetchall()]


def _row(db: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int, int]:
    row = db.execute(query).fetchone() or (0, 0, 0)
    return int(row[0]), int(row[1]), int(row[2])


@cache
def _sql(name: str) -> str:
    return _SQL.joinpath(f"{name}.sql").read_text("utf-8")

"""How fast things start: `citycommons --help` beside `python -c ''`, and the server beside
Datasette on the same tables."""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.run import (
    Result,
    all_met,
    command,
    free_port,
    interleaved,
    ours,
    peers,
    say,
    stop,
    until_answers,
)


def help_time() -> Result:
    mine, bare = interleaved(
        lambda: command(ours(), "--help"), lambda: command(sys.executable, "-c", ""), 15
    )
    return say(
        Result(
            name="citycommons --help",
            ours=mine,
            peer=bare,
            unit="s",
            ratio=mine / bare,
            budget="≤ 5 × python -c '' (guide 0.3 s)",
            is_met=mine <= 5 * bare,
            command="python -m benchmarks start",
        )
    )


def server_start() -> Result:
    """The same tables in both: Città Ideale's, copied into the file that Datasette serves."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        command(ours(), "demo", "--city", "ideal", "--once", "--home", home)
        database = Path(folder) / "same.db"
        copy_tables(home, database)

        def serve_ours() -> None:
            port = free_port()
            server = subprocess.Popen(
                [str(ours()), "serve", "--home", str(home), "--port", str(port)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                until_answers(f"http://127.0.0.1:{port}/", server)
            finally:
                stop(server)

        def serve_peer() -> None:
            port = free_port()
            server = subprocess.Popen(
                [str(peers() / "datasette"), "-i", str(database), "--port", str(port)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                until_answers(f"http://127.0.0.1:{port}/", server)
            finally:
                stop(server)

        mine, peer = interleaved(serve_ours, serve_peer, 7)
    return say(
        Result(
            name="server start to the first page, with stop",
            ours=mine,
            peer=peer,
            unit="s",
            ratio=mine / peer,
            budget="≤ 1 × Datasette",
            is_met=mine <= peer,
            command="python -m benchmarks start",
        )
    )


def copy_tables(home: Path, database: Path) -> None:
    """Every lake file as a table of one SQLite database (geometry as WKB)."""
    import sqlite3

    import pyarrow.parquet as pq

    with sqlite3.connect(database) as target:
        for n, path in enumerate(sorted((home / "lake").rglob("*.parquet"))):
            table = pq.read_table(path)
            table = table.drop_columns([n for n in table.column_names if n == "bbox"])
            quoted = ", ".join(f'"{name}"' for name in table.column_names)
            marks = ", ".join("?" * table.num_columns)
            target.execute(f"CREATE TABLE t{n} ({quoted})")
            for batch in table.to_batches(100_000):
                rows = zip(*(plain(column.to_pylist()) for column in batch.columns), strict=True)
                target.executemany(f"INSERT INTO t{n} VALUES ({marks})", rows)


def plain(values: list[object]) -> list[object]:
    """What SQLite holds: times as text, the rest as it is."""
    return [v if isinstance(v, int | float | str | bytes | None) else str(v) for v in values]


def main() -> int:
    return all_met([help_time(), server_start()])


if __name__ == "__main__":
    sys.exit(main())

"""The lake: a file appears whole or not at all, and DuckDB reads nothing else."""

import errno
import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from citycommons.core.errors import Invalid, TooMuch, Unavailable
from citycommons.store.lake import Lake

TABLE = pa.table({"a": range(5)})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_equal_bytes_are_one_file(lake):
    first, second = lake.write(TABLE), lake.write(TABLE)
    assert first == second
    assert len(list(lake.root.rglob("*.parquet"))) == 1


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_and_says_so(lake, monkeypatch, broken):
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(Unavailable, match=r"disk under .* is full: nothing was stored"):
        lake.write(TABLE)
    assert list(lake.root.rglob("*.parquet")) == []


def test_queries_read_the_lake_and_no_other_file(lake, tmp_path):
    stored = lake.write(TABLE)
    path = lake.path(stored.digest).as_posix()
    assert lake.query("SELECT sum(a) AS s FROM read_parquet(?)", [path]).to_pylist() == [{"s": 10}]
    outside = tmp_path / "secret.csv"
    outside.write_text("a\n1\n")
    with pytest.raises(Exception, match=r"disabled|Permission"):
        lake.query("SELECT * FROM read_csv(?)", [outside.as_posix()])
    with pytest.raises(Exception, match=r"locked|Cannot change"):
        lake.query("SET enable_external_access = true")


def test_no_other_program_can_be_loaded_into_the_lake(lake, tmp_path):
    for place in (tmp_path, lake.root):
        other = place / "other.duckdb_extension"
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(b"no extension")
        for statement in (f"LOAD '{other}'", f"INSTALL '{other}'", "LOAD httpfs"):
            with pytest.raises(duckdb.PermissionException, match="disabled"):
                lake.query(statement)


def test_a_question_that_takes_too_long_is_stopped(lake):
    with pytest.raises(TooMuch, match="longer than"):
        lake.query("SELECT count(*) FROM range(100000000) a, range(1000) b", timeout_s=0.2)


def test_a_question_that_cannot_be_asked_says_why(lake):
    with pytest.raises(Invalid, match="cannot be asked"):
        lake.query("SELECT nonsense")


def test_spatial_functions_are_there_without_network(lake):
    row = lake.query("SELECT ST_Area(ST_GeomFromText('POLYGON((0 0,2 0,2 2,0 2,0 0))')) AS a")
    assert row.to_pylist() == [{"a": 4.0}]


def test_what_a_dead_writer_left_aside_is_swept(lake):
    lake.write(TABLE)
    left = lake.root / "aside" / "dead.parquet"
    left.write_bytes(b"half")
    now = left.stat().st_mtime
    assert lake.sweep(60, now + 10) == 0
    assert lake.sweep(60, now + 100) == 1
    assert not left.exists()

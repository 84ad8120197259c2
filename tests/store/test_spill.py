"""Tables in files: the same values, few pages, nothing left behind."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from citycommons.store import spill

SCHEMA = pa.schema([("n", pa.int64()), ("t", pa.string())])


def _part(start, stop):
    return pa.table(
        {"n": np.arange(start, stop), "t": [f"t{n}" for n in range(start, stop)]}, schema=SCHEMA
    )


@pytest.fixture
def kept():
    """Ten parts of a hundred rows, in a file."""
    with spill.Spill(SCHEMA, on_disk=True) as rows:
        for start in range(0, 1000, 100):
            rows.write(_part(start, start + 100))
        return rows.table()


def test_a_table_in_a_file_has_all_its_rows(kept):
    assert kept.equals(_part(0, 1000))
    assert spill.is_large(kept)
    assert spill.is_mapped(kept["t"].slice(250, 3))


def test_a_table_in_memory_is_no_large_one(kept):
    with spill.Spill(SCHEMA, on_disk=False) as rows:
        rows.write(_part(0, 5))
    assert rows.table().equals(_part(0, 5))
    assert not spill.is_large(rows.table())


def test_pages_that_were_given_back_come_again(kept):
    assert kept["n"][999].as_py() == 999
    spill.ease()
    assert kept["n"].to_pylist() == list(range(1000))


def test_files_have_no_name(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with spill.Spill(SCHEMA, on_disk=True) as rows:
        rows.write(_part(0, 5))
        found = rows.table()
    assert list(tmp_path.iterdir()) == []
    assert found.equals(_part(0, 5))


def test_a_file_is_mapped_and_an_empty_one_is_nothing(tmp_path):
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.write_bytes(b"abc")
    Path(empty).touch()
    assert spill.mapped(full).to_pybytes() == b"abc"
    assert spill.mapped(empty).size == 0


def test_taking_gives_rows_in_the_order_asked_for(kept):
    rows = np.array([999, 0, 450, 450, 101])
    assert spill.take(kept["t"], rows).to_pylist() == ["t999", "t0", "t450", "t450", "t101"]
    assert spill.take(kept["t"], rows[:0]).to_pylist() == []


def test_rows_of_a_large_table_go_into_a_file(kept, monkeypatch):
    monkeypatch.setattr(spill, "PIECE", 64)
    rows = np.arange(0, 1000, 3)
    found = spill.take_rows(kept, rows)
    assert found["n"].to_pylist() == rows.tolist()
    assert spill.is_large(found)


@pytest.mark.parametrize(
    ("values", "grows"),
    [
        ([1, 2, 3, 4], True),
        ([1, None, 3, 4], True),
        ([1, 2, 2, 4], False),
        ([1, 5, 4], False),
        ([], True),
        ([0.5, float("nan"), 3.0], False),
    ],
)
def test_growing_is_strict_across_pieces(monkeypatch, values, grows):
    monkeypatch.setattr(spill, "PIECE", 2)
    assert spill.is_growing(pa.chunked_array([values])) is grows

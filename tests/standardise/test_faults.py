"""Faults are kept in columns: all of them, in order, within bounds."""

import time

import numpy as np
import pyarrow as pa

from citycommons.standardise import faults as module
from citycommons.standardise.faults import SCHEMA, Faults


def test_each_fault_has_its_place_value_rule_and_what_was_done():
    faults = Faults()
    faults.add("short-row", "only 2 of 3 cells.", line=4, value="a;b", action="left empty")
    faults.add_column(
        "integer",
        "“{value}” is no whole number.",
        column="count",
        lines=np.array([7, 9]),
        values=pa.array(["many", None]),
        total=5,
        action="left empty",
    )
    assert faults.table().to_pylist() == [
        {
            "line": 4,
            "column": "",
            "value": "a;b",
            "rule": "short-row",
            "message": "Line 4: only 2 of 3 cells.",
            "is_rejected": False,
            "action": "left empty",
        },
        {
            "line": 7,
            "column": "count",
            "value": "many",
            "rule": "integer",
            "message": "Column “count”, line 7: “many” is no whole number.",
            "is_rejected": False,
            "action": "left empty",
        },
        {
            "line": 9,
            "column": "count",
            "value": "",
            "rule": "integer",
            "message": "Column “count”, line 9: “” is no whole number.",
            "is_rejected": False,
            "action": "left empty",
        },
    ]
    assert [(f.rule, f.count) for f in faults.report(()).summary] == [
        ("integer", 5),
        ("short-row", 1),
    ]


def test_a_rejected_row_is_kept_whole_and_counted():
    faults = Faults()
    faults.reject(3, ["a", None, "c"], "long-row", "3 cells where 2 belong.")
    faults.add("footer", "below the table.", line=9, value="Sum", is_rejected=True)
    report = faults.report(())
    assert report.rejected == 2
    assert faults.aside == [(3, "3 cells where 2 belong.", ("a", None, "c"))]
    assert report.faults[0].value == "a |  | c"
    assert [fault.action for fault in report.faults] == ["kept aside", "left out"]


def test_what_readers_do_by_themselves_is_said():
    faults = Faults()
    faults.add("short-row", "only 1 of 2 cells.", line=2)
    faults.add_many("geometry-crossed", "crossed.", column="shape", found=[(1, "")], total=1)
    faults.add("range", "“9” is more than 5.", line=3)
    assert [fault.action for fault in faults.report(()).faults] == ["left empty", "mended", ""]


def test_long_values_are_cut_in_columns_and_shortened_in_sentences():
    faults = Faults()
    faults.add_many("date", "“{value}” is no date.", column="day", found=[(1, "x" * 900)], total=1)
    (fault,) = faults.report(()).faults
    assert fault.value == "x" * 500
    assert fault.message == f"Column “day”, line 1: “{'x' * 79}…” is no date."


def test_what_is_beyond_the_bound_is_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST", 10)
    faults = Faults()
    for line in range(8):
        faults.add("row", "odd.", line=line)
    numbers = np.arange(5)
    faults.add_column("number", "“{value}”", column="n", lines=numbers, values=pa.array(["x"] * 5))
    faults.add("row", "odd.", line=99)
    assert faults.table().num_rows == 10
    assert {(f.rule, f.count) for f in faults.report(()).summary} == {("row", 9), ("number", 5)}


def test_a_hundred_thousand_faults_are_told_in_a_moment():
    faults = Faults()
    start = time.perf_counter()
    for line in range(50_000):
        faults.add("long-row", f"{line} cells.", line=line, value="a;b;c", is_rejected=True)
    values = pa.array([f"v{n}" for n in range(50_000)])
    faults.add_column("n", "“{value}”", column="n", lines=np.arange(50_000), values=values)
    report, table = faults.report(()), faults.table()
    assert time.perf_counter() - start < 2
    assert table.schema == SCHEMA
    assert (table.num_rows, len(report.faults)) == (100_000, 10_000)

"""Checks of single cells."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from tests.standardise.checks.looking import at, look

from citycommons.core.errors import Invalid
from citycommons.standardise.checks import Known


def test_a_missing_or_blank_value_is_told_with_its_line():
    table = pa.table({"name": ["Aasee", None, "  ", "Dom"]})
    assert at(look(table, "required", "name")) == [(3, "name", ""), (4, "name", "  ")]


def test_a_value_outside_its_range_says_by_which_end():
    table = pa.table({"speed": pa.array([-3, 0, 50, None, 400])})
    found = look(table, "range", "speed", minimum=0, maximum=250)
    assert [fault.message for fault in found] == [
        "Column “speed”, line 2: “-3” is less than 0.",
        "Column “speed”, line 6: “400” is more than 250.",
    ]


def test_dates_have_ranges_too_and_a_limit_that_is_none_is_refused():
    table = pa.table({"day": [date(1899, 12, 31), date(2026, 1, 1)]})
    assert at(look(table, "range", "day", minimum="1900-01-01")) == [(2, "day", "1899-12-31")]
    with pytest.raises(Invalid, match="does not fit column “day”"):
        look(table, "range", "day", minimum="soon")


def test_values_are_of_a_list_whatever_the_capitals_where_that_is_said():
    table = pa.table({"mode": ["bike", "Car", "sledge", None]})
    assert at(look(table, "one-of", "mode", values=["bike", "car"])) == [
        (3, "mode", "Car"),
        (4, "mode", "sledge"),
    ]
    found = look(table, "one-of", "mode", values=["bike", "car"], ignore_case=True)
    assert at(found) == [(4, "mode", "sledge")]


def test_a_pattern_is_of_the_whole_value_and_never_runs_away():
    table = pa.table({"code": ["48143", "4814", "48143x", "a" * 5000 + "!"]})
    assert [fault.line for fault in look(table, "pattern", "code", pattern=r"\d{5}")] == [3, 4, 5]
    # The classic that never ends in a matcher that goes back.
    assert [fault.line for fault in look(table, "pattern", "code", pattern="(a+)+")] == [2, 3, 4, 5]


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "a{2000}", "(", "a" * 501])
def test_a_pattern_that_cannot_be_run_safely_is_refused(pattern):
    with pytest.raises(Invalid):
        look(pa.table({"code": ["a"]}), "pattern", "code", pattern=pattern)


def test_signs_are_counted_not_bytes():
    table = pa.table({"name": ["Köln", "Ulm", "Münster"]})
    assert at(look(table, "length", "name", minimum=4, maximum=6)) == [
        (3, "name", "Ulm"),
        (4, "name", "Münster"),
    ]


def test_a_time_that_is_yet_to_come_is_told():
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    times = [datetime(2026, 11, 24, 11, tzinfo=UTC), datetime(2062, 11, 24, tzinfo=UTC)]
    table = pa.table({"time": pa.array(times, pa.timestamp("us", tz="UTC"))})
    found = look(table, "not-in-future", "time", known=Known(now=now))
    assert [fault.line for fault in found] == [3]


def test_an_end_before_its_beginning_is_told_with_both():
    table = pa.table(
        {
            "start": [date(2026, 3, 1), date(2026, 4, 9), None],
            "end": [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)],
        }
    )
    (fault,) = look(table, "order", "start", "end")
    assert (fault.line, fault.column, fault.value) == (
        3,
        "end",
        "2026-04-01 before start 2026-04-09",
    )

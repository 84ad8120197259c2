"""Checks of time series."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from tests.standardise.checks.looking import at, look

from citycommons.core.errors import Invalid
from citycommons.standardise.checks.series import duration

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(*numbers: int) -> pa.Array:
    return pa.array([START + n * HOUR for n in numbers], pa.timestamp("us", tz="UTC"))


def test_a_gap_is_found_by_the_rhythm_of_the_data():
    table = pa.table({"time": hours(*range(10), *range(14, 20))})
    (fault,) = look(table, "time-gap", "time")
    assert (fault.line, fault.value) == (
        12,
        "2026-03-01 09:00 to 2026-03-01 14:00, about 4 missing",
    )


def test_each_series_has_gaps_of_its_own_in_whatever_order_rows_stand():
    times = [*range(12), *(n for n in range(12) if n not in (5, 6))]
    table = pa.table({"time": hours(*times), "site": ["A"] * 12 + ["B"] * 10})
    mixed = table.take(list(range(21, -1, -1)))
    (fault,) = look(mixed, "time-gap", "time", series=["site"])
    assert mixed["site"][fault.line - 2].as_py() == "B"
    assert fault.value.startswith("2026-03-01 04:00 to 2026-03-01 07:00")


def test_months_are_as_long_as_they_are():
    days = [date(2025, month, 1) for month in range(1, 13)]
    assert look(pa.table({"month": days}), "time-gap", "month") == ()
    (fault,) = look(pa.table({"month": days[:8] + days[10:]}), "time-gap", "month", step="P1M")
    assert fault.value == "2025-08-01 to 2025-11-01, about 2 missing"


def test_times_without_a_rhythm_have_no_gaps():
    table = pa.table({"time": hours(0, 1, 5, 6, 20, 29, 31, 80, 83, 97, 151)})
    assert look(table, "time-gap", "time") == ()


def test_a_sensor_that_stands_still_is_told_once_and_nights_of_zeros_are_not():
    values = [5, 6, 7] + [0] * 30 + [8] * 30 + [9, None, 9]
    table = pa.table({"time": hours(*range(len(values))), "count": values})
    assert at(look(table, "stuck", "count", time="time")) == [
        (35, "count", "8 for 30 rows, until 2026-03-03 14:00")
    ]
    found = look(table, "stuck", "count", time="time", most=40, most_zeros=20)
    assert [fault.line for fault in found] == [5]
    found = look(table, "stuck", "count", time="time", most=10, most_zeros=20)
    assert [fault.line for fault in found] == [5, 35]


def test_a_constant_is_no_sensor_that_is_stuck():
    table = pa.table({"time": hours(*range(50)), "spaces": [120] * 50})
    assert look(table, "stuck", "spaces", time="time") == ()


def test_a_declared_limit_finds_a_jump():
    table = pa.table({"time": hours(0, 1, 2, 3), "level": [10.0, 11.0, 25.0, 24.0]})
    assert at(look(table, "jump", "level", time="time", limit=5)) == [(4, "level", "11 to 25")]


def test_a_jump_far_beyond_the_usual_steps_is_found_and_only_there_and_back():
    values = [100 + (n * 7) % 5 for n in range(60)]
    values[20] = -61_879  # an overflow
    table = pa.table({"time": hours(*range(60)), "count": values})
    both = look(table, "jump", "count", time="time")
    assert [fault.line for fault in both] == [22, 23]
    (fault,) = look(table, "jump", "count", time="time", and_back=True)
    assert (fault.line, fault.value) == (22, "103 to -61879")


def test_durations_are_read_and_nonsense_is_refused():
    assert [duration(text) for text in ("PT15M", "PT1H", "P1D", "P1W", 60)] == [
        900.0,
        3600.0,
        86_400.0,
        604_800.0,
        60.0,
    ]
    for text in ("P", "an hour", 0, True):
        with pytest.raises(Invalid, match="is no duration"):
            duration(text)

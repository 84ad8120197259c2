"""Months from cumulative counters: they add up, never fall below nothing, and repeat the same."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from citycommons.measure.republication.cumulative import by_month, resets

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 400 * 24).map(lambda hours: BEGIN + timedelta(hours=hours))
readings = st.lists(
    st.tuples(moments, st.integers(0, 10**6)), max_size=30, unique_by=lambda one: one[0]
)


def rising(found):
    """The same readings of a counter that was never reset."""
    values = sorted(value for _, value in found)
    return list(zip(sorted(at for at, _ in found), values, strict=True))


@given(readings)
def test_months_add_up_to_what_the_counter_grew_by(found):
    found = rising(found)
    grown = found[-1][1] - found[0][1] if found else 0
    assert sum(by_month(found).values()) == grown


@given(readings)
def test_no_month_is_below_nothing_and_resets_count_nothing(found):
    counts = by_month(found)
    assert all(count >= 0 for count in counts.values())
    ordered = [value for _, value in sorted(found)]
    rises = sum(max(0, b - a) for a, b in pairwise(ordered))
    assert sum(counts.values()) == rises
    assert len(resets(found)) == sum(b < a for a, b in pairwise(ordered))


@given(readings, st.randoms())
def test_the_order_and_repetition_of_readings_change_nothing(found, random):
    again = [*found, *found]
    random.shuffle(again)
    assert by_month(again) == by_month(found)


@given(readings.filter(lambda found: len(found) >= 2), st.integers(0, 10**6))
def test_a_month_that_is_over_stays_as_it_was_when_more_is_read(found, value):
    found = rising(found)
    last = found[-1][0]
    before = by_month(found)
    after = by_month([*found, (last + timedelta(days=40), found[-1][1] + value)])
    month = last.date().replace(day=1)
    assert {m: n for m, n in before.items() if m < month} == {
        m: n for m, n in after.items() if m < month
    }


def test_one_reading_is_no_count_and_a_pull_across_a_months_end_is_split_by_time():
    start = datetime(2026, 3, 21, tzinfo=UTC)
    assert by_month([(start, 5000)]) == {}
    found = by_month([(start, 5000), (datetime(2026, 4, 11, tzinfo=UTC), 5210)])
    assert found == {date(2026, 3, 1): 110, date(2026, 4, 1): 100}


def test_a_year_without_a_pull_is_spread_over_its_months():
    found = by_month([(BEGIN, 0), (datetime(2027, 1, 1, tzinfo=UTC), 365)])
    assert len(found) == 12
    assert found[date(2026, 2, 1)] == 28
    assert sum(found.values()) == 365

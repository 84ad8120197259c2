"""When sources run: aligned to the city's clock, never many times for what was missed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.collect import schedule
from citycommons.core.errors import Invalid

ZONE = "Europe/Rome"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(every: str, offset: str, after: str, monkeypatch=None) -> str:
    found = schedule.next_run(every, offset, after=at(after), zone=ZONE, key="counts")
    assert found is not None
    plain = found - schedule.jitter(every, "counts")
    return plain.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("every", "offset", "after", "expected"),
    [
        # Rome is one hour ahead of UTC in winter, two in summer.
        ("PT15M", "", "2026-01-05 10:20", "2026-01-05 10:30"),
        ("PT1H", "PT10M", "2026-01-05 10:20", "2026-01-05 11:10"),
        ("PT6H", "", "2026-01-05 10:20", "2026-01-05 11:00"),
        ("P1D", "", "2026-01-05 10:20", "2026-01-05 23:00"),
        ("P1D", "PT3H", "2026-01-05 10:20", "2026-01-06 02:00"),
        ("P1D", "PT3H", "2026-07-05 10:20", "2026-07-06 01:00"),
        ("P1D", "PT3H", "2026-01-05 00:20", "2026-01-05 02:00"),
        ("P1W", "", "2026-01-07 10:20", "2026-01-11 23:00"),  # Monday, 12 January
        ("P1W", "P2DT4H", "2026-01-05 10:20", "2026-01-07 03:00"),
        ("P1M", "", "2026-01-05 10:20", "2026-01-31 23:00"),
        ("P1M", "P4DT3H", "2026-01-01 10:20", "2026-01-05 02:00"),
        ("P3M", "", "2026-01-05 10:20", "2026-03-31 22:00"),
        ("P1Y", "", "2026-01-05 10:20", "2026-12-31 23:00"),
    ],
)
def test_the_next_run_is_aligned_to_the_citys_clock(every, offset, after, expected):
    assert following(every, offset, after) == expected


def test_three_in_the_morning_stays_three_when_the_clocks_change(monkeypatch):
    assert following("P1D", "PT3H", "2026-03-28 12:00") == "2026-03-29 01:00"
    assert following("P1D", "PT3H", "2026-10-24 12:00") == "2026-10-25 02:00"


DAYS = st.integers(0, 20 * 366 * 1440).map(lambda n: at("2020-01-01 00:00") + timedelta(minutes=n))


@given(
    every=st.sampled_from(["PT1M", "PT15M", "PT1H", "PT6H", "P1D", "P2D", "P1W", "P1M", "P3M"]),
    after=DAYS,
    key=st.text(min_size=1, max_size=8),
)
def test_the_next_run_is_later_and_not_further_than_one_interval(every, after, key):
    found = schedule.next_run(every, "", after=after, zone=ZONE, key=key)
    assert after < found <= after + schedule.duration(every).about * 1.1 + timedelta(hours=2)


def test_overdue_runs_are_one():
    found = schedule.next_run("PT1H", "", after=at("2026-01-20 10:20"), zone=ZONE, key="counts")
    assert found - at("2026-01-20 10:20") <= timedelta(hours=1)


def test_sources_do_not_start_in_the_same_second_and_each_keeps_its_own():
    late = {key: schedule.jitter("P1D", key) for key in map(str, range(50))}
    assert late == {key: schedule.jitter("P1D", key) for key in late}
    assert len(set(late.values())) > 30
    assert all(timedelta() <= one < timedelta(minutes=5) for one in late.values())


def test_pauses_grow_to_a_day_and_hosts_get_the_rest_they_ask_for():
    now = at("2026-01-05 10:00")
    pauses = [schedule.after_failure(n, now=now) - now for n in range(1, 40)]
    assert pauses[:4] == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(days=1)
    asked = schedule.after_failure(1, now=now, retry_after_s=7200)
    assert asked - now == timedelta(hours=2)
    rests = schedule.after_failure(1, now=now, rests_until=now + timedelta(days=3))
    assert rests - now == timedelta(days=3)


@pytest.mark.parametrize("text", ["", "1D", "P", "PT", "P1H", "daily", "P1DT", "P-1D"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(Invalid):
        schedule.duration(text)


@pytest.mark.parametrize(
    ("every", "offset"), [("PT30S", ""), ("P1DT1H", ""), ("", "PT1H"), ("PT1H", "PT1H")]
)
def test_intervals_that_cannot_be_are_refused(every, offset):
    with pytest.raises(Invalid):
        schedule.check(every, offset)

"""Stretches of time as phases: nothing more and nothing less than was said."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from citycommons.share.works.calendar import between, days, window

ROME = ZoneInfo("Europe/Rome")
MINUTES = st.integers(0, 60 * 24 * 400).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
)


@given(MINUTES, st.integers(1, 60 * 24 * 60))
def test_phases_last_exactly_from_one_moment_to_the_other(begins: datetime, length: int) -> None:
    ends = begins + timedelta(minutes=length)
    phases = between(begins, ends, ROME)
    spans = sorted(window(phase, day, ROME) for phase in phases for day in days(phase))
    wall = [(a.replace(tzinfo=None), b.replace(tzinfo=None)) for a, b in spans]
    assert wall[0][0] == begins.astimezone(ROME).replace(tzinfo=None)
    last = ends.astimezone(ROME).replace(tzinfo=None)
    # In the hour that a clock is set back, a wall clock tells no order.
    assert wall[-1][1] == max(last, wall[0][0]) or last <= wall[0][0]
    for (_, before), (after, _) in pairwise(wall):
        assert before == after

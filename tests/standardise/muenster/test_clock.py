from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycommons.standardise.muenster.clock import midnight, to_utc

BERLIN = ZoneInfo("Europe/Berlin")
CLOCKS = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001


def array(*times: datetime):
    return np.array(times, dtype="datetime64[us]")


@given(CLOCKS, st.booleans())
def test_a_time_of_the_clock_is_what_the_time_zone_says(local, is_second):
    utc, left_out, twice = to_utc(array(local), np.array([is_second]))
    expected = local.replace(tzinfo=BERLIN, fold=int(is_second)).astimezone(UTC)
    back = expected.astimezone(BERLIN).replace(tzinfo=None)
    assert left_out[0] == (back != local)
    other = local.replace(tzinfo=BERLIN, fold=1 - is_second).astimezone(UTC)
    assert twice[0] == (other != expected and not left_out[0])
    if not left_out[0]:
        assert utc[0].astype(datetime) == expected.replace(tzinfo=None)


@given(st.dates(date(2000, 1, 1), date(2035, 1, 1)))
def test_a_day_begins_when_the_time_zone_says(day):
    expected = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
    assert midnight(day) == expected
    length = midnight(day + timedelta(days=1)) - midnight(day)
    assert timedelta(hours=23) <= length <= timedelta(hours=25)


def test_no_times_are_no_times():
    assert all(len(part) == 0 for part in to_utc(array()))

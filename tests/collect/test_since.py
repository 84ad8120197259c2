from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from citycommons.collect.since import back
from citycommons.core.errors import Invalid


@pytest.mark.parametrize(
    ("start", "overlap", "expected"),
    [
        (100, "7", 93),
        (Decimal("1.5"), "1", Decimal("0.5")),
        (date(2026, 3, 1), "P1D", date(2026, 2, 28)),
        (datetime(2026, 3, 1, tzinfo=UTC), "P1DT2H", datetime(2026, 2, 27, 22, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=UTC), "PT90M", datetime(2026, 2, 28, 22, 30, tzinfo=UTC)),
        ("2026-03-01 10:00:00", "PT30S", "2026-03-01 09:59:30"),
        ("key", "", "key"),
    ],
)
def test_the_start_lies_earlier_by_the_overlap(start, overlap, expected):
    assert back(start, overlap) == expected


@pytest.mark.parametrize(
    ("start", "overlap"), [(100, "PT1H"), (date(2026, 3, 1), "7"), ("key", "7"), (1, "P"), (1, "x")]
)
def test_an_overlap_of_another_kind_is_named(start, overlap):
    with pytest.raises(Invalid, match="does not fit"):
        back(start, overlap)

"""Days are of the type that the region's holidays and schools make them."""

from datetime import date

import pytest

from citycommons.act.model.calendar import calendar, calendar_at, easter_sunday
from citycommons.act.model.types import DayType
from citycommons.core.errors import NotFound


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2015, 2, 16), DayType.WORKDAY),
        (date(2015, 4, 3), DayType.SUNDAY),  # Good Friday
        (date(2015, 4, 7), DayType.VACATION),
        (date(2015, 4, 11), DayType.SATURDAY),  # in the vacation, and still a Saturday
        (date(2015, 6, 4), DayType.SUNDAY),  # Corpus Christi
        (date(2015, 6, 29), DayType.VACATION),
        (date(2016, 6, 28), DayType.WORKDAY),
        (date(2016, 7, 11), DayType.VACATION),
        (date(2016, 11, 1), DayType.SUNDAY),
    ],
)
def test_days_of_the_counted_years_in_muenster(day: date, kind: DayType) -> None:
    assert calendar("DE-NW").type_of(day) is kind


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(1961, 4, 2), (2015, 4, 5), (2016, 3, 27), (2025, 4, 20), (2038, 4, 25)],
)
def test_easter_sunday_is_the_published_one(year: int, month: int, day: int) -> None:
    assert easter_sunday(year) == date(year, month, day)


def test_the_smallest_region_around_a_place_is_its_calendar() -> None:
    assert calendar_at(7.62, 51.96).id == "DE-NW"
    assert calendar_at(13.4, 52.5).id == "DE"
    assert calendar_at(11.0, 43.6).id == "ideal"
    assert calendar_at(12.5, 41.9).id == "IT"
    with pytest.raises(NotFound, match="No calendar covers"):
        calendar_at(-70.0, -30.0)
    with pytest.raises(NotFound, match="no calendar “XX”"):
        calendar("XX")


def test_years_without_vacations_are_known_to_be_so() -> None:
    assert calendar("DE-NW").knows_vacations(date(2016, 5, 1))
    assert not calendar("DE-NW").knows_vacations(date(2019, 5, 1))

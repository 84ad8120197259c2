"""Quarters and years of the calendar: what a statement is about, and what it is held against."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from citycommons.core.errors import Invalid

_NAME = re.compile(r"(?P<year>(?:19|20)\d\d)(?:-Q(?P<quarter>[1-4]))?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """A quarter (1 to 4), or the whole year (0)."""

    year: int
    quarter: int = 0

    @property
    def name(self) -> str:
        """2026-Q3, or 2026."""
        return f"{self.year}-Q{self.quarter}" if self.quarter else str(self.year)

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.quarter - 2 if self.quarter else 1, 1)

    @property
    def last_day(self) -> date:
        """Belongs to it."""
        return self.following.first_day - timedelta(days=1)

    @property
    def before(self) -> "Period":
        """The quarter before, or the year before."""
        if self.quarter > 1:
            return Period(year=self.year, quarter=self.quarter - 1)
        return Period(year=self.year - 1, quarter=4 if self.quarter else 0)

    @property
    def following(self) -> "Period":
        if self.quarter in (1, 2, 3):
            return Period(year=self.year, quarter=self.quarter + 1)
        return Period(year=self.year + 1, quarter=1 if self.quarter else 0)

    @property
    def year_before(self) -> "Period":
        return Period(year=self.year - 1, quarter=self.quarter)


def quarter_of(day: date) -> Period:
    """The quarter that a day lies in."""
    return Period(year=day.year, quarter=(day.month + 2) // 3)


def parse(name: str) -> Period:
    """A period by its name.

    Raises `Invalid` when it is none.
    """
    if (found := _NAME.fullmatch(name.strip().upper())) is None:
        raise Invalid(
            f"“{name[:40]}” is no quarter and no year. Write it as 2026-Q3, or 2026.",
            column="period",
        )
    return Period(year=int(found["year"]), quarter=int(found["quarter"] or 0))


def month_before(day: date, months: int) -> date:
    """The first day of the month that lies so many months before a day's own."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)

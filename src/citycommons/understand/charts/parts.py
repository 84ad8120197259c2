"""What a chart is made of: numbers and words, without any drawing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """How a chart is drawn."""

    WEEK = "week"  # 168 hours, Monday 0:00 first, with a band
    LINE = "line"  # over time; `x` is an ISO date
    BARS = "bars"  # at most eight kinds, largest first
    HISTOGRAM = "histogram"  # rows in equal steps; `x` is where a step begins


class Said(StrEnum):
    """What a value in a message is, so that each language writes it its own way."""

    NUMBER = "number"
    SHARE = "share"
    HOUR = "hour"
    WEEKDAY = "weekday"
    DATE = "date"
    MONTH = "month"
    YEAR = "year"
    TEXT = "text"
    COLUMN = "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A sentence to translate: its English source and its values, each with what it is."""

    text: str
    values: dict[str, tuple[Said, str | float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value; `low` and `high` hold four of five values behind it."""

    x: str
    y: float
    low: float | None = None
    high: float | None = None
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure's numbers and words, without any drawing."""

    kind: Kind
    headline: Message
    subtitle: Message
    measure: str = ""  # the column; empty where rows are counted
    unit: str = ""
    step: str = ""  # of a line: year, month, day, hour
    points: tuple[Point, ...]
    marked: int | None = None  # the point that the headline speaks of
    rest: float = 0.0  # of bars: what lies in kinds that are not shown
    used: int  # rows behind the figure
    left_out: int = 0  # doubtful or empty rows among those it could have used


def as_date(x: str) -> date:
    """The day of a line's point."""
    return date.fromisoformat(x[:10])

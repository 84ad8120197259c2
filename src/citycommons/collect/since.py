"""Where to go on from: the cursor of the last run, and how far back late rows may come."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from citycommons.core.errors import Invalid

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def back(start: Any, overlap: str) -> Any:
    """A time or a key, earlier by the overlap: an ISO 8601 duration (`PT10M`) or a number (`100`).

    A time given as text stays text. Raises `Invalid` for an overlap of another kind.
    """
    if not overlap:
        return start
    value: Any = _moment(start) if isinstance(start, str) else start
    span = _DURATION.fullmatch(overlap)
    if isinstance(value, date) and span and any(span.groups()):
        days, hours, minutes, seconds = (int(text or 0) for text in span.groups())
        value -= timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        is_text = isinstance(start, str) and isinstance(value, datetime)
        return value.isoformat(" ") if is_text else value
    if isinstance(value, int | Decimal) and overlap.isdigit():
        return value - int(overlap)
    raise Invalid(
        f"The overlap “{overlap}” does not fit “{start}”. Write PT10M for times, 100 for keys.",
        column="overlap",
    )


def _moment(text: str) -> Any:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text

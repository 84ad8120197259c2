"""Uses: how they come in, what is kept of them for a day, by which rules they are counted."""

from citycommons.store.usage.arriving import UsageBuffer, Uses, visitor
from citycommons.store.usage.days import (
    add_counts,
    add_day,
    by_period,
    of_day,
    put_day,
    sessions,
    totals,
    uses,
)
from citycommons.store.usage.settling import settle

__all__ = [
    "UsageBuffer",
    "Uses",
    "add_counts",
    "add_day",
    "by_period",
    "of_day",
    "put_day",
    "sessions",
    "settle",
    "totals",
    "uses",
    "visitor",
]

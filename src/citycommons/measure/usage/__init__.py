"""How often data were used, by COUNTER's rules: double clicks once, robots apart.

References
----------
COUNTER: Code of Practice for Research Data, release 1.0.1.
"""

from citycommons.measure.usage.counts import WHOLE_CITY, Grain, counted
from citycommons.measure.usage.summary import (
    REGULAR,
    Lately,
    Month,
    Summary,
    by_day,
    by_month,
    most_used,
    newest,
    of_city,
    of_dataset,
    of_versions,
)

__all__ = [
    "REGULAR",
    "WHOLE_CITY",
    "Grain",
    "Lately",
    "Month",
    "Summary",
    "by_day",
    "by_month",
    "counted",
    "most_used",
    "newest",
    "of_city",
    "of_dataset",
    "of_versions",
]

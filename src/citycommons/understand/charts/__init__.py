"""The automatic chart of a version: chosen by its columns' roles, computed once, cached by digest.

A chart says something in its headline, and that sentence is computed from the data, never written
by hand. Rows that a flag calls doubtful are left out, and the chart says how many they were.
"""

from citycommons.core.types import FieldType
from citycommons.share.open import Opened
from citycommons.understand.charts.kinds import bars, histogram
from citycommons.understand.charts.over_time import line, week
from citycommons.understand.charts.parts import Chart, Kind, Message, Point, Said, as_date
from citycommons.understand.columns import measure_column, time_column
from citycommons.understand.kept import kept

__all__ = ["Chart", "Kind", "Message", "Point", "Said", "as_date", "chart", "compute"]

EDITION = 1  # raised whenever the same version would give another chart


def chart(opened: Opened, zone: str = "UTC") -> Chart | None:
    """The version's automatic chart, or None where there is nothing to say.

    Hours and days are those of the time zone that the city lives by.

    The first call computes (about a second for ten million rows), later ones read a small file.
    """
    name = f"chart-{EDITION}-{zone.replace('/', '-')}"
    return kept(opened.lake, opened.version.file, name, Chart, lambda: compute(opened, zone))


def compute(opened: Opened, zone: str = "UTC") -> Chart | None:
    """Choose and compute: a week's profile, a line over time, bars of kinds, or a histogram."""
    version = opened.version
    if version.rows < 2:
        return None
    time, measure = time_column(version), measure_column(version)
    if time is not None and version.rows >= 12:
        over_time = None
        if measure is not None and time.type is FieldType.DATETIME:
            over_time = week(opened, time, measure, zone)
        if found := over_time or line(opened, time, measure, zone):
            return found
    return bars(opened, measure) or (histogram(opened, measure) if measure else None)

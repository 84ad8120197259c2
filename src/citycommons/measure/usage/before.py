"""What the portal before this one counted of itself: monthly statistics, declared, not ours.

They are a dataset like any other (with provenance, licence and versions) and are read as one. By
which rules they were counted nobody knows any more: they stand beside our own counts and in no sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import Dataset, DatasetId, Version
from citycommons.measure.usage.cells import month_of
from citycommons.share import open as reader
from citycommons.store.work import Work

COUNTS = ("visits", "unique_visitors", "page_views", "unique_page_views", "downloads")
_MOST = 600  # months


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthBefore:
    """A month as the portal before declared it; None: nothing was said, or it is doubtful."""

    month: date
    counts: Mapping[str, int | None]
    flag: str = ""  # why some of it is doubtful


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Statistics of the portal before, oldest month first."""

    dataset: Dataset
    version: Version
    months: tuple[MonthBefore, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Counts that any month has."""
        return tuple(name for name in COUNTS if any(one.counts.get(name) for one in self.months))


def statistics_before(work: Work, id: DatasetId) -> Before | None:
    """What is declared; None where there is no such dataset, or the actor may not read it.

    The house reads it to show it beside: that is no use of the dataset.
    """
    try:
        opened = reader.open(replace(work, uses=None), id)
    except (NotFound, Forbidden):
        return None
    names = {one.name for one in opened.version.fields}
    if "month" not in names or not names & {*COUNTS}:
        return None
    kept = [name for name in ("month", "flag", *COUNTS) if name in names]
    found = opened.query(f"SELECT {', '.join(kept)} FROM rows ORDER BY month LIMIT {_MOST}")
    months = tuple(_month(row) for row in found.to_pylist() if row["month"] is not None)
    said = tuple(one for one in months if any(one.counts.values()))
    return Before(dataset=opened.dataset, version=opened.version, months=said) if said else None


def _month(row: Mapping[str, Any]) -> MonthBefore:
    flag = str(row.get("flag") or "")
    # Of a month whose columns moved only the first one is where its heading says.
    sure = ("visits",) if flag else COUNTS
    counts = {
        name: int(row[name]) if name in sure and row.get(name) is not None else None
        for name in COUNTS
    }
    return MonthBefore(month=month_of(row["month"]), counts=counts, flag=flag)

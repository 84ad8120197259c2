"""Taking a report: who may speak of which copy, and each period replaced by its newest report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyId,
    CopyState,
    Portal,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.errors import Forbidden, Invalid
from citycommons.core.types import DatasetId
from citycommons.measure.republication import iris, outliers
from citycommons.measure.republication.reports import Entry, Report
from citycommons.store import copies
from citycommons.store.copies import Period
from citycommons.store.work import Work

MOST_HOPS = 5
"""How many copies of copies are followed from ours."""

Made = dict[tuple[CopyId, Period], datetime]
"""When the report was made that is known of a copy's period."""

_TAKEN = (CopyState.VERIFIED, CopyState.GONE)


@dataclass(slots=True, kw_only=True)
class Taken:
    """What becomes of a report."""

    periods: int = 0  # taken
    stale: int = 0  # periods of which something newer, or the very same, is known
    aside: int = 0  # entries that are ours, or that their own portal reports
    unknown: list[Entry] = field(default_factory=list)  # copies nobody looked at yet
    counts: list[CopyCount] = field(default_factory=list)  # what is written down

    @property
    def is_replay(self) -> bool:
        """Whether all of it was said before."""
        return self.stale > 0 and self.periods == 0 and not self.unknown


def take(work: Work, portal: Portal, report: Report, base: str) -> Taken:
    """Put what a portal reports in the place of what it said of the same periods before.

    The caller has verified who sends it. Raises what `weigh` raises; then nothing is taken.
    """
    taken = weigh(work, portal, report, base)
    known = copies.copies_at(work.db, [one.uri for one in report.entries])
    copies.replace(work.db, outliers.marked(work, tuple(known.values()), taken.counts))
    return taken


def weigh(work: Work, portal: Portal, report: Report, base: str) -> Taken:
    """What of a report would be taken; nothing is written.

    Raises `Invalid` for a dataset that is not ours and for what another portal answers for,
    `Forbidden` for a portal that is blocked.
    """
    if portal.is_blocked:
        raise Forbidden(f"{portal.url} is not listened to here.")
    named = [one for entry in report.entries for one in (entry.uri, entry.via) if one]
    known = copies.copies_at(work.db, named)
    made = copies.reported(work.db, [one.id for one in known.values()])
    taken = Taken()
    for entry in report.entries:
        if iris.host_of(entry.uri) == iris.host_of(base):
            taken.aside += 1  # a circle: what is said of us we know better
        else:
            _weigh(work, portal, entry, report, known, made, taken, base)
    return taken


def _weigh(
    work: Work,
    portal: Portal,
    entry: Entry,
    report: Report,
    known: dict[str, Copy],
    made: Made,
    taken: Taken,
    base: str,
) -> None:
    copy = known.get(entry.uri)
    dataset = _dataset(work, entry, known, base)
    if copy is None or copy.state not in _TAKEN:
        _may_be_of(work, portal, entry)
        taken.unknown.append(entry)
    elif dataset is not None and copy.dataset != dataset:
        raise Invalid(f"{entry.uri[:200]} is a copy of another dataset than is said.")
    elif entry.via and not copy.via:
        taken.aside += 1  # it reports by itself
    elif not is_speaker(work, portal, copy):
        raise Invalid(f"{portal.url} does not answer for the copy {entry.uri[:200]}.")
    else:
        taken.counts += _newer(copy, entry, report, made, taken)


def _dataset(work: Work, entry: Entry, known: dict[str, Copy], base: str) -> DatasetId | None:
    """Our dataset that an entry stands for: named itself, or by the copy between."""
    for one in entry.origins:
        if (ours := iris.dataset_at(one, base)) is not None:
            return ours[0]
    between = known.get(entry.via) if entry.via else None
    if entry.via and between is None:
        return None  # not known yet: it is looked at before anything is taken
    if between is None:
        raise Invalid(f"The entry of {entry.uri[:200]} names no dataset of ours.")
    return between.dataset


def _may_be_of(work: Work, portal: Portal, entry: Entry) -> None:
    """A copy nobody knows stands at the portal itself, or was made of one that it answers for."""
    stands = entry.via or entry.uri
    if iris.host_of(stands) == iris.host_of(portal.url):
        return
    made_of = copies.copy_at(work.db, entry.via) if entry.via else None
    if made_of is None or not is_speaker(work, portal, made_of):
        raise Invalid(f"{portal.url} does not answer for the copy {entry.uri[:200]}.")


def is_speaker(work: Work, portal: Portal, copy: Copy) -> bool:
    """Whether the portal answers for a copy: it stands there, or was made of one that does."""
    at: Copy | None = copy
    for _ in range(MOST_HOPS):
        if at is None:
            return False
        stands = at.via or at.iri
        if iris.host_of(stands) == iris.host_of(portal.url):
            return True
        at = copies.copy_at(work.db, at.via) if at.via else None
    return False


def _newer(
    copy: Copy,
    entry: Entry,
    report: Report,
    made: Made,
    taken: Taken,
) -> list[CopyCount]:
    """Counts of the periods of which nothing newer is known; zero where none is named."""
    found: list[CopyCount] = []
    for period in dict.fromkeys((*report.span, *entry.periods)):
        before = made.get((copy.id, period))
        if before is not None and before >= report.created:
            taken.stale += 1
            continue
        taken.periods += 1
        uses = entry.periods.get(period) or {(Metric.TOTAL_REQUESTS, Method.REGULAR): 0}
        found += [
            CopyCount(
                copy=copy.id,
                first_day=period.first_day,
                last_day=period.last_day,
                metric=metric,
                method=method,
                count=count,
                certainty=Certainty.REPORTED,
                reported=report.created,
            )
            for (metric, method), count in uses.items()
        ]
    return found


def unseen(entries: Iterable[Entry], most: int) -> Sequence[Entry]:
    """The copies to look at next: those made of ours first, so that others can lead to them."""
    return sorted(entries, key=lambda one: (bool(one.via), one.uri))[:most]

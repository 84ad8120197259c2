"""Use at other portals as it is shown: by copy and by how surely it is known, outliers apart."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from citycommons.core.copies import Certainty, Copy, CopyId, CopyState, PortalId
from citycommons.core.types import DatasetId
from citycommons.store import copy_sums
from citycommons.store.copy_sums import CopySum
from citycommons.store.work import Work

YEAR = timedelta(days=365)
SHOWN = (CopyState.VERIFIED, CopyState.FOUND, CopyState.GONE)
"""Copies that everybody is told of: what is only announced, or was refused, is for the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What is said of the use of one copy, in one certainty; without one, nothing is said."""

    copy: CopyId
    portal: PortalId
    name: str  # of the portal
    certainty: Certainty | None
    requests: int
    investigations: int  # requests are among them
    first_day: date | None
    last_day: date | None
    is_outlier: bool
    iri: str
    state: CopyState
    version: str = ""

    @property
    def uses(self) -> int:
        """Investigations; at least the requests, where a portal tells nothing else."""
        return max(self.requests, self.investigations)


def elsewhere(
    work: Work,
    datasets: Collection[DatasetId],
    *,
    since: date | None = None,
    until: date | None = None,
) -> dict[DatasetId, tuple[Elsewhere, ...]]:
    """Use of copies of these datasets, in one statement; datasets without copies are left out.

    Counts of whole periods that begin on `since` (None: within the last year) or later and end by
    `until`. Ask only for datasets that the actor was let in to. What is said of a copy that nobody
    announced or confirmed is estimated, whatever its portal counts by; blocked portals are left
    out.
    """
    if not datasets:
        return {}
    begin = since or work.now.date() - YEAR
    found: dict[DatasetId, list[Elsewhere]] = defaultdict(list)
    for one in copy_sums.sums(work.db, datasets, since=begin, until=until):
        if one.copy.state in SHOWN and not one.portal.is_blocked:
            found[one.copy.dataset].append(_elsewhere(one))
    return {id: tuple(ones) for id, ones in found.items()}


def by_certainty(found: Iterable[Elsewhere]) -> dict[Certainty, int]:
    """Uses by certainty, the surest first, outliers left out."""
    sums = dict.fromkeys(Certainty, 0)
    for one in found:
        if one.certainty is not None and not one.is_outlier:
            sums[one.certainty] += one.uses
    return {certainty: count for certainty, count in sums.items() if count}


def certainty_of(
    said: Certainty | None, state: CopyState, *, is_confirmed: bool
) -> Certainty | None:
    """How surely a count is known: of a copy that nobody confirmed it is estimated."""
    if said is None or is_confirmed or state is CopyState.VERIFIED:
        return said
    return Certainty.ESTIMATED


def is_confirmed(one: Copy) -> bool:
    """Whether a copy was announced and verified, or a person said that it is one.

    One that was found has a similarity; that a person confirmed it is told by `seen`.
    """
    return one.similarity is None or one.seen is not None


def _elsewhere(one: CopySum) -> Elsewhere:
    return Elsewhere(
        copy=one.copy.id,
        portal=one.portal.id,
        name=one.portal.name,
        certainty=certainty_of(one.certainty, one.copy.state, is_confirmed=is_confirmed(one.copy)),
        requests=one.requests,
        investigations=one.investigations,
        first_day=one.first_day,
        last_day=one.last_day,
        is_outlier=one.is_outlier,
        iri=one.copy.iri,
        state=one.copy.state,
        version=one.copy.version,
    )

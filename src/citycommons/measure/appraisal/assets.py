"""The indices of one dataset, with inputs that the platform measured, each by its name."""

from citycommons.core.goals import Goal
from citycommons.core.types import DatasetId, Use
from citycommons.govern.access import Action, require
from citycommons.measure.appraisal.gather import datasets_of
from citycommons.measure.appraisal.infonomics import (
    How,
    Index,
    Input,
    business,
    intrinsic,
    performance,
)
from citycommons.measure.appraisal.worth import used_in
from citycommons.measure.goals import ledger
from citycommons.measure.republication import shown
from citycommons.share import catalogue
from citycommons.store import copies
from citycommons.store.work import Work


def indices(work: Work, id: DatasetId, *, year: int) -> tuple[Index, ...]:
    """Intrinsic and business value of a dataset, and the performance value of each goal it serves.

    Scarcity is the share of known other portals that have a copy; relevance the requests of the
    year beside those of the dataset that is requested most. Raises `NotFound`, and `Forbidden`
    for those who may not read its publisher's ledger.
    """
    entry = catalogue.entry(work, id)
    require(work, Action.READ_LEDGER, entry.dataset.publisher)
    goals = [one for one in ledger.goals(work) if id in datasets_of(one)]
    return (
        intrinsic(entry.dataset, entry.version, work.now, scarcity=_scarcity(work, id)),
        business(entry.dataset, entry.version, work.now, relevance=_relevance(work, id, year)),
        *(_performance(work, goal) for goal in goals),
    )


def _scarcity(work: Work, id: DatasetId) -> Input | None:
    found = shown.elsewhere(work, (id,)).get(id, ())
    holders = {one.portal for one in found}
    known = len(copies.every_portal(work.db))
    if not known:
        return None
    said = f"{len(holders)} of {known} known portals have a copy"
    value = min(1.0, len(holders) / known)
    return Input(name="scarcity", value=value, how=How.MEASURED, said=said)


def _relevance(work: Work, id: DatasetId, year: int) -> tuple[Input, ...]:
    found = used_in(work, year)
    counts = {dataset: count for (dataset, use), count in found.items() if use is Use.REQUEST}
    most = max(counts.values(), default=0)
    if not most:
        return ()
    said = f"{counts.get(id, 0)} requests in {year}, the most of any dataset being {most}"
    value = counts.get(id, 0) / most
    return (Input(name="relevance", value=value, how=How.MEASURED, said=said),)


def _performance(work: Work, goal: Goal) -> Index:
    latest = ledger.outcome(work, goal.id).latest
    return performance(
        without=goal.baseline.value if goal.baseline else None,
        with_data=latest.value if latest else None,
        better=goal.indicator.better,
    )

"""What is offered: how many datasets, how fresh, how well described."""

from datetime import datetime

from citycommons.core.types import Access, Dataset, Version
from citycommons.measure.impact.figures import Figure, Rule, Sureness, unknown
from citycommons.measure.impact.scope import Basis
from citycommons.store import impact
from citycommons.understand.quality import FREQUENCY_DAYS, Criterion, checks

MARKS = 9


def offer(basis: Basis) -> tuple[Figure, ...]:
    """The offer as it stood when the period ended, from the versions of that day."""
    versions = impact.versions_at(basis.work.db, basis.until)
    every = [
        one for one in basis.datasets.values() if one.created is None or one.created < basis.until
    ]
    public = sum(one.access is Access.PUBLIC for one in every)
    here = [one for one in every if one.id in versions]
    return (
        _count(basis, "offer.datasets", len(every), "catalogue: datasets offered"),
        _count(basis, "offer.public", public, "catalogue: datasets that anyone may read"),
        _count(basis, "offer.with_data", len(here), "catalogue: datasets with a version here"),
        _fresh(basis, [(one, versions[one.id]) for one in here]),
        _marks(basis, [(one, versions.get(one.id)) for one in every]),
    )


def _count(basis: Basis, id: str, value: float, query: str) -> Figure:
    return Figure(
        id=id,
        value=value,
        unit="{dataset}",
        rule=Rule.OFFER,
        sureness=Sureness.RECORDED,
        as_of=basis.as_of,
        query=query,
        inputs=_inputs(basis),
    )


def _inputs(basis: Basis) -> tuple[str, ...]:
    publisher = basis.scope.publisher
    return (f"/datasets.json?publisher={publisher}" if publisher else "/datasets.json",)


def _fresh(basis: Basis, held: list[tuple[Dataset, Version]]) -> Figure:
    promised = [(one, version) for one, version in held if one.frequency in FREQUENCY_DAYS]
    if not promised:
        return unknown("offer.fresh", Rule.OFFER, "no_frequency", unit="1", as_of=basis.as_of)
    fresh = sum(_is_timely(one, version, basis.until) for one, version in promised)
    return Figure(
        id="offer.fresh",
        value=round(fresh / len(promised), 4),
        unit="1",
        rule=Rule.OFFER,
        sureness=Sureness.RECORDED,
        as_of=basis.as_of,
        query=f"quality: criterion “timely” holds, of {len(promised)} that promise a frequency",
        inputs=_inputs(basis),
    )


def _is_timely(dataset: Dataset, version: Version, until: datetime) -> bool:
    found = checks(dataset, version, until)
    return next(one.holds for one in found if one.criterion is Criterion.TIMELY)


def _marks(basis: Basis, every: list[tuple[Dataset, Version | None]]) -> Figure:
    if not every:
        return unknown("offer.marks", Rule.OFFER, "no_datasets", unit="1", as_of=basis.as_of)
    marks = [
        sum(check.holds for check in checks(one, version, basis.until)) for one, version in every
    ]
    return Figure(
        id="offer.marks",
        value=round(sum(marks) / len(marks), 2),
        unit="{mark}",
        rule=Rule.OFFER,
        sureness=Sureness.RECORDED,
        as_of=basis.as_of,
        query=f"quality: mean of the {MARKS} checks over {len(marks)} datasets",
        inputs=_inputs(basis),
    )

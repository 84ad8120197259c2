"""How often copies of our data were taken at other portals, by how surely that is known.

Certainties are never added up. Outliers stand apart until a person has accepted them.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from citycommons.core.copies import Certainty
from citycommons.core.types import DatasetId
from citycommons.measure.impact.figures import Figure, Rule, Sureness, unknown
from citycommons.measure.impact.scope import Basis
from citycommons.measure.republication import shown
from citycommons.measure.republication.shown import Elsewhere as Copied

AWAY = (Certainty.REPORTED, Certainty.DECLARED, Certainty.ESTIMATED)
_QUERY = "total requests at copies, {certainty}, months within {first} to {last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Requests at copies, as figures and by dataset and certainty."""

    figures: tuple[Figure, ...]
    requests: dict[DatasetId, dict[str, int]]


def elsewhere(basis: Basis) -> Elsewhere:
    """Requests at copies in the period; a portal that tells no requests tells its uses."""
    first, last = basis.scope.period.first_day, basis.scope.period.last_day
    found = shown.elsewhere(basis.work, list(basis.datasets), since=first, until=last)
    sums: dict[DatasetId, dict[str, int]] = defaultdict(lambda: dict.fromkeys(AWAY, 0))
    for id, copies in found.items():
        for one in copies:
            if one.certainty in AWAY and not one.is_outlier:
                sums[id][one.certainty] += taken(one)
    every = [one for copies in found.values() for one in copies]
    return Elsewhere(
        figures=(*(_figure(basis, one, every) for one in AWAY), *_beside(basis, every)),
        requests={id: dict(of) for id, of in sums.items() if any(of.values())},
    )


def taken(one: Copied) -> int:
    """Requests; of a portal that counts only one kind of use, that."""
    return one.requests or one.investigations


def _figure(basis: Basis, certainty: Certainty, every: Sequence[Copied]) -> Figure:
    id = f"use.elsewhere.{certainty}"
    said = [one for one in every if one.certainty is certainty and not one.is_outlier]
    if not said:
        why = "no_reports" if every else "no_copies"
        return unknown(id, Rule.COPIES, why, unit="{use}", as_of=basis.as_of)
    portals = Counter[str]()
    for one in said:
        portals[one.iri] += taken(one)
    period = basis.scope.period
    return Figure(
        id=id,
        value=sum(portals.values()),
        unit="{use}",
        rule=Rule.COPIES,
        sureness=Sureness(certainty.value),
        as_of=min(basis.as_of, max(one.last_day or basis.as_of for one in said)),
        query=_QUERY.format(certainty=certainty, first=period.first_day, last=period.last_day),
        inputs=tuple(sorted(portals)),
    )


def _beside(basis: Basis, every: Sequence[Copied]) -> tuple[Figure, ...]:
    if not every:
        return ()
    outliers = [one for one in every if one.is_outlier]
    figures = [
        _recorded(
            basis,
            "use.elsewhere.portals",
            len({one.portal for one in every}),
            "portals with a copy that was verified, found, or is gone",
            sorted({one.iri for one in every}),
            unit="{portal}",
        )
    ]
    if outliers:
        figures.append(
            _recorded(
                basis,
                "use.elsewhere.outliers",
                sum(map(taken, outliers)),
                "requests at copies far from what was known, which nobody has accepted yet",
                sorted({one.iri for one in outliers}),
            )
        )
    return tuple(figures)


def _recorded(
    basis: Basis, id: str, value: float, query: str, inputs: Sequence[str], *, unit: str = "{use}"
) -> Figure:
    return Figure(
        id=id,
        value=value,
        unit=unit,
        rule=Rule.COPIES,
        sureness=Sureness.RECORDED,
        as_of=basis.as_of,
        query=query,
        inputs=tuple(inputs),
    )

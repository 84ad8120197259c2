"""What people ask for: requests for data, and searches that found nothing."""

from dataclasses import dataclass

from citycommons.core.reuses import DataRequest, RequestState
from citycommons.engage.wanted import Missed, missed
from citycommons.measure.impact.figures import Figure, Rule, Sureness, unknown
from citycommons.measure.impact.lines import WishLine
from citycommons.measure.impact.scope import Audience, Basis
from citycommons.store import wanted

SHOWN = 3
_WAITING = (RequestState.OPEN, RequestState.PLANNED)
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Wishes, as figures and as lines, the most wanted first."""

    figures: tuple[Figure, ...]
    wishes: tuple[WishLine, ...]


def demand(basis: Basis) -> Demand:
    """What is asked of the city as a whole: a request names no publisher.

    Requests are told as they stand now, by when they were asked and answered.
    """
    if basis.scope.publisher is not None:
        why = unknown("demand.open", Rule.DEMAND, "whole_city", unit="{request}", as_of=basis.as_of)
        return Demand(figures=(why,), wishes=())
    every = [one for one in wanted.find(basis.work.db, limit=_MOST) if one.created < basis.until]
    vain = _missed(basis)
    waiting = [one for one in every if one.state in _WAITING]
    return Demand(figures=_figures(basis, every, waiting, vain), wishes=_wishes(waiting, vain))


def _missed(basis: Basis) -> tuple[Missed, ...]:
    """Terms are for the city's people alone."""
    if basis.scope.audience is Audience.PUBLIC:
        return ()
    found = missed(basis.work, basis.scope.period.first_day, limit=_MOST)
    return tuple(one for one in found if one.last <= basis.as_of)


def _figures(
    basis: Basis, every: list[DataRequest], waiting: list[DataRequest], vain: tuple[Missed, ...]
) -> tuple[Figure, ...]:
    put = _Put(basis)
    if every:
        first = basis.scope.period.first_day
        answered = sum(
            one.answered is not None and first <= one.answered.date() <= basis.as_of
            for one in every
        )
        paths = tuple(sorted(f"/requests/{one.id}" for one in waiting))
        found = [
            put("demand.open", len(waiting), "requests that are open or planned", paths),
            put("demand.votes", sum(one.votes for one in waiting), "votes of these requests"),
            put("demand.answered", answered, f"requests answered since {first}"),
        ]
    else:
        found = [
            unknown("demand.open", Rule.DEMAND, "no_requests", unit="{request}", as_of=basis.as_of)
        ]
    if vain:
        query = f"searches without a result since {basis.scope.period.first_day:%Y-%m}"
        found.append(put("demand.missed", sum(one.searches for one in vain), query))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Put:
    basis: Basis

    def __call__(self, id: str, value: float, query: str, inputs: tuple[str, ...] = ()) -> Figure:
        return Figure(
            id=id,
            value=value,
            unit="{request}",
            rule=Rule.DEMAND,
            sureness=Sureness.RECORDED,
            as_of=self.basis.as_of,
            query=query,
            inputs=inputs,
        )


def _wishes(waiting: list[DataRequest], vain: tuple[Missed, ...]) -> tuple[WishLine, ...]:
    asked = [WishLine(title=one.title, count=one.votes, request=one.id) for one in waiting]
    sought = [WishLine(title=one.term, count=one.searches) for one in vain]
    return (*asked[:SHOWN], *sought[: max(1, SHOWN - len(asked))])

"""What each dataset is worth against what it costs: use here and elsewhere, goals, money."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from citycommons.core.copies import Certainty
from citycommons.core.goals import Cost, GoalId, Range, UnitValue
from citycommons.core.types import Dataset, DatasetId, PublisherId, Text, Use
from citycommons.govern.access import Action, publishers_for
from citycommons.measure.appraisal import kept
from citycommons.measure.appraisal.gather import datasets_of
from citycommons.measure.appraisal.types import Appraisal
from citycommons.measure.goals import ledger
from citycommons.measure.republication import shown
from citycommons.measure.usage import REGULAR
from citycommons.store import catalogue, usage
from citycommons.store.work import Work

_AT_ONCE = 200  # well below the number of values that a statement may hold


class Verdict(StrEnum):
    """The one sentence that is said of a dataset."""

    PROVEN = "proven"  # a goal that it serves has proven benefits
    SERVES = "serves"  # it serves a goal, whose benefits are not proven yet
    USED = "used"  # it is used and serves no goal
    UNUSED = "unused"  # it costs money, and nobody used it
    SILENT = "silent"  # neither use nor cost is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount with its ends; amounts of different currencies stand beside one another."""

    currency: str
    amount: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """One dataset in one year."""

    dataset: DatasetId
    title: Text
    publisher: PublisherId
    looked_at: int
    requests: int  # here
    elsewhere: Mapping[Certainty, int]  # uses at other portals, the surest first
    goals: tuple[GoalId, ...]  # that it is measured or reached with
    benefits: tuple[Money, ...]  # proven, of the year: each goal's, split evenly over its datasets
    costs: tuple[Money, ...]  # of the year, as entered
    verdict: Verdict

    @property
    def uses(self) -> int:
        """Requests here, and those that other portals report or declare."""
        told = (count for sure, count in self.elsewhere.items() if sure is not Certainty.ESTIMATED)
        return self.requests + sum(told)

    @property
    def per_use(self) -> Money | None:
        """Most likely cost of one use; None without uses, or with costs in two currencies."""
        if not self.uses or len(self.costs) != 1:
            return None
        (cost,) = self.costs
        one = cost.amount
        share = 1 / self.uses
        amount = Range(low=one.low * share, likely=one.likely * share, high=one.high * share)
        return Money(currency=cost.currency, amount=amount)


def worth(
    work: Work,
    *,
    year: int | None = None,
    elsewhere: Mapping[DatasetId, Mapping[Certainty, int]] | None = None,
) -> tuple[Worth, ...]:
    """Datasets of publishers whose ledger the actor may read, that have a use, a goal or a cost.

    `year` is the last full one where nothing is said; `elsewhere` tells uses at other portals by
    how sure they are (None: what is known of copies, see `republication.shown`). A goal's proven
    benefit is split evenly over the datasets that it is measured or reached with: nobody knows
    which of them did it.
    """
    year = year or work.now.year - 1
    able = publishers_for(work.actor, Action.READ_LEDGER)
    used, serves = used_in(work, year), _serves(work)
    costs = [one for one in ledger.costs(work) if one.dataset and _is_of(one, year)]
    spent = _spent(costs, ledger.unit_values(work))
    gained = _gained(work, serves, year)
    wanted = sorted({id for id, _ in used} | {*serves, *spent, *(elsewhere or ())})
    known = [one for one in _datasets(work, wanted) if able is None or one.publisher in able]
    away = _elsewhere(work, known, year) if elsewhere is None else elsewhere
    return tuple(
        _judged(
            Worth(
                dataset=one.id,
                title=one.title,
                publisher=one.publisher,
                looked_at=used.get((one.id, Use.INVESTIGATION), 0),
                requests=used.get((one.id, Use.REQUEST), 0),
                elsewhere=away.get(one.id, {}),
                goals=tuple(sorted(serves.get(one.id, ()))),
                benefits=gained.get(one.id, ()),
                costs=spent.get(one.id, ()),
                verdict=Verdict.SILENT,
            )
        )
        for one in known
    )


def used_in(work: Work, year: int) -> Counter[tuple[DatasetId, Use]]:
    """Uses of the year, robots left out."""
    found: Counter[tuple[DatasetId, Use]] = Counter()
    for sign, since in ((1, date(year, 1, 1)), (-1, date(year + 1, 1, 1))):
        for (id, use), count in usage.totals(
            work.db, "dataset", "use", since=since, clients=REGULAR
        ):
            found[DatasetId(id), Use(use)] += sign * count
    return +found


def _elsewhere(
    work: Work, datasets: Sequence[Dataset], year: int
) -> dict[DatasetId, dict[Certainty, int]]:
    ids = [one.id for one in datasets]
    found = shown.elsewhere(work, ids, since=date(year, 1, 1), until=date(year, 12, 31))
    return {id: shown.by_certainty(copies) for id, copies in found.items()}


def _serves(work: Work) -> dict[DatasetId, set[GoalId]]:
    found: dict[DatasetId, set[GoalId]] = defaultdict(set)
    for goal in ledger.goals(work):
        for id in datasets_of(goal):
            found[id].add(goal.id)
    return found


def _is_of(cost: Cost, year: int) -> bool:
    return cost.first_year <= year < cost.first_year + cost.years


def _spent(
    costs: Sequence[Cost], values: Sequence[UnitValue]
) -> dict[DatasetId, tuple[Money, ...]]:
    """Costs of a year by dataset, as entered: no price is lifted to another year here."""
    known = {one.id: one for one in values}
    found: dict[DatasetId, dict[str, Range]] = defaultdict(dict)
    for one in costs:
        value = None if one.value is None else known.get(one.value)
        if one.dataset and (value is not None or one.value is None):
            currency = one.currency if value is None else value.currency
            amount = one.quantity if value is None else _times(one.quantity, value.amount)
            before = found[one.dataset].get(currency)
            found[one.dataset][currency] = amount if before is None else _plus(before, amount)
    return {id: _monies(sums) for id, sums in found.items()}


def _gained(
    work: Work, serves: Mapping[DatasetId, set[GoalId]], year: int
) -> dict[DatasetId, tuple[Money, ...]]:
    """Proven benefits of the year by dataset, from the newest appraisal of each goal."""
    goals = sorted({goal for each in serves.values() for goal in each})
    share = Counter(goal for each in serves.values() for goal in each)
    found: dict[DatasetId, dict[str, Range]] = defaultdict(dict)
    for goal, one in kept.latest(work, goals).items():
        if goal is None or (of_year := _of_year(one, year)) is None:
            continue
        part = _times(of_year, _all(1 / share[goal]))
        for id in (id for id, each in serves.items() if goal in each):
            before = found[id].get(one.inputs.currency)
            found[id][one.inputs.currency] = part if before is None else _plus(before, part)
    return {id: _monies(sums) for id, sums in found.items()}


def _of_year(appraisal: Appraisal, year: int) -> Range | None:
    """Proven benefits of one year before discounting; None where it has none."""
    for one in appraisal.results.proven.years:
        if one.year == year and one.benefits.high > 0:
            found = one.benefits
            whole = Range(low=found.low, likely=found.middle, high=found.high)
            return _times(whole, _all(1 / one.factor))
    return None


def _datasets(work: Work, ids: Sequence[DatasetId]) -> list[Dataset]:
    found: list[Dataset] = []
    for start in range(0, len(ids), _AT_ONCE):
        found += catalogue.datasets(work.db, list(ids[start : start + _AT_ONCE]))
    return found


def _judged(one: Worth) -> Worth:
    if one.benefits:
        return replace(one, verdict=Verdict.PROVEN)
    if one.goals:
        return replace(one, verdict=Verdict.SERVES)
    if one.uses or one.looked_at:
        return replace(one, verdict=Verdict.USED)
    return replace(one, verdict=Verdict.UNUSED) if one.costs else one


def _monies(sums: Mapping[str, Range]) -> tuple[Money, ...]:
    return tuple(Money(currency=code, amount=amount) for code, amount in sorted(sums.items()))


def _all(value: float) -> Range:
    return Range(low=value, likely=value, high=value)


def _times(one: Range, other: Range) -> Range:
    return Range(
        low=one.low * other.low, likely=one.likely * other.likely, high=one.high * other.high
    )


def _plus(one: Range, other: Range) -> Range:
    return Range(
        low=one.low + other.low, likely=one.likely + other.likely, high=one.high + other.high
    )

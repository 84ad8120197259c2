"""Appraisals made of the ledger, made again from what was kept, and held against today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from citycommons.core.errors import CityError, Forbidden
from citycommons.core.goals import GoalId, ValueId
from citycommons.govern.access import Action, require
from citycommons.measure.appraisal import kept, schedules
from citycommons.measure.appraisal.changes import Change, changes
from citycommons.measure.appraisal.gather import DRAWS, HORIZON, SEED, Basis, inputs
from citycommons.measure.appraisal.outcome import results
from citycommons.measure.appraisal.prices import Deflator, ExchangeRate
from citycommons.measure.appraisal.schedules import Schedule
from citycommons.measure.appraisal.types import Appraisal, Inputs, Proof, Results
from citycommons.measure.goals import ledger
from citycommons.store.work import Work

USUAL = "eu"
"""Schedule that is taken where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A result that nobody has kept yet."""

    inputs: Inputs
    results: Results


def appraise(
    work: Work,
    goal: GoalId | None,
    *,
    schedule: Schedule | str = USUAL,
    base_year: int | None = None,
    horizon: int = HORIZON,
    draws: int = DRAWS,
    seed: int = SEED,
    price_year: int | None = None,
    currency: str | None = None,
    deflators: Sequence[Deflator] | None = None,
    rates: tuple[ExchangeRate, ...] = (),
    optimism: str = "none",
    apart: Mapping[ValueId, Schedule] | None = None,
) -> Appraisal:
    """Compute what a goal (None: the whole city) is worth against its costs, and keep it.

    What is None follows from the entries: the base year is the first of any, the price year the
    latest of the unit values. Unit values in `apart` are discounted by a schedule of their own
    (risk to life). Raises `Invalid` for prices or currencies that cannot be mixed, `Forbidden`
    without the right to keep the ledger.
    """
    basis = Basis(
        schedule=_schedule(work, schedule),
        base_year=base_year,
        horizon=horizon,
        draws=draws,
        seed=seed,
        price_year=price_year,
        currency=currency,
        deflators=deflators,
        rates=rates,
        optimism=optimism,
        apart=dict(apart or {}),
    )
    found = compute(work, goal, basis)
    return kept.keep(work, found.inputs, found.results)


def _schedule(work: Work, said: Schedule | str) -> Schedule:
    return said if isinstance(said, Schedule) else schedules.named(work.lake.root.parent, said)


def compute(work: Work, goal: GoalId | None, basis: Basis) -> Computed:
    """The same without keeping it: for a look, and before a transaction that writes."""
    found = gathered(work, goal, basis)
    return Computed(inputs=found, results=results(found))


def gathered(work: Work, goal: GoalId | None, basis: Basis) -> Inputs:
    """The inputs as the ledger has them now.

    Raises `Forbidden` for those who may not read the whole ledger that is summed up.
    """
    require(work, Action.READ_LEDGER, kept.publisher_of(work, goal))
    benefits = ledger.benefits(work, goal)
    proofs = [
        Proof(benefit=id, claim=one.claim, grade=one.grade, reasons=tuple(one.reasons))
        for id, one in ledger.claims_of(work, benefits).items()
    ]
    measured = ledger.measurements(work, goal)
    newest = [each[-1] for each in measured.values() if each]
    return inputs(
        basis,
        goal=goal,
        benefits=benefits,
        costs=ledger.costs(work, goal),
        values=ledger.unit_values(work),
        proofs=proofs,
        datasets=[one for each in newest for one in each.inputs],
        year=work.now.year,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A kept result beside the one that its kept inputs give now."""

    kept: Appraisal
    results: Results
    is_same: bool  # to the last bit
    is_intact: bool  # what is kept is what was kept: its digest holds


def recompute(work: Work, id: str) -> Again:
    """Compute a kept result again from what was kept with it, whatever the ledger says today.

    Raises `NotFound`, `Forbidden` for those who may not see all of its inputs, and `Invalid` for an
    edition of the arithmetic that this program lacks.
    """
    one = _whole(work, id)
    again = results(one.inputs)
    return Again(
        kept=one,
        results=again,
        is_same=again == one.results,
        is_intact=kept.digest_of(one.inputs, one.results) == one.digest,
    )


def _whole(work: Work, id: str) -> Appraisal:
    one = kept.get(work, id)
    if not one.is_whole:
        raise Forbidden(
            "Computing it again needs all of its inputs, and its costs are for those who may read "
            "the ledger: sign in as a member of the council, or ask the city."
        )
    return one


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A kept result, what changed since, and what it would be today."""

    kept: Appraisal
    changes: tuple[Change, ...]
    now: Results | None  # None where today's entries give no result
    refused: str = ""  # why not


def compare(work: Work, id: str) -> Comparison:
    """What changed since the result was computed, and the new result beside the old one.

    The new one stands on the same basis (years, prices, draws, seed) and the schedule of the same
    name as it reads today; the kept result stays as it is, with its date.
    """
    one = _whole(work, id)
    try:
        now = gathered(work, one.inputs.goal, _same(work, one.inputs))
        now = replace(now, so_far=one.inputs.so_far)
        found = changes(one.inputs, now)
        return Comparison(kept=one, changes=found, now=results(now))
    except CityError as cause:
        return Comparison(kept=one, changes=(), now=None, refused=cause.message)


def _same(work: Work, old: Inputs) -> Basis:
    known = schedules.every(work.lake.root.parent)
    return Basis(
        schedule=known.get(old.schedule.id, old.schedule),
        base_year=old.base_year,
        horizon=old.horizon,
        draws=old.draws,
        seed=old.seed,
        price_year=old.price_year,
        currency=old.currency,
        rates=old.rates,
        optimism=old.optimism.id,
        apart={id: known.get(one.id, one) for id, one in old.apart.items()},
    )

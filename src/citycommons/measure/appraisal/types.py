"""What goes into an appraisal and what comes out of it; both are kept and compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from citycommons.core.goals import (
    Benefit,
    BenefitId,
    Claim,
    Cost,
    GoalId,
    Grade,
    Range,
    UnitValue,
    ValueId,
)
from citycommons.core.types import ActorId
from citycommons.measure.appraisal.prices import Deflator, ExchangeRate
from citycommons.measure.appraisal.schedules import Schedule

Floats = npt.NDArray[np.float64]

METHOD = "1"
"""Edition of the arithmetic. One that is changed keeps the old one, as results must come again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far one benefit was proven when the appraisal was made, and why no further."""

    benefit: BenefitId
    claim: Claim
    grade: Grade
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimism:
    """How much more the costs may come to than was planned: a share of them."""

    id: str
    title: str
    uplift: Range  # 0.1 is ten per cent more
    source: str
    year: int
    is_checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything a result follows from. Entries are sorted by their ids, so order tells nothing."""

    goal: GoalId | None  # None: the whole city
    benefits: tuple[Benefit, ...]
    costs: tuple[Cost, ...]
    values: tuple[UnitValue, ...]
    proofs: tuple[Proof, ...]
    datasets: tuple[str, ...] = ()  # dataset@digest of what was measured
    schedule: Schedule
    apart: Mapping[ValueId, Schedule] = field(default_factory=dict)  # risk to life
    base_year: int  # year 0, to which all is discounted
    horizon: int  # years after it
    price_year: int  # in whose prices all money is told
    currency: str  # ISO 4217
    deflators: tuple[Deflator, ...] = ()  # that were used
    rates: tuple[ExchangeRate, ...] = ()  # that were used
    optimism: Optimism
    so_far: int  # last full year when the appraisal was made
    draws: int
    seed: int
    method: str = METHOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """5 %, 50 % and 95 % of the draws, and the value with every input at its most likely."""

    low: float
    middle: float
    high: float
    likely: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """The first year from which on the sum of all discounted flows stays at zero or above.

    None where that does not come before the horizon ends, in 95, 50 or 5 % of the draws.
    """

    early: int | None
    middle: int | None
    late: int | None
    likely: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One year's flows, discounted, and the sum of all up to it."""

    year: int
    factor: float
    benefits: Quantiles
    costs: Quantiles
    sum: Quantiles


class Factor(StrEnum):
    """Which number of an entry an input is."""

    QUANTITY = "quantity"
    UNIT_VALUE = "unit-value"
    ATTRIBUTION = "attribution"
    DEADWEIGHT = "deadweight"
    DISPLACEMENT = "displacement"
    DROP_OFF = "drop-off"
    COST = "cost"
    OPTIMISM = "optimism"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """What one input does to the net present value, all others at their most likely.

    `break_even` is the value of the input at which the net present value is zero ("what must be
    true"); None where no value does that.
    """

    input: str  # key: "quantity:b-1"
    entry: str  # id of the benefit, cost or unit value; empty for optimism
    factor: Factor
    range: Range
    npv_low: float  # at the lower end of the range
    npv_high: float  # at its upper end
    share: float  # of the squared swings of all inputs, 0..1: its rank
    break_even: float | None
    is_within: bool  # whether the break-even value lies in the range

    @property
    def width(self) -> float:
        """How far the net present value moves."""
        return abs(self.npv_high - self.npv_low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One benefit or cost as a whole: its discounted sum over all years."""

    entry: str
    value: Quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Net present value, ratio and payback of a set of benefits against the costs."""

    npv: Quantiles
    npv_mean: float
    npv_error: float  # standard error of the mean, by the number of draws
    share_positive: float  # of draws with a net present value above zero
    ratio: Quantiles | None  # benefits to costs; None where some draw has no costs
    payback: Payback
    benefits: Quantiles
    costs: Quantiles
    so_far: Quantiles  # the sum up to the last full year
    years: tuple[Year, ...]
    parts: tuple[Part, ...]  # benefits, then costs
    swings: tuple[Swing, ...]  # the widest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something a reader has to know: what was left out, or stands on weak ground."""

    kind: str  # stable: "not-in-money", "unit-value-expired"
    about: str = ""  # id of an entry, schedule or currency
    text: str  # in English


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Two results that are never mixed: what is proven, and what is hoped beside it."""

    proven: Outcome  # benefits that are measured or evaluated
    with_claims: Outcome  # and those that are only claimed
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """A result with its inputs. `digest` is of both: a changed number cannot pass unseen."""

    id: str
    inputs: Inputs
    results: Results
    digest: str
    created: datetime
    by: ActorId
    released: datetime | None = None  # from when on everybody may see it
    is_whole: bool = True  # False: single costs are left out for this reader

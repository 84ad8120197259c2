"""The benefits ledger: problem → objective → indicator → benefit and cost, evaluated again.

The steps are those of the workshop report (group 2): define the problem, involve the levels of
government, iterate, evaluate outcomes against the original objectives. Terms of benefits follow HM
Treasury's Green Book and the social return on investment (deadweight, attribution, displacement,
drop-off).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from citycommons.core.study import ClaimClass
from citycommons.core.types import ActorId, DatasetId, PublisherId, Text

ProblemId = NewType("ProblemId", str)
GoalId = NewType("GoalId", str)
BenefitId = NewType("BenefitId", str)
CostId = NewType("CostId", str)
ValueId = NewType("ValueId", str)
MeasurementId = NewType("MeasurementId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A number that is not known exactly: lowest, most likely, highest (triangular)."""

    low: float
    likely: float
    high: float


class Level(StrEnum):
    """Levels of government and others who take part."""

    DISTRICT = "district"
    CITY = "city"
    REGION = "region"
    STATE = "state"
    EUROPE = "europe"
    UTILITY = "utility"
    BUSINESS = "business"
    CITIZENS = "citizens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is to be solved, before anybody thinks of data."""

    id: ProblemId
    revision: int = 0  # 0: not saved yet
    title: Text
    description: Text
    publisher: PublisherId  # whose problem it is
    levels: frozenset[Level] = frozenset()


class Better(StrEnum):
    """Which way an indicator should go."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A question to published data that answers with one number: the same text for ever.

    `sql` names each dataset by its id, quoted where needed, and gives one row with one number.
    An indicator without SQL is measured by a person, who says where the number comes from.
    """

    name: Text
    unit: str  # UCUM, or a word in braces: {crash}/a
    better: Better
    datasets: tuple[DatasetId, ...] = ()
    sql: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Where things stood before; `measured` says by which versions, or by whom."""

    value: float
    day: date
    source: str  # dataset@digest of each version, or a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that is done for an objective."""

    title: Text
    first_day: date | None = None
    last_day: date | None = None
    datasets: tuple[DatasetId, ...] = ()
    link: str = ""  # works of the register, a page, a study


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A look at what came of it, beside the objective as it was first set; none is taken back."""

    day: date
    seen: str  # what was evaluated, and what it showed
    changes: str = ""  # what is done differently from now on


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """An objective: who answers for it, how it is measured, from where to where, by when."""

    id: GoalId
    revision: int = 0  # 0: not saved yet
    problem: ProblemId
    title: Text
    owner: str = ""  # an office or a role that answers for it; empty: nobody yet
    publisher: PublisherId
    indicator: Indicator
    baseline: Baseline | None = None
    target: float | None = None
    due: date | None = None
    steps: tuple[Step, ...] = ()
    reviews: tuple[Review, ...] = ()
    is_public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What the indicator said of these versions; recomputed, it says the same to the last bit."""

    id: MeasurementId
    goal: GoalId
    at: datetime
    day: date  # which day the number is about
    value: float
    inputs: tuple[str, ...]  # dataset@digest of each version read; empty for a person's number
    sql: str = ""  # as it was asked
    engine: str = ""  # which program computed it: another may round differently
    by: ActorId
    source: str = ""  # where a person has the number from


class Claim(StrEnum):
    """How far a benefit is proven; only what is measured counts as realised."""

    CLAIMED = "claimed"  # somebody says so
    MEASURED = "measured"  # the indicator moved, from where it stood before
    EVALUATED = "evaluated"  # a study says that the action did it


class Grade(StrEnum):
    """Grade of evidence (A the best), as the report of a council shows it."""

    A = "A"  # evaluated causally
    B = "B"  # measured before and after
    C = "C"  # a study elsewhere, or a survey
    D = "D"  # an opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLink:
    """The study that a claim stands on: a kept evaluation, or a publication with its address."""

    claim: ClaimClass
    evaluation: str = ""  # id of an evaluation that is kept here
    link: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """What somebody has of it, a year; money comes of a unit value with its source.

    Yearly benefit = quantity × unit value × attribution × (1 - deadweight) × (1 - displacement),
    less `drop_off` of itself each further year.
    """

    id: BenefitId
    revision: int = 0  # 0: not saved yet
    goal: GoalId
    title: Text
    beneficiaries: Text  # who: citizens, an office, companies
    quantity: Range  # units of the unit value a year
    quantity_source: str
    value: ValueId | None = None  # None: not (yet) to be told in money
    attribution: Range = Range(low=1.0, likely=1.0, high=1.0)  # share that is due to the data
    deadweight: Range = Range(low=0.0, likely=0.0, high=0.0)  # would have come anyway
    displacement: Range = Range(low=0.0, likely=0.0, high=0.0)  # lost by others
    drop_off: Range = Range(low=0.0, likely=0.0, high=0.0)  # less each year
    first_year: int
    years: int = 1
    is_expected: bool = True  # False: it came without having been an objective
    claim: Claim = Claim.CLAIMED
    study: StudyLink | None = None


class CostKind(StrEnum):
    """What money goes into."""

    STAFF = "staff"  # hours × a unit value
    LICENCE = "licence"
    HOSTING = "hosting"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it costs, of one goal or of one dataset; a year from `first_year`, `years` long."""

    id: CostId
    revision: int = 0  # 0: not saved yet
    goal: GoalId | None = None
    dataset: DatasetId | None = None
    publisher: PublisherId
    title: Text
    kind: CostKind
    quantity: Range  # hours, or an amount of money when there is no unit value
    value: ValueId | None = None
    currency: str = "EUR"  # of an amount of money (ISO 4217)
    source: str
    first_year: int
    years: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitValue:
    """What one unit is worth in money: data with a source, never a constant in code."""

    id: ValueId
    revision: int = 0  # 0: not saved yet
    title: Text
    unit: str  # UCUM, or a word in braces: h, {death}
    amount: Range  # money per unit
    currency: str  # ISO 4217
    price_year: int  # price base
    country: str  # ISO 3166-1 alpha-2, or EU
    source: str
    year: int  # of the source
    link: str = ""
    expires: date | None = None  # from this day it must be looked up again
    is_checked: bool = False  # somebody has compared it with the source itself


Thing = Problem | Goal | Benefit | Cost | UnitValue
"""What the ledger holds: each with an id, a revision and a history."""

EntryId = ProblemId | GoalId | BenefitId | CostId | ValueId


class Kind(StrEnum):
    """Kinds of entries."""

    PROBLEM = "problem"
    GOAL = "goal"
    BENEFIT = "benefit"
    COST = "cost"
    UNIT_VALUE = "unit-value"


class Act(StrEnum):
    """What was done to an entry."""

    SAVED = "saved"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One state of an entry: what was done, who did it, when and why."""

    thing: Thing
    act: Act
    at: datetime
    by: ActorId
    why: str

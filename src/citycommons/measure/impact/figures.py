"""One number of a statement, with everything that an auditor asks of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Sureness(StrEnum):
    """How a number is known; each has one fixed phrase, in `words.toml`."""

    MEASURED = "measured"  # served and counted here by COUNTER's rules
    REPORTED = "reported"  # a verified copy counted by the same rules, and signed its report
    DECLARED = "declared"  # another portal's own counter, by rules of its own
    ESTIMATED = "estimated"  # of a copy that nobody announced
    RECORDED = "recorded"  # kept here: the catalogue, the register of reuses, the ledger
    CLAIMED = "claimed"  # somebody says so
    EVALUATED = "evaluated"  # a study says that the action did it
    COMPUTED = "computed"  # from intervals that are declared, with their sources
    UNKNOWN = "unknown"  # not yet measurable; `why` says the reason and what to do


class Rule(StrEnum):
    """By which rule a number came about, and who counted; each has its words in `words.toml`."""

    COUNTER = "counter"
    COPIES = "copies"
    REUSES = "reuses"
    STORIES = "stories"
    GOALS = "goals"
    MONEY = "money"
    DEMAND = "demand"
    OFFER = "offer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of one period; without a value it is not yet measurable, and says why.

    `query` is what was asked, so that anybody can ask again; `inputs` are addresses of what it was
    asked of (paths of this portal, or addresses elsewhere).
    """

    id: str  # use.here.people: for ever the same
    value: float | None
    unit: str  # UCUM, a word in braces, or a currency (ISO 4217)
    rule: Rule
    sureness: Sureness
    as_of: date  # the last day that it knows of
    query: str
    inputs: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    before: float | None = None  # in the period before
    year_before: float | None = None  # in the same period a year before
    series: tuple[float, ...] = ()  # by month, the oldest first
    why: str = ""  # key of words: why there is no number, and what to do

    @property
    def address(self) -> str:
        """Where it is told how we know, on the page of its period."""
        return f"/council/how/{self.id}"


def unknown(id: str, rule: Rule, why: str, *, unit: str, as_of: date, query: str = "") -> Figure:
    """A number that nobody can say yet."""
    return Figure(
        id=id,
        value=None,
        unit=unit,
        rule=rule,
        sureness=Sureness.UNKNOWN,
        as_of=as_of,
        query=query,
        why=why,
    )


def share(part: float | None, whole: float | None) -> float | None:
    """The change from `whole` to `part` as a share; None where there is nothing to hold against."""
    if part is None or not whole:
        return None
    return part / whole - 1

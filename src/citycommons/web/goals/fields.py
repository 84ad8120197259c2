"""The forms of the ledger: which fields each kind of entry has, what they are called and why."""

from dataclasses import dataclass
from enum import StrEnum

from citycommons.core.goals import Kind
from citycommons.web.language import N_


class As(StrEnum):
    """How a field is filled in."""

    WORDS = "words"  # a short text in several languages
    PROSE = "prose"  # a long one
    LINE = "line"
    CODE = "code"
    NUMBER = "number"
    RANGE = "range"
    DAY = "day"
    CHOICE = "choice"
    TICKS = "ticks"
    YES = "yes"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `fault` is what the ledger calls it where that is another name."""

    name: str
    label: str
    kind: As = As.LINE
    hint: str = ""
    fault: str = ""

    @property
    def wrong(self) -> str:
        return self.fault or self.name


PROBLEM = (
    Field(
        "title",
        N_("The problem"),
        As.WORDS,
        N_("As those would say it who have it, before anybody thinks of data."),
    ),
    Field("description", N_("What it means, and for whom"), As.PROSE),
    Field("publisher", N_("Whose problem it is"), As.CHOICE),
    Field(
        "levels",
        N_("Who has to be involved"),
        As.TICKS,
        N_("Levels of government and others without whom it cannot be solved."),
    ),
)
GOAL = (
    Field("title", N_("The objective"), As.WORDS, N_("What will be different when it is reached.")),
    Field(
        "owner",
        N_("Who answers for it"),
        hint=N_("An office or a role, never a person. Without it no benefit counts as measured."),
    ),
    Field("indicator", N_("What is measured"), As.WORDS, N_("“Calls about missed bins a month”")),
    Field("unit", N_("Unit"), hint=N_("In UCUM, or a word in braces: {call}/mo")),
    Field("better", N_("Which way is better"), As.CHOICE),
    Field(
        "datasets",
        N_("Datasets that are asked"),
        hint=N_("Their ids, with blanks between. Empty: the office states each value itself."),
    ),
    Field(
        "sql",
        N_("The question"),
        As.CODE,
        N_("One SELECT with one number as its answer; $day stands for the day asked about."),
    ),
    Field("baseline_value", N_("Baseline"), As.NUMBER, N_("Before the first step."), "baseline"),
    Field("baseline_day", N_("Day of the baseline"), As.DAY, "", "baseline"),
    Field("baseline_source", N_("Where the baseline is from"), As.LINE, "", "baseline"),
    Field("target", N_("Target"), As.NUMBER),
    Field("due", N_("By when"), As.DAY),
    Field("is_public", N_("Everybody may see it"), As.YES),
)
STEPS = (
    Field(
        "steps", N_("What is done for it"), As.STEPS, N_("Iterate: small steps, each with days.")
    ),
)
BENEFIT = (
    Field("title", N_("The benefit"), As.WORDS),
    Field("beneficiaries", N_("Who has it"), As.WORDS, N_("Citizens, an office, companies.")),
    Field(
        "quantity",
        N_("How much a year"),
        As.RANGE,
        N_("In units of the unit value: hours, calls, letters."),
    ),
    Field("quantity_source", N_("Where that number is from")),
    Field("value", N_("What one unit is worth"), As.CHOICE, N_("From the table of unit values.")),
    Field("attribution", N_("Share due to the data"), As.RANGE, N_("0 to 1")),
    Field("deadweight", N_("Share that would have come anyway"), As.RANGE, N_("0 to 1")),
    Field("displacement", N_("Share that others lose"), As.RANGE, N_("0 to 1")),
    Field("drop_off", N_("Share that falls away each year"), As.RANGE, N_("0 to 1")),
    Field("first_year", N_("First year"), As.NUMBER),
    Field("years", N_("For how many years"), As.NUMBER),
    Field("is_expected", N_("It was an objective from the start"), As.YES),
    Field("study_evaluation", N_("Study that is kept here: its id"), As.LINE, "", "study"),
    Field("study_link", N_("Or a study elsewhere: its address"), As.LINE, "", "study"),
    Field("study_title", N_("Title of that study"), As.LINE, "", "study"),
    Field("study_claim", N_("What that study says"), As.CHOICE, "", "study"),
)
COST = (
    Field("title", N_("The cost"), As.WORDS),
    Field("kind", N_("Kind"), As.CHOICE),
    Field(
        "quantity",
        N_("How much a year"),
        As.RANGE,
        N_("Hours for staff; else an amount of money, or units of the unit value."),
    ),
    Field("value", N_("What one unit costs"), As.CHOICE, N_("Empty: it is an amount of money.")),
    Field("currency", N_("Currency"), hint=N_("Of an amount of money: EUR")),
    Field("source", N_("Where the number is from"), hint=N_("A bill, a contract, a time sheet.")),
    Field("first_year", N_("First year"), As.NUMBER),
    Field("years", N_("For how many years"), As.NUMBER),
    Field("dataset", N_("Dataset"), hint=N_("Its id, for a cost of one dataset.")),
    Field("publisher", N_("Who pays"), As.CHOICE),
)
UNIT_VALUE = (
    Field("title", N_("What is valued"), As.WORDS, N_("“An hour of a clerk”")),
    Field("unit", N_("Unit"), hint=N_("In UCUM, or a word in braces: h, {letter}")),
    Field("amount", N_("Money a unit"), As.RANGE),
    Field("currency", N_("Currency"), hint="EUR, GBP"),
    Field("price_year", N_("In prices of the year"), As.NUMBER),
    Field("country", N_("Country"), hint="IT, DE, EU"),
    Field("source", N_("Source"), hint=N_("Who published it, in which table.")),
    Field("year", N_("Year of the source"), As.NUMBER),
    Field("link", N_("Address of the source")),
    Field("expires", N_("To be looked up again from"), As.DAY),
    Field("is_checked", N_("I compared it with the source itself"), As.YES),
)
FORMS = {
    Kind.PROBLEM: PROBLEM,
    Kind.GOAL: GOAL,
    Kind.BENEFIT: BENEFIT,
    Kind.COST: COST,
    Kind.UNIT_VALUE: UNIT_VALUE,
}
ASIDE = frozenset(
    {"attribution", "deadweight", "displacement", "drop_off", "study_evaluation"}
    | {"study_link", "study_title", "study_claim", "is_expected", "dataset", "publisher"}
)
"""Fields of benefits and costs that most leave as they are: they stand behind a summary."""

"""The ledger in words: claims, grades, pace, levels, inputs, what a reader must know."""

from citycommons.core.goals import Act, Better, Claim, CostKind, Grade, Kind, Level
from citycommons.core.study import ClaimClass
from citycommons.measure.appraisal.infonomics import How
from citycommons.measure.appraisal.types import Factor
from citycommons.measure.appraisal.worth import Verdict
from citycommons.measure.goals.marks import After, Changed
from citycommons.measure.goals.outcomes import Pace
from citycommons.web.language import N_
from citycommons.web.register.words import Mark

CLAIMS = {
    Claim.CLAIMED: Mark("○", N_("claimed")),
    Claim.MEASURED: Mark("◐", N_("measured"), "go"),
    Claim.EVALUATED: Mark("●", N_("evaluated"), "go"),
}
CLAIM_MEANS = {
    Claim.CLAIMED: N_("Somebody says so; it does not count as realised."),
    Claim.MEASURED: N_("The indicator moved the right way, from where it stood before."),
    Claim.EVALUATED: N_("A study says that the action did it."),
}
GRADES = {
    Grade.A: N_("a study here says that the action did it"),
    Grade.B: N_("measured before and after, or a causal study elsewhere"),
    Grade.C: N_("a study elsewhere, or a weak measurement"),
    Grade.D: N_("an opinion"),
}
PACES = {
    Pace.REACHED: Mark("✓", N_("reached"), "go"),
    Pace.LATE: Mark("✓", N_("reached, but late"), "warn"),
    Pace.ON_PACE: Mark("↗", N_("on the way"), "go"),
    Pace.BEHIND: Mark("→", N_("behind"), "warn"),
    Pace.MISSED: Mark("✕", N_("missed"), "stop"),
    Pace.UNKNOWN: Mark("?", N_("cannot be said yet")),
}
LEVELS = {
    Level.DISTRICT: N_("district"),
    Level.CITY: N_("the city"),
    Level.REGION: N_("region"),
    Level.STATE: N_("state"),
    Level.EUROPE: N_("Europe"),
    Level.UTILITY: N_("utilities"),
    Level.BUSINESS: N_("companies"),
    Level.CITIZENS: N_("citizens"),
}
BETTER = {Better.LOWER: N_("lower is better"), Better.HIGHER: N_("higher is better")}
COSTS = {
    CostKind.STAFF: N_("staff"),
    CostKind.LICENCE: N_("licence"),
    CostKind.HOSTING: N_("hosting"),
    CostKind.OTHER: N_("other"),
}
KINDS = {
    Kind.PROBLEM: N_("Problem"),
    Kind.GOAL: N_("Objective"),
    Kind.BENEFIT: N_("Benefit"),
    Kind.COST: N_("Cost"),
    Kind.UNIT_VALUE: N_("Unit value"),
}
ACTS = {Act.SAVED: N_("saved"), Act.REMOVED: N_("removed"), Act.RESTORED: N_("brought back")}
FACTORS = {
    Factor.QUANTITY: N_("quantity a year"),
    Factor.UNIT_VALUE: N_("money a unit"),
    Factor.ATTRIBUTION: N_("share due to the data"),
    Factor.DEADWEIGHT: N_("share that would have come anyway"),
    Factor.DISPLACEMENT: N_("share that others lose"),
    Factor.DROP_OFF: N_("share that falls away each year"),
    Factor.COST: N_("cost a year"),
    Factor.OPTIMISM: N_("more than planned, all costs"),
}
SHARES = frozenset(
    {
        Factor.ATTRIBUTION,
        Factor.DEADWEIGHT,
        Factor.DISPLACEMENT,
        Factor.DROP_OFF,
        Factor.OPTIMISM,
    }
)
CHANGED = {
    Changed.BASELINE: N_("The baseline was changed"),
    Changed.INDICATOR: N_("The indicator was changed"),
    Changed.TARGET: N_("The target was changed"),
    Changed.DUE: N_("The date was changed"),
    Changed.START: N_("The start of the first step was changed"),
}
FIRST_SAID = {
    Changed.BASELINE: N_("The baseline was set for the first time"),
    Changed.TARGET: N_("The target was set for the first time"),
    Changed.DUE: N_("The date was set for the first time"),
}
AFTER = {
    After.STEP: N_("after the first step had begun on {day}"),
    After.MEASUREMENT: N_("after the first measurement of {day}"),
}
NOTES = {
    "not-in-money": N_("“{about}” has no unit value and is not in the sum."),
    "only-claimed": N_("“{about}” is claimed and not measured: it stands apart."),
    "years-left-out": N_("“{about}” has years outside the period, which are not in the sum."),
    "no-costs": N_("No costs are entered, so there is no ratio to them."),
    "unit-value-expired": N_("The unit value “{about}” is out of date: look it up again."),
    "unit-value-unchecked": N_("The unit value “{about}” was not compared with its source."),
    "schedule-unchecked": N_("The discount rates “{about}” were not compared with their source."),
    "deflator-unchecked": N_(
        "How prices in {about} rose was taken from rates that were not compared with their source."
    ),
    "no-optimism": N_("Costs stand as they were entered, without an allowance for optimism."),
    "optimism-unchecked": N_(
        "The allowance for optimism “{about}” was not compared with its source."
    ),
}
CHANGES = {
    "added": N_("“{about}” was added."),
    "removed": N_("“{about}” was removed."),
    "revised": N_("“{about}” was changed: revision {before} then, {after} now."),
    "proof": N_("“{about}” was {before} then and is {after} now."),
    "data": N_("“{about}” was measured on another version of the data."),
    "rates": N_("The discount rates “{about}” read differently now."),
}
VERDICTS = {
    Verdict.PROVEN: N_("Serves a goal whose benefits are proven."),
    Verdict.SERVES: N_("Serves a goal; no benefit of it is proven yet."),
    Verdict.USED: N_("Is used, and serves no goal that is written down."),
    Verdict.UNUSED: N_("Costs money, and nobody used it in the year."),
    Verdict.SILENT: N_("Neither its use nor its cost is known."),
}
FIELDS = {
    "title": N_("Title"),
    "description": N_("Description"),
    "publisher": N_("Whose it is"),
    "levels": N_("Who takes part"),
    "problem": N_("Problem"),
    "owner": N_("Who answers for it"),
    "indicator": N_("Indicator"),
    "baseline": N_("Baseline"),
    "target": N_("Target"),
    "due": N_("By when"),
    "steps": N_("Steps"),
    "reviews": N_("Reviews"),
    "is_public": N_("Public"),
    "goal": N_("Objective"),
    "beneficiaries": N_("Who has the benefit"),
    "quantity": N_("Quantity a year"),
    "quantity_source": N_("Source of the quantity"),
    "value": N_("Unit value"),
    "attribution": N_("Attribution"),
    "deadweight": N_("Deadweight"),
    "displacement": N_("Displacement"),
    "drop_off": N_("Drop-off"),
    "first_year": N_("First year"),
    "years": N_("Years"),
    "is_expected": N_("Expected"),
    "claim": N_("Claim"),
    "study": N_("Study"),
    "dataset": N_("Dataset"),
    "kind": N_("Kind"),
    "currency": N_("Currency"),
    "source": N_("Source"),
    "unit": N_("Unit"),
    "amount": N_("Money a unit"),
    "price_year": N_("Prices of"),
    "country": N_("Country"),
    "year": N_("Year of the source"),
    "link": N_("Address"),
    "expires": N_("To be looked up again from"),
    "is_checked": N_("Compared with the source"),
}
STUDIES = {
    ClaimClass.DESCRIPTIVE: N_("it says what was so"),
    ClaimClass.ASSOCIATIONAL: N_("it went together with the action"),
    ClaimClass.CAUSAL: N_("the action did it"),
}
NO_VALUE = N_("none")
UNDONE = "Undone"
"""Reason of a revision, as the history keeps it."""
CURRENCY = "EUR"
"""What stands in an empty form."""
STAGES = (
    N_("Problem"),
    N_("Who is involved"),
    N_("Objective and indicator"),
    N_("Steps"),
    N_("Benefits and costs"),
    N_("Review"),
)
"""The way of the ledger, as the workshop put it: define the problem, involve, iterate, evaluate."""


def stage_of(kind: Kind, *, steps: bool) -> int:
    """Which of the stages a form belongs to, from 1; 0 is none."""
    if steps:
        return 4
    return {Kind.PROBLEM: 1, Kind.GOAL: 3, Kind.BENEFIT: 5, Kind.COST: 5}.get(kind, 0)


INDICES = {
    "IVI": N_("Intrinsic value of information"),
    "BVI": N_("Business value of information"),
    "PVI": N_("Performance value of information"),
}
INDEX_INPUTS = {
    "validity": N_("share of rows that could be used"),
    "completeness": N_("share of cells that are filled"),
    "scarcity": N_("share of others who have the same data"),
    "lifecycle": N_("share of its life in which it is of use"),
    "relevance": N_("requests, beside the most requested dataset"),
    "timeliness": N_("how new it is, beside what was promised"),
    "without": N_("indicator before"),
    "with": N_("indicator now"),
    "span": N_("life of the data over the time measured"),
    "baseline and measurement": N_("a baseline and a measurement"),
}
HOW = {
    How.MEASURED: N_("measured"),
    How.STATED: N_("stated"),
    How.ASSUMED: N_("assumed"),
}

"""Rules of a dataset as a person reads and writes them."""

from citycommons.core.errors import Invalid
from citycommons.core.types import Policy, Rule
from citycommons.standardise.checks import KINDS, Kind, validate
from citycommons.web.forms import FormBody
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.told import told

POLICIES = {
    Policy.FLAG: (
        N_("Tell it, and publish the rest"),
        N_("The row stays, a value that cannot be read is left empty, and readers see the fault."),
    ),
    Policy.REJECT_ROW: (
        N_("Keep the row aside"),
        N_("The row does not become data. You can take it as a file, repair it and send it again."),
    ),
    Policy.REJECT_DELIVERY: (
        N_("Hold the delivery"),
        N_("Nothing of it is published by itself: the whole file waits for you at your desk."),
    ),
}
"""What a broken rule does: in short, and what that means."""
LISTS = frozenset({"values", "series"})
"""Options that are lists of words or columns."""
USUAL = ("required", "unique", "range", "one-of", "not-in-future", "inside")
_FLAGS = frozenset({"ignore_case", "and_back"})
_NUMBERS = frozenset(
    {"minimum", "maximum", "allowed_s", "most", "most_zeros", "limit", "factor", "tolerance"}
    | {"fewer", "more"}
)
_LONG = 2000


def kinds() -> dict[str, Kind]:
    """All kinds of rules, the usual ones first."""
    first = [name for name in USUAL if name in KINDS]
    return {name: KINDS[name] for name in (*first, *(n for n in KINDS if n not in first))}


def rule_of(form: FormBody) -> Rule:
    """The rule as chosen and typed.

    Raises `Invalid` for one that cannot be, and says what it needs.
    """
    name = form.get("kind")
    if name not in KINDS:
        raise Invalid("Choose what has to hold.", column="kind")
    try:
        policy = Policy(form.get("policy") or Policy.FLAG)
    except ValueError as cause:
        raise Invalid("Choose what happens when it does not hold.", column="policy") from cause
    options = {
        option: _value(option, typed[:_LONG])
        for option in KINDS[name].options
        if (typed := form.get(f"option-{option}"))
    }
    rule = Rule(
        kind=name,
        columns=tuple(form.all("columns")),
        options=options,
        policy=policy,
        reason=form.get("reason")[:300],
    )
    validate(rule)
    return rule


def _value(option: str, typed: str) -> object:
    if option in LISTS:
        return [word.strip() for word in typed.replace("\n", ",").split(",") if word.strip()]
    if option in _FLAGS:
        return True
    if option == "bounds":
        return [_number(option, word) for word in typed.split(",")]
    if option in _NUMBERS:
        # Limits of a range may be days: 2026-01-01.
        return _number(option, typed) if _looks_like_number(typed) else typed
    return typed


def _looks_like_number(typed: str) -> bool:
    return typed.lstrip("-+").replace(".", "", 1).replace(",", "", 1).isdigit()


def _number(option: str, typed: str) -> float | int:
    try:
        value = float(typed.strip().replace(",", "."))
    except ValueError as cause:
        raise Invalid(f"“{typed}” is no number. Write it as 12.5.", column=option) from cause
    return int(value) if value.is_integer() else value


def in_words(rule: Rule, speaker: Says) -> str:
    """One line: which columns, what has to hold, and its limits."""
    known = KINDS.get(rule.kind)
    words = told(known.words, speaker.language) if known else rule.kind
    limits = ", ".join(_option(name, value) for name, value in rule.options.items())
    columns = ", ".join(rule.columns)
    return (f"{columns}: " if columns else "") + words + (f" ({limits})" if limits else "")


def _option(name: str, value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value[:8]) + (", …" if len(value) > 8 else "")
    signs = {"minimum": "≥", "maximum": "≤", "tolerance": "±"}
    return f"{signs[name]} {value}" if name in signs else str(value)

"""Ranges that ODSQL groups by: of equal widths, or between steps that are given.

References
----------
Opendatasoft: Explore API reference v2.1, “Group by static ranges”, “Group by ranges of equal
widths”.
"""

from collections.abc import Sequence
from datetime import date

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions.grammar import number
from citycommons.share.expressions.tree import Expression, Literal, call

_SECONDS = {
    **dict.fromkeys(("s", "second", "seconds"), 1),
    **dict.fromkeys(("m", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
}
_TRUNCATED = {
    **dict.fromkeys(("w", "week", "weeks"), "trunc_week"),
    **dict.fromkeys(("M", "month", "months"), "trunc_month"),
    **dict.fromkeys(("q", "quarter", "quarters"), "trunc_quarter"),
    **dict.fromkeys(("y", "year", "years"), "trunc_year"),
}
_MOST_STEPS = 50
_MOST_S = 10**11


def width_range(one: Expression, field: Field, width: str, unit: str) -> Expression:
    """In which range of this width a value lies: `[10, 15[`, or the beginning of a span of time."""
    value = number(width).value
    if field.type in (FieldType.DATE, FieldType.DATETIME):
        return _span(one, field, value, unit)
    if unit or field.type not in (FieldType.INTEGER, FieldType.NUMBER):
        raise Invalid(f"range(…): “{field.name}” is {field.type}; it has no {unit or 'width'}.")
    if not isinstance(value, int | float) or value <= 0:
        raise Invalid("range(…): a width is a number above 0.")
    step = Literal(value)
    rest = call("mod", call("add", call("mod", one, step), step), step)
    low = call("sub", one, rest)
    high = call("add", low, step)
    text = call("concat", Literal("["), low, Literal(", "), high, Literal("["))
    return call("if", text, Literal(None), call("not", call("is_null", one)))


def _span(one: Expression, field: Field, count: object, unit: str) -> Expression:
    if unit in _TRUNCATED and count == 1:
        return call(_TRUNCATED[unit], one)
    if unit in ("d", "day", "days") and count == 1:
        return call("trunc_day", one)
    seconds = count * _SECONDS.get(unit, 0) if isinstance(count, int) else 0
    if not 0 < seconds < _MOST_S:
        raise Invalid(
            "range(…): a width of time is a whole number of seconds, minutes, hours or days, or "
            "one week, month, quarter or year."
        )
    if field.type is FieldType.DATE and _SECONDS[unit] < 86_400:
        raise Invalid(f"range(…): “{field.name}” holds days, nothing finer.")
    moment = call("datetime", one) if field.type is FieldType.DATE else one
    return call("step", Literal(seconds), moment)


def static_range(
    one: Expression, field: Field, steps: Sequence[Expression], *, starts: bool, ends: bool
) -> Expression:
    """Between which steps a value lies; outside them too where the bracket looks away.

    Without `starts` what lies below the first step is one group; without `ends` what lies above
    the last.
    """
    if field.type not in (
        *(FieldType.INTEGER, FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME),
    ):
        raise Invalid(f"range(…): “{field.name}” is {field.type}.")
    if not all(isinstance(step, Literal) for step in steps) or len(steps) > _MOST_STEPS:
        raise Invalid(f"range(…): steps are values, {_MOST_STEPS} at most.")
    names = [_name(step) for step in steps]
    found: Expression = Literal(None)
    if not ends:
        found = call("if", Literal(f"[{names[-1]}, *["), found, call("ge", one, steps[-1]))
    for low, high in reversed(list(zip(range(len(steps)), range(1, len(steps)), strict=False))):
        is_in = call("and", call("ge", one, steps[low]), call("lt", one, steps[high]))
        found = call("if", Literal(f"[{names[low]}, {names[high]}["), found, is_in)
    if not starts:
        found = call("if", Literal(f"[*, {names[0]}["), found, call("lt", one, steps[0]))
    return found


def _name(step: Expression) -> str:
    value = step.value if isinstance(step, Literal) else ""
    return value.isoformat() if isinstance(value, date) else str(value)

"""What people answer becomes part of the plan by which this file and the next ones are read."""

from dataclasses import replace

from citycommons.core.errors import Invalid
from citycommons.core.types import Choice, Plan, Position, Question

NOT_A_PLACE = "none"
"""The answer to a question for a reference system: these columns are no positions."""
AS_NAMED, SWAPPED = "as-named", "swapped"
"""The answers to a question for the axes."""


def answered(plan: Plan, question: Question, value: str) -> Plan:
    """The plan with this answer in it; the question is not asked again.

    Raises `Invalid` for an answer that is none of the question's choices, except to a question
    for the reference system: any `EPSG:number` there is will do.
    """
    choice = _choice(question, value)
    kept = {**plan.answers, question.id: choice}
    plan = replace(plan, answers=kept)
    if question.kind == "crs":
        return replace(plan, position=_position(question, choice))
    if question.kind == "axes":
        before = plan.position or Position(kind="lonlat", columns=question.columns)
        return replace(plan, position=replace(before, is_swapped=choice == SWAPPED))
    if question.kind == "address":
        kind = "address" if choice == "address" else "none"
        return replace(plan, position=Position(kind=kind, columns=question.columns))
    if question.kind == "table":
        return replace(plan, table=int(choice)) if choice.isdecimal() else plan
    if question.kind == "mapping":
        from citycommons.standardise.mapping import said

        return replace(plan, mapping=said(choice))
    if question.kind == "rename" and choice:
        return replace(plan, renames={**plan.renames, question.columns[0]: choice})
    return plan


def _choice(question: Question, value: str) -> str:
    value = value.strip()
    if any(choice.value == value for choice in question.choices):
        return value
    if question.kind == "crs" and value:
        from citycommons.standardise.crs import named

        return named(value)
    offered = ", ".join(_said(choice) for choice in question.choices)
    raise Invalid(f"“{value}” is no answer to “{question.text}” Choose one of: {offered}.")


def _said(choice: Choice) -> str:
    return choice.title or choice.value


def _position(question: Question, value: str) -> Position:
    if value == NOT_A_PLACE:
        return Position(kind="none")
    from citycommons.standardise.crs import NORTH_FIRST

    code, is_north_first = value.removesuffix(f" {NORTH_FIRST}"), value.endswith(NORTH_FIRST)
    kind = "xy" if len(question.columns) == 2 else "text"
    return Position(kind=kind, columns=question.columns, crs=code, is_swapped=is_north_first)

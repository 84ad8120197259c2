"""What may stand beside groups: their keys, and what is worked out of all their rows."""

from collections.abc import Sequence

from citycommons.core.errors import Invalid
from citycommons.share.expressions.sql import is_aggregate_call
from citycommons.share.expressions.tree import Call, Column, Expression, Named, Sorted


def check_grouped(
    shown: Sequence[Named], sort: Sequence[Sorted], groups: Sequence[Expression]
) -> None:
    """Raises `Invalid` that names a column which has many values in a group."""
    names = {one.name for one in shown}
    loose = [_loose(one.expression, groups) for one in shown]
    # What is sorted by may be the name of a computed column.
    loose += [found for one in sort if (found := _loose(one.expression, groups)) not in names]
    if column := next(filter(None, loose), ""):
        raise Invalid(
            f"“{column}” has many values in a group. Group by it too, or ask for its sum, "
            "minimum, maximum or such.",
            column=column,
        )


def _loose(one: Expression, groups: Sequence[Expression]) -> str:
    """The first column outside keys and aggregates; empty if there is none."""
    if one in groups:
        return ""
    if isinstance(one, Column):
        return one.name
    if isinstance(one, Call) and not is_aggregate_call(one):
        return next(filter(None, (_loose(part, groups) for part in one.arguments)), "")
    return ""

"""A headline beside its parts: how much of what was announced no part accounts for."""

from collections.abc import Sequence

from citycommons.core.errors import Invalid
from citycommons.core.goals import Benefit, Range, UnitValue


def yearly(benefits: Sequence[Benefit], values: Sequence[UnitValue]) -> Range:
    """Money of one year of all benefits, as if all ends came together, before any share is taken.

    Raises `Invalid` when the values are not in one currency and in prices of one year.
    """
    known = {one.id: one for one in values}
    used = [(one, known[one.value]) for one in benefits if one.value in known]
    bases = {(value.currency, value.price_year) for _, value in used}
    if len(bases) > 1:
        raise Invalid("These parts are in different currencies or prices and have no plain sum.")
    return Range(
        low=sum(one.quantity.low * value.amount.low for one, value in used),
        likely=sum(one.quantity.likely * value.amount.likely for one, value in used),
        high=sum(one.quantity.high * value.amount.high for one, value in used),
    )


def gap(headline: float, parts: Range) -> Range:
    """What is missing between the parts and the headline; below zero they are more than it."""
    return Range(
        low=headline - parts.high, likely=headline - parts.likely, high=headline - parts.low
    )

"""Variants of works side by side: delay, cost and emissions, each with its range."""

from collections.abc import Sequence
from typing import Any

from citycommons.act.roadworks.kept import Kept
from citycommons.act.roadworks.types import Forecast, Range
from citycommons.core.works import Works
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.studio import said
from citycommons.web.studio.question import Question


def rows(
    found: Sequence[Kept], works: Works, shown: Question, says: Says, *, may_discard: bool
) -> list[dict[str, Any]]:
    """The works as they stand, then each variant; the one with the least delay is marked."""
    now = [one for one in found if not one.variant]
    every = [*now[:1], *sorted((one for one in found if one.variant), key=_name)]
    if not every:
        return []
    least = min(every, key=lambda one: one.forecast.total_delay.middle)
    return [
        _row(one, works, says, is_best=one is least and len(every) > 1)
        | {
            "is_shown": one.variant == shown.variant,
            "discard": f"/desk/roadworks/{works.id}/studio/variants/{one.forecast.id}/discard"
            if one.variant and may_discard
            else "",
        }
        for one in every
    ]


def _name(one: Kept) -> str:
    return one.variant.casefold()


def _row(one: Kept, works: Works, says: Says, *, is_best: bool) -> dict[str, Any]:
    whole: Forecast = one.forecast
    return {
        "name": one.variant or says._(N_("As it stands in the register")),
        "address": f"/desk/roadworks/{works.id}/studio?{one.question}",
        "is_best": is_best,
        **_amount("delay", whole.total_delay, says._(N_("h")), says),
        **_amount("cost", whole.cost.amount, whole.cost.currency, says),
        **_amount("co2", whole.co2, "kg", says),
    }


def _amount(name: str, given: Range, unit: str, says: Says) -> dict[str, str]:
    return {
        name: f"{said.amount(given.middle, says)} {unit}",
        f"{name}_range": f"{said.amount(given.low, says)} … {said.amount(given.high, says)}",
    }

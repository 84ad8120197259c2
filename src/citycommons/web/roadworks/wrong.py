"""The page that says how wrong our forecasts were: each works, bias and coverage."""

from typing import Any

import msgspec

from citycommons.act.roadworks import wrong
from citycommons.act.roadworks.types import Range
from citycommons.act.roadworks.wrong import Record, Verdict
from citycommons.core.study import ClaimClass
from citycommons.store.work import Work
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View

CLAIMS = {
    ClaimClass.DESCRIPTIVE: N_("this is what the counters say; they may have been changed"),
    ClaimClass.ASSOCIATIONAL: N_("went together with the works"),
    ClaimClass.CAUSAL: N_("the works did it"),
}
MEANT = 0.9
"""Share of ranges that is meant to hold what is measured."""


def page(work: Work, view: View) -> str:
    """All works that were evaluated and that the actor may see."""
    found, said = wrong.record(work), speaker(view)
    values = {
        "works": [row(one, said) for one in found.works],
        "bias": _bias(found, said),
        "coverage": _coverage(found.experience.coverage, said),
        "hours": _coverage(found.coverage_of_hours, said),
        "pairs": found.hours,
        "counted": found.experience.works,
        "correction": said.number(found.experience.correction, 2),
        "widening": said.number(found.experience.widening, 2),
        "meant": said.percent(MEANT),
    }
    return render(view, "roadworks/wrong.html", r=values)


def as_json(work: Work) -> dict[str, Any]:
    """The same for programs."""
    found = wrong.record(work)
    body: dict[str, Any] = msgspec.to_builtins(found)
    body["coverage_of_hours"] = found.coverage_of_hours
    for told, one in zip(body["works"], found.works, strict=True):
        told["is_hit"] = one.is_hit
    return body


def row(one: Verdict, said: Says) -> dict[str, Any]:
    """One works, forecast and measured, in words."""
    return {
        "id": one.works,
        "title": one.title,
        "days": f"{said.date(one.first_day, 'short')} – {said.date(one.last_day, 'short')}",
        "forecast": _range(one.forecast, said),
        "measured": _range(one.measured, said),
        "is_hit": one.is_hit,
        "hours": said._(N_("{hits} of {all}")).format(
            hits=said.number(one.hits), all=said.number(one.hours)
        )
        if one.hours
        else "",
        "claim": said._(CLAIMS[one.claim]),
    }


def _range(one: Range | None, said: Says) -> str:
    if one is None:
        return ""
    return said._(N_("{low} to {high}")).format(
        low=said.number(one.low, 0), high=said.number(one.high, 0)
    )


def _bias(found: Record, said: Says) -> str:
    bias = found.experience.bias
    if not found.experience.works:
        return "–"
    if abs(bias - 1) < 0.02:
        return said._(N_("none"))
    if bias > 1:
        return said._(N_("{share} too low")).format(share=said.percent(1 - 1 / bias))
    return said._(N_("{share} too high")).format(share=said.percent(1 / bias - 1))


def _coverage(share: float | None, said: Says) -> str:
    return "–" if share is None else said.percent(share)

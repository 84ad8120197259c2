"""What changed since the last report: the council's page says it, and never in silence."""

from collections.abc import Mapping
from typing import Any

from citycommons.core.settings import Settings
from citycommons.measure.impact import reports
from citycommons.measure.impact.reports import Report
from citycommons.measure.impact.statement import Statement
from citycommons.measure.impact.words import say


def changed(one: Statement, settings: Settings, language: str) -> str:
    """In words: numbers of the last report of this period, or of the one before, corrected since.

    Empty where there is none to compare with.
    """
    kept = _last(one, settings)
    if kept is None:
        return ""
    speak = say(language)
    told = _values(reports.statement_of(settings, kept))
    corrections = [
        f"{speak(id)} {speak.number(old)} → {speak.number(new)}"
        for id, new in _now(one, kept).items()
        if (old := told.get(id)) is not None and old != new
    ]
    period = f"{speak.period(kept.period)}, {speak.day(kept.made, 'medium')}"
    if not corrections:
        return speak("answer_same", period=period)
    return speak("answer_corrected", period=period, list="; ".join(corrections))


def _last(one: Statement, settings: Settings) -> Report | None:
    if one.scope.publisher is not None or not one.scope.period.quarter:
        return None
    periods = (one.scope.period, one.scope.period.before)
    is_public = one.scope.audience == "public"
    found = [
        kept for kept in reports.listed(settings, is_public=is_public) if kept.period in periods
    ]
    # As it was told first: whoever holds the first print learns what is no longer true.
    return max(found, key=lambda kept: (kept.period, -kept.revision), default=None)


def _now(one: Statement, kept: Report) -> Mapping[str, float]:
    """What counts of the report's period are now."""
    is_same = kept.period == one.scope.period
    pairs = ((figure.id, figure.value if is_same else figure.before) for figure in one.figures)
    counted = {id: value for id, value in pairs if value is not None and id.startswith("use.")}
    return counted


def _values(statement: Mapping[str, Any]) -> Mapping[str, float | None]:
    return {figure["id"]: figure["value"] for figure in statement["figures"]}

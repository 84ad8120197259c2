"""Statistics of the portal before, beside our own counts: declared, with another certainty."""

from typing import Any
from urllib.parse import quote

from citycommons.core.types import ANYONE, DatasetId
from citycommons.measure.usage.before import Before, MonthBefore, statistics_before
from citycommons.store.work import Work
from citycommons.web.columns import Column, columns
from citycommons.web.language import N_
from citycommons.web.momentary import Momentary
from citycommons.web.presentation import Says
from citycommons.web.render import speaker
from citycommons.web.view import View

HEADS = {
    "visits": N_("Visits"),
    "unique_visitors": N_("Different visitors"),
    "page_views": N_("Page views"),
    "unique_page_views": N_("Page views, each once a visit"),
    "downloads": N_("Downloads"),
}
_kept: Momentary[Before | None] = Momentary()


def before(work: Work, view: View) -> dict[str, Any] | None:
    """What the template shows; None where nothing is declared, or the reader may not see it."""
    id = DatasetId(view.settings.statistics_before)
    if work.actor == ANYONE:
        found = _kept.get(work, id, lambda: statistics_before(work, id))
    else:
        found = statistics_before(work, id)
    return None if found is None else _told(found, speaker(view))


def _told(found: Before, says: Says) -> dict[str, Any]:
    first, last = found.months[0], found.months[-1]
    main = "visits" if "visits" in found.columns else found.columns[0]
    drawn = [_column(one, main, says) for one in found.months]
    best = max(found.months, key=lambda one: one.counts.get(main) or 0)
    headline = says._(N_("{what} of the portal before: at most {count}, in {month}")).format(
        what=says._(HEADS[main]),
        count=says.number(best.counts.get(main)),
        month=_month(best, says),
    )
    return {
        "headline": headline,
        "period": f"{_month(first, says)} – {_month(last, says)}",
        "what": says._(HEADS[main]),
        "svg": columns(drawn, says, headline),
        "heads": [says._(HEADS[name]) for name in found.columns],
        "lines": [
            {
                "month": _month(one, says),
                "cells": [_cell(one.counts.get(name), says) for name in found.columns],
                "is_doubtful": bool(one.flag),
            }
            for one in reversed(found.months)
        ],
        "doubtful": sum(bool(one.flag) for one in found.months),
        "title": says.text(found.dataset.title),
        "tongue": says.tongue(found.dataset.title),
        "href": f"/datasets/{quote(found.dataset.id, safe='')}@{found.version.number}",
        "as_of": says.date(found.version.created, "medium"),
    }


def _month(one: MonthBefore, says: Says) -> str:
    return f"{says.month(one.month.month)} {one.month.year}"


def _cell(count: int | None, says: Says) -> str:
    return "–" if count is None else says.number(count)


def _column(one: MonthBefore, main: str, says: Says) -> Column:
    count = one.counts.get(main) or 0
    name = f"{says.month(one.month.month, 'abbreviated')} {one.month.year % 100:02d}"
    return Column(
        name=name, said=f"{_month(one, says)}: {says.number(count)}", lower=0, upper=count
    )

"""`/desk/roadworks/{id}/report`: one or two pages for the council, made to be printed."""

from dataclasses import replace
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import kept, register
from citycommons.act.roadworks.types import Forecast
from citycommons.core.errors import NotFound
from citycommons.core.works import Works, WorksId
from citycommons.govern.access import Action, allows_anywhere
from citycommons.store.work import Work
from citycommons.web import base_map
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May
from citycommons.web.studio import (
    around,
    asking,
    drawing,
    models,
    opened,
    page,
    question,
    said,
    variants,
)
from citycommons.web.studio.question import Question
from citycommons.web.turns import long_turn
from citycommons.web.view import View


@get("/desk/roadworks/report", sync_to_thread=True, opt={"may": Action.PROPOSE_WORKS})
def of_drawing(running: Running) -> Response[str]:
    """The report of a drawing that nobody kept yet: all of it stands in the address."""
    asked = question.read(running.query)
    with running.work() as work:
        model = models.model_of(work, asked.model)
    asked = question.checked(asked, model)
    found = _computed(running, model, asked)
    with running.work() as work:
        return running.page(_page(work, running.view(), model, asked, found, None))


@get("/desk/roadworks/{id:str}/report", sync_to_thread=True, opt={"may": May.ANYONE})
def of_works(running: Running, id: FromPath[str]) -> Response[str]:
    """The report of works, for whoever may see them: the kept forecast, or the drawing's own.

    Only who may propose works has a drawing worked out here; others see what was kept.
    """
    with running.work() as work:
        works = register.get(work, WorksId(id))
        last = kept.latest(work, works.id)
        asked = question.read(running.query)
        may_ask = allows_anywhere(running.actor, Action.PROPOSE_WORKS)
        model = models.model_of(work, asked.model or (last.forecast.model if last else ""))
        if not (asked.is_drawn and may_ask):
            asked = opened.of_works(work, works, model)
    asked = question.checked(replace(asked, works=works.id), model)
    was = question.from_text(last.question) if last else None
    if last is not None and was is not None and was.phases == asked.phases:
        found, asked = last.forecast, was
    elif may_ask:
        found = _computed(running, model, asked)
    else:
        raise NotFound(f"No forecast is kept for “{id}” yet.", works=id)
    with running.work() as work:
        return running.page(_page(work, running.view(), model, asked, found, works))


def _computed(running: RunningRequest, model: TrafficModel, asked: Question) -> Forecast:
    with running.work() as work:
        context = around.context(work, asked, model)
    with long_turn():
        return asking.answered(model, asked, context)


def _page(
    work: Work,
    view: View,
    model: TrafficModel,
    asked: Question,
    found: Forecast,
    works: Works | None,
) -> str:
    says = speaker(view)
    beside = around.beside(work, view.settings, asked, model)
    found = beside.told(found)
    layers = base_map.base_layers(work, view.settings.basemap)
    hour = found.hours[asking.place(asked)]
    answer = said.answer(found, asked, model, says, beside=beside)
    values = {
        "title": said.title(works, asked, model, says),
        "works": works,
        "a": answer,
        "map": drawing.drawing(model, asked, hour.streets, layers, says, answer["headline"]),
        "phases": [phase(one, model, says) for one in asked.phases if one.drawn],
        "variants": variants.rows(
            kept.of_works(work, works.id), works, asked, says, may_discard=False
        )
        if works
        else [],
        "made": work.now,
        "credit": "; ".join(base_map.credits(work, view.settings.basemap)),
        "address": view.absolute(f"{page.studio_path(works)}?{asked.query()}"),
        "ids": said.ids(found, asked, says),
    }
    return render(view, "studio/report.html", r=values)


def phase(one: question.Stretch, model: TrafficModel, says: Says) -> dict[str, Any]:
    """A phase in words: its days and hours, and what is done where."""
    days = f"{says.date(one.first_day)} – {says.date(one.last_day)}"
    if (one.opens, one.closes) != (0, 24):
        text = says._(N_("{first} to {last} o'clock"))
        days += ", " + text.format(first=one.opens, last=one.closes)
    if len(one.weekdays) < 7:
        days += ", " + ", ".join(says.weekday(day, "abbreviated") for day in sorted(one.weekdays))
    return {"days": days, "drawn": page.drawn_words(one, model, says)}


HANDLERS = [of_drawing, of_works]

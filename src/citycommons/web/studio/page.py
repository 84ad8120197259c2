"""`/desk/roadworks/studio`: draw works on the city's map and see at once what they do."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response
from markupsafe import Markup

from citycommons.act.model.types import DayType, TrafficModel
from citycommons.act.roadworks import kept, register, rights
from citycommons.core.errors import CityError
from citycommons.core.works import Effect, Works, WorksId
from citycommons.govern.access import Action
from citycommons.store.work import Work
from citycommons.web import base_map
from citycommons.web.addresses import FOREVER
from citycommons.web.language import N_
from citycommons.web.page_map import base_config
from citycommons.web.presentation import Says
from citycommons.web.register.words import STATE_MEANS, STATES, step_words
from citycommons.web.render import render, speaker
from citycommons.web.running import Running, RunningRequest
from citycommons.web.studio import (
    around,
    asking,
    drawing,
    models,
    network,
    opened,
    question,
    said,
    variants,
    words,
)
from citycommons.web.studio.question import Question
from citycommons.web.turns import long_turn
from citycommons.web.view import View

_MAY = {"may": Action.PROPOSE_WORKS}
STUDIO, REPORT = "/desk/roadworks/studio", "/desk/roadworks/report"
EFFECTS = {
    Effect.CLOSED: N_("Closed"),
    Effect.LANES: N_("Fewer lanes"),
    Effect.SPEED: N_("Slower"),
    Effect.ONE_WAY: N_("One way"),
    Effect.TURN_BAN: N_("No turn"),
    Effect.PARKING: N_("No parking"),
}
WORDS = {
    "count": N_("{count} pieces"),
    "what": N_("What happens there"),
    "lanesLeft": N_("lanes left"),
    "kmh": N_("km/h"),
    "both": N_("both directions"),
    "lost": N_("places to park lost"),
    "remove": N_("Remove"),
    "first": N_("First day"),
    "last": N_("Last day"),
    "from": N_("from"),
    "to": N_("until"),
    "weekdays": N_("Days of the week"),
    "phase": N_("Phase {number}"),
    "addPhase": N_("Add a phase"),
    "removePhase": N_("Take this phase away"),
    "nothing": N_("Nothing drawn yet"),
    "unnamed": N_("Street without a name"),
    "end": N_("the next junction"),
    "piece": N_("from {from} to {to}, {metres} m, {direction}"),
    "bare": N_("piece {number}, {metres} m, {direction}"),
    "whole": N_("The whole street"),
    "period": N_("{first} – {last}"),
    "failed": N_("The portal does not answer. Change something to ask again."),
}


DIRECTIONS = (
    N_("northbound"),
    N_("north-eastbound"),
    N_("eastbound"),
    N_("south-eastbound"),
    N_("southbound"),
    N_("south-westbound"),
    N_("westbound"),
    N_("north-westbound"),
)
"""As one drives, clockwise from the north."""


@get("/desk/roadworks/studio", sync_to_thread=True, opt=_MAY)
def studio(running: Running) -> Response[str]:
    """The studio over the city's newest model, or the one that the address names."""
    return running.page(page(running, None))


@get("/desk/roadworks/{id:str}/studio", sync_to_thread=True, opt=_MAY)
def of_works(running: Running, id: FromPath[str]) -> Response[str]:
    """The studio with these works drawn; who may not change them sees, and compares."""
    return running.page(page(running, WorksId(id)))


@get(
    "/desk/roadworks/models/{model:str}/network",
    sync_to_thread=True,
    opt=_MAY,
)
def streets(running: Running, model: FromPath[str]) -> Response[bytes]:
    """The model's streets for the map; they never change under their id."""
    with long_turn(), running.work() as work:
        body = network.network_json(models.model_of(work, model))
    headers = {"cache-control": FOREVER.replace("public", "private")}
    return Response(body, media_type="application/geo+json", headers=headers)


def studio_path(works: Works | None) -> str:
    """Where the studio of these works lies."""
    return f"/desk/roadworks/{quote(works.id, safe='')}/studio" if works else STUDIO


def page(running: RunningRequest, id: WorksId | None) -> str:
    """The page as HTML. A question that cannot be read is said on the page, and left out."""
    view = running.view()
    with running.work() as work:
        works = register.get(work, id) if id else None
        asked, error = _read(view)
        model = _model(work, asked)
        if model is None:
            return render(view, "studio/page.html", s=_nothing(asked, works))
        try:
            asked = question.checked(asked, model)
        except CityError as cause:
            asked, error = replace(Question(), model=model.id), cause
        if works is not None and not asked.is_drawn and error is None:
            asked = replace(opened.of_works(work, works, model), day=asked.day, hour=asked.hour)
        if works is not None:
            asked = replace(asked, works=works.id, revision=asked.revision or works.revision)
    models.warm(model)
    answer = ""
    if view.get("still"):
        asked = _with_chosen(view, asked)
        answer, error = _answered(running, model, asked)
    with running.work() as work:
        values = _values(work, view, model, asked, works)
    return render(view, "studio/page.html", s={**values, "error": error, "answer": answer})


def _read(view: View) -> tuple[Question, CityError | None]:
    try:
        return question.read(view.query), None
    except CityError as cause:
        return Question(), cause


def _model(work: Work, asked: Question) -> TrafficModel | None:
    id = asked.model or models.latest_id(work)
    return models.model_of(work, id) if id else None


def _with_chosen(view: View, asked: Question) -> Question:
    """The question with what the form without script adds to it."""
    text = question.form_text(view.query)
    return question.read([*view.query, ("phase", text)]) if text else asked


def _answered(
    running: RunningRequest, model: TrafficModel, asked: Question
) -> tuple[str, CityError | None]:
    """The answer without script: worked out before the page is sent."""
    if not asked.is_drawn:
        return "", None
    try:
        with running.work() as work:
            context = around.context(work, asked, model)
            beside = around.beside(work, running.city.settings, asked, model)
        with long_turn():
            found = beside.told(asking.answered(model, asked, context))
    except CityError as cause:
        return "", cause
    view = running.view()
    shown = said.answer(found, asked, model, speaker(view), beside=beside)
    return Markup(render(view, "studio/answer.html", a=shown)), None  # noqa: S704  (a template)


def _nothing(asked: Question, works: Works | None) -> dict[str, Any]:
    return {
        "title": "",
        "works": works,
        "state": "",
        "report": "/desk/roadworks/report",
        "may_send": False,
        "config": Markup("null"),
        "model": None,
        "question": asked,
    }


def _values(
    work: Work, view: View, model: TrafficModel, asked: Question, works: Works | None
) -> dict[str, Any]:
    says = speaker(view)
    street = view.get("street")
    layers = base_map.base_layers(work, view.settings.basemap)
    label = says._(N_("Streets of the model, and what is drawn on them"))
    able = around.owners(work)
    may_change = works is None or works.owner in {id for id, _ in able}
    report = f"/desk/roadworks/{quote(works.id, safe='')}/report" if works else REPORT
    found = kept.of_works(work, works.id) if works else []
    return {
        **_nothing(asked, works),
        "title": says.text(works.title) if works else "",
        "state": says._(STATES[works.state].word) if works else "",
        "means": says._(STATE_MEANS[works.state]) if works else "",
        "report": report + (f"?{asked.query()}" if asked.is_drawn else ""),
        "may_send": bool(able),
        "owners": [{"id": id, "name": name} for id, name in able],
        "named": ", ".join(question.streets_of(asked, model)[:2]),
        "steps": [
            (one.after, says._(step_words(one.before, one.after)))
            for one in (rights.steps(view.actor, works) if works else ())
            if not one.needs_reason
        ],
        "model": model,
        "config": _config(work, view, model, asked, works, report, says),
        "still": drawing.drawing(model, asked, (), layers, says, label),
        "effects": [{"id": one, "name": says._(name)} for one, name in EFFECTS.items()],
        "days": [{"id": one, "name": says._(words.DAYS[one])} for one in DayType],
        "bars": said.bars(None, asked, model, says),
        "phases": [
            {"text": question.phase_text(one), "drawn": drawn_words(one, model, says)}
            for one in asked.phases
        ],
        "streets": sorted({name for name in _names(model) if name}),
        "street": street,
        "pieces": pieces(model, street, says),
        "first_day": work.now.date() + timedelta(days=14),
        "last_day": work.now.date() + timedelta(days=27),
        "variants": variants.rows(found, works, asked, says, may_discard=may_change)
        if works
        else [],
        "may_keep": works is not None and may_change,
        "source": said.source(model, asked, says),
    }


def _names(model: TrafficModel) -> tuple[str, ...]:
    return model.network.streets.name if model.network.streets else ()


def drawn_words(phase: question.Stretch, model: TrafficModel, says: Says) -> list[str]:
    """Each measure of a phase in words."""
    names = _names(model)
    found = []
    for one in phase.drawn:
        streets = list(dict.fromkeys(names[link] for link in one.links if names[link]))
        effect = says._(EFFECTS.get(one.effect, str(one.effect)))
        value = f" ({one.value:g})" if one.value is not None else ""
        found.append(f"{effect}{value}: {', '.join(streets)}")
    return found


def pieces(model: TrafficModel, street: str, says: Says) -> list[dict[str, Any]]:
    """The pieces of one street, for who chooses without script."""
    net, names, streets = model.network, _names(model), model.network.streets
    wanted = street.strip().casefold()
    if not wanted or streets is None:
        return []
    meeting: dict[int, set[str]] = {}
    for link, name in enumerate(names):
        if name and name.casefold() != wanted:
            for node in (int(net.tail[link]), int(net.head[link])):
                meeting.setdefault(node, set()).add(name)
    end = {says._(WORDS["end"])}
    found = [link for link, name in enumerate(names) if name.casefold() == wanted]
    return [
        {
            "link": link,
            "words": says._(WORDS["piece"]).format(
                **{
                    "from": min(meeting.get(int(net.tail[link]), end)),
                    "to": min(meeting.get(int(net.head[link]), end)),
                    "metres": round(float(streets.length_m[link])),
                    "direction": says._(DIRECTIONS[_direction(streets.lines[link])]),
                }
            ),
        }
        for link in found
    ]


def _direction(line: Sequence[tuple[float, float]]) -> int:
    """Where a line leads, in eighths of the circle, clockwise from the north."""
    (west, south), (east, north) = line[0], line[-1]
    turn = math.atan2((east - west) * math.cos(math.radians(south)), north - south)
    return round(turn / math.pi * 4) % 8


def _config(
    work: Work,
    view: View,
    model: TrafficModel,
    asked: Question,
    works: Works | None,
    report: str,
    says: Says,
) -> Markup:
    config = {
        "model": model.id,
        "network": f"/desk/roadworks/models/{model.id}/network",
        "ask": "/desk/roadworks/whatif",
        "report": report,
        "query": asked.query(),
        "first": asked.is_drawn,
        "map": {
            **base_config(work, view, drawing.bounds(model)),
            "label": says._(N_("Map: click a piece of street to draw the works")),
        },
        "weekdays": [says.weekday(day, "abbreviated") for day in range(7)],
        "words": {
            **{key: says._(text) for key, text in WORDS.items()},
            **{str(effect): says._(name) for effect, name in EFFECTS.items()},
            "effects": [{"id": one, "name": says._(name)} for one, name in EFFECTS.items()],
            "directions": [says._(one) for one in DIRECTIONS],
            "today": work.now.date().isoformat(),
        },
    }
    text = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text.replace("&", "\\u0026"))  # noqa: S704


HANDLERS = [studio, of_works, streets]

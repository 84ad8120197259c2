"""`/roadworks`: what is dug up now and soon, as a list with a map, as JSON and as GeoJSON."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import get
from litestar.response import Response

from citycommons.act.roadworks import register, rights
from citycommons.act.roadworks.feeds import KINDS
from citycommons.act.roadworks.register import Asked, Found
from citycommons.core.errors import Invalid
from citycommons.core.places import parse_bbox
from citycommons.core.types import PublisherId
from citycommons.core.works import WorksState
from citycommons.govern.access import Action, allows_anywhere
from citycommons.share.works import geojson
from citycommons.share.works.edition import Edition
from citycommons.store.work import Work
from citycommons.web import base_map
from citycommons.web.addresses import number
from citycommons.web.language import N_
from citycommons.web.negotiate import Kind, wanted
from citycommons.web.negotiate import as_json as json_answer
from citycommons.web.register import shown
from citycommons.web.register.drawing import box_of, drawing
from citycommons.web.register.words import STATES
from citycommons.web.render import render, speaker
from citycommons.web.roadworks.page import feed
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.view import View

SIZE = 50
PARAMETERS = frozenset(
    {"street", "from", "to", "bbox", "owner", "state", "source", "limit", "offset", "lang"}
)
_CURRENT = frozenset({WorksState.PERMITTED, WorksState.ACTIVE})


def asked(running: Running, *, states: frozenset[WorksState] | None = None) -> Asked:
    """What an address asks for; `states` where it names none.

    Raises `Invalid` that names a wrong parameter.
    """
    if unknown := sorted({name for name, _ in running.query} - PARAMETERS):
        raise Invalid(
            f"“{unknown[0]}” is no parameter here. Parameters are {', '.join(sorted(PARAMETERS))}.",
            parameter=unknown[0],
        )
    given = [value for name, value in running.query if name == "state" and value]
    bbox = running.get("bbox")
    return Asked(
        from_day=_day(running.get("from"), "from"),
        to_day=_day(running.get("to"), "to"),
        bbox=parse_bbox(bbox) if bbox else None,
        street=running.get("street").strip()[:200],
        owner=PublisherId(running.get("owner")) if running.get("owner") else None,
        states=_states(given) if given else states,
        source=running.get("source") or None,
        limit=number(running, "limit", SIZE, most=register.MOST),
        offset=number(running, "offset", 0),
    )


def _states(given: list[str]) -> frozenset[WorksState]:
    known = {str(one) for one in WorksState}
    if wrong := [one for one in given if one not in known]:
        raise Invalid(
            f"“{wrong[0][:40]}” is no state of works. States are {', '.join(WorksState)}.",
            parameter="state",
        )
    return frozenset(map(WorksState, given))


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise Invalid(
            f"“{text[:40]}” is no day: write {name} as 2026-03-31.", parameter=name
        ) from cause


@get("/roadworks", sync_to_thread=True, opt={"may": May.ANYONE})
def roadworks(running: Running) -> Response[Any]:
    """Works that are permitted or under way (or in the states asked for), with filters."""
    kind = None if running.suffix == "geojson" else wanted(running, offered=(Kind.HTML, Kind.JSON))
    question = asked(running, states=_CURRENT)
    with running.work() as work:
        today = work.now.astimezone(ZoneInfo(running.city.settings.timezone)).date()
        if kind is Kind.HTML:
            return running.page(_page(work, running.view(), question, today))
        if kind is None:
            return _geojson(running, work, question)
        found = register.find(work, question)
    return json_answer(running, _json(running, found))


def _json(running: Running, found: Found) -> dict[str, Any]:
    after, before = found.offset + found.limit, max(0, found.offset - found.limit)
    return {
        "total": found.total,
        "limit": found.limit,
        "offset": found.offset,
        "works": [shown.as_json(one, running.actor, running.url) for one in found.works],
        "links": {
            "self": _link(running, found.offset, found.limit),
            "next": _link(running, after, found.limit) if after < found.total else None,
            "prev": _link(running, before, found.limit) if found.offset else None,
        },
    }


def _link(running: Running, offset: int, limit: int) -> str:
    rest = [pair for pair in running.query if pair[0] not in ("limit", "offset", "lang")]
    return (
        f"{running.url}/roadworks.json?{urlencode([*rest, ('limit', limit), ('offset', offset)])}"
    )


def _geojson(running: Running, work: Work, question: Asked) -> Response[bytes]:
    settings = running.city.settings
    found = register.find(work, replace(question, limit=register.MOST))
    edition = Edition(
        city=settings.name,
        url=running.url,
        zone=ZoneInfo(settings.timezone),
        made=work.now,
        language=running.language,
        publishers={PublisherId(k): v for k, v in shown.owner_names(work).items()},
    )
    body = geojson.written(found.works, edition)
    return Response(body, media_type=geojson.MEDIA, headers={"cache-control": "no-cache"})


def _page(work: Work, view: View, question: Asked, today: date) -> str:
    says = speaker(view)
    found = register.find(work, question)
    names = shown.owner_names(work)
    layers = base_map.base_layers(work, view.settings.basemap)
    box = question.bbox or box_of(found.works, view.settings.boundary)
    label = says._(N_("Map of works in the streets of {city}")).format(city=view.settings.name)
    return render(
        view,
        "register/list.html",
        found=found,
        rows=shown.rows(found.works, names, says, today),
        map=drawing(found.works, layers, box, says, label) if box else "",
        credits=base_map.credits(work, view.settings.basemap),
        is_narrowed=any(name in dict(view.query) for name in ("street", "from", "to", "bbox")),
        states=STATES,
        public=[one for one in WorksState if one in rights.PUBLIC],
        today=today,
        soon=today + timedelta(days=28),
        now=work.now,
        feeds=[feed(name, {"street": question.street}) for name in KINDS],
        follow="/roadworks/follow?" + urlencode({"street": question.street}),
        may_propose=allows_anywhere(work.actor, Action.PROPOSE_WORKS),
        before=view.address(offset=str(max(0, found.offset - found.limit))) if found.offset else "",
        after=view.address(offset=str(found.offset + found.limit))
        if found.offset + found.limit < found.total
        else "",
    )


HANDLERS = [roadworks]

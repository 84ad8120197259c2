"""`/desk/roadworks/{id}`: one works with its life, its clashes and its history, and undo."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.act.roadworks import coordination, register, rights
from citycommons.act.roadworks.calendars import setting
from citycommons.core.errors import CityError, Forbidden, Invalid, NotFound
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.govern.access import Action, allows, allows_anywhere
from citycommons.store.work import Work
from citycommons.store.works import Revision
from citycommons.web import base_map
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form, FormBody
from citycommons.web.register import shown, words
from citycommons.web.register.drawing import box_of, drawing
from citycommons.web.render import speaker
from citycommons.web.running import Running
from citycommons.web.security import May

_RUN, _PROPOSE = {"may": Action.RUN_WORKS}, {"may": Action.PROPOSE_WORKS}
_LONGEST_MOVE = 3650
_SHOWN = 30  # revisions


def _page(running: Running, id: str, error: CityError | None = None) -> Response[str]:
    view = running.view()
    says = speaker(view)
    settings = running.city.settings
    with running.work() as work:
        works = register.get(work, WorksId(id))
        weighed = (
            coordination.clashes(work, works.id, setting(work, settings))
            if works.state in rights.OPEN
            else []
        )
        history = register.history(work, works.id)
        names = shown.owner_names(work)
        layers = base_map.base_layers(work, settings.basemap)
        box = box_of([works], settings.boundary)
        title = says.text(works.title)
        values: dict[str, Any] = {
            "works": works,
            "title": title,
            "owner": names.get(works.owner, works.owner),
            "names": names,
            "map": drawing([works], layers, box, says, title) if box else "",
            "credits": base_map.credits(work, settings.basemap),
            "clashes": weighed,
            "may_accept": {
                one.clash.key: [
                    names.get(o, o)
                    for o in sorted(one.clash.owners - set(one.accepted))
                    if allows(running.actor, Action.PROPOSE_WORKS, o)
                ]
                for one in weighed
            },
            "may_move": {
                p: allows(running.actor, Action.PROPOSE_WORKS, p.owner)
                for one in weighed
                for p in one.clash.proposals
            },
            "whys": {
                one.clash.key: words.why(one.clash, says, names, says.text(one.works.title))
                for one in weighed
            },
            "titles": _titles(work, weighed, says),
            "history": _lines(history[: _SHOWN + 1]),
            "older": max(0, len(history) - _SHOWN),
        }
    steps = rights.steps(running.actor, works)
    return answer(
        running,
        "register/one.html",
        error=error,
        steps=[(one, words.step_words(one.before, one.after)) for one in steps],
        may_edit=allows(running.actor, Action.PROPOSE_WORKS, works.owner),
        may_forecast=allows_anywhere(running.actor, Action.PROPOSE_WORKS),
        is_public=works.state in rights.PUBLIC,
        state=words.STATES[works.state],
        means=words.STATE_MEANS[works.state],
        states=words.STATES,
        life=[s for s in WorksState if s is not WorksState.CANCELLED],
        effects=words.EFFECTS,
        types=words.TYPES,
        parties=words.PARTIES,
        open_to=words.OPEN_TO,
        fields=words.FIELDS,
        weekdays=words.WEEKDAYS,
        **values,
    )


def _titles(work: Work, weighed: list[coordination.Weighed], says: Any) -> dict[str, str]:
    ids = {p.works for one in weighed for p in one.clash.proposals}
    return {id: says.text(register.get(work, id).title) for id in ids}


def _lines(history: list[Revision]) -> list[tuple[Revision, tuple[register.Difference, ...]]]:
    """Each revision with what it changed; the oldest shown has nothing to be held against."""
    found = []
    for now, before in zip(history, [*history[1:], None], strict=True):
        changed = register.differences(before.works, now.works) if before else ()
        if before and before.works.state is not now.works.state:
            state = register.Difference(
                field="state", before=before.works.state, after=now.works.state
            )
            changed = (state, *changed)
        found.append((now, changed))
    return found[:_SHOWN]


@get("/desk/roadworks/{id:str}", sync_to_thread=True, opt={"may": May.SIGNED_IN})
def one(running: Running, id: FromPath[str]) -> Response[str]:
    """Everything about one works, for whoever may know of it."""
    return _page(running, id)


@post("/desk/roadworks/{id:str}/state", sync_to_thread=True, opt=_RUN, dependencies=WITH_FORM)
def advance(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """The next step in the works' life, with its reason."""
    settings = running.city.settings

    def act(work: Work) -> Works:
        return coordination.advance(
            work,
            WorksId(id),
            _state(form),
            setting(work, settings),
            revision=_number(form, "revision"),
            why=form.get("why")[:2000],
        )

    return _done(running, id, act)


@post("/desk/roadworks/{id:str}/restore", sync_to_thread=True, opt=_PROPOSE, dependencies=WITH_FORM)
def restore(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Say again what an older revision said."""
    return _done(
        running,
        id,
        lambda work: register.restore(
            work,
            WorksId(id),
            _number(form, "number"),
            revision=_number(form, "revision"),
            why=form.get("why")[:2000],
        ),
    )


@post("/desk/roadworks/{id:str}/move", sync_to_thread=True, opt=_PROPOSE, dependencies=WITH_FORM)
def move(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Take proposed dates: all phases so many days later or earlier."""

    def act(work: Work) -> Works:
        days = _number(form, "days")
        if abs(days) > _LONGEST_MOVE:
            raise Invalid("Works are moved by ten years at most.")
        now = register.get(work, WorksId(form.get("works") or id))
        return register.change(work, coordination.moved(now, days), why=form.get("why")[:2000])

    return _done(running, id, act)


@post("/desk/roadworks/{id:str}/accept", sync_to_thread=True, opt=_PROPOSE, dependencies=WITH_FORM)
def accept(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """An owner lives with a clash, and says why."""
    settings = running.city.settings
    return _done(
        running,
        id,
        lambda work: coordination.accept(
            work,
            WorksId(id),
            form.get("clash"),
            setting(work, settings),
            reason=form.get("reason"),
        ),
    )


def _done(running: Running, id: str, act: Any) -> Response[str]:
    try:
        with running.work(may_write=True) as work:
            act(work)
    except (NotFound, Forbidden):
        raise
    except CityError as error:
        return _page(running, id, error)
    return running.see(f"/desk/roadworks/{id}?saved=1")


def _state(form: FormBody) -> WorksState:
    try:
        return WorksState(form.get("state"))
    except ValueError as cause:
        raise Invalid(f"States are {', '.join(WorksState)}.", column="state") from cause


def _number(form: FormBody, name: str) -> int:
    try:
        return int(form.get(name)[:12])
    except ValueError as cause:
        raise Invalid(f"“{name}” is a whole number.", column=name) from cause


HANDLERS = [one, advance, restore, move, accept]

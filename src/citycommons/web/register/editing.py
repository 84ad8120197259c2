"""`/desk/roadworks/new` and `…/edit`: the form by which owners propose and change works."""

from dataclasses import replace
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.act.roadworks import register
from citycommons.act.roadworks.streets import streets
from citycommons.core.errors import CityError, Forbidden, Invalid
from citycommons.core.types import LANGUAGES, PublisherId
from citycommons.core.works import Effect, Party, Works, WorksId, WorksState
from citycommons.govern.access import Action, allows, require
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import NAMES
from citycommons.web.register import form as forms
from citycommons.web.register import words
from citycommons.web.register.form import Typed
from citycommons.web.running import Running

_MAY = {"may": Action.PROPOSE_WORKS}


def blank(work: Work, owner: PublisherId) -> Works:
    """Works of whom nothing is said yet."""
    return Works(
        id=WorksId(""),
        title={},
        description={},
        detour_words={},
        streets=(),
        state=WorksState.PROPOSED,
        party=Party.UTILITY,
        owner=owner,
        phases=(),
        created=work.now,
        updated=work.now,
        updated_by=work.actor.id,
    )


def _page(
    running: Running, given: Typed, works: Works | None, error: CityError | None = None
) -> Response[str]:
    first = running.language
    with running.work() as work:
        owners = [
            one
            for one in catalogue.publishers(work.db)
            if allows(running.actor, Action.PROPOSE_WORKS, one.id)
        ]
        knows_streets = bool(streets(work, running.city.settings))
    values: dict[str, Any] = {
        "t": given,
        "works": works,
        "owners": owners,
        "knows_streets": knows_streets,
        "tags": (first, *(tag for tag in LANGUAGES if tag != first)),
        "languages": NAMES,
        "parties": words.PARTIES,
        "effects": words.EFFECTS,
        "types": words.TYPES,
        "open_to": words.OPEN_TO,
        "weekdays": words.WEEKDAYS,
        "new_link": Effect.NEW_LINK,
    }
    return answer(running, "register/form.html", error=error, **values)


@get("/desk/roadworks/new", sync_to_thread=True, opt=_MAY)
def new(running: Running) -> Response[str]:
    """An empty form."""
    with running.work() as work:
        mine = [
            one.id
            for one in catalogue.publishers(work.db)
            if allows(running.actor, Action.PROPOSE_WORKS, one.id)
        ]
    return _page(running, forms.filled(None, mine[0] if mine else ""), None)


@post("/desk/roadworks/new", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def propose(running: Running, form: Form) -> Response[str]:
    """Take the proposal in, or show again what was typed with what is wrong with it."""
    given = forms.typed(form)
    try:
        with running.work() as work:  # reads the streets, so that no writer waits for that
            if not given.get("owner"):
                raise Invalid("Choose who orders these works.", column="owner")
            owner = PublisherId(given.get("owner"))
            require(work, Action.PROPOSE_WORKS, owner)
            found = streets(work, running.city.settings)
            works = forms.works_of(given, blank(work, owner), found)
        with running.work(may_write=True) as work:
            made = register.propose(work, works, why=given.get("why")[:2000])
    except Forbidden:
        raise
    except CityError as error:
        return _page(running, given, None, error)
    return running.see(f"/desk/roadworks/{made.id}?saved=1")


@get("/desk/roadworks/{id:str}/edit", sync_to_thread=True, opt=_MAY)
def edit(running: Running, id: FromPath[str]) -> Response[str]:
    """The form, filled in."""
    with running.work() as work:
        works = register.get(work, WorksId(id))
        require(work, Action.PROPOSE_WORKS, works.owner)
    return _page(running, forms.filled(works, works.owner), works)


@post("/desk/roadworks/{id:str}/edit", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def save(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Save the change if nobody else saved meanwhile; else show both."""
    given = forms.typed(form)
    with running.work() as work:
        now = register.get(work, WorksId(id))
        found = streets(work, running.city.settings)
    try:
        before = replace(now, revision=_revision(given))
        works = forms.works_of(given, before, found)
        with running.work(may_write=True) as work:
            saved = register.change(work, works, why=given.get("why")[:2000])
    except Forbidden:
        raise
    except CityError as error:
        return _page(running, given, now, error)
    return running.see(f"/desk/roadworks/{saved.id}?saved=1")


def _revision(given: Typed) -> int:
    text = given.get("revision")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Invalid("This form does not say which revision it changes. Load it again.")
    return int(text)


HANDLERS = [new, propose, edit, save]

"""`/desk/ledger`: new entries and changed ones, by one form; their history, undo and removal."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Forbidden, Invalid, NotFound
from citycommons.core.goals import (
    Benefit,
    Cost,
    CostKind,
    Goal,
    GoalId,
    Kind,
    Level,
    Problem,
    ProblemId,
    Thing,
    UnitValue,
)
from citycommons.core.types import LANGUAGES, PublisherId
from citycommons.govern.access import Action, allows, require
from citycommons.measure.goals import ledger
from citycommons.store import catalogue
from citycommons.store import ledger as rows
from citycommons.store.work import Work
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.goals import words
from citycommons.web.goals.entries import blank, filled, made
from citycommons.web.goals.fields import ASIDE, FORMS, STEPS, As
from citycommons.web.goals.history import lines
from citycommons.web.goals.typed import Typed, typed
from citycommons.web.language import NAMES
from citycommons.web.render import speaker
from citycommons.web.running import Running

_KEEP = {"may": Action.KEEP_LEDGER}
_READ = {"may": Action.READ_LEDGER}
_SHOWN = 60  # revisions


def kind_in(text: str) -> Kind:
    """The kind of an address. Raises `NotFound`."""
    if text not in [one.value for one in Kind]:
        raise NotFound(f"The ledger has no “{text[:40]}”: it has {', '.join(Kind)}.")
    return Kind(text)


def loaded(work: Work, id: str) -> Thing:
    """An entry that the actor may keep. Raises `NotFound` and `Forbidden`."""
    row = rows.get(work.db, id)
    if row is None:
        raise NotFound(f"There is no entry “{id[:80]}” in the ledger.", entry=id[:80])
    require(work, Action.KEEP_LEDGER, PublisherId(row.publisher) if row.publisher else None)
    if row.removed is not None:
        raise NotFound(f"“{id[:80]}” was removed. Bring it back on its page.", entry=id[:80])
    return row.thing


def home_of(thing: Thing) -> str:
    """The page of the desk where an entry stands."""
    if isinstance(thing, UnitValue):
        return "/desk/values"
    if isinstance(thing, Goal):
        return f"/desk/goals/{thing.id}"
    if isinstance(thing, Benefit):
        return f"/desk/goals/{thing.goal}"
    if isinstance(thing, Cost):
        return f"/desk/goals/{thing.goal}" if thing.goal else "/desk/worth"
    return "/desk/goals"


def _page(
    running: Running,
    thing: Thing,
    given: Typed,
    *,
    steps: bool = False,
    error: CityError | None = None,
    tried: Any = None,
) -> Response[str]:
    kind, first = rows.kind_of(thing), running.language
    with running.work() as work:
        choices = _choices(work, running)
    fields = STEPS if steps else FORMS[kind]
    return answer(
        running,
        "goals/form.html",
        error=error,
        thing=thing,
        kind=kind,
        word=words.KINDS[kind],
        t=given,
        fields=[one for one in fields if kind is Kind.GOAL or one.name not in ASIDE],
        aside=[one for one in fields if kind is not Kind.GOAL and one.name in ASIDE],
        many=[one for one in fields if one.kind in (As.WORDS, As.PROSE)],
        choices=choices,
        tags=(first, *(tag for tag in LANGUAGES if tag != first)),
        names=NAMES,
        is_new=not thing.revision,
        is_steps=steps,
        home=home_of(thing),
        tried=tried,
        stages=words.STAGES,
        stage=words.stage_of(kind, steps=steps),
    )


def _choices(work: Work, running: Running) -> dict[str, list[tuple[str, str]]]:
    """What each field with a choice offers: (value, words)."""
    says = speaker(running.view())
    mine = [
        (str(one.id), one.name)
        for one in catalogue.publishers(work.db)
        if allows(running.actor, Action.KEEP_LEDGER, one.id)
    ]
    values = [
        (str(one.id), f"{says.text(one.title)} ({one.currency}, {one.price_year})")
        for one in ledger.unit_values(work)
    ]
    return {
        "publisher": mine,
        "value": [("", says._(words.NO_VALUE)), *values],
        "better": [(one.value, says._(text)) for one, text in words.BETTER.items()],
        "levels": [(one.value, says._(words.LEVELS[one])) for one in Level],
        "kind": [(one.value, says._(words.COSTS[one])) for one in CostKind],
        "study_claim": [(one.value, says._(text)) for one, text in words.STUDIES.items()],
    }


def _fresh(running: Running, work: Work, kind: Kind) -> Thing:
    """A new entry of the problem or goal that the address names."""
    parent = running.get("problem") if kind is Kind.GOAL else running.get("goal")
    publisher = ""
    if kind is Kind.GOAL:
        publisher = ledger.problem(work, ProblemId(parent)).publisher
    elif kind is Kind.BENEFIT or parent:
        publisher = ledger.goal(work, GoalId(parent)).publisher
    else:
        mine = (
            one.id
            for one in catalogue.publishers(work.db)
            if allows(running.actor, Action.KEEP_LEDGER, one.id)
        )
        publisher = next(mine, "")
    if kind is Kind.UNIT_VALUE:
        require(work, Action.KEEP_LEDGER, None)
    elif publisher:
        require(work, Action.KEEP_LEDGER, PublisherId(publisher))
    return blank(
        kind, publisher=publisher, parent=parent, year=work.now.year, currency=words.CURRENCY
    )


@get("/desk/ledger/new/{kind:str}", sync_to_thread=True, opt=_KEEP)
def new(running: Running, kind: FromPath[str]) -> Response[str]:
    """An empty form; `?problem=` or `?goal=` says what it belongs to."""
    with running.work() as work:
        thing = _fresh(running, work, kind_in(kind))
    return _page(running, thing, filled(thing))


@post("/desk/ledger/new/{kind:str}", sync_to_thread=True, opt=_KEEP, dependencies=WITH_FORM)
def add(running: Running, kind: FromPath[str], form: Form) -> Response[str]:
    """Keep the new entry, or show again what was typed with what is wrong with it."""
    given = typed(form)
    with running.work() as work:
        thing = _fresh(running, work, kind_in(kind))
    return _save(running, thing, given, steps=False)


@get("/desk/ledger/{id:str}/edit", sync_to_thread=True, opt=_KEEP)
def edit(running: Running, id: FromPath[str]) -> Response[str]:
    """The form, filled in; `?part=steps` for the steps of an objective."""
    with running.work() as work:
        thing = loaded(work, id)
    return _page(running, thing, filled(thing), steps=_is_steps(running, thing))


@post("/desk/ledger/{id:str}/edit", sync_to_thread=True, opt=_KEEP, dependencies=WITH_FORM)
def save(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Keep the change if nobody else saved meanwhile."""
    given = typed(form)
    with running.work() as work:
        thing = loaded(work, id)
    return _save(running, thing, given, steps=_is_steps(running, thing))


def _is_steps(running: Running, thing: Thing) -> bool:
    return running.get("part") == "steps" and isinstance(thing, Goal)


def _save(running: Running, before: Thing, given: Typed, *, steps: bool) -> Response[str]:
    try:
        thing = made(given, before, steps=steps)
        if given.get("try") and isinstance(thing, Goal):
            with running.work() as work:
                tried = ledger.ask(work, thing)
            return _page(running, before, given, tried=tried)
        if before.revision:
            thing = _at_revision(thing, given)
        with running.work(may_write=True) as work:
            saved: Thing = ledger.save(work, thing, given.text("why"))
    except Forbidden:
        raise
    except CityError as error:
        return _page(running, before, given, steps=steps, error=error)
    return running.see(_next(saved))


def _at_revision(thing: Thing, given: Typed) -> Thing:
    """The entry as the revision that the form was filled in from, so that none is overwritten."""
    return replace(thing, revision=_revision(given.get("revision")))


def _next(saved: Thing) -> str:
    """Where the guided way goes on after an entry was kept."""
    if isinstance(saved, Problem) and saved.revision == 1:
        return f"/desk/ledger/new/goal?problem={saved.id}&saved={saved.id}"
    return f"{home_of(saved)}?saved={saved.id}"


@get("/desk/ledger/{id:str}", sync_to_thread=True, opt=_READ)
def one(running: Running, id: FromPath[str]) -> Response[str]:
    """An entry's history, with each change and the way back."""
    return _history(running, id)


def _history(running: Running, id: str, error: CityError | None = None) -> Response[str]:
    says = speaker(running.view())
    with running.work() as work:
        row = rows.get(work.db, id)
        found = ledger.history(work, id)  # type: ignore[arg-type]
        if row is None or not found:
            raise NotFound(f"There is no entry “{id[:80]}” in the ledger.", entry=id[:80])
        may_keep = allows(
            running.actor,
            Action.KEEP_LEDGER,
            PublisherId(row.publisher) if row.publisher else None,
        )
    return answer(
        running,
        "goals/history.html",
        error=error,
        thing=row.thing,
        title=says.text(row.thing.title),
        word=words.KINDS[rows.kind_of(row.thing)],
        history=lines(found, says)[:_SHOWN],
        acts=words.ACTS,
        removed=row.removed,
        may_keep=may_keep,
        home=home_of(row.thing),
    )


@post("/desk/ledger/{id:str}/{act:str}", sync_to_thread=True, opt=_KEEP, dependencies=WITH_FORM)
def change(running: Running, id: FromPath[str], act: FromPath[str], form: Form) -> Response[str]:
    """`back` to an earlier revision, `remove`, or `restore` what was removed."""
    if act not in _ACTS:
        raise NotFound(f"Nothing is called “{act[:40]}” here. See the entry.")
    try:
        revision = _revision(form.get("revision"))
        with running.work(may_write=True) as work:
            _ACTS[act](work, id, revision, form.get("why")[:2000])
    except (NotFound, Forbidden):
        raise
    except CityError as error:
        return _history(running, id, error)
    return running.see(f"/desk/ledger/{id}?saved=1")


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Invalid("This form does not say which revision it changes. Load it again.")
    return int(text)


_ACTS: dict[str, Callable[[Work, str, int, str], object]] = {
    "back": lambda work, id, revision, why: ledger.go_back(
        work, id, revision=revision, why=why or words.UNDONE
    ),
    "remove": lambda work, id, revision, why: ledger.remove(work, id, revision=revision, why=why),
    "restore": lambda work, id, revision, why: ledger.restore(work, id, why),
}

HANDLERS = [new, add, edit, save, one, change]

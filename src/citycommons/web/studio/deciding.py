"""What the studio writes: a drawing becomes works, a variant is kept, works take a step."""

from dataclasses import replace

from litestar import post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import kept, register
from citycommons.act.roadworks.types import Forecast
from citycommons.core.errors import Conflict, Invalid
from citycommons.core.types import ActorKind, PublisherId
from citycommons.core.works import Party, Works, WorksId
from citycommons.govern.access import Action, require
from citycommons.store import catalogue
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.running import Running, RunningRequest
from citycommons.web.studio import around, asking, models, question
from citycommons.web.studio.question import Question
from citycommons.web.turns import long_turn

_MAY = {"may": Action.PROPOSE_WORKS}
_LONGEST_TITLE = 200
_PARTIES = {
    ActorKind.UTILITY: Party.UTILITY,
    ActorKind.COMPANY: Party.ROAD_BUILDER,
}
"""Who brings works about, by the kind of their owner; any office is the municipality."""


@post("/desk/roadworks/studio", sync_to_thread=True, opt=_MAY, dependencies=WITH_FORM)
def propose(running: Running, form: Form) -> Response[str]:
    """The drawing becomes works of their owner: a proposal, with the forecast of it."""
    title, owner = form.get("title")[:_LONGEST_TITLE], PublisherId(form.get("owner"))
    if not title:
        raise Invalid("Give the works a title: what is done, and where.", column="title")
    asked, model = _asked(running)
    with running.work() as work:
        require(work, Action.PROPOSE_WORKS, owner)
        party = _PARTIES.get(catalogue.publisher(work.db, owner).kind, Party.MUNICIPALITY)
        draft = around.drawn(work, None, asked, model)
    works = replace(draft, title={running.language: title}, owner=owner, party=party)
    with running.work(may_write=True) as work:
        made = register.propose(work, works, why=form.get("why"))
    return _kept(running, model, asked, made)


@post(
    "/desk/roadworks/{id:str}/studio/drawing",
    sync_to_thread=True,
    opt=_MAY,
    dependencies=WITH_FORM,
)
def redraw(running: Running, form: Form, id: FromPath[str]) -> Response[str]:
    """The drawing replaces what the works were, as their next revision."""
    asked, model = _asked(running)
    with running.work(may_write=True) as work:
        before = register.get(work, WorksId(id))
        if asked.revision is not None and asked.revision != before.revision:
            raise Conflict(
                f"“{id}” was changed since you drew: it is at revision {before.revision}. Open "
                "the studio again, and draw on what is there now."
            )
        changed = around.drawn(work, before, asked, model)
        made = register.change(work, changed, why=form.get("why"))
    return _kept(running, model, asked, made)


@post(
    "/desk/roadworks/{id:str}/studio/variants",
    sync_to_thread=True,
    opt=_MAY,
    dependencies=WITH_FORM,
)
def keep(running: Running, form: Form, id: FromPath[str]) -> Response[str]:
    """The drawing is kept as a variant under its name."""
    name = form.get("name")
    if not name:
        raise Invalid("Give the variant a name, so that it can be told apart.", column="name")
    asked, model = _asked(running)
    with running.work() as work:
        works = register.get(work, WorksId(id))
        require(work, Action.PROPOSE_WORKS, works.owner)
    asked = replace(asked, works=works.id, revision=works.revision, variant=name)
    found = _forecast(running, model, asked)
    with running.work(may_write=True) as work:
        kept.keep(work, found, variant=name, question=asked.query())
    return running.see(f"/desk/roadworks/{works.id}/studio?{asked.query()}#variants")


@post(
    "/desk/roadworks/{id:str}/studio/variants/{forecast:str}/discard",
    sync_to_thread=True,
    opt=_MAY,
    dependencies=WITH_FORM,
)
def discard(
    running: Running, form: Form, id: FromPath[str], forecast: FromPath[str]
) -> Response[str]:
    """A variant is thrown away."""
    with running.work(may_write=True) as work:
        kept.discard(work, forecast)
    return running.see(f"/desk/roadworks/{id}/studio#variants")


def _asked(running: RunningRequest) -> tuple[Question, TrafficModel]:
    asked = question.read(running.query)
    if not asked.is_drawn:
        raise Invalid("Nothing is drawn yet. Draw what the works close, then keep it.")
    with running.work() as work:
        model = models.model_of(work, asked.model)
    return question.checked(asked, model), model


def _kept(
    running: RunningRequest, model: TrafficModel, asked: Question, made: Works
) -> Response[str]:
    asked = replace(asked, works=made.id, revision=made.revision, variant="")
    found = _forecast(running, model, asked)
    with running.work(may_write=True) as work:
        kept.keep(work, found, question=asked.query())
    return running.see(f"/desk/roadworks/{made.id}/studio?{asked.query()}#send")


def _forecast(running: RunningRequest, model: TrafficModel, asked: Question) -> Forecast:
    with running.work() as work:
        context = around.context(work, asked, model)
        beside = around.beside(work, running.city.settings, asked, model)
    with long_turn():
        return beside.told(asking.answered(model, asked, context))


HANDLERS = [propose, redraw, keep, discard]

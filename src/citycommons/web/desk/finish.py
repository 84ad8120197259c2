"""`…/publish`: what publishing will do, in figures; then it is done, and can be undone."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.collect import sources
from citycommons.core.errors import CityError, Conflict, Invalid, NotFound
from citycommons.core.types import DatasetId
from citycommons.govern.access import Action, allows, require
from citycommons.share import drafts
from citycommons.share import open as door
from citycommons.web.desk.describing import ACCESS_WORDS
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.running import Running


def _page(running: Running, id: str, error: CityError | None = None) -> Response[str]:
    draft = drafts.get(running.city, running.actor, id)
    ready = None
    try:
        ready = drafts.ready(running.city, running.actor, id)
    except Invalid as missing:
        if step := missing.where.get("step"):
            return running.see(f"/desk/drafts/{id}/{step}")
        error = error or missing
    except CityError as cause:
        error = error or cause
    return answer(
        running,
        "desk/publish.html",
        error=error,
        draft=draft,
        ready=ready,
        is_outdated=isinstance(error, Conflict) and draft.replaces is not None,
        access_words=ACCESS_WORDS,
    )


@get("/desk/drafts/{id:str}/publish", sync_to_thread=True, opt={"may": Action.PUBLISH})
def confirm(running: Running, id: FromPath[str]) -> Response[str]:
    """The last step: one sentence says what will happen."""
    return _page(running, id)


@post(
    "/desk/drafts/{id:str}/publish",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def publish(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    try:
        note = form.get("note")[:500]
        published = drafts.publish(running.city, running.actor, id, note=note)
    except CityError as error:
        return _page(running, id, error)
    version = published.version
    what = "published" if published.is_new else "unchanged"
    return running.see(f"/desk/datasets/{version.dataset}/{what}/{version.number}")


@post("/desk/drafts/{id:str}/catch-up", sync_to_thread=True, opt={"may": Action.PUBLISH})
def catch_up(running: Running, id: FromPath[str]) -> Response[str]:
    """Take over what somebody else published or described meanwhile."""
    drafts.catch_up(running.city, running.actor, id)
    return running.see(f"/desk/drafts/{id}/publish")


@get(
    "/desk/datasets/{id:str}/{what:str}/{number:int}",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH, "of": "dataset"},
)
def done(
    running: Running, id: FromPath[str], what: FromPath[str], number: FromPath[int]
) -> Response[str]:
    """What was published, where it is, and how to take it back."""
    with running.work() as work:
        dataset, version = door.find(work, DatasetId(id), number)
        require(work, Action.PUBLISH, dataset)
        comes = [one for one in sources.find(work) if one.source.dataset == dataset.id]
    if what not in ("published", "unchanged"):
        raise NotFound("There is nothing at this address. Begin at your desk.")
    return answer(
        running,
        "desk/done.html",
        dataset=dataset,
        version=version,
        is_new=what == "published",
        comes=comes,
        may_withdraw=allows(running.actor, Action.WITHDRAW, dataset),
        access_words=ACCESS_WORDS,
    )


HANDLERS = [confirm, publish, catch_up, done]

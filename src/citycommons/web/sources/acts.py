"""What one does with a source: run it now, let it rest, take it away and bring it back."""

from collections.abc import Callable

from litestar import post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.collect import sources
from citycommons.core.errors import NotFound
from citycommons.core.types import SourceId
from citycommons.govern.access import Action, require
from citycommons.store import sources as rows
from citycommons.store.work import Work
from citycommons.web.desk.tabs import acted
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.running import Running, RunningRequest
from citycommons.web.sources.one import page


def _do(
    running: RunningRequest, id: str, what: str, act: Callable[[Work, SourceId], object]
) -> Response[str]:
    return acted(
        running,
        lambda work: act(work, SourceId(id)),
        then=f"/desk/sources/{id}?done={what}",
        otherwise=lambda error: page(running, id, error),
    )


@post(
    "/desk/sources/{id:str}/run",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def run(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Run it now; `confirm` says that a person looked at why the last run was held."""
    confirm = form.get("confirm") == "1"
    return _do(running, id, "run", lambda work, one: sources.run_now(work, one, confirm=confirm))


@post("/desk/sources/{id:str}/pause", sync_to_thread=True, opt={"may": Action.PUBLISH})
def pause(running: Running, id: FromPath[str]) -> Response[str]:
    return _do(running, id, "pause", sources.pause)


@post("/desk/sources/{id:str}/resume", sync_to_thread=True, opt={"may": Action.PUBLISH})
def resume(running: Running, id: FromPath[str]) -> Response[str]:
    return _do(running, id, "resume", sources.resume)


@post("/desk/sources/{id:str}/remove", sync_to_thread=True, opt={"may": Action.PUBLISH})
def remove(running: Running, id: FromPath[str]) -> Response[str]:
    """Take the source away; what it brought stays, and it can be brought back."""
    with running.work(may_write=True) as work:
        sources.remove(work, SourceId(id))
    return running.see(f"/desk/sources?removed={id}")


@post("/desk/sources/{id:str}/restore", sync_to_thread=True, opt={"may": Action.PUBLISH})
def restore(running: Running, id: FromPath[str]) -> Response[str]:
    """Bring a source back that was taken away."""
    with running.work(may_write=True) as work:
        state = rows.get(work.db, SourceId(id))
        if state is None:
            raise NotFound(f"There is no source “{id}”. List them all.", source=id)
        require(work, Action.PUBLISH, state.source.publisher)
        sources.save(work, state.source)
    return running.see(f"/desk/sources/{id}?done=restore")


HANDLERS = [run, pause, resume, remove, restore]

"""What programs ask of works: with what they clash (kept or not yet), and their history."""

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, RawBody
from litestar.response import Response

from citycommons.act.roadworks import coordination, register, rights
from citycommons.act.roadworks.calendars import setting
from citycommons.act.roadworks.coordination import Weighed
from citycommons.core.types import Actor
from citycommons.core.works import WorksId
from citycommons.govern.access import Action, require
from citycommons.store.works import Revision
from citycommons.web.negotiate import as_json as json_answer
from citycommons.web.register.writing import works_in
from citycommons.web.running import Running
from citycommons.web.security import May


@post("/roadworks/check", sync_to_thread=True, opt={"may": Action.PROPOSE_WORKS}, status_code=200)
def check(running: Running, body: RawBody) -> Response[bytes]:
    """Clashes of works as the body says them, kept nowhere; with dates that would do."""
    with running.work() as work:
        works, _ = works_in(work, body, None)
        require(work, Action.PROPOSE_WORKS, works.owner)
        register.require_usable(work, works)
        found = coordination.check(work, works, setting(work, running.city.settings))
    return json_answer(running, _clashes(found))


@get("/roadworks/{id:str}/clashes", sync_to_thread=True, opt={"may": Action.RUN_WORKS})
def clashes(running: Running, id: FromPath[str]) -> Response[bytes]:
    """Clashes of kept works with all others that one may see; with dates that would do."""
    with running.work() as work:
        found = coordination.clashes(work, WorksId(id), setting(work, running.city.settings))
    return json_answer(running, _clashes(found))


@get("/roadworks/{id:str}/history", sync_to_thread=True, opt={"may": May.ANYONE})
def history(running: Running, id: FromPath[str]) -> Response[bytes]:
    """All revisions that one may see, newest first, each with what it changed."""
    with running.work() as work:
        found = register.history(work, WorksId(id))
    return json_answer(running, {"revisions": _revisions(found, running.actor)})


def _clashes(found: list[Weighed]) -> dict[str, Any]:
    return {
        "clashes": [
            {
                **msgspec.to_builtins(one.clash),
                "key": one.clash.key,
                "sentence": one.sentence,
                "is_settled": one.is_settled,
                "accepted": msgspec.to_builtins(dict(one.accepted)),
            }
            for one in found
        ]
    }


def _revisions(found: list[Revision], actor: Actor) -> list[dict[str, Any]]:
    told = []
    for now, before in zip(found, [*found[1:], None], strict=True):
        changed = register.differences(before.works, now.works) if before else ()
        one: dict[str, Any] = {
            "revision": now.works.revision,
            "at": now.at,
            "state": now.works.state,
            "changed": msgspec.to_builtins(changed, order="deterministic"),
        }
        if rights.is_insider(actor, now.works):
            one |= {"by": now.by, "why": now.why}
        told.append(one)
    return told


HANDLERS = [check, clashes, history]

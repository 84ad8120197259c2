"""Writing works by programs: `POST /roadworks`, `PUT /roadworks/{id}`, `POST …/{id}/state`.

Bodies are JSON with the fields of `Works`; what the register keeps itself (id, revision, state, who
and when) is not read. `PUT` says in its `revision` which state it changes.
"""

from dataclasses import fields, replace
from typing import Any

import msgspec
from litestar import post, put
from litestar.params import FromPath, RawBody
from litestar.response import Response

from citycommons.act.roadworks import coordination, register
from citycommons.act.roadworks.calendars import setting
from citycommons.core.errors import Invalid
from citycommons.core.types import PublisherId
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.govern.access import Action, require
from citycommons.store.work import Work
from citycommons.web.negotiate import as_json as json_answer
from citycommons.web.register import shown
from citycommons.web.register.editing import blank
from citycommons.web.running import Running

_FIELDS = {one.name for one in fields(Works)}
_DERIVED = {"bounds", "url", "why"}


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """The next state of works, from which revision, and why."""

    state: WorksState
    revision: int | None = None
    why: str = ""


def works_in(work: Work, body: bytes, before: Works | None) -> tuple[Works, str]:
    """The works of a JSON body, and why they change. Raises `Invalid` that names the field."""
    try:
        raw = msgspec.json.decode(body)
    except msgspec.DecodeError as cause:
        raise Invalid(f"The body is no JSON: {cause}.") from cause
    if not isinstance(raw, dict):
        raise Invalid("The body must be a JSON object that describes works.")
    if unknown := sorted(set(raw) - _FIELDS - _DERIVED):
        raise Invalid(f"Works have no field “{unknown[0]}”.", column=unknown[0])
    why = str(raw.get("why", ""))[:2000]
    start = before or blank(work, PublisherId(str(raw.get("owner", ""))))
    whole: dict[str, Any] = msgspec.to_builtins(start)
    kept = register.KEPT_BY_REGISTER - {"revision"}
    whole |= {name: value for name, value in raw.items() if name in _FIELDS and name not in kept}
    try:
        return msgspec.convert(whole, Works), why
    except msgspec.ValidationError as cause:
        raise Invalid(f"These works cannot be used: {cause}.") from cause


@post("/roadworks", sync_to_thread=True, opt={"may": Action.PROPOSE_WORKS}, status_code=201)
def propose(running: Running, body: RawBody) -> Response[bytes]:
    """Propose works. Answers them as they were kept, with their id."""
    with running.work(may_write=True) as work:
        works, why = works_in(work, body, None)
        require(work, Action.PROPOSE_WORKS, works.owner)
        made = register.propose(work, works, why=why)
    answer = json_answer(running, shown.as_json(made, running.actor, running.url))
    answer.status_code = 201
    answer.headers["location"] = f"/roadworks/{made.id}"
    return answer


@put("/roadworks/{id:str}", sync_to_thread=True, opt={"may": Action.PROPOSE_WORKS})
def change(running: Running, id: FromPath[str], body: RawBody) -> Response[bytes]:
    """Change works; 409 when their revision is not the one that the body says."""
    with running.work(may_write=True) as work:
        before = register.get(work, WorksId(id))
        works, why = works_in(work, body, before)
        saved = register.change(work, replace(works, id=before.id), why=why)
    return json_answer(running, shown.as_json(saved, running.actor, running.url))


@post(
    "/roadworks/{id:str}/state", sync_to_thread=True, opt={"may": Action.RUN_WORKS}, status_code=200
)
def advance(running: Running, id: FromPath[str], body: RawBody) -> Response[bytes]:
    """Take works to another state: {"state": "active", "why": "…"}."""
    try:
        step = msgspec.json.decode(body, type=Step)
    except msgspec.DecodeError as cause:
        raise Invalid(f"The body says no step: {cause}.") from cause
    with running.work(may_write=True) as work:
        done = coordination.advance(
            work,
            WorksId(id),
            step.state,
            setting(work, running.city.settings),
            revision=step.revision,
            why=step.why[:2000],
        )
    return json_answer(running, shown.as_json(done, running.actor, running.url))


HANDLERS = [propose, change, advance]

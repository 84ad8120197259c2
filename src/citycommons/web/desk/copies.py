"""`/desk/copies`: copies of one's data at other portals, and what is to be decided about them."""

from collections.abc import Callable
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.copies import Copy, CopyId, CopyState
from citycommons.core.errors import CityError, NotFound
from citycommons.govern.access import Action, allows
from citycommons.measure.republication import deciding
from citycommons.measure.republication.copied import Copied
from citycommons.store.work import Work
from citycommons.web import page_elsewhere
from citycommons.web.desk.tabs import acted, answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import N_
from citycommons.web.page_copies import told
from citycommons.web.render import speaker
from citycommons.web.running import Running, RunningRequest

_HERE = "/desk/copies"
_OPT = {"may": Action.DESCRIBE}
_PAGE = 50

Act = Callable[[Work, CopyId], Copy]
ACTS: dict[str, tuple[Act, str, str]] = {
    "confirm": (deciding.confirm, N_("It is a copy of ours now."), "reconsider"),
    "reconsider": (deciding.reconsider, N_("The decision is taken back."), ""),
    "accept": (deciding.accept, N_("Its numbers are in the sums now."), "doubt"),
    "doubt": (deciding.doubt, N_("Its numbers stand apart again."), "accept"),
}
"""What one does with a copy: the act, what is said afterwards, and the act that takes it back."""
_REFUSED = N_("It is refused, and is in no sum.")


def _page(running: RunningRequest, error: CityError | None = None) -> Response[str]:
    says = speaker(running.view())
    with running.work() as work:
        found, following = deciding.mine(work, limit=_PAGE, after=running.get("after")[:40])
    copies = [_shown(one, told(one, says)) for one in found]
    done = running.get("done")
    words = _REFUSED if done == "refuse" else ACTS[done][1] if done in ACTS else ""
    return answer(
        running,
        "desk/copies.html",
        error=error,
        waiting=[one for one in copies if one["waits"]],
        others=[one for one in copies if not one["waits"]],
        following=following,
        is_first=not running.get("after"),
        done=says._(words) if words else "",
        undo="reconsider" if done == "refuse" else ACTS[done][2] if done in ACTS else "",
        of=running.get("of")[:40],
        may_manage=allows(running.actor, Action.MANAGE_CITY),
    )


def _shown(one: Copied, words: dict[str, Any]) -> dict[str, Any]:
    apart = [month for month in (*words["months"], *words["earlier"]) if month["is_outlier"]]
    is_refused = one.copy.state is CopyState.REFUSED
    is_found = one.copy.state is CopyState.FOUND
    is_decided = is_refused or (
        one.copy.similarity is not None and one.copy.state is CopyState.VERIFIED
    )
    return {
        **words,
        "is_found": is_found,
        "is_decided": is_decided,
        "is_accepted": bool(one.copy.accepted),
        "apart": apart,
        "waits": is_found or (bool(apart) and not is_refused),
    }


@get(_HERE, sync_to_thread=True, opt=_OPT)
def copies(running: Running) -> Response[str]:
    """Copies of one's data: first what waits for a person."""
    return _page(running)


@post(_HERE + "/{id:str}/refuse", sync_to_thread=True, opt=_OPT, dependencies=WITH_FORM)
def refuse(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """It is no copy of ours; the reason is kept."""
    return _do(running, id, "refuse", lambda work, one: deciding.refuse(work, one, form.get("why")))


@post(_HERE + "/{id:str}/{act:str}", sync_to_thread=True, opt=_OPT)
def decide(running: Running, id: FromPath[str], act: FromPath[str]) -> Response[str]:
    """Confirm a copy, accept its numbers, or take such a decision back."""
    if act not in ACTS:
        raise NotFound(f"There is nothing called “{act[:40]}” to do with a copy.")
    return _do(running, id, act, ACTS[act][0])


def _do(running: RunningRequest, id: str, name: str, act: Act) -> Response[str]:
    answered = acted(
        running,
        lambda work: act(work, CopyId(id)),
        then=f"{_HERE}?done={name}&of={id}",
        otherwise=lambda error: _page(running, error),
    )
    page_elsewhere.forget()
    return answered


HANDLERS = [copies, refuse, decide]

"""`/desk/portals`: portals that hold copies: asked, scanned, trusted, blocked, given a secret."""

from collections.abc import Callable
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.copies import Portal, PortalId
from citycommons.core.errors import CityError, NotFound
from citycommons.govern.access import Action, allows, require
from citycommons.measure.republication import deciding, inbox, partners, scanning
from citycommons.measure.republication.candidates import CATALOGUES
from citycommons.measure.republication.recognising import recognise
from citycommons.store import copies, copy_sums
from citycommons.store.work import Work
from citycommons.web import page_elsewhere
from citycommons.web.desk.tabs import acted, answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import N_
from citycommons.web.page_copies import KINDS
from citycommons.web.render import speaker
from citycommons.web.running import Running, RunningRequest

_HERE = "/desk/portals"
_OPT = {"may": Action.DESCRIBE}
_MANAGE = {"may": Action.MANAGE_CITY}

Act = Callable[[Work, PortalId], object]
ACTS: dict[str, tuple[Act, str, str]] = {
    "pull": (deciding.pull_now, N_("It is asked within a few seconds."), ""),
    "scan": (scanning.request, N_("Its catalogue is looked through within a few seconds."), ""),
    "trust": (partners.trust, N_("It is trusted; its key is read anew."), "distrust"),
    "distrust": (deciding.distrust, N_("It is not trusted any more."), "trust"),
    "block": (partners.block, N_("It is blocked: neither asked nor listened to."), "unblock"),
    "unblock": (deciding.unblock, N_("It is let in again."), "block"),
}
"""What one does with a portal: the act, what is said afterwards, and the act that takes it back."""
_DONE = {
    "add": N_("The portal is noted."),
    "remove": N_("The portal is forgotten. Add its address to bring it back."),
}


def _page(
    running: RunningRequest,
    *,
    error: CityError | None = None,
    typed: str = "",
    secret: tuple[str, str] | None = None,
) -> Response[str]:
    says = speaker(running.view())
    with running.work() as work:
        deciding.require_keeper(work)
        every = copies.every_portal(work.db)
        counted = copy_sums.copies_per_portal(work.db)
        states = scanning.states(work, [one.id for one in every])
        now = work.now
        may_manage = allows(running.actor, Action.MANAGE_CITY)
        refused = inbox.refused(work) if may_manage else []
    shown = [
        {
            "one": one,
            "kind": says._(KINDS[one.kind]),
            "copies": counted.get(one.id, 0),
            "scan": states.get(one.id),
            "is_scanning": one.id in states and _is_under_way(states[one.id], now),
            "may_scan": one.kind in CATALOGUES and not one.is_blocked,
        }
        for one in every
    ]
    done = running.get("done")
    words = _DONE.get(done) or (ACTS[done][1] if done in ACTS else "")
    return answer(
        running,
        "desk/portals.html",
        error=error,
        portals=shown,
        is_waiting=any(one["is_scanning"] for one in shown),
        typed=typed,
        secret=secret,
        done=says._(words) if words else "",
        undo=ACTS[done][2] if done in ACTS else "",
        of=running.get("of")[:80],
        may_manage=may_manage,
        refused=refused,
    )


def _is_under_way(state: scanning.State, now: Any) -> bool:
    """It runs, or will within a moment."""
    return state.begun is not None or (state.due is not None and state.due <= now)


@get(_HERE, sync_to_thread=True, opt=_OPT)
def portals(running: Running) -> Response[str]:
    """Portals that are known, with how the last question to each went."""
    return _page(running)


@post(_HERE, sync_to_thread=True, opt=_MANAGE, dependencies=WITH_FORM)
def add(running: Running, form: Form) -> Response[str]:
    """Note a portal by its address; what kind it is, its answers say."""
    address = form.get("url")[:2000]
    try:
        with running.work() as work:
            require(work, Action.MANAGE_CITY)
        found = recognise(running.city, address)
        with running.work(may_write=True) as work:
            made = partners.add(work, found.url, form.get("name") or found.name, found.kind)
            copies.set_portal_due(work.db, made.id, work.now)
    except CityError as error:
        error.where.setdefault("column", "url")
        return _page(running, error=error, typed=address)
    return running.see(f"{_HERE}?done=add&of={made.id}")


@post(_HERE + "/{id:str}/secret", sync_to_thread=True, opt=_MANAGE)
def secret(running: Running, id: FromPath[str]) -> Response[str]:
    """A new secret; it is on this one answer and nowhere else."""
    with running.work(may_write=True) as work:
        text = partners.secret_for(work, PortalId(id))
        portal: Portal = partners.get(work, PortalId(id))
    return _page(running, secret=(portal.name, text))


@post(_HERE + "/{id:str}/remove", sync_to_thread=True, opt=_MANAGE)
def remove(running: Running, id: FromPath[str]) -> Response[str]:
    """Forget a portal that no copy stands at."""
    return _do(running, id, "remove", deciding.remove)


@post(_HERE + "/{id:str}/{act:str}", sync_to_thread=True, opt=_OPT)
def act(running: Running, id: FromPath[str], act: FromPath[str]) -> Response[str]:
    """Ask or scan a portal now, trust or block it, or take that back."""
    if act not in ACTS:
        raise NotFound(f"There is nothing called “{act[:40]}” to do with a portal.")
    return _do(running, id, act, ACTS[act][0])


def _do(running: RunningRequest, id: str, name: str, act: Act) -> Response[str]:
    answered = acted(
        running,
        lambda work: act(work, PortalId(id)),
        then=f"{_HERE}?done={name}&of={id}",
        otherwise=lambda error: _page(running, error=error),
    )
    page_elsewhere.forget()
    return answered


HANDLERS = [portals, add, secret, remove, act]

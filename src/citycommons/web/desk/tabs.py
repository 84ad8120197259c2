"""What stands above each page of the desk, and how its pages are answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar.response import Response

from citycommons.core.errors import CityError, NotFound
from citycommons.core.types import Actor
from citycommons.govern.access import Action, allows, allows_anywhere
from citycommons.store.work import Work
from citycommons.web.render import render
from citycommons.web.running import Running, RunningRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabs:
    """Which rooms of the desk the actor may enter; each asks again at its door."""

    may_publish: bool
    may_decide: bool
    may_manage: bool
    may_see_works: bool
    may_see_ledger: bool
    may_describe: bool


def tabs(actor: Actor) -> Tabs:
    return Tabs(
        may_publish=allows_anywhere(actor, Action.PUBLISH),
        may_decide=allows_anywhere(actor, Action.DECIDE_PRIVACY),
        may_manage=allows_anywhere(actor, Action.MANAGE_PUBLISHER)
        or allows(actor, Action.READ_AUDIT),
        may_describe=allows_anywhere(actor, Action.DESCRIBE),
        may_see_works=allows_anywhere(actor, Action.RUN_WORKS),
        may_see_ledger=allows_anywhere(actor, Action.READ_LEDGER),
    )


def answer(
    running: Running, template: str, *, error: CityError | None = None, **values: Any
) -> Response[str]:
    """A page of the desk; an error is told at the top of what was typed, with its own status."""
    html = render(running.view(), template, tabs=tabs(running.actor), error=error, **values)
    return running.page(html, error.http_status if error else 200)


def acted(
    running: RunningRequest,
    act: Callable[[Work], object],
    *,
    then: str,
    otherwise: Callable[[CityError], Response[str]],
) -> Response[str]:
    """Do it and go on; what the room refuses is told on the page it was asked from.

    Raises `NotFound`: there is no page of what is not there.
    """
    try:
        with running.work(may_write=True) as work:
            act(work)
    except NotFound:
        raise
    except CityError as error:
        return otherwise(error)
    return running.see(then)

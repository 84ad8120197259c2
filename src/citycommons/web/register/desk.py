"""`/desk/roadworks`: what needs an owner or a coordinator today, and all works they may see."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from litestar import get
from litestar.response import Response

from citycommons.act.roadworks import clock, coordination, register, rights
from citycommons.act.roadworks.calendars import setting
from citycommons.act.roadworks.register import Asked
from citycommons.core.works import WorksState
from citycommons.govern.access import Action, allows, allows_anywhere, publishers_for
from citycommons.web.desk.tabs import answer
from citycommons.web.register import shown
from citycommons.web.register.listing import SIZE, asked
from citycommons.web.register.words import STATES, why
from citycommons.web.render import speaker
from citycommons.web.running import Running
from citycommons.web.security import May

_MOST_WAITING = 20


@get("/desk/roadworks", sync_to_thread=True, opt={"may": May.SIGNED_IN})
def desk(running: Running) -> Response[str]:
    """What waits: proposals to coordinate, clashes, works that should have begun or ended."""
    question = replace(asked(running), limit=SIZE)
    settings = running.city.settings
    coordinates = allows(running.actor, Action.COORDINATE_WORKS)
    with running.work() as work:
        today = work.now.astimezone(ZoneInfo(settings.timezone)).date()
        found = register.find(work, question)
        names, says = shown.owner_names(work), speaker(running.view())
        open_ones = register.every(work, Asked(states=rights.OPEN))
        mine = publishers_for(running.actor, Action.RUN_WORKS)
        overdue = [
            one
            for one in open_ones
            if clock.is_overdue(one, today) and (mine is None or one.owner in mine)
        ]
        waiting = (
            [one for one in open_ones if one.state is WorksState.PROPOSED] if coordinates else []
        )
        unsettled = [
            one
            for one in coordination.every(work, setting(work, settings))
            if not one.is_settled and (coordinates or mine is None or one.clash.owners & set(mine))
        ]
        counts = register.counts(work)
    whys = {
        one.clash.key: why(one.clash, says, names, says.text(one.works.title))
        for one in unsettled[:_MOST_WAITING]
    }
    return answer(
        running,
        "register/desk.html",
        rows=shown.rows(found.works, names, says, today),
        found=found,
        overdue=shown.rows(tuple(overdue[:_MOST_WAITING]), names, says, today),
        waiting=shown.rows(tuple(waiting[:_MOST_WAITING]), names, says, today),
        unsettled=unsettled[:_MOST_WAITING],
        whys=whys,
        more=max(0, len(unsettled) - _MOST_WAITING),
        counts=counts,
        states=STATES,
        names=names,
        may_propose=allows_anywhere(running.actor, Action.PROPOSE_WORKS),
        has_nothing=not allows_anywhere(running.actor, Action.RUN_WORKS),
    )


HANDLERS = [desk]

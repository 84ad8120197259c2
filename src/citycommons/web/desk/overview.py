"""`/desk`: drafts, what is late or faulty, and my datasets."""

from litestar import get
from litestar.response import Response

from citycommons.collect import sources
from citycommons.core.errors import NotFound
from citycommons.core.types import Health
from citycommons.engage import reuses
from citycommons.govern.access import Action, allows_anywhere
from citycommons.measure.republication import deciding
from citycommons.share import drafts, tasks
from citycommons.store import catalogue
from citycommons.web.desk.tabs import answer
from citycommons.web.running import Running
from citycommons.web.scores import in_short
from citycommons.web.security import May
from citycommons.web.source_words import HEALTH

PAGE = 25
WORRIES = (Health.HELD, Health.DEAD, Health.FAILING)


@get("/desk", sync_to_thread=True, opt={"may": May.SIGNED_IN})
def desk(running: Running) -> Response[str]:
    """What needs me today, in order; then everything that is mine."""
    page = max(1, int(running.get("page", "1")) if running.get("page", "1").isdecimal() else 1)
    with running.work() as work:
        waiting = tasks.tasks(work)
        mine = tasks.mine(work, text=running.get("q"), offset=(page - 1) * PAGE, limit=PAGE)
        worries = [one for one in sources.find(work) if one.health in WORRIES]
        copies = deciding.waiting(work)
        publishers = {one.id: one for one in catalogue.publishers(work.db)}
        told = reuses.waiting(work)
        undecided = [one for one, decided in tasks.awaiting_privacy(work) if decided is None]
    return answer(
        running,
        "desk/overview.html",
        drafts=drafts.mine(running.city, running.actor),
        now=running.city.clock(),
        waiting=waiting,
        mine=mine,
        page=page,
        pages=-(-mine.total // PAGE),
        undecided=undecided,
        told=told,
        worries=worries,
        copies=copies,
        marks_of=HEALTH,
        quality={
            one.id: in_short(one, version, publishers.get(one.publisher), running.city.clock())
            for one, version in mine.entries
        },
        discarded=_discarded(running),
        has_nothing=not allows_anywhere(running.actor, Action.DESCRIBE),
    )


def _discarded(running: Running) -> drafts.Draft | None:
    """The draft that was just put away, so that it can be brought back."""
    if not (id := running.get("discarded")):
        return None
    try:
        found = drafts.get(running.city, running.actor, id)
    except NotFound:
        return None
    return found if found.discarded else None


HANDLERS = [desk]

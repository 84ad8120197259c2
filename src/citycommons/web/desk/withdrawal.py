"""Take a version back: who uses it, what was made of it, and why it goes."""

from collections import Counter

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError
from citycommons.core.types import Channel, DatasetId, Use
from citycommons.govern.access import Action, require
from citycommons.share import open as door
from citycommons.share.publish import withdraw as take_back
from citycommons.store import catalogue, usage
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import N_
from citycommons.web.page_usage import FACES
from citycommons.web.running import Running

CHANNELS = {
    Channel.PAGE: N_("on pages"),
    Channel.API: N_("through the API"),
    Channel.FILE: N_("as a file"),
    Channel.MAP: N_("on maps"),
    Channel.COMMAND: N_("by command"),
    **FACES,
}


def _page(
    running: Running, id: str, number: int, error: CityError | None = None, reason: str = ""
) -> Response[str]:
    running.city.usage.flush()  # who asks before taking back wants to know all
    with running.work() as work:
        dataset, version = door.find(work, DatasetId(id), number)
        require(work, Action.WITHDRAW, dataset)
        latest = catalogue.version(work.db, dataset.id)
        counted: Counter[Channel] = Counter()
        for one in usage.uses(work.db, dataset=dataset.id):
            if one.version == number and one.use is Use.REQUEST:
                counted[one.channel] += one.count
        derived = catalogue.derived_from(work.db, dataset.id, number)
        others = [
            one.number
            for one in catalogue.versions(work.db, dataset.id)
            if not one.withdrawn and one.number != number
        ]
    return answer(
        running,
        "desk/withdraw.html",
        error=error,
        dataset=dataset,
        version=version,
        is_latest=latest is not None and latest.number == number,
        next_latest=max(others, default=None),
        uses=[(CHANNELS[channel], count) for channel, count in counted.most_common()],
        total=sum(counted.values()),
        derived=derived,
        reason=reason,
    )


@get(
    "/desk/datasets/{id:str}/versions/{number:int}/withdraw",
    sync_to_thread=True,
    opt={"may": Action.WITHDRAW, "of": "dataset"},
)
def look(running: Running, id: FromPath[str], number: FromPath[int]) -> Response[str]:
    """Who would miss this version."""
    return _page(running, id, number)


@post(
    "/desk/datasets/{id:str}/versions/{number:int}/withdraw",
    sync_to_thread=True,
    opt={"may": Action.WITHDRAW, "of": "dataset"},
    dependencies=WITH_FORM,
)
def withdraw(
    running: Running, id: FromPath[str], number: FromPath[int], form: Form
) -> Response[str]:
    reason = form.get("reason")[:1000]
    try:
        with running.work(may_write=True) as work:
            take_back(work, DatasetId(id), number, reason=reason)
    except CityError as error:
        return _page(running, id, number, error, reason)
    return running.see(f"/datasets/{id}/versions")


HANDLERS = [look, withdraw]

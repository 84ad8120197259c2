"""`/desk/privacy`: personal data that wait for the data protection officer's decision."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import DatasetId
from citycommons.govern import privacy as decisions
from citycommons.govern.access import Action, require
from citycommons.share import tasks
from citycommons.store import catalogue
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.running import Running


def _page(
    running: Running, error: CityError | None = None, id: str = "", reason: str = ""
) -> Response[str]:
    with running.work() as work:
        pairs = tasks.awaiting_privacy(work)
        latest = catalogue.latest_versions(work.db, [dataset.id for dataset, _ in pairs])
    return answer(
        running,
        "desk/privacy.html",
        error=error,
        waiting=[(one, latest.get(one.id)) for one, decided in pairs if decided is None],
        decided=[(one, decided) for one, decided in pairs if decided is not None],
        wrong_id=id,
        reason=reason,
    )


@get("/desk/privacy", sync_to_thread=True, opt={"may": Action.DECIDE_PRIVACY})
def privacy(running: Running) -> Response[str]:
    """What waits, then what was decided."""
    return _page(running)


@post(
    "/desk/privacy/{id:str}",
    sync_to_thread=True,
    opt={"may": Action.DECIDE_PRIVACY},
    dependencies=WITH_FORM,
)
def decide(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    reason = form.get("reason")[:2000]
    try:
        if form.get("decision") not in ("release", "keep"):
            raise Invalid("Choose: release it, or keep it internal.", column="decision")
        with running.work(may_write=True) as work:
            dataset = catalogue.dataset(work.db, DatasetId(id))
            require(work, Action.DECIDE_PRIVACY, dataset)
            may = form.get("decision") == "release"
            decisions.decide(work, dataset, may_be_released=may, reason=reason)
    except CityError as error:
        return _page(running, error, id, reason)
    return running.see("/desk/privacy")


HANDLERS = [privacy, decide]

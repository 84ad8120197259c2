"""`/account/webhooks`: addresses of one's own that are told what happens to data."""

from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError
from citycommons.engage import webhooks
from citycommons.engage.webhooks import TEST, Event
from citycommons.share import catalogue
from citycommons.store.webhooks import Webhook
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.language import N_
from citycommons.web.running import Running
from citycommons.web.security import May

EVENTS = {
    Event.PUBLISHED.value: N_("a version is published"),
    Event.WITHDRAWN.value: N_("a version is withdrawn"),
    Event.DESCRIBED.value: N_("a description is new or changed"),
    Event.REMOVED.value: N_("a dataset is removed"),
    TEST: N_("a test"),
}
_OPT = {"may": May.SIGNED_IN}
_HERE = "/account/webhooks"
_SHOWN = 10


def _page(
    running: Running,
    *,
    error: CityError | None = None,
    made: Webhook | None = None,
    typed: Mapping[str, object] | None = None,
) -> Response[str]:
    with running.work() as work:
        mine = webhooks.mine(work)
        lines = [(one, webhooks.deliveries(work, one.id, _SHOWN)) for one in mine]
        publishers = catalogue.all_publishers(work)
    first = {"url": "", "topic": "all", "dataset": running.get("dataset"), "events": list(Event)}
    if first["dataset"]:
        first["topic"] = "dataset"
    return answer(
        running,
        "account/webhooks.html",
        error=error,
        made=made,
        lines=lines,
        names={str(one.id): one.name for one in publishers},
        events=EVENTS,
        choices=[one.value for one in Event],
        typed=typed or first,
        done=running.get("done"),
    )


@get(_HERE, sync_to_thread=True, opt=_OPT)
def page(running: Running) -> Response[str]:
    """One's webhooks with what was last sent."""
    return _page(running)


@post(_HERE, sync_to_thread=True, opt=_OPT, dependencies=WITH_FORM)
def create(running: Running, form: Form) -> Response[str]:
    """Make a webhook; its secret is on this one answer and nowhere else."""
    topic, events = form.get("topic"), form.all("event")
    dataset = form.get("dataset") if topic == "dataset" else ""
    publisher = topic.removeprefix("publisher:") if topic.startswith("publisher:") else ""
    typed = {"url": form.get("url"), "topic": topic, "dataset": dataset, "events": events}
    try:
        with running.work(may_write=True) as work:
            made = webhooks.subscribe(
                work, url=form.get("url"), events=events, dataset=dataset, publisher=publisher
            )
    except CityError as error:
        return _page(running, error=error, typed=typed)
    return _page(running, made=made)


@post(_HERE + "/{id:str}/test", sync_to_thread=True, opt=_OPT)
def test(running: Running, id: FromPath[str]) -> Response[str]:
    """Send a message to see whether it arrives."""
    with running.work(may_write=True) as work:
        webhooks.test(work, id)
    return running.see(f"{_HERE}?done=test")


@post(_HERE + "/{id:str}/enable", sync_to_thread=True, opt=_OPT)
def enable(running: Running, id: FromPath[str]) -> Response[str]:
    """Begin again with an address that was given up."""
    with running.work(may_write=True) as work:
        webhooks.enable(work, id)
    return running.see(f"{_HERE}?done=enabled")


@post(_HERE + "/{id:str}/remove", sync_to_thread=True, opt=_OPT)
def remove(running: Running, id: FromPath[str]) -> Response[str]:
    """Tell an address nothing any more."""
    with running.work(may_write=True) as work:
        webhooks.remove(work, id)
    return running.see(f"{_HERE}?done=removed")


HANDLERS = [page, create, test, enable, remove]

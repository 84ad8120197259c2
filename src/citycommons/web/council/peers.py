"""`/admin/peers`: which other cities are compared with ours."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError
from citycommons.govern.access import Action
from citycommons.measure.impact import peers
from citycommons.web.admin import answer
from citycommons.web.forms import WITH_FORM, Form
from citycommons.web.running import Running

_OPT = {"may": Action.MANAGE_CITY}


def _page(running: Running, *, error: CityError | None = None, typed: str = "") -> Response[str]:
    with running.work() as work:
        listed = peers.listed(work)
    return answer(
        running,
        "peers",
        error=error,
        typed=typed,
        listed=listed,
        saved=running.get("saved"),
        is_shared=running.city.settings.value_shared,
        inhabitants=running.city.settings.inhabitants,
    )


@get("/admin/peers", sync_to_thread=True, opt=_OPT)
def list_peers(running: Running) -> Response[str]:
    """Cities that are asked, and how it went."""
    return _page(running)


@post("/admin/peers", sync_to_thread=True, opt=_OPT, dependencies=WITH_FORM)
def add_peer(running: Running, form: Form) -> Response[str]:
    """Let a city be asked."""
    url = form.get("url")[:600]
    try:
        with running.work(may_write=True) as work:
            peers.add(work, url)
    except CityError as error:
        return _page(running, error=error, typed=url)
    return running.see("/admin/peers?saved=1")


@post("/admin/peers/{id:str}/remove", sync_to_thread=True, opt=_OPT, dependencies=WITH_FORM)
def remove_peer(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Compare no longer; what the city said is forgotten."""
    with running.work(may_write=True) as work:
        peers.remove(work, id)
    return running.see("/admin/peers?saved=1")


HANDLERS = [list_peers, add_peer, remove_peer]

"""`/reuses/new`: anyone tells of something that was made with the data; no account is needed."""

from typing import Any

from litestar import get, post
from litestar.response import Response

from citycommons.core.errors import CityError
from citycommons.engage import naming, reuses
from citycommons.engage.reuses import Claim
from citycommons.share import catalogue
from citycommons.share.catalogue import Search, Sort
from citycommons.web.engage import allowed
from citycommons.web.forms import WITH_FORM, Form, FormBody
from citycommons.web.made import words
from citycommons.web.render import render
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

FIELDS = ("title", "kind", "url", "description", "maker", "contact", "language")
_HERE = "/reuses/new"
_PAGE = {"may": May.ANYONE, "operation": None}
_OFFERED = 100  # titles that a browser completes
SLOTS = 3  # datasets that the form has room for at least


def typed_in(form: FormBody) -> dict[str, Any]:
    """What was typed, bounded, to be shown again."""
    found: dict[str, Any] = {name: form.get(name)[:10_000] for name in FIELDS}
    found["datasets"] = [text[:300] for text in form.all("datasets") if text.strip()][:40]
    return found


def _form(
    running: RunningRequest, given: dict[str, Any], error: CityError | None = None
) -> Response[str]:
    with running.work() as work:
        offered = catalogue.find(work, Search(sort=Sort.TITLE, limit=_OFFERED)).entries
        mine = reuses.mine(work)
    html = render(
        running.view(has_form=True),
        "engage/reuse_new.html",
        t=given,
        slots=[*given["datasets"], *[""] * max(1, SLOTS - len(given["datasets"]))],
        error=error,
        kinds=words.KINDS,
        states=words.REUSE_STATES,
        offered=offered,
        mine=mine,
        is_told=bool(running.get("told")),
        trap=allowed.TRAP,
    )
    return running.page(html, error.http_status if error else 200, cache_control="no-store")


@get(_HERE, sync_to_thread=True, opt=_PAGE)
def new(running: Running) -> Response[str]:
    """The form; `?dataset=` names what it was made with."""
    given: dict[str, Any] = dict.fromkeys(FIELDS, "")
    given["datasets"] = [running.get("dataset")[:300]] if running.get("dataset") else []
    return _form(running, given)


@post(_HERE, sync_to_thread=True, opt=_PAGE, dependencies=WITH_FORM)
def sent(running: Running, form: Form) -> Response[str]:
    """Keep the claim for a steward."""
    if allowed.is_trapped(form):
        return running.see(f"{_HERE}?told=1")
    try:
        allowed.check_sending(running)
        with running.work(may_write=True) as work:
            reuses.claim(work, claim_of(form, running), contact=form.get("contact"))
    except CityError as error:
        return _form(running, typed_in(form), error)
    return running.see(f"{_HERE}?told=1")


def claim_of(form: FormBody, running: RunningRequest) -> Claim:
    """The claim as typed, with datasets by their ids. Raises `Invalid` for an unknown one."""
    with running.work() as work:
        datasets = naming.dataset_ids(work, form.all("datasets"))
    return Claim(
        title=form.get("title"),
        kind=form.get("kind"),
        url=form.get("url"),
        description=form.get("description"),
        maker=form.get("maker"),
        datasets=datasets,
        language=form.get("language") or running.language,
    )


HANDLERS = [new, sent]

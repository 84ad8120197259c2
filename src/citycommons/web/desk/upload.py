"""`/desk/new`: drop a file; discard a draft and bring it back."""

import contextlib

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import Dataset, DatasetId
from citycommons.govern.access import Action, require
from citycommons.share import drafts
from citycommons.store import catalogue
from citycommons.web.desk.tabs import answer
from citycommons.web.forms import WITH_FORM, Form, chunks
from citycommons.web.running import Running


def _replaced(running: Running, id: str) -> Dataset | None:
    if not id:
        return None
    with running.work() as work:
        dataset = catalogue.dataset(work.db, DatasetId(id))
        require(work, Action.PUBLISH, dataset)
    return dataset


def _page(running: Running, replaces: str, error: CityError | None = None) -> Response[str]:
    return answer(
        running,
        "desk/new.html",
        error=error,
        replaced=_replaced(running, replaces),
        limit_mb=running.city.settings.upload_limit_mb,
    )


@get("/desk/new", sync_to_thread=True, opt={"may": Action.PUBLISH})
def new(running: Running) -> Response[str]:
    """Drop a file: of a new dataset, or the next version of the one named by `for`."""
    return _page(running, running.get("for"))


@post(
    "/desk/new",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
    request_max_body_size=None,  # the door and the draft hold the limit of the settings
)
def drop(running: Running, form: Form) -> Response[str]:
    """Keep the file as a draft and read it."""
    replaces = form.get("for")
    file = form.file("file")
    try:
        if file is None:
            raise Invalid("Choose a file first.", column="file")
        draft = drafts.start(
            running.city,
            running.actor,
            chunks(file),
            name=file.filename,
            media_type=file.content_type,
            replaces=DatasetId(replaces) if replaces else None,
        )
    except CityError as error:
        return _page(running, replaces, error)
    # What cannot be read is told by the next page, with what can be done.
    with contextlib.suppress(CityError):
        drafts.read(running.city, running.actor, draft.id)
    return running.see(f"/desk/drafts/{draft.id}")


@post("/desk/drafts/{id:str}/discard", sync_to_thread=True, opt={"may": Action.PUBLISH})
def discard(running: Running, id: FromPath[str]) -> Response[str]:
    drafts.discard(running.city, running.actor, id)
    return running.see(f"/desk?discarded={id}")


@post("/desk/drafts/{id:str}/restore", sync_to_thread=True, opt={"may": Action.PUBLISH})
def restore(running: Running, id: FromPath[str]) -> Response[str]:
    drafts.restore(running.city, running.actor, id)
    return running.see("/desk")


HANDLERS = [new, drop, discard, restore]

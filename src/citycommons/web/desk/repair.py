"""Rows kept aside: taken as a file, repaired in Excel, and sent again."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.ids import slug
from citycommons.govern.access import Action
from citycommons.share import drafts
from citycommons.web.desk.aside import as_file
from citycommons.web.desk.check import page
from citycommons.web.forms import WITH_FORM, Form, chunks
from citycommons.web.running import Running


@get("/desk/drafts/{id:str}/rejects/{kind:str}", sync_to_thread=True, opt={"may": Action.PUBLISH})
def take(running: Running, id: FromPath[str], kind: FromPath[str]) -> Response[bytes]:
    """The rows kept aside, with their line and what was wrong with them."""
    draft, rows = drafts.rejects(running.city, running.actor, id)
    return as_file(rows, kind, slug(draft.file_name.rpartition(".")[0]), draft.file_name)


@post(
    "/desk/drafts/{id:str}/repaired",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
    request_max_body_size=None,  # the door and the draft hold the limit of the settings
)
def send(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Repaired rows join the others."""
    try:
        if (file := form.file("file")) is None:
            raise Invalid("Choose the repaired file first.", column="file")
        drafts.repaired(running.city, running.actor, id, chunks(file), name=file.filename)
        drafts.read(running.city, running.actor, id)
    except CityError as error:
        return page(running, id, error)
    return running.see(f"/desk/drafts/{id}?read=again#aside")


@post(
    "/desk/drafts/{id:str}/unrepair",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH},
    dependencies=WITH_FORM,
)
def undo(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Take a repaired file back."""
    drafts.undo_repair(running.city, running.actor, id, form.get("digest"))
    return running.see(f"/desk/drafts/{id}?read=again#aside")


HANDLERS = [take, send, undo]

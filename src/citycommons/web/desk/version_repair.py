"""Rows that a published version keeps aside: taken, repaired, and sent into the next version."""

import tempfile
from pathlib import Path

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import DatasetId, Parcel
from citycommons.govern.access import Action
from citycommons.share import rejects
from citycommons.share.drafts.keep import keep_upload, plain_name
from citycommons.web.desk.aside import as_file
from citycommons.web.desk.datasets import page
from citycommons.web.forms import WITH_FORM, Form, chunks
from citycommons.web.running import Running


@get(
    "/desk/datasets/{id:str}/versions/{number:int}/rejects/{kind:str}",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH, "of": "dataset"},
)
def take(
    running: Running, id: FromPath[str], number: FromPath[int], kind: FromPath[str]
) -> Response[bytes]:
    """The rows kept aside with a version, for whoever publishes it."""
    with running.work() as work:
        rows = rejects.of_version(work, DatasetId(id), number)
    return as_file(rows, kind, f"{id}-{number}", f"{id}@{number}")


@post(
    "/desk/datasets/{id:str}/repaired",
    sync_to_thread=True,
    opt={"may": Action.PUBLISH, "of": "dataset"},
    dependencies=WITH_FORM,
    request_max_body_size=None,  # the door and the reading hold the limit of the settings
)
def send(running: Running, id: FromPath[str], form: Form) -> Response[str]:
    """Repaired rows become part of the next version."""
    try:
        if (file := form.file("file")) is None:
            raise Invalid("Choose the repaired file first.", column="file")
        with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
            path = Path(folder) / "repaired"
            _, digest = keep_upload(path, chunks(file), running.city.settings.upload_limit_mb)
            parcel = Parcel(
                path=path,
                name=plain_name(file.filename),
                received=running.city.clock(),
                digest=digest,
            )
            done = rejects.repair(running.city, running.actor, DatasetId(id), parcel)
    except CityError as error:
        return page(running, id, error)
    counts = f"added={done.added}&still={done.still}&unknown={done.unknown}"
    return running.see(f"/desk/datasets/{id}?{counts}#aside")


HANDLERS = [take, send]

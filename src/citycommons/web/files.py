"""Files: `/data/{id}@{version}.{format}`, the same bytes at the same address for ever."""

import re
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.types import Channel, Use
from citycommons.govern.access import Action
from citycommons.share.downloads import download
from citycommons.share.open import open as open_version
from citycommons.web.addresses import caching, parse_file
from citycommons.web.negotiate import encodings, is_known
from citycommons.web.running import Running
from citycommons.web.sending import asks_parts, content_answer, packed_as


@get("/data/{name:str}", sync_to_thread=True, opt={"may": Action.READ, "of": "dataset"})
def data_file(running: Running, name: FromPath[str]) -> Response[Any]:
    """A whole version as a file."""
    id, version, format = parse_file(name)
    # Who asks for the head alone takes no data: it counts as a look at the description.
    use = Use.INVESTIGATION if running.method == "HEAD" else Use.REQUEST
    with running.work(channel=Channel.FILE) as work:
        opened = open_version(work, id, version, use=use)
    headers = {
        "etag": f'"{opened.version.digest}"',
        "cache-control": caching(opened.dataset, version),
        "vary": "accept-encoding, authorization, cookie",
        "link": f'<{running.url}/datasets/{quote(id)}@{opened.version.number}>; rel="describedby"',
        "cross-origin-resource-policy": "cross-origin",
        "last-modified": format_datetime(opened.version.created, usegmt=True),
    }
    if is_known(running, headers["etag"]):
        return Response(
            b"", status_code=304, media_type="application/octet-stream", headers=headers
        )
    made = download(opened, format, () if asks_parts(running) else encodings(running))
    headers["content-disposition"] = attachment(made.filename)
    return content_answer(
        running,
        made.content,
        made.media_type,
        packed_as(headers, made.encoding),
        is_readable_growing=made.is_readable_growing,
    )


def attachment(filename: str) -> str:
    """`Content-Disposition` for any name: plain for old programs, exact for the others."""
    plain = re.sub(r"[^A-Za-z0-9@._-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


HANDLERS = [data_file]

"""Files: `/data/{id}@{version}.{format}`, the same bytes at the same address for ever."""

import re
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response, Stream

from citycommons.core.types import Channel, Use
from citycommons.govern.access import Action
from citycommons.share.exports import export
from citycommons.share.open import open as open_version
from citycommons.web.addresses import caching, parse_file
from citycommons.web.negotiate import is_known
from citycommons.web.running import Running
from citycommons.web.sending import file_answer, plain_type


@get("/data/{name:str}", sync_to_thread=True, opt={"may": Action.READ, "of": "dataset"})
def data_file(running: Running, name: FromPath[str]) -> Response[bytes] | Stream:
    """A whole version as a file."""
    id, version, format = parse_file(name)
    # Who asks for the head alone takes no data: it counts as a look at the description.
    use = Use.INVESTIGATION if running.method == "HEAD" else Use.REQUEST
    with running.work(channel=Channel.FILE) as work:
        opened = open_version(work, id, version, use=use)
    tag = f'"{opened.version.digest}"'
    headers = {
        "etag": tag,
        "cache-control": caching(opened.dataset, version),
        "vary": "authorization, cookie",
        "link": f'<{running.url}/datasets/{quote(id)}@{opened.version.number}>; rel="describedby"',
        "cross-origin-resource-policy": "cross-origin",
    }
    if is_known(running, tag):
        return Response(
            b"", status_code=304, media_type="application/octet-stream", headers=headers
        )
    made = export(opened, format)
    headers["content-disposition"] = attachment(made.filename)
    if made.path is not None:
        return file_answer(running, made.path, made.media_type, headers)
    return Stream(made.chunks, media_type=plain_type(made.media_type), headers=headers)


def attachment(filename: str) -> str:
    """`Content-Disposition` for any name: plain for old programs, exact for the others."""
    plain = re.sub(r"[^A-Za-z0-9@._-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


HANDLERS = [data_file]

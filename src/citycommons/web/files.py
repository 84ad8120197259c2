"""Files: `/data/{id}@{version}.{format}`, the same bytes at the same address for ever."""

import re
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

import orjson
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.core.types import Channel, Use
from citycommons.govern.access import Action
from citycommons.share import csvw, frictionless
from citycommons.share.downloads import download
from citycommons.share.exports import FORMATS, OTHER_NAMES, formats
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.web.addresses import caching, parse_file
from citycommons.web.linking import links_of
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
    if format not in (*FORMATS, *OTHER_NAMES, *_DESCRIPTIONS):
        # Not found, for programs that look whether there is another file beside the one they know.
        names = ", ".join(one.id for one in formats(opened.version))
        raise NotFound(f"There is no format “{format}” here. Take one of {names}.", format=format)
    headers = _headers(running, opened, version, format)
    if is_known(running, headers["etag"]):
        return Response(
            b"", status_code=304, media_type="application/octet-stream", headers=headers
        )
    if (describe := _DESCRIPTIONS.get(format)) is not None:
        return Response(describe(opened), media_type=_MEDIA[format], headers=headers)
    made = download(opened, format, () if asks_parts(running) else encodings(running))
    headers["content-disposition"] = attachment(made.filename)
    return content_answer(
        running,
        made.content,
        made.media_type,
        packed_as(headers, made.encoding),
        is_readable_growing=made.is_readable_growing,
    )


def _package(opened: Opened) -> bytes:
    return frictionless.descriptor(opened.dataset, opened.version)


def _csvw(opened: Opened) -> bytes:
    return orjson.dumps(csvw.metadata(opened.dataset, opened.version), option=orjson.OPT_INDENT_2)


_DESCRIPTIONS = {"datapackage.json": _package, "csv-metadata.json": _csvw}
_DESCRIBED = {**_DESCRIPTIONS, "datapackage.zip": _package}
_MEDIA = {
    "datapackage.json": "application/json",
    "csv-metadata.json": "application/csvm+json",
}


def _headers(running: Running, opened: Opened, version: str | None, format: str) -> dict[str, str]:
    tag: str = opened.version.digest
    cache = caching(opened.dataset, version)
    if format in _DESCRIBED:  # what the catalogue says, which may change while the rows do not
        described = _DESCRIBED[format](opened)
        tag = f"{tag[:24]}-{blake2b(described, digest_size=12).hexdigest()}"
        cache = caching(opened.dataset, None)
    name = f"{quote(opened.dataset.id)}@{opened.version.number}"
    links = [f'<{running.url}/datasets/{name}>; rel="describedby"', links_of(running.url)]
    if format == "csv":
        links.append(
            f'<{running.url}/data/{name}.csv-metadata.json>; rel="describedby"; '
            'type="application/csvm+json"'
        )
    return {
        "etag": f'"{tag}"',
        "cache-control": cache,
        "vary": "accept-encoding, authorization, cookie",
        "link": ", ".join(links),
        "cross-origin-resource-policy": "cross-origin",
        "last-modified": format_datetime(opened.version.created, usegmt=True),
    }


def attachment(filename: str) -> str:
    """`Content-Disposition` for any name: plain for old programs, exact for the others."""
    plain = re.sub(r"[^A-Za-z0-9@._-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


HANDLERS = [data_file]

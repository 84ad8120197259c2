"""Files: `/data/{id}@{version}.{format}`, the same bytes at the same address for ever."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response, Stream

from citycommons.core.errors import Invalid
from citycommons.core.types import Channel, Use
from citycommons.govern.access import Action
from citycommons.share.exports import Export, export
from citycommons.share.open import open as open_version
from citycommons.web.addresses import caching, parse_file
from citycommons.web.negotiate import is_known
from citycommons.web.running import Running

_BYTES = "application/octet-stream"
_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NoSuchRange(Invalid):
    """The asked part lies outside the file (416)."""

    http_status, title = 416, "No such range"


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
        return _from_disk(running, made, made.path, tag, headers)
    return Stream(made.chunks, media_type=plain_type(made.media_type), headers=headers)


def attachment(filename: str) -> str:
    """`Content-Disposition` for any name: plain for old programs, exact for the others."""
    plain = re.sub(r"[^A-Za-z0-9@._-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _from_disk(
    running: Running, made: Export, path: Path, tag: str, headers: dict[str, str]
) -> Stream:
    size = path.stat().st_size
    headers["accept-ranges"] = "bytes"
    asked = running.headers.get("range", "")
    if (since := running.headers.get("if-range")) and since != tag:
        asked = ""
    first, last, status = 0, size - 1, 200
    if asked and (found := _RANGE.fullmatch(asked.replace(" ", ""))) and any(found.groups()):
        first, last = _part(found[1], found[2], size)
        headers["content-range"] = f"bytes {first}-{last}/{size}"
        status = 206
    headers["content-length"] = str(last - first + 1)
    chunks = _read(path, first, last)
    media = plain_type(made.media_type)
    return Stream(chunks, status_code=status, media_type=media, headers=headers)


def plain_type(media_type: str) -> str:
    """Without the charset, which the framework adds to every text."""
    return media_type.partition(";")[0] if media_type.startswith("text/") else media_type


def _part(start: str, end: str, size: int) -> tuple[int, int]:
    if start:
        first, last = int(start), min(int(end), size - 1) if end else size - 1
    else:
        first, last = max(0, size - int(end)), size - 1
    if first > last:
        raise NoSuchRange(f"The file has {size} bytes; the part asked for lies outside.", size=size)
    return first, last


def _read(path: Path, first: int, last: int) -> Iterator[bytes]:
    left = last - first + 1
    with path.open("rb") as file:
        file.seek(first)
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


HANDLERS = [data_file]

"""`/datasets/{id}/copies/{key}`: the last good content of a file that lies elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from citycommons.core.types import DatasetId
from citycommons.govern.access import Action
from citycommons.share import links
from citycommons.store import catalogue
from citycommons.web.addresses import caching
from citycommons.web.files import attachment
from citycommons.web.running import Running

_CHUNK = 1 << 18
_IN_ADDRESSES = ":/?#[]@!$&'()*+,;=%~"  # RFC 3986 section 2.2


@get(
    "/datasets/{name:str}/copies/{key:str}",
    sync_to_thread=True,
    opt={"may": Action.READ, "of": "dataset"},
)
def copy(running: Running, name: FromPath[str], key: FromPath[str]) -> Stream:
    """The copy as a file to save: never opened in the reader's browser, as others wrote it."""
    with running.work() as work:
        found = links.copy(running.city, work, DatasetId(name), key)
        dataset = catalogue.dataset(work.db, DatasetId(name))
    headers = {
        "content-disposition": attachment(found.name),
        "content-length": str(found.bytes),
        "cache-control": caching(dataset, None),
        "vary": "authorization, cookie",
        "last-modified": found.copied.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        # Others wrote the address: nothing of it may end the header or begin another link.
        "link": f'<{quote(found.url, safe=_IN_ADDRESSES)}>; rel="original"',
    }
    return Stream(_read(found.path), media_type="application/octet-stream", headers=headers)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


HANDLERS = [copy]

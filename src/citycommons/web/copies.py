"""`/datasets/{id}/copies`: copies at other portals, and our own of files that lie elsewhere."""

from typing import Any
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.types import DatasetId
from citycommons.govern.access import Action
from citycommons.measure.republication import copied
from citycommons.share import links
from citycommons.store import catalogue
from citycommons.web.addresses import caching, parse_name
from citycommons.web.files import attachment
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.page_copies import as_json as copies_json
from citycommons.web.page_copies import copies_page
from citycommons.web.running import Running
from citycommons.web.sending import FileAnswer, file_answer

_IN_ADDRESSES = ":/?#[]@!$&'()*+,;=%~"  # RFC 3986 section 2.2


@get(
    "/datasets/{name:str}/copies/{key:str}",
    sync_to_thread=True,
    opt={"may": Action.READ, "of": "dataset"},
)
def copy(running: Running, name: FromPath[str], key: FromPath[str]) -> FileAnswer:
    """The copy as a file to save: never opened in the reader's browser, as others wrote it."""
    with running.work() as work:
        found = links.copy(running.city, work, DatasetId(name), key)
        dataset = catalogue.dataset(work.db, DatasetId(name))
    headers = {
        "content-disposition": attachment(found.name),
        "cache-control": caching(dataset, None),
        "vary": "authorization, cookie",
        "last-modified": found.copied.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        # Others wrote the address: nothing of it may end the header or begin another link.
        "link": f'<{quote(found.url, safe=_IN_ADDRESSES)}>; rel="original"',
    }
    return file_answer(running, found.path, "application/octet-stream", headers)


@get(
    "/datasets/{name:str}/copies",
    sync_to_thread=True,
    opt={"may": Action.DISCOVER, "of": "dataset"},
)
def copies(running: Running, name: FromPath[str]) -> Response[Any]:
    """Copies of a dataset at other portals, and how often they are used there, by month."""
    id, _ = parse_name(name)
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(copies_page(work, running.view(), id))
        found = copied.of_dataset(work, id)
    return as_json(running, {"dataset": id, "copies": copies_json(found)})


HANDLERS = [copy, copies]

"""`/datasets/{id}/copies/{key}`: the last good content of a file that lies elsewhere."""

from urllib.parse import quote

from litestar import get
from litestar.params import FromPath

from citycommons.core.types import DatasetId
from citycommons.govern.access import Action
from citycommons.share import links
from citycommons.store import catalogue
from citycommons.web.addresses import caching
from citycommons.web.files import attachment
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


HANDLERS = [copy]

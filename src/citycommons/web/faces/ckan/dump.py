"""`/datastore/dump/{resource}`: all rows of a resource as a file."""

import hashlib
from dataclasses import replace
from itertools import chain

from litestar.params import FromPath
from litestar.response import Response, Stream

from citycommons.share.exports import primed
from citycommons.share.faces import ckan_datastore
from citycommons.share.faces.ckan_dump import MEDIA, dump
from citycommons.web.addresses import caching
from citycommons.web.faces.ckan.call import Call, Wrong
from citycommons.web.faces.ckan.datastore import opened, question
from citycommons.web.files import attachment
from citycommons.web.negotiate import is_known
from citycommons.web.running import Running

_BOM = b"\xef\xbb\xbf"


def dumped(running: Running, resource: FromPath[str]) -> Response[bytes] | Stream:
    """All rows of a resource as CSV, tabs, JSON or XML, with their `_id`."""
    call = Call(running=running, data=dict(running.query))
    format = call.text("format") or "csv"
    if format not in MEDIA:
        raise Wrong(format=f"Must be one of {', '.join(MEDIA)}")
    limit = call.whole("limit", -1, most=2**62)
    with call.work() as work:
        found = opened(work, resource)
    asked = replace(question(call), is_distinct=False, limit=None if limit < 0 else limit)
    tag = _tag(found.version.digest, running.raw_query)
    headers = {
        "etag": tag,
        "cache-control": caching(found.dataset, None),
        "vary": "authorization, x-ckan-api-key, x-api-key",
        "content-disposition": attachment(f"{resource}.{format}"),
    }
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=MEDIA[format], headers=headers)
    query = ckan_datastore.query_of(asked, found.version.fields)
    columns = ckan_datastore.shown(asked, found.version.fields)
    chunks = primed(dump(found, query, columns, format, call.language))
    marked = chain([_BOM], chunks) if call.flag("bom") else chunks
    return Stream(marked, media_type=MEDIA[format], headers=headers)


def _tag(digest: str, query: str) -> str:
    asked = hashlib.blake2b(query.encode(), digest_size=6).hexdigest()
    return f'W/"{digest[:24]}-dump-{asked}"'

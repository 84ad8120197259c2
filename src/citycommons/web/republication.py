"""The doors between portals: the city's key, its inbox (Linked Data Notifications), Webmention.

References
----------
W3C: Linked Data Notifications, 2017; Webmention, 2017. IETF: JSON Web Key, RFC 7517.
"""

import asyncio
from typing import Any

import orjson
from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import Invalid
from citycommons.govern.access import Action
from citycommons.measure.republication import inbox, mentions, partners, pushing
from citycommons.measure.republication.signatures import Request as Signable
from citycommons.store.notices import Notice
from citycommons.web.addresses import number
from citycommons.web.running import Running
from citycommons.web.security import May

_MANAGE = {"may": Action.MANAGE_CITY}
# No form of ours posts here: a message is signed, or believed only after a look at what it names.
_POSTED = {"may": May.ANYONE, "by": "key"}
_JWK, _LD = "application/jwk+json", "application/ld+json"
_ON_A_PAGE = 100


def as_sent(running: Running, body: bytes = b"") -> Signable:
    """The request as its sender signed it: addressed as readers see this portal."""
    query = f"?{running.raw_query}" if running.raw_query else ""
    return Signable(
        method=running.method,
        url=f"{running.url}{running.path}{query}",
        headers=running.headers,
        body=body,
    )


@get("/usage/key", sync_to_thread=True, opt={"may": May.ANYONE})
def key(running: Running) -> Response[bytes]:
    """The public key that this portal signs with, as a JSON Web Key."""
    made = orjson.dumps(partners.own_key(running.city, running.url))
    return Response(made, media_type=_JWK, headers={"cache-control": "public, max-age=300"})


@post("/inbox", opt=_POSTED, status_code=202, request_max_body_size=pushing.MOST_BYTES)
async def receive(running: Running, request: Request[Any, Any, Any]) -> Response[bytes]:
    """A message from another portal: that it has a copy, has none any more, or what it counted."""
    body = await request.body()
    taken = await asyncio.to_thread(inbox.receive, running.city, as_sent(running, body))
    where = f"{running.url}/inbox/{taken.id}"
    return Response(b"", status_code=202, headers={"location": where})


@get("/inbox", sync_to_thread=True, opt=_MANAGE)
def listed(running: Running) -> Response[bytes]:
    """Messages in the inbox, newest first, as an LDP container."""
    with running.work() as work:
        offset = number(running, "offset", 0)
        found = inbox.listed(work, limit=_ON_A_PAGE, offset=offset)
    here = f"{running.url}/inbox"
    told = {
        "@context": "http://www.w3.org/ns/ldp",
        "@id": here,
        "@type": "ldp:Container",
        "contains": [f"{here}/{one.id}" for one in found],
    }
    return Response(orjson.dumps(told), media_type=_LD)


@get("/inbox/{id:str}", sync_to_thread=True, opt=_MANAGE)
def one(running: Running, id: FromPath[str]) -> Response[bytes]:
    """A message as it came, with what became of it."""
    with running.work() as work:
        found = inbox.one(work, id)
    return Response(orjson.dumps(_told(found)), media_type=_LD)


def _told(one: Notice) -> dict[str, Any]:
    said = one.body.get("message") or one.body.get("report") or {}
    return {
        **said,
        "citycommons:received": one.received,
        "citycommons:sender": one.sender,
        "citycommons:state": one.state,
        "citycommons:reason": one.reason,
    }


@post("/webmention", opt=_POSTED, status_code=202, request_max_body_size=mentions.MOST_BYTES)
async def mention(running: Running, request: Request[Any, Any, Any]) -> Response[bytes]:
    """A page elsewhere says that it links to one of ours: noted, for a person to confirm."""
    if "form" not in running.headers.get("content-type", ""):
        raise Invalid("Send source and target as a form (application/x-www-form-urlencoded).")
    form = await request.form()
    source, target = (str(form.get(name, "")) for name in ("source", "target"))
    await asyncio.to_thread(mentions.receive, running.city, source, target)
    return Response(b"", status_code=202)


HANDLERS = [key, receive, listed, one, mention]

"""Messages as another portal sends them, and what is known of its copy afterwards."""

from datetime import UTC, datetime
from typing import Any

import orjson
from tests.measure.republication.peer import Peer

from citycommons.core.copies import Copy, CopyState
from citycommons.core.types import SYSTEM
from citycommons.measure.republication import inbox, messages, signatures
from citycommons.measure.republication.messages import Kind, Sender
from citycommons.measure.republication.signatures import Request
from citycommons.store import copies
from citycommons.store.work import City

BASE = "https://a.example"
OURS = f"{BASE}/datasets/trees"


def message(other: Peer, copy: str = "", origin: str = OURS, **more: Any) -> Request:
    document = messages.relationship(
        more.pop("kind", Kind.ANNOUNCE),
        copy=copy or other.iri(),
        origin=origin,
        sender=Sender(url=more.pop("sender", other.url), name="Other"),
        inbox=f"{BASE}/inbox",
        now=datetime.now(UTC),
    )
    return posted(document | more)


def posted(document: Any, media: str = messages.MEDIA_TYPE) -> Request:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return Request(method="POST", url=f"{BASE}/inbox", headers={"content-type": media}, body=body)


def signed(request: Request, key: Any, keyid: str) -> Request:
    signatures.sign_request(request, key, keyid, datetime.now(UTC))
    request.headers = {name.lower(): text for name, text in request.headers.items()}
    return request


def known(city: City) -> list[Copy]:
    with city.work(SYSTEM, may_write=False) as work:
        return copies.copies_of(work.db)


def state(city: City) -> CopyState | None:
    return next((one.state for one in known(city)), None)


def partner(here: City, other: Peer) -> None:
    other.republish(OURS)
    inbox.receive(here, message(other))
    inbox.work_off(here)


def told(here: City) -> int:
    with here.work(SYSTEM, may_write=False) as work:
        return sum(one.count for one in copies.counts(work.db, [one.id for one in known(here)]))

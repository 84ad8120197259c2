"""Comparison with other cities that consent: what they say of themselves, fetched each day.

A city consents by answering at `/value.json`, and stops by no longer doing so: at the next fetch
what it said is forgotten here. Each is shown by its own count; nothing of it is ours to vouch for.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec

from citycommons.collect.guard import check_address
from citycommons.core.errors import CityError, Conflict, Invalid, NotFound, TooMuch, Unavailable
from citycommons.core.types import SYSTEM
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.measure.impact.shared import Shared, read
from citycommons.measure.republication.looking import guest
from citycommons.store import peers as rows
from citycommons.store.peers import Peer
from citycommons.store.work import City, Work

MOST = 50
PATH = "/value.json"
DAY = timedelta(days=1)
AGAIN = timedelta(hours=6)  # after it did not answer
SILENT = timedelta(days=7)  # shown so long on what it said last
_LEASE_S = 300
_MOST_BYTES = 256 << 10
_REFUSALS = frozenset({401, 403, 404, 410, 451})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One city beside ours; numbers are per 1 000 inhabitants where it says inhabitants."""

    city: str
    url: str
    period: str
    as_of: str
    uses: float | None
    elsewhere: float | None  # share of requests at verified copies among those and its own
    reuses: float | None
    goals: int
    proven: int  # of them measured or evaluated


def add(work: Work, url: str) -> Peer:
    """Let a city be asked, by the address of its portal.

    Raises `Forbidden` without the right to manage the city, `Invalid` for what is no address,
    `Conflict` for one that is there, `TooMuch` beyond `MOST`.
    """
    require(work, Action.MANAGE_CITY)
    address = _address(url)
    if rows.at(work.db, address):
        raise Conflict(f"{address} is in the list already.")
    if rows.count(work.db) >= MOST:
        raise TooMuch(f"{MOST} cities are enough to compare with. Remove one first.")
    one = Peer(id=f"peer-{secrets.token_hex(5)}", url=address, body={})
    rows.add(work.db, one, work.now)
    audit.record(work, "add-peer", one.id, url=address)
    return one


def remove(work: Work, id: str) -> None:
    """Compare no longer; what it said is forgotten. Raises `NotFound` if it is not there."""
    require(work, Action.MANAGE_CITY)
    if not rows.remove(work.db, id):
        raise NotFound("This city is not in the list any more.")
    audit.record(work, "remove-peer", id)


def listed(work: Work) -> tuple[Peer, ...]:
    """All that are asked, with how it went, for those who manage the city."""
    require(work, Action.MANAGE_CITY)
    return tuple(rows.every(work.db, MOST))


def consenting(work: Work) -> tuple[Shared, ...]:
    """What cities say of themselves now, by name; anyone may read it."""
    found = [
        msgspec.convert(one.body, Shared)
        for one in rows.every(work.db, MOST)
        if one.body and one.fetched and work.now - one.fetched < SILENT
    ]
    return tuple(sorted(found, key=_name))


def _name(one: Shared) -> tuple[str, str]:
    return one.city.casefold(), one.url


def compare(every: Sequence[Shared]) -> tuple[Compared, ...]:
    """Cities beside one another, in their order."""
    return tuple(
        Compared(
            city=one.city,
            url=one.url,
            period=one.period,
            as_of=one.as_of.isoformat(),
            uses=one.per_thousand("use.here.requests"),
            elsewhere=_share_elsewhere(one),
            reuses=one.per_thousand("reuse.confirmed"),
            goals=len(one.goals),
            proven=sum(goal.claim in ("measured", "evaluated") for goal in one.goals),
        )
        for one in every
    )


def _share_elsewhere(one: Shared) -> float | None:
    here, away = (
        found.value if (found := one.figures.get(id)) else None
        for id in ("use.here.requests", "use.elsewhere.reported")
    )
    if here is None or away is None or not here + away:
        return None
    return away / (here + away)


def fetch_due(city: City, ask: Callable[[str], bytes] | None = None) -> int:
    """Ask each city that is due for what it says of itself; answers how many were asked."""
    done = 0
    with city.work(SYSTEM, may_write=False) as work:
        if not rows.is_due(work.db, work.now):
            return 0
    while done < MOST and (one := _claimed(city)) is not None:
        fetch(city, one, ask)
        done += 1
    return done


def fetch(city: City, one: Peer, ask: Callable[[str], bytes] | None = None) -> None:
    """Ask one city. Whatever it answers is written down, and nothing is raised."""
    try:
        found = read((ask or _asking(city))(one.url + PATH))
    except Unavailable as error:
        is_gone = error.where.get("status") in _REFUSALS
        _keep(city, one, failure=str(error), is_gone=is_gone)
    except CityError as error:
        _keep(city, one, failure=str(error), is_gone=True)
    else:
        _keep(city, one, found)


def _keep(
    city: City, one: Peer, found: Shared | None = None, *, failure: str = "", is_gone: bool = False
) -> None:
    """A city that does not answer for a while keeps what it said; one that refuses does not."""
    with city.work(SYSTEM) as work:
        before = {} if is_gone else one.body
        body = msgspec.to_builtins(found) | {"url": one.url} if found else before
        fetched = work.now if found else one.fetched
        after = Peer(id=one.id, url=one.url, fetched=fetched, failure=failure[:300], body=body)
        rows.save(work.db, after, work.now + (DAY if found else AGAIN))


def _claimed(city: City) -> Peer | None:
    with city.work(SYSTEM) as work:
        return rows.claim(work.db, work.now, seconds=_LEASE_S)


def _asking(city: City) -> Callable[[str], bytes]:
    def ask(url: str) -> bytes:
        with replace(guest(city.settings), most_document_bytes=_MOST_BYTES) as client:
            return client.document(url, accept="application/json").content

    return ask


def _address(text: str) -> str:
    given = text.strip().rstrip("/").removesuffix(PATH).removesuffix("/value").rstrip("/")
    parts = urlsplit(given if "://" in given else f"https://{given}")
    if parts.scheme not in ("http", "https") or not parts.hostname or len(given) > 500:
        raise Invalid(
            "This is no address of a portal. Write it as https://data.city.example.", column="url"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Invalid("Write the address without name, password, ? and #.", column="url")
    address = parts.geturl()
    check_address(address)
    return address

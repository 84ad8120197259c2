"""Who follows what: asked for, confirmed by its address, stopped at any time.

An address is personal: it is kept for this alone, never shown, never exported, gone when somebody
stops, and gone after `WAIT` when nobody said yes. Links carry a token that is derived from the
follower's id with a key of this house; only its hash stands beside the address.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from citycommons.collect.guard import check_address
from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.core.types import LANGUAGES, Bbox
from citycommons.engage import typed
from citycommons.engage.followers import mail
from citycommons.govern import audit
from citycommons.standardise.gazetteer import street_key
from citycommons.store import followers as rows
from citycommons.store import notes
from citycommons.store.followers import Follower, Message
from citycommons.store.work import Work

WAIT = timedelta(days=2)
MOST = 50  # that one address follows
_ASKED_AT_ONCE = 3  # unconfirmed ones of one address: nobody is flooded by a stranger's form
_ASKED_AN_HOUR = 300  # of all addresses
_LONGEST_STREET, _LONGEST_ENDPOINT = 200, 2000
_SHORTEST_STREET = 3
_KEY = "followers-key"
_LARGEST_AREA = 2.0  # degrees: a city and what is around it


def by_email(
    work: Work, *, email: str, language: str, street: str = "", area: Bbox | None = None
) -> None:
    """Ask the owner of an address whether they want this; told nothing before they say yes.

    Answers nothing, so that nobody learns who follows. Raises `Invalid` that names what is wrong.
    """
    address = clean_email(email)
    wanted = _wanted(street, area)
    _require_room(work)
    mine = rows.of_address(work.db, "email", address)
    waiting = [one for one in mine if one.confirmed is None]
    is_there = any((one.street, one.area) == wanted for one in mine)
    if is_there or len(mine) >= MOST or len(waiting) >= _ASKED_AT_ONCE:
        return  # they were asked, or told: another message would only trouble them
    one = _keep(work, "email", address, language, wanted)
    ask = Message(
        id=f"ask-{one.id}",
        follower=one.id,
        works="",
        body={"kind": "ask"},
        created=work.now,
        due=work.now,
    )
    rows.enqueue(work.db, [ask])


def by_push(
    work: Work,
    *,
    endpoint: str,
    p256dh: str,
    auth: str,
    language: str,
    street: str = "",
    area: Bbox | None = None,
) -> Follower:
    """Follow in a browser, whose own question was the confirmation (RFC 8030, Push API)."""
    address = _subscription(endpoint, p256dh, auth)
    wanted = _wanted(street, area)
    _require_room(work)
    mine = rows.of_address(work.db, "push", address)
    if len(mine) >= MOST:
        raise TooMuch(f"This browser follows {MOST} streets and areas, the most there may be.")
    for one in mine:
        if (one.street, one.area) == wanted:
            return one
    one = _keep(work, "push", address, language, wanted)
    rows.confirm(work.db, one.id, work.now)
    return one


def get(work: Work, id: str, token: str) -> Follower:
    """Who holds the link. Raises `NotFound` for a wrong or old one, whichever of both it is."""
    one = rows.get(work.db, id)
    given = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    if one is None or not hmac.compare_digest(one.token_hash, given):
        raise NotFound(
            "This link leads nowhere: it was used to stop, or nobody confirmed it within two "
            "days. Follow again if you want to."
        )
    return one


def confirm(work: Work, id: str, token: str) -> Follower:
    """Say yes."""
    one = get(work, id, token)
    rows.confirm(work.db, one.id, work.now)
    audit.record(work, "confirm-follower", one.id, channel=one.channel)
    return one


def stop(work: Work, id: str, token: str, home: Path) -> None:
    """Be told nothing any more; address, messages and files of mail are gone at once."""
    one = get(work, id, token)
    rows.remove(work.db, one.id)
    mail.forget(home, one.id)
    audit.record(work, "remove-follower", one.id, channel=one.channel)


def token_of(work: Work, one: Follower) -> str:
    """The secret of somebody's links; a key that was lost with a disk makes new ones."""
    token = _derived(_key(work), one.id)
    if hashlib.sha256(token.encode()).hexdigest() != one.token_hash:
        raise Invalid(f"The links of the follower {one.id} were made with another key.")
    return token


def clean_email(text: str) -> str:
    """The address as it is kept. Raises `Invalid` for what is none."""
    if address := typed.email(text, "email"):
        return address
    raise Invalid("This is no e-mail address. Write it as name@example.org.", column="email")


def _keep(
    work: Work, channel: str, address: str, language: str, wanted: tuple[str | None, Bbox | None]
) -> Follower:
    id = f"fo-{secrets.token_hex(8)}"
    token = _derived(_key(work), id)
    one = Follower(
        id=id,
        channel=channel,
        address=address,
        language=language if language in LANGUAGES else LANGUAGES[0],
        street=wanted[0],
        area=wanted[1],
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        created=work.now,
    )
    rows.add(work.db, one)
    audit.record(work, "create-follower", id, channel=channel)
    return one


def _wanted(street: str, area: Bbox | None) -> tuple[str | None, Bbox | None]:
    name = " ".join(street.split())
    if area is not None:
        west, south, east, north = area
        if not (west < east and south < north):
            raise Invalid("The area is empty. Draw it again.", column="area")
        if max(east - west, north - south) > _LARGEST_AREA:
            raise Invalid("The area is larger than any city. Draw a smaller one.", column="area")
        return None, area
    if len(street_key(name)) < _SHORTEST_STREET or len(name) > _LONGEST_STREET:
        raise Invalid("Which street? Write its name as signs do.", column="street")
    return name, None


def _subscription(endpoint: str, p256dh: str, auth: str) -> str:
    if len(endpoint) > _LONGEST_ENDPOINT or not endpoint.startswith("https://"):
        raise Invalid("The browser gave no address to send to.", column="endpoint")
    check_address(endpoint)
    key, secret = _decoded(p256dh), _decoded(auth)
    if len(key) != 65 or key[0] != 4 or len(secret) != 16:
        raise Invalid("The browser gave no usable keys. Try again.", column="p256dh")
    return orjson.dumps({"endpoint": endpoint, "p256dh": p256dh, "auth": auth}).decode()


def _decoded(text: str) -> bytes:
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _require_room(work: Work) -> None:
    if rows.unconfirmed_since(work.db, work.now - timedelta(hours=1)) >= _ASKED_AN_HOUR:
        raise TooMuch("Too many people ask at the moment. Try again in an hour.")


def _key(work: Work) -> bytes:
    kept: Any = notes.read(work.db, _KEY)
    if kept is None:
        kept = {"key": secrets.token_hex(32)}
        notes.write(work.db, _KEY, kept)
    return bytes.fromhex(kept["key"])


def _derived(key: bytes, id: str) -> str:
    made = hmac.new(key, id.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()

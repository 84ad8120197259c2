"""Portals that this city exchanges counts with: their keys, and who may be believed.

A portal's key is read from its own host when a copy there was verified, and kept. Another key there
later is not taken by itself: whoever holds a host for an hour could else rewrite what was counted
for years. A person of the city confirms it (`trust`).
"""

import secrets
from dataclasses import replace
from datetime import datetime

import orjson

from citycommons.collect.polite import Polite
from citycommons.core.copies import Portal, PortalId, PortalKind, portal_id
from citycommons.core.errors import CityError, Forbidden, NotFound
from citycommons.core.types import SYSTEM
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.measure.republication import iris, signatures
from citycommons.measure.republication.signatures import Request, VerifyingKey, jwk, public_key
from citycommons.store import copies, notices
from citycommons.store.signing_key import signing_key
from citycommons.store.work import City, Work

KEY_PATH = "/usage/key"
CHANGED = "Its key is another one than before. If that is right, confirm the portal (trust)."
_SECRET_BYTES = 32


def keyid(base: str) -> str:
    """The name of a portal's key, which is where it lies."""
    return base + KEY_PATH


def own_key(city: City, base: str) -> dict[str, str]:
    """The city's public key as a JSON Web Key."""
    return jwk(signing_key(city.settings.home).public_key(), keyid(base))


def known(work: Work, base: str, name: str = "", kind: PortalKind = PortalKind.PUSH) -> Portal:
    """The portal at an address; noted when nobody knew of it."""
    found = copies.portal_at(work.db, base)
    if found is not None:
        return found
    made = Portal(id=portal_id(base), name=name or iris.host_of(base), url=base, kind=kind)
    copies.save_portal(work.db, made)
    audit.record(work, "note-portal", made.id, url=base)
    return made


def learn(city: City, client: Polite, base: str, *, inbox: str = "", name: str = "") -> Portal:
    """Note a portal that gives usage reports, with its key from its own host.

    Where no key can be had the portal is noted without one. Another key than the one that is kept
    is not taken; the portal's `failure` says so.
    """
    key, failure = _read_key(client, base)
    with city.work(SYSTEM) as work:
        found = known(work, base, name, PortalKind.SUSHI)
        if found.key and key and found.key != key:
            key, failure = found.key, CHANGED
            audit.record(work, "refuse-key", found.id)
        elif key and not found.key:
            audit.record(work, "take-key", found.id)
        is_named = bool(name) and found.name == iris.host_of(base)
        now = replace(
            found,
            name=name if is_named else found.name,
            kind=PortalKind.SUSHI if found.kind is PortalKind.PUSH else found.kind,
            inbox=inbox or found.inbox,
            key=key or found.key,
            failure=failure,
        )
        if now != found:
            copies.save_portal(work.db, now)
    return now


def _read_key(client: Polite, base: str) -> tuple[str, str]:
    try:
        found = client.document(keyid(base), accept="application/jwk+json, application/json")
        if iris.host_of(found.url) != iris.host_of(base):
            return "", f"{keyid(base)} leads to another host, so it names no key."
        return jwk_text(found.content, base), ""
    except CityError as error:
        return "", f"Its key cannot be read: {error.message}"[:500]


def jwk_text(content: bytes, base: str) -> str:
    """The key alone, without what else its portal may have written beside it."""
    return orjson.dumps(jwk(public_key(content), keyid(base))).decode()


def signer(work: Work, request: Request, at: datetime | None = None) -> Portal | None:
    """The portal that signed a request, if its signature holds; its nonce is used up thereby.

    None where the portal, or its key, is not known here. `at`: when the request came, if not now.
    Raises `NotGenuine` for a signature that does not hold or that was used before, `Forbidden` for
    a portal that is blocked.
    """
    claim = signatures.said(request.headers)
    found = _of_key(work, claim.keyid)
    if found is None:
        return None
    if found.is_blocked:
        raise Forbidden(f"{found.url} is not listened to here.")
    key = _key(work, found, is_shared=claim.is_shared)
    if key is None:
        return None
    held = signatures.verify_request(request, key, at or work.now)
    expires = work.now + signatures.FOR + 2 * signatures.SKEW
    if not notices.take_nonce(work.db, found.id, held.nonce, expires):
        raise signatures.NotGenuine("This very message was sent before (its nonce is used).")
    return found


def is_blocked(work: Work, address: str) -> bool:
    """Whether a person blocked the portal at this address."""
    found = copies.portal_at(work.db, iris.root_of(address))
    return found is not None and found.is_blocked


def _of_key(work: Work, keyid: str) -> Portal | None:
    """By the address of the key, or of the portal itself where it shares a secret."""
    asked = (keyid.removesuffix(KEY_PATH), iris.root_of(keyid), keyid.rstrip("/"))
    found = (copies.portal_at(work.db, one) for one in dict.fromkeys(asked) if one)
    return next((one for one in found if one is not None), None)


def _key(work: Work, portal: Portal, *, is_shared: bool) -> VerifyingKey | None:
    """The key that a portal's signature is held against: the shared secret, or its public key."""
    if is_shared:
        return copies.secret(work.db, portal.id).encode() or None
    return public_key(portal.key) if portal.key else None


# For those who run the house


def portals(work: Work) -> tuple[Portal, ...]:
    """All portals that republish, or may."""
    require(work, Action.MANAGE_CITY)
    return tuple(copies.every_portal(work.db))


def get(work: Work, id: PortalId) -> Portal:
    """One portal; `NotFound` where there is none."""
    require(work, Action.MANAGE_CITY)
    found = copies.portal(work.db, id)
    if found is None:
        raise NotFound(f"There is no portal “{id[:80]}”. See the list of portals.")
    return found


def trust(work: Work, id: PortalId) -> Portal:
    """A person says that this portal is who it says; its key is read anew at once."""
    now = replace(get(work, id), is_trusted=True, is_blocked=False, key="", failure="")
    copies.save_portal(work.db, now)
    copies.set_portal_due(work.db, id, work.now)
    audit.record(work, "trust-portal", id)
    return now


def block(work: Work, id: PortalId) -> Portal:
    """Neither ask this portal nor listen to it any more; what it reported stays."""
    now = replace(get(work, id), is_trusted=False, is_blocked=True)
    copies.save_portal(work.db, now)
    copies.set_portal_due(work.db, id, None)
    audit.record(work, "block-portal", id)
    return now


def secret_for(work: Work, id: PortalId) -> str:
    """A new secret that a portal without keys signs its reports with (HMAC); shown this once."""
    get(work, id)
    made = secrets.token_urlsafe(_SECRET_BYTES)
    copies.set_secret(work.db, id, made)
    audit.record(work, "share-secret", id)
    return made


def add(work: Work, url: str, name: str, kind: PortalKind = PortalKind.PUSH) -> Portal:
    """Note a portal by hand, to share a secret with it or to ask it for its counters."""
    require(work, Action.MANAGE_CITY)
    base = iris.checked(url.strip().rstrip("/"), "address of the portal")
    if iris.host_of(base) == "":
        raise Forbidden("This address names no host.")
    return known(work, base, name.strip()[:100], kind)

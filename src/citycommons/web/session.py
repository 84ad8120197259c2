"""Who a request comes from: a session cookie, or an API key; and the token against forgery."""

import hashlib
import hmac
import secrets

from citycommons.core.types import Actor
from citycommons.govern import keys, sessions
from citycommons.store.work import City


def new_token() -> str:
    """256 random bits, as a browser keeps them."""
    return secrets.token_urlsafe(32)


def csrf_of(token: str) -> str:
    """The form token bound to a session (or to the visit before it); tells nothing of it."""
    return hmac.new(token.encode(), b"citycommons form", hashlib.sha256).hexdigest()


def key_of(headers: dict[str, str]) -> str:
    """The API key a request carries; empty if none.

    It stands in `Authorization: Bearer` or `X-API-Key`, or where CKAN's clients put it:
    `Authorization` with nothing but the key, or `X-CKAN-API-Key`.
    """
    given = headers.get("authorization", "").strip()
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if not rest and given.startswith(f"{keys.PREFIX}_"):
        return given
    return (headers.get("x-api-key") or headers.get("x-ckan-api-key", "")).strip()


def authenticate(city: City, *, key: str, token: str) -> Actor | None:
    """The actor behind a key, or else behind a session; None if there is none (any more)."""
    return keys.holder(city, key) if key else sessions.holder(city, token)

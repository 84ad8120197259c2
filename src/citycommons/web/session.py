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
    """The API key a request carries: `Authorization: Bearer` or `X-API-Key`; empty if none."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    return headers.get("x-api-key", "").strip()


def authenticate(city: City, *, key: str, token: str) -> Actor | None:
    """The actor behind a key, or else behind a session; None if there is none (any more)."""
    return keys.holder(city, key) if key else sessions.holder(city, token)

"""API keys where other systems' clients put theirs: `Basic`, `OAuth`, `Apikey`, app tokens."""

import base64
import binascii

from citycommons.web.refusals import NotSignedIn
from citycommons.web.running import RunningRequest
from citycommons.web.session import authenticate


def sign_in_by(running: RunningRequest, *schemes: str, also: tuple[str, ...] = ()) -> None:
    """Let a key of ours count that came in one of these schemes of `Authorization`.

    With `Basic` the key is the user's name or password. Texts in `also` (app tokens) count if they
    are keys of ours, and are nothing otherwise.
    Raises `NotSignedIn` for a key that opens nothing.
    """
    if running.has_key:
        return
    scheme, _, rest = running.headers.get("authorization", "").partition(" ")
    if scheme.lower() in schemes and rest.strip():
        given = _pair(rest) if scheme.lower() == "basic" else (rest.strip(),)
        if not _is_known(running, given):
            raise NotSignedIn("This API key opens nothing: it is unknown, revoked or expired.")
        return
    _is_known(running, also)


def _is_known(running: RunningRequest, texts: tuple[str, ...]) -> bool:
    for text in texts:
        if text and (actor := authenticate(running.city, key=text, token="")) is not None:
            running.actor, running.has_key = actor, True
            return True
    return False


def _pair(text: str) -> tuple[str, ...]:
    try:
        user, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ()
    return user, password

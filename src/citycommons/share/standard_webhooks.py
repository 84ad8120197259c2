"""Standard Webhooks: how a message is written and signed, so that any receiver's library reads it.

References
----------
Standard Webhooks specification, 2023: payload structure, webhook metadata, signature scheme.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

_PREFIX = "whsec_"
_SECRET_BYTES = 32  # the specification asks for 24 to 64


def new_secret() -> str:
    """A secret for one receiver."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def body(event: str, time: datetime, data: Mapping[str, Any]) -> str:
    """The message; these very bytes are signed, so it is written once."""
    moment = time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return orjson.dumps({"type": event, "timestamp": moment, "data": data}).decode()


def headers(id: str, sent: datetime, body: str, secret: str) -> dict[str, str]:
    """What goes with a message that is sent now."""
    seconds = str(int(sent.timestamp()))
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + signature(id, seconds, body, secret),
    }


def signature(id: str, seconds: str, body: str, secret: str) -> str:
    """HMAC-SHA256 of id, time and body, in base64."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    made = hmac.new(key, f"{id}.{seconds}.{body}".encode(), hashlib.sha256)
    return base64.b64encode(made.digest()).decode()

"""Messages to browsers: encrypted for one browser, signed by this house.

References
----------
RFC 8030 (Web Push), RFC 8188 and RFC 8291 (encryption, `aes128gcm`), RFC 8292 (VAPID).
"""

import base64
import os
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from citycommons.core.errors import Invalid
from citycommons.store import notes
from citycommons.store.work import Work

RECORD = 4096  # octets of the one record; the message has to fit with 103 octets around it
_TTL_S = 24 * 3600
_VALID = timedelta(hours=12)  # RFC 8292: at most 24 hours
_KEY = "vapid-key"


def house_key(work: Work) -> ec.EllipticCurvePrivateKey:
    """The key this house signs with; made at the first wish, kept for ever."""
    kept: Any = notes.read(work.db, _KEY)
    if kept is None:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        kept = {"private": number.to_bytes(32).hex()}
        notes.write(work.db, _KEY, kept)
    return ec.derive_private_key(int(kept["private"], 16), ec.SECP256R1())


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public key as browsers take it (`applicationServerKey`)."""
    return _text(_point(key.public_key()))


def request(
    address: str, message: bytes, key: ec.EllipticCurvePrivateKey, *, contact: str, now: datetime
) -> tuple[str, bytes, dict[str, str]]:
    """Address, body and headers of the POST that brings a message to a browser."""
    subscription = orjson.loads(address)
    endpoint = str(subscription["endpoint"])
    body = encrypted(message, _bytes(subscription["p256dh"]), _bytes(subscription["auth"]))
    headers = {
        "content-type": "application/octet-stream",
        "content-encoding": "aes128gcm",
        "ttl": str(_TTL_S),
        "urgency": "normal",
        "authorization": authorization(endpoint, key, contact=contact, now=now),
    }
    return endpoint, body, headers


def encrypted(
    message: bytes,
    browser: bytes,
    secret: bytes,
    *,
    salt: bytes | None = None,
    own: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The message for the browser that holds the private part of its point (RFC 8291, 3.4).

    `salt` (16 octets) and `own` (a key for this message alone) are random unless given.
    Raises `Invalid` for a message that fits no record, or for a point that is on no curve.
    """
    if len(message) > RECORD - 103:
        raise Invalid(f"A push message has at most {RECORD - 103} octets; this has {len(message)}.")
    salt, own = salt or os.urandom(16), own or ec.generate_private_key(ec.SECP256R1())
    try:
        there = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser)
    except ValueError as cause:
        raise Invalid("The browser’s key is no point of the curve P-256.") from cause
    mine = _point(own.public_key())
    shared = own.exchange(ec.ECDH(), there)
    seed = _hkdf(secret, shared, b"WebPush: info\x00" + browser + mine, 32)
    key = _hkdf(salt, seed, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _hkdf(salt, seed, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(key).encrypt(nonce, message + b"\x02", None)
    return salt + RECORD.to_bytes(4) + bytes([len(mine)]) + mine + sealed


def authorization(
    endpoint: str, key: ec.EllipticCurvePrivateKey, *, contact: str, now: datetime
) -> str:
    """The header that says who sends (RFC 8292, 3): a token for this push service."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + _VALID).timestamp()),
        "sub": contact,
    }
    head = _text(orjson.dumps({"typ": "JWT", "alg": "ES256"}))
    signed = f"{head}.{_text(orjson.dumps(claims))}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{_text(r.to_bytes(32) + s.to_bytes(32))}"
    return f"vapid t={token}, k={public_text(key)}"


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    form = serialization.PublicFormat.UncompressedPoint
    return key.public_bytes(serialization.Encoding.X962, form)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

"""Signed requests and answers between portals.

A request covers its method, its address and the digest of its content; an answer covers its status,
its content's digest, and the request (its address and its signature), so that no answer can be
given for another question. A signature holds for five minutes, and a request's only once.

References
----------
IETF: HTTP Message Signatures, RFC 9421, 2024; Digest Fields, RFC 9530, 2024; JSON Web Key, RFC
7517, 2015; CFRG curves in JOSE, RFC 8037, 2017.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import http_sf
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ED25519, HMAC_SHA256
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from citycommons.core.errors import CityError, Invalid

FOR = timedelta(minutes=5)
"""How long a signature holds."""

SKEW = timedelta(minutes=1)  # by which clocks may differ
TAG = "usage-return"  # says for what a signature was made
LABEL = "usage"
_LONGEST_NONCE = 200

Secret: TypeAlias = bytes
VerifyingKey: TypeAlias = Ed25519PublicKey | Secret
SigningKey: TypeAlias = Ed25519PrivateKey | Secret


class NotGenuine(CityError):
    """A signature that does not hold (401)."""

    http_status, exit_code, title = 401, 6, "Signature does not hold"


@dataclass(slots=True, kw_only=True)
class Request:
    """A request as it was, or is to be, sent."""

    method: str
    url: str  # whole, as the reader of it is addressed
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class Answer:
    """The answer to a request."""

    status_code: int
    request: Request
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a signature says of itself; believed only after `verify_…`."""

    keyid: str
    nonce: str
    is_shared: bool = False  # made with a secret that both know (HMAC)
    created: datetime | None = None


def sign_request(request: Request, key: SigningKey, keyid: str, now: datetime) -> dict[str, str]:
    """The headers with which the request is to be sent, its own among them."""
    covered = ["@method", "@target-uri"]
    covered += [name for name in ("content-type",) if name in request.headers]
    _sign(request, request.body, key, keyid, now, covered, nonce=secrets.token_urlsafe(24))
    return request.headers


def sign_answer(answer: Answer, key: SigningKey, keyid: str, now: datetime) -> dict[str, str]:
    """The headers with which the answer is to be sent; the request's signature is covered."""
    label = _label(answer.request.headers)
    covered = ["@status", "content-type", '"@target-uri";req', f'"signature";req;key="{label}"']
    _sign(answer, answer.body, key, keyid, now, covered, nonce=None)
    return answer.headers


def _sign(
    message: Request | Answer,
    body: bytes,
    key: SigningKey,
    keyid: str,
    now: datetime,
    covered: list[str],
    nonce: str | None,
) -> None:
    signer = HTTPMessageSigner(signature_algorithm=_algorithm(key), key_resolver=_One(key))
    signer.sign(
        message,
        key_id=keyid,
        created=now,
        nonce=nonce,
        label=LABEL,
        tag=TAG,
        covered_component_ids=covered,
        body=body or None,  # a question has no content, and no digest of it
    )


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether a message claims to be signed."""
    return "signature-input" in {name.lower() for name in headers}


def said(headers: Mapping[str, str]) -> Signed:
    """What the signature says of itself, before anything of it is believed.

    Raises `NotGenuine` where that cannot be read.
    """
    _, parameters = _chosen(headers)
    keyid, nonce = parameters.get("keyid"), parameters.get("nonce", "")
    if not isinstance(keyid, str) or not isinstance(nonce, str) or len(nonce) > _LONGEST_NONCE:
        raise NotGenuine("The signature names no key (keyid).")
    return Signed(keyid=keyid, nonce=nonce, is_shared=parameters.get("alg") == "hmac-sha256")


def verify_request(request: Request, key: VerifyingKey, now: datetime) -> Signed:
    """What the signature of a request says, if it holds; its nonce is yet to be used up.

    Raises `NotGenuine` for a wrong, old or too narrow signature, or for content it is not of.
    """
    found = held(request, request.body, key, now, ('"@method"', '"@target-uri"'))
    if not found.nonce:
        raise NotGenuine("The signature has no nonce, so it could be sent twice.")
    return found


def verify_answer(answer: Answer, key: VerifyingKey, now: datetime) -> Signed:
    """What the signature of an answer says, if it holds for this very request. Raises as above."""
    label = _label(answer.request.headers)
    wanted = ('"@status"', '"@target-uri";req', f'"signature";req;key="{label}"')
    return held(answer, answer.body, key, now, wanted)


def held(
    message: Request | Answer,
    body: bytes,
    key: VerifyingKey,
    now: datetime,
    wanted: tuple[str, ...],
) -> Signed:
    """What a signature says, if it holds and covers what is wanted; `NotGenuine` if not."""
    verifier = _At(now, _algorithm(key), _One(key))
    try:
        (found,) = verifier.verify(
            message,
            max_age=FOR,
            expect_tag=TAG if _has_tag(message.headers) else None,
            require_components=wanted,
            body=body,
        )
    except (HTTPMessageSignaturesException, ValueError) as cause:
        raise NotGenuine(f"The signature does not hold: {cause}.") from cause
    if body and found.body is None:
        raise NotGenuine("The signature does not cover the content (Content-Digest).")
    created = found.parameters["created"]
    return Signed(
        keyid=str(found.parameters["keyid"]),
        nonce=found.nonce or "",
        created=datetime.fromtimestamp(int(created), now.tzinfo),
    )


class _At(HTTPMessageVerifier):
    """A verifier whose clock is the caller's."""

    max_clock_skew = SKEW

    def __init__(self, now: datetime, algorithm: Any, keys: HTTPSignatureKeyResolver) -> None:
        super().__init__(signature_algorithm=algorithm, key_resolver=keys)
        self._now = now

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        created, expires = (sig_input.params.get(name) for name in ("created", "expires"))
        if type(created) is not int:
            raise InvalidSignature("it does not say when it was made (created)")
        now = self._now.timestamp()
        if created > now + SKEW.total_seconds():
            raise InvalidSignature("it was made in the future")
        if created < now - max_age.total_seconds():
            raise InvalidSignature(f"it was made more than {int(max_age.total_seconds())} s ago")
        if type(expires) is int and expires < now:
            raise InvalidSignature("it has expired")


class _One(HTTPSignatureKeyResolver):
    """The one key that is used, whatever it is called: the caller chose it by its name."""

    def __init__(self, key: SigningKey | VerifyingKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:
        return self._key

    def resolve_private_key(self, key_id: str) -> Any:
        return self._key


def _algorithm(key: SigningKey | VerifyingKey) -> Any:
    """By the key that we hold, never by what the message says of itself."""
    return HMAC_SHA256 if isinstance(key, bytes) else ED25519


def _chosen(headers: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Label and parameters of the signature that is ours to read: by its tag, else the only one."""
    given = next((text for name, text in headers.items() if name.lower() == "signature-input"), "")
    try:
        parsed: Any = http_sf.parse(given.encode("ascii"), tltype="dictionary")
    except (ValueError, TypeError) as cause:
        raise NotGenuine("The header Signature-Input cannot be read (RFC 9421).") from cause
    found = {label: dict(parameters) for label, (_, parameters) in parsed.items()}
    ours = [label for label, parameters in found.items() if parameters.get("tag") == TAG]
    if len(ours or found) != 1:
        raise NotGenuine(f"Exactly one signature is wanted; of several, one with the tag “{TAG}”.")
    (label,) = ours or found
    return label, found[label]


def _label(headers: Mapping[str, str]) -> str:
    return _chosen(headers)[0]


def _has_tag(headers: Mapping[str, str]) -> bool:
    return _chosen(headers)[1].get("tag") == TAG


def jwk(key: Ed25519PublicKey, keyid: str) -> dict[str, str]:
    """The key as a JSON Web Key (RFC 8037)."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": keyid, "alg": "Ed25519", "use": "sig"}


def public_key(text: str | bytes) -> Ed25519PublicKey:
    """The key that a JSON Web Key holds; `Invalid` for another kind and for what is none."""
    try:
        found = orjson.loads(text)
        if (found["kty"], found["crv"]) != ("OKP", "Ed25519"):
            raise Invalid("The key is of another kind than Ed25519.")
        raw = base64.urlsafe_b64decode(found["x"] + "=" * (-len(found["x"]) % 4))
        return Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, KeyError, TypeError, binascii.Error) as cause:
        raise Invalid("This is no JSON Web Key of an Ed25519 key (RFC 8037).") from cause

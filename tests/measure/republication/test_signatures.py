"""Signatures hold for what was signed and for nothing else; the RFC's own test vectors hold."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from citycommons.core.errors import Invalid
from citycommons.measure.republication import signatures
from citycommons.measure.republication.signatures import Answer, NotGenuine, Request

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
KEYID = "https://a.example/usage/key"
URL = "https://b.example/reports/dsr?origin=https%3A%2F%2Fa.example%2F&begin-date=2026-03-01"

# RFC 9421, appendix B.2: the test request, and B.1.4 and B.1.5: the keys.
MOMENT = datetime.fromtimestamp(1618884473, UTC)
# None of the vectors used here covers the digest of the content.
VECTOR = Request(
    method="POST",
    url="https://example.com/foo?param=Value&Pet=dog",
    headers={
        "host": "example.com",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-length": "18",
    },
    body=b'{"hello": "world"}',
)
TEST_KEY = orjson.dumps(
    {"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}
)
SHARED = base64.b64decode(
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)
B_2_5 = {
    "signature-input": 'sig-b25=("date" "@authority" "content-type");created=1618884473'
    ';keyid="test-shared-secret"',
    "signature": "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
}
B_2_6 = {
    "signature-input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" '
    '"content-length");created=1618884473;keyid="test-key-ed25519"',
    "signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6v"
    "uQv5lIp5WPpBKRCw==:",
}


@pytest.mark.parametrize(
    ("signature", "key"), [(B_2_5, SHARED), (B_2_6, signatures.public_key(TEST_KEY))]
)
def test_the_vectors_of_rfc_9421_hold_and_a_changed_one_does_not(signature, key) -> None:
    message = replace(VECTOR, headers=VECTOR.headers | signature)
    signatures.held(message, b"", key, MOMENT, wanted=())
    wrong = replace(message, headers=message.headers | {"date": "Tue, 20 Apr 2021 02:07:56 GMT"})
    with pytest.raises(NotGenuine):
        signatures.held(wrong, b"", key, MOMENT, wanted=())


def asked(key=KEY) -> Request:
    request = Request(method="GET", url=URL, headers={"accept": "application/json"})
    signatures.sign_request(request, key, KEYID, NOW)
    return request


def sent(body: bytes = b"{}", key=KEY) -> Request:
    headers = {"content-type": "application/ld+json"}
    request = Request(method="POST", url="https://b.example/inbox", headers=headers, body=body)
    signatures.sign_request(request, key, KEYID, NOW)
    return request


def received(request: Request) -> Request:
    """The same as a server sees it: names of headers in lower case."""
    return replace(request, headers={name.lower(): one for name, one in request.headers.items()})


@pytest.mark.parametrize("key", [KEY, b"a secret shared by two"])
def test_what_was_signed_is_believed(key) -> None:
    checking = key if isinstance(key, bytes) else key.public_key()
    for request in (asked(key), sent(key=key)):
        found = signatures.verify_request(received(request), checking, NOW)
        assert found.keyid == KEYID
        assert len(found.nonce) == 32


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"url": "https://b.example/inbox2"},
        {"url": "https://c.example/inbox"},
        {"body": b'{"x": 1}'},
        {"body": b""},
    ],
)
def test_a_message_that_was_changed_on_the_way_is_not(change) -> None:
    request = replace(received(sent()), **change)
    with pytest.raises(NotGenuine):
        signatures.verify_request(request, KEY.public_key(), NOW)


def test_another_key_an_old_and_a_future_signature_do_not_hold() -> None:
    request = received(asked())
    other = Ed25519PrivateKey.generate().public_key()
    for key, at in (
        (other, NOW),
        (KEY.public_key(), NOW + timedelta(minutes=6)),
        (KEY.public_key(), NOW - timedelta(minutes=6)),
        (b"a secret", NOW),
    ):
        with pytest.raises(NotGenuine):
            signatures.verify_request(request, key, at)


def test_a_signature_over_too_little_is_not_enough() -> None:
    request = Request(method="GET", url=URL)
    signatures._sign(request, b"", KEY, KEYID, NOW, ["@method"], nonce="n")
    with pytest.raises(NotGenuine, match="not covered"):
        signatures.verify_request(request, KEY.public_key(), NOW)
    without = Request(method="GET", url=URL)
    signatures._sign(without, b"", KEY, KEYID, NOW, ["@method", "@target-uri"], nonce=None)
    with pytest.raises(NotGenuine, match="nonce"):
        signatures.verify_request(without, KEY.public_key(), NOW)


@pytest.mark.parametrize(
    "header",
    ["", "x", "a=1, b=2", 'usage=("@method")', 'usage=("@method");keyid=1', "ü", "a" * 9999],
)
def test_a_header_that_is_none_is_told_and_no_crash(header) -> None:
    request = Request(method="GET", url=URL, headers={"signature-input": header})
    with pytest.raises(NotGenuine):
        signatures.said(request.headers)
    with pytest.raises(NotGenuine):
        signatures.verify_request(request, KEY.public_key(), NOW)


def answered(request: Request, body: bytes = b"[]") -> Answer:
    answer = Answer(
        status_code=200, request=request, headers={"content-type": "application/json"}, body=body
    )
    signatures.sign_answer(answer, KEY, "https://b.example/usage/key", NOW)
    return answer


def test_an_answer_holds_for_its_own_question_only() -> None:
    answer = answered(received(asked()))
    signatures.verify_answer(answer, KEY.public_key(), NOW)
    for wrong in (
        replace(answer, request=asked()),  # the same question, asked another time
        replace(answer, body=b"[1]"),
        replace(answer, status_code=206),
    ):
        with pytest.raises(NotGenuine):
            signatures.verify_answer(wrong, KEY.public_key(), NOW)
    with pytest.raises(NotGenuine, match="ago"):
        signatures.verify_answer(answer, KEY.public_key(), NOW + timedelta(minutes=6))


def test_a_key_is_read_as_it_was_written_and_others_are_told() -> None:
    made = signatures.jwk(KEY.public_key(), KEYID)
    assert signatures.public_key(orjson.dumps(made)) == KEY.public_key()
    okp = {"kty": "OKP", "crv": "Ed25519"}
    wrong = ([], {}, {"kty": "RSA", "crv": "x"}, okp, okp | {"x": "AAAA"}, okp | {"x": 1})
    for text in (b"", *map(orjson.dumps, wrong)):
        with pytest.raises(Invalid):
            signatures.public_key(text)

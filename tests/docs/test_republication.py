"""The protocol's page: its messages are read as they stand there, and its signatures hold."""

import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from citycommons.measure.republication import backlinks, messages, reports, signatures
from citycommons.measure.republication.messages import INBOX, USAGE
from citycommons.measure.republication.signatures import Answer, NotGenuine, Request

PAGE = Path(__file__).parents[2] / "docs" / "value" / "republication.md"
NOW = datetime(2026, 4, 1, 5, 1, tzinfo=UTC)


def block(mark: str) -> str:
    found = re.search(rf"```\w+ {mark}\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
    assert found, mark
    return found[1]


def headers(mark: str) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in block(mark).splitlines() if ": " in line)
    return {name.lower(): text for name, text in pairs}


def asked() -> Request:
    method, path, _ = block("ask").splitlines()[0].split(" ")
    return Request(method=method, url=f"https://dati.b.example{path}", headers=headers("ask"))


def test_the_links_lead_to_inbox_and_reports() -> None:
    given = backlinks.advertised(headers("link"), b"", "text/html", "https://data.a.example/")
    assert given[INBOX] == "https://data.a.example/inbox"
    assert given[USAGE] == "https://data.a.example/reports"


def test_the_announcement_is_one() -> None:
    found = messages.read(orjson.loads(block("announce")))
    assert found.copy == "https://dati.b.example/datasets/alberi"
    assert found.origin == "https://data.a.example/datasets/trees"


def test_the_question_is_signed_by_the_key_beside_it() -> None:
    key = signatures.public_key(block("key-a"))
    assert signatures.verify_request(asked(), key, NOW).keyid == orjson.loads(block("key-a"))["kid"]


def test_the_answer_is_signed_for_that_question_and_that_report() -> None:
    key = signatures.public_key(block("key-b"))
    body = block("report").encode()
    answer = Answer(status_code=200, request=asked(), headers=headers("answer"), body=body)
    signatures.verify_answer(answer, key, NOW)
    answer.body = body.replace(b'"count": 10', b'"count": 99')
    with pytest.raises(NotGenuine):
        signatures.verify_answer(answer, key, NOW)


def test_the_report_is_right_and_says_who_made_what_of_whom() -> None:
    first, second = reports.read(orjson.loads(block("report")), NOW).entries
    assert (first.via, second.via) == ("", first.uri)
    assert first.origins[0] == second.origins[0] == "https://data.a.example/datasets/trees"


def test_the_report_is_one_by_the_schema_of_the_field(shared: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="holds reports against a schema")
    folder = shared / "conformance" / "make-data-count"
    schema = orjson.loads((folder / "sushi_usage_schema.json").read_bytes())
    jsonschema.Draft4Validator(schema).validate(orjson.loads(block("report")))

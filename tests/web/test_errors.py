"""Errors: problem documents for programs, pages for people, and nothing of our insides."""

import logging

import pytest
from tests.web.web_portal import HTML, JSON, Client, Portal

from citycommons.core.errors import CityError
from citycommons.web import datasets

FIVE = {"type", "title", "status", "detail", "instance"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/absent", 404),
        ("GET", "/datasets/absent", 404),
        ("GET", "/datasets/absent.json", 404),
        ("GET", "/datasets/counts/rows?x=1", 422),
        ("POST", "/datasets", 401),
        ("PATCH", "/datasets", 405),
        ("GET", "/desk", 401),
        ("GET", "/publishers/absent", 404),
        ("GET", "/datasets/counts/versions/one/withdraw", 405),
        ("DELETE", "/datasets/counts/versions/one", 404),
        ("BREW", "/", 405),
    ],
)
def test_a_program_gets_a_problem_document(
    client: Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) >= FIVE
    assert body["status"] == status
    assert body["instance"] == path.partition("?")[0]
    assert body["detail"].endswith((".", "”"))


def test_a_wrong_method_says_which_there_are(client: Client) -> None:
    answer = client.request("PATCH", "/datasets")
    assert {"GET", "POST"} <= set(answer.headers["allow"].replace(" ", "").split(","))


def test_a_person_gets_a_page_in_their_language(portal: Portal) -> None:
    client = portal.client(**HTML)
    answer = client.get("/datasets/absent?lang=de")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert '<html lang="de"' in answer.text
    assert "absent" in answer.text


def test_what_a_person_typed_is_escaped_in_the_page(portal: Portal) -> None:
    answer = portal.client(**HTML).get("/datasets/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("headers", [JSON, HTML])
def test_an_unexpected_error_shows_a_number_that_is_in_the_log_and_no_text(
    portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    headers: dict[str, str],
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(datasets, "looked_at", breaks)
    monkeypatch.setattr(datasets.pages, "dataset", breaks)
    with caplog.at_level(logging.ERROR, logger="citycommons.web"):
        answer = portal.client(**headers).get("/datasets/counts?key=private")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "Traceback" not in answer.text
    number = caplog.records[0].getMessage().partition(":")[0]
    assert len(number) == 8
    assert number in answer.text
    assert "the secret of the house" in caplog.text
    assert "private" not in caplog.text  # nothing of the query


def test_every_kind_of_error_has_its_status(portal: Portal) -> None:
    kinds = {kind.__name__: kind.http_status for kind in _all(CityError)}
    assert kinds["NotFound"] == 404
    assert kinds["Invalid"] == 422
    assert kinds["Forbidden"] == 403
    assert kinds["Conflict"] == 409
    assert kinds["Unavailable"] == 503
    assert kinds["TooMuch"] == 413
    assert kinds["TooOften"] == 429
    assert kinds["Withdrawn"] == 410
    assert all(400 <= status < 600 for status in kinds.values())


def _all(kind: type[CityError]) -> list[type[CityError]]:
    return [one for sub in kind.__subclasses__() for one in (sub, *_all(sub))]

"""Forms that people fill in: open to whom they are for, bounded, and kept whatever happens."""

import json

import pytest
from tests.web.web_portal import HTML, ROADS, Client, Portal, described, table

from citycommons.collect import sources
from citycommons.collect.form import ANSWERS
from citycommons.core.types import SYSTEM, Mode, Rule, Source, SourceId
from citycommons.share import arrive, publish
from citycommons.store import catalogue
from citycommons.web import answers
from citycommons.web.limits import Limiter


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_each", Limiter(6))


def opened(portal: Portal, who: str = "anyone", **changed: object) -> SourceId:
    source = Source(
        id=SourceId("potholes"),
        title="Tell us of potholes",
        connector="form",
        options={"who": who, "privacy": "Ask the office for roads."},
        publisher=ROADS,
        owner=SYSTEM.id,
        dataset=described("counts").id,
        mode=Mode.APPEND,
    )
    with portal.city.work(SYSTEM) as work:
        rules = (Rule(kind="range", columns=("count",), options={"minimum": 0}),)
        publish.describe(work, described("counts", rules=rules))
        sources.save(work, source)
    return source.id


def kept(portal: Portal) -> list[dict[str, object]]:
    path = portal.city.settings.home / "sources" / "potholes" / ANSWERS
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def visitor(portal: Portal) -> tuple[Client, str]:
    client = portal.client(**HTML)
    page = client.get("/forms/potholes")
    assert page.status_code == 200
    return client, page.text.split('name="_csrf_token" value="')[1].split('"')[0]


GOOD = {"answer-0": "7", "answer-1": "Street 3", "answer-2": "12"}


def test_anyone_answers_an_open_form_and_the_answer_is_kept(portal: Portal) -> None:
    opened(portal)
    client, token = visitor(portal)
    page = client.get("/forms/potholes").text
    assert "Tell us of potholes" in page
    assert "published for everybody to read" in page
    assert "Ask the office for roads." in page
    assert 'min="0.0"' in page
    assert "geometry" not in page
    done = client.post("/forms/potholes", data={**GOOD, "_csrf_token": token})
    assert "Your answer is kept" in done.text
    assert kept(portal) == [{"id": 7, "street": "Street 3", "count": 12}]


def test_a_form_from_nowhere_is_refused(portal: Portal) -> None:
    opened(portal)
    assert portal.client(**HTML).post("/forms/potholes", data=GOOD).status_code in (401, 403)
    assert kept(portal) == []


def test_a_wrong_answer_keeps_what_was_typed_and_says_where(portal: Portal) -> None:
    opened(portal)
    client, token = visitor(portal)
    for wrong in ({"answer-2": "-3"}, {"answer-2": "many"}, {"answer-0": ""}):
        page = client.post(
            "/forms/potholes",
            data={**GOOD, "answer-1": "Half a street", **wrong, "_csrf_token": token},
        )
        assert page.status_code == 422
        assert "Half a street" in page.text
        assert 'aria-invalid="true"' in page.text
    assert kept(portal) == []


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(portal: Portal) -> None:
    opened(portal)
    client, token = visitor(portal)
    done = client.post("/forms/potholes", data={**GOOD, "website": "x", "_csrf_token": token})
    assert "Your answer is kept" in done.text
    assert kept(portal) == []


def test_who_answers_again_and_again_has_to_wait(portal: Portal) -> None:
    opened(portal)
    client, token = visitor(portal)
    found = [
        client.post("/forms/potholes", data={**GOOD, "_csrf_token": token}).status_code
        for _ in range(8)
    ]
    assert found[:6] == [200] * 6
    assert found[-1] == 429
    assert len(kept(portal)) == 6


def test_a_form_for_people_with_an_account_asks_to_sign_in(portal: Portal) -> None:
    opened(portal, who="signed-in")
    sent = portal.client(**HTML).get("/forms/potholes", follow_redirects=False)
    assert sent.headers["location"].startswith("/sign-in?")
    rita = portal.browser(portal.actor("rita"))
    assert rita.get("/forms/potholes").status_code == 200
    assert rita.post("/forms/potholes", data=GOOD).status_code == 200
    assert len(kept(portal)) == 1


def test_no_form_and_a_form_that_rests(portal: Portal) -> None:
    assert portal.client(**HTML).get("/forms/potholes").status_code == 404
    id = opened(portal)
    with portal.city.work(SYSTEM) as work:
        sources.pause(work, id)
    assert portal.client(**HTML).get("/forms/potholes").status_code == 409


def test_answers_become_the_next_version(portal: Portal) -> None:
    portal.publish(described("holes"), table(30).select(["id", "street", "count"]))
    with portal.city.work(SYSTEM) as work:
        source = Source(
            id=SourceId("potholes"), title="Potholes", connector="form",
            options={"who": "anyone"}, publisher=ROADS, owner=SYSTEM.id,
            dataset=described("holes").id, mode=Mode.APPEND, every="PT1H",
        )  # fmt: skip
        sources.save(work, source)
    client, token = visitor(portal)
    for number in (100, 101):
        given = {"answer-0": str(number), "answer-1": "Street 1", "answer-2": "5"}
        client.post("/forms/potholes", data={**given, "_csrf_token": token})
    assert arrive.run_due(portal.city)
    with portal.city.work(SYSTEM) as work:
        version = catalogue.version(work.db, described("holes").id)
    assert version is not None
    assert (version.number, version.rows) == (2, 32)

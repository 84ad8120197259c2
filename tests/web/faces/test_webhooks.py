"""Webhooks by key, and the page of one's account on which people make them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.web_portal import Client, Portal, described, open_portal, table

from citycommons.collect.sending import Sent
from citycommons.core.settings import Settings
from citycommons.core.types import Actor, Grant, Role
from citycommons.engage import telling
from citycommons.jobs import worker
from citycommons.store.audit import entries
from citycommons.store.work import City
from citycommons.web.faces.check import check_face
from citycommons.web.faces.webhooks import Webhooks

URL = "https://receiver.example/hook"


@pytest.fixture
def portal(tmp_path: Any) -> Iterator[Portal]:
    city = City.create(Settings(home=tmp_path / "home", requests_per_minute=1_000_000))
    made = open_portal(city)
    worker.work_off(city)
    yield made
    city.close()


@pytest.fixture
def ada(portal: Portal) -> Actor:
    return portal.actor("ada")


def make(client: Client, **more: Any) -> Any:
    answer = client.post("/webhooks", json={"url": URL, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def deliver(portal: Portal, *answers: Sent) -> list[str]:
    """What was sent to which address."""
    told: list[str] = []
    left = list(answers)

    def sender(url: str, *_: Any, **__: Any) -> Sent:
        told.append(url)
        return left.pop(0) if left else Sent(status=200, reason="OK")

    worker.work_off(portal.city)
    while telling.deliver_next(portal.city, sender):
        pass
    return told


def test_the_face_keeps_to_what_faces_keep_to() -> None:
    assert len(check_face(Webhooks())) == 7


def test_a_program_has_its_address_told_and_sees_what_was_sent(portal: Portal, ada: Actor) -> None:
    client = portal.program(ada, "discover")
    hook = make(client, dataset="counts", events=["version.published"])
    assert hook["secret"].startswith("whsec_")
    assert client.get("/webhooks").json()["webhooks"][0]["id"] == hook["id"]
    assert "secret" not in client.get(f"/webhooks/{hook['id']}").json()
    portal.publish(described("counts"), table(50))
    assert deliver(portal) == [URL]
    sent = client.get(f"/webhooks/{hook['id']}/deliveries").json()["deliveries"]
    assert [(one["event"], one["status"]) for one in sent] == [("version.published", 200)]
    assert sent[0]["id"].startswith("msg_")
    assert client.post(f"/webhooks/{hook['id']}/test").status_code == 202
    assert deliver(portal, Sent(status=410, reason="Gone")) == [URL]
    assert "gone" in client.get(f"/webhooks/{hook['id']}").json()["disabled_reason"]
    assert client.post(f"/webhooks/{hook['id']}/test").status_code == 409
    assert client.post(f"/webhooks/{hook['id']}/enable").json()["disabled"] is None
    assert client.delete(f"/webhooks/{hook['id']}").status_code == 204
    assert client.get(f"/webhooks/{hook['id']}").status_code == 404
    with portal.city.work(ada) as work:
        written = [one.action for one in entries(work.db) if "webhook" in one.action]
    assert written[::-1] == [
        *("create-webhook", "test-webhook", "disable-webhook", "enable-webhook", "remove-webhook")
    ]


def test_only_a_key_opens_the_api_of_webhooks(portal: Portal, ada: Actor) -> None:
    hook = make(portal.program(ada, "discover"))
    for client in (portal.client(accept="application/json"), portal.browser(ada)):
        for path in ("/webhooks", f"/webhooks/{hook['id']}"):
            assert client.get(path, headers={"accept": "application/json"}).status_code == 401
        answer = client.post("/webhooks", json={"url": URL}, headers={"accept": "*/*"})
        assert answer.status_code == 401
    officer = portal.actor("officer", Grant(role=Role.DATA_OFFICER))
    narrow = portal.program(officer, "publish")
    assert narrow.post("/webhooks", json={"url": URL}).status_code == 403
    other = portal.program(officer, "discover")
    assert other.get(f"/webhooks/{hook['id']}").status_code == 404
    assert other.delete(f"/webhooks/{hook['id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"\xff", b'{"url": 1}', b'{"url": "x", "more": 1}', b'{"events": []}'),
        b'{"url": "http://10.1.2.3/"}',
        b'{"url": "https://a.example/", "dataset": "drafts"}',
        b'{"url": "https://a.example/", "events": ["version.eaten"]}',
    ],
)
def test_what_is_asked_wrongly_is_told(portal: Portal, ada: Actor, body: bytes) -> None:
    answer = portal.program(ada, "discover").post("/webhooks", content=body)
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_person_makes_tests_and_removes_a_webhook_on_a_page(portal: Portal, ada: Actor) -> None:
    browser = portal.browser(ada)
    assert "/account/webhooks" in browser.get("/account").text
    typed = {"url": URL, "topic": "publisher:parks", "event": ["version.published"]}
    page = browser.post("/account/webhooks", data=typed)
    assert page.status_code == 200
    secret = re.findall(r"whsec_[A-Za-z0-9+/=]+", page.text)
    assert len(secret) == 1
    again = browser.get("/account/webhooks").text
    assert secret[0] not in again
    assert "Office for Parks: a version is published" in again
    here = "/account/webhooks/" + re.findall(r'id="(wh-[0-9a-f]+)"', again)[0]
    answer = browser.post(f"{here}/test", follow_redirects=False)
    assert answer.headers["location"] == "/account/webhooks?done=test"
    assert "waits" in browser.get("/account/webhooks").text
    deliver(portal, Sent(status=503, reason="Busy"))
    page = browser.get("/account/webhooks").text
    assert "tried once" in page
    assert "it answers 503 Busy" in page
    portal.publish(described("trees", publisher="parks"), table(11))
    assert browser.post(f"{here}/remove", follow_redirects=False).status_code == 303
    assert URL not in browser.get("/account/webhooks").text
    assert deliver(portal) == []


def test_what_was_typed_stays_when_it_cannot_be_used(portal: Portal, ada: Actor) -> None:
    typed = {"url": "http://10.0.0.9/x", "topic": "dataset", "dataset": "counts", "event": []}
    page = portal.browser(ada).post("/account/webhooks", data=typed)
    assert page.status_code == 422
    assert "is an address inside this network" in page.text
    assert 'value="http://10.0.0.9/x"' in page.text
    assert 'value="counts"' in page.text
    given = portal.browser(ada).get("/account/webhooks?dataset=counts").text
    assert 'value="counts"' in given


def test_nobody_elses_webhook_is_touched_by_a_page(portal: Portal, ada: Actor) -> None:
    hook = make(portal.program(ada, "discover"))
    eve = portal.browser(portal.actor("eve"))
    for act in ("test", "enable", "remove"):
        assert eve.post(f"/account/webhooks/{hook['id']}/{act}").status_code == 404
    assert URL not in eve.get("/account/webhooks").text

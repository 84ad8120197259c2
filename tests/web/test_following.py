"""Following road works in the browser: forms, links of messages, and one click to stop."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.web_portal import HTML, Client, Portal, open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE
from citycommons.engage.followers import following, telling
from citycommons.store import followers as rows
from citycommons.store.work import City

PATH = "/roadworks/follow"


@pytest.fixture
def portal(tmp_path: Any) -> Iterator[Portal]:
    city = City.create(
        Settings(home=tmp_path / "home", public_url="http://portal.example", language="en")
    )
    yield open_portal(city)
    city.close()


def csrf(html: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def post(client: Client, path: str, page: str, **form: str) -> Any:
    return client.post(path, data={"_csrf_token": csrf(page), **form}, headers=HTML)


def ask(client: Client, **form: str) -> Any:
    page = client.get(f"{PATH}?street=Hansaring", headers=HTML).text
    given = {"what": "street", "street": "Hansaring", "email": "jo@example.org"} | form
    return post(client, PATH, page, **given)


def link_of(portal: Portal) -> str:
    while telling.deliver_next(portal.city):
        pass
    (path,) = (portal.city.settings.home / "mail").glob("*.eml")
    text = path.read_text().replace("=\n", "").replace("=3D", "=")
    found = re.search(r"http://portal\.example(/roadworks/follow/\S+)", text)
    assert found is not None
    return found[1].replace("/unsubscribe", "").rstrip(">")


def count(portal: Portal) -> int:
    with portal.city.work(ANYONE) as work:
        return len(rows.of_address(work.db, "email", "jo@example.org"))


def test_a_citizen_asks_says_yes_and_stops_without_script(portal: Portal) -> None:
    client = portal.client()
    answer = ask(client)
    assert answer.status_code in (200, 201)
    assert "Look into your mailbox" in answer.text
    link = link_of(portal)
    page = client.get(link, headers=HTML)
    assert "Do you want to be told?" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "Do you want" in client.get(link, headers=HTML).text  # opening it changed nothing
    path, _, query = link.partition("?")
    token = query.partition("&")[0].removeprefix("token=")
    yes = post(client, f"{path}/confirm", page.text, token=token)
    assert "You follow road works" in yes.text
    stopped = post(client, f"{path}/stop", yes.text, token=token)
    assert "your address is gone" in stopped.text
    assert count(portal) == 0
    assert client.get(link, headers=HTML).status_code == 404


def test_a_mail_program_stops_with_one_click(portal: Portal) -> None:
    ask(portal.client())
    path, _, query = link_of(portal).partition("?")
    program = portal.client()
    wrong = program.post(f"{path}/unsubscribe?token=guess")
    assert wrong.status_code == 404
    assert count(portal) == 1
    done = program.post(f"{path}/unsubscribe?{query}", data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert count(portal) == 0


def test_the_answer_is_the_same_for_an_address_that_follows_already(portal: Portal) -> None:
    client = portal.client()
    first = ask(client).text
    second = ask(client).text
    hide = re.compile(r'value="[^"]{20,}"')
    assert hide.sub("", first) == hide.sub("", second)
    assert count(portal) == 1


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"email": "nobody"}, "no e-mail address"),
        ({"email": "a@b.de\r\nBcc: x@y.de"}, "no e-mail address"),
        ({"street": "x"}, "Which street?"),
        ({"what": "area"}, "Which area?"),
        ({"what": "area", "area": "1,1,0,0"}, "bbox"),
        ({"what": "area", "area": "-170,-80,170,80"}, "larger than any city"),
    ],
)
def test_what_cannot_be_used_is_told_beside_what_was_typed(
    portal: Portal, form: dict[str, str], told: str
) -> None:
    answer = ask(portal.client(), **form)
    assert answer.status_code == 422
    assert told in answer.text
    assert count(portal) == 0


def test_a_form_of_another_site_asks_nothing(portal: Portal) -> None:
    client = portal.client()
    client.get(PATH, headers=HTML)
    answer = client.post(PATH, data={"email": "jo@example.org", "street": "Hansaring"})
    assert answer.status_code == 403
    assert count(portal) == 0


def test_a_browser_follows_and_is_given_its_way_out(portal: Portal) -> None:
    client = portal.client()
    page = client.get(PATH, headers=HTML).text
    key = client.get(f"{PATH}/key").text
    assert len(following._decoded(key)) == 65
    answer = post(
        client,
        f"{PATH}/push",
        page,
        what="street",
        street="Hansaring",
        endpoint="https://push.example/1",
        p256dh=key,
        auth="MDEyMzQ1Njc4OWFiY2RlZg",
    )
    assert answer.status_code in (200, 201)
    assert "You follow road works" in client.get(answer.text, headers=HTML).text


def test_the_worker_of_the_browser_may_serve_what_lies_below_road_works(portal: Portal) -> None:
    answer = portal.client().get("/roadworks/push-worker.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("language", ["en", "it", "fr", "de"])
def test_the_form_answers_in_each_language(portal: Portal, language: str) -> None:
    answer = portal.client().get(f"{PATH}?lang={language}&street=a%22%3E<b>", headers=HTML)
    assert answer.status_code == 200
    assert "<b>" not in answer.text

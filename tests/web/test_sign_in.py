"""Signing in, signing out, and one's own account."""

import re

import pytest
from tests.web.web_portal import HTML, Portal

from citycommons.core.types import SYSTEM, ActorId
from citycommons.govern import people
from citycommons.web.app import handlers

SECRET = "seven cats on a mat"


@pytest.fixture
def ada(portal: Portal) -> None:
    with portal.city.work(SYSTEM) as work:
        people.create(work, name="Ada", email="ada@city.example", password=SECRET, id="ada")


def form(page: str) -> dict[str, str]:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert found
    return {"_csrf_token": found[1]}


def enter(client, password: str = SECRET, email: str = "ada@city.example", to: str = "/desk"):
    page = client.get("/sign-in", params={"next": to}).text
    given = {"email": email, "password": password, "next": to}
    return client.post("/sign-in", data={**form(page), **given}, follow_redirects=False)


@pytest.mark.usefixtures("ada")
def test_the_right_password_opens_the_desk_and_signing_out_closes_it(portal: Portal) -> None:
    client = portal.client(**HTML)
    answer = enter(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    desk = client.get("/desk", follow_redirects=False)
    assert desk.status_code == 200
    assert desk.headers["cache-control"] == "no-store"
    client.post("/sign-out", data=form(desk.text), follow_redirects=False)
    assert client.get("/desk", follow_redirects=False).status_code in (303, 401)


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@city.example", "wrong"), ("nobody@city.example", SECRET), ("", ""), ("' OR 1=1", "x")],
)
def test_a_wrong_password_says_the_same_as_an_unknown_address(
    portal: Portal, email: str, password: str
) -> None:
    answer = enter(portal.client(**HTML), password, email)
    assert answer.status_code == 403
    assert "do not open an account" in answer.text
    assert password == "" or f'value="{password}"' not in answer.text


@pytest.mark.usefixtures("ada")
def test_after_five_failures_nobody_gets_in_for_a_while(portal: Portal) -> None:
    client = portal.client(**HTML)
    for _ in range(5):
        assert enter(client, "wrong").status_code == 403
    answer = enter(client)
    assert answer.status_code == 429
    assert "Too many failed attempts" in answer.text


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "x"])
def test_nobody_is_sent_to_another_site_after_signing_in(portal: Portal, to: str) -> None:
    assert enter(portal.client(**HTML), to=to).headers["location"] == "/"


@pytest.mark.usefixtures("ada")
def test_a_form_from_another_site_is_refused(portal: Portal) -> None:
    client = portal.client(**HTML)
    page = client.get("/sign-in").text
    given = {**form(page), "email": "ada@city.example", "password": SECRET}
    foreign = client.post("/sign-in", data=given, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    forged = {**given, "_csrf_token": "0" * 64}
    assert client.post("/sign-in", data=forged).status_code == 403


@pytest.mark.usefixtures("ada")
def test_the_session_changes_with_signing_in(portal: Portal) -> None:
    client = portal.client(**HTML)
    client.cookies.set("session", "known-before")
    enter(client)
    tokens = {c.value for c in client.cookies.jar if c.name == "session"}
    assert tokens - {"known-before"}
    assert client.get("/desk", follow_redirects=False).status_code == 200


@pytest.mark.usefixtures("ada")
def test_a_password_is_changed_with_the_old_one_only(portal: Portal) -> None:
    client = portal.client(**HTML)
    enter(client)
    page = client.get("/account").text
    new = "nine dogs in a fog"
    wrong = client.post("/account/password", data={**form(page), "old": "no", "new": new})
    assert wrong.status_code == 422
    assert "old password is not right" in wrong.text
    right = client.post("/account/password", data={**form(page), "old": SECRET, "new": new})
    assert "The password is changed" in right.text
    assert enter(portal.client(**HTML), new).status_code == 303


def test_a_key_is_shown_once_and_can_be_revoked(portal: Portal) -> None:
    stella = portal.actor("stella")
    client = portal.browser(stella)
    none = client.post("/account/keys", data={"label": "Nightly", "days": "30"})
    assert none.status_code == 422
    assert 'value="Nightly"' in none.text
    scopes = {"scope": ["discover", "read"], "days": "30"}
    made = client.post("/account/keys", data={"label": "Nightly", **scopes})
    found = re.search(r"cc_([0-9a-f]{12})_[0-9a-f]{64}", made.text)
    assert found
    program = portal.client(accept="application/json", authorization=f"Bearer {found[0]}")
    assert program.get("/datasets/plans/rows").status_code == 200
    assert found[0] not in client.get("/account").text
    client.post(f"/account/keys/{found[1]}/revoke")
    assert program.get("/datasets/plans/rows").status_code == 401


def test_somebody_elses_key_cannot_be_revoked(portal: Portal) -> None:
    stella, otto = portal.actor("stella"), portal.actor("otto")
    made = portal.browser(stella).post("/account/keys", data={"label": "x", "scope": "read"})
    id = re.search(r"cc_([0-9a-f]{12})_", made.text)
    assert id
    assert portal.browser(otto).post(f"/account/keys/{id[1]}/revoke").status_code == 404


def test_a_chosen_language_stays(portal: Portal) -> None:
    client = portal.browser(portal.actor("stella"))
    client.post("/account/language", data={"language": "de"})
    assert client.cookies["lang"] == "de"
    assert '<html lang="de">' in client.get("/account").text
    assert client.post("/account/language", data={"language": "xx"}).status_code == 422


def test_signing_out_everywhere_ends_other_browsers_too(portal: Portal) -> None:
    stella = portal.actor("stella")
    one, two = portal.browser(stella), portal.browser(stella)
    one.post("/account/sign-out-everywhere", follow_redirects=False)
    assert two.get("/desk", follow_redirects=False).status_code in (303, 401)


def test_an_account_page_is_for_people_not_for_keys(portal: Portal) -> None:
    program = portal.program(portal.actor("stella"), "read")
    assert program.get("/account").status_code == 403
    assert ActorId("stella") == portal.actor("stella").id
    assert any("/account" in one.paths for one in handlers())

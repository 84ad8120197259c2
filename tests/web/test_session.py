"""Forgery, fixation, cookies: a session is worth what protects it."""

import pytest
from tests.web.web_portal import HTML, JSON, ROLES, Client, Portal

from citycommons.core.types import SYSTEM
from citycommons.govern import people
from citycommons.store.people import kept_token
from citycommons.web.session import csrf_of, key_of

PASSWORD = "long enough to keep"


@pytest.fixture
def ada(portal: Portal) -> Portal:
    with portal.city.work(SYSTEM) as work:
        people.create(work, name="Ada", id="ada", email="ada@city.example", password=PASSWORD)
        for grant in ROLES["administrator-of-city"]:
            people.give(work, "ada", grant)  # type: ignore[arg-type]
    return portal


def sign_in(client: Client, **headers: str) -> tuple[str, str]:
    """The session token, and the whole Set-Cookie of it."""
    page = client.get("/sign-in").text
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    form = {"_csrf_token": token, "email": "ada@city.example", "password": PASSWORD}
    answer = client.post("/sign-in", data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == 303, answer.text[:500]
    line = next(
        one for one in answer.headers.get_list("set-cookie") if "session=" in one.partition(";")[0]
    )
    return line.partition("=")[2].partition(";")[0], line


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(ada: Portal) -> None:
    _, line = sign_in(ada.client(**HTML))
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert "Path=/" in line
    assert "Domain" not in line
    assert "Secure" not in line  # this portal speaks http


def test_with_https_the_cookie_is_secure_and_bound_to_the_host(ada: Portal) -> None:
    ada.reopen(proxies=("testclient",))
    client = ada.client(**HTML, **{"x-forwarded-proto": "https"})
    client.base_url = "https://portal.example"  # type: ignore[assignment]
    token, line = sign_in(client, origin="https://portal.example")
    assert line.startswith("__Host-session=")
    assert "Secure" in line
    answer = client.get("/desk")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"]
    plain = ada.client(**HTML, cookie=f"__Host-session={token}")
    assert plain.get("/desk", follow_redirects=False).status_code == 303


def test_a_planted_session_is_not_taken_over(ada: Portal) -> None:
    client = ada.client(**HTML)
    client.cookies.set("session", "planted-by-somebody")
    token, _ = sign_in(client)
    assert token != "planted-by-somebody"
    planted = ada.client(**HTML, cookie="session=planted-by-somebody")
    assert planted.get("/desk", follow_redirects=False).status_code == 303


def test_signing_in_again_ends_the_session_before(ada: Portal) -> None:
    actor = ada.actor("bob")
    client = ada.browser(actor)
    before = client.cookies["session"]
    form = {"email": "ada@city.example", "password": PASSWORD}
    answer = client.post("/sign-in", data=form, follow_redirects=False)
    assert answer.status_code == 303
    old = ada.client(**HTML, cookie=f"session={before}")
    assert old.get("/desk", follow_redirects=False).status_code == 303


def test_a_form_without_its_token_is_refused_and_changes_nothing(ada: Portal) -> None:
    client = ada.client(**HTML)
    token, _ = sign_in(client)
    for given in ({}, {"_csrf_token": ""}, {"_csrf_token": "0" * 64}, {"csrf": csrf_of("other")}):
        answer = client.post("/sign-out", data=given, follow_redirects=False)
        assert answer.status_code == 403
    assert client.get("/desk").status_code == 200
    answer = client.post("/sign-out", data={"csrf": csrf_of(token)}, follow_redirects=False)
    assert answer.status_code == 303
    assert client.get("/desk", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://portal.example.evil.example"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_its_token(
    ada: Portal, headers: dict[str, str]
) -> None:
    client = ada.client(**HTML)
    token, _ = sign_in(client)
    answer = client.post("/sign-out", data={"csrf": csrf_of(token)}, headers=headers)
    assert answer.status_code == 403
    assert client.get("/desk").status_code == 200


def test_the_token_of_one_session_does_not_serve_another(ada: Portal) -> None:
    first, second = ada.client(**HTML), ada.client(**HTML)
    token, _ = sign_in(first)
    sign_in(second)
    answer = second.post("/sign-out", data={"csrf": csrf_of(token)}, follow_redirects=False)
    assert answer.status_code == 403


def test_a_sign_in_form_needs_its_token_too(ada: Portal) -> None:
    form = {"email": "ada@city.example", "password": PASSWORD}
    client = ada.client(**HTML)
    assert client.post("/sign-in", data=form).status_code == 401
    client.get("/sign-in")
    assert client.post("/sign-in", data=form).status_code == 403


def test_a_session_that_ended_is_nobody(ada: Portal) -> None:
    from datetime import timedelta

    from citycommons.store import people as rows

    actor = ada.actor("bob")
    client = ada.browser(actor)
    assert client.get("/desk").status_code == 200
    with ada.city.work(SYSTEM) as work:
        name = kept_token(client.cookies["session"])
        rows.extend_session(work.db, name, work.now - timedelta(seconds=1))
    assert client.get("/desk", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "next_address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"],
)
def test_signing_in_never_leads_to_another_site(ada: Portal, next_address: str) -> None:
    client = ada.client(**HTML)
    page = client.get("/sign-in").text
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    form = {"_csrf_token": token, "email": "ada@city.example", "password": PASSWORD}
    answer = client.post("/sign-in", data=form | {"next": next_address}, follow_redirects=False)
    location = answer.headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\n" not in location


def test_a_key_needs_no_form_token_and_sets_no_cookie(ada: Portal) -> None:
    boss = ada.actor("boss", *ROLES["administrator-of-city"])
    client = ada.program(boss, "withdraw", "discover", "read")
    answer = client.delete("/datasets/counts/versions/1?reason=a+test")
    assert answer.status_code == 200, answer.text
    assert "set-cookie" not in answer.headers


def test_a_key_that_may_not_discover_finds_nothing_in_any_shape(ada: Portal) -> None:
    blind = ada.program(ada.actor("boss", *ROLES["administrator-of-city"]), "publish")
    for path in ("/datasets", "/datasets?q=counts", "/publishers/roads"):
        assert "/datasets/counts" in ada.client(**HTML).get(path).text
        for shape in (HTML, JSON):
            assert "/datasets/counts" not in blind.get(path, headers=shape).text, (path, shape)
    assert blind.get("/datasets").json()["total"] == 0


@pytest.mark.parametrize("text", ["nonsense", "cc_x_y", "cc_" + "0" * 12 + "_" + "0" * 64])
def test_a_key_that_opens_nothing_is_refused_even_for_open_data(ada: Portal, text: str) -> None:
    for headers in ({"authorization": f"Bearer {text}"}, {"x-api-key": text}):
        answer = ada.client(**headers).get("/datasets/counts.json")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["title"] == "Not signed in"


def test_a_key_is_read_from_either_header() -> None:
    assert key_of({"authorization": "bearer  cc_a_b "}) == "cc_a_b"
    assert key_of({"x-api-key": "cc_a_b"}) == "cc_a_b"
    assert key_of({"authorization": "Basic abc"}) == ""
    assert key_of({}) == ""

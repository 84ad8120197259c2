"""Every route with every role: each behaves as it declares, and none is without a declaration."""

import re
from collections.abc import Iterator

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from tests.web.web_portal import HTML, ROLES, Client, Portal, open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE, SYSTEM, Actor, Dataset, PublisherId
from citycommons.govern.access import Action, allows, allows_anywhere
from citycommons.store import catalogue
from citycommons.store.work import City
from citycommons.web.app import create_app, handlers
from citycommons.web.security import UNSAFE, May


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One portal for the whole walk: nothing that is refused changes it."""
    settings = Settings(
        home=tmp_path_factory.mktemp("walk") / "home", requests_per_minute=1_000_000_000
    )
    city = City.create(settings)
    yield open_portal(city)
    city.close()


DATASETS = ("counts", "plans", "drafts", "trees", "entry")
OPEN = (Action.DISCOVER, Action.READ)
REFUSED = (401, 403)
# Answers that show nobody stood in the way: done, sent on, not changed, or the request was wrong
# (an empty form, a version that is not there).
LET_IN = (200, 201, 204, 206, 303, 304, 400, 404, 406, 409, 410, 412, 413, 422)


def routes(portal: Portal) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """(method, path with braces, handler) of the whole application."""
    for route in portal.app.routes:
        assert isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                yield method, route.path_format, handler


def path_of(template: str, dataset: str) -> str:
    """The address with its holes filled."""
    if "/data/" in template:
        return template.replace("{name}", f"{dataset}@latest.csv")
    filled = re.sub(r"\{(name|dataset)\}", dataset, template)
    if re.search(r"/datasets/\{id\}", filled):
        filled = filled.replace("{id}", dataset)
    if "/publishers/" in filled:
        filled = filled.replace("{id}", "roads")
    filled = filled.replace("{number}", "1")
    return re.sub(r"\{[^}]*\}", "none", filled)


def call(client: Client, method: str, path: str) -> int:
    given = {"content": b""} if method in UNSAFE else {}
    if path.endswith("/diff"):
        path += "?from=1&to=1"
    return client.request(method, path, follow_redirects=False, **given).status_code


def is_refused(client: Client, method: str, path: str) -> bool:
    """Refused, or a browser sent to sign in first; anything else must be a sane answer."""
    given = {"content": b""} if method in UNSAFE else {}
    asked = path + ("?from=1&to=1" if path.endswith("/diff") else "")
    answer = client.request(method, asked, follow_redirects=False, **given)
    if answer.headers.get("location", "").startswith("/sign-in?"):
        return True
    status = answer.status_code
    assert status in REFUSED + LET_IN, f"{method} {path}: {status} {answer.text[:300]}"
    return status in REFUSED


def expected(actor: Actor, may: May | Action, thing: Dataset | None) -> bool | None:
    """Whether the actor is let in; None where it depends on more than roles (one's own draft)."""
    if may is May.ANYONE:
        return True
    if may is May.SIGNED_IN:
        return actor is not ANYONE
    assert isinstance(may, Action)
    if thing is not None:
        return allows(actor, may, thing)
    if may in OPEN:
        return True
    return None if allows_anywhere(actor, may) else False


def test_every_route_says_who_may(portal: Portal) -> None:
    for method, path, handler in routes(portal):
        assert isinstance(handler.opt.get("may"), May | Action), f"{method} {path}"


def test_a_route_that_does_not_say_it_stops_the_start(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litestar import get

    @get("/loose")
    async def loose() -> str:
        return "for all"

    monkeypatch.setattr("citycommons.web.assets.HANDLERS", [loose])
    with pytest.raises(LookupError, match="loose"):
        handlers()
    with pytest.raises(LookupError, match="loose"):
        create_app(portal.city)


def test_what_changes_something_is_closed_to_strangers(portal: Portal) -> None:
    """But for signing in itself, and forms that anyone is asked to fill in."""
    open_ones = {
        path
        for method, path, handler in routes(portal)
        if method in UNSAFE
        and handler.opt["may"] in (May.ANYONE, *OPEN)
        and handler.opt.get("by") != "key"  # sessions count for nothing there
    }
    follow = "/roadworks/follow"  # each asks the owner of an address, or needs the link's secret
    asked = {follow, f"{follow}/push", f"{follow}/{{id}}/confirm", f"{follow}/{{id}}/stop"}
    asked |= {"/reuses/new", "/requests/new", "/requests/{id}/vote"}  # bounded, see test_engage
    assert open_ones <= {"/sign-in", "/sign-out", "/forms/{id}"} | asked


@pytest.mark.parametrize("role", ["anyone", *ROLES])
def test_every_route_answers_this_role_as_it_declares(portal: Portal, role: str) -> None:
    actor = ANYONE if role == "anyone" else portal.actor(role, *ROLES[role])
    with portal.city.work(SYSTEM, may_write=False) as work:
        things = {id: catalogue.dataset(work.db, id) for id in DATASETS}  # type: ignore[arg-type]
    client = portal.browser(actor)
    token, was_unsafe = client.cookies.get("session", ""), False
    for method, template, handler in routes(portal):
        if (method, template) == ("POST", "/sign-in"):
            continue  # refuses by what is typed, not by role: see test_sign_in
        is_of_dataset = handler.opt.get("of") == "dataset"
        for id in DATASETS if is_of_dataset else DATASETS[:1]:
            path = path_of(template, id)
            if token and was_unsafe:  # it may have signed out
                portal.keep_signed_in(actor, token)
                client.cookies.clear()
                client.cookies.set("session", token)
            wants = expected(actor, handler.opt["may"], things[id] if is_of_dataset else None)
            was_unsafe = method in UNSAFE and template.startswith(("/sign-out", "/account"))
            if handler.opt.get("by") == "key":  # nobody's session: see each face's own tests
                continue
            if actor is ANYONE and method in UNSAFE:
                wants = False  # needs the token of a form that only a page gives
            refused = is_refused(client, method, path)
            if wants is None:
                continue
            if wants:
                assert not refused, f"{role}: {method} {path} refused"
            elif not refused:  # what one may not see is not there; nor is what does not exist
                status = call(client, method, path)
                assert is_of_dataset, f"{role}: {method} {path} let in"
                assert status == 404, f"{role}: {method} {path} gave {status}"


@pytest.mark.parametrize("scope", ["discover", "read", "describe", "publish", "withdraw"])
def test_a_key_opens_what_its_scope_says_and_nothing_else(portal: Portal, scope: str) -> None:
    """The key of an administrator of the city: its scope alone narrows it."""
    boss = portal.actor("boss", *ROLES["administrator-of-city"])
    client = portal.program(boss, scope)
    with portal.city.work(SYSTEM, may_write=False) as work:
        thing = catalogue.dataset(work.db, "counts")  # type: ignore[arg-type]
    for method, template, handler in routes(portal):
        path = path_of(template, "counts")
        may = handler.opt["may"]
        if may is May.ANYONE:
            continue
        status = call(client, method, path)
        needs = {may.value} | ({"discover"} if may is Action.READ else set())
        if may is May.SIGNED_IN or not needs & {scope}:
            assert status in (*REFUSED, 404), f"{scope}: {method} {path} gave {status}"
        elif may in OPEN and scope == may.value and may is Action.DISCOVER:
            assert status not in REFUSED or handler.opt.get("of") != "dataset"
    assert allows(boss, Action.READ, thing)


def test_a_hidden_dataset_answers_like_one_that_is_not_there(portal: Portal) -> None:
    stranger = portal.client(accept="application/json")
    for path in ("/datasets/{}", "/datasets/{}/rows", "/datasets/{}/versions", "/data/{}@1.csv"):
        hidden = stranger.get(path.format("drafts"))
        absent = stranger.get(path.format("absent"))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.text.replace("drafts", "absent") == absent.text


def test_a_browser_is_sent_to_sign_in_and_back(portal: Portal) -> None:
    client = portal.client(**HTML)
    answer = client.get("/desk?lang=de", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fdesk%3Flang%3Dde"


def test_nobody_outside_sees_another_publishers_internal_data(portal: Portal) -> None:
    other = portal.actor("other", *ROLES["administrator-of-parks"])
    client = portal.browser(other)
    assert client.get("/datasets/drafts.json").status_code == 404
    assert PublisherId("parks") not in client.get("/datasets/drafts.json").text

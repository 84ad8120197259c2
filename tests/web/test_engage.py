"""Reuses, stories and requests through the door: pages, programs, and abuse of both."""

import json
import re
from datetime import timedelta

import pytest
from tests.web.web_portal import HTML, JSON, PARKS, ROADS, Client, Portal

from citycommons.core.types import ANYONE, SYSTEM, Grant, Role
from citycommons.engage import answers
from citycommons.jobs import worker
from citycommons.store import reuses as reuse_rows
from citycommons.store import wanted as request_rows

OFFICER = Grant(role=Role.DATA_OFFICER, publisher=ROADS)
XSS = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>"


def token(client: Client, path: str) -> str:
    """The form token of a page."""
    page = client.get(path, headers=HTML)
    assert page.status_code == 200, page.text[:300]
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def send(client: Client, path: str, page: str = "", **fields: object):
    given = {"_csrf_token": token(client, page or path), **fields}
    return client.post(path, data=given, headers=HTML, follow_redirects=False)


@pytest.fixture
def steward(portal: Portal) -> Client:
    client = portal.browser(portal.actor("steward", OFFICER))
    client.headers.update(HTML)
    return client


@pytest.fixture
def stranger(portal: Portal) -> Client:
    return portal.client(**HTML | {"user-agent": "Mozilla/5.0 (X11; Linux)"})


def claim(**changed: object) -> dict[str, object]:
    given = {
        "title": "Bike map of class 7b",
        "kind": "school",
        "url": "https://school.example/bikes",
        "description": "Where it is safe.",
        "maker": "Class 7b",
        "datasets": ["counts"],
    }
    return given | changed


def only_id(city) -> str:
    with city.work(SYSTEM, may_write=False) as work:
        wanted = reuse_rows.Wanted(
            seen=reuse_rows.Seen(is_signed_in=True, publishers=None),
            states=frozenset(reuse_rows.ReuseState),
        )
        [one] = reuse_rows.find(work.db, wanted, limit=10)
        return one.id


def test_a_class_claims_its_project_and_the_steward_confirms_it(portal, stranger, steward):
    assert "Nothing is listed yet" in stranger.get("/reuses").text
    page = stranger.get("/datasets/counts").text
    assert "/reuses/new?dataset=counts" in page
    sent = send(stranger, "/reuses/new", **claim(), contact="teacher@school.example")
    assert (sent.status_code, sent.headers["location"]) == (303, "/reuses/new?told=1")
    assert "Thank you" in stranger.get("/reuses/new?told=1").text
    assert "Bike map" not in stranger.get("/reuses").text
    assert "Bike map" not in stranger.get("/datasets/counts").text
    id = only_id(portal.city)
    assert stranger.get(f"/reuses/{id}").status_code == 404
    assert stranger.get(f"/reuses/{id}/badge.svg").status_code == 404

    assert "Somebody made something with your data." in steward.get("/desk").text
    desk = steward.get("/desk/reuses").text
    assert "Bike map of class 7b" in desk
    assert "teacher@school.example" in desk
    done = send(steward, f"/desk/reuses/{id}/confirm", "/desk/reuses")
    assert done.status_code == 303
    assert "Take it back" in steward.get(done.headers["location"]).text

    for path in ("/reuses", f"/reuses/{id}", "/datasets/counts", "/feeds/reuses.atom"):
        shown = stranger.get(path)
        assert "Bike map of class 7b" in shown.text, path
        assert "teacher@" not in shown.text
    assert "in one school project" in stranger.get("/datasets/counts").text
    assert "one thing made with it" in stranger.get("/datasets/counts").text
    badge = stranger.get(f"/reuses/{id}/badge.svg")
    assert badge.headers["content-type"].startswith("image/svg+xml")
    assert "Made with data of Testville" in badge.text
    listed = stranger.get("/reuses.json?dataset=counts").json()
    assert listed["total"] == 1
    assert listed["kinds"] == {"school": 1}
    assert "contact" not in json.dumps(listed)
    assert stranger.get("/reuses.json?kind=app").json()["total"] == 0
    linked = stranger.get(f"/reuses/{id}.jsonld").json()
    assert linked["@type"] == ["LearningResource", "duv:Usage"]
    assert linked["isBasedOn"] == ["http://portal.example/datasets/counts"]
    turtle = stranger.get(f"/reuses/{id}.ttl").text
    assert "hasUsage" in turtle
    of_dataset = stranger.get("/datasets/counts.jsonld").json()
    assert of_dataset["duv:hasUsage"] == [{"@id": f"http://portal.example/reuses/{id}"}]

    undone = send(steward, f"/desk/reuses/{id}/reopen", "/desk/reuses")
    assert undone.status_code == 303
    assert "Bike map" not in stranger.get("/datasets/counts").text


def test_a_citizen_finds_nothing_asks_and_all_hear_of_it(portal, steward):
    people = [portal.client(**HTML | {"user-agent": f"Mozilla/5.0 (number {n})"}) for n in range(5)]
    for one in people:
        page = one.get("/datasets?q=Trinkbrunnen").text
        assert "/requests/new?title=Trinkbrunnen" in page
        assert one.get("/datasets?q=Trinkbrunnen").status_code == 200  # again: counts once
    maria = people[0]
    assert "Ask the city for them" in maria.get("/requests/new?title=Trinkbrunnen").text
    sent = send(
        maria,
        "/requests/new",
        "/requests/new?title=Trinkbrunnen",
        title="Trinkbrunnen",
        purpose="A map for hot days.",
        contact="maria@example.org",
    )
    assert sent.status_code == 303
    home = sent.headers["location"].partition("?")[0]
    for number, one in enumerate(people[1:]):
        address = f"p{number}@example.org" if number % 2 else ""
        voted = send(one, f"{home}/vote", home, contact=address)
        assert voted.headers["location"] == f"{home}?voted=1"
        send(one, f"{home}/vote", home)  # a second vote changes nothing
    assert maria.get(f"{home}.json").json()["votes"] == 5

    portal.city.missed.flush()
    desk = steward.get("/desk/demand").text
    assert "Trinkbrunnen" in desk
    assert "trinkbrunnen" in desk  # searched for in vain by five
    told = steward.get("/desk/demand/export.json").json()
    assert told["missed_searches"][0]["searches"] == 5
    sheet = steward.get("/desk/demand/export.csv").text
    assert "request,Trinkbrunnen,5,open" in sheet
    id = home.rpartition("/")[2]
    planned = send(
        steward,
        f"/desk/demand/{id}",
        state="planned",
        answer="Until summer.",
        datasets="http://portal.example/datasets/entry",
    )
    assert planned.status_code == 303
    assert "Until summer." in maria.get(home).text

    from tests.web.web_portal import described, table

    portal.publish(described("entry"), table(5))
    worker.work_off(portal.city)
    page = maria.get(home).text
    assert "We did" in page
    assert "I need it too" not in page
    assert "answers a request" in maria.get("/datasets/entry").text
    later = portal.city.clock() + timedelta(minutes=20)
    portal.city.clock = lambda: later
    while answers.deliver_next(portal.city):
        pass
    mails = [one.read_text() for one in (portal.city.settings.home / "mail").glob("*.eml")]
    assert len(mails) == 3
    assert all("/datasets/entry" in one for one in mails)
    with portal.city.work(SYSTEM, may_write=False) as work:
        assert request_rows.contact_uses(work.db, "maria@example.org") == 0


def test_nothing_typed_becomes_markup_anywhere(portal, stranger, steward):
    wild = claim(title=f"T {XSS}", maker=f"M {XSS}", description=f"D {XSS}")
    assert send(stranger, "/reuses/new", **wild).status_code == 303
    id = only_id(portal.city)
    send(steward, f"/desk/reuses/{id}/confirm", "/desk/reuses")
    asked = send(
        stranger,
        "/requests/new",
        "/requests/new?title=x",
        title=f"R {XSS}",
        purpose=f"P {XSS}",
        description=XSS,
    )
    request = asked.headers["location"].partition("?")[0]
    story = send(
        steward,
        "/desk/stories/new",
        **{
            "title-en": f"S {XSS}",
            "lead-en": XSS,
            "body-en": XSS + "\n\n[x](javascript:alert(1))",
            "datasets": "counts",
        },
    ).headers["location"]
    send(steward, f"/desk{story}/publish", story)
    pages = ["/reuses", f"/reuses/{id}", f"/reuses/{id}/badge.svg", "/datasets/counts", request]
    pages += ["/requests", "/stories", story, "/", "/feeds/reuses.atom", "/feeds/stories.atom"]
    pages += [f"/reuses?q={XSS}", f"/requests?q={XSS}", f"/requests/new?title={XSS}"]
    for path in pages:
        text = stranger.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert 'href="javascript' not in text.lower(), path
    for path in ("/desk/reuses?state=confirmed", "/desk/demand", "/desk/stories"):
        assert "<script>alert" not in steward.get(path).text, path


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"url": "javascript:alert(1)"}, "no address of a page"),
        ({"url": "https://127.0.0.1/x"}, "no address of a page"),
        ({"title": ""}, "empty"),
        ({"kind": "x"}, "Choose what it is"),
        ({"datasets": ["drafts"]}, "There is no dataset"),
        ({"description": "x" * 100_000}, "too long"),
        ({"contact": "nobody"}, "no e-mail address"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(stranger, wrong, says):
    sent = send(stranger, "/reuses/new", **claim(**wrong))
    assert sent.status_code == 422
    assert says in sent.text
    assert 'aria-invalid="true"' in sent.text or "kind" in wrong
    if "maker" not in wrong:
        assert "Class 7b" in sent.text


def test_ten_megabytes_are_refused_at_the_door(stranger):
    sent = send(stranger, "/reuses/new", **claim(description="x" * 10_000_000))
    assert sent.status_code == 413


def test_a_thousand_claims_a_minute_end_after_ten(portal, stranger):
    given = token(stranger, "/reuses/new")
    states = [
        stranger.post(
            "/reuses/new",
            data={"_csrf_token": given, **claim(url=f"https://spam{n}.example/")},
            follow_redirects=False,
        ).status_code
        for n in range(30)
    ]
    assert states.count(303) == 10
    assert states.count(429) == 20


def test_a_program_that_fills_every_field_is_thanked_and_forgotten(portal, stranger):
    sent = send(stranger, "/reuses/new", **claim(), website="https://spam.example")
    assert sent.headers["location"] == "/reuses/new?told=1"
    with portal.city.work(ANYONE, may_write=False) as work:
        assert reuse_rows.undecided(work.db) == 0


def test_forms_need_their_token(stranger):
    for path in ("/reuses/new", "/requests/new", "/requests/rq-x/vote"):
        sent = stranger.post(path, data=claim(), follow_redirects=False)
        assert sent.status_code in (401, 403) or "/sign-in" in sent.headers.get("location", "")


def test_a_dataset_is_named_by_title_or_address_too(portal, stranger):
    named = ["Trees", "http://portal.example/datasets/counts@1?x=1"]
    assert send(stranger, "/reuses/new", **claim(datasets=named)).status_code == 303
    with portal.city.work(SYSTEM, may_write=False) as work:
        one = reuse_rows.get(work.db, only_id(portal.city))
    assert one is not None
    assert one.datasets == ("trees", "counts")


def test_who_signed_in_sees_what_became_of_her_claims(portal, steward):
    pupil = portal.browser(portal.actor("pupil"))
    pupil.headers.update(HTML)
    send(pupil, "/reuses/new", **claim())
    page = pupil.get("/reuses/new").text
    assert "What you told us" in page
    assert "waits for a steward" in page
    id = only_id(portal.city)
    send(steward, f"/desk/reuses/{id}/refuse", "/desk/reuses", reason="Not our data.")
    assert "Not our data." in pupil.get("/reuses/new").text
    other = portal.browser(portal.actor("other"))
    assert "Not our data." not in other.get("/reuses/new", headers=HTML).text


def test_stewards_of_other_data_see_and_decide_nothing(portal, stranger):
    send(stranger, "/reuses/new", **claim())
    id = only_id(portal.city)
    grant = Grant(role=Role.DATA_OFFICER, publisher=PARKS)
    gardener = portal.browser(portal.actor("gardener", grant))
    gardener.headers.update(HTML)
    assert "Bike map" not in gardener.get("/desk/reuses").text
    assert gardener.get(f"/desk/reuses/{id}").status_code == 404
    assert send(gardener, f"/desk/reuses/{id}/confirm", "/desk/reuses").status_code == 404


def test_a_story_is_drafted_previewed_published_changed_and_brought_back(portal, steward, stranger):
    body = "First.\n\n![Streets are quiet](/datasets/counts/chart.svg)"
    given = {"title-en": "Quiet streets", "body-en": body, "datasets": "counts"}
    preview = send(steward, "/desk/stories/new", **given, preview="1")
    assert "How it will look" in preview.text
    assert '<figure class="told">' in preview.text
    path = send(steward, "/desk/stories/new", **given).headers["location"]
    assert path == "/stories/quiet-streets"
    assert stranger.get(path).status_code == 404
    assert send(steward, f"/desk{path}/publish", path).status_code == 303
    assert (
        '<img src="/datasets/counts/chart.svg" alt="Streets are quiet"' in stranger.get(path).text
    )
    changed = given | {"body-en": "Second.", "revision": "2"}
    assert send(steward, f"/desk{path}", **changed).status_code == 303
    late = send(steward, f"/desk{path}", **changed)
    assert late.status_code == 409
    history = steward.get(f"/desk{path}/history").text
    assert "<del>First.</del>" in history
    back = send(steward, f"/desk{path}/restore", f"/desk{path}/history", revision="2")
    assert back.status_code == 303
    assert "First." in stranger.get(path).text
    assert stranger.get("/stories.json").json()["total"] == 1
    assert "Quiet streets" in stranger.get("/feeds/stories.atom").text
    pupil = portal.browser(portal.actor("pupil"))
    assert pupil.get("/desk/stories", headers=HTML).status_code == 403


def test_a_planned_dataset_that_is_internal_is_named_to_nobody_outside(portal, steward, stranger):
    sent = send(
        stranger,
        "/requests/new",
        "/requests/new?title=x",
        title="Drafts of plans",
        purpose="To see.",
        contact="maria@example.org",
    )
    home = sent.headers["location"].partition("?")[0]
    id = home.rpartition("/")[2]
    send(steward, f"/desk/demand/{id}", state="planned", answer="Soon.", datasets="drafts")
    for path in (home, f"{home}.json", "/requests.json", "/feeds/requests.atom"):
        assert "datasets/drafts" not in stranger.get(path).text
        assert '"drafts"' not in stranger.get(path).text
    assert steward.get(f"{home}.json").json()["datasets"] == ["drafts"]
    later = portal.city.clock() + timedelta(minutes=20)
    portal.city.clock = lambda: later
    assert answers.deliver_next(portal.city)
    [mail] = (portal.city.settings.home / "mail").glob("*.eml")
    assert "drafts" not in mail.read_text().replace("Drafts of plans", "")


def test_a_mail_program_lets_an_address_be_forgotten(portal, stranger):
    sent = send(
        stranger,
        "/requests/new",
        "/requests/new?title=x",
        title="Wells",
        purpose="To drink.",
        contact="maria@example.org",
    )
    id = sent.headers["location"].partition("?")[0].rpartition("/")[2]
    with portal.city.work(SYSTEM) as work:
        from citycommons.engage.wanted import asking

        [voter] = work.db.exec_driver_sql("select voter from data_request_votes").scalars()
        secret = asking.token(work, id, voter)
    wrong = stranger.post(f"/requests/{id}/forget?voter={voter}&token=0")
    assert wrong.status_code == 404
    path = f"/requests/{id}/forget?voter={voter}&token={secret}"
    assert stranger.get(path).status_code == 200
    assert stranger.post(path).status_code == 200
    with portal.city.work(SYSTEM, may_write=False) as work:
        assert request_rows.contact_uses(work.db, "maria@example.org") == 0


def test_wrong_parameters_are_named(portal):
    client = portal.client(**JSON)
    for path in ("/reuses.json?kind=x", "/requests.json?state=x", "/reuses.json?offset=-1"):
        assert client.get(path).status_code == 422

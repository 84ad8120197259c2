"""The desk of copies and portals: each act by right, with a token, written down, taken back."""

import re
from collections.abc import Iterator

import pytest
from tests.old_ckan import OldCkan, old_ckan
from tests.web.elsewhere import copied_at
from tests.web.web_portal import HTML, ROLES, Client, Portal

from citycommons.core.copies import Certainty, CopyState, PortalKind, portal_id
from citycommons.core.types import ANYONE, SYSTEM
from citycommons.store import audit, copies


@pytest.fixture
def ckan() -> Iterator[OldCkan]:
    with old_ckan() as found:
        yield found


@pytest.fixture
def steward(portal: Portal) -> Client:
    return portal.browser(portal.actor("steward", *ROLES["data-officer-of-roads"]))


@pytest.fixture
def boss(portal: Portal) -> Client:
    return portal.browser(portal.actor("boss", *ROLES["administrator-of-city"]))


def found(portal: Portal, **more) -> str:
    return copied_at(
        portal.city,
        "Old CKAN",
        kind=PortalKind.CKAN,
        state=CopyState.FOUND,
        uses=410,
        certainty=Certainty.DECLARED,
        **more,
    )


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_a_steward_confirms_what_was_found_and_takes_it_back(portal, steward):
    id = found(portal)
    assert "One copy of your data waits for you" in text_of(steward.get("/desk/copies"))
    assert "One copy of your data elsewhere waits" in text_of(steward.get("/desk"))
    done = steward.post(f"/desk/copies/{id}/confirm")
    assert "It is a copy of ours now." in done.text
    assert f"/desk/copies/{id}/reconsider" in done.text  # the undo
    assert "410 at Old CKAN (declared)" in text_of(portal.browser(ANYONE).get("/datasets/counts"))
    steward.post(f"/desk/copies/{id}/reconsider")
    assert "410 elsewhere (estimated)" in text_of(portal.browser(ANYONE).get("/datasets/counts"))
    with portal.city.work(SYSTEM, may_write=False) as work:
        acts = [one.action for one in audit.entries(work.db, thing=id, limit=5, before=None)]
    assert acts == ["reconsider-copy", "confirm-copy"]


def test_a_steward_refuses_with_a_reason(portal, steward):
    id = found(portal)
    steward.post(f"/desk/copies/{id}/refuse", data={"why": "It is another city's."})
    assert "another city&#39;s" in steward.get("/desk/copies").text
    assert "elsewhere (estimated)" not in portal.browser(ANYONE).get("/datasets/counts").text


def test_numbers_that_stand_apart_wait_and_are_accepted(portal, steward):
    id = copied_at(portal.city, "Liar", uses=999_999, is_outlier=True)
    assert "999,999" in text_of(steward.get("/desk/copies"))
    steward.post(f"/desk/copies/{id}/accept")
    assert "999,999 at Liar (reported)" in text_of(portal.browser(ANYONE).get("/datasets/counts"))
    steward.post(f"/desk/copies/{id}/doubt")
    assert "999,999" not in text_of(portal.browser(ANYONE).get("/datasets/counts"))


def test_a_steward_of_others_neither_sees_nor_decides(portal):
    id = found(portal)
    other = portal.browser(portal.actor("other", *ROLES["data-officer-of-parks"]))
    assert "Old CKAN" not in other.get("/desk/copies").text
    assert "elsewhere waits" not in other.get("/desk").text
    assert other.post(f"/desk/copies/{id}/confirm").status_code == 403
    assert portal.browser(ANYONE).post(f"/desk/copies/{id}/confirm").status_code in (401, 403)


def test_no_act_without_the_forms_token(portal, steward):
    id = found(portal)
    steward.headers.pop("x-csrf-token")
    assert steward.post(f"/desk/copies/{id}/confirm").status_code == 403
    assert steward.post("/desk/portals/x/pull").status_code == 403


def test_unknown_acts_copies_and_portals_are_not_found(portal, steward):
    for path in ("copies/nothing/confirm", "copies/nothing/eat", "portals/nothing/pull"):
        assert steward.post(f"/desk/{path}").status_code == 404


def test_an_administrator_adds_a_portal_by_its_address_and_it_is_recognised(portal, boss, ckan):
    portal.reopen(allow_hosts=("127.0.0.1",))
    added = boss.post("/desk/portals", data={"url": f"{ckan.url}/"})
    assert added.status_code == 200, added.text
    assert "Altes Portal" in added.text
    with portal.city.work(SYSTEM, may_write=False) as work:
        kept = copies.portal_at(work.db, ckan.url)
        assert kept.kind is PortalKind.CKAN
        assert copies.portal_due(work.db, kept.id) <= work.now
    for address in ("ftp://x.example", "http://10.0.0.1/", "http://127.0.0.1:9"):
        refused = boss.post("/desk/portals", data={"url": address})
        assert 400 <= refused.status_code < 600
        assert 'id="wrong-url"' in refused.text


def test_a_secret_is_shown_once(portal, boss):
    found(portal)
    id = portal_id("https://old-ckan.example")
    shown = boss.post(f"/desk/portals/{id}/secret")
    with portal.city.work(SYSTEM, may_write=False) as work:
        secret = copies.secret(work.db, id)
    assert secret
    assert secret in shown.text
    assert secret not in boss.get("/desk/portals").text


def test_a_portal_is_asked_scanned_trusted_blocked_and_let_in_again(portal, boss, steward):
    found(portal)
    id = portal_id("https://old-ckan.example")
    assert "is asked within" in steward.post(f"/desk/portals/{id}/pull").text
    scanning = steward.post(f"/desk/portals/{id}/scan")
    assert 'http-equiv="refresh"' in scanning.text
    assert steward.post(f"/desk/portals/{id}/block").status_code == 403
    assert "trusted" in text_of(boss.post(f"/desk/portals/{id}/trust"))
    blocked = boss.post(f"/desk/portals/{id}/block")
    assert "blocked" in text_of(blocked)
    assert f"/desk/portals/{id}/unblock" in blocked.text
    assert "Old CKAN" not in portal.client(**HTML).get("/datasets/counts/copies").text
    boss.post(f"/desk/portals/{id}/unblock")
    assert "Old CKAN" in portal.client(**HTML).get("/datasets/counts/copies").text
    assert "Block it instead" in boss.post(f"/desk/portals/{id}/remove").text


def test_empty_desks_invite(portal, boss):
    assert "announce themselves" in boss.get("/desk/copies").text
    assert "No portal is known yet" in boss.get("/desk/portals").text
    assert 'href="/desk/copies"' in boss.get("/desk").text

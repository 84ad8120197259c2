"""Messages of strangers: what they say has no effect before it was looked at."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.measure.republication.peer import Page, Peer
from tests.measure.republication.sending import (
    BASE,
    OURS,
    known,
    message,
    partner,
    posted,
    signed,
    state,
    told,
)
from tests.measure.republication.test_reports import entry, report

from citycommons.core.copies import CopyState, PortalKind
from citycommons.core.errors import CityError, Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.types import SYSTEM, Actor, Dataset, DatasetId, PublisherId
from citycommons.govern import audit
from citycommons.measure.republication import deciding, inbox, partners, signatures, verifying
from citycommons.measure.republication.messages import Kind
from citycommons.measure.republication.signatures import NotGenuine, Request
from citycommons.share.publish import describe
from citycommons.store import copies, notices
from citycommons.store.work import City


def reasons(city: City) -> list[str]:
    with city.work(SYSTEM, may_write=False) as work:
        return [one.reason for one in notices.newest(work.db, states=["refused"])]


def test_an_announced_copy_that_links_back_is_verified_and_its_portal_known(here, other) -> None:
    other.republish(OURS)
    inbox.receive(here, message(other))
    assert known(here) == []  # nothing is believed before the look
    assert inbox.work_off(here) == 1
    [copy] = known(here)
    assert (copy.state, copy.iri, copy.dataset) == (CopyState.VERIFIED, other.iri(), "trees")
    with here.work(SYSTEM, may_write=False) as work:
        portal = copies.portal(work.db, copy.portal)
    assert (portal.kind, portal.url) == (PortalKind.SUSHI, other.url)
    assert signatures.public_key(portal.key) == other.key.public_key()


@pytest.mark.parametrize(
    "page",
    [
        Page(b"<p>no link</p>", "text/html"),
        Page(b"@prefix : <x> . :a :b :c .", "text/turtle"),
        Page(b"\x00\xff", "application/octet-stream"),
        Page(b"{", "application/ld+json"),
        Page(status=404),
        Page(status=403),
        Page(b"x" * (5 << 20), "text/html"),
        Page(status=302, headers={"location": "http://localhost:1/datasets/trees"}),
    ],
)
def test_one_that_does_not_link_back_is_refused_with_the_reason(here, other, page) -> None:
    other.pages["/datasets/trees"] = page
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert state(here) is None
    assert reasons(here)[0]


def test_what_strangers_say_in_vain_leaves_no_portal_and_no_line_in_the_log(here, other) -> None:
    with here.work(SYSTEM, may_write=False) as work:
        before = len(audit.entries(work, limit=500))
    for n in range(20):
        inbox.receive(here, message(other, copy=other.iri(f"x{n}")))
    inbox.work_off(here)
    with here.work(SYSTEM, may_write=False) as work:
        assert copies.every_portal(work.db) == []
        assert len(audit.entries(work, limit=500)) == before


def test_a_portal_nobody_confirmed_has_a_few_copies_and_no_thousands(here, other, admin) -> None:
    for n in range(8):
        inbox.receive(here, message(other, copy=other.republish(OURS, f"trees-{n}")))
    inbox.work_off(here)
    assert len(known(here)) == verifying.MOST_COPIES
    with here.work(admin) as work:
        partners.trust(work, known(here)[0].portal)
    inbox.receive(here, message(other, copy=other.republish(OURS, "trees-9")))
    inbox.work_off(here)
    assert len(known(here)) == verifying.MOST_COPIES + 1


def test_what_a_person_refused_stays_refused_whatever_is_announced(here, other, admin) -> None:
    partner(here, other)
    with here.work(admin) as work:
        deciding.refuse(work, known(here)[0].id, "It is another tree.")
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert state(here) is CopyState.REFUSED
    with here.work(admin) as work:
        copies.save_copy(work.db, known(here)[0], due=work.now)
    verifying.check_due(here)
    assert state(here) is CopyState.REFUSED
    with here.work(admin) as work:
        deciding.reconsider(work, known(here)[0].id)
    verifying.check_due(here)
    assert state(here) is CopyState.VERIFIED


def test_a_copy_does_not_become_one_of_another_dataset(here, other) -> None:
    partner(here, other)
    publish_roads(here)
    body = f'<a href="{OURS}">a</a> <a href="{BASE}/datasets/roads">b</a>'.encode()
    other.pages["/datasets/trees"] = Page(body, "text/html")
    inbox.receive(here, message(other, origin=f"{BASE}/datasets/roads"))
    inbox.work_off(here)
    assert [one.dataset for one in known(here)] == ["trees"]


def publish_roads(here: City) -> None:
    dataset = Dataset(
        id=DatasetId("roads"),
        title={"en": "Roads"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
    )
    with here.work(SYSTEM) as work:
        describe(work, dataset)


def test_a_link_to_another_dataset_of_ours_is_none_to_this_one(here, other) -> None:
    other.republish(f"{BASE}/datasets/trees-2")
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert state(here) is None


@pytest.mark.parametrize("origin", ["http://a.example/datasets/trees/", f"{OURS}@1", OURS + "#x"])
def test_another_spelling_of_the_same_address_is_the_same(here, other, origin) -> None:
    other.republish(origin)
    inbox.receive(here, message(other, origin=origin))
    inbox.work_off(here)
    assert state(here) is CopyState.VERIFIED


PAGES = [
    '<a href="{o}">made of this</a>',
    '<html><head><link rel="derivedfrom" href="{o}"></head>',
    '<meta name="DC.source" content="{o}">',
    '<script type="application/ld+json">{{"@id": "{c}", '
    '"http://www.w3.org/ns/prov#wasDerivedFrom": {{"@id": "{o}"}}}}</script>',
]


@pytest.mark.parametrize("text", PAGES)
def test_pages_link_back_in_any_way_that_html_has(here, other, text) -> None:
    body = text.format(o=OURS, c=other.iri()).encode()
    other.pages["/datasets/trees"] = Page(body, "text/html")
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert state(here) is CopyState.VERIFIED


def test_a_context_at_another_address_is_never_asked_for(here, other) -> None:
    document = {
        "@context": f"{other.url}/context",
        "@id": other.iri(),
        "http://www.w3.org/ns/prov#wasDerivedFrom": {"@id": OURS},
    }
    other.pages["/datasets/trees"] = Page(orjson.dumps(document), "application/ld+json")
    inbox.receive(here, message(other, **{"@context": [f"{other.url}/context"]}))
    inbox.work_off(here)
    assert state(here) is CopyState.VERIFIED
    assert not [path for path in other.asked if path.startswith("/context")]


def test_xml_with_entities_is_refused(here, other) -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>'
    other.pages["/datasets/trees"] = Page(bomb, "application/rdf+xml")
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert state(here) is None


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 50_000,
        b'{"type": "Announce"}',
        b'{"type": "Announce", "id": 5, "object": []}',
        b'{"type": ["Like"], "id": "x"}',
    ],
)
def test_what_is_no_message_is_told(here, document) -> None:
    with pytest.raises(Invalid):
        inbox.receive(here, posted(document))


def test_bounds_and_media_types_are_told(here, other) -> None:
    with pytest.raises(inbox.WrongMediaType):
        inbox.receive(here, posted({}, "text/html"))
    with pytest.raises(TooMuch):
        inbox.receive(here, message(other, summary="x" * (70 << 10)))
    with pytest.raises(TooMuch):
        inbox.receive(here, posted(b"{" + b" " * (2 << 20) + b"}"))


def test_what_is_not_public_and_what_is_not_there_are_told_alike(here, other) -> None:
    told = []
    for name in ("nurseries", "nowhere"):
        with pytest.raises(NotFound) as error:
            inbox.receive(here, message(other, origin=f"{BASE}/datasets/{name}"))
        told.append(error.value.message.replace(name, ""))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "copy",
    [f"{BASE}/datasets/x", "file:///etc/passwd", "https://u:p@b.example/x", "//x", "x" * 3000],
)
def test_addresses_that_are_no_copies_are_refused_at_once(here, other, copy) -> None:
    with pytest.raises(Invalid):
        inbox.receive(here, message(other, copy=copy))


@pytest.mark.parametrize("host", ["localhost", "[::1]", "169.254.169.254", "10.0.0.1"])
def test_an_address_inside_the_network_is_not_asked_for(here, other, host) -> None:
    inbox.receive(here, message(other, copy=f"http://{host}:9/x", sender=f"http://{host}:9"))
    inbox.work_off(here)
    assert state(here) is None
    assert "inside this network" in reasons(here)[0]


def test_said_twice_it_is_one_message_and_one_copy(here, other) -> None:
    other.republish(OURS)
    first = inbox.receive(here, message(other))
    assert inbox.receive(here, message(other)).id == first.id
    assert inbox.work_off(here) == 1
    request = message(other)
    inbox.receive(here, request)
    inbox.work_off(here)
    assert inbox.receive(here, request).state == "taken"  # the very same message: no second look
    assert inbox.work_off(here) == 0
    assert len(known(here)) == 1


def test_what_somebody_else_says_of_a_copy_is_only_announced(here, other) -> None:
    other.republish(OURS)
    inbox.receive(here, message(other, sender="https://gossip.example"))
    inbox.work_off(here)
    assert state(here) is CopyState.ANNOUNCED
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert state(here) is CopyState.VERIFIED


def test_a_forged_message_changes_nothing_of_a_verified_copy(here, other) -> None:
    other.republish(OURS)
    inbox.receive(here, message(other))
    inbox.work_off(here)
    before = known(here)
    inbox.receive(here, message(other, kind=Kind.UNDO, sender="https://evil.example"))
    inbox.work_off(here)
    assert known(here) == before
    verifying.check_due(here)  # whoever said so: it is looked at, and it still links
    assert state(here) is CopyState.VERIFIED


def test_a_copy_that_is_gone_is_known_as_gone_and_comes_back(here, other) -> None:
    other.republish(OURS)
    inbox.receive(here, message(other))
    inbox.work_off(here)
    other.pages["/datasets/trees"] = Page(status=410)
    inbox.receive(here, message(other, kind=Kind.UNDO))
    inbox.work_off(here)
    assert verifying.check_due(here) == 1
    [gone] = known(here)
    assert gone.state is CopyState.GONE
    assert "410" in gone.reason
    other.republish(OURS)
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert state(here) is CopyState.VERIFIED


def test_a_host_that_is_silent_for_a_day_loses_nothing(here, other) -> None:
    other.republish(OURS)
    inbox.receive(here, message(other))
    inbox.work_off(here)
    [copy] = known(here)
    other.pages["/datasets/trees"] = Page(status=503)
    with here.work(SYSTEM) as work:
        copies.save_copy(work.db, copy, due=work.now)
    assert verifying.check_due(here) == 1
    assert known(here) == [copy]


def test_one_that_does_not_answer_is_asked_again_later(here, other) -> None:
    other.pages["/datasets/trees"] = Page(status=503)
    inbox.receive(here, message(other))
    inbox.work_off(here)
    assert known(here) == []
    with here.work(SYSTEM, may_write=False) as work:
        [notice] = notices.newest(work.db)
        assert notice.due > work.now + timedelta(minutes=4)


# What is signed


def pushed(other: Peer, count: int = 10, created: datetime | None = None, **more: Any) -> Request:
    today = datetime.now(UTC)
    one = entry({}, uri=more.get("uri", other.iri()))
    one["dataset-attributes"][0]["value"] = f"origin={more.get('origin', OURS)}"
    month = today.strftime("%Y-%m")
    one["performance"] = [
        {
            "period": {"begin-date": month, "end-date": month},
            "instance": [
                {
                    "metric-type": "total-dataset-requests",
                    "access-method": "regular",
                    "count": count,
                }
            ],
        }
    ]
    document = report(one, created=created or today)
    document["reporting-period"] = {"begin-date": month, "end-date": month}
    return posted(document, "application/json")


def test_a_signed_report_is_taken_and_sent_again_it_changes_nothing(here, other) -> None:
    partner(here, other)
    request = signed(pushed(other), other.key, other.keyid)
    assert inbox.receive(here, request).state == "taken"
    assert told(here) == 10
    with pytest.raises(NotGenuine, match="sent before"):
        inbox.receive(here, request)
    again = signed(posted(request.body, "application/json"), other.key, other.keyid)
    with pytest.raises(Conflict):
        inbox.receive(here, again)  # the same report under a new signature
    assert told(here) == 10


def test_reports_nobody_signed_or_somebody_else_did_are_refused(here, other) -> None:
    partner(here, other)
    wrong = Ed25519PrivateKey.generate()
    changed = signed(pushed(other), other.key, other.keyid)
    changed.body = changed.body.replace(b'"count":10', b'"count":99')
    for request in (
        pushed(other),
        signed(pushed(other), wrong, other.keyid),
        signed(pushed(other), wrong, "https://nobody.example/usage/key"),
        changed,
    ):
        with pytest.raises(NotGenuine):
            inbox.receive(here, request)
    assert told(here) == 0


def test_a_portal_without_keys_signs_with_the_shared_secret(here, other, admin: Actor) -> None:
    other.republish(OURS, has_reports=False)
    inbox.receive(here, message(other))
    inbox.work_off(here)
    with here.work(admin) as work:
        [portal] = partners.portals(work)
        assert portal.kind is PortalKind.PUSH
        secret = partners.secret_for(work, portal.id)
    inbox.receive(here, signed(pushed(other), secret.encode(), other.url))
    assert told(here) == 10
    with pytest.raises(NotGenuine):
        inbox.receive(here, signed(pushed(other, 11), b"another", other.url))


@pytest.mark.parametrize(
    "more",
    [
        {"origin": f"{BASE}/datasets/nurseries"},
        {"uri": "https://c.example/datasets/trees"},
        {"created": datetime(2040, 1, 1, tzinfo=UTC)},
        {"count": -1},
    ],
)
def test_what_is_wrong_in_a_signed_report_is_told_and_kept_for_the_steward(
    here, other, more
) -> None:
    partner(here, other)
    with pytest.raises(CityError):
        inbox.receive(here, signed(pushed(other, **more), other.key, other.keyid))
    assert told(here) == 0
    [reason] = reasons(here)
    assert reason
    with here.work(SYSTEM, may_write=False) as work:
        assert "refuse-report" in {one.action for one in audit.entries(work)}


def test_a_blocked_portal_is_not_listened_to_until_it_is_trusted(here, other, admin) -> None:
    partner(here, other)
    with here.work(admin) as work:
        [portal] = partners.portals(work)
        partners.block(work, portal.id)
    for request in (signed(pushed(other), other.key, other.keyid), message(other)):
        with pytest.raises(Forbidden):
            inbox.receive(here, request)
    assert told(here) == 0


def test_only_those_who_run_the_house_see_and_change_portals(here, other) -> None:
    from citycommons.core.types import ANYONE

    partner(here, other)
    with here.work(ANYONE) as work:
        for act in (
            lambda: partners.portals(work),
            lambda: partners.trust(work, known(here)[0].portal),
            lambda: partners.block(work, known(here)[0].portal),
            lambda: partners.secret_for(work, known(here)[0].portal),
            lambda: inbox.listed(work),
            lambda: inbox.one(work, "x"),
        ):
            with pytest.raises(Forbidden):
                act()

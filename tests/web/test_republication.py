"""Doors between portals: what they answer to machines, strangers and administrators."""

import orjson
import pytest
from tests.measure.republication.peer import Peer, peer
from tests.web.web_portal import Client, Portal

from citycommons.core.types import Grant, Role
from citycommons.measure.republication import inbox, signatures
from citycommons.measure.republication.messages import INBOX, MEDIA_TYPE

HERE = "http://portal.example"


@pytest.fixture
def at_home(portal: Portal) -> Portal:
    """The portal, which knows by which address readers reach it."""
    told = {"public_url": HERE, "allow_hosts": ("127.0.0.1",)}
    portal.city.settings = portal.city.settings.model_copy(update=told)
    return portal


@pytest.fixture
def other() -> Peer:
    with peer() as one:
        yield one


def announcement(other: Peer, dataset: str = "counts") -> dict[str, object]:
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://coar-notify.net"],
        "id": "urn:uuid:0370c0fb-bb78-4a9b-87f5-bed307a509dd",
        "type": ["Announce", "coar-notify:RelationshipAction"],
        "origin": {"id": other.url, "inbox": f"{other.url}/inbox", "type": "Service"},
        "object": {
            "id": "urn:uuid:74ffb356-0632-44d9-b176-888da85758dc",
            "type": "Relationship",
            "as:subject": other.iri(),
            "as:relationship": "http://www.w3.org/ns/prov#wasDerivedFrom",
            "as:object": f"{HERE}/datasets/{dataset}",
        },
    }


def post(client: Client, document: object, media: str = MEDIA_TYPE):
    return client.post("/inbox", content=orjson.dumps(document), headers={"content-type": media})


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/datasets/counts", "text/html"),
        ("/datasets/counts", "application/json"),
        ("/datasets/counts", "text/turtle"),
        ("/data/counts@1.csv", "*/*"),
    ],
)
def test_every_answer_about_a_dataset_says_where_its_inbox_is(client, path, accept) -> None:
    link = client.get(path, headers={"accept": accept}).headers["link"]
    assert f'<{HERE}/inbox>; rel="{INBOX}"' in link
    assert f'<{HERE}/reports>; rel="usage"' in link


def test_the_record_of_a_dataset_says_where_its_inbox_is(client: Client) -> None:
    text = client.get("/datasets/counts.ttl").text
    assert f"ldp:inbox <{HERE}/inbox>" in text


def test_the_key_is_a_json_web_key_and_stays_the_same(client: Client) -> None:
    found = client.get("/usage/key")
    assert found.headers["content-type"].startswith("application/jwk+json")
    assert found.json()["kid"] == f"{HERE}/usage/key"
    assert "d" not in found.json()  # the private part
    signatures.public_key(found.content)
    assert client.get("/usage/key").json() == found.json()


def test_the_private_key_is_readable_by_its_owner_alone(client: Client, portal: Portal) -> None:
    client.get("/usage/key")
    path = portal.city.settings.home / "keys" / "usage.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_message_is_taken_with_its_own_address(at_home: Portal, client: Client, other) -> None:
    found = post(client, announcement(other))
    assert found.status_code == 202
    assert found.headers["location"].startswith(f"{HERE}/inbox/")


@pytest.mark.parametrize(
    ("document", "media", "status"),
    [
        ({}, MEDIA_TYPE, 422),
        ([], MEDIA_TYPE, 422),
        ({"type": "Announce"}, MEDIA_TYPE, 422),
        ({}, "text/html", 415),
        ({"report-datasets": []}, "application/json", 401),
    ],
)
def test_what_is_refused_is_a_problem_document(client, document, media, status) -> None:
    found = post(client, document, media)
    assert found.status_code == status
    assert found.headers["content-type"].startswith("application/problem+json")
    assert found.json()["detail"]


def test_a_message_about_what_is_not_ours_is_404(at_home: Portal, client: Client, other) -> None:
    assert post(client, announcement(other, "nowhere")).status_code == 404


def test_a_message_larger_than_any_is_413(client: Client) -> None:
    found = client.post("/inbox", content=b"x" * (3 << 20), headers={"content-type": MEDIA_TYPE})
    assert found.status_code == 413


def test_only_administrators_see_what_is_in_the_inbox(
    at_home: Portal, client: Client, other
) -> None:
    where = post(client, announcement(other)).headers["location"].removeprefix(HERE)
    assert client.get("/inbox").status_code == 401
    assert client.get(where).status_code == 401
    admin = at_home.program(at_home.actor("admin", Grant(role=Role.ADMINISTRATOR)), "manage-city")
    listed = admin.get("/inbox").json()
    assert listed["contains"] == [HERE + where]
    assert admin.get(where).json()["citycommons:state"] == "waiting"


def test_a_page_elsewhere_mentions_a_dataset(at_home: Portal, client: Client) -> None:
    source = "https://blog.example/trees"
    for target, status in (("counts", 202), ("counts", 202), ("nowhere", 404)):
        form = {"source": source, "target": f"{HERE}/datasets/{target}"}
        assert client.post("/webmention", data=form).status_code == status
    assert client.post("/webmention", data={"source": "x"}).status_code == 422
    assert client.post("/webmention", content=b"{}").status_code == 422


def test_a_report_that_is_asked_for_with_an_unknown_key_is_refused(client: Client) -> None:
    headers = {
        "signature-input": 'a=("@method");created=1;keyid="https://x.example/usage/key"',
        "signature": "a=:AAAA:",
    }
    assert client.get("/reports/dsr?origin=https://x.example/", headers=headers).status_code == 401
    assert client.get("/reports/dsr?origin=https://x.example/").status_code == 200


def test_administrators_read_what_was_refused_and_why(
    at_home: Portal, client: Client, other
) -> None:
    post(client, announcement(other))
    inbox.work_off(at_home.city)
    admin = at_home.actor("admin", Grant(role=Role.ADMINISTRATOR))
    page = at_home.browser(admin).get("/desk/portals").text
    assert other.iri() in page
    assert "answers 404" in page
    manager = at_home.actor("manager", Grant(role=Role.DATA_MANAGER))
    assert other.iri() not in at_home.browser(manager).get("/desk/portals").text

"""Writing through CKAN's Action API: who may, what becomes of it, and what changes nothing."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.web_portal import ROADS, ROLES, Client, Portal, described

from citycommons.core.types import SYSTEM, Access, Dataset, DatasetId, Link, SourceId
from citycommons.store import catalogue, old_addresses
from citycommons.store.old_addresses import OldAddress

ACTION = "/api/3/action/"
RIGHTS = ("discover", "read", "describe", "publish", "withdraw")
NEW = {
    "name": "new-trees",
    "title": "Bäume",
    "notes": "Alle **Bäume**",
    "owner_org": "roads",
    "license_id": "cc-by",
    "license_url": "https://creativecommons.org/licenses/by/4.0/",
    "tags": [{"name": "tree"}, {"name": "green space"}],
    "groups": [{"name": "envi"}],
    "url": "https://city.example/trees",
    "maintainer": "Ada",
    "extras": [{"key": "frequency", "value": "monthly"}, {"key": "spatial_text", "value": "City"}],
    "resources": [{"url": "https://elsewhere.example/t.pdf", "name": "Report", "format": "pdf"}],
}


@pytest.fixture
def manager(portal: Portal) -> Client:
    """A program of who manages the data of the roads."""
    return portal.program(portal.actor("manager", *ROLES["data-manager-of-roads"]), *RIGHTS)


def post(client: Client, action: str, status: int = 200, **data: Any) -> Any:
    answer = client.post(ACTION + action, json=data)
    told = answer.json()
    assert answer.status_code == status, told
    return told["result"] if status == 200 else told["error"]


def upload(client: Client, action: str, content: bytes, name: str = "t.csv", **data: str) -> Any:
    return client.post(ACTION + action, data=data, files={"upload": (name, content, "text/csv")})


def stored(portal: Portal, id: str) -> Dataset:
    with portal.city.work(SYSTEM, may_write=False) as work:
        return catalogue.dataset(work.db, DatasetId(id))


def test_a_package_becomes_a_dataset(portal: Portal, manager: Client) -> None:
    shown = post(manager, "package_create", **NEW)
    assert (shown["id"], shown["license_id"], shown["isopen"]) == ("new-trees", "CC-BY-4.0", True)
    assert [one["name"] for one in shown["tags"]] == ["tree", "green space"]
    assert [one["format"] for one in shown["resources"]] == ["PDF"]
    made = stored(portal, "new-trees")
    assert (made.theme, made.frequency, made.place) == ("ENVI", "MONTHLY", "City")
    assert (made.steward, made.landing_page) == ("Ada", "https://city.example/trees")
    assert made.access is Access.PUBLIC
    assert portal.client().get("/datasets/new-trees.json").status_code == 200


def test_a_private_package_stays_inside(portal: Portal, manager: Client) -> None:
    post(manager, "package_create", name="inner-one", owner_org="roads", private=True)
    assert stored(portal, "inner-one").access is Access.INTERNAL
    assert portal.client().get(ACTION + "package_show?id=inner-one").status_code == 404
    post(manager, "package_update", id="inner-one", title="Without a word of privacy")
    assert stored(portal, "inner-one").access is Access.INTERNAL
    post(manager, "package_patch", id="inner-one", private=False)
    assert stored(portal, "inner-one").access is Access.PUBLIC


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"title": "No name"}, "name"),
        ({"name": "Not An Id"}, "name"),
        ({"name": "counts"}, "name"),
        ({"name": "drafts"}, "name"),
        ({"name": "fine-id", "owner_org": "nobody"}, "owner_org"),
        ({"name": "fine-id", "resources": "x"}, ""),
    ],
)
def test_a_faulty_package_names_the_field(manager: Client, data: Any, field: str) -> None:
    if not field:
        post(
            manager, "package_create", **data
        )  # read as a harvest reads it: what is no list says nothing
        return
    error = post(manager, "package_create", 409, **{"owner_org": "roads", **data})
    assert error["__type"] == "Validation Error"
    assert set(error) == {field, "__type"}


def test_who_may_not_write_is_refused_before_anything_is_told(portal: Portal) -> None:
    stranger = portal.client()
    reader = portal.program(portal.actor("reader", *ROLES["reader-of-roads"]), "discover", "read")
    other = portal.program(portal.actor("o", *ROLES["data-manager-of-parks"]), *RIGHTS)
    for client in (stranger, reader, other):
        for action, data in (
            ("package_create", {"name": "x-y", "owner_org": "roads"}),
            ("package_patch", {"id": "counts", "title": "Mine"}),
            ("package_update", {"id": "counts"}),
            ("package_delete", {"id": "counts"}),
            ("resource_create", {"package_id": "counts", "url": "https://a.example/x.csv"}),
            ("resource_update", {"id": "counts-csv"}),
            ("resource_delete", {"id": "counts-csv"}),
            ("organization_create", {"name": "mine"}),
            ("organization_patch", {"id": "roads", "title": "Mine"}),
        ):
            error = post(client, action, 403, **data)
            assert error["__type"] == "Authorization Error"
    assert post(stranger, "package_patch", 404, id="drafts")["__type"] == "Not Found Error"
    assert upload(other, "resource_create", b"a\n1\n", package_id="entry").status_code == 403
    assert stored(portal, "counts").title == {"en": "Counts"}


def test_writing_needs_post(manager: Client) -> None:
    answer = manager.get(ACTION + "package_patch", params={"id": "counts", "title": "x"})
    assert (answer.status_code, "POST" in answer.json()) == (400, True)


def test_a_session_writes_nothing_here(portal: Portal) -> None:
    browser = portal.browser(portal.actor("boss", *ROLES["administrator-of-city"]))
    assert browser.post(ACTION + "package_delete", json={"id": "counts"}).status_code == 403


def test_a_package_that_comes_back_as_it_was_changes_nothing(
    portal: Portal, manager: Client
) -> None:
    for id in ("counts", "entry", "drafts", "plans"):
        before = stored(portal, id)
        shown = manager.get(ACTION + f"package_show?id={id}").json()["result"]
        assert post(manager, "package_update", **shown) == shown
        assert post(manager, "package_patch", **shown) == shown
        assert post(manager, "package_patch", id=id) == shown
        assert stored(portal, id) == before


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        ({"title": "Other"}, {"title": {"en": "Other"}}),
        ({"notes": "Text"}, {"description": {"en": "Text"}}),
        ({"title_translated": {"de": "A", "en": "B"}}, {"title": {"de": "A", "en": "B"}}),
        ({"tag_string": "a, b c"}, {"keywords": ("a", "b c")}),
        ({"tags": [{"name": "a"}]}, {"keywords": ("a",)}),
        ({"groups": [{"name": "tran"}]}, {"theme": "TRAN"}),
        ({"license_id": "CC-BY-4.0"}, {"license": "CC-BY-4.0"}),
        ({"license_id": "somebody's own"}, {"license": "unspecified"}),
        ({"maintainer": "Bo"}, {"steward": "Bo"}),
        ({"url": "https://city.example/x"}, {"landing_page": "https://city.example/x"}),
        ({"private": True}, {"access": Access.INTERNAL}),
    ],
)
def test_a_patch_changes_what_it_says(
    portal: Portal, manager: Client, data: Any, changed: Any
) -> None:
    before = stored(portal, "counts")
    post(manager, "package_patch", id="counts", **data)
    after = stored(portal, "counts")
    differing = {
        name: getattr(after, name)
        for name in Dataset.__dataclass_fields__
        if getattr(after, name) != getattr(before, name) and name != "modified"
    }
    if "license_id" in data:
        differing.pop("description", None)  # keeps the words of a licence we do not know
    assert differing == changed


def test_an_update_leaves_nothing_of_the_old_description_but_the_data(
    portal: Portal, manager: Client
) -> None:
    post(manager, "package_create", **NEW)
    shown = post(manager, "package_update", name="new-trees", title="Only a title")
    assert (shown["tags"], shown["resources"], shown["notes"]) == ([], [], "")
    counts = post(manager, "package_update", name="counts", title="Counts")
    assert counts["resources"][0]["id"] == "counts-csv"


def test_an_upload_is_published_and_the_next_one_is_a_new_version(
    portal: Portal, manager: Client
) -> None:
    answer = upload(manager, "resource_create", b"id,name\n1,Oak\n2,Ash\n", package_id="entry")
    made = answer.json()["result"]
    assert (made["id"], made["datastore_active"]) == ("entry-csv", True)
    rows = manager.get(ACTION + "datastore_search?resource_id=entry-csv").json()["result"]
    assert [one["name"] for one in rows["records"]] == ["Oak", "Ash"]
    again = upload(manager, "resource_create", b"id,name\n9,Elm\n", package_id="entry")
    assert again.status_code == 409
    assert "resource_update" in again.json()["error"]["upload"][0]
    newer = upload(manager, "resource_update", b"id,name\n9,Elm\n", id="entry-csv")
    assert newer.status_code == 200
    assert post(manager, "datastore_search", resource_id="entry-csv")["total"] == 1
    assert post(manager, "package_show", id="entry")["version"] == "2"
    broken = upload(manager, "resource_update", b"", id="entry-csv")
    assert broken.status_code == 409
    assert not list((portal.city.settings.home / "incoming").iterdir())


def test_links_are_made_changed_and_taken_away(portal: Portal, manager: Client) -> None:
    given = {"package_id": "counts", "url": "https://a.example/x.csv", "name": "X", "format": "CSV"}
    made = post(manager, "resource_create", **given)
    assert made["id"].startswith("counts-link-")
    assert post(manager, "resource_create", **given)["id"] == made["id"]
    moved = post(manager, "resource_patch", id=made["id"], url="https://a.example/y.csv")
    assert (moved["url"], moved["name"]) == ("https://a.example/y.csv", "X")
    assert post(manager, "resource_delete", id=moved["id"]) is None
    assert stored(portal, "counts").links == ()
    for url in ("", "javascript:alert(1)", "file:///etc/passwd"):
        error = post(manager, "resource_create", 409, package_id="counts", url=url)
        assert set(error) == {"url", "__type"}


def test_the_table_of_a_dataset_is_changed_by_uploads_alone(manager: Client) -> None:
    shown = manager.get(ACTION + "resource_show?id=counts-csv").json()["result"]
    assert post(manager, "resource_update", **shown) == shown
    error = post(manager, "resource_patch", 409, id="counts-csv", url="https://a.example/")
    assert "url" in error


def test_what_is_deleted_leaves_a_tombstone(portal: Portal, manager: Client) -> None:
    since = post(manager, "package_show", id="counts")["metadata_modified"]
    assert post(manager, "resource_delete", id="counts-csv", reason="Wrong counter") is None
    found = post(manager, "package_search", fq=f"metadata_modified:{{{since}Z TO *]")
    [changed] = [one for one in found["results"] if one["name"] == "counts"]
    assert changed["metadata_modified"] > since
    assert post(manager, "datastore_search", 404, resource_id="counts-csv")
    assert post(manager, "package_show", id="counts")["resources"] == []
    (version,) = portal.client().get("/datasets/counts/versions.json").json()["versions"]
    assert version["withdrawn_reason"] == "Wrong counter"
    assert post(manager, "package_delete", id="counts") is None
    assert "counts" not in post(manager, "package_list")
    back = post(manager, "package_patch", id="counts", state="active")
    assert back["state"] == "active"
    assert "counts" in post(manager, "package_list")


def test_administrators_make_organizations(portal: Portal) -> None:
    boss = portal.program(
        portal.actor("boss", *ROLES["administrator-of-city"]),
        "manage-city",
        "manage-publisher",
        "discover",
    )
    made = post(boss, "organization_create", name="trees", title="Office for Trees")
    assert (made["name"], made["title"]) == ("trees", "Office for Trees")
    assert "name" in post(boss, "organization_create", 409, name="trees", title="Again")
    assert "name" in post(boss, "organization_create", 409, name="No Id")
    shown = post(boss, "organization_patch", id="trees", description="Green")
    assert (shown["title"], shown["description"]) == ("Office for Trees", "Green")
    assert post(boss, "organization_update", **shown) == shown


def test_tokens_are_made_by_a_person_and_by_no_key(portal: Portal, manager: Client) -> None:
    assert post(manager, "api_token_create", 403, name="more", user="manager")
    browser = portal.browser(portal.actor("manager", *ROLES["data-manager-of-roads"]))
    token = post(browser, "api_token_create", name="script")["token"]
    client = portal.client(authorization=token)
    assert post(client, "package_patch", id="counts", title="By token")["title"] == "By token"
    (listed,) = [
        o for o in browser.get(ACTION + "api_token_list").json()["result"] if o["name"] == "script"
    ]
    assert post(browser, "api_token_revoke", jti=listed["id"]) is None
    assert client.post(ACTION + "package_patch", json={"id": "counts"}).status_code == 401
    assert post(browser, "api_token_revoke", 404, jti="none")
    without = portal.browser(portal.actor("manager"))
    without.headers.pop("x-csrf-token")
    assert without.post(ACTION + "api_token_create", json={"name": "forged"}).status_code == 403


def test_parameters_are_read_from_every_kind_of_body(portal: Portal, manager: Client) -> None:
    address = ACTION + "package_search"
    for body in (
        {"json": {"fq": "organization:parks", "rows": 1}},
        {"data": {"fq": "organization:parks", "rows": "1"}},
        {"data": {"fq": "organization:parks"}, "files": {"rows": (None, "1")}},
        {"content": b'{"fq":"organization:parks","rows":1}'},
        {
            "content": b'{"fq":"organization:parks","rows":1}',
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
    ):
        told = portal.client().post(address, **body).json()
        assert told["result"]["count"] == 1, body
    for broken in (b"{", b"[1]", b'"x"', b"\xff\xfe"):
        answer = portal.client().post(address, content=broken)
        assert (answer.status_code, answer.json()[:11]) == (400, "Bad request")
    huge = portal.client().post(address, content=b" " * 5_000_000)
    assert (huge.status_code, huge.json()["success"]) == (413, False)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = (
    "id name title notes tags extras resources owner_org private groups license_id url q fq sql "
    "fq_list rows start sort facet.field limit offset resource_id filters fields records_format "
    "query package_id state distinct include_datasets all_fields expires_in title_translated"
)
ACTIONS = (
    "package_show package_list package_search package_create package_update package_patch "
    "resource_show resource_search resource_create resource_update resource_patch group_show "
    "organization_show organization_list organization_create organization_patch tag_show tag_list "
    "tag_autocomplete help_show datastore_search datastore_search_sql datastore_info "
    "current_package_list_with_resources package_autocomplete"
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(ACTIONS.split()),
    st.dictionaries(st.sampled_from(NAMES.split()), VALUES, max_size=5),
    st.sampled_from(["counts", "entry", ""]),
)
def test_nothing_that_is_sent_breaks_the_server(
    portal: Portal, manager: Client, action: str, data: dict[str, Any], id: str
) -> None:
    sent = {"id": id, "resource_id": f"{id}-csv", **data} if id else data
    answer = manager.post(
        ACTION + action, content=json.dumps(sent).encode("utf-8", "surrogatepass")
    )
    assert answer.status_code in (200, 400, 403, 404, 409, 413, 422), (action, sent, answer.text)


def test_ids_of_the_ckan_before_lead_to_what_became_of_their_things(
    portal: Portal, manager: Client
) -> None:
    """Programs that know a dataset, a file or an organization by its old id go on working."""
    uuid, table, plan = "5F4C8A10-0000-4000-8000-00000000000", "1a", "2b"
    link = Link(url="https://old.example/plan.pdf", title="Plan", format="PDF")
    portal.publish(described("trees-old", links=(link,)), None)
    made = upload(
        manager, "resource_create", b"id,name\n1,Oak\n", name="t.csv", package_id="trees-old"
    )
    assert made.status_code == 200
    source = SourceId("old")
    with portal.city.work(SYSTEM) as work:
        id = DatasetId("trees-old")
        old_addresses.save(
            work.db,
            [
                OldAddress(system="ckan", name=uuid.lower(), source=source, dataset=id),
                OldAddress(system="ckan", name="baeume", source=source, dataset=id),
                OldAddress(
                    system="ckan", name="hidden", source=source, dataset=DatasetId("drafts")
                ),
                OldAddress(
                    system="ckan-resource", name=table, source=source, dataset=id, url="t.csv"
                ),
                OldAddress(
                    system="ckan-resource", name=plan, source=source, dataset=id, url=link.url
                ),
                OldAddress(
                    system="ckan-organization", name="tiefbau", source=source, publisher=ROADS
                ),
            ],
        )
    client = portal.client()
    for old in (uuid, "baeume"):
        assert post(client, "package_show", id=old)["name"] == "trees-old"
    assert post(client, "datastore_search", resource_id=table)["records"][0]["name"] == "Oak"
    assert post(client, "resource_show", id=table)["id"] == "trees-old-csv"
    assert post(client, "resource_show", id=plan)["url"] == link.url
    assert post(client, "organization_show", id="tiefbau")["name"] == "roads"
    assert "drafts" not in str(post(client, "package_show", 404, id="hidden"))
    assert post(manager, "package_patch", id="baeume", title="Bäume")["title"] == "Bäume"

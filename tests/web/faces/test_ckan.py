"""CKAN's Action API as its clients call it: answers, errors, and who may see what."""

from typing import Any

import pytest
from tests.web.web_portal import PARKS, ROLES, Client, Portal, described, open_portal, table

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, Link
from citycommons.store import usage
from citycommons.store.work import City
from citycommons.web.faces.check import check_face
from citycommons.web.faces.ckan import Ckan

ACTION = "/api/3/action/"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small portal, with an entry that links elsewhere; no test of this module changes it."""
    home = tmp_path_factory.mktemp("ckan") / "home"
    city = City.create(Settings(home=home, name="Testville", requests_per_minute=1_000_000))
    made = open_portal(city)
    link = Link(url="https://elsewhere.example/a.pdf", title="Plan", format="PDF")
    more = {"keywords": ("Grünfläche", "open data"), "theme": "ENVI", "links": (link,)}
    made.publish(
        described("parks-plan", publisher=PARKS, title={"de": "Plan", "en": "Plan"}, **more)
    )
    made.publish(
        described("bikes", theme="TRAN", keywords=("open data",), license="CC-BY-4.0"), table(3)
    )
    yield made
    city.close()


@pytest.fixture
def client(portal: Portal) -> Client:
    return portal.client(accept="application/json")


def ask(client: Client, action: str, **params: Any) -> Any:
    """The result of an action asked for by GET."""
    answer = client.get(ACTION + action, params=params)
    told = answer.json()
    assert answer.status_code == 200, told
    assert set(told) == {"help", "success", "result"}
    assert told["success"] is True
    assert told["help"] == f"http://portal.example/api/3/action/help_show?name={action}"
    return told["result"]


def refused(client: Client, action: str, **params: Any) -> tuple[int, Any]:
    """Status and error of an action that fails."""
    answer = client.get(ACTION + action, params=params)
    told = answer.json()
    assert told["success"] is False
    return answer.status_code, told["error"]


def names(found: Any) -> list[str]:
    return sorted(one["name"] for one in found["results"])


def test_the_face_keeps_to_the_rules_of_faces() -> None:
    assert check_face(Ckan())


def test_the_address_of_the_api_tells_its_version(client: Client) -> None:
    assert client.get("/api/3").json() == client.get("/api").json() == {"version": 3}
    assert client.get("/api/action/site_read").json()["result"] is True
    status = ask(client, "status_show")
    assert status["ckan_version"].startswith("2.")
    assert client.get("/api/util/status").json() == status


def test_a_dataset_is_shown_as_a_package(client: Client) -> None:
    shown = ask(client, "package_show", id="counts")
    assert shown["id"] == shown["name"] == "counts"
    assert shown["organization"]["title"] == "Office for Roads"
    assert (shown["license_id"], shown["isopen"], shown["private"]) == ("CC0-1.0", True, False)
    first = shown["resources"][0]
    assert (first["id"], first["format"], first["datastore_active"]) == ("counts-csv", "CSV", True)
    assert first["url"] == "http://portal.example/data/counts@latest.csv"
    assert client.get(first["url"]).text.startswith("id,street,count,place")
    parquet = next(one for one in shown["resources"] if one["format"] == "Parquet")
    assert parquet["size"] == len(client.get(parquet["url"]).content)
    assert shown["num_resources"] == len(shown["resources"])
    assert {one["key"] for one in shown["extras"]} >= {"uri", "identifier", "spatial"}


def test_a_package_has_what_harvesters_demand(client: Client) -> None:
    """udata's CKAN harvester refuses a package in which one of these is missing or another kind."""
    for id in ask(client, "package_list"):
        shown = ask(client, "package_show", id=id)
        texts = ("id", "name", "title", "notes", "license_id", "metadata_created", "state")
        assert all(isinstance(shown[name], str) for name in texts)
        assert (shown["type"], shown["private"], shown["author_email"]) == ("dataset", False, None)
        organization = shown["organization"]
        assert (organization["type"], organization["is_organization"]) == ("organization", True)
        for name in ("description", "created", "revision_timestamp", "image_url", "state"):
            assert isinstance(organization[name], str)
        for one in shown["resources"]:
            assert {type(one[name]) for name in ("name", "format", "url", "created")} == {str}
            assert isinstance(one["size"], int | None)
            assert len(one["hash"]) in (0, 64)
            assert one["resource_type"] in ("file", "api")
        assert all(isinstance(one["value"], str) for one in shown["extras"])


def test_resources_are_shown_by_ids_that_last(client: Client) -> None:
    shown = ask(client, "package_show", id="parks-plan")
    (link,) = shown["resources"]
    assert link["id"].startswith("parks-plan-link-")
    for one in (link, *ask(client, "package_show", id="counts")["resources"]):
        assert ask(client, "resource_show", id=one["id"]) == one
    assert shown["title_translated"] == {"de": "Plan", "en": "Plan"}
    assert refused(client, "resource_show", id="counts-link-00000000")[0] == 404
    assert refused(client, "resource_show", id="nonsense")[0] == 404


def test_what_may_not_be_seen_answers_like_what_is_not_there(client: Client) -> None:
    hidden = refused(client, "package_show", id="drafts")
    absent = refused(client, "package_show", id="absent")
    assert hidden[0] == absent[0] == 404
    assert hidden[1]["message"].replace("drafts", "absent") == absent[1]["message"]
    assert hidden[1]["__type"] == "Not Found Error"
    assert refused(client, "resource_show", id="drafts-csv") == refused(
        client, "resource_show", id="absent-csv"
    )


def test_lists_hold_what_anyone_may_see(client: Client) -> None:
    assert ask(client, "package_list") == ["bikes", "counts", "entry", "parks-plan", "trees"]
    assert ask(client, "package_list", limit=2, offset=1) == ["counts", "entry"]
    with_all = ask(client, "current_package_list_with_resources", limit=2)
    assert [one["name"] for one in with_all] == ["bikes", "parks-plan"]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["bikes", "counts", "entry", "parks-plan", "trees"]),
        ({"q": "*:*"}, ["bikes", "counts", "entry", "parks-plan", "trees"]),
        ({"q": "plan"}, ["parks-plan"]),
        ({"q": "plam"}, []),
        ({"q": "grünfläche"}, ["parks-plan"]),
        ({"q": '"open data"'}, ["bikes", "parks-plan"]),
        ({"q": "bikes OR counts"}, ["bikes", "counts"]),
        ({"q": "open -bikes"}, ["parks-plan"]),
        ({"q": "title:trees"}, ["trees"]),
        ({"q": "name:c*"}, ["counts"]),
        ({"q": "id:counts"}, ["counts"]),
        ({"fq": "organization:parks"}, ["parks-plan", "trees"]),
        ({"fq": '-organization:"parks"'}, ["bikes", "counts", "entry"]),
        ({"fq": "organization:(parks OR roads) AND tags:*"}, ["bikes", "parks-plan"]),
        ({"fq": "groups:envi"}, ["parks-plan"]),
        ({"fq": 'tags:"open data"'}, ["bikes", "parks-plan"]),
        ({"fq": "tags:open"}, []),
        ({"fq": "tags:Gr*"}, ["parks-plan"]),
        ({"fq": "res_format:CSV"}, ["bikes", "counts", "trees"]),
        ({"fq": "res_format:GeoJSON"}, ["bikes", "counts", "trees"]),
        ({"fq": "res_format:PDF"}, ["parks-plan"]),
        ({"fq": "license_id:CC-BY-4.0"}, ["bikes"]),
        (
            {"fq": "capacity:public +state:active"},
            ["bikes", "counts", "entry", "parks-plan", "trees"],
        ),
        ({"fq": "private:true"}, []),
        ({"fq_list": '["organization:parks","-groups:envi"]'}, ["trees"]),
        ({"fq": "metadata_modified:[* TO 2020-01-01T00:00:00Z]"}, []),
        ({"fq": "metadata_modified:[NOW-1DAY TO *]", "q": "trees"}, ["trees"]),
        ({"fq": "metadata_created:{2020-01-01T00:00:00Z TO NOW]", "q": "trees"}, ["trees"]),
    ],
)
def test_search_understands_solr(client: Client, params: Any, found: list[str]) -> None:
    answer = ask(client, "package_search", **params)
    assert (names(answer), answer["count"]) == (found, len(found))


def test_search_pages_in_the_order_asked_for(client: Client) -> None:
    pages = [
        [
            one["id"]
            for one in ask(client, "package_search", sort="id asc", rows=2, start=at)["results"]
        ]
        for at in (0, 2, 4)
    ]
    assert pages == [["bikes", "counts"], ["entry", "parks-plan"], ["trees"]]
    newest = ask(client, "package_search", sort="metadata_modified desc", rows=1)
    assert names(newest) == ["bikes"]
    by_title = ask(client, "package_search", sort="title_string desc", rows=1)
    assert names(by_title) == ["trees"]


def test_facets_count_what_was_found(client: Client) -> None:
    fields = '["organization","tags","groups","res_format","license_id"]'
    found = ask(client, "package_search", **{"facet.field": fields, "q": "open data"})
    assert found["facets"]["organization"] == {"parks": 1, "roads": 1}
    assert found["facets"]["tags"] == {"open data": 2, "Grünfläche": 1}
    assert found["facets"]["groups"] == {"envi": 1, "tran": 1}
    assert found["facets"]["license_id"] == {"CC-BY-4.0": 1, "CC0-1.0": 1}
    assert found["facets"]["res_format"]["PDF"] == 1
    items = {one["name"]: one for one in found["search_facets"]["organization"]["items"]}
    assert items["parks"] == {"name": "parks", "display_name": "Office for Parks", "count": 1}
    few = ask(client, "package_search", **{"facet.field": '["tags"]', "facet.limit": 1})
    assert few["facets"]["tags"] == {"open data": 2}
    many = ask(client, "package_search", **{"facet.field": '["tags"]', "facet.mincount": 2})
    assert many["facets"]["tags"] == {"open data": 2}


@pytest.mark.parametrize(
    "query",
    ["q=undefined:x", "fq=(", "sort=colour asc", "fq={!x}y", "q=a " + "OR a " * 80],
)
def test_a_query_that_cannot_be_read_is_refused_as_solr_does(client: Client, query: str) -> None:
    answer = client.get(f"{ACTION}package_search?{query}")
    assert (answer.status_code, answer.json()["error"]["__type"]) == (400, "Search Query Error")


def test_a_key_sees_more_where_its_owner_may(portal: Portal, client: Client) -> None:
    officer = portal.actor("officer", *ROLES["data-officer-of-roads"])
    program = portal.program(officer, "discover", "read")
    key = program.headers.pop("authorization").partition(" ")[2]
    for header in ({"Authorization": key}, {"X-CKAN-API-Key": key}, {"X-API-Key": key}):
        known = portal.client(**header)
        assert ask(known, "package_show", id="drafts")["private"] is True
        assert "drafts" not in names(ask(known, "package_search", rows=100))
        more = ask(known, "package_search", rows=100, include_private="true")
        assert {"drafts", "plans"} <= {*names(more)}
    assert refused(portal.client(Authorization="Basic cc_x"), "package_show", id="drafts")[0] == 404
    wrong = portal.client(Authorization="cc_none_none").get(ACTION + "site_read")
    assert wrong.status_code == 401


def test_a_session_counts_for_nothing_here(portal: Portal) -> None:
    """A script of another site could read what JSONP tells a signed-in reader."""
    browser = portal.browser(portal.actor("chief", *ROLES["administrator-of-city"]))
    assert refused(browser, "package_show", id="drafts")[0] == 404


def test_jsonp_calls_a_function_and_nothing_else(client: Client) -> None:
    answer = client.get(ACTION + "site_read", params={"callback": "app.got_it"})
    assert answer.headers["content-type"].startswith("application/javascript")
    assert answer.text.startswith('app.got_it({"help":')
    assert answer.text.endswith('"success":true,"result":true});')
    for evil in ("alert(1)//", "a;b", "</script>", "a" * 90, "0x", "ünïcode", "a.b.c.d.e.f.g.h"):
        refused = client.get(ACTION + "site_read", params={"callback": evil})
        assert refused.status_code == 400
        assert refused.headers["content-type"].startswith("application/json")
        assert evil not in refused.text


def test_errors_have_ckans_types(client: Client) -> None:
    answer = client.get(ACTION + "package_show")
    assert answer.status_code == 409
    assert answer.json()["error"] == {"id": ["Missing value"], "__type": "Validation Error"}
    unknown = client.get(ACTION + "package_juggle")
    assert unknown.status_code == 400
    assert unknown.json() == "Bad request - Action name not known: package_juggle"


def test_publishers_are_organizations(client: Client) -> None:
    assert ask(client, "organization_list") == ["parks", "roads"]
    every = ask(client, "organization_list", all_fields="true", sort="package_count desc")
    assert [(one["name"], one["package_count"]) for one in every] == [("roads", 3), ("parks", 2)]
    shown = ask(client, "organization_show", id="parks", include_datasets="true")
    assert [one["name"] for one in shown["packages"]] == ["parks-plan", "trees"]
    assert ask(client, "organization_autocomplete", q="ROA")[0]["name"] == "roads"
    assert refused(client, "organization_show", id="none")[0] == 404


def test_themes_are_groups_and_keywords_tags(client: Client) -> None:
    assert "tran" in ask(client, "group_list")
    assert ask(client, "group_show", id="envi")["package_count"] == 1
    assert names({"results": ask(client, "group_package_show", id="envi")}) == ["parks-plan"]
    assert ask(client, "tag_list") == ["Grünfläche", "open data"]
    assert ask(client, "tag_list", query="OPEN", all_fields="1")[0]["name"] == "open data"
    assert ask(client, "tag_autocomplete", query="gr") == ["Grünfläche"]
    assert ask(client, "tag_show", id="open data")["display_name"] == "open data"
    assert refused(client, "tag_show", id="closed data")[0] == 404


def test_the_smaller_actions_answer(client: Client) -> None:
    assert ask(client, "package_autocomplete", q="tre")[0]["name"] == "trees"
    assert {"id": "CC0-1.0", "title": "CC0 1.0"}.items() <= ask(client, "license_list")[0].items()
    found = ask(client, "resource_search", query="format:pdf")
    assert (found["count"], found["results"][0]["name"]) == (1, "Plan")
    assert refused(client, "resource_search", query="colour:red")[0] == 409
    assert ask(client, "format_autocomplete", q="geo") == ["geojson"]
    assert ask(client, "resource_view_list", id="counts-csv") == []
    assert "id or name" in ask(client, "help_show", name="package_show")
    assert refused(client, "help_show", name="nothing")[0] == 404


def test_what_is_shown_is_counted(portal: Portal, client: Client) -> None:
    def seen() -> int:
        portal.city.usage.flush()
        with portal.city.work(SYSTEM, may_write=False) as work:
            return sum(one.count for one in usage.uses(work.db, dataset="trees"))

    before = seen()
    portal.client(**{"user-agent": "harvester/1"}).get(f"{ACTION}package_show?id=trees")
    assert seen() == before + 1

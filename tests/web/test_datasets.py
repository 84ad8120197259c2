"""Resources of the catalogue: shapes by Accept and suffix, caching, counting, hostile input."""

import numpy as np
import pytest
from tests.web.web_portal import HTML, JSON, Client, Portal, described, table

from citycommons.core.types import SYSTEM, DatasetId
from citycommons.share import encoders, meaning
from citycommons.share import publish as publishing
from citycommons.store.usage import uses

LD = "application/ld+json"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/datasets/counts", "text/html", "text/html"),
        ("/datasets/counts", "application/json", "application/json"),
        ("/datasets/counts", LD, LD),
        ("/datasets/counts", "*/*", "text/html"),
        ("/datasets/counts", "", "text/html"),
        ("/datasets/counts", "application/json;q=0.5, application/ld+json;q=0.9", LD),
        ("/datasets/counts", "text/html;q=0, application/json", "application/json"),
        ("/datasets/counts.json", "text/html", "application/json"),
        ("/datasets/counts.jsonld", "*/*", LD),
        ("/datasets/counts@1.json", "*/*", "application/json"),
        ("/datasets/counts@latest", "application/json", "application/json"),
        ("/datasets.json", "*/*", "application/json"),
        ("/datasets.jsonld", "*/*", LD),
        ("/datasets", "text/html", "text/html"),
        ("/publishers.json", "*/*", "application/json"),
        ("/publishers/roads", "application/json", "application/json"),
        ("/publishers/roads", "text/html", "text/html"),
        ("/datasets/counts/versions", "application/json", "application/json"),
        ("/datasets/counts/rows", "*/*", "application/json"),
    ],
)
def test_a_resource_takes_the_shape_asked_for(
    portal: Portal, path: str, accept: str, kind: str
) -> None:
    answer = portal.client(accept=accept).get(path)
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert "accept" in answer.headers["vary"] or kind == "text/html"


def test_what_cannot_be_had_is_406_and_says_what_can(portal: Portal) -> None:
    answer = portal.client(accept="application/xml").get("/datasets/counts")
    assert answer.status_code == 406
    assert LD in answer.json()["detail"]


def test_the_json_of_a_dataset_is_the_type_with_its_version_and_files(client: Client) -> None:
    body = client.get("/datasets/counts.json").json()
    assert body["id"] == "counts"
    assert body["title"] == {"en": "Counts"}
    assert body["version"]["number"] == 1
    assert body["version"]["rows"] == 120
    assert [one["name"] for one in body["version"]["fields"]] == ["id", "street", "count", "place"]
    formats = {one["format"]: one["url"] for one in body["distributions"]}
    assert formats["csv"] == "http://portal.example/data/counts@1.csv"
    assert {"xlsx", "json", "geojson", "geoparquet", "gpkg"} <= set(formats)
    for url in formats.values():
        assert client.head(url).status_code == 200, url


def test_an_entry_without_data_is_described_and_has_no_files(client: Client) -> None:
    body = client.get("/datasets/entry.json").json()
    assert body["version"] is None
    assert body["distributions"] == []
    answer = client.get("/datasets/entry/rows")
    assert answer.status_code == 404


def test_an_unchanged_description_is_not_sent_twice(portal: Portal) -> None:
    client = portal.client(**JSON)
    first = client.get("/datasets/counts.json")
    tag = first.headers["etag"]
    again = client.get("/datasets/counts.json", headers={"if-none-match": f'"x", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    portal.publish(described("counts", title={"en": "Other"}))
    changed = client.get("/datasets/counts.json", headers={"if-none-match": tag})
    assert changed.status_code == 200


def test_a_withdrawn_version_is_a_tombstone(portal: Portal) -> None:
    client = portal.client(**JSON)
    portal.publish(described("counts"), table(5))
    with portal.city.work(SYSTEM) as work:
        publishing.withdraw(work, DatasetId("counts"), 1, reason="A wrong sensor.")
    body = client.get("/datasets/counts@1.json").json()
    assert body["version"]["withdrawn_reason"] == "A wrong sensor."
    assert body["distributions"] == []
    for path in ("/datasets/counts@1/rows", "/data/counts@1.csv", "/datasets/counts@1/features"):
        answer = client.get(path)
        assert answer.status_code == 410
        assert "A wrong sensor." in answer.json()["detail"]
    assert client.get("/datasets/counts.json").json()["version"]["number"] == 2
    listed = client.get("/datasets/counts/versions").json()["versions"]
    assert [(one["number"], bool(one["withdrawn"])) for one in listed] == [(2, False), (1, True)]


def test_rows_are_paged_with_links_and_an_exact_total(client: Client) -> None:
    seen, address = [], "/datasets/counts/rows?limit=50&street=Street%203&order=-id"
    while address:
        body = client.get(address).json()
        assert body["total"] == 17
        seen += [row["id"] for row in body["rows"]]
        address = body["links"]["next"]
    assert seen == [i for i in range(119, -1, -1) if i % 7 == 3]
    assert body["links"]["prev"] is None
    last = client.get("/datasets/counts/rows?limit=7&offset=14").json()
    assert last["links"]["prev"].endswith("limit=7&offset=7")


def test_rows_can_be_had_as_a_file_as_they_were_asked_for(client: Client) -> None:
    answer = client.get("/datasets/counts/rows.csv?street=Street%203&columns=id,street")
    lines = answer.text.splitlines()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="counts@1-selection.csv"' in answer.headers["content-disposition"]
    assert lines[0] == "id,street"
    assert len(lines) == 18
    features = client.get("/datasets/counts/rows.geojson?street=Street%203").json()
    assert len(features["features"]) == 17


def test_features_come_by_box_and_page(client: Client) -> None:
    body = client.get("/datasets/counts/features?bbox=7.6,51,7.6095,52&limit=6").json()
    assert (body["numberMatched"], body["numberReturned"]) == (10, 6)
    rest = client.get(body["links"][0]["href"]).json()
    assert rest["numberReturned"] == 4
    assert "links" not in rest
    both = [one["properties"]["id"] for one in (*body["features"], *rest["features"])]
    assert sorted(both) == list(range(10))


def test_a_difference_is_told_in_numbers_and_rows(portal: Portal) -> None:
    portal.publish(described("counts"), table(118))
    body = portal.client(**JSON).get("/datasets/counts/diff?from=1&to=2").json()
    assert (body["added"], body["removed"], body["changed"]) == (0, 2, 0)
    assert [one["kind"] for one in body["changes"]] == ["removed", "removed"]


def test_search_finds_counts_and_pages(portal: Portal) -> None:
    client = portal.client(**JSON)
    body = client.get("/datasets.json?q=cuonts").json()
    assert [one["id"] for one in body["datasets"]] == ["counts"]
    assert body["corrected"] == "counts"
    every = client.get("/datasets.json?limit=2").json()
    assert every["total"] == 3  # neither the restricted nor the internal one
    assert every["facets"]["publisher"] == {"roads": 2, "parks": 1}
    rest = client.get(every["links"]["next"]).json()
    assert len(rest["datasets"]) == 1
    assert rest["links"]["next"] is None
    narrowed = client.get("/datasets.json?publisher=parks&has_data=true").json()
    assert [one["id"] for one in narrowed["datasets"]] == ["trees"]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/datasets.json?colour=red", "colour"),
        ("/datasets.json?limit=1000000", "limit"),
        ("/datasets.json?limit=-1", "limit"),
        ("/datasets.json?sort=price", "sort"),
        ("/datasets.json?has_data=perhaps", "has_data"),
        ("/datasets/counts/rows?limit=99999999999999999999", "limit"),
        ("/datasets/counts/rows?offset=1e9", "offset"),
        ("/datasets/counts/rows?colour=red", "colour"),
        ("/datasets/counts/rows?order=id;drop table versions", "order"),
        ("/datasets/counts/features?limit=1000000", "limit"),
        ("/datasets/counts/features?offset=٣", "offset"),
        ("/datasets/counts/diff?from=1", "from"),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, path: str, parameter: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter


@pytest.mark.parametrize(
    "path",
    [
        "/datasets/..%2f..%2fetc%2fpasswd",
        "/datasets/%2e%2e",
        "/datasets/counts@1%00",
        "/datasets/counts%0d%0aset-cookie:%20a=b.json",
        "/data/..%2f..%2fcity.db",
        "/data/counts@1.csv%00.parquet",
        "/data/counts@..%2f1.csv",
        "/data/counts@1.exe%0d%0ax:y",
        "/data/" + "x" * 5000 + "@1.csv",
        "/datasets/" + "y" * 5000,
        "/datasets/counts@" + "9" * 60,
        "/datasets/counts@-1.json",
        "/datasets/%ff%fe",
    ],
)
def test_hostile_names_are_just_not_there(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404, answer.text[:200]
    assert "set-cookie" not in answer.headers
    assert "x" not in answer.headers


def test_looking_and_taking_are_counted_by_door_and_kind(portal: Portal) -> None:
    browser = portal.client(**HTML, **{"user-agent": "Mozilla/5.0 Firefox/140.0"})
    program = portal.client(**JSON, **{"user-agent": "curl/8.5"})
    browser.get("/datasets/trees")
    program.get("/datasets/trees.json")
    program.get("/datasets/trees/rows")
    program.get("/datasets/trees/rows?offset=1")  # within 30 s: a double click
    program.get("/data/trees@1.csv")
    portal.client(**{"user-agent": "Googlebot/2.1"}).get("/datasets/trees.json")
    portal.city.usage.flush()
    with portal.city.work(SYSTEM, may_write=False) as work:
        counted = {
            (str(one.use), str(one.channel), str(one.client)): one.count
            for one in uses(work.db, dataset="trees")
        }
    assert counted == {
        ("investigation", "page", "person"): 1,
        ("investigation", "api", "machine"): 1,
        ("request", "api", "machine"): 1,
        ("request", "file", "machine"): 1,  # another link, so no double click
        ("investigation", "api", "robot"): 1,
    }


class Near:
    """A model to which all entries mean the same, and “Baumkataster” too."""

    name = "near 1"

    def question(self, text: str) -> encoders.Floats:
        return np.array([0.0, 1.0] if text == "Baumkataster" else [1.0, 0.0], np.float32)

    def texts(self, texts: list[str]) -> encoders.Floats:
        shared = [text in encoders.BACKGROUND for text in texts]
        return np.array([[float(one), float(not one)] for one in shared], np.float32)


def test_what_is_near_in_meaning_is_said_apart_and_not_counted(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = portal.client(**HTML).get("/datasets?q=Baumkataster").text
    assert "Related by meaning" not in page
    assert portal.client(**JSON).get("/datasets.json?q=Baumkataster").json()["related"] == []
    monkeypatch.setattr(encoders, "is_installed", lambda: True)
    near = Near()
    monkeypatch.setattr(encoders, "encoder", lambda: near)
    meaning.refresh(portal.city)
    found = portal.client(**JSON).get("/datasets.json?q=Baumkataster").json()
    assert (found["total"], found["datasets"]) == (0, [])
    assert "counts" in {one["id"] for one in found["related"]}
    assert {one["access"] for one in found["related"]} == {"public"}
    page = portal.client(**HTML).get("/datasets?q=Baumkataster").text
    assert "Related by meaning" in page
    assert "/datasets/counts" in page.partition("Related by meaning")[2]
    assert "Nothing found" in page

"""The catalogue for other catalogues: paged, negotiated, filtered, and nothing hidden in it."""

import pytest
import rdflib
from tests.web.web_portal import HTML, Client, Portal, described

from citycommons.core.types import ANYONE, Grant, Role
from citycommons.web.faces import dcat
from citycommons.web.faces.check import check_face

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
HYDRA = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
KINDS = {
    "ttl": ("turtle", "text/turtle"),
    "rdf": ("xml", "application/rdf+xml"),
    "jsonld": ("json-ld", "application/ld+json"),
    "nt": ("nt", "application/n-triples"),
}


def graph(client: Client, path: str, format: str = "turtle") -> rdflib.Graph:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:300]
    return rdflib.Graph().parse(data=answer.content, format=format)


def names(found: rdflib.Graph) -> set[str]:
    return {str(one).rpartition("/")[2] for one in found.subjects(rdflib.RDF.type, DCAT.Dataset)}


def test_the_face_keeps_to_the_rules() -> None:
    assert len(check_face(dcat.Dcat())) == 3


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_each_notation_by_suffix_and_by_accept(client: Client, suffix: str) -> None:
    format, media = KINDS[suffix]
    by_suffix = client.get(f"/catalog.{suffix}")
    by_accept = client.get("/catalog", headers={"accept": media})
    for answer in (by_suffix, by_accept):
        assert answer.headers["content-type"].startswith(media)
        found = rdflib.Graph().parse(data=answer.content, format=format)
        assert names(found) == {"counts", "trees", "entry"}
    one = client.get(f"/datasets/counts.{suffix}")
    assert one.headers["content-type"].startswith(media)
    assert names(rdflib.Graph().parse(data=one.content, format=format)) == {"counts"}


def test_a_browser_is_sent_to_the_search(client: Client) -> None:
    answer = client.get("/catalog?q=trees&page=2", headers=HTML, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/datasets?q=trees")
    assert client.get("/catalog", headers={"accept": "image/png"}).status_code == 406


def test_nobody_sees_what_they_may_not_discover(portal: Portal) -> None:
    anyone = graph(portal.browser(ANYONE), "/catalog.ttl")
    reader = portal.actor("reader-of-roads", Grant(role=Role.READER, publisher="roads"))
    inside = graph(portal.program(reader, "discover"), "/catalog.ttl")
    assert names(anyone) == {"counts", "trees", "entry"}
    assert names(inside) == {"counts", "trees", "entry", "plans", "drafts"}
    assert b"drafts" not in portal.client().get("/data.json").content


def test_pages_lead_to_one_another(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dcat, "SIZE", 2)
    client = portal.client()
    first = graph(client, "/catalog.ttl")
    (view,) = first.subjects(rdflib.RDF.type, HYDRA.PartialCollectionView)
    assert first.value(view, HYDRA.totalItems).toPython() == 3
    following = str(first.value(view, HYDRA.next))
    assert following.endswith("/catalog.ttl?page=2")
    second = graph(client, following)
    assert names(first) | names(second) == {"counts", "trees", "entry"}
    assert not names(first) & names(second)
    assert second.value(rdflib.URIRef(following), HYDRA.next) is None
    assert str(second.value(rdflib.URIRef(following), HYDRA.previous)).endswith("page=1")
    assert 'rel="next"' in client.get("/catalog.ttl").headers["link"]
    assert names(graph(client, "/catalog.ttl?page=99")) == set()
    assert client.get("/catalog.ttl?page=0").status_code == 422
    assert client.get("/catalog.ttl?page=x").status_code == 422


def test_it_narrows_by_words_publisher_and_theme(portal: Portal) -> None:
    portal.publish(described("lanes", theme="TRAN"))
    client = portal.client()
    assert names(graph(client, "/catalog.ttl?q=trees")) == {"trees"}
    assert names(graph(client, "/catalog.ttl?publisher=parks")) == {"trees"}
    assert names(graph(client, "/catalog.ttl?theme=TRAN")) == {"lanes"}


def test_it_is_not_sent_twice(client: Client) -> None:
    tag = client.get("/catalog.ttl").headers["etag"]
    assert client.get("/catalog.ttl", headers={"if-none-match": tag}).status_code == 304


def test_data_json_has_every_dataset_with_what_its_schema_wants(client: Client) -> None:
    found = client.get("/data.json").json()
    assert found["conformsTo"] == "https://project-open-data.cio.gov/v1.1/schema"
    assert {one["title"] for one in found["dataset"]} == {"Counts", "Trees", "Entry"}
    wanted = {"title", "description", "keyword", "modified", "publisher", "contactPoint"}
    wanted |= {"identifier", "accessLevel"}
    for one in found["dataset"]:
        assert wanted <= set(one)
    counts = next(one for one in found["dataset"] if one["title"] == "Counts")
    urls = {one["mediaType"]: one["downloadURL"] for one in counts["distribution"]}
    assert client.get(urls["text/csv"]).status_code == 200


def test_croissant_names_the_stored_file_by_its_checksum(client: Client) -> None:
    import hashlib

    found = client.get("/datasets/counts/croissant.json").json()
    (file,) = found["distribution"]
    content = client.get(file["contentUrl"]).content
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    (rows,) = found["recordSet"]
    assert [one["name"] for one in rows["field"]] == ["id", "street", "count", "place"]
    assert client.get("/datasets/counts@1/croissant.json").status_code == 200
    assert client.get("/datasets/drafts/croissant.json").status_code == 404
    assert client.get("/datasets/entry/croissant.json").status_code == 404


def test_it_tells_what_changed_since_and_what_was_taken_away(portal: Portal) -> None:
    from datetime import UTC, datetime

    portal.publish(described("old-lanes", removed=datetime.now(UTC), removed_reason="Gone."))
    client = portal.client()
    assert names(graph(client, "/catalog.ttl?modified_since=2999-01-01")) == set()
    found = graph(client, "/catalog.ttl?modified_since=2020-01-01T00:00:00Z")
    assert names(found) == {"counts", "trees", "entry"}
    status = rdflib.URIRef("http://www.w3.org/ns/adms#status")
    ((record, value),) = found.subject_objects(status)
    assert str(value).endswith("/concept-status/DEPRECATED")
    topic = found.value(record, rdflib.FOAF.primaryTopic)
    assert str(topic).endswith("/datasets/old-lanes")
    assert "old-lanes" not in client.get("/catalog.ttl").text
    for wrong in ("yesterday", "2026-13-01", "0001-01-01T00:00:00%2B14:00"):
        assert client.get(f"/catalog.ttl?modified_since={wrong}").status_code == 422


def test_suffixes_of_ckan_mean_the_same(client: Client) -> None:
    for suffix, media in (("xml", "application/rdf+xml"), ("n3", "text/turtle")):
        for path in ("/catalog", "/datasets/counts"):
            assert client.get(f"{path}.{suffix}").headers["content-type"].startswith(media)


def test_a_search_engine_finds_what_it_wants_in_the_page(portal: Portal) -> None:
    import json
    import re

    page = portal.client(**HTML).get("/datasets/counts").text
    (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    found = json.loads(told)
    assert (found["@context"], found["@type"]) == ("https://schema.org/", "Dataset")
    assert 50 <= len(found["description"]) <= 5000
    wanted = {"name", "license", "creator", "identifier", "distribution", "spatialCoverage"}
    assert wanted <= set(found)
    urls = {one["encodingFormat"]: one["contentUrl"] for one in found["distribution"]}
    assert portal.client().get(urls["text/csv"]).status_code == 200
    assert "ld+json" not in portal.client(**HTML).get("/datasets/plans").text

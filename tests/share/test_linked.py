"""The linked-data face tells what the catalogue knows, and nothing else."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
import rdflib
import shapely
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from citycommons.core.types import Access, Dataset, DatasetId, Link, Publisher, PublisherId
from citycommons.share.exports import formats
from citycommons.share.linked import Notation, Portal, bibtex, citation, jsonld, written

BASE = "https://data.city.example"
PORTAL = Portal(url=BASE, name="City X", language="en")
ROADS = Publisher(id=PublisherId("roads"), name="Roads & Traffic", homepage="https://roads.example")
ENTRY = Dataset(
    id=DatasetId("things"),
    title={"en": "Things", "de": "Dinge"},
    publisher=ROADS.id,
    license="CC-BY-4.0",
    attribution="Stadt X",
    theme="TRAN",
    frequency="DAILY",
    keywords=("a",),
    temporal=(date(2015, 1, 1), None),
    links=(Link(url="https://elsewhere.example/x.csv", title="Old", format="CSV"),),
    modified=datetime(2026, 1, 2, tzinfo=UTC),
)


def test_what_is_known_is_told_in_both_vocabularies(opened):
    places = shapely.to_wkb(shapely.points([7.5, 7.7], [51.9, 52.0])).tolist()
    version = opened(pa.table({"n": [1, 2], "geometry": places})).version
    found = json.loads(json.dumps(jsonld(PORTAL, ENTRY, version, ROADS, versions=[version])))
    assert found["@id"] == f"{BASE}/datasets/things"
    assert {"@language": "de", "@value": "Dinge"} in found["dct:title"] == found["schema:name"]
    authority = "http://publications.europa.eu/resource/authority"
    assert found["dcat:theme"]["@id"] == f"{authority}/data-theme/TRAN"
    assert found["dct:accessRights"]["@id"] == f"{authority}/access-right/PUBLIC"
    # Code lists where they have a code, and the licence's own page beside it.
    (license,) = [n for n in every(found) if n.get("@type") == "dct:LicenseDocument"]
    assert license["@id"] == f"{authority}/licence/CC_BY_4_0"
    assert license["skos:exactMatch"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert found["schema:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert found["dct:temporal"]["dcat:startDate"]["@value"] == "2015-01-01"
    assert "dcat:endDate" not in found["dct:temporal"]
    assert found["schema:spatialCoverage"]["schema:geo"]["schema:box"] == "51.9 7.5 52.0 7.7"
    assert "7.5 51.9, 7.7 51.9" in found["dct:spatial"]["dcat:bbox"]["@value"]
    files = {one.get("@id") or one["dcat:accessURL"]["@id"] for one in found["dcat:distribution"]}
    wanted = {f"{BASE}/data/things@1.{one.id}" for one in formats(version)}
    assert files == wanted | {"https://elsewhere.example/x.csv"}
    stored = next(o for o in found["dcat:distribution"] if o.get("@id", "").endswith("geoparquet"))
    assert stored["spdx:checksum"]["spdx:checksumValue"]["@value"] == version.file
    assert stored["dcat:byteSize"]["@value"] == str(version.bytes)


def every(node):
    if isinstance(node, list):
        for one in node:
            yield from every(one)
    elif isinstance(node, dict):
        yield node
        for one in node.values():
            yield from every(one)


def test_every_prefix_used_stands_in_the_context_and_nothing_is_empty(opened):
    version = opened(pa.table({"n": [1]})).version
    document = jsonld(PORTAL, ENTRY, version, ROADS)

    def names(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "@type":
                    yield from [value] if isinstance(value, str) else value
                elif not key.startswith("@"):
                    yield key
                if key != "@context":
                    assert value not in (None, "", [], {})
                    yield from names(value)
        elif isinstance(node, list):
            for one in node:
                yield from names(one)

    assert {name.partition(":")[0] for name in names(document)} <= set(document["@context"])


def test_an_entry_without_data_tells_only_its_links():
    found = jsonld(PORTAL, replace(ENTRY, access=Access.INTERNAL), None, ROADS)
    (only,) = found["dcat:distribution"]
    assert only["dcat:accessURL"] == {"@id": "https://elsewhere.example/x.csv"}
    assert found["dct:accessRights"]["@id"].endswith("NON_PUBLIC")
    assert "dcat:version" not in found


def test_a_copy_says_where_it_came_from(opened):
    source = "https://origin.example/dataset/a b"
    address = {"@id": "https://origin.example/dataset/a%20b"}  # a bad one would spoil the document
    copy = replace(ENTRY, source=source, identifier="origin-7")
    found = jsonld(PORTAL, copy, None, ROADS)
    assert found["prov:wasDerivedFrom"] == [address]
    assert found["adms:identifier"]["skos:notation"] == "origin-7"
    record = found["@reverse"]["foaf:primaryTopic"]
    assert record["dct:source"]["rdfs:seeAlso"] == address
    version = opened(pa.table({"n": [1]})).version
    made = replace(version.provenance, origin=source, derived_from=("other@2",))
    found = jsonld(PORTAL, copy, replace(version, provenance=made), ROADS)
    assert found["prov:wasDerivedFrom"] == [address, {"@id": f"{BASE}/datasets/other@2"}]
    no_address = jsonld(PORTAL, replace(copy, source="a drawer"), None, ROADS)
    assert "prov:wasDerivedFrom" not in no_address


def test_citations(opened):
    version = opened(pa.table({"n": [1]})).version
    assert citation(ENTRY, version, ROADS, base=BASE, language="fr") == (
        "Roads & Traffic (2026): Things, version 1. https://data.city.example/datasets/things@1. "
        "CC BY 4.0. Stadt X."
    )
    entry = bibtex(ENTRY, version, ROADS, base=BASE, language="de")
    assert "title = {Dinge}" in entry
    assert "author = {{Roads \\& Traffic}}" in entry
    assert "version = {1}" in entry


@pytest.mark.parametrize("notation", Notation)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_every_notation_says_the_same(opened, notation):
    places = shapely.to_wkb(shapely.points([7.5, 7.7], [51.9, 52.0])).tolist()
    version = opened(pa.table({"n": [1, 2], "geometry": places})).version
    document = jsonld(PORTAL, ENTRY, version, ROADS)
    kinds = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld", "nt": "nt"}

    def read(one):
        return rdflib.Graph().parse(data=written(document, one), format=kinds[one])

    found = read(notation)
    assert len(found) > 100
    assert isomorphic(found, read(Notation.TURTLE))


@given(st.text(max_size=60))
def test_whatever_somebody_writes_as_an_address_the_document_stays_readable(words):
    hostile = replace(
        ENTRY,
        source="http://" + words,
        landing_page=words,
        keywords=(words,),
        links=(Link(url="https://elsewhere.example/" + words, title=words, format=words),),
    )
    publisher = replace(ROADS, homepage="http://x.example/" + words)
    document = jsonld(PORTAL, hostile, None, publisher)
    assert written(document, Notation.TURTLE)
    found = rdflib.Graph().parse(data=written(document, Notation.NTRIPLES), format="nt")
    title = rdflib.URIRef("http://purl.org/dc/terms/title")
    assert rdflib.Literal("Things", lang="en") in set(found.objects(None, title))


def test_high_value_is_what_the_dataset_says_itself():
    found = jsonld(PORTAL, replace(ENTRY, keywords=("traffic", "hvd:mobility")), None, ROADS)
    assert found["dcatap:applicableLegislation"]["@id"].endswith("/reg_impl/2023/138/oj")
    (category,) = found["dcatap:hvdCategory"]
    assert category["@id"] == "http://data.europa.eu/bna/c_b79e35eb"
    assert "dcatap:hvdCategory" not in jsonld(PORTAL, ENTRY, None, ROADS)


def test_transport_has_a_mobility_theme_and_a_mode_only_where_a_keyword_says_it():
    def codes(name, *keywords):
        found = jsonld(PORTAL, replace(ENTRY, keywords=keywords), None, ROADS)
        return [one["@id"].rpartition("/")[2] for one in found.get(name, ())]

    assert codes("mobilitydcatap:mobilityTheme", "Parken") == [
        "parking-service-and-rest-area-information"
    ]
    assert codes("mobilitydcatap:mobilityTheme", "x") == ["other"]
    assert codes("mobilitydcatap:transportMode", "Fahrrad") == ["bicycle"]
    assert codes("mobilitydcatap:transportMode", "x") == []

"""The linked-data face tells what the catalogue knows, and nothing else."""

import json
from datetime import UTC, date, datetime

import pyarrow as pa
import shapely

from citycommons.core.types import Access, Dataset, DatasetId, Link, Publisher, PublisherId
from citycommons.share.exports import formats
from citycommons.share.linked import bibtex, citation, jsonld

BASE = "https://data.city.example"
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
    found = json.loads(json.dumps(jsonld(ENTRY, version, ROADS, base=BASE, versions=[version])))
    assert found["@id"] == f"{BASE}/datasets/things"
    assert {"@language": "de", "@value": "Dinge"} in found["dct:title"] == found["schema:name"]
    authority = "http://publications.europa.eu/resource/authority"
    assert found["dcat:theme"] == {"@id": f"{authority}/data-theme/TRAN"}
    assert found["dct:accessRights"] == {"@id": f"{authority}/access-right/PUBLIC"}
    assert found["dct:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert found["dct:temporal"]["dcat:startDate"]["@value"] == "2015-01-01"
    assert "dcat:endDate" not in found["dct:temporal"]
    assert found["schema:spatialCoverage"]["schema:geo"]["schema:box"] == "51.9 7.5 52.0 7.7"
    assert "7.5 51.9, 7.7 51.9" in found["dct:spatial"]["dcat:bbox"]["@value"]
    files = {one["@id"] for one in found["dcat:distribution"]}
    wanted = {f"{BASE}/data/things@1.{one.id}" for one in formats(version)}
    assert files == wanted | {"https://elsewhere.example/x.csv"}
    stored = next(o for o in found["dcat:distribution"] if o["@id"].endswith("geoparquet"))
    assert stored["spdx:checksum"]["spdx:checksumValue"]["@value"] == version.file
    assert stored["dcat:byteSize"]["@value"] == str(version.bytes)


def test_every_prefix_used_stands_in_the_context_and_nothing_is_empty(opened):
    version = opened(pa.table({"n": [1]})).version
    document = jsonld(ENTRY, version, ROADS, base=BASE)

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
    from dataclasses import replace

    found = jsonld(replace(ENTRY, access=Access.INTERNAL), None, ROADS, base=BASE)
    assert [one["@id"] for one in found["dcat:distribution"]] == ["https://elsewhere.example/x.csv"]
    assert found["dct:accessRights"]["@id"].endswith("NON_PUBLIC")
    assert "dcat:version" not in found


def test_a_copy_says_where_it_came_from(opened):
    from dataclasses import replace

    source = "https://origin.example/dataset/a b"
    address = {"@id": "https://origin.example/dataset/a%20b"}  # a bad one would spoil the document
    copy = replace(ENTRY, source=source, identifier="origin-7")
    found = jsonld(copy, None, ROADS, base=BASE)
    assert found["dct:source"] == address
    assert found["prov:wasDerivedFrom"] == [address]
    assert found["adms:identifier"] == "origin-7"
    version = opened(pa.table({"n": [1]})).version
    made = replace(version.provenance, origin=source, derived_from=("other@2",))
    found = jsonld(copy, replace(version, provenance=made), ROADS, base=BASE)
    assert found["prov:wasDerivedFrom"] == [address, {"@id": f"{BASE}/datasets/other@2"}]
    no_address = jsonld(replace(copy, source="a drawer"), None, ROADS, base=BASE)
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

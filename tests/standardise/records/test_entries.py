"""Ids and fingerprints: the same record is the same thing, whatever its origin calls it today."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.standardise.records.told import entry_of, parcel_of

from citycommons.core.errors import Invalid
from citycommons.core.ids import checked_id
from citycommons.core.types import Dataset, DatasetId, Link, PublisherId
from citycommons.standardise.records import PROFILES, fingerprint, id_of

ENTRY = Dataset(
    id=DatasetId("a"),
    title={"de": "Bäume"},
    description={"de": "Alle Bäume der Stadt."},
    publisher=PublisherId("city"),
    license="CC0-1.0",
    attribution="Grünamt",
    identifier="0fdc6a1e-2c6b-4b53-8f0c-6f8a4b1a7c11",
    landing_page="https://x.example/dataset/0fdc6a1e-2c6b-4b53-8f0c-6f8a4b1a7c11",
    links=(Link(url="https://x.example/dataset/0fdc6a1e-2c6b-4b53-8f0c-6f8a4b1a7c11/b.csv"),),
)


def test_a_drifted_identifier_leaves_the_fingerprint():
    new = "77777777-2c6b-4b53-8f0c-6f8a4b1a7c11"
    drifted = replace(
        ENTRY,
        id=DatasetId("b"),
        identifier=new,
        title={"de": "  BÄUME "},
        source="https://elsewhere.example/1",
        landing_page=f"https://x.example/dataset/{new}",
        links=(Link(url=f"http://x.example/dataset/{new}/b.csv", status=200),),
        modified=datetime(2026, 1, 1, tzinfo=UTC),
        temporal=(date(2020, 1, 1), None),
        keywords=("new",),
    )
    assert fingerprint(drifted) == fingerprint(ENTRY)
    assert len(fingerprint(ENTRY)) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"de": "Büsche"}},
        {"publisher": PublisherId("other")},
        {"attribution": "Tiefbauamt"},
        {"description": {"de": "Nur Alleen."}},
        {"links": (Link(url="https://x.example/c.csv"),)},
    ],
)
def test_another_dataset_has_another_fingerprint(change):
    assert fingerprint(replace(ENTRY, **change)) != fingerprint(ENTRY)


@pytest.mark.parametrize(
    ("title", "identifier", "prefix", "id"),
    [
        ({"de": "Straßen & Wege"}, "x", "", "strassen-wege"),
        ({"de": "Bäume", "en": "Trees"}, "x", "od", "od-trees"),
        ({"el": "Δέντρα"}, "trees_2026", "", "trees-2026"),
        ({"el": "Δέντρα"}, "Δ", "City X", "city-x-record-3d2a2aa9303a"),
        ({"de": "Sehr " * 60}, "x", "a-very-long-prefix-that-goes-on-and-on", None),
    ],
)
def test_ids_are_readable_valid_and_the_same_each_time(tmp_path, title, identifier, prefix, id):
    dataset = replace(ENTRY, title=title, identifier=identifier)
    parcel = parcel_of(tmp_path, "ckan", {}, identifier=identifier)
    found = id_of(parcel, dataset, prefix)
    assert checked_id(found) == found == id_of(parcel, dataset, prefix)
    assert id is None or found == id


def test_a_vocabulary_nobody_reads_is_named(tmp_path):
    with pytest.raises(Invalid, match=r"vocabulary “marc”, which is not read; read are ckan, dcat"):
        entry_of(tmp_path, "marc", {})


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b"\xff\xfe\x00", b"<a/>", b"{"])
def test_nothing_of_use_is_one_fault_in_every_vocabulary(tmp_path, profile, content):
    with pytest.raises(Invalid, match="id-1"):
        entry_of(tmp_path, profile, content)

"""Croissant documents against MLCommons' own reader."""

import pytest
from tests.web.web_portal import Portal, open_portal

from citycommons.store.work import City

mlcroissant = pytest.importorskip("mlcroissant", reason="needs mlcroissant to read Croissant")


@pytest.fixture
def portal(city: City) -> Portal:
    return open_portal(city)


@pytest.mark.filterwarnings("ignore")
def test_the_reader_finds_no_fault(portal: Portal) -> None:
    document = portal.client().get("/datasets/counts/croissant.json").json()
    found = mlcroissant.Dataset(jsonld=document)
    assert not found.metadata.issues.errors
    assert not found.metadata.issues.warnings
    (rows,) = found.metadata.record_sets
    assert [one.name for one in rows.fields] == ["id", "street", "count", "place"]

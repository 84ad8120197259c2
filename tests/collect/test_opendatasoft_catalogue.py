"""An Opendatasoft catalogue after the reference of Explore v2.1."""

import pytest
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect.check import check_connector
from citycommons.collect.listing import counted
from citycommons.collect.opendatasoft_catalogue import OpendatasoftCatalogue
from citycommons.core.errors import Invalid, Unavailable

IDS = [f"d{number:03d}" for number in range(230)]
PATH = "/api/explore/v2.1/catalog/datasets"


def catalogue(origin, tmp_path, **options):
    given = {"url": origin.url("/"), "client": polite(tmp_path)}
    return OpendatasoftCatalogue(**given | options)


def portal(path, query):
    if path != PATH:
        return 404
    offset, limit = int(query["offset"]), int(query["limit"])
    assert limit <= 100
    found = [{"dataset_id": id, "metas": {}} for id in IDS[offset : offset + limit]]
    return {"total_count": len(IDS), "results": found}


@pytest.mark.parametrize("ending", ["", "/", "/api/explore/v2.1", "/explore/"])
def test_all_datasets_come(origin, tmp_path, ending):
    answering(origin, portal)
    connector = catalogue(origin, tmp_path, url=origin.url("") + ending)
    parcels = check_connector(connector)
    assert identifiers(parcels) == IDS
    assert parcels[0].profile == "opendatasoft"
    assert parcels[0].origin == origin.url(f"{PATH}/d000")


def test_filter_and_key_are_sent(origin, tmp_path):
    answering(origin, portal)
    list(catalogue(origin, tmp_path, where='theme="Mobility"', api_key="k").fetch())
    assert "where=theme%3D%22Mobility%22" in origin.asked[0]["path"]
    assert origin.asked[0]["authorization"] == "Apikey k"


def test_a_catalogue_longer_than_the_portal_gives_fails():
    with pytest.raises(Unavailable, match="no more than the first 10000"):
        list(counted(lambda at: ([at] * 100, 12_000), most=10_000, where="https://x.example"))


def test_a_page_that_fails_raises(origin, tmp_path):
    answering(origin, lambda path, query: 500 if query["offset"] == "100" else portal(path, query))
    with pytest.raises(Unavailable, match="500"):
        list(catalogue(origin, tmp_path).fetch())


def test_another_server_says_so(origin, tmp_path):
    answering(origin, lambda path, query: {"hello": "world"})
    with pytest.raises(Invalid, match="without a list “results”"):
        list(catalogue(origin, tmp_path).fetch())


def test_a_record_that_is_none_does_not_stop_the_others(origin, tmp_path):
    found = [{"dataset_id": "a"}, 7, None, {"dataset_id": "b"}]
    answering(origin, lambda path, query: {"total_count": 4, "results": found})
    assert identifiers(list(catalogue(origin, tmp_path).fetch())) == ["a", "", "", "b"]

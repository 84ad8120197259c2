"""A CKAN portal after its API guide: pages, caps, portals without search, single bad records."""

import orjson
import pytest
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect.check import check_connector
from citycommons.collect.ckan import Ckan
from citycommons.core.errors import Invalid, Unavailable

IDS = [f"d-{number:03d}" for number in range(250)]


def ckan(origin, tmp_path, **options):
    return Ckan(**{"url": origin.url("/"), "client": polite(tmp_path)} | options)


def success(result):
    return {"help": "…", "success": True, "result": result}


def portal(ids, *, cap=1000, **more):
    def answer(path, query):
        if path != "/api/3/action/package_search":
            return 404
        assert query["sort"] == "id asc"
        start, rows = int(query["start"]), min(int(query["rows"]), cap)
        found = [{"id": id, "title": f"Title of {id}"} for id in ids[start : start + rows]]
        return success({"count": len(ids), "sort": "id asc", "results": found} | more)

    return answer


def test_all_datasets_come_page_by_page(origin, tmp_path):
    answering(origin, portal(IDS))
    parcels = check_connector(ckan(origin, tmp_path))
    assert identifiers(parcels) == IDS
    assert len(origin.asked) == 6  # check_connector fetches twice
    one = parcels[7]
    assert orjson.loads(one.path.read_bytes()) == {"id": "d-007", "title": "Title of d-007"}
    assert (one.profile, one.media_type, one.name) == ("ckan", "application/json", "d-007.json")
    assert one.origin == origin.url("/api/3/action/package_show?id=d-007")


def test_a_server_that_gives_fewer_than_asked_for_loses_nothing(origin, tmp_path):
    answering(origin, portal(IDS, cap=30))
    assert identifiers(list(ckan(origin, tmp_path).fetch())) == IDS


def test_a_dataset_that_slides_to_the_next_page_comes_once(origin, tmp_path):
    def answer(path, query):
        start = int(query["start"])
        ids = ["a", "b"] if start == 0 else ["b", "c"]
        return success({"count": 4, "results": [{"id": id} for id in ids]})

    answering(origin, answer)
    assert identifiers(list(ckan(origin, tmp_path, rows=2).fetch())) == ["a", "b", "c"]


def test_a_list_that_ends_early_fails_so_that_nothing_counts_as_deleted(origin, tmp_path):
    def answer(path, query):
        found = [{"id": "a"}] if query["start"] == "0" else []
        return success({"count": 9, "results": found})

    answering(origin, answer)
    with pytest.raises(Unavailable, match="9 records, but none came after 1"):
        list(ckan(origin, tmp_path).fetch())


def test_a_page_that_fails_raises(origin, tmp_path):
    pages = portal(IDS)
    answering(origin, lambda path, query: 502 if query["start"] == "100" else pages(path, query))
    with pytest.raises(Unavailable, match="502"):
        list(ckan(origin, tmp_path).fetch())


def test_organisation_and_filter_are_asked_for_with_the_token(origin, tmp_path):
    answering(origin, portal(["a"]))
    options = {"organization": "roads", "fq": "tags:a OR tags:b", "api_key": "secret"}
    list(ckan(origin, tmp_path, **options).fetch())
    asked = origin.asked[0]
    assert "organization%3A%22roads%22+AND+%28tags%3Aa+OR+tags%3Ab%29" in asked["path"]
    assert asked["authorization"] == "secret"


@pytest.mark.parametrize("ending", ["", "/", "/api/3", "/api/3/action/", "/api"])
def test_the_address_may_be_written_in_any_way(origin, tmp_path, ending):
    answering(origin, portal(["a"]))
    connector = ckan(origin, tmp_path, url=origin.url("") + ending)
    assert identifiers(list(connector.fetch())) == ["a"]


def without_search(records):
    def answer(path, query):
        action = path.rpartition("/")[2]
        if action == "package_list":
            return success(list(records))
        if action == "package_show":
            found = records[query["id"]]
            return found if isinstance(found, int) else success(found)
        return 404

    return answer


def test_a_portal_without_search_is_asked_for_each(origin, tmp_path):
    records = {
        "parks": {"id": "1", "name": "parks", "organization": {"name": "green"}},
        "gone": 404,
        "broken": 500,
        "roads": {"id": "2", "name": "roads", "organization": {"name": "works"}},
        "old": {"id": "3", "name": "old", "state": "deleted"},
    }
    answering(origin, without_search(records))
    parcels = check_connector(ckan(origin, tmp_path))
    assert identifiers(parcels) == ["1", "broken", "2", "3"]
    assert "500" in orjson.loads(parcels[1].path.read_bytes())["error"]
    assert [parcel.is_deleted for parcel in parcels] == [False, False, False, True]
    answering(origin, without_search(records))
    assert identifiers(list(ckan(origin, tmp_path, organization="works").fetch())) == ["2"]
    with pytest.raises(Invalid, match="cannot search"):
        list(ckan(origin, tmp_path, fq="tags:x").fetch())


def test_a_record_that_is_none_comes_as_it_is(origin, tmp_path):
    found = [{"id": "a"}, "what?", {"title": "no id"}, {"id": "b"}]
    answering(origin, lambda path, query: success({"count": 4, "results": found}))
    parcels = list(ckan(origin, tmp_path).fetch())
    assert identifiers(parcels) == ["a", "", "", "b"]
    assert parcels[1].path.read_bytes() == b'"what?"'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>Welcome</html>", "which is no JSON"),
        ([1, 2], "is no CKAN"),
        ({"success": False, "error": {"message": "Access denied"}}, "Access denied"),
        (success({"count": 1}), "without a list “results”"),
    ],
)
def test_what_is_no_ckan_says_so(origin, tmp_path, body, message):
    answering(origin, lambda path, query: body)
    with pytest.raises(Invalid, match=message):
        list(ckan(origin, tmp_path).fetch())

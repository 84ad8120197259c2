"""Old addresses are read as their portals wrote them, and nothing of ours is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.web_portal import described

from citycommons.core.types import DatasetId, PublisherId, SourceId
from citycommons.share import old_addresses as leading
from citycommons.share.old_paths import parse
from citycommons.share.publish import describe
from citycommons.store import old_addresses
from citycommons.store.old_addresses import OldAddress


@pytest.mark.parametrize(
    ("path", "names", "format"),
    [
        ("/dataset/trees", [("ckan", "trees")], ""),
        ("/dataset/activity/trees", [("ckan", "trees")], ""),
        ("/pt_BR/dataset/trees", [("ckan", "trees")], ""),
        ("/dataset/t/resource/r-1/view/v-1", [("ckan-resource", "r-1"), ("ckan", "t")], ""),
        ("/fr/organization/ville", [("ckan-organization", "ville")], ""),
        ("/explore/dataset/a%40b/information/", [("opendatasoft", "a@b")], ""),
        ("/api/explore/v2.1/catalog/datasets/x/exports/json", [("opendatasoft", "x")], "json"),
        ("/resource/abcd-1234.geojson", [("socrata", "abcd-1234")], "geojson"),
        ("/api/views/abcd-1234.json", [("socrata", "abcd-1234")], ""),
        ("/dataset/Potholes/abcd-1234", [("socrata", "abcd-1234")], ""),
        ("/Public-Safety/Potholes/abcd-1234/data", [("socrata", "abcd-1234")], ""),
    ],
)
def test_an_old_path_names_its_thing(path, names, format):
    found = parse(path)
    assert found is not None
    assert (list(found.names), found.format) == (names, format)


@pytest.mark.parametrize("path", ["/", "/datasets/x", "/data/x@1.csv", "/map", "/api/3/action/a"])
def test_ours_are_no_old_paths(path):
    assert parse(path) is None


@given(st.text(max_size=300), st.text(max_size=50))
def test_whatever_is_asked_is_read_or_passed_over(path, query):
    parse("/" + path, query)
    parse("/dataset/" + path, query)


def test_a_name_is_kept_once_and_leads_on(any_city, admin):
    names = [
        OldAddress(system="ckan", name="a", source=SourceId("s"), dataset=DatasetId("counts")),
        OldAddress(
            system="ckan-organization",
            name="o",
            source=SourceId("s"),
            publisher=PublisherId("roads"),
        ),
    ]
    with any_city.work(admin) as work:
        describe(work, described("counts"))
        assert old_addresses.save(work.db, names) == 2
        assert old_addresses.save(work.db, names) == 2
        assert old_addresses.count(work.db, SourceId("s")) == 2
        assert leading.lead(work, "/dataset/A") == "/datasets/counts"
        assert leading.lead(work, "/organization/o") == "/publishers/roads"
        assert leading.lead(work, "/dataset/b") is None
        # Clients of a face make addresses of the names that it tells.
        assert leading.lead(work, "/dataset/counts") == "/datasets/counts"
        assert leading.lead(work, "/explore/dataset/counts/") == "/datasets/counts"
        assert leading.lead(work, "/organization/roads") == "/publishers/roads"

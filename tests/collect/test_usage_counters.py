"""Counters of other portals, in the shapes their APIs give; what is no count is left out."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.scripted import answering, polite

from citycommons.collect.ckan_usage import CkanUsage
from citycommons.collect.counters import MOST, count_of, lies_at, month_of
from citycommons.collect.opendatasoft_usage import OpendatasoftUsage
from citycommons.collect.udata_usage import UdataUsage
from citycommons.core.errors import Invalid, NotFound

VIEWS, TAKEN = CkanUsage.VIEWS, CkanUsage.DOWNLOADS


def ckan(package, **more):
    def answer(path, query):
        assert path == "/api/3/action/package_show"
        assert query == {"id": "trees", "include_tracking": "true"}
        return {"success": True, "result": package, **more}

    return answer


def test_a_ckan_tells_views_of_the_page_and_clicks_on_all_files(origin, tmp_path):
    package = {
        "tracking_summary": {"total": 120, "recent": 14},
        "resources": [
            {"tracking_summary": {"total": 30, "recent": 2}},
            {"tracking_summary": {"total": 12, "recent": 0}},
            {"name": "a file without"},
        ],
    }
    answering(origin, ckan(package))
    for url in ("", "/", "/api/3/"):
        found = CkanUsage(url=origin.url(url), client=polite(tmp_path)).read("trees")
        assert found.counters == {VIEWS: 120, TAKEN: 42}
        assert found.months == {}


def test_a_ckan_without_tracking_tells_nothing(origin, tmp_path):
    answering(origin, ckan({"resources": [], "tracking_summary": None}))
    assert CkanUsage(url=origin.url(""), client=polite(tmp_path)).read("trees").counters == {}


def test_clicks_on_files_that_lie_at_the_origin_are_counted_there(origin, tmp_path):
    own = "data.city.example"
    package = {
        "tracking_summary": {"total": 9},
        "resources": [
            {"url": f"https://{own}/data/trees@1.csv", "tracking_summary": {"total": 30}},
            {"url": f"https://{own}:8443/x.csv", "tracking_summary": {"total": 4}},
            {"url": "https://copy.example/trees.csv", "tracking_summary": {"total": 5}},
        ],
    }
    answering(origin, ckan(package))
    adapter = CkanUsage(url=origin.url(""), origin=own, client=polite(tmp_path))
    assert adapter.read("trees").counters == {VIEWS: 9, TAKEN: 9}
    metrics = {"views": 9, "resources_downloads": 39}
    dataset = {"id": "trees", "metrics": metrics, "resources": package["resources"]}
    answering(origin, lambda path, query: dataset)
    adapter = UdataUsage(url=origin.url(""), origin=own, client=polite(tmp_path))
    assert adapter.read("trees").counters == {UdataUsage.VIEWS: 9}


@pytest.mark.parametrize("url", [None, 7, "", "https://[", "nonsense", "https://a.example:x/"])
def test_an_address_that_is_none_lies_nowhere(url):
    assert not lies_at(url, "a.example")
    assert not lies_at(url, "")


@pytest.mark.parametrize("answer", [404, 403, {"success": True, "result": {"state": "deleted"}}])
def test_a_dataset_that_went_away_is_not_found(origin, tmp_path, answer):
    answering(origin, lambda path, query: answer)
    with pytest.raises(NotFound):
        CkanUsage(url=origin.url(""), client=polite(tmp_path)).read("trees")


@pytest.mark.parametrize("answer", [b"<html>", [], {"success": False}, {"result": 3}, b"null"])
def test_who_is_no_such_portal_is_told_so(origin, tmp_path, answer):
    answering(origin, lambda path, query: answer)
    for adapter in (CkanUsage, UdataUsage, OpendatasoftUsage):
        with pytest.raises(Invalid):
            adapter(url=origin.url(""), client=polite(tmp_path)).read("trees")


def test_a_udata_tells_sums_and_months_of_its_metrics_api(origin, tmp_path):
    def answer(path, query):
        if path == "/api/1/datasets/arbres/":
            return {"id": "5a1", "metrics": {"views": 900, "resources_downloads": 70, "reuses": 2}}
        assert path == "/metrics/datasets/data/"
        assert query["dataset_id__exact"] == "5a1"
        if query.get("page") == "2":
            month = {"metric_month": "2026-02", "monthly_visit": 10}
            return {"data": [{**month, "monthly_download_resource": None}], "links": {"next": None}}
        month = {"metric_month": "2026-03", "monthly_visit": 40, "monthly_download_resource": 7}
        wrong = {"metric_month": "2026-13", "monthly_visit": 1}
        following = f"{path}?dataset_id__exact=5a1&page=2"
        return {"data": [month, wrong, "?"], "links": {"next": following}}

    answering(origin, answer)
    metrics = origin.url("/metrics")
    found = UdataUsage(url=origin.url("/"), metrics_url=metrics, client=polite(tmp_path)).read(
        "arbres"
    )
    march, february = date(2026, 3, 1), date(2026, 2, 1)
    views, taken = UdataUsage.VIEWS, UdataUsage.DOWNLOADS
    assert found.counters == {views: 900, taken: 70}
    assert found.months == {(views, march): 40, (taken, march): 7, (views, february): 10}


def test_an_opendatasoft_tells_downloads_and_calls(origin, tmp_path):
    def answer(path, query):
        assert path == "/api/explore/v2.1/catalog/datasets/arbres"
        assert query == {"include_app_metas": "true"}
        explore = {"download_count": 250, "api_call_count": 1130, "attachment_download_count": 0}
        return {"dataset_id": "arbres", "metas": {"default": {}, "explore": explore}}

    answering(origin, answer)
    adapter = OpendatasoftUsage(url=origin.url("/explore"), client=polite(tmp_path))
    assert adapter.read("arbres").counters == {
        "download_count": 250,
        "api_call_count": 1130,
        "attachment_download_count": 0,
    }


@pytest.mark.parametrize(
    ("adapter", "iri", "name"),
    [
        (CkanUsage, "https://a.example/dataset/b%C3%A4ume", "bäume"),
        (CkanUsage, "https://a.example/de/dataset/trees/resource/12?x=1", "trees"),
        (CkanUsage, "https://a.example/api/3/action/package_show?id=trees", "trees"),
        (CkanUsage, "https://a.example/", ""),
        (UdataUsage, "https://a.example/fr/datasets/arbres/", "arbres"),
        (UdataUsage, "https://a.example/api/1/datasets/5a1/", "5a1"),
        (OpendatasoftUsage, "https://a.example/explore/dataset/arbres/information/", "arbres"),
        (OpendatasoftUsage, "https://a.example/api/v2/catalog/datasets/arbres", "arbres"),
    ],
)
def test_a_dataset_is_known_by_its_address(adapter, iri, name):
    assert adapter.identifier(iri) == name


@given(
    st.one_of(st.none(), st.booleans(), st.text(), st.floats(), st.integers(), st.lists(st.none()))
)
def test_whatever_a_portal_says_is_a_count_or_nothing(value):
    count = count_of(value)
    assert count is None or 0 <= count <= MOST
    assert month_of(value) is None or month_of(value).day == 1

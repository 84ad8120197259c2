"""What everybody sees of use elsewhere: the sentence, the page of copies, rows, totals."""

import re
from collections import Counter

import pytest
from tests.web.elsewhere import copied_at
from tests.web.web_portal import HTML, ROLES, Portal

from citycommons.core.copies import Certainty, CopyState, PortalKind
from citycommons.core.types import ANYONE, SYSTEM, Channel, ClientKind, DatasetId, Use
from citycommons.store import usage
from citycommons.web import page_usage


@pytest.fixture
def told(portal: Portal) -> Portal:
    """Used here 1204 times, at Bologna 3311 (reported), at an old CKAN 410 (estimated)."""
    page_usage._kept.clear()
    with portal.city.work(SYSTEM) as work:
        key = (DatasetId("counts"), 1, Use.REQUEST, Channel.FILE, ClientKind.PERSON)
        usage.add_counts(work.db, Counter({(*key, work.now.date()): 1204}))
    copied_at(portal.city, "Bologna", uses=3311)
    copied_at(
        portal.city,
        "Old CKAN",
        kind=PortalKind.CKAN,
        state=CopyState.FOUND,
        uses=410,
        certainty=Certainty.DECLARED,
    )
    return portal


def page(portal: Portal, path: str = "/datasets/counts", actor=ANYONE, lang: str = "en") -> str:
    answer = portal.browser(actor).get(path, params={"lang": lang})
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_the_page_says_here_reported_and_estimated(told):
    text = page(told)
    assert "1,204 here · 3,311 at Bologna (reported) · 410 elsewhere (estimated)" in text
    assert "4,515 times" in text  # what is counted by the same rules; estimates stand beside
    links = told.browser(ANYONE).get("/datasets/counts").text
    assert 'href="/datasets/counts/copies"' in links


def test_a_dataset_without_copies_says_what_it_said_before(told):
    text = page(told, "/datasets/trees")
    assert "elsewhere (estimated)" not in text
    assert "here ·" not in text


def test_many_portals_are_summed_up_after_the_largest(told):
    for number in range(4):
        copied_at(told.city, f"City {number}", uses=100 + number)
    text = page(told)
    assert "3,311 at Bologna (reported) · 103 at City 3 (reported) · 102 at City 2" in text
    assert "201 at 2 more portals (reported)" in text


def test_a_number_that_stands_apart_is_in_no_sum_but_on_the_page(told):
    copied_at(told.city, "Liar", uses=999_999, is_outlier=True)
    assert "999,999" not in page(told)
    text = page(told, "/datasets/counts/copies")
    assert "999,999" in text
    assert "stands apart" in text


def test_the_page_of_copies_tells_each_portal_and_how_one_knows(told):
    text = page(told, "/datasets/counts/copies")
    for words in ("Bologna", "verified", "reported", "signs its report", "1,655"):
        assert words in text
    for words in ("Old CKAN", "found, not announced", "97", "estimated", "recognised its rows"):
        assert words in text


def test_programs_read_the_same(told):
    body = told.client(accept="application/json").get("/datasets/counts/copies").json()
    found = {one["portal"]["name"]: one for one in body["copies"]}
    assert found["Bologna"]["certainty"] == "reported"
    assert found["Bologna"]["months"][0]["investigations"] == 3311
    assert found["Old CKAN"]["months"][0]["certainty"] == "estimated"
    assert "secret" not in str(body)


def test_what_was_refused_or_is_only_announced_is_for_those_who_describe(told):
    copied_at(told.city, "Rumour", state=CopyState.ANNOUNCED)
    copied_at(told.city, "Refused", state=CopyState.REFUSED)
    everybody = page(told, "/datasets/counts/copies")
    assert "Rumour" not in everybody
    assert "Refused" not in everybody
    steward = told.actor("steward", *ROLES["data-officer-of-roads"])
    assert "Rumour" in page(told, "/datasets/counts/copies", steward)


def test_a_dataset_that_one_may_not_know_of_has_no_page_of_copies(told):
    copied_at(told.city, "Leak", dataset="drafts", uses=10)
    answer = told.browser(ANYONE).get("/datasets/drafts/copies")
    assert answer.status_code == 404
    assert "Leak" not in answer.text


def test_no_copy_invites_and_failures_are_told_in_words(told):
    assert "No copy is known" in page(told, "/datasets/trees/copies")
    copied_at(told.city, "Bologna", uses=3311, failure="It did not answer in time.")
    assert "It did not answer in time." in page(told, "/datasets/counts/copies")


def test_what_strangers_wrote_is_text(told):
    copied_at(told.city, "<script>alert(1)</script>", dataset="trees", uses=7)
    for path in ("/datasets/trees", "/datasets/trees/copies"):
        answer = told.browser(ANYONE).get(path)
        assert "<script>alert(1)" not in answer.text


def test_search_rows_and_publishers_say_what_was_used_elsewhere(told):
    assert "used 3,311 times elsewhere last month" in page(told, "/datasets")
    assert "3,311 elsewhere last month" in page(told, "/publishers/roads")
    assert told.client(**HTML).get("/datasets/counts/copies?lang=de").status_code == 200

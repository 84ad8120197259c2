"""Feeds as readers of feeds see them; `feedparser` says what they understand."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.web_portal import HTML, ROADS, Client, Portal, described, open_portal, table

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, Access, Channel, DatasetId, Grant, Role
from citycommons.measure import usage
from citycommons.share import publish as publishing
from citycommons.store.work import City
from citycommons.web.faces.check import check_face
from citycommons.web.faces.feeds import Feeds

feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed")


@pytest.fixture
def portal(tmp_path: Any) -> Iterator[Portal]:
    city = City.create(Settings(home=tmp_path / "home", requests_per_minute=1_000_000))
    made = open_portal(city)
    yield made
    city.close()


def read(client: Client, path: str, **headers: str) -> Any:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    found = feedparser.parse(answer.content)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    assert len({one.id for one in found.entries}) == len(found.entries)
    assert all(one.get("updated") and one.get("title") and one.get("link") for one in found.entries)
    return found


def links(found: Any) -> dict[str, str]:
    return {one["rel"]: one["href"] for one in found.feed.links}


def test_the_face_keeps_to_what_faces_keep_to() -> None:
    assert len(check_face(Feeds())) == 4


def test_a_datasets_feed_tells_each_version_and_what_was_withdrawn(portal: Portal) -> None:
    portal.publish(described("counts"), table(130), note="Two more weeks & a <half>")
    client = portal.client()
    before = read(client, "/feeds/datasets/counts.atom")
    with portal.city.work(SYSTEM) as work:
        publishing.withdraw(work, DatasetId("counts"), 1, reason="A wrong street")
    found = read(client, "/feeds/datasets/counts.atom")
    newest, oldest = found.entries
    assert "Two more weeks & a <half>" in newest.summary
    assert newest.link == "http://portal.example/datasets/counts@2"
    files = {one["href"] for one in newest.links if one["rel"] == "enclosure"}
    assert "http://portal.example/data/counts@2.csv" in files
    assert "withdrawn" in oldest.title
    assert oldest.summary == "A wrong street"
    assert [one.term for one in oldest.tags] == ["withdrawn"]
    assert [one.id for one in found.entries] == [one.id for one in before.entries]
    assert found.feed.id == before.feed.id


def test_ids_stay_whatever_the_host_and_the_language(portal: Portal) -> None:
    here = read(portal.client(), "/feeds/datasets/counts.atom")
    there = read(portal.client(host="other.example"), "/feeds/datasets/counts.atom?lang=de")
    assert here.entries[0].id == there.entries[0].id
    assert here.entries[0].id.startswith("urn:uuid:")
    assert here.entries[0].link != there.entries[0].link


def test_feeds_of_datasets_are_newest_first_and_paged(portal: Portal) -> None:
    client = portal.client()
    seen: list[str] = []
    path = "/feeds/all.atom?limit=2"
    while path:
        found = read(client, path)
        seen += [one.title for one in found.entries]
        assert links(found)["first"] == "http://portal.example/feeds/all.atom?limit=2"
        path = links(found).get("next", "")
    assert sorted(seen) == ["Counts", "Entry", "Trees"]
    assert links(found)["self"] == links(found)["last"]
    assert links(found)["previous"]
    moments = [one.updated for one in read(client, "/feeds/all.atom").entries]
    assert moments == sorted(moments, reverse=True)


def test_a_search_and_a_publisher_have_feeds(portal: Portal) -> None:
    client = portal.client()
    found = read(client, "/feeds/search.atom?q=tree&publisher=parks")
    assert [one.title for one in found.entries] == ["Trees"]
    assert links(found)["alternate"] == "http://portal.example/datasets?q=tree&publisher=parks"
    assert [o.title for o in read(client, "/feeds/publishers/parks.atom").entries] == ["Trees"]
    assert read(client, "/feeds/search.atom?q=nothing+of+this").entries == []
    assert client.get("/feeds/search.atom?colour=red").status_code == 422
    assert client.get("/feeds/publishers/absent.atom").status_code == 404


def test_what_anyone_may_not_discover_is_in_no_feed_whoever_asks(portal: Portal) -> None:
    boss = portal.actor("boss", Grant(role=Role.ADMINISTRATOR))
    program = portal.program(boss, "discover", "read")
    for client in (portal.client(), program, portal.browser(boss)):
        for id in ("drafts", "plans", "absent"):
            assert client.get(f"/feeds/datasets/{id}.atom").status_code == 404
        titles = {one.title for one in read(client, "/feeds/all.atom").entries}
        assert titles == {"Counts", "Trees", "Entry"}


def test_who_holds_the_feed_is_told_that_nothing_is_new(portal: Portal) -> None:
    client = portal.client()
    first = client.get("/feeds/datasets/counts.atom")
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    path = "/feeds/datasets/counts.atom"
    for headers in ({"if-none-match": tag}, {"if-modified-since": changed}):
        again = client.get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
    old = {"if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT"}
    assert client.get(path, headers=old).status_code == 200
    assert client.get(path, headers={"if-modified-since": "soon"}).status_code == 200
    portal.publish(described("counts"), table(99))
    assert client.get(path, headers={"if-none-match": tag}).status_code == 200


def test_reading_a_feed_counts_as_a_look_by_feed(portal: Portal) -> None:
    portal.client().get("/feeds/datasets/counts.atom")
    portal.city.usage.flush()
    with portal.city.work(SYSTEM, may_write=False) as work:
        told = usage.of_dataset(work, DatasetId("counts"))
    assert (told.investigations, told.requests) == (1, 0)
    assert told.channels == {Channel.FEED: 1}


def test_texts_that_xml_cannot_hold_do_not_break_a_feed(portal: Portal) -> None:
    odd = described(
        "odd", title={"en": "A\x00 & <b> ]]> \ufffe"}, publisher=ROADS, access=Access.PUBLIC
    )
    portal.publish(odd, table(3))
    assert "A & <b> ]]>" in read(portal.client(), "/feeds/all.atom").entries[0].title


def test_a_removed_dataset_says_so_in_its_feed(portal: Portal) -> None:
    from datetime import UTC, datetime

    gone = described(
        "gone", removed=datetime(2026, 3, 1, tzinfo=UTC), removed_reason="Merged", successor="trees"
    )
    portal.publish(gone)
    first = read(portal.client(), "/feeds/datasets/gone.atom").entries[0]
    assert first.summary == "Merged trees"


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/", "/feeds/all.atom"),
        ("/datasets/counts", "/feeds/datasets/counts.atom"),
        ("/publishers/parks", "/feeds/publishers/parks.atom"),
        ("/datasets?q=trees&data=here", "/feeds/search.atom?q=trees&amp;has_data=true"),
    ],
)
def test_pages_say_where_their_feed_is(portal: Portal, page: str, feed: str) -> None:
    text = portal.client(**HTML).get(page).text
    assert 'type="application/atom+xml"' in text
    assert f'href="{feed}"' in text
    assert portal.client().get(feed.replace("&amp;", "&")).status_code == 200


def test_a_hidden_dataset_names_no_feed(portal: Portal) -> None:
    boss = portal.actor("boss", Grant(role=Role.ADMINISTRATOR))
    assert "application/atom+xml" not in portal.browser(boss).get("/datasets/drafts").text

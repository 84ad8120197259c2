"""What the desk of sources gives to those whom it is none of their business."""

from dataclasses import replace

import pyarrow as pa
import pytest
from tests.web.web_portal import PARKS, ROADS, Portal, described

from citycommons.collect import sources
from citycommons.collect.cache import Cache
from citycommons.core.tables import LINE, REASON, Report
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Access,
    ActorId,
    DatasetId,
    Fault,
    Grant,
    Link,
    Role,
    Source,
    SourceId,
)
from citycommons.share import links, publish
from citycommons.store import catalogue
from citycommons.store import links as rows

ROADS_OWN = Source(
    id=SourceId("theirs"),
    title="What the roads bring",
    connector="web",
    options={"url": "https://roads.example/all.csv"},
    publisher=ROADS,
    owner=ActorId("admin"),
    dataset=DatasetId("counts"),
)


@pytest.fixture
def neighbour(portal: Portal):
    return portal.actor("nora", Grant(role=Role.DATA_MANAGER, publisher=PARKS))


@pytest.fixture
def with_source(portal: Portal) -> Portal:
    with portal.city.work(SYSTEM) as work:
        sources.save(work, ROADS_OWN)
    return portal


def test_a_neighbour_neither_sees_nor_changes_a_source(with_source: Portal, neighbour) -> None:
    desk = with_source.browser(neighbour)
    assert "What the roads bring" not in desk.get("/desk/sources").text
    for path in ("", "/change"):
        answer = desk.get(f"/desk/sources/theirs{path}")
        assert answer.status_code in (403, 404)
        assert "roads.example" not in answer.text
    for act in ("run", "pause", "resume", "remove", "restore", "change"):
        answer = desk.post(f"/desk/sources/theirs/{act}", data={"go": "save", "title": "Mine"})
        assert answer.status_code in (403, 404), act
        assert "roads.example" not in answer.text
    with with_source.city.work(SYSTEM, may_write=False) as work:
        there = sources.get(work, SourceId("theirs"))
    assert (there.source.title, there.health) == ("What the roads bring", "new")


def test_no_post_is_taken_without_the_word_of_the_form(with_source: Portal) -> None:
    stella = with_source.actor("stella", Grant(role=Role.DATA_MANAGER, publisher=ROADS))
    desk = with_source.browser(stella)
    del desk.headers["x-csrf-token"]
    for path in ("", "/theirs/run", "/theirs/pause", "/theirs/remove", "/theirs/change"):
        assert desk.post(f"/desk/sources{path}", data={"go": "save"}).status_code == 403, path


def test_a_form_never_tells_the_title_of_anothers_closed_dataset(
    with_source: Portal, neighbour
) -> None:
    secret = replace(described("plans-2027", access=Access.INTERNAL), title={"en": "Road closing"})
    with_source.publish(secret, pa.table({"id": [1]}))
    desk = with_source.browser(neighbour)
    form = {
        "connector": "web",
        "option-url": "https://parks.example/a.csv",
        "title": "Mine",
        "publisher": "parks",
        "dataset": "plans-2027",
        "go": "save",
    }
    assert "Road closing" not in desk.post("/desk/sources", data=form).text
    assert "Road closing" not in desk.post("/desk/sources", data={**form, "go": "try"}).text


def test_a_key_that_may_read_only_does_nothing_to_sources(with_source: Portal) -> None:
    stella = with_source.actor("stella", Grant(role=Role.DATA_MANAGER, publisher=ROADS))
    program = with_source.program(stella, "discover", "read")
    assert program.get("/desk/sources").status_code in (401, 403)
    assert program.post("/desk/sources/theirs/run").status_code in (401, 403)


def test_values_of_rows_that_were_left_out_are_for_their_publisher_alone(portal: Portal) -> None:
    entry = described("meters")
    portal.publish(entry)
    told = Fault(rule="number", message="“{value}” is no number.", column="n", value="Ada 0171 555")
    aside = pa.table({LINE: [3], REASON: ["odd"], "n": ["Ada 0171 555"]})
    prepared = publish.prepare(
        portal.city.lake,
        entry,
        pa.table({"id": [1], "n": [2]}),
        Report(faults=(told,), summary=(told,), rejected=1),
        rejects=aside,
    )
    with portal.city.work(SYSTEM) as work:
        publish.publish(work, entry, prepared)
    nora = portal.actor("nora", Grant(role=Role.DATA_MANAGER, publisher=PARKS))
    for reader in (portal.browser(ANYONE), portal.browser(nora), portal.client()):
        for path in ("", "?format=json", "/rows", "/versions", ".dcat", "/quality"):
            assert "0171" not in reader.get(f"/datasets/meters{path}").text, path
        assert "0171" not in reader.get("/desk/datasets/meters/versions/1/rejects/csv").text
    stella = portal.actor("stella", Grant(role=Role.DATA_MANAGER, publisher=ROADS))
    took = portal.browser(stella).get("/desk/datasets/meters/versions/1/rejects/csv")
    assert "0171" in took.text


def test_a_copy_of_a_link_with_odd_signs_is_still_given(portal: Portal) -> None:
    url = 'https://origin.example/caf\u00e9>; rel="x", </evil.csv'
    entry = described("copied", links=(Link(url=url, format="CSV"),))
    portal.publish(entry)
    with portal.city.work(SYSTEM) as work:
        [watched] = [one for one in rows.of_dataset(work.db, entry.id) if one.url == url]
        digest, _ = Cache(links.folder(portal.city)).store((b"a;b\n",), 100)
        kept = replace(watched, copy=digest, copied=work.now, copy_name="a.csv", copy_bytes=4)
        rows.save(work.db, [kept])
    answer = portal.browser(ANYONE).get(f"/datasets/copied/copies/{links.key(url)}")
    assert (answer.status_code, answer.content) == (200, b"a;b\n")
    assert 'rel="x"' not in answer.headers["link"]
    with portal.city.work(SYSTEM) as work:
        closed = replace(catalogue.dataset(work.db, entry.id), access=Access.INTERNAL)
        publish.describe(work, closed)
    answer = portal.browser(ANYONE).get(f"/datasets/copied/copies/{links.key(url)}")
    assert answer.status_code == 404

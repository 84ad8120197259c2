"""Dead links: found, told to the owner after the second failure, and readers keep a copy."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from citycommons.collect import probe as probing
from citycommons.collect.hosts import Hosts
from citycommons.core.errors import NotFound
from citycommons.core.types import ANYONE, Access, Dataset, DatasetId, Link, Publisher, PublisherId
from citycommons.share import links, publish, tasks
from citycommons.store import catalogue
from citycommons.store import links as rows
from citycommons.store.work import City

GOOD, GONE = "https://utility.example/meters.csv", "https://utility.example/old.csv"


class Clock:
    def __init__(self, start) -> None:
        self.now = start

    def __call__(self):
        return self.now


@pytest.fixture
def town(any_city, admin):
    clock = Clock(any_city.clock())
    city = any_city
    city.clock = clock
    entry = Dataset(
        id=DatasetId("meters"),
        title={"en": "Meters"},
        publisher=PublisherId("utility"),
        license="CC0-1.0",
        links=(Link(url=GOOD, format="CSV"), Link(url=GONE, format="CSV")),
    )
    with city.work(admin) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("utility"), name="Utility"))
        publish.describe(work, entry)
    return city, clock


class Web:
    """An origin whose answers can be changed."""

    def __init__(self) -> None:
        self.content = b"id;volume\n1;2\n"
        self.asked: list[str] = []
        self.status = {GONE: 404}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url.copy_with(host=request.headers["host"]))
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        self.asked.append(url)
        stream = httpx.ByteStream(self.content)
        return httpx.Response(self.status.get(url, 200), stream=stream)


def check(city: City, web: Web) -> int:
    client = replace(
        probing.polite(links.folder(city), ()),
        inner=httpx.MockTransport(web),
        resolver=lambda host, port: ["203.0.114.9"],
        hosts=Hosts(),
        sleep=lambda seconds: None,
    )
    return links.check_due(city, client)


def entry(city, admin) -> dict[str, Link]:
    with city.work(admin, may_write=False) as work:
        return {one.url: one for one in catalogue.dataset(work.db, DatasetId("meters")).links}


def test_a_dead_link_is_told_after_its_second_failure_and_becomes_a_task(town, admin):
    city, clock = town
    web = Web()
    assert check(city, web) == 2
    told = entry(city, admin)
    assert (told[GOOD].status, told[GONE].status) == (200, None)
    assert check(city, web) == 0
    clock.now += timedelta(hours=2)
    assert check(city, web) == 1
    assert entry(city, admin)[GONE].status == 404
    with city.work(admin, may_write=False) as work:
        (task,) = [t for t in tasks.tasks(work).listed if t.kind is tasks.TaskKind.DEAD_LINKS]
    assert (task.dataset.id, task.count) == ("meters", 1)


def test_a_link_that_comes_back_is_told_too(town, admin):
    city, clock = town
    web = Web()
    for _ in range(2):
        check(city, web)
        clock.now += timedelta(days=2)
    assert entry(city, admin)[GONE].status == 404
    web.status.clear()
    clock.now += timedelta(days=31)
    check(city, web)
    assert entry(city, admin)[GONE].status == 200


def test_readers_get_the_kept_copy_when_the_origin_is_gone(town, admin):
    city, clock = town
    web = Web()
    check(city, web)
    web.status[GOOD] = 410
    for _ in range(3):
        clock.now += timedelta(days=8)
        check(city, web)
    with city.work(ANYONE, may_write=False) as work:
        (watched,) = [one for one in links.of_dataset(work, DatasetId("meters")) if one.url == GOOD]
        kept = links.copy(city, work, DatasetId("meters"), links.key(GOOD))
    assert (watched.status, watched.failures >= 2) == (410, True)
    assert (kept.path.read_bytes(), kept.name) == (web.content, "meters.csv")


def test_no_copy_is_kept_without_an_open_licence_or_of_what_is_not_public(town, admin):
    city, _ = town
    with city.work(admin) as work:
        found = catalogue.dataset(work.db, DatasetId("meters"))
        publish.describe(work, replace(found, access=Access.INTERNAL))
    check(city, Web())
    with city.work(admin, may_write=False) as work, pytest.raises(NotFound):
        links.copy(city, work, DatasetId("meters"), links.key(GOOD))
    with city.work(ANYONE, may_write=False) as work, pytest.raises(NotFound):
        links.of_dataset(work, DatasetId("meters"))


def test_a_host_that_forbids_robots_changes_nothing_that_is_known(town, admin):
    city, _ = town

    def closed(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/robots.txt"
        return httpx.Response(200, text="User-agent: *\nDisallow: /\n")

    check(city, closed)
    with city.work(admin, may_write=False) as work:
        found = rows.of_dataset(work.db, DatasetId("meters"))
    assert [(one.status, one.failures) for one in found] == [(None, 0)] * 2
    assert "robots.txt" in found[0].reason


def test_two_checkers_never_ask_for_the_same_link(town, admin):
    city, clock = town
    with city.work(admin) as work:
        first = rows.claim(work.db, clock.now, limit=1, per_host=20)
        second = rows.claim(work.db, clock.now, limit=9, per_host=20)
        third = rows.claim(work.db, clock.now, limit=9, per_host=20)
    assert ({one.url for one in (*first, *second)}, third) == ({GOOD, GONE}, [])


def test_links_that_an_entry_lost_are_not_asked_for(town, admin):
    city, _ = town
    with city.work(admin) as work:
        found = catalogue.dataset(work.db, DatasetId("meters"))
        publish.describe(work, replace(found, links=found.links[:1]))
    web = Web()
    assert check(city, web) == 1
    assert set(web.asked) == {GOOD}

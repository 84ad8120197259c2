"""What the door counts: whole answers of 200 and 304, by format, referrer, region and user."""

import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.web.test_serve import answers, free_port, server
from tests.web.web_portal import HTML, JSON, Client, Portal, open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, Channel, DatasetId, Use
from citycommons.store.proof_tables import portals
from citycommons.store.usage import of_day
from citycommons.store.work import City

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
CSV = "/data/counts@1.csv"


def counted(portal: Portal, **wanted: Any) -> list[dict[str, Any]]:
    """Rows of today's counts of `counts`, those that are so."""
    portal.city.usage.flush()
    names = ("dataset", "version", "use", "channel", "client", "format", "referrer", "region")
    with portal.city.work(SYSTEM, may_write=False) as work:
        counts, _ = of_day(work.db, work.now.date())
    rows = [dict(zip(names, key, strict=True), count=n) for key, n in counts.items()]
    return [one for one in rows if all(one[name] == value for name, value in wanted.items())]


def total(portal: Portal, **wanted: Any) -> int:
    return sum(one["count"] for one in counted(portal, **wanted))


def browser(portal: Portal, **headers: str) -> Client:
    return portal.client(**HTML, **{"user-agent": FIREFOX, **headers})


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "count"),
    [
        ("GET", CSV, {}, 200, 1),
        ("GET", CSV, {"range": "bytes=0-10"}, 206, 0),
        ("HEAD", CSV, {}, 200, 0),
        ("GET", "/data/counts@1.nothing", {}, 404, 0),
        ("GET", "/data/counts@99.csv", {}, 404, 0),
        ("GET", "/datasets/counts/rows?sort=absent", {}, 422, 0),
        ("GET", "/ogc/collections/counts/items?limit=2", {}, 200, 1),
        ("GET", "/ogc/collections/counts/items?nope=1", {}, 400, 0),
        ("GET", "/tiles/counts@1/14/0/0.mvt", {}, 204, 0),  # nothing lies there
    ],
)
def test_only_successful_answers_count(
    portal: Portal, method: str, path: str, headers: dict[str, str], status: int, count: int
) -> None:
    client = portal.client(**JSON, **{"user-agent": "curl/8.5.0"})
    assert client.request(method, path, headers=headers).status_code == status
    assert total(portal) == count


def test_an_answer_that_is_known_already_counts(portal: Portal) -> None:
    client = portal.client(**{"user-agent": FIREFOX})
    tag = client.get(CSV).headers["etag"]
    other = portal.client(**{"user-agent": FIREFOX + " other"})
    assert other.get(CSV, headers={"if-none-match": tag}).status_code == 304
    assert total(portal, use=Use.REQUEST, format="csv") == 2


def test_formats_are_those_of_what_was_sent(portal: Portal) -> None:
    client = browser(portal)
    for path in (CSV, "/data/counts@1.geojson", "/data/counts@1.parquet", "/datasets/counts"):
        assert client.get(path).status_code == 200
    assert {(one["format"], one["use"]) for one in counted(portal)} >= {
        ("csv", "request"),
        ("geojson", "request"),
        ("parquet", "request"),
        ("html", "investigation"),
    }


def test_referrers_are_classes_that_name_nobody(portal: Portal) -> None:
    with portal.city.work(SYSTEM) as work:
        row = {"id": "bologna", "url": "https://dati.bologna.example/", "body": {}}
        work.db.execute(portals.insert(), row)
    came = {
        "": "",
        "http://portal.example/datasets": "inside",
        "https://www.google.it/": "search",
        "https://www.google.co.uk/search?q=trees": "search",
        "https://gemini.google.com/app": "assistant",
        "https://l.facebook.com/": "social",
        "https://chatgpt.com/": "assistant",
        "https://data.europa.eu/data/datasets": "portal",
        "https://dati.bologna.example/dataset/x": "portal",
        "https://www.example.org/my-blog": "other",
        "android-app://com.example": "",
        "nonsense": "",
    }
    for place, referer in enumerate(came):
        client = browser(portal, **{"user-agent": f"{FIREFOX} {place}"})
        assert client.get(CSV, headers={"referer": referer} if referer else {}).status_code == 200
    rows = counted(portal, use=Use.REQUEST)
    classes = {kind: list(came.values()).count(kind) for kind in set(came.values())}
    assert {one["referrer"]: one["count"] for one in rows} == classes


def test_regions_come_from_a_trusted_proxy_only(portal: Portal) -> None:
    def get(country: str, agent: str) -> None:
        client = browser(portal, **{"user-agent": agent, "cf-ipcountry": country})
        assert client.get(CSV).status_code == 200

    get("IT", "curl/1")  # no header is named in the settings
    portal.reopen(country_header="CF-IPCountry", proxies=("10.9.9.9",))
    get("IT", "curl/2")  # not from a proxy
    portal.reopen(country_header="CF-IPCountry", proxies=("testclient",))
    get("it", "curl/3")
    get("BR", "curl/4")
    get("XX", "curl/5")
    assert {one["region"]: one["count"] for one in counted(portal)} == {
        "": 3,
        "europe": 1,
        "americas": 1,
    }


def test_who_is_signed_in_is_one_user_at_any_address(portal: Portal) -> None:
    ada = portal.actor("ada")
    for _ in range(2):  # two sessions of one account
        client = portal.browser(ada)
        client.headers["user-agent"] = FIREFOX
        assert client.get(CSV).status_code == 200
    assert total(portal, use=Use.REQUEST) == 1


def test_a_key_makes_any_client_a_program(portal: Portal) -> None:
    client = portal.program(portal.actor("ada"), "read", "discover")
    client.headers["user-agent"] = FIREFOX
    assert client.get(CSV).status_code == 200
    assert total(portal, client="machine") == 1


def test_each_door_has_words_for_pages() -> None:
    from citycommons.web.desk import withdrawal
    from citycommons.web.page_usage import CHANNELS

    assert set(Channel) == set(CHANNELS) == set(withdrawal.CHANNELS)


def test_what_fails_in_a_command_counts_nothing(city: City) -> None:
    def fail() -> None:
        with city.work(SYSTEM) as work:
            work.use(DatasetId("trees"), 1, Use.REQUEST)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with city.work(SYSTEM) as work:
        work.use(DatasetId("trees"), 1, Use.REQUEST)
        work.use(DatasetId("trees"), 1, Use.INVESTIGATION)  # who takes data looks at it anyway
    city.usage.flush()
    with city.work(SYSTEM, may_write=False) as work:
        counts, sessions = of_day(work.db, work.now.date())
    assert [(key[2], n) for key, n in counts.items()] == [("request", 1)]
    assert sessions["trees", 0, "investigation", "machine"] == 1


def test_a_direct_answer_that_fails_is_counted_once(portal: Portal, monkeypatch: Any) -> None:
    from citycommons.web import direct

    async def broken(*_given: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(direct, "_send", broken)
    client = portal.client(**JSON, **{"user-agent": "curl/8.5.0"})
    with pytest.raises(RuntimeError):
        client.get("/ogc/collections/counts/items?limit=2")
    assert total(portal) == 0


def test_a_hard_kill_loses_at_most_a_second(home: Path, settings: Settings) -> None:
    city = City.open(settings)
    open_portal(city)
    city.close()
    port, done = free_port(), []
    with server(home, port) as running:
        assert answers(port), running.communicate(timeout=1)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            begun = time.monotonic()
            while time.monotonic() - begun < 4:
                agent = f"curl/8.{len(done)}"
                assert client.get(CSV, headers={"user-agent": agent}).status_code == 200
                done.append(time.monotonic())
                time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        running.wait(timeout=20)
    city = City.open(settings)
    city.usage.flush()
    with city.work(SYSTEM, may_write=False) as work:
        counts, _ = of_day(work.db, work.now.date())
    city.close()
    kept = sum(counts.values())
    assert sum(moment < killed - 1 for moment in done) <= kept <= len(done)


@pytest.fixture
def home(city: City) -> Path:
    city.close()
    return city.settings.home

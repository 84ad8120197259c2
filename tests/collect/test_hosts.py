"""Manners towards hosts: a pace, a budget, robots.txt, and rest for who asks for it."""

import httpx
import pytest

from citycommons.collect.hosts import BURST, PER_SECOND, Hosts, Robots
from citycommons.collect.polite import Polite
from citycommons.core.errors import Forbidden, Unavailable

ROBOTS = "User-agent: *\nDisallow: /api/\nCrawl-delay: 3\n"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def client(tmp_path, answer, clock=None, **options) -> Polite:
    clock = clock or Clock()
    lent = {"cache": tmp_path, "hosts": Hosts(clock), "sleep": clock.sleep, "attempts": 2}
    lent |= {"resolver": lambda host, port: ["203.0.114.7"]}
    return Polite(inner=httpx.MockTransport(answer), **lent | options)


def portal(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/robots.txt":
        return httpx.Response(200, text=ROBOTS)
    return httpx.Response(200, json={"path": request.url.path})


def test_a_burst_is_allowed_and_then_the_pace_is_kept():
    clock = Clock()
    hosts = Hosts(clock)
    waits = [hosts.wait_s("https://portal.example/a") for _ in range(int(BURST) + 20)]
    assert waits[: int(BURST)] == [0.0] * int(BURST)
    assert waits[-1] == pytest.approx(20 / PER_SECOND)
    assert hosts.wait_s("https://other.example/a") == 0.0


def test_a_source_keeps_the_pace_that_robots_txt_asks_for(tmp_path):
    clock = Clock()
    with client(tmp_path, portal, clock) as polite:
        for _ in range(3):
            assert polite.json("https://portal.example/api/3/action")["path"] == "/api/3/action"
    assert clock.now == pytest.approx(6.0)


def test_links_found_by_the_machine_are_left_alone_where_robots_txt_says_so(tmp_path):
    with client(tmp_path, portal, robots=Robots.OBEY) as polite:
        assert polite.json("https://portal.example/data/1")
        with pytest.raises(Forbidden, match=r"robots\.txt of portal\.example"):
            polite.json("https://portal.example/api/3")


@pytest.mark.parametrize(("status", "may"), [(404, True), (503, False)])
def test_no_robots_txt_allows_and_a_failing_host_forbids(status, may):
    assert Hosts().may("https://portal.example/x", lambda url: (status, "")) is may


def test_a_host_that_asks_for_rest_gets_it_from_every_client_of_the_process(tmp_path):
    clock, asked = Clock(), []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(clock.now)
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        return httpx.Response(429, headers={"Retry-After": "20"})

    polite = client(tmp_path, busy, clock)
    with pytest.raises(Unavailable, match="429") as caught:
        polite.json("https://portal.example/a")
    assert asked == [0.0, 0.0, 20.0]
    assert caught.value.where["retry_after"] == 20.0
    assert polite.hosts.wait_s("https://portal.example/b") == pytest.approx(20.0)


def test_the_citys_own_hosts_are_not_asked_for_robots(tmp_path):
    paths = []

    def own(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json=[])

    with client(tmp_path, own, allow_hosts=("nas.city",)) as polite:
        polite.json("http://nas.city/list")
    assert paths == ["/list"]

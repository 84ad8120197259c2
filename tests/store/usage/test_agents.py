"""Robots, programs and people are told apart as COUNTER and open data want it."""

import json
import re
from importlib.resources import files

import pytest

from citycommons.core.types import ClientKind
from citycommons.store.usage.agents import kind_of

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
_SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Safari/605.1.15"
)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "GPTBot/1.0",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
        "ClaudeBot",
        "CCBot/2.0 (https://commoncrawl.org/faq/)",
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider)",
        "facebookexternalhit/1.1",
        "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
        "Java/1.8",
        "Java/1.8.0_292",
        "gptbot",
        "python-requests/2.32 MyBot/1.0",
        "",
    ],
)
def test_robots_stand_apart(agent: str) -> None:
    assert kind_of(agent) is ClientKind.ROBOT


@pytest.mark.parametrize(
    "agent",
    [
        "python-requests/2.32.3",
        "curl/8.5.0",
        "Mozilla/5.0 QGIS/33400/Ubuntu 24.04",
        "GDAL/3.8.4",
        "duckdb/v1.5.5(linux_amd64) python/1.5.5",
        "R (4.3.1 x86_64-pc-linux-gnu x86_64 linux-gnu)",
        "libcurl/8.5.0 r-curl/5.2.1 httr/1.4.7",
        "okhttp/4.12.0",
        "Java-http-client/17.0.1",
        "Apache-HttpClient/4.5.14 (Java/17.0.9)",
        "python-httpx2/2.16.2",
        "Go-http-client/1.1",
        "citycommons",
    ],
)
def test_programs_that_people_run_are_machine_use(agent: str) -> None:
    assert kind_of(agent) is ClientKind.MACHINE


@pytest.mark.parametrize("agent", [_FIREFOX, _SAFARI, "Opera/9.80 (Windows NT 6.1) Presto/2.12"])
def test_browsers_are_people(agent: str) -> None:
    assert kind_of(agent) is ClientKind.PERSON


def test_all_of_counters_list_is_matched_without_regard_to_case() -> None:
    listed = json.loads(
        files("citycommons.store.usage").joinpath("data/counter-robots.json").read_text("utf-8")
    )
    assert len(listed) == 327
    for word in (one["pattern"] for one in listed):
        if re.fullmatch(r"[a-z0-9 ]{4,}", word, re.IGNORECASE):
            agent = f"Mozilla/5.0 (compatible; {word.swapcase()}/1.0)"
            assert kind_of(agent) is not ClientKind.PERSON, agent


def test_a_long_name_costs_no_more_than_its_beginning() -> None:
    assert kind_of(_FIREFOX + " " * 100_000 + "bot") is ClientKind.PERSON

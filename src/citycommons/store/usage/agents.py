"""What kind of client asks: a person, a machine or a robot, by what its User-Agent says.

References
----------
COUNTER Code of Practice for Research Data 1.0.1, sections 10.4 (robots) and 3.3 (access methods);
COUNTER's list of robots of 2024-04-22, which asks to be matched without regard to case.
"""

import json
import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from citycommons.core.types import ClientKind

_DATA = files("citycommons.store.usage").joinpath("data")
_LONGEST = 512  # letters that are looked at: what comes after names nobody
_MOST = 16_384  # distinct agents that are remembered


@lru_cache(maxsize=_MOST)
def kind_of(agent: str) -> ClientKind:
    """The kind that a `User-Agent` says; COUNTER counts who says nothing among the robots.

    A distinct agent is matched once (some 50 µs) and remembered.
    """
    said = agent[:_LONGEST]
    crawlers, machines, robots, browsers = _patterns()
    if crawlers.search(said):
        return ClientKind.ROBOT
    if machines.search(said):
        return ClientKind.MACHINE
    if robots.search(said):
        return ClientKind.ROBOT
    return ClientKind.PERSON if browsers.search(said) else ClientKind.MACHINE


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    listed = json.loads(_DATA.joinpath("counter-robots.json").read_text("utf-8"))
    own = tomllib.loads(_DATA.joinpath("clients.toml").read_text("utf-8"))
    robots = [one["pattern"] for one in listed]
    # A program that names itself a robot is one, whatever library it was made with.
    named = [*own["crawlers"], *own["watchers"], r"bot\b", "spider", "crawl"]
    return tuple(map(_any_of, (named, own["machines"], robots, own["browsers"])))


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE)

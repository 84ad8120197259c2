"""Which use of which dataset an address of the portal is; for access logs, that hold no more."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import unquote

from citycommons.core.types import Channel, DatasetId, Use

_ID, _VERSION = r"(?P<id>[^@/\\?&.\x00-\x1f][^@/\\?&\x00-\x1f]{0,199}?)", r"(?P<version>\d{1,6})"
_LATEST = re.compile(r"@latest\b")
_LONGEST = 2000


class Target(NamedTuple):
    """What an address takes or looks at; version 0 is the newest of that moment."""

    dataset: DatasetId
    version: int
    use: Use
    channel: Channel
    format: str


def target_of(address: str) -> Target | None:
    """The target of a path with its query; None for one that is no use of a dataset.

    A query matters only where the path alone names no dataset (CKAN's actions).
    """
    text = _LATEST.sub("", unquote(address[:_LONGEST]))
    pattern = _patterns().get(text[1:].partition("/")[0])
    if pattern is None:
        return None
    for wanted in (text.partition("?")[0], text):
        if found := pattern.fullmatch(wanted):
            return _target(found)
    return None


def _target(found: "re.Match[str]") -> Target:
    place = int((found.lastgroup or "p0")[1:])
    said = _paths()[place]
    named = found.groupdict()
    return Target(
        DatasetId(named[f"id{place}"]),
        int(named.get(f"version{place}") or 0),
        Use(said["use"]),
        Channel(said["channel"]),
        named.get(f"format{place}") or said.get("format", ""),
    )


@cache
def _paths() -> tuple[Mapping[str, str], ...]:
    text = files("citycommons.measure.usage").joinpath("paths.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["path"])


@cache
def _patterns() -> Mapping[str, "re.Pattern[str]"]:
    """By the first name of the path one alternation; the group that closes last says which one."""
    parts: dict[str, list[str]] = {}
    for place, one in enumerate(_paths()):
        text = one["is"].replace("{id}", _ID).replace("{version}", _VERSION)
        text = re.sub(r"\(\?P<(\w+)>", rf"(?P<\g<1>{place}>", text)
        parts.setdefault(text[1:].partition("/")[0], []).append(f"(?P<p{place}>{text})")
    return {name: re.compile("|".join(mine)) for name, mine in parts.items()}

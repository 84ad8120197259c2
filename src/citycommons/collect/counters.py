"""What a portal's own counters of a dataset stand at, and how such an answer is checked."""

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound, Unavailable

MOST = 10**15
"""A counter beyond this is a mistake of the portal, not a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Counters by the portal's own words: sums since ever, and counts of months it tells."""

    counters: dict[str, int] = field(default_factory=dict)
    months: dict[tuple[str, date], int] = field(default_factory=dict)  # (word, first day) → count


def polite(cache: Path, allow_hosts: tuple[str, ...]) -> Polite:
    """The client that asks portals for counters: small answers, soon content, never in a hurry."""
    return Polite(
        cache=cache,
        allow_hosts=allow_hosts,
        timeout_s=20.0,
        total_s=60.0,
        attempts=2,
        most_document_bytes=8 << 20,
    )


def asked(client: Polite, url: str, what: str, **params: str) -> dict[str, Any]:
    """The JSON object at an address.

    Raises `NotFound` where `what` is not there (any more), `Unavailable`, and `Invalid`.
    """
    try:
        answer = client.json(url, params=params)
    except Unavailable as refused:
        if refused.where.get("status") in (403, 404, 410):
            raise NotFound(f"“{what}” is not to be had at {url} (any more).", url=url) from refused
        raise
    if not isinstance(answer, dict):
        raise Invalid(f"{url} answers something else than was asked for.", url=url)
    return answer


def named_in(iri: str, pattern: re.Pattern[str]) -> str:
    """What the pattern's group finds in the path of an address, decoded; empty where nothing."""
    found = pattern.search(urlsplit(iri).path)
    return unquote(found[1]) if found else ""


def lies_at(url: object, host: str) -> bool:
    """Whether a file lies at a host: what is taken there is counted there, not where it is linked.

    `host` is a name with its port, where that is not the usual one.
    """
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        port = "" if parts.port in (None, usual) else f":{parts.port}"
    except ValueError:
        return False
    return bool(host) and f"{parts.hostname}{port}" == host


def count_of(value: Any) -> int | None:
    """The value as a count; None for what is none: words, fractions, less than nothing, too much.

    Strangers wrote it. A boolean is an integer to Python and no count to anybody.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return int(text) if int(text) <= MOST else None


def counted(found: Any, words: dict[str, str]) -> dict[str, int]:
    """Counters of an object whose keys are in `words`, under the words they are kept by."""
    if not isinstance(found, dict):
        return {}
    counts = {words[key]: count_of(found.get(key)) for key in words}
    return {word: count for word, count in counts.items() if count is not None}


def month_of(text: Any) -> date | None:
    """The first day of a month written as 2026-03."""
    if not (isinstance(text, str) and len(text) == 7 and text[4] == "-"):
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None

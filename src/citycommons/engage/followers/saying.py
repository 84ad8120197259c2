"""What a message says, in the follower's language; the words stand in `messages.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date

from citycommons.core.types import LANGUAGES
from citycommons.store.followers import Follower

_LOCALES = {"en": "en_GB", "it": "it_IT", "fr": "fr_FR", "de": "de_DE"}
_LONGEST_DETOUR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A message without its links' secrets."""

    subject: str
    text: str


def asking(one: Follower, *, city: str, link: str) -> Words:
    """The question whether they want this."""
    said = _said(one.language)
    text = said["ask"].format(wanted=wanted(one), link=link)
    return Words(subject=said["ask_subject"].format(city=city), text=text)


def telling(one: Follower, body: Mapping[str, Any], *, page: str, stop: str) -> Words:
    """What became of works; `body` as `telling.tell` wrote it."""
    said = _said(one.language)
    subject = _subject(one, body)
    title = _text(body["title"], one.language)
    parts = [subject, title if title != subject else ""]
    if detour := _text(body["detour"], one.language):
        parts.append(said["detour"].format(words=detour[:_LONGEST_DETOUR]))
    if body.get("delay"):
        low, middle, high = (_minutes(value) for value in body["delay"])
        parts.append(said["delay"].format(low=low, middle=middle, high=high))
    parts.append(f"{said['more']}\n{page}")
    parts.append(f"{said['stop'].format(wanted=wanted(one))}\n{stop}")
    return Words(subject=subject, text="\n\n".join(part for part in parts if part) + "\n")


def delay_texts(low: float, middle: float, high: float) -> dict[str, str]:
    """Minutes that a trip takes longer, as a sentence in each language."""
    shown = {"low": _minutes(low), "middle": _minutes(middle), "high": _minutes(high)}
    return {language: _said(language)["delay"].format(**shown) for language in LANGUAGES}


def wanted(one: Follower) -> str:
    """What somebody follows, in words."""
    said = _said(one.language)
    return said["street"].format(street=one.street) if one.street else said["area"]


def _subject(one: Follower, body: Mapping[str, Any]) -> str:
    said = _said(one.language)
    first, last = (_day(body[name], one.language) for name in ("first_day", "last_day"))
    days = first if first == last else said["days"].format(first=first, last=last)
    streets = ", ".join(body["streets"][:2]) or _text(body["title"], one.language)
    return str(said[body["what"]].format(streets=streets, days=days, last=last))


def _day(text: str, language: str) -> str:
    return str(format_date(date.fromisoformat(text), format="medium", locale=_LOCALES[language]))


def _minutes(value: float) -> str:
    return f"{max(value, 0):.0f}"


def _text(text: Mapping[str, str], language: str) -> str:
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def _said(language: str) -> Mapping[str, str]:
    found = _messages()
    return found.get(language, found[LANGUAGES[0]])


@cache
def _messages() -> Mapping[str, Mapping[str, str]]:
    with (Path(__file__).parent / "messages.toml").open("rb") as stream:
        return tomllib.load(stream)

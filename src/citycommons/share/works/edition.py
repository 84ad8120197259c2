"""What a feed of works says of itself, and what reading one brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from citycommons.core.types import ActorId, PublisherId, Text
from citycommons.core.works import Line, Party, Works, WorksId

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
LONGEST_LINE = 20_000
"""Positions of one line; more is no street, but a mistake or an attack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Minutes that a trip through the works takes longer in their worst hour; 90 % sure."""

    low: float
    middle: float
    high: float
    made: datetime  # when it was forecast
    words: Text = field(default_factory=dict)  # the same as a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One issue of a feed."""

    city: str
    url: str  # of the portal, without a slash at the end
    zone: ZoneInfo  # the clock that days and hours of phases are told by
    made: datetime
    language: str = "en"
    country: str = ""  # ISO 3166-1 alpha-2
    publishers: Mapping[PublisherId, str] = field(default_factory=dict)  # id → name
    contact: str = ""  # e-mail address of an office
    license: str = CC0
    delays: Mapping[WorksId, Delay] = field(default_factory=dict)

    def page(self, one: Works) -> str:
        """The address of the page about these works."""
        return f"{self.url}/roadworks/{one.id}"

    def owner(self, one: Works) -> str:
        """The owner's name, or its id where no name is known."""
        return self.publishers.get(one.owner, one.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom a feed is read: what stands where the feed does not say it."""

    owner: PublisherId
    by: ActorId
    zone: ZoneInfo
    now: datetime
    party: Party = Party.ROAD_BUILDER
    name: str = "The feed"  # of the file, for sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Works of a feed, and in sentences what it says that works have no word for."""

    works: tuple[Works, ...]
    remarks: tuple[str, ...] = ()


def said(text: Text, language: str) -> str:
    """The text in this language, else English, else any."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def lines(one: Works) -> list[Line]:
    """The different lines of all measures, in the order in which they come."""
    return list(dict.fromkeys(m.line for phase in one.phases for m in phase.measures if m.line))

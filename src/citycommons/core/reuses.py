"""What came of the data, and what people ask for (DUV usage, data.gouv.fr's reuses)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from citycommons.core.types import DatasetId, Text

ReuseId = NewType("ReuseId", str)
StoryId = NewType("StoryId", str)
RequestId = NewType("RequestId", str)


class ReuseKind(StrEnum):
    """What was made of data."""

    APP = "app"
    ARTICLE = "article"
    RESEARCH = "research"
    SCHOOL = "school"
    VISUALISATION = "visualisation"
    SERVICE = "service"
    OTHER = "other"


class ReuseState(StrEnum):
    """Anyone claims a reuse; a steward of one of its datasets confirms it."""

    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """Something that was made of our data, at an address of its own."""

    id: ReuseId
    title: str
    kind: ReuseKind
    url: str
    description: str
    maker: str  # as they want to be named: a person, company, school
    datasets: tuple[DatasetId, ...]
    state: ReuseState
    language: str = ""
    created: datetime
    decided: datetime | None = None
    reason: str = ""  # of a refusal
    link_failed: datetime | None = None  # since when its address does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What changed in the city, told with its data, reuses and goals."""

    id: StoryId
    revision: int = 1
    title: Text
    lead: Text
    body: Text  # Markdown
    datasets: tuple[DatasetId, ...] = ()
    reuses: tuple[ReuseId, ...] = ()
    goals: tuple[str, ...] = ()
    day: date
    is_public: bool = False


class RequestState(StrEnum):
    """What became of a request for data."""

    OPEN = "open"
    PLANNED = "planned"
    PUBLISHED = "published"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest:
    """Data that somebody asks the city for; others can say that they need them too."""

    id: RequestId
    title: str
    description: str
    purpose: str  # what they would do with them
    state: RequestState
    votes: int = 1
    language: str = ""
    created: datetime
    answer: str = ""
    datasets: tuple[DatasetId, ...] = ()  # that answer it
    answered: datetime | None = None

"""Uses as they are counted: COUNTER's metrics, access methods and what is kept beside them.

Words of the COUNTER Code of Practice for Research Data, release 1.0.1 (sections 3.3 and 7).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from citycommons.core.types import DatasetId


class Metric(StrEnum):
    """COUNTER's four metrics; a unique one counts sessions, which are a user's hours."""

    TOTAL_INVESTIGATIONS = "total-dataset-investigations"
    UNIQUE_INVESTIGATIONS = "unique-dataset-investigations"
    TOTAL_REQUESTS = "total-dataset-requests"
    UNIQUE_REQUESTS = "unique-dataset-requests"


class Method(StrEnum):
    """COUNTER's access methods: people, and programs that people run on purpose."""

    REGULAR = "regular"
    MACHINE = "machine"


class Referrer(StrEnum):
    """From where somebody came, as a class that names nobody."""

    NONE = ""  # nobody said
    INSIDE = "inside"  # a page of this portal
    SEARCH = "search"  # a search engine
    SOCIAL = "social"  # a social network
    ASSISTANT = "assistant"  # a language model's page
    PORTAL = "portal"  # a catalogue that lists our data: a forwarded use
    OTHER = "other"  # any other site


class Region(StrEnum):
    """The regions of the world of UN M49, the finest place that is kept of a user."""

    UNKNOWN = ""
    AFRICA = "africa"
    AMERICAS = "americas"
    ASIA = "asia"
    EUROPE = "europe"
    OCEANIA = "oceania"


class Asker(NamedTuple):
    """Who asks and how, as the request says it: in memory for a second, then hashed or classed.

    A named tuple, because each request makes one.
    """

    user: str = ""  # account, or else the address; empty: each use is somebody else's
    agent: str = ""  # User-Agent
    is_program: bool = False  # came with a key, or is a command
    referer: str = ""  # Referer
    host: str = ""  # of this portal, as it was asked for
    country: str = ""  # ISO 3166-1 alpha-2, as a trusted proxy says


COMMAND = Asker(is_program=True)
"""Whoever runs a command, or the house itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One metric of one dataset in one period, by access method."""

    dataset: DatasetId
    first_day: date
    last_day: date  # belongs to it
    metric: Metric
    method: Method
    count: int

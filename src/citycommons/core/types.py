"""The handful of types that flow through every room (DCAT-AP 3, PROV-O, Table Schema, COUNTER).

They are used as they are by Python, by the rows of the store and by the JSON API.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NewType

ActorId = NewType("ActorId", str)
PublisherId = NewType("PublisherId", str)
DatasetId = NewType("DatasetId", str)
Digest = NewType("Digest", str)

LANGUAGES = ("en", "it", "fr", "de")
"""Languages of pages and messages, the source of all texts first."""

Text = Mapping[str, str]
"""One text in several languages: language tag (`en`, `de`, `fr`, `it`) → text."""

Bbox = tuple[float, float, float, float]
"""West, south, east, north in CRS84 degrees."""


class ActorKind(StrEnum):
    """What an actor is (FOAF Agent, PROV Agent)."""

    PERSON = "person"
    DEPARTMENT = "department"
    UTILITY = "utility"
    COMPANY = "company"
    CITY = "city"
    DEVICE = "device"
    ANYONE = "anyone"


class Role(StrEnum):
    """What somebody does for one publisher, or for the whole city."""

    READER = "reader"
    DATA_OFFICER = "data-officer"
    DATA_MANAGER = "data-manager"
    DATA_PROTECTION_OFFICER = "data-protection-officer"
    ADMINISTRATOR = "administrator"


class Access(StrEnum):
    """Who may read (European access-right authority table: PUBLIC, RESTRICTED, NON_PUBLIC)."""

    PUBLIC = "public"  # anyone
    RESTRICTED = "restricted"  # whoever signs in
    INTERNAL = "internal"  # roles of the publisher


class Category(StrEnum):
    """The report's three kinds of data."""

    ENVIRONMENTAL = "environmental"
    TRANSPARENCY = "transparency"
    PERSONAL = "personal"


class FieldType(StrEnum):
    """Table Schema types, and geometry as one of them."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    GEOMETRY = "geometry"


class FieldRole(StrEnum):
    """What a column is for."""

    IDENTIFIER = "identifier"
    TIME = "time"
    MEASURE = "measure"
    CATEGORY = "category"
    TEXT = "text"
    GEOMETRY = "geometry"
    FLAG = "flag"  # says which values of the row are doubtful, and why


class Use(StrEnum):
    """COUNTER's two metrics: somebody looked at the description, or took data."""

    INVESTIGATION = "investigation"
    REQUEST = "request"


class Channel(StrEnum):
    """By which door a version was read."""

    PAGE = "page"
    API = "api"
    FILE = "file"
    MAP = "map"
    COMMAND = "command"


class ClientKind(StrEnum):
    """COUNTER Code of Practice for Research Data: regular use, machine use; robots stand apart."""

    PERSON = "person"
    MACHINE = "machine"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role at a publisher; `publisher=None` is the whole city."""

    role: Role
    publisher: PublisherId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person, department, utility, company, city or device, with roles."""

    id: ActorId
    name: str
    kind: ActorKind = ActorKind.PERSON
    email: str = ""
    language: str = "en"
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[str] | None = None  # of an API key: names of actions; None is unlimited


ANYONE = Actor(id=ActorId("anyone"), name="Anyone", kind=ActorKind.ANYONE)
SYSTEM = Actor(
    id=ActorId("system"),
    name="City Commons",
    kind=ActorKind.CITY,
    grants=(Grant(role=Role.ADMINISTRATOR),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """An organisation that answers for datasets (dcat:publisher, FOAF Agent)."""

    id: PublisherId
    name: str
    description: Text = field(default_factory=dict)
    homepage: str = ""
    kind: ActorKind = ActorKind.DEPARTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """A licence by its short name, with what it allows in words a citizen reads."""

    id: str
    title: str
    url: str
    words: Text  # "Use it freely, name the source"
    needs_attribution: bool
    shares_alike: bool
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Bytes as received, in a file: nobody has read them yet (PROV Entity)."""

    path: Path
    name: str  # file name, or member name inside an archive
    media_type: str = ""  # as declared by the origin; empty when it said nothing
    origin: str = ""  # the address it came from
    received: datetime
    digest: Digest = Digest("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column's name, type, role, unit (UCUM) and meaning (Table Schema field)."""

    name: str
    type: FieldType
    role: FieldRole = FieldRole.TEXT
    unit: str = ""
    title: Text = field(default_factory=dict)
    description: Text = field(default_factory=dict)
    is_sensitive: bool = False
    evidence: str = ""  # how type and role were found: "declared", or what was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a delivery: where, what, under which rule.

    A rejected row never becomes data and is kept with the version; a flagged one does, and says so.
    """

    rule: str
    message: str
    line: int | None = None  # line of the file, 1-based
    column: str = ""
    value: str = ""
    is_rejected: bool = False
    count: int = 1  # how many times this rule broke in this column, when summed up


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A distribution that lies elsewhere (dcat:Distribution of a catalogue entry)."""

    url: str
    title: str = ""
    format: str = ""
    status: int | None = None  # HTTP status when last checked; None is never checked
    checked: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What is promised to readers (dcat:Dataset)."""

    id: DatasetId
    title: Text
    description: Text = field(default_factory=dict)
    publisher: PublisherId
    steward: str = ""
    license: str  # `License.id`
    attribution: str = ""
    access: Access = Access.PUBLIC
    category: Category = Category.ENVIRONMENTAL
    theme: str = ""  # European data-theme code: TRAN, ENVI, GOVE, …
    keywords: tuple[str, ...] = ()
    place: str = ""  # dct:spatial in words
    temporal: tuple[date | None, date | None] = (None, None)
    frequency: str = ""  # European frequency code: DAILY, MONTHLY, IRREG, …
    landing_page: str = ""
    source: str = ""  # dct:source: where this came from
    identifier: str = ""  # the origin's own identifier
    fields: tuple[Field, ...] = ()  # declared meaning; the version says what was found
    key: tuple[str, ...] = ()  # columns that identify a row, for the diff
    links: tuple[Link, ...] = ()
    created: datetime | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """What one column of a version holds, computed once at publication."""

    name: str
    nulls: int
    distinct: int
    minimum: Any = None  # ISO text for times
    maximum: Any = None
    mean: float | None = None
    histogram: tuple[int, ...] = ()  # rows in equal steps from minimum to maximum
    top: tuple[tuple[str, int], ...] = ()  # most frequent values, largest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a version came from and what was done (PROV-O)."""

    origin: str = ""
    received: datetime | None = None
    parcels: tuple[Digest, ...] = ()
    steps: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()  # `dataset@number` of other versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One frozen state of a dataset (dcat:version)."""

    dataset: DatasetId
    number: int  # 1, 2, 3, …
    digest: Digest  # sha-256 of the content, whatever the file format
    file: Digest  # sha-256 of the Parquet file in the lake
    rows: int
    bytes: int
    fields: tuple[Field, ...]
    statistics: tuple[ColumnStatistics, ...] = ()
    bounds: Bbox | None = None
    period: tuple[str, str] | None = None  # first and last value of the time column, ISO
    faults: tuple[Fault, ...] = ()  # summed up by rule and column
    rejected: int = 0
    report: Digest | None = None  # of the Parquet file in the lake that lists every kept fault
    provenance: Provenance = field(default_factory=Provenance)
    note: str = ""
    created: datetime
    created_by: ActorId
    withdrawn: datetime | None = None
    withdrawn_reason: str = ""

    @property
    def geometry(self) -> str | None:
        """The name of the geometry column, if there is one."""
        return next((f.name for f in self.fields if f.type is FieldType.GEOMETRY), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counted uses of one version by channel, kind of client and day (COUNTER)."""

    dataset: DatasetId
    version: int
    use: Use
    channel: Channel
    client: ClientKind
    day: date
    count: int = 1

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
SourceId = NewType("SourceId", str)

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
    COUNCIL = "council"  # a member of the council, or an auditor
    ROADWORKS_PLANNER = "roadworks-planner"  # of whoever orders works: proposes and changes them
    ROADWORKS_CONTRACTOR = "roadworks-contractor"  # of who carries them out: starts and ends them
    ROADWORKS_COORDINATOR = "roadworks-coordinator"  # of the municipality: weighs all, permits


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
    PERSON = "person"  # names or contacts of people: sensitive until somebody says otherwise
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
    SUBSCRIPTION = "subscription"  # told by a webhook; who follows a feed comes by `FEED`
    # Faces: by the standard that was spoken.
    CKAN = "ckan"
    OGC = "ogc"
    TILE = "tile"
    SENSORTHINGS = "sensorthings"
    OPENDATASOFT = "opendatasoft"
    SODA = "soda"
    WFS = "wfs"
    WMS = "wms"
    FEED = "feed"
    EMBED = "embed"
    MCP = "mcp"


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
    part: str = ""  # which of several tables of a source: "stops", "station_status"
    profile: str = ""  # vocabulary of the bytes where the connector knows it: "ckan", "datex2"
    identifier: str = ""  # of a catalogue's record: the origin's own identifier
    is_deleted: bool = False  # the origin says that this record is gone
    cursor: str = ""  # how far the source was read with this parcel; handed back as `since`


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
    action: str = ""  # what was done: "left empty", "mended", "kept aside"; empty: only flagged


class Policy(StrEnum):
    """What a broken rule does."""

    FLAG = "flag"  # the value stays, and the fault is told
    REJECT_ROW = "reject-row"  # the row is kept aside, to be repaired and sent again
    REJECT_DELIVERY = "reject-delivery"  # the whole delivery waits for its steward


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One check of a table (Table Schema constraints, and what sensors and geometries need).

    `kind` is a name of `standardise.checks.KINDS`: required, unique, range, one-of, pattern,
    reference, valid-geometry, time-gap, stuck, jump, sum, duplicate-row, inside, …
    """

    kind: str
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)  # of the kind: {"minimum": 0}
    policy: Policy = Policy.FLAG
    reason: str = ""  # in words, for whoever reads the fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a row's geometry comes from, as a person said it.

    `kind`: "xy" (columns of east and north), "lonlat", "text" (one column of WKT, GeoJSON, a pair
    or degrees, minutes, seconds), "address" (columns of an address), "none" (there is no place).
    """

    kind: str
    columns: tuple[str, ...] = ()
    crs: str = ""  # "EPSG:3003"; empty is longitude and latitude
    is_swapped: bool = False  # the first column is north


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """Which column of a file is which field of one of the field's own models (`crash`, `count`)."""

    model: str
    columns: Mapping[str, str] = field(default_factory=dict)  # field of the model → column
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # field → word → code
    units: Mapping[str, str] = field(default_factory=dict)  # field → UCUM unit of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything people said about reading files of one shape; said once, used for each delivery.

    What is not said is inferred, and what cannot be inferred safely is asked (`Question`).
    """

    sheet: str = ""  # sheet, layer or member
    table: int | None = None  # which table of a sheet that holds several, 1-based
    record_path: str = ""  # XML or JSON: "stations/station"
    fields: tuple[Field, ...] = ()  # columns read and described as said
    renames: Mapping[str, str] = field(default_factory=dict)  # column of the file → our name
    position: Position | None = None
    rules: tuple[Rule, ...] = ()
    policy: Policy = Policy.FLAG  # of faults without a rule of their own: values that do not fit
    mapping: Correspondence | None = None
    answered: tuple[str, ...] = ()  # ids of questions that need no asking again
    answers: Mapping[str, str] = field(default_factory=dict)  # question → choice, by its value
    nulls: tuple[str, ...] = ()  # words of this file that say nothing, like “-999”


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One possible answer to a question, with what would follow from it."""

    value: str  # "EPSG:3003", "day.month.year"
    title: str
    evidence: str = ""  # "12 of 12 positions lie inside the city"
    sample: str = ""  # "12.4924, 41.8902"
    fits: float = 0.0  # 0..1, for the order


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something the values alone cannot tell: asked, never guessed in silence.

    `kind`: "crs", "axes", "address", "date-order", "decimal", "serial", "table", "mapping",
    "rename".
    """

    id: str  # stable over deliveries: "crs:x,y"
    kind: str
    text: str
    columns: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


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
    rules: tuple[Rule, ...] = ()  # checked on each version
    removed: datetime | None = None  # the origin or its publisher took it away: a tombstone
    removed_reason: str = ""
    successor: str = ""  # address or id of what stands in its place
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
    rejects: Digest | None = None  # of the Parquet file in the lake that keeps the rejected rows
    provenance: Provenance = field(default_factory=Provenance)
    note: str = ""
    created: datetime
    created_by: ActorId
    withdrawn: datetime | None = None
    withdrawn_reason: str = ""

    @property
    def geometry(self) -> str | None:
        """The name of the geometry column, if there is one."""
        for one in self.fields:  # asked often: a generator would take five times as long
            if one.type is FieldType.GEOMETRY:
                return one.name
        return None


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


class Brings(StrEnum):
    """What the parcels of a connector are."""

    TABLES = "tables"  # files that become versions of datasets
    RECORDS = "records"  # records of a catalogue that become entries of ours


class Mode(StrEnum):
    """What a delivery does to the rows that are there."""

    REPLACE = "replace"  # it is the whole new state
    APPEND = "append"  # its rows come after the others
    UPSERT = "upsert"  # its rows replace those with the same key, others stay


class Health(StrEnum):
    """How a source does."""

    NEW = "new"  # never run
    GOOD = "good"
    HELD = "held"  # something waits for a person
    FAILING = "failing"  # the last run failed; it is tried again with growing pauses
    DEAD = "dead"  # failed ten times or for a week
    PAUSED = "paused"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where data come from, under which contract, and when (dcat:DataService).

    `options` are the connector's; a value `{"secret": "NAME"}` stands for a password that is read
    from `secrets.toml` or the environment when it is needed, and is never stored or shown.
    """

    id: SourceId
    title: str
    connector: str  # name of a plug of kind `connectors`
    options: Mapping[str, Any] = field(default_factory=dict)
    publisher: PublisherId  # answers for what arrives
    owner: ActorId  # who is told when something waits
    dataset: DatasetId | None = None  # whose next version arrives; parts get `<dataset>-<part>`
    mode: Mode = Mode.REPLACE
    every: str = ""  # ISO 8601 duration, "PT1H", "P1D"; empty: only when somebody says so
    offset: str = ""  # after the full hour, day or week: "PT3H" runs at three
    license: str = "unspecified"  # of entries that say nothing themselves
    attribution: str = ""
    with_data: bool = False  # RECORDS: also bring the best readable file of each entry
    prefix: str = ""  # RECORDS: stands before the ids of entries
    is_paused: bool = False
    created: datetime | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One try of a source: what came, what became of it, what went wrong (the log of a source)."""

    id: int
    source: SourceId
    started: datetime
    ended: datetime | None = None
    outcome: str = ""  # "done", "held", "failed"; empty while it runs
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    # parcels, bytes, new, changed, same, gone, failed, held, rows, rejected
    faults: tuple[Fault, ...] = ()  # of single records, the first 1 000

"""Sources in words: how they do, how often they run, and what connectors bring."""

from collections.abc import Mapping
from dataclasses import dataclass

from citycommons.core import plugs
from citycommons.core.types import Brings, Health, Mode
from citycommons.web.language import N_


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign, a word and a signal: colour alone never says it."""

    sign: str
    word: str
    signal: str  # of the tag: "go", "warn", "stop" or none
    means: str


HEALTH: Mapping[Health, Mark] = {
    Health.NEW: Mark("○", N_("not run yet"), "", N_("It has not run yet.")),
    Health.GOOD: Mark("✓", N_("arrives"), "go", N_("The last run brought what there was.")),
    Health.HELD: Mark(
        "!", N_("waits for somebody"), "warn", N_("Something that came needs a person's word.")
    ),
    Health.FAILING: Mark(
        "×",
        N_("failed"),
        "stop",
        N_("The last run failed. It is tried again, less and less often."),
    ),
    Health.DEAD: Mark(
        "✕✕", N_("fails for long"), "stop", N_("It has failed ten times, or for a week.")
    ),
    Health.PAUSED: Mark("‖", N_("paused"), "", N_("Somebody let it rest.")),
    Health.RUNNING: Mark("…", N_("runs now"), "go", N_("It runs at this moment.")),
}
EVERY = {
    "PT15M": N_("every quarter of an hour"),
    "PT1H": N_("every hour"),
    "P1D": N_("every day"),
    "P1W": N_("every week"),
    "P1M": N_("every month"),
    "P3M": N_("every three months"),
    "P1Y": N_("every year"),
    "": N_("only when somebody says so"),
}
MODES = {
    Mode.REPLACE: N_("It is the whole new state"),
    Mode.APPEND: N_("Its rows come after those that are there"),
    Mode.UPSERT: N_("Its rows replace those with the same key, the others stay"),
}
OUTCOMES = {
    "done": N_("done"),
    "held": N_("waits for somebody"),
    "failed": N_("failed"),
    "": N_("runs now"),
}
COUNTS = {
    "parcels": N_("files or records"),
    "new": N_("new"),
    "changed": N_("changed"),
    "same": N_("as before"),
    "gone": N_("gone"),
    "failed": N_("failed"),
    "held": N_("waiting"),
    "rows": N_("rows that came"),
    "rejected": N_("rows kept aside"),
}
KNOWN = {
    "web": (N_("A file at a web address"), N_("It is asked for again, and taken if it changed.")),
    "folder": (
        N_("A folder on a department's share"),
        N_("Whoever lays a file into it has delivered it."),
    ),
    "form": (N_("A form on this portal"), N_("People fill it in, and each answer is a row.")),
    "sql": (N_("A table in a database"), N_("PostgreSQL, MariaDB, MySQL or SQLite.")),
    "ckan": (N_("A CKAN portal"), N_("All its datasets come as entries.")),
    "dcat": (N_("A DCAT catalogue"), N_("RDF/XML, Turtle or JSON-LD, as portals publish it.")),
    "opendatasoft": (N_("A dataset on Opendatasoft"), N_("Through its Explore API.")),
    "opendatasoft-catalogue": (
        N_("An Opendatasoft portal"),
        N_("All its datasets come as entries."),
    ),
    "wfs": (N_("A layer of a WFS"), N_("As most geoportals offer it.")),
    "ogc-features": (N_("A collection of OGC API Features"), N_("The younger sister of WFS.")),
    "ogc-records": (N_("An OGC API Records catalogue"), N_("All its records come as entries.")),
    "sensorthings": (N_("Sensors by SensorThings"), N_("Observations as they are measured.")),
    "mqtt": (N_("Messages of a broker (MQTT)"), N_("Collected into deliveries.")),
    "gbfs": (N_("Bikes and scooters to share (GBFS)"), N_("Stations, and what is free now.")),
    "gtfs": (N_("A timetable (GTFS)"), N_("Stops, lines and trips, each a dataset.")),
    "gtfs-realtime": (N_("Buses and trains now (GTFS-Realtime)"), N_("Delays and positions.")),
    "datex2": (N_("Traffic messages (DATEX II)"), N_("Roadworks, counts and parking.")),
    "osm": (N_("An extract of OpenStreetMap"), N_("What it holds of streets, shops or trees.")),
    "s3": (N_("Files in a bucket (S3)"), N_("As clouds keep them.")),
    "sftp": (N_("Files on an SFTP server"), N_("As partners often deliver them.")),
    "data-json": (N_("A data.json list"), N_("All that it lists comes as entries.")),
    "udata": (N_("A udata portal"), N_("Such as data.gouv.fr: all its datasets come as entries.")),
    "socrata": (N_("A dataset on Socrata"), N_("Through its SODA API.")),
    "arcgis": (N_("A layer of ArcGIS"), N_("A FeatureServer or MapServer.")),
    "csw": (N_("A geodata catalogue (CSW)"), N_("All its records come as entries.")),
    "oai-pmh": (N_("A repository (OAI-PMH)"), N_("All its records come as entries.")),
    "ngsi-ld": (N_("A context broker (NGSI-LD)"), N_("Entities of one type, as they are now.")),
    "wzdx": (N_("Work zones (WZDx)"), N_("Roadworks as American agencies tell them.")),
}
FIRST = ("web", "folder", "form", "sql", "sftp", "ckan", "dcat")
_OWN = frozenset({"dump", "ideal", "mirror"})  # of commands: `import`, `demo`


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A connector as the page offers it."""

    name: str
    title: str
    says: str
    brings: Brings
    lacks: str = ""  # what has to be installed first, in words


def offered() -> list[Offered]:
    """All installed connectors, the most used first; those that cannot load say what they need."""
    names = [name for name in plugs.names("connectors") if name not in _OWN]
    names.sort(key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return [_offered(name) for name in names]


def _offered(name: str) -> Offered:
    from citycommons.core.errors import Unavailable

    title, says = KNOWN.get(name, (name, ""))
    try:
        kind = plugs.load("connectors", name)
    except Unavailable as cause:
        return Offered(name=name, title=title, says=says, brings=Brings.TABLES, lacks=cause.message)
    if not says:
        says = (kind.__doc__ or "").strip().partition("\n")[0]
    return Offered(name=name, title=title, says=says, brings=getattr(kind, "brings", Brings.TABLES))


def title_of(connector: str) -> str:
    """The connector in words, to be translated."""
    return KNOWN.get(connector, (connector, ""))[0]

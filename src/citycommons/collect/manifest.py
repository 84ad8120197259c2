"""A city's manifest: which sources there are, and which datasets are made of them.

A manifest is a TOML file, `cities/<name>.toml`. Every word in it is typed; what is not known is
refused with its place.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from dataclasses import fields as dataclass_fields
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from citycommons.collect.mirror import Mirror
from citycommons.collect.polite import Polite
from citycommons.core import plugs
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.plugs import Connector
from citycommons.core.settings import Settings
from citycommons.core.types import (
    Access,
    Bbox,
    Category,
    Dataset,
    DatasetId,
    Field,
    Link,
    Publisher,
    PublisherId,
    Text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where files come from: an address, and the same file in a mirror."""

    id: str
    address: str = ""  # empty: the file exists only in a mirror
    connector: str = "web"
    options: Mapping[str, Any] = field(default_factory=dict)  # of the connector
    mirror: str = ""  # path below the mirror's folder
    days: str = ""  # one file a day, "first/last"; the address says {day:%Y-%m-%d}
    skip: tuple[str, ...] = ()  # days the source does not have: "2015-12-25", "sunday"
    parts: tuple[str, ...] = ()  # for {part} in the address: "north", "north/2019-01..2020-12"
    unpack: bool = False  # whether the mirror holds an archive of the files
    members: str = "*"
    sha256: str = ""  # of the address' file, where it does not change
    mirror_sha256: str = ""  # of the mirror's file, where it is another one
    license: str = ""
    attribution: str = ""
    checked: date | bool = False  # the day on which the address answered; false: never tried
    path_seen_in: str = ""  # "repository": the path is known to be in it, though never fetched
    derived: bool = False  # the mirror's file was made from the files at the address
    mirror_only: bool = False  # nothing can be fetched; the address says where it came from
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One dataset: what is promised, and by which recipe it is made of which sources."""

    dataset: Dataset
    sources: tuple[str, ...]
    recipe: str = ""  # empty: the one file is read as it is
    sheet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Catalogue entries without data of ours, made by a recipe from a catalogue."""

    id: str
    title: Text
    sources: tuple[str, ...]
    recipe: str
    publisher: PublisherId


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that is known of a city's open data."""

    id: str
    name: str
    languages: tuple[str, ...]
    bounds: Bbox
    timezone: str = ""  # that people of the city live by
    accent: str = ""
    basemap: tuple[str, ...] = ()  # datasets drawn below all others
    works: Mapping[str, str] = field(default_factory=dict)  # datasets of road works → language
    school_region: str = ""  # ISO 3166-2, whose school holidays hold
    stops: str = ""  # dataset of public transport stops
    statistics_before: str = ""  # dataset of monthly statistics of the city's portal until now
    inhabitants: int | None = None
    mirror_folder: str = ""  # below a folder of mirrors
    publishers: tuple[Publisher, ...]
    sources: Mapping[str, Source]
    items: tuple[Item, ...]
    entries: tuple[Entries, ...] = ()

    def item(self, id: str) -> Item:
        """The dataset of this id; `NotFound` lists those there are."""
        for item in self.items:
            if item.dataset.id == id:
                return item
        names = ", ".join(item.dataset.id for item in self.items)
        raise NotFound(f"The manifest of {self.name} has no dataset “{id}”; it has {names}.")

    def connector(
        self, source: Source, settings: Settings, mirror: Path | None = None, **options: Any
    ) -> Connector:
        """What brings the files of a source: from the mirror's folder if one is given.

        A connector gets what the manifest and the settings say about its fields, and `options`
        (a callback `progress`) where it has such a field. Raises `NotFound` if the file exists in a
        mirror only, and none is given.
        """
        cache = settings.home / "parcels"
        if mirror is not None and source.mirror:
            folder = mirror / self.mirror_folder
            return Mirror(
                folder=folder if self.mirror_folder and folder.is_dir() else mirror,
                path=source.mirror,
                cache=cache,
                origin=source.address,
                sha256=source.mirror_sha256 or source.sha256,
                unpack=source.unpack,
                members=source.members,
                most_unpacked_bytes=settings.unpacked_limit_mb << 20,
            )
        if source.connector == "web" and (source.mirror_only or not source.address):
            raise NotFound(
                f"The file of “{source.id}” exists in a mirror only. Name its folder: --mirror DIR."
            )
        kind = plugs.load("connectors", source.connector)
        ours = {
            "url": source.address,
            "days": source.days,
            "skip": source.skip,
            "parts": source.parts,
            "sha256": source.sha256,
            "client": Polite(
                cache=cache,
                allow_hosts=settings.allow_hosts,
                progress=options.pop("progress", None),
            ),
            "cache": cache,
            "folder": settings.home / source.connector,
            "most_unpacked_bytes": settings.unpacked_limit_mb << 20,
            **options,
        }
        known = {one.name for one in dataclass_fields(kind)}
        given = {name: value for name, value in ours.items() if name in known}
        connector: Connector = kind(**given | dict(source.options))
        return connector


class _Words(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A dataset as it stands in the file."""

    id: str
    title: dict[str, str]
    description: dict[str, str]
    publisher: str
    license: str
    sources: list[str]
    steward: str = ""
    attribution: str = ""
    access: Access = Access.PUBLIC
    category: Category = Category.ENVIRONMENTAL
    theme: str = ""
    keywords: list[str] = []
    place: str = ""
    start: date | None = None
    end: date | None = None
    frequency: str = ""
    landing_page: str = ""
    source: str = ""
    identifier: str = ""
    key: list[str] = []
    fields: list[Field] = []
    links: list[Link] = []
    recipe: str = ""
    sheet: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str
    name: str
    languages: list[str]
    bounds: tuple[float, float, float, float]
    timezone: str = ""
    accent: str = ""
    basemap: list[str] = []
    works: dict[str, str] = {}
    school_region: str = ""
    stops: str = ""
    statistics_before: str = ""
    inhabitants: int | None = None
    mirror_folder: str = ""
    place: str = ""
    publisher: list[Publisher]
    source: list[Source]
    dataset: list[_Words]
    entries: list[Entries] = []


def folder() -> Path:
    """Where the manifests lie: in the package, or beside `src` while developing."""
    inside = Path(str(resources.files("citycommons"))) / "cities"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "cities"


def names() -> list[str]:
    """Cities whose manifest is at hand."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def find(name: str) -> Manifest:
    """The manifest of this name, or in this file; `NotFound` lists those at hand."""
    path = Path(name) if name.endswith(".toml") else folder() / f"{name}.toml"
    if not path.is_file():
        raise NotFound(f"There is no manifest “{name}”; at hand are {', '.join(names())}.")
    return read(path)


def read(path: Path) -> Manifest:
    """Read a manifest; `Invalid` names the first thing wrong and its place."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
        file = msgspec.convert(said, _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise Invalid(f"{path.name} is no TOML: {cause}.") from cause
    except msgspec.ValidationError as cause:
        raise Invalid(f"{path.name} cannot be used: {cause}.") from cause
    manifest = Manifest(
        id=file.id,
        name=file.name,
        languages=tuple(file.languages),
        bounds=file.bounds,
        timezone=file.timezone,
        accent=file.accent,
        basemap=tuple(file.basemap),
        works=file.works,
        school_region=file.school_region,
        stops=file.stops,
        statistics_before=file.statistics_before,
        inhabitants=file.inhabitants,
        mirror_folder=file.mirror_folder,
        publishers=tuple(file.publisher),
        sources={source.id: source for source in file.source},
        items=tuple(_item(words, file) for words in file.dataset),
        entries=tuple(file.entries),
    )
    _check(manifest, path)
    return manifest


def _item(words: _Words, file: _File) -> Item:
    first = next((source for source in file.source if source.id in words.sources), None)
    dataset = Dataset(
        id=DatasetId(words.id),
        title=words.title,
        description=words.description,
        publisher=PublisherId(words.publisher),
        steward=words.steward,
        license=words.license,
        attribution=words.attribution or (first.attribution if first else ""),
        access=words.access,
        category=words.category,
        theme=words.theme,
        keywords=tuple(words.keywords),
        place=words.place or file.place or file.name,
        temporal=(words.start, words.end),
        frequency=words.frequency,
        landing_page=words.landing_page,
        source=words.source or (first.address if first and "{" not in first.address else ""),
        identifier=words.identifier,
        fields=tuple(replace(one, evidence=one.evidence or "declared") for one in words.fields),
        key=tuple(words.key),
        links=tuple(words.links),
    )
    return Item(
        dataset=dataset, sources=tuple(words.sources), recipe=words.recipe, sheet=words.sheet
    )


def _check(manifest: Manifest, path: Path) -> None:
    publishers = {publisher.id for publisher in manifest.publishers}
    ids = [str(item.dataset.id) for item in manifest.items]
    for id in ids:
        if ids.count(id) > 1:
            raise Invalid(f"{path.name} describes the dataset “{id}” twice.")
    for item in manifest.items:
        where = f"{path.name}, dataset “{item.dataset.id}”"
        if item.dataset.publisher not in publishers:
            raise Invalid(f"{where}: the publisher “{item.dataset.publisher}” is not described.")
        if not item.sources:
            raise Invalid(f"{where} names no source.")
        _check_sources(manifest, item.sources, where)
        _check_languages(manifest, item.dataset.title, where)
    for one in manifest.entries:
        _check_sources(manifest, one.sources, f"{path.name}, entries “{one.id}”")
    for name in manifest.works:
        if name not in ids:
            raise Invalid(f"{path.name}: works names “{name}”, which is no dataset of it.")
    for word, name in (
        ("stops", manifest.stops),
        ("statistics_before", manifest.statistics_before),
    ):
        if name and name not in ids:
            raise Invalid(f"{path.name}: {word} names “{name}”, which is no dataset of it.")
    for name in manifest.basemap:
        if name not in ids:
            raise Invalid(f"{path.name}: the basemap names “{name}”, which is no dataset of it.")


def _check_sources(manifest: Manifest, sources: tuple[str, ...], where: str) -> None:
    if unknown := [name for name in sources if name not in manifest.sources]:
        raise Invalid(f"{where}: the source “{unknown[0]}” is not described.")


def _check_languages(manifest: Manifest, title: Text, where: str) -> None:
    if missing := [tag for tag in manifest.languages if not title.get(tag)]:
        raise Invalid(f"{where} has no title in “{missing[0]}”.")

"""From a manifest to published versions: collect, standardise, prepare, publish."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from citycommons import __version__
from citycommons.collect.cache import Cache
from citycommons.collect.manifest import Entries, Item, Manifest
from citycommons.core.errors import CityError, NotFound, Unavailable
from citycommons.core.tables import Report, fields_of, with_fields
from citycommons.core.types import (
    SYSTEM,
    Actor,
    Dataset,
    Digest,
    Field,
    Parcel,
    Provenance,
    Version,
)
from citycommons.govern.access import Action, require
from citycommons.share import publish
from citycommons.store import catalogue
from citycommons.store.work import City, Work

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)


class Stage(StrEnum):
    """What is being done with an item."""

    COLLECT = "collect"
    STANDARDISE = "standardise"
    PREPARE = "prepare"
    PUBLISH = "publish"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Something happened to one item of a manifest; a door shows it."""

    item: str
    title: Mapping[str, str]
    stage: Stage
    number: int = 1  # of the item, from 1
    of: int = 1  # how many items there are
    received: int = 0  # bytes of the present file
    expected: int | None = None  # its length, where that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one item: a version, entries of the catalogue, or a sentence why not."""

    item: str
    title: Mapping[str, str]
    version: Version | None = None
    is_new: bool = False
    entries: int = 0
    report: Report = field(default_factory=Report)
    failure: str = ""
    error: CityError | None = None
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return self.version.rows if self.version else 0


Listener = Callable[[Progress], None]


def build(
    city: City,
    manifest: Manifest,
    *,
    actor: Actor = SYSTEM,
    mirror: Path | None = None,
    progress: Listener | None = None,
    only: Sequence[str] = (),
) -> list[Delivered]:
    """Deliver every item of a manifest, or those of `only`, one after the other.

    A source that fails stops nothing but its own item. A second run publishes nothing twice, and
    does not even read again what did not change.
    """
    known = [str(item.dataset.id) for item in manifest.items]
    known += [one.id for one in manifest.entries]
    if unknown := [name for name in only if name not in known]:
        raise NotFound(f"The manifest of {manifest.name} has no “{unknown[0]}”.")
    chosen = [name for name in known if not only or name in only]
    return [
        deliver(
            city,
            manifest,
            name,
            actor=actor,
            mirror=mirror,
            progress=progress,
            number=number,
            of=len(chosen),
        )
        for number, name in enumerate(chosen, start=1)
    ]


def deliver(
    city: City,
    manifest: Manifest,
    name: str,
    *,
    actor: Actor = SYSTEM,
    mirror: Path | None = None,
    progress: Listener | None = None,
    number: int = 1,
    of: int = 1,
) -> Delivered:
    """Collect, standardise, prepare and publish one dataset or one set of catalogue entries.

    Never raises for a fault of the source, the data or the rights: the result says what happened.
    Raises `NotFound` if the manifest has no item of this name.
    """
    entries = next((one for one in manifest.entries if one.id == name), None)
    wanted: Entries | Item = entries or manifest.item(name)
    title = wanted.title if isinstance(wanted, Entries) else wanted.dataset.title
    job = _Job(city, manifest, actor, mirror, progress, name, title, number, of)
    begun = time.monotonic()
    try:
        found = job.entries(wanted) if isinstance(wanted, Entries) else job.table(wanted)
        job.tell(Stage.DONE)
    except CityError as error:
        job.tell(Stage.FAILED)
        found = Delivered(item=name, title=title, failure=error.message, error=error)
    except Exception:
        # One broken recipe must not cost a city the other thirty; the log has all of it.
        log.exception("Delivering %s failed", name)
        job.tell(Stage.FAILED)
        broken = Unavailable(f"“{name}” could not be delivered: an unexpected error; see the log.")
        found = Delivered(item=name, title=title, failure=broken.message, error=broken)
    finally:
        Cache(city.settings.home / "parcels").tidy()
    return replace(found, seconds=time.monotonic() - begun)


@dataclass(frozen=True, slots=True)
class _Job:
    city: City
    manifest: Manifest
    actor: Actor
    mirror: Path | None
    progress: Listener | None
    name: str
    title: Mapping[str, str]
    number: int
    of: int

    def table(self, item: Item) -> Delivered:
        parcels = self._collect(item.sources)
        dataset = item.dataset
        provenance = _provenance(parcels, item.recipe, self.mirror)
        if (known := self._unchanged(dataset, provenance)) is not None:
            return Delivered(item=self.name, title=self.title, version=known)
        self.tell(Stage.STANDARDISE)
        table, report = self._standardise(item, parcels)
        self.tell(Stage.PREPARE)
        prepared = publish.prepare(self.city.lake, dataset, table, report, provenance=provenance)
        del table
        self.tell(Stage.PUBLISH)
        with self.city.work(self.actor) as work:
            self._save_publishers(work)
            publish.describe(work, dataset)
            published = publish.publish(work, dataset, prepared)
        return Delivered(
            item=self.name,
            title=self.title,
            version=published.version,
            is_new=published.is_new,
            report=report,
        )

    def entries(self, entries: Entries) -> Delivered:
        from citycommons.standardise.muenster.recipes import ENTRIES

        parcels = self._collect(entries.sources)
        self.tell(Stage.STANDARDISE)
        if (recipe := ENTRIES.get(entries.recipe)) is None:
            raise NotFound(f"There is no recipe “{entries.recipe}” for catalogue entries.")
        found = recipe(parcels, entries.publisher)
        self.tell(Stage.PUBLISH)
        with self.city.work(self.actor) as work:
            self._save_publishers(work)
            known = {one.id for one in catalogue.publishers(work.db)}
            for publisher in found.publishers:
                if publisher.id not in known:
                    require(work, Action.MANAGE_PUBLISHER, publisher.id)
                    catalogue.save_publisher(work.db, publisher)
            for dataset in found.datasets:
                publish.describe(work, dataset)
        return Delivered(
            item=self.name,
            title=self.title,
            entries=len(found.datasets),
            report=found.report,
        )

    def tell(self, stage: Stage, received: int = 0, expected: int | None = None) -> None:
        if self.progress:
            self.progress(
                Progress(
                    item=self.name,
                    title=self.title,
                    stage=stage,
                    number=self.number,
                    of=self.of,
                    received=received,
                    expected=expected,
                )
            )

    def _collect(self, sources: Sequence[str]) -> dict[str, list[Parcel]]:
        self.tell(Stage.COLLECT)

        def listen(received: int, expected: int | None) -> None:
            self.tell(Stage.COLLECT, received, expected)

        return {
            name: list(
                self.manifest.connector(
                    self.manifest.sources[name], self.city.settings, self.mirror, progress=listen
                ).fetch()
            )
            for name in sources
        }

    def _standardise(
        self, item: Item, parcels: Mapping[str, Sequence[Parcel]]
    ) -> "tuple[pa.Table, Report]":
        from citycommons.standardise.muenster.recipes import TABLES
        from citycommons.standardise.read import read

        if item.recipe:
            if (recipe := TABLES.get(item.recipe)) is None:
                raise NotFound(f"There is no recipe “{item.recipe}”; see the manifest.")
            table, report = recipe(parcels)
            return with_fields(table, _described(fields_of(table), item.dataset.fields)), report
        (parcel, *more) = [parcel for many in parcels.values() for parcel in many]
        if more:
            raise NotFound(f"“{self.name}” has {len(more) + 1} files and names no recipe.")
        return read(parcel, declared=item.dataset.fields, sheet=item.sheet or None)

    def _unchanged(self, dataset: Dataset, provenance: Provenance) -> Version | None:
        """The latest version, if it was made of these very parcels by this very program."""
        with self.city.work(self.actor, may_write=False) as work:
            if not _is_described(catalogue.find_dataset(work.db, dataset.id), dataset):
                return None
            latest = catalogue.version(work.db, dataset.id)
        if latest is None or latest.provenance.parcels != provenance.parcels:
            return None
        return latest if provenance.steps[0] in latest.provenance.steps else None

    def _save_publishers(self, work: Work) -> None:
        known = {one.id: one for one in catalogue.publishers(work.db)}
        for publisher in self.manifest.publishers:
            if known.get(publisher.id) != publisher:
                require(work, Action.MANAGE_PUBLISHER, publisher.id)
                catalogue.save_publisher(work.db, publisher)


def _is_described(known: Dataset | None, wanted: Dataset) -> bool:
    return known is not None and (
        replace(wanted, created=known.created, modified=known.modified) == known
    )


def _described(found: tuple[Field, ...], declared: tuple[Field, ...]) -> tuple[Field, ...]:
    """The declared fields in the order of the table; a column nobody described stays as found."""
    by_name = {one.name: one for one in declared}
    return tuple(by_name.get(one.name, one) for one in found)


def _provenance(
    parcels: Mapping[str, Sequence[Parcel]], recipe: str, mirror: Path | None
) -> Provenance:
    """One digest and one step for each source, however many files it brought."""
    brought = [many for many in parcels.values() if many]
    return Provenance(
        origin=" ".join(dict.fromkeys(many[0].origin for many in brought)),
        received=_latest(many[0].received for many in brought),
        parcels=tuple(_digest(many) for many in brought),
        steps=(
            f"recipe {recipe or 'read'} of City Commons {__version__}",
            *(("files taken from a local mirror of the origin",) if mirror else ()),
        ),
    )


def _digest(parcels: Sequence[Parcel]) -> Digest:
    if len(parcels) == 1:
        return parcels[0].digest
    return Digest(sha256("".join(parcel.digest for parcel in parcels).encode()).hexdigest())


def _latest(times: Iterable[datetime]) -> datetime | None:
    return max(times, default=None)

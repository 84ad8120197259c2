"""Who reads which fact: one dictionary. A reaction may run twice, so it does nothing twice."""

from collections.abc import Callable
from typing import Any

from citycommons.act.roadworks import bringing, publication
from citycommons.core.types import SYSTEM, Access
from citycommons.engage import telling
from citycommons.engage.followers import telling as followers
from citycommons.engage.wanted import asking
from citycommons.measure.goals import remeasure
from citycommons.measure.republication import keeping
from citycommons.share import open as door
from citycommons.share import packed
from citycommons.share.kept import cache_of
from citycommons.share.open import Opened
from citycommons.share.tiles import mercator
from citycommons.store import catalogue
from citycommons.store.outbox import (
    DatasetDescribed,
    DatasetPublished,
    DatasetRemoved,
    Fact,
    VersionWithdrawn,
    WorksChanged,
    WorksFact,
    WorksStateChanged,
)
from citycommons.store.work import City
from citycommons.understand import charts, places


def pack_features(city: City, fact: DatasetPublished) -> None:
    """A map asks for boxes of features: encode them once, before the first reader comes."""
    if opened := _opened(city, fact):
        packed.build(city.lake, fact.file, opened.version.fields)


def project_tiles(city: City, fact: DatasetPublished) -> None:
    """A map of a whole city asks for dozens of tiles at once: project and thin them before."""
    if opened := _opened(city, fact):
        mercator.build(city.lake, fact.file, opened.version.fields)


def draw_chart(city: City, fact: DatasetPublished) -> None:
    """The dataset page shows a chart and a map: compute them before the first reader waits."""
    if opened := _opened(city, fact):
        charts.chart(opened, city.settings.timezone)
        places.places(opened)


def keep_fingerprint(city: City, fact: DatasetPublished) -> None:
    """Copies that nobody announces are recognised by it, wherever they turn up."""
    keeping.keep(city, fact.dataset, fact.version)


def remove_kept_files(city: City, fact: VersionWithdrawn) -> None:
    """What was derived from a withdrawn version goes, unless another version has the content.

    The version's own file stays: the tombstone names it, and a withdrawal can be a mistake.
    """
    with city.work(SYSTEM, may_write=False) as work:
        named = catalogue.readable_files(work.db)
    if fact.file in named:
        return
    folder = city.lake.path(fact.file).parent
    figures = city.lake.root.parent / "cache" / "figures" / fact.file[:2]
    downloads = cache_of(city.lake).path(fact.file).parent
    derived = [p for p in folder.glob(f"{fact.file}.*") if p != city.lake.path(fact.file)]
    for path in (
        *derived,
        *figures.glob(f"{fact.file}-*"),
        *downloads.glob(f"{fact.file}.*"),
    ):
        path.unlink(missing_ok=True)


def tell_followers(city: City, fact: WorksFact) -> None:
    """Who follows the street or the area hears of it, with the delay that is forecast."""
    followers.tell(city, fact, publication.minutes_longer)


def bring_works(city: City, fact: DatasetPublished) -> None:
    """A dataset that holds road works: what is in it belongs into the register."""
    language = city.settings.works_datasets.get(fact.dataset)
    if language is None:
        return
    with city.work(SYSTEM, may_write=False) as work:
        read = bringing.read_dataset(work, city.settings, fact.dataset, language=language)
    with city.work(SYSTEM) as work:
        bringing.take(work, read)


def close_requests(city: City, fact: DatasetPublished) -> None:
    """Who asked for these data hears that they are there, once anyone may read them."""
    with city.work(SYSTEM, may_write=False) as work:
        dataset = catalogue.find_dataset(work.db, fact.dataset)
        if dataset is None or dataset.access is not Access.PUBLIC:
            return
        if not asking.waits_for(work, fact.dataset):
            return
    with city.work(SYSTEM) as work:
        asking.published(work, fact.dataset)


def measure_goals(city: City, fact: DatasetPublished) -> None:
    """Goals that are measured by the dataset: put their questions to the new version."""
    remeasure.after_publishing(city, fact.dataset)


Reaction = Callable[[City, Any], None]

REACTIONS: dict[type[Fact], tuple[Reaction, ...]] = {
    DatasetPublished: (
        telling.tell,
        pack_features,
        project_tiles,
        draw_chart,
        bring_works,
        close_requests,
        measure_goals,
        keep_fingerprint,
    ),
    VersionWithdrawn: (telling.tell, remove_kept_files),
    DatasetDescribed: (telling.tell,),
    DatasetRemoved: (telling.tell,),
    WorksChanged: (tell_followers,),
    WorksStateChanged: (tell_followers,),
}


def _opened(city: City, fact: DatasetPublished) -> Opened | None:
    """The version, not counted as a use: nobody reads it, the house prepares."""
    with city.work(SYSTEM, may_write=False) as work:
        dataset, version = door.find(work, fact.dataset, fact.version)
    if version.withdrawn:
        return None
    return Opened(dataset=dataset, version=version, lake=city.lake)

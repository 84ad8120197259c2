"""The layers of these services: every dataset with a place that one may read."""

from collections.abc import Callable
from dataclasses import dataclass

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Bbox, Dataset, DatasetId, Version
from citycommons.govern.access import Action, allows
from citycommons.share.faces.ows.words import PREFIX, plain_name, xml_name
from citycommons.share.open import Opened
from citycommons.store import catalogue
from citycommons.store.work import Work

_WORLD: Bbox = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A dataset as a layer."""

    dataset: Dataset
    version: Version

    @property
    def name(self) -> str:
        """Its name with the prefix of this city's features."""
        return layer_name(self.dataset.id)

    @property
    def bounds(self) -> Bbox:
        return self.version.bounds or _WORLD


def layers(work: Work) -> list[Layer]:
    """All layers, by name."""
    latest = catalogue.latest_versions(work.db)
    located = [id for id, version in latest.items() if version.geometry]
    found = [
        Layer(dataset=one, version=latest[one.id])
        for one in catalogue.datasets(work.db, located)
        if allows(work.actor, Action.READ, one)
    ]
    return sorted(found, key=lambda one: one.dataset.id)


def readable(
    how: Callable[[Work, DatasetId], Opened], work: Work, id: DatasetId, **where: str
) -> Opened:
    """A layer as `share.open` (or `look`) gives it; `where` is told with the error.

    Raises `Invalid` for one that is not there, and alike for one that may not be seen or has no
    place.
    """
    unknown = Invalid(f"There is no layer “{id[:80]}”. GetCapabilities lists all.", **where)
    try:
        opened = how(work, id)
    except NotFound as cause:
        raise unknown from cause
    if opened.version.geometry is None:
        raise unknown
    return opened


def layer_name(id: str) -> str:
    return f"{PREFIX}:{xml_name(id)}"


def layer_id(name: str, parameter: str) -> DatasetId:
    """`city:trees` → `trees`. Raises `Invalid` for what names nothing."""
    id = plain_name(name.strip())
    if not id or len(id) > 200:
        raise Invalid(f"“{parameter}”: “{name[:80]}” names no layer.", parameter=parameter)
    return DatasetId(id)

"""A city of its own for a benchmark, with one publisher who publishes files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from citycommons.core.settings import Settings
from citycommons.core.types import (
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Grant,
    Parcel,
    Publisher,
    PublisherId,
    Role,
    Version,
)
from citycommons.share.publish import prepare, publish
from citycommons.standardise.read import standardised
from citycommons.store import catalogue
from citycommons.store.work import City


class Office:
    """Publishes a file as a new dataset each time."""

    def __init__(self, home: Path) -> None:
        self._actor = Actor(
            id=ActorId("bench"), name="bench", grants=(Grant(role=Role.ADMINISTRATOR),)
        )
        self._city = City.create(Settings(home=home))
        self._count = 0
        with self._city.work(self._actor) as work:
            catalogue.save_publisher(work.db, Publisher(id=PublisherId("office"), name="Office"))

    def publish(self, path: Path) -> Version:
        """Read, type, check, sort, measure, write and publish the file."""
        self._count += 1
        dataset = Dataset(
            id=DatasetId(f"assets-{self._count}"),
            title={"en": "Assets"},
            publisher=PublisherId("office"),
            license="CC0-1.0",
            key=("id",),
        )
        parcel = Parcel(path=path, name=path.name, received=datetime.now(UTC))
        found = standardised([parcel])
        prepared = prepare(
            self._city.lake, dataset, found.table, found.report, rejects=found.rejects
        )
        with self._city.work(self._actor) as work:
            return publish(work, dataset, prepared).version

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._city.close()

"""A city with data of two publishers, and people who claim, ask and decide."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from citycommons.core.counting import Asker
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Access,
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Grant,
    Publisher,
    PublisherId,
    Role,
)
from citycommons.engage.reuses import Claim
from citycommons.share import publish as publishing
from citycommons.store import catalogue
from citycommons.store.work import City, Work

ROADS, PARKS = PublisherId("roads"), PublisherId("parks")


class Clock:
    """Time as a test sets it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **by: float) -> None:
        self.now += timedelta(**by)


def person(id: str, role: Role, publisher: PublisherId | None = None) -> Actor:
    return Actor(id=ActorId(id), name=id, grants=(Grant(role=role, publisher=publisher),))


STEWARD = person("steward", Role.DATA_OFFICER, ROADS)
GARDENER = person("gardener", Role.DATA_OFFICER, PARKS)
PUPIL = Actor(id=ActorId("pupil"), name="Pupil")


def with_data(city: City) -> Clock:
    """Datasets `bikes` and `plans` (internal) of roads, `trees` of parks; the clock of the city."""
    clock = Clock()
    city.clock = clock
    city.missed._clock = clock
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PARKS, name="Office for Parks"))
        describe(work, "bikes", ROADS)
        describe(work, "plans", ROADS, access=Access.INTERNAL)
        describe(work, "trees", PARKS)
    return clock


def describe(work: Work, id: str, publisher: PublisherId, **more: Any) -> None:
    one = Dataset(
        id=DatasetId(id), title={"en": id.title()}, publisher=publisher, license="CC0-1.0", **more
    )
    publishing.describe(work, one)


@contextmanager
def anyone(city: City, visitor: str = "somebody") -> Iterator[Work]:
    """A write in the name of a visitor whom nobody knows."""
    with city.work(ANYONE, asker=Asker(visitor)) as work:
        yield work


def claimed(**changed: Any) -> Claim:
    given: dict[str, Any] = {
        "title": "Bike map of class 7b",
        "kind": "school",
        "url": "https://school.example/bikes",
        "description": "Where it is safe to ride to school.",
        "maker": "Class 7b",
        "datasets": ("bikes",),
        "language": "en",
    }
    return Claim(**{**given, **changed})

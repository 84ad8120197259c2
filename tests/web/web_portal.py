"""A portal over a small city, and browsers and programs that use it."""

import atexit
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import shapely
from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar import Litestar
from litestar.testing import TestClient

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
from citycommons.govern import keys
from citycommons.share import publish as publishing
from citycommons.store import catalogue, people
from citycommons.store.people import kept_token
from citycommons.store.work import City
from citycommons.web.app import routed
from citycommons.web.direct import direct_of
from citycommons.web.door import Door
from citycommons.web.session import csrf_of

ROADS, PARKS = PublisherId("roads"), PublisherId("parks")
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}  # as browsers ask
JSON = {"accept": "application/json"}

Client = TestClient[Litestar]


def table(rows: int = 120) -> pa.Table:
    """Counts with a category and a place."""
    return pa.table(
        {
            "id": list(range(rows)),
            "street": [f"Street {i % 7}" for i in range(rows)],
            "count": [i * 3 % 101 for i in range(rows)],
            "place": pa.array(
                [shapely.to_wkb(shapely.Point(7.6 + i / 1000, 51.9)) for i in range(rows)],
                pa.binary(),
            ),
        }
    )


def described(id: str, **more: Any) -> Dataset:
    given: dict[str, Any] = {
        "title": {"en": id.title()},
        "publisher": ROADS,
        "license": "CC0-1.0",
        "key": ("id",),
    }
    return Dataset(id=DatasetId(id), **{**given, **more})


@dataclass
class Portal:
    """The application over a city; `as_…` give clients that are somebody."""

    city: City
    app: Litestar
    _actors: dict[str, Actor] = field(default_factory=dict)

    def reopen(self, **changed: Any) -> None:
        """Open the door again, with some settings changed."""
        self.city.settings = self.city.settings.model_copy(update=changed)
        self.app.asgi_handler = Door(self.app.state.inner, self.city, direct_of(self.app.routes))

    def client(self, **headers: str) -> Client:
        client = TestClient(self.app, base_url="http://portal.example")
        client.blocking_portal = _loop()
        client.headers.update(headers)
        return client

    def publish(self, dataset: Dataset, data: pa.Table | None = None, **more: Any) -> Dataset:
        with self.city.work(SYSTEM) as work:
            publishing.describe(work, dataset)
        if data is not None:
            prepared = publishing.prepare(self.city.lake, dataset, data)
            with self.city.work(SYSTEM) as work:
                publishing.publish(work, dataset, prepared, **more)
        return dataset

    def actor(self, name: str, *grants: Grant) -> Actor:
        """An account with these roles; made at the first wish."""
        if name not in self._actors:
            actor = Actor(id=ActorId(name), name=name, email=f"{name}@city.example", grants=grants)
            with self.city.work(SYSTEM) as work:
                people.add_actor(work.db, actor, None, work.now)
                for grant in grants:
                    people.add_grant(work.db, actor.id, grant, work.now, SYSTEM.id)
            self._actors[name] = actor
        return self._actors[name]

    def browser(self, actor: Actor) -> Client:
        """A browser in which the actor is signed in; it sends the form token as a page would."""
        if actor is ANYONE:
            return self.client(**HTML)
        token = f"session-of-{actor.id}-{secrets.token_hex(4)}"
        self.keep_signed_in(actor, token)
        client = self.client(**HTML)
        client.cookies.set("session", token)
        client.headers["x-csrf-token"] = csrf_of(token)
        return client

    def keep_signed_in(self, actor: Actor, token: str) -> None:
        """Let the session be, whatever was done to it."""
        with self.city.work(SYSTEM) as work:
            people.remove_session(work.db, kept_token(token))
            until = work.now + timedelta(hours=12)
            people.add_session(work.db, kept_token(token), actor.id, work.now, until)

    def program(self, actor: Actor, *scopes: str) -> Client:
        """A program with a key of the actor's."""
        with self.city.work(actor) as work:
            text = keys.create(work, label="test", scopes=scopes).text
        return self.client(**JSON, authorization=f"Bearer {text}")


@cache
def _loop() -> BlockingPortal:
    # One event loop for all requests; a client of its own starts a thread and a loop for each.
    running = ExitStack()
    atexit.register(running.close)
    return running.enter_context(start_blocking_portal())


@cache
def _routed() -> Litestar:
    # The routes are the same for every city; making them takes longer than most tests.
    app = routed()
    app.state.inner = app.asgi_handler
    return app


def portal_over(city: City) -> Portal:
    """The application over a city that is there."""
    made = Portal(city=city, app=_routed())
    made.reopen()
    return made


def open_portal(city: City) -> Portal:
    """Publishers `roads` and `parks`; datasets `counts` (public), `plans` (restricted), `drafts`
    (internal), `entry` (no data), all of `roads`, and `trees` of `parks`."""
    with city.work(SYSTEM) as work:
        for id, name in ((ROADS, "Office for Roads"), (PARKS, "Office for Parks")):
            catalogue.save_publisher(work.db, Publisher(id=id, name=name))
    made = portal_over(city)
    made.publish(described("counts"), table())
    made.publish(described("plans", access=Access.RESTRICTED), table(10))
    made.publish(described("drafts", access=Access.INTERNAL), table(10))
    made.publish(described("trees", publisher=PARKS), table(10))
    made.publish(described("entry"))
    return made


ROLES: dict[str, tuple[Grant, ...]] = {
    "nobody": (),
    **{f"{role}-of-roads": (Grant(role=role, publisher=ROADS),) for role in Role},
    **{f"{role}-of-parks": (Grant(role=role, publisher=PARKS),) for role in Role},
    **{f"{role}-of-city": (Grant(role=role),) for role in Role},
}
"""Every role at one's own publisher, at another's, and for the whole city."""

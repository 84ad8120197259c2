"""Fixtures of the web's tests: see `web_portal` for what they hold."""

from collections.abc import Iterator

import pytest
from web_portal import JSON, PARKS, Client, Portal, described, table

from citycommons.core.types import SYSTEM, Access, Category, Publisher
from citycommons.store import catalogue
from citycommons.store.work import City
from citycommons.web.app import create_app


@pytest.fixture
def portal(city: City) -> Iterator[Portal]:
    """Publishers `roads` and `parks`; datasets `counts` (public), `plans` (restricted), `drafts`
    (internal), `entry` (no data), all of `roads`, and `trees` of `parks`."""
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PARKS, name="Office for Parks"))
    made = Portal(city=city, app=create_app(city))
    made.publish(described("counts"), table())
    made.publish(described("plans", access=Access.RESTRICTED), table(10))
    made.publish(
        described("drafts", access=Access.INTERNAL, category=Category.TRANSPARENCY), table(10)
    )
    made.publish(described("trees", publisher=PARKS), table(10))
    made.publish(described("entry"))
    yield made
    for client in made.clients:
        client.close()


@pytest.fixture
def client(portal: Portal) -> Client:
    """A program that nobody signed in with."""
    return portal.client(**JSON)

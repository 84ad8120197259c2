"""Fixtures of the web's tests: see `web_portal` for what they hold."""

import pytest
from tests.web.web_portal import JSON, Client, Portal, open_portal

from citycommons.store.work import City


@pytest.fixture
def portal(city: City) -> Portal:
    """See `open_portal`."""
    return open_portal(city)


@pytest.fixture
def client(portal: Portal) -> Client:
    """A program that nobody signed in with."""
    return portal.client(**JSON)

"""Fixtures of the web's tests: see `web_portal` for what they hold."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.web_portal import JSON, Client, Portal, open_portal, portal_over

from citycommons.core.settings import Settings
from citycommons.store.work import City


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a portal as `open_portal` makes it; each test works on a copy."""
    home = tmp_path_factory.mktemp("built") / "home"
    city = City.create(Settings(home=home, name="Testville"))
    open_portal(city)
    city.close()
    return home


@pytest.fixture
def city(built: Path, settings: Settings) -> Iterator[City]:
    """A city with the datasets of `open_portal`, in place of the empty one elsewhere."""
    shutil.copytree(built, settings.home)
    city = City.open(settings)
    yield city
    city.close()


@pytest.fixture
def portal(city: City) -> Portal:
    """See `open_portal`."""
    return portal_over(city)


@pytest.fixture
def client(portal: Portal) -> Client:
    """A program that nobody signed in with."""
    return portal.client(**JSON)

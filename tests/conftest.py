"""Fixtures of all tests: a fresh city on SQLite, and on PostgreSQL where a server is named."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citycommons.core.settings import Settings
from citycommons.core.types import Actor, ActorId, Grant, Publisher, PublisherId, Role
from citycommons.store import catalogue
from citycommons.store.work import City
from tests.serving import serving

POSTGRES = os.environ.get("CITYCOMMONS_TEST_POSTGRES", "")
"""Address of a server on which a test may make and drop databases: postgresql://user@host/db."""


@pytest.fixture
def admin() -> Actor:
    grants = (Grant(role=Role.ADMINISTRATOR),)
    return Actor(id=ActorId("admin"), name="Ada Admin", email="ada@example.org", grants=grants)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", name="Testville")


def with_city(settings: Settings) -> Iterator[City]:
    city = City.create(settings)
    with city.work(_admin()) as work:
        publisher = Publisher(id=PublisherId("roads"), name="Office for Roads")
        catalogue.save_publisher(work.db, publisher)
    yield city
    city.close()


def _admin() -> Actor:
    return Actor(id=ActorId("admin"), name="Ada", grants=(Grant(role=Role.ADMINISTRATOR),))


@pytest.fixture
def city(settings: Settings) -> Iterator[City]:
    """A fresh city on SQLite with one publisher, `roads`."""
    yield from with_city(settings)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_city(request: pytest.FixtureRequest, settings: Settings) -> Iterator[City]:
    """The same on each store; PostgreSQL is skipped where no server is named."""
    if request.param == "sqlite":
        yield from with_city(settings)
        return
    if not POSTGRES:
        pytest.skip("set CITYCOMMONS_TEST_POSTGRES to the address of a PostgreSQL server")
    import psycopg

    name = f"city_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        base = POSTGRES.rsplit("/", 1)[0]
        yield from with_city(settings.model_copy(update={"database": f"{base}/{name}"}))
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the checkout, where there is one."""
    folder = Path(__file__).parents[2] / "shared"
    if not (folder / "data" / "README.md").exists():
        pytest.skip("needs the folder of real open data beside the checkout")
    return folder


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def ideal_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Città Ideale, built once by its command."""
    from citycommons.cli.main import main

    home = tmp_path_factory.mktemp("ideal") / "home"
    assert main(["demo", "--city", "ideal", "--once", "--home", str(home)]) == 0
    return home


@pytest.fixture(scope="session")
def served(ideal_home: Path) -> Iterator[str]:
    """The address of Città Ideale, served."""
    with serving(ideal_home) as base:
        yield base

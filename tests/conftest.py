"""Fixtures of all tests: a fresh city on SQLite, and on PostgreSQL where a server is named."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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


def _admin() -> Actor:
    return Actor(id=ActorId("admin"), name="Ada", grants=(Grant(role=Role.ADMINISTRATOR),))


def _make(settings: Settings) -> None:
    """A city with one publisher, `roads`, closed again."""
    city = City.create(settings)
    with city.work(_admin()) as work:
        publisher = Publisher(id=PublisherId("roads"), name="Office for Roads")
        catalogue.save_publisher(work.db, publisher)
    city.close()


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city on SQLite, made once; tests copy it, as making its schema takes its time."""
    home = tmp_path_factory.mktemp("made") / "home"
    _make(Settings(home=home, name="Testville"))
    return home


@pytest.fixture(scope="session")
def made_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same on PostgreSQL; the name of a database that serves as template."""
    with _database() as (name, url):
        home = tmp_path_factory.mktemp("made") / "home"
        _make(Settings(home=home, name="Testville", database=url))
        yield name


@contextmanager
def _database(template: str = "template1") -> Iterator[tuple[str, str]]:
    """A database of its own, and its address; it is gone afterwards."""
    import psycopg

    name = f"city_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name, f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _opened(settings: Settings) -> Iterator[City]:
    city = City.open(settings)
    yield city
    city.close()


@pytest.fixture
def city(settings: Settings, made_home: Path) -> Iterator[City]:
    """A fresh city on SQLite with one publisher, `roads`."""
    shutil.copytree(made_home, settings.home)
    with _opened(settings) as city:
        yield city


@pytest.fixture(params=["sqlite", "postgresql"])
def any_city(request: pytest.FixtureRequest, settings: Settings) -> Iterator[City]:
    """The same on each store; PostgreSQL is skipped where no server is named."""
    if request.param == "sqlite":
        yield request.getfixturevalue("city")
        return
    if not POSTGRES:
        pytest.skip("set CITYCOMMONS_TEST_POSTGRES to the address of a PostgreSQL server")
    with _database(request.getfixturevalue("made_database")) as (_, url):
        settings.home.mkdir(parents=True)
        with _opened(settings.model_copy(update={"database": url})) as city:
            yield city


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
    """The address of Città Ideale, served; many tests ask from one address in one minute."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CITYCOMMONS_REQUESTS_PER_MINUTE", "6000")
            base = stack.enter_context(serving(ideal_home))
        yield base

"""The three homes: who they are, how they are built, how they are served."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.core.errors import Unavailable
from citycommons.core.types import PublisherId, SourceId

if TYPE_CHECKING:
    from citycommons.store.work import City

HOST = "127.0.0.1"
ORIGIN = SourceId("origin")
_PATIENCE_S = 120.0

Make = Callable[["City", Path], None]
"""Gives a new portal its administrator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One of the three portals."""

    id: str
    name: str
    accent: str
    copies: str = ""  # id of the portal whose catalogue it copies


PLACES = (
    Place(id="city", name="Città Ideale", accent="oklch(0.52 0.13 40)"),
    Place(id="region", name="Regione Ideale", accent="oklch(0.48 0.11 150)", copies="city"),
    Place(id="country", name="Paese Ideale", accent="oklch(0.47 0.12 265)", copies="region"),
)


def values_of(place: Place, port: int) -> dict[str, Any]:
    """What stands in the portal's `city.toml`."""
    return {
        "name": place.name,
        "accent": place.accent,
        "port": port,
        "public_url": address(port),
        "allow_hosts": (HOST,),  # the three stand on one machine
        "proxies": (HOST,),  # and their visitors say where they come from
    }


def address(port: int) -> str:
    """Where the portal is, as readers see it."""
    return f"http://{HOST}:{port}"


def make_copier(home: Path, place: Place, port: int, origin: str, administrator: Make) -> None:
    """A portal that is empty but for a source: the whole catalogue of `origin`, with its data."""
    from citycommons.cli.city_toml import write_settings
    from citycommons.core.settings import read_settings
    from citycommons.store.work import City

    values = values_of(place, port)
    settings = read_settings(home, **values)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    city = City.create(settings)
    try:
        administrator(city, home)
        _add_source(city, place, origin)
        write_settings(home, values)
    finally:
        city.close()


def _add_source(city: "City", place: Place, origin: str) -> None:
    from citycommons.cli.place import operator
    from citycommons.collect import sources
    from citycommons.core.types import ActorKind, Publisher, Source
    from citycommons.share import publishers

    publisher = Publisher(
        id=PublisherId(place.id), name=place.name, kind=ActorKind.CITY, homepage=city.settings.url
    )
    with city.work(operator()) as work:
        publishers.save(work, publisher, is_new=True)
        sources.save(
            work,
            Source(
                id=ORIGIN,
                title=f"Open data from {origin}",
                connector="dcat",
                options={"url": f"{origin}/catalog.ttl"},
                publisher=publisher.id,
                owner=work.actor.id,
                every="P1D",
                with_data=True,
            ),
        )


def copy(city: "City") -> int:
    """Bring the origin's whole catalogue; answers how many datasets were copied.

    Raises `Unavailable` with what the run said when it did not end well.
    """
    from citycommons.cli.place import operator
    from citycommons.share import arrive

    run = arrive.run_named(city, operator(), ORIGIN)
    if run.outcome != "done" or run.counts.get("failed"):
        raise Unavailable(f"{city.settings.name} could not copy its origin: {run.message}")
    return run.counts.get("new", 0)


@contextmanager
def served(home: Path, port: int) -> Iterator[str]:
    """The portal of this home, served without a worker until the block ends; gives its address."""
    from citycommons.cli import supervise
    from citycommons.core.settings import read_settings

    settings = read_settings(home)
    supervise.check_port(settings.host, port)
    with supervise.child("citycommons.web.serve", ["--home", str(home)]) as running:
        deadline = time.monotonic() + _PATIENCE_S
        while not supervise.answers(settings):
            if running.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{settings.name} does not answer on {address(port)}.")
            time.sleep(0.05)
        yield address(port)

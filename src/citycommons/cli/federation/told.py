"""The story of three portals: A publishes, B copies A, C copies B, and A learns of every use.

What each portal served is known from the script of visits; what is reported stands in the first
city's own tables after it asked its neighbour once.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.cli.federation import portals, visitors
from citycommons.cli.federation.portals import PLACES, Make, Place
from citycommons.core.types import DatasetId

if TYPE_CHECKING:
    from citycommons.share.catalogue import Entry
    from citycommons.store.work import City

HUNDREDS = {"city": 4, "region": 3, "country": 3}
"""Of the thousand calls, how many hundreds go to which portal."""

DATASETS = (DatasetId("car-parks"), DatasetId("cycle-counters"), DatasetId("bus-stops"))
SEED = 2018
_WRITTEN_WITHIN_S = 2.0  # a portal writes down what it served each second
_WRITTEN = "federation.json"  # last: what it names is whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What the command lends to the story."""

    build: Callable[[Path, Mapping[str, Any]], int]
    """Builds the first city in a folder with these settings; answers how many datasets it has."""
    administrator: Make
    note: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One portal at the end of the story."""

    id: str
    name: str
    url: str
    home: str
    datasets: int  # copied, or its own
    calls: int  # of the script
    fetched: int  # files that the next portal took for its copies: machine use, which counts
    served: int  # requests that COUNTER counts, those among them
    reported: int  # as the first city shows them


def tell(base: Path, ports: Sequence[int], hands: Hands) -> list[Told]:
    """Build, copy, announce, visit, ask once; answers what was served and what is reported."""
    homes = {place.id: base / place.id for place in PLACES}
    at = dict(zip(homes, ports, strict=True))
    with ExitStack() as stack:
        urls: dict[str, str] = {}
        copied: dict[str, int] = {}
        for place in PLACES:
            home, port = homes[place.id], at[place.id]
            copied[place.id] = _stand_up(place, home, port, urls, hands)
            urls[place.id] = stack.enter_context(portals.served(home, port))
        _announce(homes, hands.note)
        served = _visit(homes, urls, hands.note)
        time.sleep(_WRITTEN_WITHIN_S)
        _ask(homes, hands.note)
    reported, fetched = _reported(homes["city"], urls), _fetched(homes, urls)
    told = [
        Told(
            id=place.id,
            name=place.name,
            url=urls[place.id],
            home=str(homes[place.id]),
            datasets=copied[place.id],
            calls=served[place.id].calls,
            fetched=fetched[place.id],
            served=served[place.id].requests + fetched[place.id],
            reported=reported[place.id],
        )
        for place in PLACES
    ]
    _write(base, told)
    return told


def kept(base: Path) -> list[Told] | None:
    """What was told here before, with what the first city reports now; None before the first."""
    try:
        found = [Told(**one) for one in json.loads((base / _WRITTEN).read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return None
    reported = _reported(Path(found[0].home), {one.id: one.url for one in found})
    return [replace(one, reported=reported[one.id]) for one in found]


def _write(base: Path, told: Sequence[Told]) -> None:
    part = base / f"{_WRITTEN}.part"
    part.write_text(json.dumps([asdict(one) for one in told], ensure_ascii=False), "utf-8")
    part.replace(base / _WRITTEN)


@contextmanager
def _open(home: Path) -> Iterator["City"]:
    from citycommons.core.settings import read_settings
    from citycommons.store.work import City

    city = City.open(read_settings(home))
    try:
        yield city
    finally:
        city.close()


def _stand_up(place: Place, home: Path, port: int, urls: Mapping[str, str], hands: Hands) -> int:
    """Build the portal in its folder, with what it copies; answers how many datasets it has."""
    if not place.copies:
        hands.note(f"Building {place.name} …")
        return hands.build(home, portals.values_of(place, port))
    portals.make_copier(home, place, port, urls[place.copies], hands.administrator)
    with _open(home) as city:
        copied = portals.copy(city)
    hands.note(f"{place.name} copied {copied} datasets from {urls[place.copies]}.")
    return copied


def _fetched(homes: Mapping[str, Path], urls: Mapping[str, str]) -> Counter[str]:
    """How many files of `DATASETS` each portal gave to a copier, as the copies' provenance says."""
    found: Counter[str] = Counter()
    for place in PLACES[1:]:
        for entry in _entries(homes[place.id]):
            origin = entry.version.provenance.origin if entry.version else ""
            if entry.dataset.identifier in DATASETS:
                found.update(id for id, url in urls.items() if origin.startswith(f"{url}/"))
    return found


def _announce(homes: Mapping[str, Path], note: Callable[[str], None]) -> None:
    """Each copier tells its origin; the origin looks for the link back."""
    from citycommons.measure.republication import announce, inbox

    for place in reversed(PLACES):
        with _open(homes[place.id]) as city:
            told = announce.announce_due(city)
        if place.copies:
            note(f"{place.name} told its origin of {told} copies.")
    for place in PLACES:
        with _open(homes[place.id]) as city:
            inbox.work_off(city)


def _visit(
    homes: Mapping[str, Path], urls: Mapping[str, str], note: Callable[[str], None]
) -> dict[str, visitors.Served]:
    served = {}
    for number, place in enumerate(PLACES):
        served[place.id] = visitors.visit(
            urls[place.id], _names(homes[place.id]), HUNDREDS[place.id], seed=SEED + number
        )
        note(f"{place.name} was asked {served[place.id].calls} times.")
    return served


def _names(home: Path) -> list[str]:
    """What the datasets are called at this portal: by the origin's own identifier at a copy."""
    entries = [one.dataset for one in _entries(home)]
    names = {(one.identifier or one.id): one.id for one in entries}
    return [names[id] for id in DATASETS]


def _entries(home: Path) -> "tuple[Entry, ...]":
    from citycommons.core.types import ANYONE
    from citycommons.share import catalogue

    wanted = catalogue.Search(has_data=True, limit=200)
    with _open(home) as city, city.work(ANYONE, may_write=False) as work:
        return catalogue.find(work, wanted).entries


def _ask(homes: Mapping[str, Path], note: Callable[[str], None]) -> None:
    """Each origin asks its neighbour once, the farthest first: what came so far is passed on."""
    from citycommons.measure.republication import pull
    from citycommons.store.usage import settle

    for place in reversed(PLACES):
        with _open(homes[place.id]) as city:
            settle(city.engine, city.clock())
            asked = pull.pull_due(city)
        if asked:
            note(f"{place.name} asked {asked} portal for its counts.")


def _reported(home: Path, urls: Mapping[str, str]) -> dict[str, int]:
    """Requests of each portal as the first city shows them."""
    from citycommons.core.types import ANYONE
    from citycommons.measure import usage
    from citycommons.measure.republication import shown

    with _open(home) as city, city.work(ANYONE, may_write=False) as work:
        elsewhere = shown.elsewhere(work, DATASETS)
        here = sum(usage.of_dataset(work, id).requests for id in DATASETS)
    counts = {place.id: 0 for place in PLACES} | {"city": here}
    for place in PLACES[1:]:
        counts[place.id] = sum(
            one.requests
            for some in elsewhere.values()
            for one in some
            if one.iri.startswith(f"{urls[place.id]}/")
        )
    return counts

"""Feeds of other countries are taken into the register, and told on as feeds of ours."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.share.works.works_given import example

from citycommons.act.roadworks import bringing, publication, register
from citycommons.act.roadworks.bringing import Delivery
from citycommons.core.errors import Invalid
from citycommons.core.types import SYSTEM, PublisherId
from citycommons.core.works import Works
from citycommons.share.works import datex2
from citycommons.share.works.edition import Edition, Reader
from citycommons.store.work import City

CONFORMANCE = Path(__file__).parents[3] / "../shared/conformance"
ROADS = PublisherId("roads")
needs_samples = pytest.mark.skipif(not CONFORMANCE.exists(), reason="needs the published samples")


def bring(city: City, file: Path) -> tuple[bringing.Brought, tuple[Works, ...]]:
    with city.work(SYSTEM) as work:
        delivery = Delivery(source="feed", owner=ROADS)
        brought = bringing.take(work, bringing.read_file(work, city.settings, file, delivery))
        return brought, register.every(work, register.Asked(source="feed"))


@needs_samples
def test_the_dutch_feed_is_taken_and_loses_nothing_on_its_way(city: City) -> None:
    brought, found = bring(city, CONFORMANCE / "datex2/samples/netherlands-situations.xml")
    assert brought.received.faults == ()
    assert len(found) == 2
    assert found[0].title == {"nl": found[0].source_id}
    with city.work(SYSTEM) as work:
        reader = Reader(owner=ROADS, by=SYSTEM.id, zone=ZoneInfo("Europe/Rome"), now=work.now)
        edition = Edition(
            city="Testville", url="https://x.example", zone=reader.zone, made=work.now
        )
        again = datex2.read(datex2.written(found, edition), reader).works
    for before, after in zip(found, again, strict=True):
        assert after.phases == before.phases
        assert after.detour == before.detour
        assert after.detour_words == before.detour_words


@needs_samples
@pytest.mark.parametrize(
    "file",
    sorted((CONFORMANCE / "wzdx/examples/WorkZoneFeed").glob("*.geojson")),
    ids=lambda f: f.stem,
)
def test_the_official_wzdx_examples_are_taken(city: City, file: Path) -> None:
    brought, found = bring(city, file)
    assert brought.received.faults == ()
    assert found


@needs_samples
def test_works_without_a_street_are_not_sent_to_waze_and_say_why(city: City) -> None:
    _, found = bring(city, CONFORMANCE / "datex2/samples/netherlands-situations.xml")
    with city.work(SYSTEM) as work:
        edition = Edition(
            city="T", url="https://x.example", zone=ZoneInfo("Europe/Rome"), made=work.now
        )
        _, broken = publication.sent_to_waze(found, edition)
    assert all(any(one.rule == "street" for one in rules) for rules in broken.values())
    assert len(broken) == 2


def test_what_is_typed_here_still_names_its_street_and_lanes(city: City) -> None:
    with city.work(SYSTEM) as work, pytest.raises(Invalid, match="Name the street"):
        register.propose(work, example(streets=()))
    with city.work(SYSTEM) as work, pytest.raises(Invalid, match="Texts are in"):
        register.propose(work, example(title={"nl": "Riool"}))

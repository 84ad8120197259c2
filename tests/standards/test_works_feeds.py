"""Feeds of works against what their standards publish: schemas, rules and others' parsers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from tests.share.works.works_given import delay, edition, example, works
from tests.web.web_portal import open_portal

from citycommons.act.roadworks import register
from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM
from citycommons.core.works import Works, WorksState
from citycommons.share.works import datex2, geojson, wzdx
from citycommons.store.work import City

CONFORMANCE = Path(__file__).parents[2] / "../shared/conformance"
needs_conformance = pytest.mark.skipif(
    not CONFORMANCE.exists(), reason="needs the published schemas"
)
property_test = settings(
    suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25
)


@pytest.fixture(scope="module")
def xsd() -> Any:
    etree = pytest.importorskip("lxml.etree", reason="lxml validates XML schemas")
    return etree.XMLSchema(file=str(CONFORMANCE / "datex2/v3.7/DATEXII_3_D2Payload.xsd"))


def _assert_datex2(xsd: Any, data: bytes) -> None:
    from lxml import etree

    document = etree.fromstring(data)
    assert xsd.validate(document), xsd.error_log


@needs_conformance
@property_test
@given(one=works())
def test_datex2_of_any_works_is_valid(xsd: Any, one: Works) -> None:
    _assert_datex2(xsd, datex2.written([one], edition(delays={one.id: delay()})))


@needs_conformance
def test_datex2_of_a_feed_is_valid(xsd: Any) -> None:
    _assert_datex2(xsd, datex2.written([], edition()))
    _assert_datex2(xsd, datex2.written([example(), example(id="rw-2")], edition(country="")))


@pytest.fixture(scope="module")
def feed_schema() -> Any:
    validators = pytest.importorskip("jsonschema").validators
    referencing = pytest.importorskip("referencing")
    files = [*(CONFORMANCE / "wzdx/schemas-4.2").glob("*.json")]
    files += (CONFORMANCE / "geojson/schema").glob("*.json")
    schemas = [orjson.loads(file.read_bytes()) for file in files]
    draft = referencing.jsonschema.DRAFT7
    held = [(one["$id"], referencing.Resource.from_contents(one, draft)) for one in schemas]
    main = next(one for one in schemas if one["$id"].endswith("WorkZoneFeed.json"))
    validator = validators.Draft7Validator
    registry = referencing.Registry().with_resources(held)
    return validator(main, registry=registry, format_checker=validator.FORMAT_CHECKER)


def _assert_wzdx(schema: Any, data: bytes) -> None:
    found = [
        f"{list(e.absolute_path)}: {e.message}" for e in schema.iter_errors(orjson.loads(data))
    ]
    assert not found, found[:3]


@needs_conformance
@property_test
@given(one=works())
def test_wzdx_of_any_works_is_valid(feed_schema: Any, one: Works) -> None:
    _assert_wzdx(feed_schema, wzdx.written([one], edition(delays={one.id: delay()})))


@needs_conformance
def test_wzdx_of_a_feed_is_valid(feed_schema: Any) -> None:
    _assert_wzdx(feed_schema, wzdx.written([], edition()))
    _assert_wzdx(feed_schema, wzdx.written([example(streets=()), example(id="rw-2")], edition()))


@pytest.fixture(scope="module")
def geojson_schema() -> Any:
    validators = pytest.importorskip("jsonschema").validators
    text = (CONFORMANCE / "geojson/schema/FeatureCollection.json").read_bytes()
    return validators.Draft7Validator(orjson.loads(text))


@needs_conformance
@property_test
@given(one=works())
def test_geojson_of_any_works_is_valid(geojson_schema: Any, one: Works) -> None:
    data = orjson.loads(geojson.written([one], edition()))
    assert not list(geojson_schema.iter_errors(data))


@needs_conformance
def test_what_the_portal_serves_is_valid(
    tmp_path: Path, xsd: Any, feed_schema: Any, geojson_schema: Any
) -> None:
    """The whole way: proposed, permitted, served, and taken by each standard's own check."""
    city = City.create(Settings(home=tmp_path / "home", timezone="Europe/Berlin"))
    portal = open_portal(city)
    with city.work(SYSTEM) as work:
        today = work.now.date()
        phase = replace(example().phases[1], first_day=today, last_day=today + timedelta(days=20))
        made = register.propose(work, replace(example(), phases=(phase,)))
        for state in (WorksState.COORDINATED, WorksState.PERMITTED, WorksState.ACTIVE):
            register.advance(work, made.id, state)
    client = portal.client()

    def served(name: str) -> bytes:
        return bytes(client.get(f"/roadworks/feeds/{name}").content)

    _assert_datex2(xsd, served("datex2.xml"))
    _assert_wzdx(feed_schema, served("wzdx.json"))
    assert not list(geojson_schema.iter_errors(orjson.loads(served("roadworks.geojson"))))
    assert made.id.encode() in served("waze.xml")
    city.close()

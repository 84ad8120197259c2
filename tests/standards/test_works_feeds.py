"""Feeds of works against what their standards publish: schemas, rules and others' parsers."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from tests.share.works.works_given import delay, edition, example, works

from citycommons.core.works import Works
from citycommons.share.works import datex2, wzdx

CONFORMANCE = Path(__file__).parents[2] / "../shared/conformance"
needs_conformance = pytest.mark.skipif(
    not CONFORMANCE.exists(), reason="needs the published schemas"
)
property_test = settings(
    suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60
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

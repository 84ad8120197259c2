"""Whatever is sent to WFS and WMS is answered or refused, never an error of ours."""

from contextlib import suppress
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.core.errors import CityError
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions import fes, gml
from citycommons.share.expressions.sql import filter_of
from citycommons.share.faces.ows.words import plain_name, xml_name
from citycommons.share.faces.wfs_request import by_parameters, by_xml, form_of, query_of, wanted_ids
from citycommons.share.faces.wms_request import map_of, point_of

FIELDS = tuple(Field(name=str(kind), type=kind) for kind in FieldType)
NAMES = (
    *("And", "Or", "Not", "PropertyIsEqualTo", "PropertyIsLike", "PropertyIsBetween", "BBOX"),
    *("PropertyIsNull", "LowerBoundary", "UpperBoundary", "ValueReference", "Literal", "Envelope"),
    *("lowerCorner", "upperCorner", "Point", "pos", "posList", "Polygon", "exterior", "LinearRing"),
    *("DWithin", "Distance", "During", "TimePeriod", "ResourceId", "Intersects", "MultiSurface"),
    *(
        "surfaceMember",
        "Add",
        "Function",
        "PropertyIsGreaterThan",
        "Curve",
        "LineString",
        "coordinates",
    ),
)
texts = st.one_of(
    st.sampled_from([str(kind) for kind in FieldType]),
    st.sampled_from(["1 2", "7 51 8 52", "nan nan", "1e400 0", "2026-01-01", "true", "%_\\", ""]),
    st.text(max_size=12),
)
attributes = st.dictionaries(
    st.sampled_from(["srsName", "wildCard", "singleChar", "escapeChar", "uom", "matchCase", "rid"]),
    st.sampled_from(["*", "", "m", "false", "EPSG:4326", "urn:ogc:def:crs:EPSG::25832", "x"]),
    max_size=3,
)


def element(name, text, given, inner):
    made = ElementTree.Element(name, given)
    made.text = text
    made.extend(inner)
    return made


elements = st.recursive(
    st.builds(element, st.sampled_from(NAMES), texts, attributes, st.just([])),
    lambda inner: st.builds(
        element, st.sampled_from(NAMES), texts, attributes, st.lists(inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(elements, max_size=2))
def test_any_filter_is_read_or_refused(inner):
    root = element("Filter", "", {}, inner)
    with suppress(CityError):
        fes.ids(root)
        read = fes.Reader(FIELDS, lambda name: name).filter(root)
        filter_of(read, FIELDS)


@settings(max_examples=120, deadline=None)
@given(elements)
def test_any_geometry_is_read_or_refused(one):
    with suppress(CityError):
        gml.wkb(one, "")


names = st.sampled_from(
    (
        *("service", "version", "request", "typenames", "bbox", "srsname", "count", "startindex"),
        *("resulttype", "propertyname", "sortby", "filter", "resourceid", "outputformat"),
        *("storedquery_id", "id", "layers", "styles", "crs", "srs", "width", "height", "format"),
        *("transparent", "bgcolor", "query_layers", "info_format", "i", "j", "x", "y"),
    )
)
values = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "WFS",
            "WMS",
            "2.0.0",
            "1.1.1",
            "GetFeature",
            "7,51,8,52",
            "EPSG:4326",
            "CRS:84",
            "EPSG:25832",
            "100",
            "0",
            "-1",
            "image/png",
            "city:counts",
            "counts.1",
            "string",
            "number",
            "geometry",
            "9e999,1,2,3",
            "1,2,3,4,EPSG:4326",
            "inf,1,2,3",
        ]
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(names, values), max_size=14))
def test_any_parameters_are_read_or_refused(pairs):
    with suppress(CityError):
        asked = by_parameters([("request", "GetFeature"), *pairs])
        query_of(asked, FIELDS)
        form_of(asked)
        wanted_ids(asked)
    given = {"layers": "a", "width": "9", "height": "9", "bbox": "1,2,3,4", **dict(pairs)}
    for read in (map_of, point_of):
        with suppress(CityError):
            read(given)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60))
def test_any_document_is_read_or_refused(body):
    with suppress(CityError):
        by_xml(body)


@given(st.text(min_size=1, max_size=30).filter(lambda text: ":" not in text))
def test_names_come_back_from_xml(name):
    written = xml_name(name)
    assert plain_name(written) == name
    if max(name) < "\ud800" or min(name) > "\udfff":
        ElementTree.fromstring(f"<{written}/>")


@pytest.mark.parametrize("many", [100, 30_000])
def test_a_deep_document_is_refused(many: int):
    inner = b"<Not>" * many + b"</Not>" * many
    body = b'<GetFeature><Query typeNames="a"><Filter>' + inner + b"</Filter></Query></GetFeature>"
    asked = by_xml(body)
    with pytest.raises(CityError, match="nested deeper"):
        query_of(asked, FIELDS)

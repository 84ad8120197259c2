"""A GIS of the last twenty years opens the city by WFS, and sees what the portal shows."""

import json
from urllib.parse import urlencode
from xml.etree import ElementTree

import pyarrow as pa
import pytest
import shapely
from tests.web.web_portal import JSON, Portal, described

from citycommons.core.types import Grant, PublisherId, Role

WFS, GML = "{http://www.opengis.net/wfs/2.0}", "{http://www.opengis.net/gml/3.2}"
OWS, CITY = "{http://www.opengis.net/ows/1.1}", "{urn:citycommons:features}"
FES = '<fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2">{}</fes:Filter>'


def ask(portal: Portal, **given: object):
    asked = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", **given}
    return portal.client(**JSON).get(f"/wfs?{urlencode(asked)}")


def features(portal: Portal, **given: object) -> list[dict]:
    given = {"typeNames": "city:counts", "outputFormat": "application/json", **given}
    answer = ask(portal, **given)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content)["features"]


def test_capabilities_list_what_one_may_read(portal: Portal):
    root = ElementTree.fromstring(ask(portal, request="GetCapabilities").content)
    names = [one.text for one in root.iter(f"{WFS}Name")]
    assert names == ["city:counts", "city:trees"]
    box = next(root.iter(f"{OWS}LowerCorner"))
    assert box.text == "7.6 51.9"
    old = ask(portal, request="GetCapabilities", version="1.1.0")
    assert ElementTree.fromstring(old.content).get("version") == "1.1.0"


def test_all_features_come_as_gml_with_latitude_first(portal: Portal):
    root = ElementTree.fromstring(ask(portal, typeNames="city:counts", count=3).content)
    assert root.get("numberMatched") == "120"
    assert root.get("numberReturned") == "3"
    assert "startIndex=3" in (root.get("next") or "")
    first = root.find(f"{WFS}member/{CITY}counts")
    assert first is not None
    assert first.get(f"{GML}id") == "counts.0"
    point = first.find(f"{CITY}place/{GML}Point")
    assert point is not None
    assert point.get("srsName") == "urn:ogc:def:crs:EPSG::4326"
    lat, lon = map(float, str(point.findtext(f"{GML}pos")).split())
    assert 51 < lat < 52
    assert 7 < lon < 9


@pytest.mark.parametrize(
    ("srs", "first"),
    [
        ("urn:ogc:def:crs:EPSG::4326", 51.9),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", 51.9),
        ("EPSG:4326", 7.6),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", 7.6),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 7.6),
        ("urn:ogc:def:crs:EPSG::3857", 846028.1),
    ],
)
def test_axes_are_in_the_order_of_the_name(portal: Portal, srs: str, first: float):
    root = ElementTree.fromstring(
        ask(portal, typeNames="counts", resourceId="counts.0", srsName=srs).content
    )
    found = root.findtext(f".//{GML}pos")
    spot = ask(portal, typeNames="counts", resourceId="counts.0", outputFormat="json").json()
    lon = spot["features"][0]["geometry"]["coordinates"][0]
    assert float(str(found).split()[0]) == pytest.approx(first, abs=0.3 if first < 100 else 20_000)
    assert 7.6 <= lon < 7.8


def test_a_box_is_read_in_the_order_of_its_system(portal: Portal):
    by_urn = features(portal, bbox="51.8,7.6,52,7.61,urn:ogc:def:crs:EPSG::4326")
    by_crs84 = features(portal, bbox="7.6,51.8,7.61,52,urn:ogc:def:crs:OGC:1.3:CRS84")
    by_short = features(portal, bbox="7.6,51.8,7.61,52,EPSG:4326")
    unnamed = features(portal, bbox="51.8,7.6,52,7.61")
    assert len(by_urn) == 11
    assert by_urn == by_crs84 == by_short == unnamed


CONDITIONS = {
    "<fes:PropertyIsEqualTo><fes:ValueReference>id</fes:ValueReference>"
    "<fes:Literal>7</fes:Literal></fes:PropertyIsEqualTo>": lambda row: row["id"] == 7,
    '<fes:PropertyIsLike wildCard="*" singleChar="." escapeChar="!"><fes:ValueReference>'
    "city:street</fes:ValueReference><fes:Literal>*eet 3</fes:Literal></fes:PropertyIsLike>": (
        lambda row: row["street"] == "Street 3"
    ),
    '<fes:PropertyIsEqualTo matchCase="false"><fes:ValueReference>street</fes:ValueReference>'
    "<fes:Literal>STREET 4</fes:Literal></fes:PropertyIsEqualTo>": (
        lambda row: row["street"] == "Street 4"
    ),
    "<fes:Or><fes:PropertyIsLessThan><fes:ValueReference>id</fes:ValueReference><fes:Literal>2"
    "</fes:Literal></fes:PropertyIsLessThan><fes:PropertyIsBetween><fes:ValueReference>count"
    "</fes:ValueReference><fes:LowerBoundary><fes:Literal>90</fes:Literal></fes:LowerBoundary>"
    "<fes:UpperBoundary><fes:Literal>95</fes:Literal></fes:UpperBoundary></fes:PropertyIsBetween>"
    "</fes:Or>": lambda row: row["id"] < 2 or 90 <= row["count"] <= 95,
    "<fes:Not><fes:PropertyIsGreaterThanOrEqualTo><fes:ValueReference>id</fes:ValueReference>"
    "<fes:Literal>5</fes:Literal></fes:PropertyIsGreaterThanOrEqualTo></fes:Not>": (
        lambda row: row["id"] < 5
    ),
    "<fes:PropertyIsNull><fes:ValueReference>street</fes:ValueReference></fes:PropertyIsNull>": (
        lambda _: False
    ),
    '<fes:BBOX><gml:Envelope srsName="EPSG:4326"><gml:lowerCorner>7.6 51</gml:lowerCorner>'
    "<gml:upperCorner>7.605 52</gml:upperCorner></gml:Envelope></fes:BBOX>": (
        lambda row: row["id"] <= 5
    ),
    "<fes:Intersects><fes:ValueReference>place</fes:ValueReference><gml:Polygon><gml:exterior>"
    "<gml:LinearRing><gml:posList>51 7.5 52 7.5 52 7.6025 51 7.6025 51 7.5</gml:posList>"
    "</gml:LinearRing></gml:exterior></gml:Polygon></fes:Intersects>": lambda row: row["id"] <= 2,
    '<fes:DWithin><fes:ValueReference>place</fes:ValueReference><gml:Point srsName="EPSG:4326">'
    '<gml:pos>7.6 51.9</gml:pos></gml:Point><fes:Distance uom="m">100</fes:Distance>'
    "</fes:DWithin>": lambda row: row["id"] <= 1,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_filters_find_what_brute_force_finds(portal: Portal, condition: str):
    found = features(portal, filter=FES.format(condition))
    rows = [{"id": i, "street": f"Street {i % 7}", "count": i * 3 % 101} for i in range(120)]
    wanted = [row["id"] for row in rows if CONDITIONS[condition](row)]
    assert sorted(one["properties"]["id"] for one in found) == wanted


def test_a_document_asks_the_same_as_parameters(portal: Portal):
    body = (
        '<wfs:GetFeature xmlns:wfs="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0" '
        'xmlns:fes="http://www.opengis.net/fes/2.0" outputFormat="application/json" count="4">'
        '<wfs:Query typeNames="city:counts"><wfs:PropertyName>id</wfs:PropertyName>'
        "<fes:SortBy><fes:SortProperty><fes:ValueReference>id</fes:ValueReference>"
        "<fes:SortOrder>DESC</fes:SortOrder></fes:SortProperty></fes:SortBy></wfs:Query>"
        "</wfs:GetFeature>"
    )
    answer = portal.client(**JSON).post("/wfs", content=body, headers={"content-type": "text/xml"})
    assert answer.status_code == 200
    by_post = answer.json()["features"]
    assert [one["properties"] for one in by_post] == [{"id": 119 - n} for n in range(4)]
    assert by_post == features(portal, propertyName="id", sortBy="id DESC", count=4)


def test_hits_count_without_features(portal: Portal):
    root = ElementTree.fromstring(ask(portal, typeNames="counts", resultType="hits").content)
    assert (root.get("numberMatched"), root.get("numberReturned")) == ("120", "0")
    assert not list(root)


def test_pages_together_are_all(portal: Portal):
    ids = []
    for start in range(0, 120, 50):
        ids += [one["id"] for one in features(portal, startIndex=start, count=50)]
    assert sorted(ids) == sorted({f"counts.{n}" for n in range(120)})


def test_one_feature_by_its_id(portal: Portal):
    by_id = {"STOREDQUERY_ID": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "ID": "counts.5"}
    root = ElementTree.fromstring(ask(portal, **by_id).content)
    assert root.tag == f"{CITY}counts"
    assert ask(portal, **{**by_id, "ID": "counts.500"}).status_code == 404
    assert "GetFeatureById" in ask(portal, request="ListStoredQueries").text
    assert 'name="ID"' in ask(portal, request="DescribeStoredQueries").text


def test_names_that_xml_cannot_have_are_escaped_and_read_back(portal: Portal):
    data = pa.table(
        {
            "id": [1],
            "Größe (m²)": [2.5],
            "a & b": ["<tag> & \x01"],
            "geometry": pa.array([shapely.to_wkb(shapely.box(7, 51, 8, 52))], pa.binary()),
        }
    )
    portal.publish(described("2024-plan"), data)
    answer = ask(portal, typeNames="city:_x0032_024-plan")
    (one,) = ElementTree.fromstring(answer.content).iter(f"{CITY}_x0032_024-plan")
    texts = [part.text for part in one]
    assert "2.5" in texts
    assert "<tag> & " in texts
    named = features(
        portal, typeNames="2024-plan", propertyName="Größe_x0020__x0028_m_x00B2__x0029_"
    )
    assert named[0]["properties"] == {"Größe (m²)": 2.5}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"typeNames": "nothing"}, "InvalidParameterValue"),
        ({"typeNames": "drafts"}, "InvalidParameterValue"),
        ({"typeNames": "plans"}, "InvalidParameterValue"),
        ({"typeNames": "entry"}, "InvalidParameterValue"),
        ({}, "MissingParameterValue"),
        ({"typeNames": "counts,trees"}, "OptionNotSupported"),
        ({"request": "Transaction"}, "OperationNotSupported"),
        ({"request": ""}, "MissingParameterValue"),
        ({"service": "WMS"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "count": "x"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "bbox": "1,2,3"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "bbox": "9,9,1,1"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "srsName": "EPSG:1"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "outputFormat": "shape-zip"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "filter": "<a"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "filter": FES.format("<fes:Nope/>")}, "InvalidParameterValue"),
        ({"typeNames": "counts", "filter": FES.format("<fes:And/>")}, "InvalidParameterValue"),
        ({"typeNames": "counts", "filter": FES.format("<fes:BBOX/>")}, "InvalidParameterValue"),
        (
            {"typeNames": "counts", "filter": FES.format("<fes:Not>" * 90 + "</fes:Not>" * 90)},
            "InvalidParameterValue",
        ),
        ({"typeNames": "counts", "sortBy": "no"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "propertyName": "no"}, "InvalidParameterValue"),
        ({"typeNames": "counts", "resourceId": "counts.x"}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_be_answered_is_said_in_the_standards_form(portal: Portal, given, code: str):
    answer = ask(portal, **given)
    assert answer.status_code == 400
    (one,) = ElementTree.fromstring(answer.content).iter(f"{OWS}Exception")
    assert one.get("exceptionCode") == code
    assert one.findtext(f"{OWS}ExceptionText")


@pytest.mark.parametrize(
    "body", ["", "<a", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "\x00", "<a/>" * 3]
)
def test_a_document_that_is_none_is_refused(portal: Portal, body: str):
    answer = portal.client(**JSON).post("/wfs", content=body, headers={"content-type": "text/xml"})
    assert answer.status_code == 400
    assert "ExceptionReport" in answer.text


def test_who_may_not_read_sees_nothing_and_who_may_does(portal: Portal):
    grant = Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads"))
    steward = portal.program(portal.actor("steward", grant), "read")
    told = steward.get("/wfs?service=WFS&request=GetCapabilities").text
    assert "city:plans" in told
    assert "city:plans" not in ask(portal, request="GetCapabilities").text

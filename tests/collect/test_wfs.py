"""Fixtures after OGC 09-025r2 (WFS 2.0.0) and OGC 04-094 (WFS 1.1.0), as GeoServer writes them."""

from dataclasses import replace

import orjson
import pytest
from tests.collect.services import asked, give, live, polite

from citycommons.collect.check import check_connector
from citycommons.collect.wfs import Wfs
from citycommons.core.errors import Invalid, NotFound, TooMuch, Unavailable

CAPABILITIES = """<?xml version="1.0"?>
<wfs:WFS_Capabilities version="{version}" xmlns:wfs="http://www.opengis.net/wfs/2.0"
    xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink">
  <ows:OperationsMetadata>
    <ows:Operation name="GetFeature">
      <ows:DCP><ows:HTTP><ows:Get xlink:href="{address}"/></ows:HTTP></ows:DCP>
      <ows:Parameter name="outputFormat"><ows:AllowedValues>
        <ows:Value>application/gml+xml; version=3.2</ows:Value>
        {json}
      </ows:AllowedValues></ows:Parameter>
    </ows:Operation>
  </ows:OperationsMetadata>
  <FeatureTypeList xmlns="http://www.opengis.net/wfs/2.0">
    <FeatureType><Name>town:trees</Name><DefaultCRS>urn:ogc:def:crs:EPSG::25832</DefaultCRS>
      {other}
      <ows:WGS84BoundingBox><ows:LowerCorner>7.5 51.8</ows:LowerCorner>
        <ows:UpperCorner>7.8 52.1</ows:UpperCorner></ows:WGS84BoundingBox></FeatureType>
    <FeatureType><Name>town:lamps</Name></FeatureType>
  </FeatureTypeList>
</wfs:WFS_Capabilities>"""

MEMBER = '<wfs:member><t:tree gml:id="t{n}"><t:n>{n}</t:n></t:tree></wfs:member>'
GML = (
    '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
    'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:t="urn:t" numberMatched="{all}" '
    'numberReturned="{came}">{members}</wfs:FeatureCollection>'
)
REFUSED = (
    '<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="2.0.0">'
    "<ows:Exception><ows:ExceptionText>{text}</ows:ExceptionText></ows:Exception>"
    "</ows:ExceptionReport>"
)
DESCRIBED = """<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <xsd:complexType name="treesType"><xsd:complexContent><xsd:extension base="gml:AbstractFeature">
    <xsd:sequence><xsd:element name="geom" type="gml:PointPropertyType"/>
      <xsd:element name="number" type="xsd:int"/></xsd:sequence>
  </xsd:extension></xsd:complexContent></xsd:complexType>
  <xsd:element name="trees" type="town:treesType"/></xsd:schema>"""


class Service:
    """A WFS of 25 trees that gives ten at most, and can be told to misbehave."""

    def __init__(self, origin) -> None:
        self.origin = origin
        self.version, self.counted, self.there = "2.0.0", "25", 25
        self.json = "<ows:Value>application/json</ows:Value>"
        self.other = "<OtherCRS>urn:ogc:def:crs:EPSG::4326</OtherCRS>"
        self.swaps: tuple[str, ...] = ()  # names of degrees that put latitude first
        self.wants_order = self.ignores_start = False
        self.address = origin.url("/wfs?")
        origin.answer = self.answer

    def answer(self, request, _) -> None:
        path, raw = asked(request)
        query = {key.lower(): value for key, value in raw.items()}
        kind = query.get("request")
        if path != "/wfs":
            give(request, b"hello", "text/plain")
        elif kind == "GetCapabilities":
            said = {name: getattr(self, name) for name in ("version", "address", "json", "other")}
            self.xml(request, CAPABILITIES.format(**said))
        elif kind == "DescribeFeatureType":
            self.xml(request, DESCRIBED)
        elif query.get("resulttype") == "hits":
            self.xml(request, GML.format(all=self.counted, came=0, members=""))
        elif self.wants_order and "startindex" in query and "sortby" not in query:
            text = "Cannot do natural order without a primary key, please add it"
            self.xml(request, REFUSED.format(text=text))
        else:
            self.features(request, query)

    def features(self, request, query: dict[str, str]) -> None:
        start = 0 if self.ignores_start else int(query.get("startindex", 0))
        limit = min(10, int(query.get("count", query.get("maxfeatures", 10))))
        numbers = range(start, min(self.there, start + limit))
        if query.get("outputformat") != "application/json":
            members = "".join(MEMBER.format(n=n) for n in numbers)
            self.xml(request, GML.format(all=self.counted, came=len(numbers), members=members))
            return
        step = -1 if query.get("srsname") in self.swaps else 1
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [7.6 + n / 1000, 51.9][::step]},
                "properties": {"n": n},
            }
            for n in numbers
        ]
        give(request, {"type": "FeatureCollection", "features": features})

    def xml(self, request, text: str) -> None:
        give(request, text.encode(), "application/xml")


@pytest.fixture
def service(origin) -> Service:
    return Service(origin)


@pytest.fixture
def trees(service, tmp_path) -> Wfs:
    return Wfs(url=service.origin.url("/wfs"), layer="town:trees", client=polite(tmp_path))


def numbers(parcels) -> list[int]:
    pages = [orjson.loads(parcel.path.read_bytes()) for parcel in parcels]
    return [one["properties"]["n"] for page in pages for one in page["features"]]


def requests(service, word: str) -> list[str]:
    return [one["path"] for one in service.origin.asked if word in one["path"]]


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_all_features_come_as_geojson_in_degrees(trees, service, version):
    service.version = version
    parcels = check_connector(replace(trees, version=version))
    assert numbers(parcels) == list(range(25))
    assert [p.name for p in parcels] == [f"trees-0000{n}.geojson" for n in (1, 2, 3)]
    assert parcels[0].profile == f"wfs {version}; EPSG:4326"
    page = requests(service, "startIndex=20")[0]
    assert ("typeNames=town%3Atrees" if version == "2.0.0" else "maxFeatures=5000") in page


@pytest.mark.parametrize("name", ["json", "other"])
def test_gml_comes_where_geojson_or_degrees_are_not_offered(trees, service, name):
    setattr(service, name, "")
    parcels = check_connector(trees)
    assert [p.name for p in parcels] == [f"trees-0000{n}.gml" for n in (1, 2, 3)]
    assert [p.path.read_bytes().count(b"<wfs:member>") for p in parcels] == [10, 10, 5]


def test_crs84_is_asked_for_where_it_is_offered(trees, service):
    urn = "urn:ogc:def:crs:OGC:1.3:CRS84"
    service.other = f"<OtherCRS>{urn}</OtherCRS>"
    assert {p.profile for p in trees.fetch()} == {f"wfs 2.0.0; {urn}"}


def test_latitude_first_is_seen_and_asked_for_otherwise(trees, service):
    service.swaps = ("EPSG:4326",)
    parcels = list(trees.fetch())
    assert {p.profile for p in parcels} == {"wfs 2.0.0; urn:ogc:def:crs:EPSG::4326"}
    first = orjson.loads(parcels[0].path.read_bytes())["features"][0]
    assert first["geometry"]["coordinates"] == [7.6, 51.9]
    assert numbers(parcels) == list(range(25))
    service.swaps = ("EPSG:4326", "urn:ogc:def:crs:EPSG::4326")
    with pytest.raises(Unavailable, match="latitude before longitude"):
        list(trees.fetch())


def test_an_order_is_given_to_a_server_that_wants_one(trees, service):
    service.wants_order = True
    assert numbers(trees.fetch()) == list(range(25))
    assert "sortBy=number" in service.origin.asked[-1]["path"]


def test_a_layer_is_found_without_its_prefix(trees, service):
    assert numbers(replace(trees, layer="trees").fetch()) == list(range(25))
    with pytest.raises(NotFound, match="it has town:trees, town:lamps"):
        list(replace(trees, layer="bushes").fetch())


def test_fewer_than_counted_is_an_error(trees, service):
    service.counted = "26"
    with pytest.raises(Unavailable, match="promises 26 rows, and 25 came"):
        list(trees.fetch())


def test_an_unknown_number_is_no_error(trees, service):
    service.counted = "unknown"
    assert numbers(replace(trees, page_rows=10).fetch()) == list(range(25))


def test_a_server_that_turns_no_pages_is_told_from_one_that_does(trees, service):
    service.ignores_start = True
    with pytest.raises(Unavailable, match="same page again and again"):
        list(trees.fetch())


def test_bounds_hold(trees):
    with pytest.raises(TooMuch, match="more than 15 rows"):
        list(replace(trees, most_rows=15).fetch())


def test_the_words_of_the_server_are_passed_on(trees, service, monkeypatch):
    monkeypatch.setattr(
        service, "features", lambda r, q: service.xml(r, REFUSED.format(text="Disk is full"))
    )
    with pytest.raises(Unavailable, match="refuses: Disk is full"):
        list(trees.fetch())


def test_a_filter_and_a_box_reach_the_server(trees, service):
    list(replace(trees, filter="kind = 'oak'", bbox="7,51,8,52").fetch())
    for page in requests(service, "GetFeature"):
        assert "cql_filter=kind" in page
        assert "bbox=7%2C51%2C8%2C52%2Curn" in page
    list(replace(trees, filter="<Filter/>").fetch())
    assert "filter=%3CFilter" in service.origin.asked[-1]["path"]


def test_another_host_in_the_description_is_not_followed(trees, service):
    service.address = "http://internal.example:8080/wfs?"
    assert numbers(replace(trees, url=f"{trees.url}?map=town&request=x").fetch()) == list(range(25))
    assert all("map=town" in page for page in requests(service, "GetFeature"))


def test_what_is_no_wfs_says_so(trees, service):
    with pytest.raises(Invalid, match="“hello”, which is no WFS"):
        list(replace(trees, url=service.origin.url("/other")).fetch())
    service.version = "1.0.0"
    with pytest.raises(Invalid, match=r"no WFS 2\.0\.0 or 1\.1\.0"):
        list(trees.fetch())


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_a_live_mapserver_gives_all_its_features(tmp_path, version):
    """A service with a layer `trees` of points whose `id` runs from 1 without gaps."""
    source = Wfs(
        url=live("MAPSERVER"),
        layer="trees",
        version=version,
        page_rows=700,
        sort_by="id",
        client=polite(tmp_path),
    )
    parcels = list(source.fetch())
    pages = [orjson.loads(parcel.path.read_bytes()) for parcel in parcels]
    ids = sorted(int(one["properties"]["id"]) for page in pages for one in page["features"])
    assert len(parcels) > 1
    assert ids == list(range(1, len(ids) + 1))
    assert all(p["geometry"]["coordinates"][0] < 10 for page in pages for p in page["features"])

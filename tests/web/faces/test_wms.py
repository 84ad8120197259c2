"""An old map program asks for pictures by WMS and sees the city where it is."""

import io
from urllib.parse import urlencode
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
import shapely
from PIL import Image
from tests.web.web_portal import JSON, Portal, described

from citycommons.share.crs import System


def ask(portal: Portal, **given: object):
    asked = {
        "service": "WMS",
        "version": "1.3.0",
        "request": "GetMap",
        "layers": "city:square",
        "styles": "",
        "crs": "CRS:84",
        "bbox": "7,51,8,52",
        "width": 100,
        "height": 100,
        "format": "image/png",
        "transparent": "TRUE",
        **given,
    }
    return portal.client(**JSON).get(f"/wms?{urlencode(asked)}")


@pytest.fixture
def square(portal: Portal) -> Portal:
    """A square in the north-west quarter of the box, with a hole in its middle."""
    shape = shapely.box(7.1, 51.6, 7.4, 51.9) - shapely.box(7.2, 51.7, 7.3, 51.8)
    data = pa.table(
        {"id": [1], "name": ["<b>A & B</b>"], "geometry": pa.array([shapely.to_wkb(shape)])}
    )
    portal.publish(described("square"), data)
    return portal


def picture(answer) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def test_an_area_is_drawn_where_it_lies_and_its_hole_is_open(square: Portal):
    seen = picture(ask(square))
    assert seen.shape == (100, 100, 4)
    assert seen[15, 15, 3] > 40, "within the square"
    assert seen[25, 25, 3] == 0, "in its hole"
    assert seen[75, 15, 3] == seen[15, 75, 3] == seen[75, 75, 3] == 0, "in no other quarter"


@pytest.mark.parametrize(
    ("given"),
    [
        {"crs": "EPSG:4326", "bbox": "51,7,52,8"},
        {"version": "1.1.1", "srs": "EPSG:4326", "bbox": "7,51,8,52"},
        {"crs": "EPSG:4258", "bbox": "51,7,52,8"},
    ],
)
def test_axes_are_in_the_order_of_the_version(square: Portal, given: dict[str, str]):
    assert (picture(ask(square, **given)) == picture(ask(square))).all()


@pytest.mark.parametrize("code", [3857, 25832])
def test_projected_systems_show_the_same_place(square: Portal, code: int):
    low, high = System(code).spots(np.array([[7.1, 51.6], [7.4, 51.9]]))
    seen = picture(ask(square, crs=f"EPSG:{code}", bbox=",".join(map(str, [*low, *high]))))
    assert (seen[10:90:8, 20, 3] > 0).all()
    assert seen[50, 50, 3] == 0


def test_ground_and_format_are_as_asked(square: Portal):
    opaque = picture(ask(square, transparent="FALSE", bgcolor="0x112233"))
    assert tuple(opaque[75, 75]) == (0x11, 0x22, 0x33, 255)
    jpeg = ask(square, format="image/jpeg")
    assert jpeg.headers["content-type"] == "image/jpeg"
    assert picture(jpeg)[75, 75, 0] > 250
    dark, light = picture(ask(square, styles="dark")), picture(ask(square, styles="light"))
    assert (dark != light).any()


def test_layers_lie_one_over_the_other_in_colours_of_their_own(square: Portal):
    seen = picture(ask(square, layers="city:square,city:counts", bbox="7,51.5,8,52"))
    alone = picture(ask(square, bbox="7,51.5,8,52"))
    assert (seen != alone).any()
    assert (seen[..., 3] >= alone[..., 3]).all()


def test_who_points_at_an_area_is_told_what_it_is(square: Portal):
    given = {"request": "GetFeatureInfo", "query_layers": "city:square", "i": 15, "j": 15}
    found = ask(square, info_format="application/json", **given).json()
    assert found["features"][0]["properties"] == {"id": 1, "name": "<b>A & B</b>"}
    html = ask(square, info_format="text/html", **given)
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in html.text
    assert "name = <b>A & B</b>" in ask(square, info_format="text/plain", **given).text
    root = ElementTree.fromstring(ask(square, info_format="text/xml", **given).content)
    assert root.findtext("square/name") == "<b>A & B</b>"
    nowhere = ask(square, info_format="application/json", **{**given, "i": 75})
    assert nowhere.json()["features"] == []
    old = {"version": "1.1.1", "srs": "EPSG:4326", "x": 15, "y": 15}
    again = ask(square, info_format="application/json", **{**given, **old})
    assert again.json() == found


def test_capabilities_list_what_one_may_read(square: Portal):
    for version, space in (("1.3.0", "{http://www.opengis.net/wms}"), ("1.1.1", "")):
        answer = ask(square, request="GetCapabilities", version=version)
        root = ElementTree.fromstring(answer.content)
        assert root.get("version") == version
        names = [one.text for one in root.iter(f"{space}Name")]
        assert "city:square" in names
        assert "city:plans" not in names
        assert "city:entry" not in names


def test_a_legend_shows_the_layer(square: Portal):
    answer = ask(square, request="GetLegendGraphic", layer="city:square")
    assert picture(answer)[:, :, 3].any()


def test_a_picture_asked_again_has_not_changed(square: Portal):
    first = ask(square)
    client = square.client(**JSON, **{"if-none-match": first.headers["etag"]})
    assert client.get(str(first.request.url)).status_code == 304


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"layers": "city:nothing"}, "LayerNotDefined"),
        ({"layers": "city:plans"}, "LayerNotDefined"),
        ({"layers": "city:drafts"}, "LayerNotDefined"),
        ({"layers": "city:entry"}, "LayerNotDefined"),
        ({"layers": ""}, "LayerNotDefined"),
        ({"layers": ",".join(["city:square"] * 13)}, None),
        ({"styles": "fancy"}, "StyleNotDefined"),
        ({"format": "image/tiff"}, "InvalidFormat"),
        ({"crs": "EPSG:1"}, "InvalidCRS"),
        ({"version": "1.1.1", "srs": "EPSG:1"}, "InvalidSRS"),
        ({"bbox": "8,51,7,52"}, None),
        ({"bbox": "nan,51,7,52"}, None),
        ({"bbox": "a"}, None),
        ({"width": 0}, None),
        ({"width": 5000}, None),
        ({"height": "x"}, None),
        ({"bgcolor": "red", "transparent": "FALSE"}, None),
        ({"request": "GetSecret"}, "OperationNotSupported"),
        ({"service": "WFS"}, None),
        (
            {"request": "GetFeatureInfo", "query_layers": "city:square", "i": 200, "j": 1},
            "InvalidPoint",
        ),
        (
            {"request": "GetFeatureInfo", "query_layers": "city:square", "i": 1, "j": 1}
            | {"info_format": "image/png"},
            "InvalidFormat",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said_in_the_standards_form(square: Portal, given, code):
    answer = ask(square, **given)
    assert answer.status_code == 400
    root = ElementTree.fromstring(answer.content)
    assert root.tag.endswith("ServiceExceptionReport")
    assert root[0].get("code") == code
    assert root[0].text


def test_a_box_outside_of_a_systems_world_is_empty(square: Portal):
    seen = picture(ask(square, crs="EPSG:25832", bbox="9e9,9e9,9.1e9,9.1e9"))
    assert not seen[..., 3].any()

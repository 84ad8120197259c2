"""WMS documents: capabilities and exceptions of versions 1.3.0 and 1.1.1.

References
----------
OGC 06-042: Web Map Service 1.3.0 (ISO 19128). OGC 01-068r3: WMS 1.1.1.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from citycommons.core.types import Bbox
from citycommons.share.crs import OFFERED, WORLD, System, system
from citycommons.share.faces.ows.layers import Layer
from citycommons.share.faces.ows.picture import MOST_PIXELS
from citycommons.share.faces.ows.words import quoted, text
from citycommons.share.faces.wfs import Service
from citycommons.share.linked.citations import words_in

VERSIONS = ("1.3.0", "1.1.1")
IMAGES = ("image/png", "image/jpeg")
INFOS = ("application/json", "text/plain", "text/html", "text/xml")
STYLES = ("light", "dark")
_LEAST = 0.0005  # degrees that a layer reaches at least, from its middle
_OLD_TYPE = "application/vnd.ogc.wms_xml"


def code(one: System, version: str) -> str:
    """The system as WMS names it."""
    if one == WORLD:
        return "CRS:84" if version == "1.3.0" else "EPSG:4326"
    return f"EPSG:{one.code}"


def capabilities(service: Service, layers: Sequence[Layer], version: str) -> bytes:
    """What the service can do and which layers there are."""
    new = version == "1.3.0"
    head = (
        '<WMS_Capabilities version="1.3.0" xmlns="http://www.opengis.net/wms" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
        if new
        else '<WMT_MS_Capabilities version="1.1.1" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    resource = f'<OnlineResource xlink:type="simple" xlink:href={quoted(service.url)}/>'
    name = "WMS" if new else "OGC:WMS"
    most = f"<MaxWidth>{MOST_PIXELS}</MaxWidth><MaxHeight>{MOST_PIXELS}</MaxHeight>" if new else ""
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n<Service><Name>{name}</Name>',
        f"<Title>{text(service.title)}</Title>{resource}<Fees>none</Fees>",
        f"<AccessConstraints>none</AccessConstraints>{most}</Service>\n<Capability><Request>\n",
        _operation("GetCapabilities", ("text/xml" if new else _OLD_TYPE,), service.url),
        _operation("GetMap", IMAGES, service.url),
        _operation("GetFeatureInfo", INFOS, service.url),
        # Known to all through SLD 1.1, which has a namespace of its own.
        "" if new else _operation("GetLegendGraphic", ("image/png",), service.url),
        f"</Request><Exception><Format>{'XML' if new else 'application/vnd.ogc.se_xml'}</Format>",
        f"</Exception>\n<Layer><Title>{text(service.title)}</Title>\n",
        *_systems(version),
        _box((-180.0, -85.0, 180.0, 85.0), version),
        *(_layer(service, one, version) for one in layers),
        "</Layer></Capability>\n",
        "</WMS_Capabilities>\n" if new else "</WMT_MS_Capabilities>\n",
    ]
    return "".join(parts).encode()


def _operation(name: str, formats: Sequence[str], url: str) -> str:
    told = "".join(f"<Format>{one}</Format>" for one in formats)
    return (
        f"<{name}>{told}<DCPType><HTTP><Get><OnlineResource xlink:type="
        f'"simple" xlink:href={quoted(url + "?")}/></Get></HTTP></DCPType></{name}>\n'
    )


def _systems(version: str) -> list[str]:
    tag = "CRS" if version == "1.3.0" else "SRS"
    names = dict.fromkeys(code(system(uri), version) for uri in OFFERED)
    return [f"<{tag}>{name}</{tag}>" for name in names]


def _box(box: Bbox, version: str) -> str:
    west, south, east, north = box
    if west == east or south == north:
        # A box without an area is no layer to some clients, such as QGIS.
        west, south, east, north = west - _LEAST, south - _LEAST, east + _LEAST, north + _LEAST
    if version == "1.3.0":
        return (
            f"<EX_GeographicBoundingBox><westBoundLongitude>{west}</westBoundLongitude>"
            f"<eastBoundLongitude>{east}</eastBoundLongitude>"
            f"<southBoundLatitude>{south}</southBoundLatitude>"
            f"<northBoundLatitude>{north}</northBoundLatitude></EX_GeographicBoundingBox>"
            f'<BoundingBox CRS="CRS:84" minx="{west}" miny="{south}" maxx="{east}" maxy="{north}"/>'
            f'<BoundingBox CRS="EPSG:4326" minx="{south}" miny="{west}" maxx="{north}" '
            f'maxy="{east}"/>\n'
        )
    edges = f'minx="{west}" miny="{south}" maxx="{east}" maxy="{north}"'
    return f'<LatLonBoundingBox {edges}/><BoundingBox SRS="EPSG:4326" {edges}/>\n'


def _layer(service: Service, one: Layer, version: str) -> str:
    words = "".join(f"<Keyword>{text(word)}</Keyword>" for word in one.dataset.keywords)
    keywords = f"<KeywordList>{words}</KeywordList>" if words else ""
    styles = "".join(_style(service, one, name, version) for name in STYLES)
    return (
        f'<Layer queryable="1"><Name>{one.name}</Name>'
        f"<Title>{text(words_in(one.dataset.title, service.language))}</Title>"
        f"<Abstract>{text(words_in(one.dataset.description, service.language))}</Abstract>"
        f"{keywords}{_box(one.bounds, version)}{styles}</Layer>\n"
    )


def _style(service: Service, one: Layer, name: str, version: str) -> str:
    asked = {
        "service": "WMS",
        "version": version,
        "request": "GetLegendGraphic",
        "format": "image/png",
        "layer": one.name,
        "style": name,
    }
    href = quoted(f"{service.url}?{urlencode(asked)}")
    return (
        f"<Style><Name>{name}</Name><Title>{name} paper</Title>"
        '<LegendURL width="20" height="20"><Format>image/png</Format>'
        f'<OnlineResource xlink:type="simple" xlink:href={href}/></LegendURL></Style>'
    )


def exception(code: str, message: str, version: str) -> bytes:
    """An exception report (06-042, annex E.2)."""
    mark = f" code={quoted(code)}" if code else ""
    new = version == "1.3.0"
    space = ' xmlns="http://www.opengis.net/ogc"' if new else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ServiceExceptionReport version="{version}"'
        f"{space}><ServiceException{mark}>{text(message)}</ServiceException>"
        "</ServiceExceptionReport>\n"
    ).encode()

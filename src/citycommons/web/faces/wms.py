"""Face `wms`: `/wms` answers clients of the Web Map Service 1.3.0 and 1.1.1."""

import hashlib
from html import escape
from typing import Any

import orjson
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import Channel, DatasetId
from citycommons.share import packed, tiles
from citycommons.share.faces import wms
from citycommons.share.faces.ows import picture
from citycommons.share.faces.ows.layers import layer_id, layers, readable
from citycommons.share.faces.ows.words import parameters, text, xml_name
from citycommons.share.faces.wfs import Service
from citycommons.share.faces.wms_request import map_of, point_of, side, style_of, version_of
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.tiles.styles import Paper
from citycommons.store.work import Work
from citycommons.web import errors
from citycommons.web.faces.tiles.told import colours
from citycommons.web.negotiate import is_known
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May
from citycommons.web.turns import long_turn

_XML = "text/xml; charset=utf-8"
_VARY = {"vary": "authorization, cookie"}
_FURTHER: tuple[tuple[str, str], ...] = (  # `--c2` to `--c8`, on light and dark paper
    *(("#c85f12", "#f29d5e"), ("#4a3f96", "#9288dd"), ("#b59a13", "#e3cb5e")),
    *(("#a11f50", "#dd6d84"), ("#2b86c5", "#8fc3ea"), ("#2f4f25", "#6fa565")),
    ("#6b727d", "#808794"),
)


def answer(running: RunningRequest, given: dict[str, str]) -> Response[bytes]:
    """What the operation gives. Raises `Invalid` for one that is not offered."""
    asked = given.get("request", "")
    if given.get("service", "WMS").upper() != "WMS":
        raise Invalid("“service” is WMS here.", parameter="service")
    match asked.lower():
        case "getcapabilities" | "capabilities":
            return _capabilities(running, given)
        case "getmap" | "map":
            return _map(running, given)
        case "getfeatureinfo" | "feature_info":
            return _info(running, given)
        case "getlegendgraphic":
            return _legend(running, given)
    raise Invalid(
        f"“{asked[:60]}” is not offered here.", parameter="request", code="OperationNotSupported"
    )


def _capabilities(running: RunningRequest, given: dict[str, str]) -> Response[bytes]:
    service = Service(
        title=running.city.settings.name, url=f"{running.url}/wms", language=running.language
    )
    version = version_of(given)
    with running.work() as work:
        body = wms.capabilities(service, layers(work), version)
    media = _XML if version == "1.3.0" else "application/vnd.ogc.wms_xml"
    return Response(body, media_type=media, headers=_VARY)


def _layer(work: Work, id: DatasetId) -> Opened:
    return readable(open_version, work, id, parameter="layers", code="LayerNotDefined")


def _map(running: RunningRequest, given: dict[str, str]) -> Response[bytes]:
    asked = map_of(given)
    with running.work(channel=Channel.WMS) as work:
        opened = [_layer(work, id) for id in asked.layers]
    files = ",".join(one.version.file for one in opened)
    tag = hashlib.blake2b(
        f"{files} {asked} {_accent(running)}".encode(), digest_size=12
    ).hexdigest()
    headers = {**_VARY, "etag": f'W/"{tag}"', "cache-control": _caching(opened)}
    if is_known(running, headers["etag"]):
        return Response(b"", status_code=304, media_type=asked.media, headers=headers)
    with long_turn():
        drawn = picture.Picture(asked.frame, asked.ground)
        for place, (one, style) in enumerate(zip(opened, asked.styles, strict=True)):
            drawn.add(one, *_look(running, style, place))
        body = picture.encoded(drawn.image(), asked.media)
    return Response(body, media_type=asked.media, headers=headers)


def _caching(opened: list[Opened]) -> str:
    is_open = all(one.dataset.access == "public" for one in opened)
    return "public, no-cache" if is_open else "private, no-cache"


def _accent(running: RunningRequest) -> str:
    return running.city.settings.accent


def _look(running: RunningRequest, style: str, place: int) -> tuple[picture.Colour, picture.Colour]:
    """The layer's colour and that of the paper: the first in the accent, others told apart."""
    found = colours(_accent(running), Paper(style))
    further = (found.data, *(pair[style == Paper.DARK] for pair in _FURTHER))
    return _rgb(further[place % len(further)]), _rgb(found.paper)


def _rgb(code: str) -> picture.Colour:
    red, green, blue = bytes.fromhex(code[1:])
    return red, green, blue


def _legend(running: RunningRequest, given: dict[str, str]) -> Response[bytes]:
    style = style_of(given)
    width, height = side(given, "width", 20), side(given, "height", 20)
    if width > 500 or height > 500:
        raise Invalid("A legend has at most 500 pixels to a side.", parameter="width")
    with running.work(channel=Channel.WMS) as work:
        opened = _layer(work, layer_id(given.get("layer", ""), "layer"))
    kinds = tiles.of(opened).kinds
    image = picture.legend(kinds, *_look(running, style, 0), width, height)
    return Response(picture.encoded(image, "image/png"), media_type="image/png", headers=_VARY)


def _info(running: RunningRequest, given: dict[str, str]) -> Response[bytes]:
    asked = point_of(given)
    box = asked.frame.degrees(margin=0)
    with running.work(channel=Channel.WMS) as work:
        opened = [_layer(work, id) for id in asked.layers]
    found = []
    for one in opened:
        body = b"" if box is None else packed.collection(one, box, asked.count, 0).body
        found.append((one, body))
    media = asked.media if asked.media == "application/json" else f"{asked.media}; charset=utf-8"
    return Response(_told(found, asked.media), media_type=media, headers=_VARY)


def _told(found: list[tuple[Opened, bytes]], media: str) -> bytes:
    if media == "application/json":
        bodies = b",".join(body for _, body in found if body)
        return b'{"type":"FeatureCollection","features":[' + bodies + b"]}"
    layers: list[tuple[str, list[dict[str, Any]]]] = [
        (one.dataset.id, [f["properties"] for f in orjson.loads(b"[" + body + b"]")])
        for one, body in found
    ]
    if media == "text/html":
        return _html(layers)
    if media == "text/xml":
        return _xml(layers)
    lines = []
    for name, features in layers:
        lines.append(f"Layer {name}")
        for properties in features:
            lines += [f"  {key} = {_said(value)}" for key, value in properties.items()]
            lines.append("")
    return "\n".join(lines).encode()


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _html(layers: list[tuple[str, list[dict[str, Any]]]]) -> bytes:
    parts = ["<!doctype html><html><head><title>Features</title></head><body>"]
    for name, features in layers:
        parts.append(f"<h2>{escape(name)}</h2>")
        for properties in features:
            cells = "".join(
                f"<tr><th>{escape(key)}</th><td>{escape(_said(value))}</td></tr>"
                for key, value in properties.items()
            )
            parts.append(f"<table>{cells}</table>")
    return "".join([*parts, "</body></html>"]).encode()


def _xml(layers: list[tuple[str, list[dict[str, Any]]]]) -> bytes:
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<FeatureInfoResponse>']
    for name, features in layers:
        for properties in features:
            inner = "".join(
                f"<{xml_name(key)}>{text(_said(value))}</{xml_name(key)}>"
                for key, value in properties.items()
            )
            parts.append(f"<{xml_name(name)}>{inner}</{xml_name(name)}>")
    return "".join([*parts, "</FeatureInfoResponse>\n"]).encode()


def _translate(running: RunningRequest, error: CityError) -> Response[bytes]:
    given = {name.lower(): value for name, value in running.query}
    status = 400 if error.http_status in (404, 422) else error.http_status
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="City Commons"'
    version = version_of(given)
    body = wms.exception(str(error.where.get("code", "")), error.message, version)
    media = _XML if version == "1.3.0" else "application/vnd.ogc.se_xml"
    return Response(body, status_code=status, media_type=media, headers=headers)


_KVP = [
    parameter("service", "WMS."),
    parameter("version", "1.3.0 or 1.1.1."),
    parameter("request", "GetCapabilities, GetMap, GetFeatureInfo or GetLegendGraphic."),
    parameter("layers", "Layers with commas between, the lowest first."),
    parameter("styles", "light or dark for each layer; empty for light."),
    parameter("crs", "The reference system; in 1.1.1 `srs`.", example="EPSG:3857"),
    parameter("bbox", "Four numbers, axes as the system has them (1.1.1: east first)."),
    parameter("width", "Pixels."),
    parameter("height", "Pixels."),
    parameter("format", "image/png or image/jpeg."),
    parameter("transparent", "TRUE or FALSE."),
    parameter("bgcolor", "The ground, as 0xFFFFFF."),
    parameter("query_layers", "Layers that GetFeatureInfo looks into."),
    parameter("info_format", "application/json, text/plain, text/html or text/xml."),
    parameter("i", "Column that is pointed at; in 1.1.1 `x`."),
    parameter("j", "Row that is pointed at; in 1.1.1 `y`."),
    parameter("feature_count", "How many features of each layer at most."),
    parameter("layer", "The layer of a legend."),
    parameter("style", "The style of a legend."),
]


def _operation() -> dict[str, Any]:
    picture_of = {"schema": {"type": "string", "format": "binary"}}
    words: dict[str, Any] = {"schema": {"type": "string"}}
    content = {
        **dict.fromkeys(wms.IMAGES, picture_of),
        **dict.fromkeys(("text/xml", "text/plain", "text/html"), words),
        "application/vnd.ogc.wms_xml": words,
        "application/json": {"schema": {"type": "object"}},
    }
    told = operation(
        "wms_get",
        "WMS 1.3.0 and 1.1.1: pictures.",
        _KVP,
        content,
        "401",
        "403",
        "413",
        "503",
        tag="faces",
    )
    report = {"text/xml": words, "application/vnd.ogc.se_xml": words}
    for code in told["responses"]:
        if code != "200":
            told["responses"][code] = {"description": "An exception report.", "content": report}
    return told


@get(
    "/wms",
    sync_to_thread=True,
    opt={"may": May.ANYONE, "operation": _operation()},
    exception_handlers=errors.in_form(_translate),
)
def by_get(running: Running) -> Response[bytes]:
    """A request in parameters."""
    return answer(running, parameters(running.query))


class Wms:
    """The face `wms`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """One address."""
        return [by_get]

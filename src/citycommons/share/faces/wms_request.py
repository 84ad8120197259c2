"""What a client of WMS asks.

References
----------
OGC 06-042: clauses 7.2 (GetCapabilities), 7.3 (GetMap), 7.4 (GetFeatureInfo).
"""

import math
import re
from dataclasses import dataclass

from citycommons.core.errors import Invalid
from citycommons.core.types import DatasetId
from citycommons.share.crs import WORLD, System
from citycommons.share.faces.ows.layers import layer_id
from citycommons.share.faces.ows.picture import MOST_PIXELS, Colour, Frame
from citycommons.share.faces.ows.words import spoken, whole
from citycommons.share.faces.wms import IMAGES, INFOS, STYLES, VERSIONS

MOST_LAYERS = 12
MOST_FEATURES = 50
_COLOUR = re.compile(r"(?:0x|#)?([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """A picture that is asked for."""

    layers: tuple[DatasetId, ...]
    styles: tuple[str, ...]  # one for each layer
    frame: Frame
    media: str
    ground: Colour | None  # None: transparent


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place in a picture that somebody points at."""

    layers: tuple[DatasetId, ...]
    frame: Frame  # of a few pixels around it
    media: str
    count: int


def version_of(given: dict[str, str]) -> str:
    """The version that is spoken: older clients get the older one."""
    asked = given.get("version") or given.get("wmtver") or "1.3.0"
    return asked if asked in VERSIONS else "1.1.1" if asked.startswith("1.1") else "1.3.0"


def map_of(given: dict[str, str]) -> Map:
    """The picture asked for. Raises `Invalid` that names the wrong parameter."""
    layers = _layers(given, "layers")
    return Map(
        layers=layers,
        styles=_styles(given.get("styles", ""), len(layers)),
        frame=_frame(given),
        media=_media(given.get("format", "image/png")),
        ground=_ground(given),
    )


def point_of(given: dict[str, str]) -> Point:
    """The place asked for. Raises `Invalid` that names the wrong parameter."""
    new = version_of(given) == "1.3.0"
    names = ("i", "j") if new else ("x", "y")
    frame = _frame(given)
    i, j = (whole(given, name, -1) for name in names)
    if not (0 <= i < frame.width and 0 <= j < frame.height):
        raise Invalid("The point lies outside of the picture.", parameter="i", code="InvalidPoint")
    media = given.get("info_format", "") or "text/plain"
    if media not in INFOS:
        raise _format(media, INFOS)
    return Point(
        layers=_layers(given, "query_layers"),
        frame=_around(frame, i + 0.5, j + 0.5),
        media=media,
        count=whole(given, "feature_count", 1, MOST_FEATURES) or 1,
    )


def _around(frame: Frame, x: float, y: float, reach: float = 5.0) -> Frame:
    """A frame of some pixels around a point of this one."""
    wide = (frame.east - frame.west) / frame.width
    high = (frame.north - frame.south) / frame.height
    return Frame(
        system=frame.system,
        west=frame.west + (x - reach) * wide,
        east=frame.west + (x + reach) * wide,
        south=frame.north - (y + reach) * high,
        north=frame.north - (y - reach) * high,
        width=round(2 * reach),
        height=round(2 * reach),
    )


def _layers(given: dict[str, str], name: str) -> tuple[DatasetId, ...]:
    names = [one for one in given.get(name, "").split(",") if one.strip()]
    if not names:
        raise Invalid(f"Say which layers: {name}=….", parameter=name, code="LayerNotDefined")
    if len(names) > MOST_LAYERS:
        raise Invalid(f"At most {MOST_LAYERS} layers at once.", parameter=name)
    return tuple(layer_id(one, name) for one in names)


def _styles(text: str, count: int) -> tuple[str, ...]:
    names = text.split(",") if text else [""] * count
    if len(names) != count:
        raise Invalid("“styles” names one for each layer.", parameter="styles")
    for name in names:
        if name not in ("", "default", *STYLES):
            raise Invalid(
                f"There is no style “{name[:40]}”; there are {', '.join(STYLES)}.",
                parameter="styles",
                code="StyleNotDefined",
            )
    return tuple(name if name in STYLES else STYLES[0] for name in names)


def style_of(given: dict[str, str]) -> str:
    """The style of a legend."""
    return _styles(given.get("style", ""), 1)[0]


def _media(text: str) -> str:
    media = text.partition(";")[0].strip().lower()
    media = {"image/jpg": "image/jpeg", "image/png8": "image/png"}.get(media, media)
    if media not in IMAGES:
        raise _format(text, IMAGES)
    return media


def _format(text: str, offered: tuple[str, ...]) -> Invalid:
    return Invalid(
        f"“{text[:40]}” is none of {', '.join(offered)}.", parameter="format", code="InvalidFormat"
    )


def _ground(given: dict[str, str]) -> Colour | None:
    is_clear = given.get("transparent", "false").upper() == "TRUE"
    if is_clear and _media(given.get("format", "image/png")) != "image/jpeg":
        return None
    found = _COLOUR.fullmatch(given.get("bgcolor", "0xFFFFFF"))
    if not found:
        raise Invalid("“bgcolor” is written like 0xFFFFFF.", parameter="bgcolor")
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def _frame(given: dict[str, str]) -> Frame:
    width, height = (side(given, name) for name in ("width", "height"))
    found, north_first = _system(given)
    parts = given.get("bbox", "").split(",")
    try:
        first, second, third, fourth = (float(part) for part in parts)
    except ValueError as cause:
        raise Invalid("“bbox” is four numbers.", parameter="bbox") from cause
    if north_first:
        first, second, third, fourth = second, first, fourth, third
    if not all(math.isfinite(one) for one in (first, second, third, fourth)):
        raise Invalid("“bbox” is four numbers.", parameter="bbox")
    if first >= third or second >= fourth:
        raise Invalid("“bbox” has its lower corner first, and an area.", parameter="bbox")
    return Frame(
        system=found,
        west=first,
        south=second,
        east=third,
        north=fourth,
        width=width,
        height=height,
    )


def _system(given: dict[str, str]) -> tuple[System, bool]:
    """The system, and whether the box has north first: in 1.3.0, as the authority has it."""
    new = version_of(given) == "1.3.0"
    name = given.get("crs" if new else "srs", "") or given.get("srs" if new else "crs", "")
    if name.upper() in ("EPSG:900913", "EPSG:102100"):
        name = "EPSG:3857"
    try:
        found, _ = spoken(name or "CRS:84", WORLD, "crs")
    except Invalid as cause:
        raise Invalid(
            f"“{name[:60]}” is not offered.",
            parameter="crs",
            code="InvalidCRS" if new else "InvalidSRS",
        ) from cause
    return found, new and found.is_north_first


def side(given: dict[str, str], name: str, default: int = 0) -> int:
    """A side of a picture in pixels. Raises `Invalid` for none, or too many."""
    pixels = whole(given, name, default)
    if not 0 < pixels <= MOST_PIXELS:
        raise Invalid(f"“{name}” is from 1 to {MOST_PIXELS} pixels.", parameter=name)
    return pixels

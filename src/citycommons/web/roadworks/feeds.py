"""What each feed of road works is made by, and the answer that a client gets."""

import hashlib
import threading
from collections import OrderedDict
from typing import Any
from urllib.parse import urlencode

from litestar.response import Response

from citycommons.act.roadworks import publication
from citycommons.act.roadworks.feeds import KINDS, Asked, Kind
from citycommons.act.roadworks.publication import Wanted
from citycommons.core.errors import NotFound
from citycommons.core.places import parse_bbox
from citycommons.core.types import ANYONE, Channel, PublisherId
from citycommons.core.works import Works, WorksId
from citycommons.share.works.edition import Edition
from citycommons.web.language import N_
from citycommons.web.negotiate import is_known
from citycommons.web.presentation import says
from citycommons.web.roadworks.words import delay_texts
from citycommons.web.running import RunningRequest

_MOST_KEPT, _MOST_BYTES = 64, 64 * 2**20  # of all bodies that are kept in memory
_CHOOSING = ("works", "street", "bbox", "owner", "lang")
_SECONDS = 60  # a client may keep an answer; Waze asks again after some minutes
_kept: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
_lock = threading.Lock()


WHOM = {
    "datex2.xml": N_("sat-navs, national access points, road operators"),
    "wzdx.json": N_("navigation services and vehicle makers"),
    "waze.xml": N_("Waze and Google Maps; only what keeps their rules"),
    "waze.json": N_("Waze and Google Maps; only what keeps their rules"),
    "alerts.pb": N_("journey planners: stops that are touched"),
    "alerts.json": N_("the same, to look at"),
    "calendar.ics": N_("your calendar"),
    "feed.atom": N_("your feed reader"),
    "roadworks.geojson": N_("maps and GIS"),
    "ngsi-ld.jsonld": N_("context brokers of smart cities"),
}


def wanted(running: RunningRequest) -> Wanted:
    """Which works the address asks for. Raises `Invalid` for a box that is none."""
    id, bbox, owner = running.get("works"), running.get("bbox"), running.get("owner")
    return Wanted(
        works=WorksId(id) if id else None,
        street=running.get("street")[:200],
        bbox=parse_bbox(bbox) if bbox else None,
        owner=PublisherId(owner) if owner else None,
    )


def answer(running: RunningRequest, name: str) -> Response[bytes]:
    """The feed as anyone sees it, whoever asks; 304 when nothing is new."""
    kind = KINDS.get(name)
    if kind is None:
        raise NotFound(f"There is no feed “{name[:60]}”; there are {', '.join(KINDS)}.")
    running.actor = ANYONE
    settings = running.city.settings
    with running.work(channel=Channel.FEED) as work:
        works = publication.published(work, wanted(running), work.now.date())
        edition = publication.edition(
            work,
            works,
            settings,
            url=running.url,
            language=running.language,
            words=delay_texts,
        )
        key = _key(running, kind, works, edition)
        headers = _headers(key, edition)
        if is_known(running, headers["etag"]):
            return Response(b"", status_code=304, media_type=kind.media, headers=headers)
        title = says(running.language)._(N_("Road works in {city}")).format(city=settings.name)
        query = _query(running)
        path = running.path + (f"?{query}" if query else "")
        asked = Asked(
            work=work,
            works=works,
            edition=edition,
            stops=settings.stops,
            path=path,
            title=title,
        )
        body = _body(key, kind, asked)
    return Response(body, media_type=kind.media, headers=headers)


def _query(running: RunningRequest) -> str:
    """What of the address chooses works; anything else makes no other feed."""
    chosen = [(name, running.get(name)[:200]) for name in _CHOOSING]
    return urlencode([(name, value) for name, value in chosen if value])


def _key(
    running: RunningRequest, kind: Kind, works: tuple[Works, ...], edition: Edition
) -> tuple[Any, ...]:
    """What the body follows from; the hour, as events of the next days are listed."""
    said = tuple((one.id, one.revision, one.state) for one in works)
    delays = tuple((id, found.made) for id, found in edition.delays.items())
    hour = edition.made.replace(minute=0, second=0, microsecond=0)
    home = str(running.city.settings.home)
    place = (home, running.url, running.path, _query(running))
    return (kind.name, *place, running.language, hour, said, delays)


def _headers(key: tuple[Any, ...], edition: Edition) -> dict[str, str]:
    digest = hashlib.blake2b(repr(key).encode("utf-8", "replace"), digest_size=12).hexdigest()
    return {
        "etag": f'W/"{digest}"',
        "cache-control": f"public, max-age={_SECONDS}",
        "vary": "accept-language",
        "link": f'<{edition.license}>; rel="license"',
    }


def _body(key: tuple[Any, ...], kind: Kind, asked: Asked) -> bytes:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    body = kind.make(asked)
    with _lock:
        _kept[key] = body
        while len(_kept) > _MOST_KEPT or sum(map(len, _kept.values())) > _MOST_BYTES:
            _kept.popitem(last=False)
    return body

"""The feeds of road works by name: of which media type, and how each is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from citycommons.act.roadworks import publication, transit
from citycommons.core.works import Works
from citycommons.share.works import atom, cifs, datex2, geojson, gtfs_rt, ical, ngsi_ld, wzdx
from citycommons.share.works.edition import Edition
from citycommons.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A feed in the making."""

    work: Work
    works: tuple[Works, ...]
    edition: Edition
    stops: str  # id of the dataset of public transport stops; empty where there is none
    path: str  # of the feed itself on the portal
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One shape of the feed."""

    name: str  # as it stands in the address
    media: str
    title: str
    make: Callable[[Asked], bytes]


def _good(asked: Asked) -> tuple[Works, ...]:
    return publication.sent_to_waze(asked.works, asked.edition)[0]


def _alerts(asked: Asked) -> Any:
    touched = transit.touched(asked.work, asked.works, asked.stops)
    return gtfs_rt.message(asked.works, asked.edition, touched)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="datex2.xml",
            media=datex2.MEDIA,
            title="DATEX II v3",
            make=lambda asked: datex2.written(asked.works, asked.edition),
        ),
        Kind(
            name="wzdx.json",
            media=wzdx.MEDIA,
            title="WZDx 4.2",
            make=lambda asked: wzdx.written(asked.works, asked.edition),
        ),
        Kind(
            name="waze.xml",
            media=cifs.XML,
            title="Waze CIFS, XML",
            make=lambda asked: cifs.xml(_good(asked), asked.edition),
        ),
        Kind(
            name="waze.json",
            media=cifs.JSON,
            title="Waze CIFS, JSON",
            make=lambda asked: cifs.json(_good(asked), asked.edition),
        ),
        Kind(
            name="alerts.pb",
            media=gtfs_rt.MEDIA,
            title="GTFS Realtime",
            make=lambda asked: gtfs_rt.binary(_alerts(asked)),
        ),
        Kind(
            name="alerts.json",
            media="application/json",
            title="GTFS Realtime, JSON",
            make=lambda asked: gtfs_rt.json(_alerts(asked)),
        ),
        Kind(
            name="calendar.ics",
            media=ical.MEDIA,
            title="iCalendar",
            make=lambda asked: ical.written(asked.works, asked.edition, asked.title),
        ),
        Kind(
            name="feed.atom",
            media=atom.MEDIA,
            title="Atom",
            make=lambda asked: atom.written(asked.works, asked.edition, asked.title, asked.path),
        ),
        Kind(
            name="roadworks.geojson",
            media=geojson.MEDIA,
            title="GeoJSON",
            make=lambda asked: geojson.written(asked.works, asked.edition),
        ),
        Kind(
            name="ngsi-ld.jsonld",
            media=ngsi_ld.MEDIA,
            title="NGSI-LD",
            make=lambda asked: ngsi_ld.written(asked.works, asked.edition),
        ),
    )
}

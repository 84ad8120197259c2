"""What only a person can say: each question with its possible answers, and what would follow."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import asin, cos, radians, sin, sqrt

from markupsafe import Markup

from citycommons.core.types import Bbox, Choice, Question
from citycommons.standardise import mapping
from citycommons.standardise.models import model
from citycommons.store.work import Work
from citycommons.understand.places import Places, padded
from citycommons.web import base_map, maps
from citycommons.web.presentation import Says, says
from citycommons.web.running import Running

_PAIR = re.compile(r"(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,2}(?:\.\d+)?)")
_NEAR_KM = 30.0
_WIDTH, _SHAPE = 260.0, 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One possible answer, with where its sample would lie."""

    choice: Choice
    where: str = ""
    picture: Markup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as the page puts it."""

    question: Question
    offers: tuple[Offer, ...]


def asked(running: Running, work: Work, questions: Sequence[Question]) -> list[Asked]:
    """The questions with their answers, the likeliest first; places are drawn on the city's map."""
    if not questions:
        return []
    layers: tuple[Places, ...] = ()
    box: Bbox | None = running.city.settings.boundary
    if any(question.kind in ("crs", "axes") for question in questions):
        layers = base_map.base_layers(work, running.city.settings.basemap)
        box = maps.city_box(box, layers, ())
    speaker = says(running.language)
    return [
        Asked(
            question=one,
            offers=tuple(
                _offer(choice, one.kind, box, layers, speaker)
                for choice in sorted(one.choices, key=lambda choice: -choice.fits)
            ),
        )
        for one in questions
    ]


def _offer(
    choice: Choice, kind: str, box: Bbox | None, layers: Sequence[Places], speaker: Says
) -> Offer:
    if kind == "mapping" and (meant := mapping.said(choice.value)) is not None:
        title = model(meant.model).title  # models bear their names in all languages
        return Offer(choice=replace(choice, title=title.get(speaker.language, title["en"])))
    if kind not in ("crs", "axes") or not (found := _PAIR.search(choice.sample)):
        return Offer(choice=choice)
    lon, lat = float(found[1]), float(found[2])
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        return Offer(choice=choice)
    if box is None:
        return Offer(choice=choice, picture=_picture(_around(lon, lat), (), lon, lat))
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    if box[0] <= lon <= box[2] and box[1] <= lat <= box[3]:
        where = speaker._("It would lie in the city.")
    else:
        km = _distance_km((lon, lat), centre)
        words = speaker._("It would lie about %(km)s km from the middle of the city.")
        where = words % {"km": speaker.number(round(km) if km >= 2 else round(km, 1))}
        if km > _NEAR_KM:
            return Offer(choice=choice, where=where)
    seen = (min(box[0], lon), min(box[1], lat), max(box[2], lon), max(box[3], lat))
    return Offer(choice=choice, where=where, picture=_picture(padded(seen), layers, lon, lat, box))


def _picture(
    box: Bbox, layers: Sequence[Places], lon: float, lat: float, city: Bbox | None = None
) -> Markup:
    """A small map with one place; the words beside it say the same."""
    sheet = base_map.fitted(box, _WIDTH, _SHAPE)
    frame = ""
    if city is not None:
        left, top = sheet.at(city[0], city[3])
        right, bottom = sheet.at(city[2], city[1])
        frame = (
            f'<rect class="m-border" x="{left:.1f}" y="{top:.1f}" '
            f'width="{right - left:.1f}" height="{bottom - top:.1f}"/>'
        )
    x, y = sheet.at(lon, lat)
    return Markup(  # noqa: S704 - numbers and our own drawing only
        f'<svg class="where" viewBox="0 0 {sheet.width:.0f} {sheet.height:.0f}" aria-hidden="true">'
        f"{base_map.base_svg(layers, sheet)}{frame}"
        f'<circle class="pt" cx="{x:.1f}" cy="{y:.1f}" r="6"/></svg>'
    )


def _around(lon: float, lat: float) -> Bbox:
    return (lon - 0.2, lat - 0.12, lon + 0.2, lat + 0.12)


def _distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    (lon, lat), (to_lon, to_lat) = ((radians(a), radians(b)) for a, b in (one, other))
    half = sin((to_lat - lat) / 2) ** 2 + cos(lat) * cos(to_lat) * sin((to_lon - lon) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(half))

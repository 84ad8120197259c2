"""Which works are told to the world, and what is told with them: delay, and stops they touch."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.core import get_global

from citycommons.act.roadworks import kept, register
from citycommons.act.roadworks.types import Forecast, HourForecast
from citycommons.core.settings import Settings
from citycommons.core.types import Bbox, PublisherId, Text
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.share.works import cifs
from citycommons.share.works.cifs import Violation
from citycommons.share.works.edition import CC0, Delay, Edition
from citycommons.store import catalogue
from citycommons.store import works as rows
from citycommons.store.work import Work

AFTERWARDS = timedelta(days=7)
"""So long works stay in the feeds when they are closed, so that whoever showed them hears of it."""
PUBLISHED = frozenset({WorksState.PERMITTED, WorksState.ACTIVE, WorksState.CLOSED})
Words = Callable[[Delay], Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which works a reader wants in a feed."""

    works: WorksId | None = None
    street: str = ""
    bbox: Bbox | None = None
    owner: PublisherId | None = None


def published(work: Work, wanted: Wanted, today: date) -> tuple[Works, ...]:
    """Permitted and active works, and those closed a few days ago, the first to begin first.

    Raises `NotFound` for works that are asked for by id and are not to be seen.
    """
    if wanted.works is not None:
        one = register.get(work, wanted.works)
        return (one,) if one.state in PUBLISHED else ()
    asked = register.Asked(
        street=wanted.street,
        bbox=wanted.bbox,
        owner=wanted.owner,
        states=PUBLISHED,
        from_day=today - AFTERWARDS,
    )
    late = register.Asked(  # those that are still open after their last day
        street=wanted.street,
        bbox=wanted.bbox,
        owner=wanted.owner,
        states=frozenset({WorksState.PERMITTED, WorksState.ACTIVE}),
        to_day=today,
    )
    found = {one.id: one for one in (*register.every(work, asked), *register.every(work, late))}
    return tuple(sorted(found.values(), key=lambda one: (one.first_day, one.id)))


def edition(
    work: Work,
    works: Iterable[Works],
    settings: Settings,
    *,
    url: str,
    language: str,
    words: Words,
    made: datetime | None = None,
) -> Edition:
    """What a feed of these works says of itself."""
    return Edition(
        city=settings.name,
        url=url.rstrip("/"),
        zone=ZoneInfo(settings.timezone),
        made=made or work.now,
        language=language,
        country=country_of(settings.timezone),
        publishers=publisher_names(work),
        contact=settings.contact,
        license=CC0,
        delays=delays(work, works, words),
    )


def publisher_names(work: Work) -> dict[PublisherId, str]:
    """Names of all who may own works, by their id."""
    return {one.id: one.name for one in catalogue.publishers(work.db)}


def country_of(timezone: str) -> str:
    """The country whose clock it is (CLDR), or nothing."""
    territories: Mapping[str, str] = get_global("zone_territories")
    found = territories.get(timezone, "")
    return found if len(found) == 2 else ""


def delays(work: Work, works: Iterable[Works], words: Words) -> dict[WorksId, Delay]:
    """How much longer trips take, for works whose forecast still holds."""
    found: dict[WorksId, Delay] = {}
    for one in works:
        forecast = forecast_of(work, one)
        if forecast is not None and (delay := delay_of(forecast)) is not None:
            found[one.id] = replace(delay, words=words(delay))
    return found


def forecast_of(work: Work, one: Works) -> Forecast | None:
    """The latest kept forecast, unless days, places or restrictions are others by now."""
    row = kept.latest(work, one.id)
    if row is None:
        return None
    number = row.forecast.revision
    if number is None or number == one.revision:
        return row.forecast
    then = rows.revision(work.db, one.id, number)
    return row.forecast if then is not None and then.works.phases == one.phases else None


def worst_hour(forecast: Forecast) -> HourForecast | None:
    """The hour in which a trip through the works takes longest."""
    hours = sorted(forecast.hours, key=lambda hour: hour.minutes_per_trip.middle)
    return hours[-1] if hours else None


def delay_of(forecast: Forecast) -> Delay | None:
    """Minutes a trip takes longer in the worst hour; None where no hour was forecast."""
    hour = worst_hour(forecast)
    if hour is None:
        return None
    minutes = hour.minutes_per_trip
    return Delay(low=minutes.low, middle=minutes.middle, high=minutes.high, made=forecast.created)


def minutes_longer(work: Work, one: Works) -> tuple[float, float, float] | None:
    """Low, middle and high of the delay, for messages to followers."""
    forecast = forecast_of(work, one)
    delay = delay_of(forecast) if forecast is not None else None
    return (delay.low, delay.middle, delay.high) if delay else None


def sent_to_waze(
    works: Iterable[Works], edition: Edition
) -> tuple[tuple[Works, ...], dict[WorksId, tuple[Violation, ...]]]:
    """Works that keep Waze's rules, and of the others which they break."""
    good: list[Works] = []
    broken: dict[WorksId, tuple[Violation, ...]] = {}
    for one in works:
        if violations := cifs.check(one, edition):
            broken[one.id] = violations
        else:
            good.append(one)
    return tuple(good), broken

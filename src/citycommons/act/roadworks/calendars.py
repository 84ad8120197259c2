"""What else happens in the city's streets, read from the city's own datasets and settings."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from citycommons.act.roadworks.coordination import Setting
from citycommons.act.roadworks.rules import (
    Calendars,
    Occasion,
    School,
    rules_with,
    school_holidays,
)
from citycommons.core.errors import CityError
from citycommons.core.settings import Settings
from citycommons.core.types import DatasetId, Field, FieldType, Version
from citycommons.share.open import look
from citycommons.store.work import Work

_MOST = 20_000  # events or schools of one dataset
_FIRST = ("start", "first", "from", "begin", "beginn", "von", "inizio", "debut", "début")
_LAST = ("end", "last", "to", "until", "ende", "bis", "fine", "fin")
_NAME = ("name", "title", "titel", "event", "school", "schule")


def setting(work: Work, settings: Settings) -> Setting:
    """By what works are weighed today in this city."""
    today = work.now.astimezone(ZoneInfo(settings.timezone)).date()
    calendars = work.known(
        ("works-calendars", settings.works_events, settings.works_schools, settings.school_region),
        lambda: _calendars(work, settings),
    )
    return Setting(today=today, rules=rules_with(settings.works_rules), calendars=calendars)


def _calendars(work: Work, settings: Settings) -> Calendars:
    return Calendars(
        occasions=tuple(one for id in settings.works_events for one in _occasions(work, id)),
        schools=tuple(_schools(work, settings.works_schools)) if settings.works_schools else (),
        holidays=school_holidays(settings.school_region),
    )


def _occasions(work: Work, id: str) -> Iterable[Occasion]:
    """Events of a dataset: a name, a first day, a last day where it lasts, a place where it has."""
    try:
        opened = look(work, DatasetId(id))
    except CityError:  # gone, or not to be read by this actor: others are weighed all the same
        return
    version = opened.version
    first, last = _column(version, _FIRST, is_day=True), _column(version, _LAST, is_day=True)
    name = _column(version, _NAME)
    if first is None or name is None:
        return
    columns = [first.name, (last or first).name, name.name, *(_geometry(version))]
    for row in opened.query(_sql(columns)).to_pylist():
        begin, end = _day(row[columns[0]]), _day(row[columns[1]])
        if begin is None:
            continue
        yield Occasion(
            name=str(row[columns[2]] or id),
            days=(begin, max(begin, end or begin)),
            place=bytes(row[columns[3]]) if len(columns) > 3 and row[columns[3]] else None,
            source=id,
        )


def _schools(work: Work, id: str) -> Iterable[School]:
    import shapely

    try:
        opened = look(work, DatasetId(id))
    except CityError:
        return
    name, shape = _column(opened.version, _NAME), opened.version.geometry
    if name is None or shape is None:
        return
    for row in opened.query(_sql([name.name, shape])).to_pylist():
        if row[shape]:
            centre = shapely.from_wkb(bytes(row[shape])).centroid
            yield School(name=str(row[name.name] or id), lon=centre.x, lat=centre.y)


def _sql(columns: list[str]) -> str:
    quoted = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in dict.fromkeys(columns))
    return f"SELECT {quoted} FROM rows LIMIT {_MOST}"


def _geometry(version: Version) -> list[str]:
    return [version.geometry] if version.geometry else []


def _column(version: Version, words: tuple[str, ...], *, is_day: bool = False) -> Field | None:
    """The first column whose name begins with, or holds, one of these words."""
    kinds = (FieldType.DATE, FieldType.DATETIME) if is_day else (FieldType.STRING,)
    fit = [one for one in version.fields if one.type in kinds]
    for word in words:
        for one in fit:
            if one.name.casefold().startswith(word):
                return one
    return next((one for word in words for one in fit if word in one.name.casefold()), None)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None

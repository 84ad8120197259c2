"""Numbers, dates and the field's codes as people read them, in each of the four languages."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, get_day_names, get_month_names
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from citycommons.core.types import Category, Field, FieldRole, FieldType
from citycommons.govern.licenses import LICENSES
from citycommons.web.language import N_, translations

Width = Literal["abbreviated", "narrow", "wide"]
LOCALES = {"en": "en_GB", "it": "it_IT", "fr": "fr_FR", "de": "de_DE"}

THEMES = {
    "AGRI": N_("Food and farming"),
    "ECON": N_("Economy and finance"),
    "EDUC": N_("Education, culture and sport"),
    "ENER": N_("Energy"),
    "ENVI": N_("Environment"),
    "GOVE": N_("Government and public sector"),
    "HEAL": N_("Health"),
    "INTR": N_("International"),
    "JUST": N_("Justice and safety"),
    "REGI": N_("City and districts"),
    "SOCI": N_("People and society"),
    "TECH": N_("Science and technology"),
    "TRAN": N_("Mobility and transport"),
}
CATEGORIES = {
    Category.ENVIRONMENTAL: N_("Environmental data"),
    Category.TRANSPARENCY: N_("Transparency data"),
    Category.PERSONAL: N_("Personal data"),
}
FREQUENCIES = {
    "CONT": N_("continuously"),
    "UPDATE_CONT": N_("continuously"),
    "HOURLY": N_("hourly"),
    "DAILY": N_("daily"),
    "WEEKLY": N_("weekly"),
    "MONTHLY": N_("monthly"),
    "QUARTERLY": N_("quarterly"),
    "ANNUAL_2": N_("twice a year"),
    "ANNUAL": N_("yearly"),
    "BIENNIAL": N_("every two years"),
    "IRREG": N_("irregularly"),
    "NEVER": N_("no longer updated"),
    "AS_NEEDED": N_("when something changes"),
}
TYPES = {
    FieldType.STRING: N_("text"),
    FieldType.INTEGER: N_("whole number"),
    FieldType.NUMBER: N_("number"),
    FieldType.BOOLEAN: N_("yes or no"),
    FieldType.DATE: N_("day"),
    FieldType.DATETIME: N_("time, UTC"),
    FieldType.TIME: N_("time of day"),
    FieldType.GEOMETRY: N_("place on the map"),
}
ROLES = {
    FieldRole.IDENTIFIER: N_("names the row"),
    FieldRole.CATEGORY: N_("category"),
    FieldRole.FLAG: N_("says what is doubtful"),
}
UNITS = {"1": "", "%": "%", "Cel": "°C", "ug/m3": "µg/m³", "km/h": "km/h", "{count}": ""}
FORMATS = {
    "csv": N_("for any spreadsheet or program"),
    "xlsx": N_("for Excel and LibreOffice"),
    "json": N_("for programs"),
    "geojson": N_("for web maps"),
    "parquet": N_("for analysis: small, typed, fast"),
    "gpkg": N_("for QGIS and other GIS"),
}


class Says:
    """Says numbers, dates and texts in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES[language])
        self._messages = translations(language)

    def _(self, message: str) -> str:
        return self._messages.gettext(message) if message else ""

    def text(self, text: Mapping[str, str]) -> str:
        """The text in this language, else in English, else in whichever there is."""
        return text.get(self.language) or text.get("en") or next(iter(text.values()), "")

    def tongue(self, text: Mapping[str, str]) -> str:
        """The language `text()` answers in, for the `lang` attribute."""
        if text.get(self.language):
            return self.language
        return "en" if text.get("en") else next(iter(text), self.language)

    def number(self, value: float | int | None, digits: int | None = None) -> str:
        """A number with the language's separators; `digits` decimals, or as many as it needs."""
        if value is None:
            return "–"
        if digits is None:
            size = abs(value)
            digits = 0 if isinstance(value, int) or size >= 100 or value == int(value) else 1
            digits = 2 if 0 < size < 10 and digits else digits
            digits = 3 if 0 < size < 0.1 and digits else digits
        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return format_decimal(value, format=pattern, locale=self.locale).replace("-", "−")

    def compact(self, value: float) -> str:
        """A large number in few signs: 10.4M."""
        digits = 1 if value >= 1000 else 0
        return format_compact_decimal(value, locale=self.locale, fraction_digits=digits)

    def percent(self, share: float) -> str:
        """A share of 0..1 in per cent; never 0 % of something, never 100 % of not quite all."""
        digits = 0 if 0.1 <= share <= 0.9 or share in (0, 1) else 1
        shown = min(max(share, 0.001), 0.999) if 0 < share < 1 else share
        return format_percent(
            shown,
            format="#,##0" + ("." + "#" * digits if digits else "") + " %",
            locale=self.locale,
        )

    def bytes(self, size: int) -> str:
        """A file's size, decimal units."""
        value, unit = float(size), "B"
        for unit in ("B", "kB", "MB", "GB", "TB"):
            if value < 1000 or unit == "TB":
                break
            value /= 1000
        return f"{self.number(value, 0 if unit == 'B' or value >= 10 else 1)} {unit}"

    def date(self, value: date | datetime | str | None, form: str = "long") -> str:
        """A day: 21 August 2026."""
        found = _day(value)
        return format_date(found, format=form, locale=self.locale) if found else "–"

    def time(self, value: datetime | str, form: str = "medium", zone: str = "UTC") -> str:
        """Day and time, in UTC or where the city lives."""
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        place = UTC if zone == "UTC" else ZoneInfo(zone)
        return format_datetime(
            moment.astimezone(place), format=form, locale=self.locale, tzinfo=place
        )

    def hour(self, hour: int) -> str:
        """An hour of the day: 17:00."""
        return format_time(time(hour), format="HH:mm", locale=self.locale)

    def weekday(self, index: int, width: Width = "wide") -> str:
        """Monday is 0."""
        return str(get_day_names(width, context="stand-alone", locale=self.locale)[index])

    def month(self, index: int, width: Width = "wide") -> str:
        """January is 1."""
        return str(get_month_names(width, context="stand-alone", locale=self.locale)[index])

    def period(self, first: str, last: str) -> str:
        """From when to when a version reaches."""
        return f"{self.date(first, 'medium')} – {self.date(last, 'medium')}"

    def license(self, id: str) -> str:
        """What a licence allows, in words."""
        return self.text(LICENSES[id].words) if id in LICENSES else id

    def theme(self, code: str) -> str:
        return self._(THEMES[code]) if code in THEMES else code or self._(N_("Other"))

    def category(self, category: Category | str) -> str:
        known = category in set(Category)  # an address may hold any text
        return self._(CATEGORIES[Category(category)]) if known else str(category)

    def frequency(self, code: str) -> str:
        return self._(FREQUENCIES[code]) if code in FREQUENCIES else code.replace("_", " ").lower()

    def format_words(self, format: str) -> str:
        return self._(FORMATS.get(format, ""))

    def field_title(self, field: Field) -> str:
        """A column's name as people read it."""
        return self.text(field.title) or field.name.replace("_", " ")

    def field_kind(self, field: Field) -> str:
        """Type, or role where that says more; the unit where there is one."""
        if field.unit:
            return self.unit(field.unit)
        return self._(ROLES.get(field.role) or TYPES[field.type])

    def unit(self, code: str) -> str:
        """A UCUM unit as it is written: `ug/m3` → µg/m³; annotations lose their braces."""
        if code in UNITS:
            return UNITS[code]
        if self.language != "en":
            code = re.sub(r"\{[^}]*\}", "", code)  # annotations of UCUM are English words
        return code.replace("{", "").replace("}", "")

    def cell(self, value: Any, field: Field) -> str:
        """One cell of a table."""
        if value is None or value == "":
            return ""
        if field.type is FieldType.BOOLEAN:
            return self._(N_("yes")) if value else self._(N_("no"))
        if field.type in (FieldType.INTEGER, FieldType.NUMBER):
            if field.role in (FieldRole.IDENTIFIER, FieldRole.CATEGORY):
                return f"{value:g}" if isinstance(value, float) else str(value)
            return self.number(value, 0 if field.type is FieldType.INTEGER else 6)
        if field.type is FieldType.DATETIME:
            return _moment(value).strftime("%Y-%m-%d %H:%M")
        if field.type is FieldType.DATE:
            return str(value)[:10]
        return str(value)


def _moment(value: datetime | str) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(value: date | datetime | str | None) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC).date() if isinstance(value, datetime) and value.tzinfo else value


@cache
def says(language: str) -> Says:
    """The one that speaks a language."""
    return Says(language)

"""Says words, numbers and days of a statement in one language; the words stand in `words.toml`.

They are not page texts: the report of a quarter is written by the clock and by a command, where no
page is, and must say the same as the page.
"""

import math
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from citycommons.core.types import LANGUAGES, Text
from citycommons.measure.impact.figures import Figure
from citycommons.measure.impact.period import Period

_LOCALES = {"en": "en_GB", "it": "it_IT", "fr": "fr_FR", "de": "de_DE"}
_SMALL = 10
_FRENCH = re.compile(r" [:;?!»]|« ")


class Say:
    """Speaks one of the four languages; any other tag is answered in English."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._locale = Locale.parse(_LOCALES[self.language])

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, filled in."""
        return words()[key][self.language].format(**values)

    def has(self, key: str) -> bool:
        return key in words()

    def text(self, text: Text) -> str:
        """The text in this language, else in English, else in whichever there is."""
        return text.get(self.language) or text.get("en") or next(iter(text.values()), "")

    def day(self, value: date | str, form: str = "long") -> str:
        found = date.fromisoformat(value) if isinstance(value, str) else value
        return str(format_date(found, format=form, locale=self._locale))

    def number(self, value: float) -> str:
        """A number with the language's separators, with as many decimals as it needs."""
        size = abs(value)
        digits = 0 if float(value).is_integer() or size >= 10 * _SMALL else 1
        digits = 2 if digits and size < _SMALL else digits
        digits = min(6, 1 - math.floor(math.log10(size))) if 0 < size < 1 / _SMALL else digits
        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=self._locale)).replace("-", "−")

    def amount(self, value: float, unit: str) -> str:
        """A number with its unit: money by its currency, a share in per cent."""
        if unit == "1":
            return self.percent(value)
        if unit == "a":
            return self("years", value=self.number(value))
        if _is_currency(unit):
            money = format_currency(
                value, unit, locale=self._locale, currency_digits=False, format=self._money
            )
            return str(money).replace("-", "−")
        return self.number(value)

    @property
    def _money(self) -> str:
        """The language's own place of the currency, without cents."""
        pattern = str(self._locale.currency_formats["standard"].pattern)
        return pattern.replace(".00", "")

    def percent(self, share: float) -> str:
        """A share of 0..1 in per cent."""
        digits = "" if round(share * 100, 1).is_integer() or abs(share) >= 0.1 else ".0"
        return self._percent(share, "#,##0" + digits)

    def change(self, share: float) -> str:
        """A change with its sign."""
        return self._percent(share, "+#,##0;-#,##0")

    def _percent(self, share: float, pattern: str) -> str:
        plus, *minus = pattern.split(";")
        gap = "\u202f" if self.language == "fr" else "\xa0"  # never breaks the line
        whole = ";".join(f"{part}{gap}%" for part in (plus, *minus))
        return str(format_percent(share, format=whole, locale=self._locale)).replace("-", "−")

    def range(self, figure: Figure) -> str:
        """The figure's range, empty where it has none."""
        if figure.low is None or figure.high is None or figure.low == figure.high:
            return ""
        low, high = (self.amount(one, figure.unit) for one in (figure.low, figure.high))
        return self("range", low=low, high=high)

    def period(self, period: Period) -> str:
        if not period.quarter:
            return self("year", year=period.year)
        return self("quarter", quarter=period.quarter, year=period.year)

    def days(self, period: Period) -> str:
        return self("days", first=self.day(period.first_day), last=self.day(period.last_day))


def _is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isalpha() and unit.isupper()


@cache
def say(language: str) -> Say:
    """The one who speaks a language."""
    return Say(language)


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """All words: key → language → text."""
    with (Path(__file__).parent / "words.toml").open("rb") as stream:
        found = tomllib.load(stream)
    for texts in found.values():
        texts["fr"] = _FRENCH.sub(_together, texts["fr"])
    return found


def _together(match: re.Match[str]) -> str:
    """French sets a space before high signs, at which no line breaks."""
    return match[0].replace(" ", "\xa0")

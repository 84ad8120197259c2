"""What was typed into a form of the ledger, read field by field; every fault is told at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from citycommons.core.errors import Invalid
from citycommons.core.goals import Range
from citycommons.core.types import LANGUAGES
from citycommons.web.forms import FormBody

_Word = TypeVar("_Word", bound=StrEnum)
_MOST_STEPS = 60
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009'’]")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")


@dataclass(slots=True)
class Typed:
    """Values by name, shown again when they cannot be used; reading one notes what is wrong."""

    values: dict[str, str]
    many: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[dict[str, str]] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def has(self, name: str, value: str) -> bool:
        return value in self.many.get(name, ())

    def steps(self) -> range:
        """Places for steps: those that are filled in, and one more."""
        used = [n for n in range(_MOST_STEPS) if self._is_used(n)]
        return range(min(_MOST_STEPS, max(used, default=-1) + 2))

    def _is_used(self, n: int) -> bool:
        return any(words for name, words in self.values.items() if name.startswith(f"s{n}-"))

    def wrong(self, name: str, message: str) -> None:
        """Note a fault of a field."""
        self.faults.append({"field": name, "message": message})

    def check(self) -> None:
        """Raise `Invalid` with all that was noted."""
        if self.faults:
            said = " ".join(one["message"] for one in self.faults)
            raise Invalid(said, column=self.faults[0]["field"], faults=self.faults)

    def text(self, name: str, longest: int = 2000) -> str:
        return self.get(name)[:longest].strip()

    def texts(self, name: str) -> dict[str, str]:
        """One text in each language that was filled in."""
        found = {tag: self.get(f"{name}-{tag}")[:10_000].strip() for tag in LANGUAGES}
        return {tag: words for tag, words in found.items() if words}

    def names(self, name: str) -> tuple[str, ...]:
        """Several names between commas, semicolons or blanks, each once."""
        return tuple(dict.fromkeys(one for one in re.split(r"[\s,;]+", self.get(name)) if one))

    def number(self, name: str, fault: str = "") -> float | None:
        """A number as people write it; None if there is none."""
        text = self.get(name)
        if not text.strip():
            return None
        try:
            return number(text)
        except Invalid as error:
            self.wrong(fault or name, error.message)
            return None

    def whole(self, name: str, default: int) -> int:
        found = self.number(name)
        if found is None:
            return default
        if not found.is_integer() or abs(found) > 1e9:
            self.wrong(name, f"“{self.get(name)[:40]}” is no whole number.")
            return default
        return int(found)

    def range(self, name: str, default: float | None = None) -> Range:
        """Lowest, most likely, highest; the most likely alone is known exactly."""
        low, likely, high = (
            self.number(f"{name}-{end}", name) for end in ("low", "likely", "high")
        )
        if likely is None and low is not None and high is not None:
            likely = (low + high) / 2
        if likely is None:
            likely = default
        if likely is None:
            if not any(one["field"] == name for one in self.faults):
                self.wrong(name, "Give at least the most likely number.")
            likely = 0.0
        return Range(
            low=likely if low is None else low,
            likely=likely,
            high=likely if high is None else high,
        )

    def day(self, name: str, fault: str = "") -> date | None:
        text = self.get(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(fault or name, f"“{text[:40]}” is no day: write it as 2026-03-31.")
            return None

    def word(self, kind: type[_Word], name: str, default: _Word) -> _Word:
        """One word of a list."""
        text = self.get(name)
        if text in [one.value for one in kind]:
            return kind(text)
        if text:
            self.wrong(name, "Choose one of the list.")
        return default

    def words(self, kind: type[_Word], name: str) -> frozenset[_Word]:
        """Some words of a list; others are left out."""
        known = {one.value for one in kind}
        return frozenset(kind(one) for one in self.many.get(name, ()) if one in known)


def number(text: str) -> float:
    """A number with a point or a comma before its decimals, and blanks between thousands.

    Raises `Invalid` where it could be read in two ways: 1.234 is a thousand in German and a little
    more than one in English.

    >>> number("1 234,5"), number("0.25"), number("1,234,567")
    (1234.5, 0.25, 1234567.0)
    """
    plain = _BLANKS.sub("", text).replace("−", "-")
    if _THOUSANDS.fullmatch(plain) and len(set(plain) & set(".,")) == 1:
        if plain.count(".") + plain.count(",") == 1 and not plain.lstrip("+-").startswith("0"):
            bare = plain.replace(".", "").replace(",", "")
            raise Invalid(
                f"“{text[:40]}” can be read in two ways: write {bare}, or with other decimals."
            )
        if not plain.lstrip("+-").startswith("0"):
            plain = plain.replace(".", "").replace(",", "")
    if "," in plain and "." in plain:
        first, last = sorted(",.", key=plain.rfind)
        plain = plain.replace(first, "")
        plain = plain.replace(last, ".")
    plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain) or not isfinite(float(plain)):
        raise Invalid(f"“{text[:40]}” is no number. Write it as 1234.5.")
    return float(plain)


def written(value: float) -> str:
    """A number as a form shows it: with a zero more where it could be read in two ways.

    >>> written(1.5), written(1.234)
    ('1.5', '1.2340')
    """
    text = f"{value:.15g}"
    return f"{text}0" if _THOUSANDS.fullmatch(text) else text


def typed(form: FormBody) -> Typed:
    """The form as it came."""
    names = form.starting("")
    return Typed(names, {name: tuple(form.all(name)) for name in names})


def ends(name: str, one: Range) -> Iterable[tuple[str, str]]:
    """The three fields of a range; one that is exact fills the middle alone."""
    yield f"{name}-likely", written(one.likely)
    if one.low != one.high:
        yield f"{name}-low", written(one.low)
        yield f"{name}-high", written(one.high)

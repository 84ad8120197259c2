"""What has to hold of an entry before it is kept; everything that is wrong is said at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import msgspec
from babel.core import get_global
from babel.numbers import list_currencies

from citycommons.core.errors import Invalid
from citycommons.core.goals import (
    Baseline,
    Benefit,
    Cost,
    CostKind,
    Goal,
    Indicator,
    Problem,
    Range,
    Step,
    StudyLink,
    Thing,
    UnitValue,
)
from citycommons.core.types import LANGUAGES, Text

FIRST_YEAR, LAST_YEAR = 1950, 2150
MOST_YEARS = 125  # the Green Book's schedule ends there
_LONGEST_TITLE, _LONGEST_TEXT, _MOST_STEPS = 300, 10_000, 200
_LONGEST_SQL = 20_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_UNIT = re.compile(r"[A-Za-z0-9%\[\]'\"*/.^()\-]*(\{[^{}\s][^{}]*\}[A-Za-z0-9%/.]*)*")
_PINNED = re.compile(r"[a-z0-9][a-z0-9_-]*@[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the field as a form calls it, and a sentence."""

    field: str
    message: str


def check(faults: list[Fault]) -> None:
    """Raise `Invalid` that says all of them; `faults` lists them by field."""
    if faults:
        raise Invalid(
            " ".join(one.message for one in faults),
            column=faults[0].field,
            faults=[{"field": one.field, "message": one.message} for one in faults],
        )


def faults_of(thing: Thing, today: date) -> list[Fault]:
    """Everything that is wrong with the entry by itself."""
    found = [*_written(thing), *_text("title", thing.title, _LONGEST_TITLE, is_needed=True)]
    if isinstance(thing, Problem):
        found += _text("description", thing.description, _LONGEST_TEXT)
    elif isinstance(thing, Goal):
        found += _goal(thing, today)
    elif isinstance(thing, Benefit):
        found += _benefit(thing)
    elif isinstance(thing, Cost):
        found += _cost(thing)
    else:
        found += _unit_value(thing, today)
    return found


def pins(source: str) -> tuple[str, ...]:
    """Each `dataset@digest` of a source that names nothing else; empty for a sentence.

    >>> pins("told by the police")
    ()
    """
    parts = source.split()
    return tuple(parts) if parts and all(_PINNED.fullmatch(one) for one in parts) else ()


def is_country(code: str) -> bool:
    """Whether it is a code of ISO 3166-1 alpha-2, or EU."""
    known: Mapping[str, object] = get_global("territory_currencies")
    return code == "EU" or (len(code) == 2 and code in known)


def is_currency(code: str) -> bool:
    """Whether it is a code of ISO 4217, as CLDR lists them."""
    return code in list_currencies()


def _written(thing: Thing) -> Iterator[Fault]:
    """Faults of whatever somebody typed, wherever it stands."""
    for field, value in msgspec.to_builtins(thing).items():
        words = list(_strings(value))
        if any(_CONTROL.search(one) for one in words):
            yield Fault(field, f"The {_said(field)} holds a character that cannot be written.")
        if any(len(one) > _LONGEST_SQL for one in words):
            yield Fault(field, f"The {_said(field)} is longer than {_LONGEST_SQL} characters.")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _said(field: str) -> str:
    return field.replace("_", " ")


def _text(field: str, text: Text, longest: int, *, is_needed: bool = False) -> Iterator[Fault]:
    if unknown := sorted(set(text) - set(LANGUAGES)):
        said = ", ".join(LANGUAGES)
        yield Fault(field, f"Texts are in {said}; “{unknown[0][:40]}” is none of these.")
    if is_needed and not any(words.strip() for words in text.values()):
        yield Fault(field, f"The {field} is empty: say it in at least one language.")
    if any(len(words) > longest for words in text.values()):
        yield Fault(field, f"The {field} is longer than {longest} characters.")


def _range(
    field: str, one: Range, *, share: bool = False, least: float | None = None
) -> Iterator[Fault]:
    name = _said(field)
    if not all(isfinite(value) for value in (one.low, one.likely, one.high)):
        yield Fault(field, f"The {name} needs three finite numbers.")
    elif not one.low <= one.likely <= one.high:
        yield Fault(
            field,
            f"The {name} runs from {one.low:g} over {one.likely:g} to {one.high:g}: give the "
            "lowest, the most likely and the highest in this order.",
        )
    elif share and not (one.low >= 0 and one.high <= 1):
        yield Fault(field, f"The {name} is a share: its ends lie between 0 and 1.")
    elif least is not None and one.low < least:
        yield Fault(field, f"The {name} cannot be below {least:g}.")


def _goal(one: Goal, today: date) -> Iterator[Fault]:
    yield from _indicator(one.indicator)
    if one.baseline is not None:
        yield from _baseline(one.baseline, today)
    if one.target is not None and not isfinite(one.target):
        yield Fault("target", "The target needs a finite number.")
    if one.due is not None:
        yield from _day("due", "The due date", one.due)
    if one.target is not None and one.baseline is not None and isfinite(one.target):
        yield from _direction(one.indicator, one.baseline.value, one.target)
    if len(one.steps) > _MOST_STEPS:
        yield Fault("steps", f"A goal has up to {_MOST_STEPS} steps.")
    for number, step in enumerate(one.steps, start=1):
        yield from _step(number, step)
    for number, review in enumerate(one.reviews, start=1):
        if not review.seen.strip():
            yield Fault("reviews", f"Review {number} does not say what was seen.")
        if review.day > today:
            yield Fault("reviews", f"Review {number} lies in the future, on {review.day}.")


def _indicator(one: Indicator) -> Iterator[Fault]:
    yield from _text("indicator", one.name, _LONGEST_TITLE, is_needed=True)
    yield from _unit(one.unit)
    if one.sql and not one.datasets:
        yield Fault("datasets", "The question names no dataset that it asks.")
    if one.datasets and not one.sql:
        yield Fault("sql", "Datasets are named, but no question is put to them.")
    if len(set(one.datasets)) < len(one.datasets):
        yield Fault("datasets", "A dataset is named twice.")


def _baseline(one: Baseline, today: date) -> Iterator[Fault]:
    if not isfinite(one.value):
        yield Fault("baseline", "The baseline needs a finite number.")
    if one.day > today:
        yield Fault("baseline", f"The baseline is of {one.day}, a day that is still to come.")
    yield from _day("baseline", "The baseline's day", one.day)
    if not one.source.strip():
        yield Fault("baseline", "Say where the baseline comes from: measured, or by whom stated.")


def _direction(indicator: Indicator, baseline: float, target: float) -> Iterator[Fault]:
    if target != baseline and (target < baseline) != (indicator.better == "lower"):
        yield Fault(
            "target",
            f"{indicator.better.value} is better, but the target {target:g} lies on the other "
            f"side of the baseline {baseline:g}.",
        )


def _step(number: int, one: Step) -> Iterator[Fault]:
    yield from _text("steps", one.title, _LONGEST_TITLE, is_needed=True)
    for day in (one.first_day, one.last_day):
        if day is not None:
            yield from _day("steps", f"A day of step {number}", day)
    if one.first_day and one.last_day and one.last_day < one.first_day:
        yield Fault("steps", f"Step {number} ends on {one.last_day}, before it begins.")


def _benefit(one: Benefit) -> Iterator[Fault]:
    yield from _text("beneficiaries", one.beneficiaries, _LONGEST_TITLE, is_needed=True)
    yield from _range("quantity", one.quantity)
    if not one.quantity_source.strip():
        yield Fault("quantity_source", "Say where the quantity comes from.")
    for field in ("attribution", "deadweight", "displacement", "drop_off"):
        yield from _range(field, getattr(one, field), share=True)
    yield from _years(one.first_year, one.years)
    if one.study is not None:
        yield from _study(one.study)


def _study(one: StudyLink) -> Iterator[Fault]:
    if not one.evaluation and not one.link:
        yield Fault("study", "Name the study: an evaluation that is kept here, or its address.")
    if one.link and not _is_address(one.link):
        yield Fault("study", "The study's address begins with https:// or http://.")
    if one.link and not one.title.strip():
        yield Fault("study", "A study from elsewhere needs its title.")


def _cost(one: Cost) -> Iterator[Fault]:
    if one.goal and one.dataset:
        yield Fault("goal", "A cost is of a goal or of a dataset: name one of them.")
    yield from _range("quantity", one.quantity, least=0)
    if one.kind is CostKind.STAFF and one.value is None:
        yield Fault("value", "Hours of staff need a unit value: what an hour costs.")
    if not is_currency(one.currency):
        yield Fault("currency", f"“{one.currency[:10]}” is no currency. Write it as EUR or GBP.")
    if not one.source.strip():
        yield Fault("source", "Say where the amount comes from: a bill, a contract, a log.")
    yield from _years(one.first_year, one.years)


def _unit_value(one: UnitValue, today: date) -> Iterator[Fault]:
    if not one.unit:
        yield Fault("unit", "Say which unit it is the value of, such as h or {death}.")
    yield from _unit(one.unit)
    yield from _range("amount", one.amount)
    if not is_currency(one.currency):
        yield Fault("currency", f"“{one.currency[:10]}” is no currency. Write it as EUR or GBP.")
    if not is_country(one.country):
        yield Fault("country", f"“{one.country[:10]}” is no country. Write it as IT, or EU.")
    if not one.source.strip():
        yield Fault("source", "A unit value needs its source: who published it, and where.")
    for field, year in (("year", one.year), ("price_year", one.price_year)):
        if not FIRST_YEAR <= year <= today.year:
            name = _said(field)
            yield Fault(field, f"The {name} {year} is not between {FIRST_YEAR} and {today.year}.")
    if one.link and not _is_address(one.link):
        yield Fault("link", "The source's address begins with https:// or http://.")
    if one.expires is not None:
        yield from _day("expires", "The day from which it is out of date", one.expires)


def _unit(unit: str) -> Iterator[Fault]:
    if len(unit) > 60 or not _UNIT.fullmatch(unit):
        yield Fault(
            "unit", f"“{unit[:60]}” is no unit. Write it in UCUM, or a word in braces: {{crash}}/a."
        )


def _years(first: int, years: int) -> Iterator[Fault]:
    if not FIRST_YEAR <= first <= LAST_YEAR:
        yield Fault("first_year", f"{first} is not between {FIRST_YEAR} and {LAST_YEAR}.")
    if not 1 <= years <= MOST_YEARS:
        yield Fault("years", f"It lasts 1 to {MOST_YEARS} years.")


def _day(field: str, name: str, day: date) -> Iterator[Fault]:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        yield Fault(field, f"{name}, {day}, is not between {FIRST_YEAR} and {LAST_YEAR}.")


def _is_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and len(link) <= 2000

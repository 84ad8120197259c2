"""Unit values that come with the program: data with a source, made entries that a city can revise.

The values of travel time stand once, with the forecasts of road works (`act.roadworks.facts`).
"""

import tomllib
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from citycommons.act.roadworks import facts
from citycommons.core.errors import NotFound
from citycommons.core.goals import Range, UnitValue, ValueId
from citycommons.core.types import LANGUAGES
from citycommons.measure.goals import keeping
from citycommons.store import ledger
from citycommons.store.work import Work

_PERSON = ValueId("eu-person-hour")
_HOURS = {  # an hour of a car with the people in it, by the names of `act.roadworks.facts`
    ValueId("eu-vehicle-hour"): ("EU-25", "EU"),
    ValueId("gb-vehicle-hour"): ("GB", "GB"),
}
_LASTS_YEARS = 11  # to the first day after ten years, as in facts/unit_values.toml
_WORDS = {
    "en": "An hour of a car and its passengers",
    "de": "Eine Stunde eines Autos mit Insassen",
    "fr": "Une heure d’une voiture et de ses occupants",
    "it": "Un’ora di un’auto con i suoi occupanti",
}

_OWN_TIME = {
    "en": "An hour of a person’s own time (EU-25)",
    "de": "Eine Stunde eigener Zeit eines Menschen (EU-25)",
    "fr": "Une heure du temps libre d’une personne (EU-25)",
    "it": "Un’ora del tempo libero di una persona (EU-25)",
}


@cache
def shipped() -> dict[ValueId, UnitValue]:
    """All that come with the program, by id; none is used before it is loaded."""
    text = files(f"{__package__}.facts").joinpath("unit_values.toml").read_text("utf-8")
    tables: dict[str, dict[str, Any]] = tomllib.loads(text)
    found = {ValueId(id): read(ValueId(id), table) for id, table in tables.items()}
    hours = {id: _hour(id, *names) for id, names in _HOURS.items()}
    return found | hours | {_PERSON: _person(hours[ValueId("eu-vehicle-hour")])}


def load(work: Work, *ids: ValueId) -> tuple[UnitValue, ...]:
    """Make shipped values (all, or the named ones) entries of the ledger; what is there stays.

    Raises `Forbidden` without the right to keep the city's values, `NotFound` for an unknown id.
    """
    known = shipped()
    if unknown := [id for id in ids if id not in known]:
        raise NotFound(f"No unit value “{unknown[0]}” comes with the program: {', '.join(known)}.")
    wanted = ids or tuple(known)
    there = ledger.of_ids(work.db, wanted)
    why = "Comes with the program"
    return tuple(keeping.save(work, known[id], why) for id in wanted if id not in there)


def read(id: ValueId, table: dict[str, Any]) -> UnitValue:
    """A unit value as a file of facts states it."""
    low, likely, high = (float(one) for one in table["amount"])
    return UnitValue(
        id=id,
        title=table["title"],
        unit=table["unit"],
        amount=Range(low=low, likely=likely, high=high),
        currency=table["currency"],
        price_year=table["price_year"],
        country=table["country"],
        source=table["source"],
        year=table["year"],
        link=table.get("link", ""),
        expires=table.get("expires"),
        is_checked=table["checked"],
    )


def _hour(id: ValueId, name: str, country: str) -> UnitValue:
    known = facts.value_of_time(name)
    return UnitValue(
        id=id,
        title={language: f"{_WORDS[language]} ({name})" for language in LANGUAGES},
        unit="h",
        amount=Range(low=known.per_hour, likely=known.per_hour, high=known.per_hour),
        currency=known.currency,
        price_year=known.year,
        country=country,
        source=known.source,
        year=known.published,
        expires=date(known.year + _LASTS_YEARS, 1, 1),
    )


def _person(vehicle: UnitValue) -> UnitValue:
    """An hour of a person's own time, as for purposes other than work and the way there."""
    amount = facts.number("values_of_time", "EU-25", "other")
    return replace(
        vehicle,
        id=_PERSON,
        title=_OWN_TIME,
        amount=Range(low=amount, likely=amount, high=amount),
        source=str(facts.table("values_of_time")["EU-25"]["source"])
        + " (remembered); other purposes",
    )

"""What has to hold of works before they are kept: dates, places and words that can be used."""

import re
from datetime import date
from math import isfinite

from citycommons.core.errors import Invalid
from citycommons.core.types import LANGUAGES, Text
from citycommons.core.works import Effect, Line, Measure, Phase, Works

STAYS_OPEN = frozenset({"foot", "bicycle", "bus", "emergency", "residents"})
_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 1, 1)
_MOST_PHASES, _MOST_MEASURES, _MOST_POSITIONS = 100, 200, 5000
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")  # of a language, as nl or pt-BR
_MOST_LANGUAGES = 30
_LONGEST_TITLE, _LONGEST_TEXT, _MOST_STREETS = 300, 10_000, 50


def check(works: Works) -> None:
    """Raise `Invalid` that names the field and the first thing that is wrong with it.

    What came by a feed may leave unsaid what its standard need not say (a street's name, how many
    lanes are left), and speak the feed's own languages: else a partner's works would be lost.
    """
    came = bool(works.source)
    _check_text(works.title, "title", _LONGEST_TITLE, came, is_needed=True)
    _check_text(works.description, "description", _LONGEST_TEXT, came)
    _check_text(works.detour_words, "detour", _LONGEST_TEXT, came)
    if works.streets or not came:
        _check_streets(works.streets)
    if unknown := sorted(works.stays_open_to - STAYS_OPEN):
        raise Invalid(
            f"Nothing stays open to “{unknown[0]}”: say {', '.join(sorted(STAYS_OPEN))}.",
            column="stays_open_to",
        )
    if not 0 < len(works.phases) <= _MOST_PHASES:
        raise Invalid(f"Works have 1 to {_MOST_PHASES} phases.", column="phases")
    for number, phase in enumerate(works.phases, start=1):
        _check_phase(phase, _called(number), came)
    if works.detour:
        _check_line(works.detour, "The detour", "detour_line")


def _called(number: int) -> str:
    return f"Phase {number}"


def _check_text(
    text: Text, word: str, longest: int, came: bool, *, is_needed: bool = False
) -> None:
    unknown = sorted(set(text) - set(LANGUAGES))
    if came:
        unknown = [tag for tag in unknown if not _TAG.fullmatch(tag)]
    if unknown or len(text) > _MOST_LANGUAGES:
        raise Invalid(
            f"Texts are in {', '.join(LANGUAGES)}; “{[*unknown, *text][0][:40]}” is none of these.",
            column=word,
        )
    if is_needed and not any(words.strip() for words in text.values()):
        raise Invalid("Say in a few words what is done: works need a title.", column=word)
    if any(len(words) > longest for words in text.values()):
        raise Invalid(f"The {word} is longer than {longest} characters.", column=word)


def _check_streets(streets: tuple[str, ...]) -> None:
    if not streets or not all(name.strip() for name in streets):
        raise Invalid("Name the street, the main one first.", column="streets")
    if len(streets) > _MOST_STREETS or any(len(name) > _LONGEST_TITLE for name in streets):
        raise Invalid(
            f"Name up to {_MOST_STREETS} streets of {_LONGEST_TITLE} characters each.",
            column="streets",
        )


def _check_phase(phase: Phase, word: str, came: bool) -> None:
    if phase.last_day < phase.first_day:
        raise Invalid(
            f"{word} ends on {phase.last_day}, before it begins on {phase.first_day}.",
            column="last_day",
        )
    for field, day in (("first_day", phase.first_day), ("last_day", phase.last_day)):
        if not _EARLIEST <= day < _LATEST:
            raise Invalid(
                f"{word}: {day} is not between {_EARLIEST.year} and {_LATEST.year}.", column=field
            )
    if not phase.weekdays or not phase.weekdays <= frozenset(range(7)):
        raise Invalid(f"{word} needs at least one day of the week.", column="weekdays")
    if phase.closes is not None and phase.closes == phase.opens:
        raise Invalid(f"{word} begins and ends at the same hour of the day.", column="closes")
    if not 0 < len(phase.measures) <= _MOST_MEASURES:
        raise Invalid(
            f"{word} needs 1 to {_MOST_MEASURES} measures: what is closed, and where.",
            column="measures",
        )
    for measure in phase.measures:
        _check_measure(measure, word, came)


def _check_measure(measure: Measure, word: str, came: bool) -> None:
    _check_line(measure.line, word, "line")
    lanes, left = measure.lanes_total, measure.lanes_open
    if (lanes is not None and not 0 < lanes <= 20) or (left is not None and not 0 <= left <= 20):
        raise Invalid(f"{word}: a direction has 1 to 20 lanes.", column="lanes_open")
    if lanes is not None and left is not None and left > lanes:
        raise Invalid(f"{word}: {left} of {lanes} lanes cannot be open.", column="lanes_open")
    if measure.effect is Effect.LANES and left is None and not came:
        raise Invalid(f"{word}: say how many lanes stay open.", column="lanes_open")
    if measure.effect is Effect.SPEED and measure.speed_kmh is None:
        raise Invalid(f"{word}: say which speed is allowed.", column="speed_kmh")
    if measure.speed_kmh is not None and not 0 < measure.speed_kmh <= 200:
        raise Invalid(f"{word}: a speed is between 1 and 200 km/h.", column="speed_kmh")
    if not 0 <= measure.parking_lost <= 100_000:
        raise Invalid(f"{word}: places to park lost cannot be counted so.", column="parking_lost")


def _check_line(line: Line, word: str, field: str) -> None:
    if not 2 <= len(line) <= _MOST_POSITIONS:
        raise Invalid(
            f"{word} needs a line of 2 to {_MOST_POSITIONS} positions, in driving order.",
            column=field,
        )
    for lon, lat in line:
        if not (isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
            raise Invalid(
                f"{word}: {lon}, {lat} is no longitude and latitude in degrees.", column=field
            )
    if len(set(line)) < 2:
        raise Invalid(f"{word}: the line has no length.", column=field)

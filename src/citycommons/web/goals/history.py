"""What was changed from one state of an entry to the next, field by field, as people read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from citycommons.core.goals import Range, Thing
from citycommons.measure.goals.ledger import Past
from citycommons.web.goals.words import FIELDS
from citycommons.web.language import N_
from citycommons.web.presentation import Says

_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field before and after, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One state with what it changed; the oldest one changed nothing."""

    past: Past
    differences: tuple[Difference, ...]


def lines(history: Sequence[Past], says: Says) -> list[Line]:
    """Each state beside the one before it, newest first."""
    found = []
    for now, before in zip(history, [*history[1:], None], strict=True):
        changed = tuple(differences(before.thing, now.thing, says)) if before else ()
        found.append(Line(past=now, differences=changed))
    return found


def differences(before: Thing, after: Thing, says: Says) -> Iterator[Difference]:
    """Fields that differ, but for the number of the revision."""
    for one in fields(after):
        old, new = getattr(before, one.name, None), getattr(after, one.name)
        if one.name != "revision" and old != new:
            yield Difference(
                field=FIELDS.get(one.name, one.name), before=said(old, says), after=said(new, says)
            )


def said(value: Any, says: Says) -> str:
    """A value of an entry in words; nested ones part by part."""
    return _said(value, says)[:_LONGEST] or "–"


def _said(value: Any, says: Says) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return says._(N_("yes")) if value else says._(N_("no"))
    if isinstance(value, Range):
        return f"{value.low:g} · {value.likely:g} · {value.high:g}"
    if isinstance(value, date):
        return says.date(value, "medium")
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return " · ".join(f"{text} ({tag})" for tag, text in value.items())
    if isinstance(value, frozenset | tuple | list):
        return "; ".join(sorted(_said(one, says) for one in value))
    if is_dataclass(value):
        parts = ((one.name, _said(getattr(value, one.name), says)) for one in fields(value))
        return ", ".join(
            f"{says._(FIELDS.get(name, name))}: {text}" for name, text in parts if text
        )
    return str(value)

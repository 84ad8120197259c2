"""Badges of datasets: computed from what is recorded, each with its reason; criteria are data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from citycommons.core.errors import Invalid
from citycommons.core.reuses import ReuseKind

SHAPES = ("square", "triangle", "pentagon", "rings", "bubble", "star")
MEASURES = ("apps", "research", "schools", "elsewhere", "answers", "quality")
_KINDS = {
    "apps": (ReuseKind.APP, ReuseKind.SERVICE),
    "research": (ReuseKind.RESEARCH, ReuseKind.ARTICLE),
    "schools": (ReuseKind.SCHOOL,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """From how many of what on a badge is given."""

    id: str
    measure: str
    at_least: int
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A badge that a dataset has, and why: so many of its measure."""

    criterion: Criterion
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is recorded of a dataset."""

    reuses: Mapping[ReuseKind, int]  # confirmed
    elsewhere: int = 0  # other portals with a verified copy
    answers: int = 0  # requests for data that it answers
    quality: int = 0  # of nine checks that hold


def of(record: Record) -> tuple[Badge, ...]:
    """The badges it has, in the order of the criteria."""
    counted = {
        **{
            name: sum(record.reuses.get(kind, 0) for kind in kinds)
            for name, kinds in _KINDS.items()
        },
        "elsewhere": record.elsewhere,
        "answers": record.answers,
        "quality": record.quality,
    }
    return tuple(
        Badge(criterion=one, count=counted[one.measure])
        for one in criteria()
        if counted[one.measure] >= one.at_least
    )


@cache
def criteria() -> tuple[Criterion, ...]:
    """The criteria as `badges.toml` has them. Raises `Invalid` that names a wrong one."""
    text = Path(__file__).with_name("badges.toml").read_text(encoding="utf-8")
    return read_criteria(text)


def read_criteria(text: str) -> tuple[Criterion, ...]:
    """The criteria in a text of `badges.toml`'s form."""
    found = []
    for one in tomllib.loads(text).get("badge", []):
        if one.get("shape") not in SHAPES or one.get("measure") not in MEASURES:
            raise Invalid(f"The badge “{one.get('id')}” has an unknown shape or measure.")
        found.append(Criterion(**one))
    return tuple(found)

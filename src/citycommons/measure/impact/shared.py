"""What a city tells other cities of itself: `/value.json`, in a form with a version.

It holds sums that stand on the public page anyway, and nothing of one dataset or person. What
another city sends is read strictly: unknown numbers are passed over, and hostile ones refused.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import date

import msgspec

from citycommons.core.errors import Invalid
from citycommons.core.goals import Claim, Grade
from citycommons.measure.impact.figures import Sureness
from citycommons.measure.impact.period import parse
from citycommons.measure.impact.statement import Statement, digest

FORMAT = "citycommons-value/1"
SHARED = (
    *("use.here.requests", "use.here.people", "use.here.programs"),
    *("use.elsewhere.reported", "use.elsewhere.declared", "use.elsewhere.estimated"),
    *("reuse.confirmed", "story.public", "offer.public", "offer.fresh"),
)
"""Figures that are told; a reader passes over others."""
MOST_GOALS = 50
_LONGEST = 200
_LARGEST = 1e15
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFigure:
    """One sum; None: not yet measurable there."""

    value: float | None
    unit: str
    sureness: Sureness


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedGoal:
    """A public objective and how far it is proven."""

    title: str
    progress: float | None  # share of the way to the target
    claim: Claim | None
    grade: Grade | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What one city says of itself in one period, by its own count."""

    format: str
    city: str
    url: str
    period: str
    as_of: date
    inhabitants: int | None = None
    figures: dict[str, SharedFigure]
    goals: list[SharedGoal] = field(default_factory=list)
    digest: str  # of the public statement

    def per_thousand(self, figure: str) -> float | None:
        """A figure per 1 000 inhabitants; None where either is unknown."""
        found = self.figures.get(figure)
        if found is None or found.value is None or not self.inhabitants:
            return None
        return 1000 * found.value / self.inhabitants


def shared(one: Statement, *, url: str, inhabitants: int | None) -> Shared:
    """The public statement in the form for others."""
    return Shared(
        format=FORMAT,
        city=one.city[:_LONGEST],
        url=url,
        period=one.scope.period.name,
        as_of=date.fromisoformat(one.as_of),
        inhabitants=inhabitants,
        figures={
            figure.id: SharedFigure(value=figure.value, unit=figure.unit, sureness=figure.sureness)
            for figure in one.figures
            if figure.id in SHARED
        },
        goals=[
            SharedGoal(
                title=(goal.title.get("en") or next(iter(goal.title.values()), ""))[:_LONGEST],
                progress=goal.progress,
                claim=Claim(goal.claim) if goal.claim else None,
                grade=Grade(goal.grade) if goal.grade else None,
            )
            for goal in one.goals[:MOST_GOALS]
        ],
        digest=digest(one),
    )


def read(content: bytes) -> Shared:
    """What another city sent.

    Raises `Invalid` that says what is wrong with it.
    """
    try:
        found = msgspec.json.decode(content, type=Shared)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise Invalid(f"This is no {FORMAT}: {str(cause)[:_LONGEST]}.") from cause
    if found.format != FORMAT:
        raise Invalid(f"“{found.format[:40]}” is not read here; {FORMAT} is.")
    parse(found.period)
    if not 0 < len(_plain(found.city)) <= _LONGEST:
        raise Invalid(f"The city's name has to have 1 to {_LONGEST} signs.")
    if found.inhabitants is not None and not 0 < found.inhabitants <= 50_000_000:
        raise Invalid("The number of inhabitants cannot be.")
    if len(found.goals) > MOST_GOALS:
        raise Invalid(f"More than {MOST_GOALS} goals are not read.")
    known = {id: _checked(id, one) for id, one in found.figures.items() if id in SHARED}
    return _kept(found, known)


def _kept(found: Shared, figures: dict[str, SharedFigure]) -> Shared:
    return Shared(
        format=found.format,
        city=_plain(found.city),
        url=found.url[:_LONGEST],
        period=parse(found.period).name,
        as_of=found.as_of,
        inhabitants=found.inhabitants,
        figures=figures,
        goals=[_goal(one) for one in found.goals],
        digest=found.digest if re.fullmatch(r"[0-9a-f]{64}", found.digest) else "",
    )


def _checked(id: str, one: SharedFigure) -> SharedFigure:
    if one.value is not None and not (math.isfinite(one.value) and 0 <= one.value <= _LARGEST):
        raise Invalid(f"{id} cannot be {one.value}.")
    return one


def _goal(one: SharedGoal) -> SharedGoal:
    progress = one.progress
    if progress is not None and not (math.isfinite(progress) and abs(progress) <= 1000):
        raise Invalid("A goal's progress cannot be so large.")
    return SharedGoal(
        title=_plain(one.title)[:_LONGEST], progress=progress, claim=one.claim, grade=one.grade
    )


def _plain(text: str) -> str:
    """Without signs that nobody sees, or that turn the direction of writing."""
    return " ".join(_UNSEEN.sub(" ", text).split())

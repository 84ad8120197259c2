"""What was made of the data: reuses that a steward confirmed, and stories."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from citycommons.core.reuses import Reuse, Story
from citycommons.engage import reuses, stories
from citycommons.measure.impact.figures import Figure, Rule, Sureness, unknown
from citycommons.measure.impact.lines import ReuseLine, StoryLine
from citycommons.measure.impact.scope import Basis

SHOWN = 4
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Reuses and stories, as figures and as lines, the newest first."""

    figures: tuple[Figure, ...]
    reuses: tuple[ReuseLine, ...] = ()
    stories: tuple[StoryLine, ...] = ()


def made(basis: Basis) -> Made:
    """What came of the data until the period ended, as far as its address still answers."""
    of_whom = None if basis.scope.publisher is None else list(basis.datasets)
    found = [
        one
        for one in reuses.confirmed(basis.work, of_whom, limit=_MOST)
        if one.created < basis.until and one.link_failed is None
    ]
    told = [
        one
        for one in stories.published(basis.work, limit=_MOST)
        if one.day <= basis.as_of and (of_whom is None or set(one.datasets) & set(of_whom))
    ]
    return Made(
        figures=(*_reuses(basis, found), *_stories(basis, told)),
        reuses=tuple(_reuse(one) for one in found[:SHOWN]),
        stories=tuple(_story(one) for one in told[:SHOWN]),
    )


def _reuses(basis: Basis, found: Sequence[Reuse]) -> tuple[Figure, ...]:
    if not found:
        return (
            unknown("reuse.confirmed", Rule.REUSES, "no_reuses", unit="{reuse}", as_of=basis.as_of),
        )
    first = datetime.combine(basis.scope.period.first_day, datetime.min.time(), UTC)
    new = sum(one.created >= first for one in found)
    paths = tuple(sorted(f"/reuses/{one.id}" for one in found))
    of_all = "reuses that a steward confirmed and whose address answers"
    return (
        _figure(basis, "reuse.confirmed", len(found), of_all, "{reuse}", paths),
        _figure(basis, "reuse.new", new, f"{of_all}, claimed since {first:%Y-%m-%d}", "{reuse}"),
    )


def _stories(basis: Basis, told: Sequence[Story]) -> tuple[Figure, ...]:
    paths = tuple(sorted(f"/stories/{one.id}" for one in told))
    if not told:
        return ()
    return (_figure(basis, "story.public", len(told), "public stories", "{story}", paths),)


def _figure(
    basis: Basis, id: str, value: float, query: str, unit: str, inputs: tuple[str, ...] = ()
) -> Figure:
    return Figure(
        id=id,
        value=value,
        unit=unit,
        rule=Rule.STORIES if id.startswith("story") else Rule.REUSES,
        sureness=Sureness.RECORDED,
        as_of=basis.as_of,
        query=query,
        inputs=inputs,
    )


def _reuse(one: Reuse) -> ReuseLine:
    return ReuseLine(
        id=one.id,
        title=one.title,
        kind=one.kind.value,
        maker=one.maker,
        url=one.url,
        created=one.created.date(),
    )


def _story(one: Story) -> StoryLine:
    return StoryLine(id=one.id, title=one.title, lead=one.lead, day=one.day)

"""Results of a demo city's ledger, shown to everybody: each new goal's, and the whole city's."""

from collections.abc import Collection, Iterator

from citycommons.core.errors import Invalid
from citycommons.core.goals import GoalId
from citycommons.measure.appraisal import kept
from citycommons.measure.appraisal.making import appraise
from citycommons.store.work import Work

_SCHEDULE = "eu"


def build(work: Work, goals: Collection[GoalId]) -> list[str]:
    """Appraise and release; answers a sentence for each that cannot be, without new goals none."""
    return list(_built(work, goals)) if goals else []


def _built(work: Work, goals: Collection[GoalId]) -> Iterator[str]:
    for goal in (*goals, None):
        try:
            one = appraise(work, goal, schedule=_SCHEDULE)
        except Invalid as error:
            if error.where.get("column") != "value":  # else it has nothing in money, as it may
                yield f"appraisal of {goal or 'the city'}: {error.message}"
        else:
            kept.release(work, one.id)

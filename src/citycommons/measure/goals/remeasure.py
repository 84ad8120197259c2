"""New data are asked at once: each goal that they measure, by the city itself."""

import logging

from citycommons.core.errors import CityError
from citycommons.core.goals import GoalId, Measurement
from citycommons.core.types import SYSTEM, DatasetId
from citycommons.measure.goals import indicators
from citycommons.store.work import City, Work

log = logging.getLogger("citycommons.goals")


def after_publishing(city: City, dataset: DatasetId) -> int:
    """Measure the goals that ask this dataset; answers how many measurements were kept.

    The day is the newest version's, not the clock's, so that running twice keeps nothing twice. A
    goal whose question fails is left for its keeper, who sees why when measuring it by hand.
    """
    with city.work(SYSTEM, may_write=False) as work:
        ids = indicators.reading_dataset(work, dataset)
        answers = [one for id in ids if (one := _answer(work, id))]
    if answers:
        with city.work(SYSTEM) as work:
            for one in answers:
                indicators.keep(work, one)
    return len(answers)


def _answer(work: Work, id: GoalId) -> Measurement | None:
    try:
        return indicators.answer(work, id, at_version=True)
    except CityError as fault:
        log.warning("goal %s was not measured: %s", id, fault.message)
        return None

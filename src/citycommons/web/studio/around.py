"""What the database knows around a question: other works at the same time, and past forecasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import asked, coordination, register, surroundings, wrong
from citycommons.act.roadworks.calendars import setting
from citycommons.act.roadworks.coordination import Weighed
from citycommons.act.roadworks.surroundings import Touched
from citycommons.act.roadworks.types import Forecast
from citycommons.core.settings import Settings
from citycommons.core.types import PublisherId
from citycommons.core.works import Party, Works, WorksId, WorksState
from citycommons.govern.access import Action, publishers_for
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.studio.asking import Context
from citycommons.web.studio.question import Question, phases_of, streets_of

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What else is where the works are; it changes no number of the forecast."""

    clashes: tuple[Weighed, ...] = ()  # that nobody accepted yet
    names: Mapping[str, str] = field(default_factory=dict)  # of owners
    touched: Touched = field(default_factory=Touched)

    def told(self, found: Forecast) -> Forecast:
        """The forecast with the lines and routes that it touches."""
        notes = (*found.notes, *(one for one in self.touched.notes if one not in found.notes))
        return replace(
            found,
            bus_lines=self.touched.bus_lines,
            cycle_routes=self.touched.cycle_routes,
            notes=notes,
        )


def context(work: Work, question: Question, model: TrafficModel) -> Context:
    """What the numbers depend on: other works at the same time, which day is of which type."""
    phases = phases_of(question, model)
    others, notes = asked.of_others(
        work, model, phases, besides=WorksId(question.works) if question.works else None
    )
    works = register.get(work, WorksId(question.works)) if question.works else None
    return Context(
        works=(works.id, works.revision) if works else None,
        others=others,
        notes=notes,
        experience=wrong.learned(work),
        days=asked.days_of(model),
    )


def beside(work: Work, settings: Settings, question: Question, model: TrafficModel) -> Beside:
    """Clashes with other works and occasions, and lines that run there."""
    works = register.get(work, WorksId(question.works)) if question.works else None
    draft = drawn(work, works, question, model)
    if not draft.phases:
        return Beside()
    found = coordination.check(work, draft, setting(work, settings))
    return Beside(
        clashes=tuple(one for one in found if not one.is_settled),
        names={one.id: one.name for one in catalogue.publishers(work.db)} if found else {},
        touched=surroundings.touched(
            work, [measure for phase in draft.phases for measure in phase.measures]
        ),
    )


def drawn(work: Work, works: Works | None, question: Question, model: TrafficModel) -> Works:
    """The works as they would be by this drawing; a draft where there are none yet."""
    phases = phases_of(question, model)
    streets = streets_of(question, model)
    if works is not None:
        return replace(works, phases=phases, streets=streets or works.streets)
    return Works(
        id=WorksId(""),
        title={},
        description={},
        streets=streets,
        state=WorksState.PROPOSED,
        party=Party.MUNICIPALITY,
        owner=owners(work)[0][0] if owners(work) else PublisherId(""),
        phases=phases,
        detour_words={},
        created=NEVER,
        updated=NEVER,
        updated_by=work.actor.id,
    )


def owners(work: Work) -> list[tuple[PublisherId, str]]:
    """Id and name of those for whom the actor may propose works."""
    able = publishers_for(work.actor, Action.PROPOSE_WORKS)
    every = [(one.id, one.name) for one in catalogue.publishers(work.db)]
    return [one for one in every if able is None or one[0] in able]

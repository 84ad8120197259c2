"""What the database knows around a question: other works at the same time, and past forecasts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from citycommons.act.model.calendar import calendar_at
from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import coordination, register, surroundings
from citycommons.act.roadworks.calendars import setting
from citycommons.act.roadworks.days import Days, by_weekday
from citycommons.act.roadworks.surroundings import Touched
from citycommons.act.roadworks.types import Forecast
from citycommons.core.errors import NotFound
from citycommons.core.settings import Settings
from citycommons.core.types import PublisherId
from citycommons.core.works import Party, Works, WorksId, WorksState
from citycommons.govern.access import Action, publishers_for
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.studio import drawing, question
from citycommons.web.studio.asking import Context
from citycommons.web.studio.question import Question

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What else is where the works are; it changes no number of the forecast."""

    clashes: tuple[str, ...] = ()  # sentences in English
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


def context(work: Work, asked: Question, model: TrafficModel) -> Context:
    """What the numbers depend on: the works' revision, and which day is of which type."""
    works = register.get(work, WorksId(asked.works)) if asked.works else None
    return Context(works=(works.id, works.revision) if works else None, days=days_of(model))


def days_of(model: TrafficModel) -> Days:
    """Holidays and vacations where the model lies; weekends alone where no calendar is known."""
    west, south, east, north = drawing.bounds(model)
    try:
        return calendar_at((west + east) / 2, (south + north) / 2).type_of
    except NotFound:
        return by_weekday


def beside(work: Work, settings: Settings, asked: Question, model: TrafficModel) -> Beside:
    """Clashes with other works and occasions, and lines that run there."""
    works = register.get(work, WorksId(asked.works)) if asked.works else None
    draft = drawn(work, works, asked, model)
    if not draft.phases:
        return Beside()
    found = coordination.check(work, draft, setting(work, settings))
    return Beside(
        clashes=tuple(one.sentence for one in found if not one.is_settled),
        touched=surroundings.touched(
            work, [measure for phase in draft.phases for measure in phase.measures]
        ),
    )


def drawn(work: Work, works: Works | None, asked: Question, model: TrafficModel) -> Works:
    """The works as they would be by this drawing; a draft where there are none yet."""
    phases = question.phases_of(asked, model)
    streets = question.streets_of(asked, model)
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

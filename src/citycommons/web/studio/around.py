"""What the database knows around a question: other works at the same time, and past forecasts."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import coordination, register
from citycommons.core.settings import Settings
from citycommons.core.types import PublisherId
from citycommons.core.works import Party, Works, WorksId, WorksState
from citycommons.govern.access import Action, publishers_for
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.studio import question
from citycommons.web.studio.asking import Context
from citycommons.web.studio.question import Question

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def context(work: Work, settings: Settings, asked: Question, model: TrafficModel) -> Context:
    """The context of this question: the works it belongs to, and what they clash with."""
    works = register.get(work, WorksId(asked.works)) if asked.works else None
    draft = drawn(work, works, asked, model)
    setting = coordination.Setting(today=work.now.astimezone(ZoneInfo(settings.timezone)).date())
    found = coordination.check(work, draft, setting) if draft.phases else []
    return Context(
        works=(works.id, works.revision) if works else None,
        clashes=tuple(one.sentence for one in found if not one.is_settled),
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

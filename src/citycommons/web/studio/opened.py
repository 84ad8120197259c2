"""What the studio opens with for works: as they were drawn here, or by where their lines run."""

from dataclasses import replace

from citycommons.act.model.types import TrafficModel
from citycommons.act.network import snapping
from citycommons.act.roadworks import kept
from citycommons.core.works import Measure, Works
from citycommons.store.work import Work
from citycommons.web.studio import question
from citycommons.web.studio.question import Drawn, Question, Stretch


def of_works(work: Work, works: Works, model: TrafficModel) -> Question:
    """The drawing of these works: as it was kept, else the streets that their lines follow.

    A measure that follows no street of the model is left out; the page says how many were.
    """
    last = kept.latest(work, works.id)
    if last is not None:
        found = question.from_text(last.question)
        # A step of their life makes a revision too, and changes nothing of the drawing.
        if found.model == model.id and question.phases_of(found, model) == works.phases:
            return replace(found, works=works.id, revision=works.revision)
    phases = tuple(
        Stretch(
            first_day=phase.first_day,
            last_day=phase.last_day,
            opens=phase.opens.hour,
            closes=phase.closes.hour or 24 if phase.closes else 24,
            weekdays=phase.weekdays,
            drawn=tuple(
                drawn for one in phase.measures if (drawn := _drawn(one, model)) is not None
            ),
        )
        for phase in works.phases
    )
    return Question(model=model.id, works=works.id, revision=works.revision, phases=phases)


def _drawn(measure: Measure, model: TrafficModel) -> Drawn | None:
    links = snapping.snap(model.network, measure.line)
    if not links:
        return None
    value = measure.lanes_open if measure.lanes_open is not None else measure.speed_kmh
    return Drawn(
        effect=measure.effect,
        links=links,
        both=measure.both_directions,
        value=None if value is None else float(value),
        parking=measure.parking_lost,
    )

"""From a drawn question to forecasts, rough first; and which question is still wanted."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from citycommons.act.model.types import TrafficModel
from citycommons.act.network import snapping
from citycommons.act.network.types import Network
from citycommons.act.roadworks import changes, solving
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.days import Days, by_weekday
from citycommons.act.roadworks.experience import NONE, Experience
from citycommons.act.roadworks.forecast import refine
from citycommons.act.roadworks.question import Options, Stage
from citycommons.act.roadworks.types import Forecast
from citycommons.core.works import Line, WorksId
from citycommons.web.studio.network import reverses
from citycommons.web.studio.question import Question, Stretch, line_of, phase_of, runs_of

RUNS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What else the numbers of an answer depend on."""

    works: tuple[WorksId, int] | None = None
    others: tuple[Effects | None, ...] = ()  # of each drawn phase
    notes: tuple[str, ...] = ()
    experience: Experience = NONE
    days: Days = by_weekday
    country: str = "EU-25"


def forecasts(model: TrafficModel, asked: Question, context: Context) -> Iterator[Forecast]:
    """The answer as it becomes known: the expected run, some runs, all of them.

    Raises `Invalid` for a drawing that contradicts the model's streets.
    """
    options = Options(
        seed=asked.seed,
        runs=RUNS,
        hour=(asked.day, asked.hour),
        country=context.country,
        experience=context.experience,
    )
    stages = [
        replace(stage(model, one), others=there)
        for one, there in zip_longest(drawn_phases(asked), context.others)
    ]
    for found in refine(
        model,
        stages,
        options,
        solver=solving.own(),
        days=context.days,
        works=context.works,
    ):
        yield replace(found, notes=(*found.notes, *context.notes))


def answered(model: TrafficModel, asked: Question, context: Context) -> Forecast:
    """The last answer alone."""
    *_, last = forecasts(model, asked, context)
    return last


def drawn_phases(asked: Question) -> list[Stretch]:
    """The phases on which something is drawn."""
    return [one for one in asked.phases if one.drawn]


def place(asked: Question) -> int:
    """Which of the drawn phases is looked at."""
    before = [one for one in asked.phases[: asked.at + 1] if one.drawn]
    return max(0, len(before) - 1)


def stage(model: TrafficModel, one: Stretch) -> Stage:
    """What a phase does to the network; links are taken as drawn, not looked for on the ground."""
    phase = phase_of(one, model)
    known = _lines(model, one)

    def snap(network: Network, line: Line) -> Sequence[int]:
        return known[line] if line in known else snapping.snap(network, line)

    return Stage(effects=changes.effects(model.network, phase.measures, snap), phase=phase)


def _lines(model: TrafficModel, one: Stretch) -> Mapping[Line, Sequence[int]]:
    back = reverses(model)
    found: dict[Line, Sequence[int]] = {}
    for drawn in one.drawn:
        for run in runs_of(drawn, model):
            line = line_of(run, model)
            found[line] = run
            found.setdefault(line[::-1], [int(back[i]) for i in run[::-1] if back[i] >= 0])
    return found


class Turns:
    """Which question of each asker is the latest: an older one stops when it sees that."""

    MOST = 1000

    def __init__(self) -> None:
        self._latest: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()
        self._count = 0

    def begin(self, asker: str) -> int:
        """The number of a new question; those before it are no longer wanted."""
        with self._lock:
            self._count += 1
            self._latest[asker] = self._count
            self._latest.move_to_end(asker)
            while len(self._latest) > self.MOST:
                self._latest.popitem(last=False)
            return self._count

    def is_latest(self, asker: str, number: int) -> bool:
        with self._lock:
            return self._latest.get(asker) == number

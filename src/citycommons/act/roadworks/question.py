"""What a forecast is asked: phases with their effects, and what else the answer depends on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import msgspec

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import facts
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.days import WEEKS, Days, Occasion, occasions
from citycommons.act.roadworks.experience import NONE, Experience
from citycommons.act.roadworks.facts import Uncertainty
from citycommons.act.roadworks.response import Hour, Stand, busiest, stand
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.works import Phase, WorksId

_MOST_RUNS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """A stretch of the works with the same effects; without a phase it is one whole day."""

    effects: Effects
    phase: Phase | None = None
    others: Effects | None = None  # works that are there at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What else a forecast depends on; all of it is in the forecast's id."""

    seed: int = 0
    runs: int = 24
    accuracy: float = 0.02  # error of the predicted change at which the solver may stop
    hour: Hour | None = None  # to look at in detail; else the busiest one that the works touch
    country: str = "EU-25"  # whose value of time
    uncertainty: Uncertainty = field(default_factory=facts.uncertainty)
    experience: Experience = NONE


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One stage, the hours it touches, and the hour that is looked at in detail."""

    number: int
    stage: Stage
    occasions: tuple[Occasion, ...]
    hour: Hour
    stand: Stand


def part(model: TrafficModel, number: int, stage: Stage, options: Options, days: Days) -> Part:
    """The stage with the hours it touches; `Invalid` if it touches none."""
    if stage.phase is not None:
        found = tuple(replace(one, phase=number) for one in occasions((stage.phase,), days))
    else:
        day = (options.hour or (model.periods[0].day, 0))[0]
        once = (1.0,) + (0.0,) * (WEEKS - 1)
        # Of a day without dates drivers know nothing new: they have found their ways.
        found = tuple(
            Occasion(phase=number, day=day, hour=hour, days=once[::-1]) for hour in range(24)
        )
    if not found:
        raise Invalid(f"Phase {number + 1} touches no day: its weekdays lie outside its dates.")
    hour = options.hour or busiest(model, found)
    return Part(number, stage, found, hour, stand(model, hour))


def check(model: TrafficModel, options: Options) -> None:
    """Go on if these options can be answered; `Invalid` or `TooMuch` say what cannot."""
    if not 1 <= options.runs <= _MOST_RUNS:
        raise TooMuch(f"A forecast takes 1 to {_MOST_RUNS} runs, not {options.runs}.")
    if not 0 < options.accuracy <= 0.5:
        raise Invalid("The accuracy is the error of the change, between 0 and 0.5: 0.02 is usual.")
    if options.hour is not None and not 0 <= options.hour[1] <= 23:
        raise Invalid(f"An hour of the day is 0 to 23, not {options.hour[1]}.")
    if not model.periods:
        raise Invalid("The traffic model has no hour with a base. Build it again from counts.")


def name(
    model: TrafficModel,
    stages: Sequence[Stage],
    options: Options,
    others: Effects | None,
    works: tuple[WorksId, int] | None,
) -> str:
    """The same question has the same name, so that it is answered from the store."""
    told = [
        *(model.id, works, msgspec.to_builtins(options), digest(others)),
        *(
            [digest(one.effects), msgspec.to_builtins(one.phase), digest(one.others)]
            for one in stages
        ),
    ]
    return sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()[:32]


def digest(effects: Effects | None) -> str:
    """A name of these effects; empty for none."""
    if effects is None:
        return ""
    plain = [
        sorted(effects.closed),
        sorted(effects.capacity.items()),
        sorted(effects.spread.items()),
        sorted(effects.free_time.items()),
        sorted(effects.banned_turns),
        msgspec.to_builtins(effects.new),
        effects.parking_lost,
    ]
    return sha256(msgspec.json.encode(plain)).hexdigest()

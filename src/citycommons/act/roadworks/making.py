"""A forecast on its way: runs are added, and what they say is told at any time."""

from collections.abc import Hashable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import process_time

from citycommons.act.model.types import Period, TrafficModel
from citycommons.act.roadworks import adaptation, changes, draws, facts, solving, who
from citycommons.act.roadworks.bases import KEPT
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.days import WEEKS
from citycommons.act.roadworks.draws import Draw
from citycommons.act.roadworks.emissions import more_co2_kg
from citycommons.act.roadworks.experience import applied
from citycommons.act.roadworks.question import Options, Part, digest
from citycommons.act.roadworks.ranges import added, range_of, scaled
from citycommons.act.roadworks.response import Hour, Stand, profile, stand
from citycommons.act.roadworks.solving import Outcome, Solver
from citycommons.act.roadworks.types import (
    Forecast,
    HourDelay,
    HourForecast,
    Money,
    Range,
    WeekDelay,
)
from citycommons.core.works import WorksId

_ROUGH_ACCURACY, _ROUGH_FACTOR = 0.1, 2.0
_ROUGH_GAP = 1e-4
_OTHERS_ACCURACY = 0.005


@dataclass(eq=False)
class Making:
    """A forecast on its way: outcomes are added run by run, and told when asked."""

    model: TrafficModel
    options: Options
    solver: Solver
    others: Effects | None
    threads: Executor
    created: datetime
    works: tuple[WorksId, int] | None
    id: str
    parts: tuple[Part, ...]
    middles: dict[int, Outcome] = field(default_factory=dict)
    runs: dict[int, list[Outcome]] = field(default_factory=dict)
    profiles: dict[int, dict[Hour, float]] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)

    def rough(self) -> Forecast:
        """The expected run at low accuracy; its ranges are a guess."""
        hours = []
        for part in self.parts:
            began = process_time()
            draw = draws.middle(self._zones, self.options.uncertainty)
            found = self._outcome(part, draw, "middle", gap=_ROUGH_GAP)
            self.cpu[part.number] = process_time() - began
            hours.append(self._hour(part, found, [], is_rough=True))
        return self._told(hours, 0)

    def of_runs(self, count: int, *, is_last: bool) -> Forecast:
        """With the first so many runs; the last answer knows every hour of the calendar."""
        known, hours = self.options, []
        for part in self.parts:
            began = process_time()
            unsure = draws.of_period(known.uncertainty, part.stand.period.fit)
            drawn = list(draws.draws(known.runs, self._zones, unsure, seed=known.seed))
            self._solve_middle(part, is_last)
            done = self.runs.setdefault(part.number, [])
            numbers = range(len(done), count)
            done += self.threads.map(
                partial(self._outcome, part), drawn[len(done) : count], numbers
            )
            found = self._hour(part, self.middles[part.number], done, is_rough=not is_last)
            self.cpu[part.number] += process_time() - began
            hours.append(replace(found, cpu_seconds=round(self.cpu[part.number], 4)))
        return self._told(hours, count)

    @property
    def _zones(self) -> int:
        return self.model.network.zones

    def _solve_middle(self, part: Part, is_last: bool) -> None:
        if part.number not in self.middles:
            draw = draws.middle(self._zones, self.options.uncertainty)
            self.middles[part.number] = self._outcome(
                part, draw, "middle", accuracy=self.options.accuracy
            )
        if is_last and part.number not in self.profiles:
            self.profiles[part.number] = profile(
                self.model,
                part.occasions,
                lambda period, scale: self._delay_at(part, period, scale),
            )

    def _delay_at(self, part: Part, period: Period, scale: float) -> float:
        if period is part.stand.period and abs(scale - part.stand.scale) < 1e-9:
            return self.middles[part.number].delay_h
        draw = draws.middle(self._zones, self.options.uncertainty)
        at = replace(part, stand=Stand(period, scale))
        return self._outcome(at, draw, "middle").delay_h

    def _outcome(
        self,
        part: Part,
        draw: Draw,
        name: int | str,
        *,
        accuracy: float | None = None,
        gap: float | None = None,
    ) -> Outcome:
        """One run; without accuracy or gap as exact as the size of the works asks for."""
        period, scale = part.stand.period, part.stand.scale
        known, before_gap = self.options, solving.BASE_GAP
        if accuracy is None and gap is None:
            wanted = solving.gaps(self.middles[part.number])
            before_gap, gap = wanted.before, wanted.after
        key = base_key(self.model, part.stand, known, before_gap, name)
        bare = KEPT.get(key, lambda: solving.base(self.solver, period, draw, scale, gap=before_gap))
        before, effects = bare, part.stage.effects
        if (theirs := self._others(part)) is not None:
            before = KEPT.get(
                (*key, digest(theirs)),
                lambda: solving.after(self.solver, bare, theirs, draw, accuracy=_OTHERS_ACCURACY),
            )
            if not solving.is_felt(before, effects, draw):
                return solving.outcome(self.solver, before, before)
            effects = changes.joined(theirs, effects)
        after = solving.after(
            self.solver, bare, effects, draw, accuracy=accuracy or known.accuracy, gap=gap
        )
        return solving.outcome(self.solver, before, after)

    def _others(self, part: Part) -> Effects | None:
        there = [one for one in (self.others, part.stage.others) if one is not None]
        return changes.joined(*there) if there else None

    def _hour(
        self, part: Part, middle: Outcome, runs: list[Outcome], *, is_rough: bool
    ) -> HourForecast:
        known = self.options
        widening = known.experience.widening
        delays = [one.delay_h for one in runs]
        co2s = [more_co2_kg(self.solver, one) for one in runs]
        delay = self._range(delays, middle.delay_h)
        co2 = self._range(co2s, more_co2_kg(self.solver, middle))
        found = who.felt(self.solver, middle)
        closed = sorted(part.stage.effects.closed)
        moved = [who.least_changing(one) for one in runs]
        changing = who.drivers_changing(self.solver, middle, closed)
        return HourForecast(
            phase=part.number,
            day=part.hour[0],
            hour=part.hour[1],
            delay=delay,
            minutes_per_trip=scaled(delay, _ratio(60, max(found.affected, changing))),
            drivers_changing=_around(changing, moved, who.least_changing(middle), widening),
            streets=who.streets(middle, runs, self.model.network.streets, known.experience),
            pairs=who.pairs(
                self.solver, found, [] if is_rough else runs, self.model.zones, widening
            ),
            no_alternative=who.no_alternative(middle, self.model.zones),
            co2=co2,
            error=_ROUGH_ACCURACY if not runs else known.accuracy,
            cpu_seconds=round(self.cpu[part.number], 4),
            areas=who.areas(found, self.model.zones, delay),
            weeks=() if is_rough else self._weeks(middle, closed, delay),
            run_delays=tuple(delays),
            run_co2=tuple(co2s),
        )

    def _range(self, values: list[float], middle: float) -> Range:
        if not values:
            ends = sorted((middle / _ROUGH_FACTOR, middle * _ROUGH_FACTOR))
            return Range(low=ends[0], middle=middle, high=ends[1])
        return applied(range_of(values, middle), self.options.experience)

    def _weeks(self, middle: Outcome, closed: list[int], delay: Range) -> tuple[WeekDelay, ...]:
        found = adaptation.weekly_delays(self.solver, middle, closed)
        return tuple(
            WeekDelay(
                week=week, delay=scaled(delay, each / middle.delay_h if middle.delay_h else 0)
            )
            for week, each in enumerate(found, 1)
        )

    def _told(self, hours: list[HourForecast], runs: int) -> Forecast:
        profiled = [self._profile(part, hour) for part, hour in zip(self.parts, hours, strict=True)]
        delay = added(*(one for _, one in profiled))
        co2 = added(
            *(
                scaled(hour.co2, _ratio(total.middle, hour.delay.middle))
                for hour, (_, total) in zip(hours, profiled, strict=True)
            )
        )
        value = facts.value_of_time(self.options.country)
        return Forecast(
            id=self.id,
            works=self.works[0] if self.works else None,
            revision=self.works[1] if self.works else None,
            model=self.model.id,
            seed=self.options.seed,
            runs=runs,
            created=self.created,
            hours=tuple(hours),
            total_delay=delay,
            cost=Money(
                amount=scaled(delay, value.per_hour),
                currency=value.currency,
                per_hour=value.per_hour,
                source=value.source,
                year=value.year,
                country=value.country,
            ),
            co2=co2,
            parking_lost=max(part.stage.effects.parking_lost for part in self.parts),
            bus_lines=(),
            cycle_routes=(),
            correction=self.options.experience.correction,
            widening=self.options.experience.widening,
            notes=self._notes(hours, runs),
            profile=tuple(each for found, _ in profiled for each in found),
            emission_source=facts.emission_source(),
        )

    def _profile(self, part: Part, hour: HourForecast) -> tuple[tuple[HourDelay, ...], Range]:
        """Each hour of the calendar, and their sum with the first weeks' surplus."""
        middle = hour.delay.middle
        solved = self.profiles.get(part.number)
        own = part.stand.scale
        weeks = [_ratio(one.delay.middle, middle) or 1.0 for one in hour.weeks] or [1.0] * WEEKS
        found, total = [], Range(low=0.0, middle=0.0, high=0.0)
        correction = self.options.experience.correction
        for one in part.occasions:
            at = one.day, one.hour
            if solved is None:
                scale = stand(self.model, at, [part.stand.period]).scale
                each = scaled(hour.delay, scale / own if own else 0.0)
            elif middle:
                each = scaled(hour.delay, solved[at] * correction / middle)
            else:
                each = hour.delay
            found.append(
                HourDelay(phase=one.phase, day=one.day, hour=one.hour, days=one.count, delay=each)
            )
            many = sum(days * factor for days, factor in zip(one.days, weeks, strict=True))
            total = added(total, scaled(each, many))
        return tuple(found), total

    def _notes(self, hours: list[HourForecast], runs: int) -> tuple[str, ...]:
        notes = list(self.model.limits)
        for part in self.parts:
            notes += [one for one in part.stage.effects.notes if one not in notes]
        if runs == 0:
            notes.append(
                "A first answer: ranges are guessed as half and double until runs are done."
            )
        elif runs < self.options.runs:
            notes.append(f"{runs} of {self.options.runs} runs are done.")
        if any(part.stage.phase is None for part in self.parts):
            notes.append("No dates were given: totals are of one day.")
        if any(hour.no_alternative for hour in hours):
            notes.append(
                "Trips for which no way is left are in no delay and in no CO2; they are listed. "
                "Others gain where these trips are no longer on the road."
            )
        if any(hour.delay.middle < 0 for hour in hours):
            notes.append(
                "Drivers lose less time together with these works than without: where each looks "
                "for the shortest way this can be (Braess 1968), and where capacities are guessed "
                "it can be wrong. Check the streets around before you count on it."
            )
        notes.append(
            "Delay is of an equilibrium of mean hours: queues that stand from one hour into the "
            "next are not in it."
        )
        return tuple(notes)


def base_key(
    model: TrafficModel, at: Stand, options: Options, gap: float, name: int | str
) -> tuple[Hashable, ...]:
    """The name of a base among those that are kept: all that it depends on."""
    return (
        *(model.id, at.period.day, at.period.hour, round(at.scale, 9), gap, name),
        *(() if name == "middle" else (options.seed, options.runs, options.uncertainty)),
    )


def _around(middle: float, runs: list[float], expected: float, widening: float) -> Range:
    """The range of runs, moved onto the middle; vehicles cannot be fewer than none."""
    one = range_of(runs, expected)
    return Range(
        low=max(0.0, middle - (one.middle - one.low) * widening),
        middle=middle,
        high=middle + (one.high - one.middle) * widening,
    )


def _ratio(a: float, b: float) -> float:
    return a / b if b else 0.0

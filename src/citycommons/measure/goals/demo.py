"""The ledger of a demo city: goals that its published data measure, with what is assumed said so.

Every quantity that can be measured is: the change of the indicator times a number that a question
to published data gave. Its ends are the smallest and the largest change between any measurement
before the first step and any after it.
"""

import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

from citycommons.core.goals import (
    Benefit,
    BenefitId,
    Better,
    Cost,
    CostId,
    CostKind,
    Goal,
    GoalId,
    Indicator,
    Level,
    Measurement,
    Problem,
    ProblemId,
    Range,
    Step,
    UnitValue,
    ValueId,
)
from citycommons.core.types import DatasetId, PublisherId
from citycommons.measure.goals import indicators, keeping, values
from citycommons.store import catalogue, ledger
from citycommons.store.work import Work

_WHY = "Demonstration"
_CERTAIN = [1.0, 1.0, 1.0]
_NONE = [0.0, 0.0, 0.0]


def build(work: Work, city: str) -> tuple[GoalId, ...]:
    """Make the demo city's ledger; goals that are there, or whose data are not, are left out.

    Answers which goals are new; none for a city without a ledger of its own.
    """
    file = files(f"{__package__}.facts").joinpath(f"demo_{city}.toml")
    if not file.is_file():
        return ()
    made: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    tables: list[dict[str, Any]] = made.pop("goal")
    own = {ValueId(id): values.read(ValueId(id), table) for id, table in made.items()}
    there = ledger.of_ids(work.db, [table["id"] for table in tables])
    data = set(catalogue.latest_versions(work.db))
    wanted = [one for one in tables if one["id"] not in there and _datasets(one) <= data]
    return tuple(_goal(work, one, own).id for one in wanted)


def _datasets(table: dict[str, Any]) -> set[DatasetId]:
    parts = [table, *table.get("step", ()), *(one["factor"] for one in _money(table))]
    return {DatasetId(id) for part in parts for id in part.get("datasets", ())}


def _money(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [*table.get("benefit", ()), *table.get("cost", ())]


def _goal(work: Work, table: dict[str, Any], own: dict[ValueId, UnitValue]) -> Goal:
    publisher = PublisherId(table["publisher"])
    problem = Problem(
        id=ProblemId(f"{table['id']}-problem"),
        title=table["problem"],
        description=table["description"],
        publisher=publisher,
        levels=frozenset(Level(one) for one in table["levels"]),
    )
    keeping.save(work, problem, _WHY)
    goal = keeping.save(work, _described(table, problem, publisher), _WHY)
    measured = {day: indicators.measure(work, goal.id, day=day) for day in table["days"]}
    goal = indicators.set_baseline(work, measured[table["baseline"]].id)
    if "review" in table:
        goal = keeping.review(work, goal, **table["review"])
    _load_values(work, table, own)
    for one in table.get("benefit", ()):
        keeping.save(work, _benefit(work, goal, one, measured), _WHY)
    for one in table.get("cost", ()):
        keeping.save(work, _cost(work, goal, one), _WHY)
    return goal


def _described(table: dict[str, Any], problem: Problem, publisher: PublisherId) -> Goal:
    return Goal(
        id=GoalId(table["id"]),
        problem=problem.id,
        title=table["title"],
        owner=table.get("owner", ""),
        publisher=publisher,
        indicator=Indicator(
            name=table["indicator"],
            unit=table["unit"],
            better=Better(table["better"]),
            datasets=tuple(DatasetId(one) for one in table["datasets"]),
            sql=table["sql"].strip(),
        ),
        target=table.get("target"),
        due=table.get("due"),
        steps=tuple(
            Step(
                title=one["title"],
                first_day=one["first_day"],
                datasets=tuple(DatasetId(id) for id in one.get("datasets", ())),
            )
            for one in table.get("step", ())
        ),
    )


def _load_values(work: Work, table: dict[str, Any], own: dict[ValueId, UnitValue]) -> None:
    wanted = sorted({ValueId(one["value"]) for one in _money(table) if "value" in one})
    there = ledger.of_ids(work.db, wanted)
    missing = [id for id in wanted if id not in there]
    for id in missing:
        if id in own:
            keeping.save(work, own[id], _WHY)
    if shipped := [id for id in missing if id not in own]:
        values.load(work, *shipped)


def _benefit(
    work: Work, goal: Goal, table: dict[str, Any], measured: dict[date, Measurement]
) -> Benefit:
    factor, words = _factor(work, table["factor"])
    change, how = _change(goal, measured)
    return Benefit(
        id=BenefitId(table["id"]),
        goal=goal.id,
        title=table["title"],
        beneficiaries=table["beneficiaries"],
        quantity=_times([change.low, change.likely, change.high], factor),
        quantity_source=f"{how} × {words}",
        value=ValueId(table["value"]) if "value" in table else None,
        attribution=_times(table.get("attribution", _CERTAIN), 1.0),
        deadweight=_times(table.get("deadweight", _NONE), 1.0),
        first_year=table["first_year"],
        years=table["years"],
    )


def _cost(work: Work, goal: Goal, table: dict[str, Any]) -> Cost:
    factor, words = _factor(work, table["factor"])
    return Cost(
        id=CostId(table["id"]),
        goal=goal.id,
        publisher=goal.publisher,
        title=table["title"],
        kind=CostKind(table["kind"]),
        quantity=_times(table["quantity"], factor),
        value=ValueId(table["value"]) if "value" in table else None,
        source=f"{table['words']} × {words}",
        first_year=table["first_year"],
        years=table["years"],
    )


def _factor(work: Work, table: dict[str, Any]) -> tuple[float, str]:
    """A number, and where it is from: told, or asked of published data."""
    if "sql" not in table:
        return float(table["number"]), f"{table['number']:g} {table['words']}"
    datasets = tuple(DatasetId(one) for one in table["datasets"])
    value, pins = indicators.number(work, table["sql"], datasets)
    return value, f"{value:g} {table['words']} ({table['sql']}; {' '.join(pins)})"


def _change(goal: Goal, measured: dict[date, Measurement]) -> tuple[Range, str]:
    """How far the indicator went the right way, at least, from the baseline, and at most."""
    start = min((step.first_day for step in goal.steps if step.first_day), default=None)
    before = [one for day, one in measured.items() if start is None or day < start]
    after = [one for day, one in measured.items() if start is None or day >= start]
    way = -1.0 if goal.indicator.better is Better.LOWER else 1.0
    first = goal.baseline.value if goal.baseline else before[0].value
    since = goal.baseline.day if goal.baseline else before[0].day
    likely = way * (after[-1].value - first)
    changes = [
        way * (new.value - old.value) for new in after for old in before if new.day > old.day
    ]
    found = Range(low=min([likely, *changes]), likely=likely, high=max([likely, *changes]))
    pins = " ".join(after[-1].inputs)
    how = (
        f"Measured: {after[-1].value:g} on {after[-1].day} against {first:g} on {since} "
        f"({goal.indicator.unit}; {pins}); the ends are the smallest and the largest change "
        "between measurements before and after"
    )
    return found, how


def _times(given: list[float], factor: float) -> Range:
    low, likely, high = (float(one) * factor for one in given)
    return Range(low=low, likely=likely, high=high)

"""Ledgers to start from: which problem, objective, benefits and costs others wrote down.

Amounts that the source does not give start at 0 and say so. Where a source states parts and a
headline, what is missing between them is computed and stated, never hidden.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from citycommons.core.errors import Invalid, NotFound
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
    Problem,
    ProblemId,
    Range,
    ValueId,
)
from citycommons.core.types import DatasetId, PublisherId, Text
from citycommons.measure.goals import keeping, values
from citycommons.store import ledger
from citycommons.store.work import Work

OPEN_AMOUNT = "Not filled in yet: the template gives no amount"
_HOLE = re.compile(r"\{(\w+)\}")
_NOTHING = Range(low=0.0, likely=0.0, high=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A total that a source states beside its parts, in units of a unit value a year."""

    amount: float
    value: ValueId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A ledger to start from; ids are empty, and the publisher is whose ledger it becomes."""

    id: str
    title: Text
    source: str
    problem: Problem
    goal: Goal
    benefits: tuple[Benefit, ...]
    costs: tuple[Cost, ...]
    holes: tuple[str, ...]  # names that the question to data waits for
    headline: Headline | None

    @property
    def parts(self) -> Range:
        """The benefits that are stated in the headline's unit, summed up."""
        unit = self.headline.value if self.headline else None
        stated = [one.quantity for one in self.benefits if one.value == unit]
        return Range(
            low=sum(one.low for one in stated),
            likely=sum(one.likely for one in stated),
            high=sum(one.high for one in stated),
        )

    @property
    def shortfall(self) -> Range | None:
        """What the headline holds beyond its parts, without a figure for it anywhere."""
        if self.headline is None:
            return None
        parts, total = self.parts, self.headline.amount
        return Range(low=total - parts.high, likely=total - parts.likely, high=total - parts.low)

    @property
    def gap(self) -> str:
        """The same as a sentence; empty without a headline."""
        missing = self.shortfall
        if missing is None or self.headline is None:
            return ""
        return (
            f"The quoted parts come to {self.parts.low:g} to {self.parts.high:g}, the headline "
            f"says {self.headline.amount:g}: {missing.low:g} to {missing.high:g} are without a "
            f"figure. Unit: {self.headline.value}, a year."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a template became."""

    problem: Problem
    goal: Goal
    benefits: tuple[Benefit, ...]
    costs: tuple[Cost, ...]


@cache
def templates() -> dict[str, Template]:
    """All templates by id."""
    text = files(f"{__package__}.facts").joinpath("templates.toml").read_text("utf-8")
    tables: dict[str, dict[str, Any]] = tomllib.loads(text)
    return {id: _template(id, table) for id, table in tables.items()}


def template(id: str) -> Template:
    """One template; `NotFound` names those there are."""
    if (found := templates().get(id)) is None:
        raise NotFound(f"There is no template “{id}”; there are {', '.join(templates())}.")
    return found


def start(
    work: Work, id: str, publisher: PublisherId, given: Mapping[str, str] | None = None
) -> Started:
    """Make a template entries of a publisher's ledger, with the unit values that it uses.

    `given` fills the holes of its question to data: datasets by id, columns by name. Without it
    the indicator is measured by a person. Raises `Forbidden`, and `Invalid` for holes left open.
    """
    found = template(id)
    money: list[Benefit | Cost] = [*found.benefits, *found.costs]
    wanted = sorted({one.value for one in money if one.value})
    there = ledger.of_ids(work.db, wanted)
    if missing := [one for one in wanted if one not in there]:
        values.load(work, *missing)
    why = f"From the template {id}: {found.source}"
    problem = keeping.save(work, replace(found.problem, publisher=publisher), why)
    goal = replace(found.goal, problem=problem.id, publisher=publisher)
    goal = keeping.save(work, replace(goal, indicator=_filled(found, given or {})), why)
    benefits = [keeping.save(work, replace(one, goal=goal.id), why) for one in found.benefits]
    costs = [
        keeping.save(work, replace(one, goal=goal.id, publisher=publisher), why)
        for one in found.costs
    ]
    return Started(problem=problem, goal=goal, benefits=tuple(benefits), costs=tuple(costs))


def _filled(one: Template, given: Mapping[str, str]) -> Indicator:
    asked = one.goal.indicator
    if not given:
        return replace(asked, sql="", datasets=())
    if missing := [hole for hole in one.holes if hole not in given]:
        raise Invalid(f"Say what stands for {', '.join(missing)} in the template's question.")
    if unknown := [name for name in given if name not in one.holes]:
        known = ", ".join(one.holes) or "nothing"
        raise Invalid(f"The template asks for {known}, not for “{unknown[0]}”.")
    sql = _HOLE.sub(lambda hole: _quoted(given[hole[1]]), asked.sql)
    return replace(
        asked, sql=sql, datasets=tuple(DatasetId(given[name]) for name in asked.datasets)
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _template(id: str, table: dict[str, Any]) -> Template:
    asked = table["indicator"]
    source = str(table["source"])
    nobody = PublisherId("")
    problem = Problem(
        id=ProblemId(""),
        title=table["problem"],
        description={},
        publisher=nobody,
        levels=frozenset(Level(one) for one in table["levels"]),
    )
    goal = Goal(
        id=GoalId(""),
        problem=ProblemId(""),
        title=table["goal"],
        publisher=nobody,
        indicator=Indicator(
            name=asked["name"],
            unit=asked["unit"],
            better=Better(asked["better"]),
            datasets=tuple(DatasetId(one) for one in asked.get("datasets", ())),
            sql=asked.get("sql", "").strip(),
        ),
    )
    first = int(table["first_year"])
    said = table.get("headline")
    made = Template(
        id=id,
        title=table["title"],
        source=source,
        problem=problem,
        goal=goal,
        benefits=tuple(_benefit(one, first, source) for one in table.get("benefit", ())),
        costs=tuple(_cost(one, first) for one in table.get("cost", ())),
        holes=tuple(dict.fromkeys(_HOLE.findall(goal.indicator.sql))),
        headline=said
        and Headline(amount=said["amount"], value=ValueId(said["unit"]), words=said["words"]),
    )
    # What is missing of a headline stands in the ledger too, not only beside the template.
    words = f"{source}. {made.gap}".strip()
    return replace(made, problem=replace(problem, description={"en": words}))


def _benefit(table: dict[str, Any], first_year: int, source: str) -> Benefit:
    stated = table.get("quantity")
    return Benefit(
        id=BenefitId(""),
        goal=GoalId(""),
        title=table["title"],
        beneficiaries=table["beneficiaries"],
        quantity=_range(stated),
        quantity_source=f"{source}: {table['words']}" if stated else OPEN_AMOUNT,
        value=ValueId(table["value"]) if "value" in table else None,
        first_year=first_year,
    )


def _cost(table: dict[str, Any], first_year: int) -> Cost:
    return Cost(
        id=CostId(""),
        publisher=PublisherId(""),
        title=table["title"],
        kind=CostKind(table["kind"]),
        quantity=_range(table.get("quantity")),
        value=ValueId(table["value"]) if "value" in table else None,
        source=OPEN_AMOUNT,
        first_year=first_year,
    )


def _range(stated: list[float] | None) -> Range:
    if stated is None:
        return _NOTHING
    low, likely, high = (float(one) for one in stated)
    return Range(low=low, likely=likely, high=high)

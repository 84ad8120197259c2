"""How often data were taken and looked at here: people, programs, and robots apart.

The council reads exact counts. Everybody else reads what everybody may see of each dataset, so
that the sums are those of the public reports and tell nothing small of anybody.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from citycommons.core.counting import Method
from citycommons.core.types import DatasetId
from citycommons.measure.impact.figures import Figure, Rule, Sureness, unknown
from citycommons.measure.impact.period import Period, month_before
from citycommons.measure.impact.scope import Audience, Basis
from citycommons.measure.usage.cells import Cell, cells_of, robots
from citycommons.store import usage_sums

MONTHS = 13  # of a series: the last one stands beside the same month a year before
Part = Callable[[Cell], int]

_PARTS: dict[str, tuple[str, Part]] = {
    "use.here.requests": ("total requests", lambda one: one.requests),
    "use.here.people": (
        "total requests, access method regular",
        lambda one: one.requests if one.method is Method.REGULAR else 0,
    ),
    "use.here.programs": (
        "total requests, access method machine",
        lambda one: one.requests if one.method is Method.MACHINE else 0,
    ),
    "use.here.investigations": ("total investigations", lambda one: one.investigations),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """Uses here, as figures and by dataset."""

    figures: tuple[Figure, ...]
    requests: dict[DatasetId, int]  # people and programs, in the period


def uses(basis: Basis) -> Uses:
    """Counts of the period, of the one before it, and of the same one a year before."""
    period, as_of = basis.scope.period, basis.as_of
    start = min(month_before(as_of, MONTHS - 1), period.year_before.first_day)
    cells = cells_of(basis.work, start, as_of, datasets=_datasets(basis), exact=_is_exact(basis))
    known = _Known(cells=cells, basis=basis, first=usage_sums.first_day(basis.work.db))
    return Uses(
        figures=(*(known.figure(id) for id in _PARTS), known.robots()),
        requests=_by_dataset(_within(cells, period), _PARTS["use.here.requests"][1]),
    )


def by_dataset(basis: Basis, figure: str) -> dict[DatasetId, int]:
    """The same number dataset by dataset, the most used first; their sum is the figure."""
    if figure not in _PARTS:
        return {}
    period = basis.scope.period
    cells = cells_of(
        basis.work,
        period.first_day,
        basis.as_of,
        datasets=_datasets(basis),
        exact=_is_exact(basis),
    )
    found = _by_dataset(cells, _PARTS[figure][1])
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _is_exact(basis: Basis) -> bool:
    return basis.scope.audience is Audience.COUNCIL


def _datasets(basis: Basis) -> Collection[DatasetId] | None:
    """The council counts what was taken away since, too; None is everything."""
    if _is_exact(basis) and basis.scope.publisher is None:
        return None
    return list(basis.datasets)


def _within(cells: Iterable[Cell], period: Period) -> list[Cell]:
    return [one for one in cells if period.first_day <= one.first_day <= period.last_day]


def _by_dataset(cells: Iterable[Cell], part: Part) -> dict[DatasetId, int]:
    found = Counter[DatasetId]()
    for one in cells:
        found[one.dataset] += part(one)
    return {id: count for id, count in found.items() if count}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    cells: tuple[Cell, ...]
    basis: Basis
    first: date | None  # day that was counted; before it nobody knows

    def figure(self, id: str) -> Figure:
        words, part = _PARTS[id]
        period, as_of = self.basis.scope.period, self.basis.as_of
        if not (total := self._sum(period, part)) and not _is_exact(self.basis):
            query = self._query(words)  # nothing, or too little of each dataset to be told
            return unknown(id, Rule.COUNTER, "few_uses", unit="{use}", as_of=as_of, query=query)
        return Figure(
            id=id,
            value=total,
            unit="{use}",
            rule=Rule.COUNTER,
            sureness=Sureness.MEASURED,
            as_of=as_of,
            query=self._query(words),
            inputs=(_report(period, as_of, self.basis.scope.publisher or ""),),
            before=self._earlier(period.before, part),
            year_before=self._earlier(period.year_before, part),
            series=self._series(part),
        )

    def robots(self) -> Figure:
        wanted = usage_sums.Wanted(
            first_day=self.basis.scope.period.first_day,
            last_day=self.basis.as_of,
            datasets=_datasets(self.basis),
        )
        found = usage_sums.uses(self.basis.work.db, wanted)
        return Figure(
            id="use.here.robots",
            value=robots(found, exact=_is_exact(self.basis)),
            unit="{use}",
            rule=Rule.COUNTER,
            sureness=Sureness.MEASURED,
            as_of=self.basis.as_of,
            query=self._query("uses by robots"),
        )

    def _query(self, words: str) -> str:
        scope = self.basis.scope
        whose = f", of {scope.publisher}" if scope.publisher else ""
        small = "" if _is_exact(self.basis) else "; counts below five of a month left out"
        return f"{words}, {scope.period.first_day} to {self.basis.as_of}{whose}{small}"

    def _sum(self, period: Period, part: Part) -> int:
        return sum(map(part, _within(self.cells, period)))

    def _earlier(self, period: Period, part: Part) -> float | None:
        """None where the portal did not count on each day of the period."""
        if self.first is None or self.first > period.first_day:
            return None
        return self._sum(period, part)

    def _series(self, part: Part) -> tuple[float, ...]:
        months = Counter[date]()
        for one in self.cells:
            months[one.first_day] += part(one)
        last = self.basis.as_of
        return tuple(float(months[month_before(last, n)]) for n in reversed(range(MONTHS)))


def _report(period: Period, as_of: date, publisher: str) -> str:
    """The Dataset Report that holds the same counts, by dataset and month."""
    asked = f"begin_date={period.first_day:%Y-%m}&end_date={as_of:%Y-%m}"
    return f"/reports/dsr?{asked}" + (f"&publisher={publisher}" if publisher else "")

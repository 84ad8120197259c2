"""How often data were taken and looked at here: people, programs, and robots apart."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from citycommons.core.types import ClientKind, DatasetId, Use
from citycommons.measure.impact.figures import Figure, Rule, Sureness
from citycommons.measure.impact.period import Period, month_before
from citycommons.measure.impact.scope import Basis
from citycommons.store import impact
from citycommons.store.impact import MonthlyUse

MONTHS = 13  # of a series: the last one stands beside the same month a year before
_KINDS = (ClientKind.PERSON, ClientKind.MACHINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """Uses here, as figures and by dataset."""

    figures: tuple[Figure, ...]
    requests: dict[DatasetId, int]  # people and programs, in the period


def uses(basis: Basis) -> Uses:
    """Counts of the period, of the one before it, and of the same one a year before."""
    period, as_of = basis.scope.period, basis.as_of
    start = min(month_before(as_of, MONTHS - 1), period.year_before.first_day)
    found = impact.monthly(basis.work.db, start, as_of)
    if basis.scope.publisher is not None:
        found = [one for one in found if one.dataset in basis.datasets]
    first = impact.first_use(basis.work.db)
    ask = _Asked(found=found, basis=basis, first=first)
    taken = Counter[DatasetId]()
    for one in found:
        if one.use is Use.REQUEST and one.client in _KINDS and one.month >= period.first_day:
            taken[one.dataset] += one.count
    return Uses(
        figures=(
            ask.figure("use.here.requests", (Use.REQUEST,), _KINDS),
            ask.figure("use.here.people", (Use.REQUEST,), (ClientKind.PERSON,)),
            ask.figure("use.here.programs", (Use.REQUEST,), (ClientKind.MACHINE,)),
            ask.figure("use.here.investigations", (Use.INVESTIGATION,), _KINDS),
            ask.figure("use.here.robots", tuple(Use), (ClientKind.ROBOT,)),
        ),
        requests={id: count for id, count in taken.items() if id in basis.datasets},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    found: list[MonthlyUse]
    basis: Basis
    first: date | None  # day that was counted; before it nobody knows

    def figure(self, id: str, of: tuple[Use, ...], by: tuple[ClientKind, ...]) -> Figure:
        rows = [one for one in self.found if one.use in of and one.client in by]
        period, as_of = self.basis.scope.period, self.basis.as_of
        publisher = self.basis.scope.publisher
        return Figure(
            id=id,
            value=_sum(rows, period),
            unit="{use}",
            rule=Rule.COUNTER,
            sureness=Sureness.MEASURED,
            as_of=as_of,
            query=(
                f"usage: {' + '.join(of)} by {' + '.join(by)}, "
                f"{period.first_day} to {as_of}" + (f", of {publisher}" if publisher else "")
            ),
            inputs=(f"/reports/dsr?begin-date={period.first_day:%Y-%m}&end-date={as_of:%Y-%m}",),
            before=self._earlier(rows, period.before),
            year_before=self._earlier(rows, period.year_before),
            series=_series(rows, as_of),
        )

    def _earlier(self, rows: list[MonthlyUse], period: Period) -> float | None:
        """None where the portal did not count on each day of the period."""
        if self.first is None or self.first > period.first_day:
            return None
        return _sum(rows, period)


def _sum(rows: Iterable[MonthlyUse], period: Period) -> int:
    return sum(r.count for r in rows if period.first_day <= r.month <= period.last_day)


def _series(rows: Iterable[MonthlyUse], as_of: date) -> tuple[float, ...]:
    months = Counter[date]()
    for one in rows:
        months[one.month] += one.count
    return tuple(float(months[month_before(as_of, back)]) for back in reversed(range(MONTHS)))


def _report(period: Period, as_of: date, publisher: str) -> str:
    """The Dataset Report that holds the same counts, by dataset and month."""
    asked = f"begin_date={period.first_day:%Y-%m}&end_date={as_of:%Y-%m}"
    return f"/reports/dsr?{asked}" + (f"&publisher={publisher}" if publisher else "")

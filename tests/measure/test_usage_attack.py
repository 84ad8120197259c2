"""An attacker with an integer programme and all that is published at once recovers no small count.

The unknowns are uses by dataset, month, day, method, kind and door. Known are all reports, pages
and exports that everybody can ask for, and the rule by which they hide. For each true count of 1
to 4 the attacker looks for the smallest and the largest value that fit: both the same is a leak.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, insert
from tests.measure.test_usage_report import ANYONE, NAME, URL, counts, used

from citycommons.core.types import Actor, Channel, ClientKind, DatasetId, PublisherId, Use
from citycommons.measure.usage import overview
from citycommons.measure.usage.overview import Span
from citycommons.measure.usage.report import Asked, dsr
from citycommons.store.tables import usage as usage_table
from citycommons.store.work import City

optimize = pytest.importorskip("scipy.optimize", reason="attacks with an integer programme")

__all__ = ["used"]  # a fixture

DATASETS = ("bikes", "stops")
DAYS = (date(2026, 7, 2), date(2026, 7, 9), date(2026, 8, 4), date(2026, 8, 5))
CLIENTS = {ClientKind.PERSON: "regular", ClientKind.MACHINE: "machine"}
CHANNELS = (Channel.PAGE, Channel.API, Channel.FILE)
JULY, AUGUST = date(2026, 7, 1), date(2026, 8, 1)
SPANS = (Span.of(JULY, JULY), Span.of(AUGUST, AUGUST), Span.of(JULY, AUGUST))

Cell = tuple[str, date, ClientKind, Use, Channel]
CELLS: tuple[Cell, ...] = tuple(product(DATASETS, DAYS, CLIENTS, Use, CHANNELS))
Which = Callable[[Cell], bool]


class Known:
    """Linear constraints on all cells, in the words of what is published."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray[Any, Any]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def says(self, which: Which, low: int, high: int) -> None:
        self.rows.append(np.array([float(which(cell)) for cell in CELLS]))
        self.low.append(low)
        self.high.append(high)

    def range(self, which: Which) -> tuple[int, int]:
        goal = np.array([float(which(cell)) for cell in CELLS])
        limits = optimize.LinearConstraint(np.array(self.rows), self.low, self.high)
        ends = []
        for sign in (1, -1):
            found = optimize.milp(sign * goal, constraints=limits, integrality=np.ones(len(CELLS)))
            assert found.success, found.message
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


def learn(work: Any) -> Known:
    """All that everybody can ask for."""
    known = Known()
    asked = {"first_day": JULY, "last_day": date(2026, 8, 31)}
    months = counts(dsr(work, Asked(**asked), url=URL, platform=NAME))
    days = counts(dsr(work, Asked(**asked, grain="day"), url=URL, platform=NAME))
    hides_looks = _cells(known, months)
    _days(known, days, months, hides_looks)
    for span in SPANS:
        for found in (
            overview.of_portal(work, span),
            overview.of_publisher(work, PublisherId("roads"), span),
            *(overview.of_dataset(work, DatasetId(id), span) for id in DATASETS),
        ):
            _doors(known, found, months, hides_looks)
    return known


def _key(cell: Cell) -> tuple[str, str, str]:
    return cell[0], f"{cell[1]:%Y-%m-01}", CLIENTS[cell[2]]


def _cells(known: Known, months: Any) -> set[tuple[str, str, str]]:
    hides_looks = set()
    for key in {_key(cell) for cell in CELLS}:
        total = months.get((*key, "total-dataset-investigations"), 0)
        taken = months.get((*key, "total-dataset-requests"), 0)
        mine = [_key(cell) == key for cell in CELLS]
        of = dict(zip(CELLS, mine, strict=True))
        is_taken: Which = lambda cell, of=of: of[cell] and cell[3] is Use.REQUEST  # noqa: E731
        is_look: Which = lambda cell, of=of: of[cell] and cell[3] is not Use.REQUEST  # noqa: E731
        known.says(is_taken, *((taken, taken) if taken else (0, 4)))
        if total == taken:
            hides_looks.add(key)
            known.says(is_look, 0, 4)
            if not taken:
                known.says(lambda cell, of=of: of[cell], 0, 4)
        else:
            known.says(lambda cell, of=of: of[cell], total, total)
    return hides_looks


def _told(cell: Cell, months: Any, hides_looks: Any) -> bool:
    """Whether a use is among what is shown of its month at all."""
    key = _key(cell)
    is_shown = (*key, "total-dataset-investigations") in months
    return is_shown and (cell[3] is Use.REQUEST or key not in hides_looks)


def _days(known: Known, days: Any, months: Any, hides_looks: Any) -> None:
    for dataset, day, client in product(DATASETS, DAYS, CLIENTS):
        key = (dataset, day.isoformat(), CLIENTS[client])

        def of_day(cell: Cell, dataset: Any = dataset, day: Any = day, c: Any = client) -> bool:
            return cell[:3] == (dataset, day, c)

        if (dataset, f"{day:%Y-%m-01}", CLIENTS[client], "total-dataset-investigations") in months:
            five = days.get((*key, "total-dataset-investigations"), 0)
            known.says(
                lambda cell, of=of_day: of(cell) and _told(cell, months, hides_looks),
                five,
                five + 4,
            )
        if (dataset, f"{day:%Y-%m-01}", CLIENTS[client], "total-dataset-requests") in months:
            five = days.get((*key, "total-dataset-requests"), 0)
            known.says(
                lambda cell, of=of_day: of(cell) and cell[3] is Use.REQUEST,
                five,
                five + 4,
            )


def _doors(known: Known, found: Any, months: Any, hides_looks: Any) -> None:
    apart = found.apart["channel"]
    if not apart.is_told:
        return
    parts, rest = dict(apart.parts), apart.rest
    # A rest of 6 to 9 may hold five of the largest part.
    more = 0 if not rest else 9 if 6 <= rest <= 9 else 4
    for channel in CHANNELS:
        five = parts.get(channel.value, 0)

        def at_door(cell: Cell, channel: Channel = channel) -> bool:
            return (
                cell[4] is channel
                and (found.dataset is None or cell[0] == found.dataset)
                and found.span.first_day <= cell[1] <= found.span.last_day
                and _told(cell, months, hides_looks)
            )

        known.says(at_door, five, five + more)


def small(truth: dict[Cell, int]) -> Iterator[tuple[str, Which]]:
    """Counts of 1 to 4 that somebody might want to know."""
    parts: dict[str, Callable[[Cell], tuple[Any, ...]]] = {
        "kind": lambda cell: (*_key(cell), cell[3]),
        "month": _key,
        "day": lambda cell: cell[:3],
        "door": lambda cell: (*_key(cell), cell[4]),
        "door of a dataset": lambda cell: (cell[0], cell[4]),
    }
    for name, part in parts.items():
        sums: dict[tuple[Any, ...], int] = {}
        for cell, count in truth.items():
            sums[part(cell)] = sums.get(part(cell), 0) + count
        for key, total in sums.items():
            if 0 < total < 5:
                yield f"{name} {key}", lambda cell, part=part, key=key: part(cell) == key


@pytest.mark.parametrize("seed", range(4))
def test_no_small_count_follows_from_all_that_is_published(used: City, admin: Actor, seed: int):
    drawn = random.Random(seed)
    most = (2, 4, 9, 14)[seed]
    truth = {cell: drawn.choice((0, 0, drawn.randrange(most))) for cell in CELLS}
    with used.work(admin) as work:
        work.db.execute(delete(usage_table))
        for (dataset, day, client, use, channel), count in truth.items():
            if count:
                row = {"dataset": dataset, "version": 1, "use": use, "channel": channel}
                row |= {"client": client, "day": day, "count": count}
                work.db.execute(insert(usage_table), row)
    with used.work(ANYONE, may_write=False) as work:
        known = learn(work)
    values = np.array([truth[cell] for cell in CELLS], float)
    for row, low, high in zip(known.rows, known.low, known.high, strict=True):
        assert low <= row @ values <= high  # what the attacker believes is true
    targets = list(small(truth))
    assert targets
    for name, which in targets:
        low, high = known.range(which)
        assert low < high, f"{name} is {low}"


def test_the_attack_recovers_counts_from_a_rule_that_only_hides_small_cells(
    used: City, admin: Actor, monkeypatch: pytest.MonkeyPatch
):
    """Sums stay exact, and what is missing follows: the attack is worth something."""

    def naive(investigations: int, requests: int) -> tuple[int, int]:
        return (
            investigations if investigations >= 5 else 0,
            requests if requests >= 5 else 0,
        )

    monkeypatch.setattr("citycommons.measure.usage.cells.shown_pair", naive)
    row = {"dataset": "bikes", "version": 1, "channel": Channel.API, "client": "person"}
    with used.work(admin) as work:
        work.db.execute(delete(usage_table))
        for use, count in ((Use.REQUEST, 20), (Use.INVESTIGATION, 3)):
            work.db.execute(insert(usage_table), row | {"day": DAYS[0], "use": use, "count": count})
    with used.work(ANYONE, may_write=False) as work:
        known = learn(work)

    def looks(cell: Cell) -> bool:
        return _key(cell) == ("bikes", "2026-07-01", "regular") and cell[3] is Use.INVESTIGATION

    assert known.range(looks) == (3, 3)

"""Where works get in each other's way in space and time, and which dates would be free.

Everything is asked as one question: by how many days would these works have to be moved to clash
with that? The answer is an interval of days for each pair of phases that lie near each other; they
clash if it holds zero, and the nearest day outside all intervals of a works is the nearest free
date. So the search for dates is exact, and costs no more than the check.

Days alone count: two sites in one place on the same days clash also if one works by night, since
trench, fence and machines stay.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from citycommons.act.roadworks.clash import OF_WORKS, Clash, Kind, Proposal
from citycommons.act.roadworks.pieces import (
    Ints,
    Pieces,
    Shapes,
    flattened,
    middle,
    of_detours,
    of_measures,
    of_state,
    of_type,
)
from citycommons.act.roadworks.rules import Calendars, Days, Rules
from citycommons.core.works import Effect, Works, WorksId, WorksState, WorkType

FARTHEST = 730
"""Days; free dates are looked for as far as this, both ways."""
_LONGEST_TERM = 200  # days
_MOVABLE = (WorksState.PROPOSED, WorksState.COORDINATED)
_HINDERING = (Effect.CLOSED, Effect.LANES, Effect.ONE_WAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relations:
    """`subject` clashes with `object` if moved by `low` … `high` days; arrays of one size."""

    kind: Kind
    subject: Ints  # index of the works that one would move
    object: Ints  # index of works, occasion or school
    low: Ints
    high: Ints
    first: Ints  # days of both together, as they are now
    last: Ints
    metres: npt.NDArray[np.float64]
    here: Shapes
    there: Shapes

    def nearer(self, metres: float) -> "_Relations":
        """Those that lie within so many metres of each other."""
        measured = replace(self, metres=shapely.distance(self.here, self.there))
        return measured.some(measured.metres <= metres)

    def some(self, kept: npt.NDArray[np.bool_]) -> "_Relations":
        """Those where `kept` is true."""
        names = ("subject", "object", "low", "high", "first", "last", "metres", "here", "there")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


class Index:
    """Works with all that lies near them; made once, asked often."""

    def __init__(
        self, works: Sequence[Works], rules: Rules, calendars: Calendars | None = None
    ) -> None:
        self.works, self.rules = tuple(works), rules
        self.calendars = calendars or Calendars()
        self._place = {one.id: i for i, one in enumerate(self.works)}
        self._origin = middle(self.works)
        self._all = of_measures(self.works, self._origin)
        self._open = of_state(self.works, self._all, is_over=False)

    def clashes(self, *, of: WorksId | None = None) -> list[Clash]:
        """All clashes, or those of one works; the first to happen first.

        A clash of two works stands here once; `works` is the one to which the rule speaks.
        """
        if of is not None and of not in self._place:
            return []
        focus = None if of is None else np.array([self._place[of]], np.int64)
        related = self._related(_Question(focus=focus, is_now=True))
        found = [clash for one in related for clash in self._of(one)]
        return sorted(found, key=lambda one: (one.first_day, one.key))

    def with_dates(self, clashes: Iterable[Clash], *, today: date | None = None) -> list[Clash]:
        """The clashes, each with dates at which its works would clash with nothing at all.

        For each side that can still be moved: proposed and coordinated works, not before `today`.
        """
        given = list(clashes)
        sides = {id for one in given for id in (one.works, one.other) if id is not None}
        movable = [id for id in sides if self.works[self._place[id]].state in _MOVABLE]
        found = self.free(movable, today=today)
        return [
            replace(
                one,
                proposals=tuple(found[id] for id in (one.works, one.other) if id in found),
            )
            for one in given
        ]

    def free(
        self, ids: Collection[WorksId], *, today: date | None = None
    ) -> dict[WorksId, Proposal]:
        """For each of these works the nearest dates at which it clashes with nothing.

        The others stay where they are. Works without any free date within two years are left out.
        """
        found = {}
        taken = self._taken([self._place[id] for id in ids])
        for id in ids:
            one = self.works[self._place[id]]
            earliest = -FARTHEST if today is None else (today - one.first_day).days
            shift = nearest_free(taken[self._place[id]], earliest, FARTHEST)
            if shift is not None:
                move = timedelta(days=shift)
                found[id] = Proposal(
                    works=id,
                    owner=one.owner,
                    shift=shift,
                    first_day=one.first_day + move,
                    last_day=one.last_day + move,
                )
        return found

    def _taken(self, places: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """Shifts of each of these works that clash with something, as intervals."""
        wanted = set(places)
        taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for one in self._related(_Question(focus=np.array(places, np.int64), is_now=False)):
            for subject, low, high in _rows(one.subject, one.low, one.high):
                if subject in wanted:
                    taken[subject].append((low, high))
            if one.kind in OF_WORKS:
                # Moving the other by as much the other way comes to the same.
                for object, low, high in _rows(one.object, -one.high, -one.low):
                    if object in wanted:
                        taken[object].append((low, high))
        return taken

    def _related(self, asked: "_Question") -> Iterator[_Relations]:
        yield self._overlaps(asked)
        yield self._detours(asked)
        yield self._moratoria(asked)
        if self.calendars.occasions:
            yield self._events(asked)
            yield self._events_everywhere(asked)
        if self.calendars.schools:
            yield from self._schools(asked)

    def _of(self, relations: _Relations) -> Iterator[Clash]:
        pairs: dict[tuple[int, int], list[int]] = defaultdict(list)
        both = _rows(relations.subject, relations.object)
        for at, (subject, object) in enumerate(both):
            pairs[subject, object].append(at)
        for (subject, object), places in pairs.items():
            yield self._clash(relations, subject, object, np.array(places))

    def _clash(self, relations: _Relations, subject: int, object: int, at: Ints) -> Clash:
        one = self.works[subject]
        other = self.works[object] if relations.kind in OF_WORKS else None
        if other is not None and relations.kind is Kind.OVERLAP and other.id < one.id:
            one, other = other, one  # it speaks to both alike: named the same whoever comes first
        if other is not None:
            name = next(iter(other.title.values()), other.id)
        elif relations.kind is Kind.EVENT:
            name = self.calendars.occasions[object].name
        else:
            name = self.calendars.schools[object].name
        return Clash(
            kind=relations.kind,
            works=one.id,
            owner=one.owner,
            other=other.id if other else None,
            other_owner=other.owner if other else None,
            other_name=name,
            first_day=date.fromordinal(int(relations.first[at].min())),
            last_day=date.fromordinal(int(relations.last[at].max())),
            metres=round(float(relations.metres[at].min()), 1),
        )

    def _overlaps(self, asked: "_Question") -> _Relations:
        a = b = self._open
        here, there = _near(a, b, self.rules.buffer_m, asked, is_once=True)
        return _days(Kind.OVERLAP, a, b, here, there, asked, self.rules.buffer_days).nearer(
            self.rules.buffer_m
        )

    def _detours(self, asked: "_Question") -> _Relations:
        a = of_detours(self.works, self._origin)
        b = of_state(self.works, of_measures(self.works, self._origin, _HINDERING), is_over=False)
        here, there = _near(a, b, self.rules.detour_m, asked)
        near = _days(Kind.DETOUR, a, b, here, there, asked).nearer(self.rules.detour_m)
        # A detour may cross works at a junction; it may not run along them.
        corridor = shapely.buffer(near.here, self.rules.detour_m, quad_segs=2)
        along = shapely.length(shapely.intersection(corridor, near.there))
        needed = np.minimum(
            self.rules.detour_along_m + 2 * self.rules.detour_m, shapely.length(near.there) / 2
        )
        return near.some(along > needed)

    def _moratoria(self, asked: "_Question") -> _Relations:
        digs = of_type(self.works, self._open, WorkType.BELOW_ROAD)
        made = of_type(self.works, self._all, WorkType.SURFACE)
        # Taken from the day after the surface is made to the end of the moratorium.
        kept = Pieces(
            made.works, made.last + 1, made.last + self.rules.moratorium_days, made.shapes
        )
        begin = Pieces(digs.works, digs.first, digs.first, digs.shapes)
        here, there = _near(begin, kept, self.rules.moratorium_m, asked)
        return _days(Kind.MORATORIUM, begin, kept, here, there, asked).nearer(
            self.rules.moratorium_m
        )

    def _events(self, asked: "_Question") -> _Relations:
        placed = [(one, one.place) for one in self.calendars.occasions if one.place]
        events = _spans(
            [flattened(shapely.from_wkb(place), self._origin) for _, place in placed],
            [one.days for one, _ in placed],
        )
        here, there = _near(self._open, events, self.rules.event_m, asked)
        found = _days(Kind.EVENT, self._open, events, here, there, asked).nearer(self.rules.event_m)
        numbers = np.flatnonzero([bool(one.place) for one in self.calendars.occasions])
        return replace(found, object=numbers[found.object])

    def _events_everywhere(self, asked: "_Question") -> _Relations:
        closing = of_state(
            self.works, of_measures(self.works, self._origin, (Effect.CLOSED,)), is_over=False
        )
        numbers = np.flatnonzero([not one.place for one in self.calendars.occasions])
        some = [self.calendars.occasions[i] for i in numbers]
        events = _spans([shapely.Point(0, 0)] * len(some), [one.days for one in some])
        here, there = (a.ravel() for a in np.indices((len(closing.works), len(some))))
        kept = asked.wants(closing.works[here])
        found = _days(Kind.EVENT, closing, events, here[kept], there[kept], asked)
        nowhere = np.zeros(len(found.subject))
        return replace(found, object=numbers[found.object], metres=nowhere)

    def _schools(self, asked: "_Question") -> Iterator[_Relations]:
        closing = of_state(
            self.works, of_measures(self.works, self._origin, (Effect.CLOSED,)), is_over=False
        )
        points = [
            flattened(shapely.Point(one.lon, one.lat), self._origin)
            for one in self.calendars.schools
        ]
        for term in terms(self.calendars.holidays):
            schools = _spans(points, [term] * len(points))
            here, there = _near(closing, schools, self.rules.school_m, asked)
            yield _days(Kind.SCHOOL, closing, schools, here, there, asked).nearer(
                self.rules.school_m
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Of which works (all, if `focus` is None), and whether only what clashes as they are now."""

    focus: Ints | None
    is_now: bool

    def wants(self, *works: Ints) -> npt.NDArray[np.bool_]:
        """Where any of these indices of works is asked for."""
        if self.focus is None:
            return np.ones(len(works[0]), bool)
        found = [np.isin(some, self.focus) for some in works]
        return np.asarray(np.any(found, axis=0), bool)


def _near(
    a: Pieces, b: Pieces, metres: float, asked: _Question, *, is_once: bool = False
) -> tuple[Ints, Ints]:
    """Pairs of two works' pieces whose boxes lie within so many metres; `is_once`: a before b."""
    if not len(a.works) or not len(b.works):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    boxes = shapely.bounds(a.shapes) + np.array([-metres, -metres, metres, metres])
    here, there = shapely.STRtree(b.shapes).query(shapely.box(*boxes.T))
    first, second = a.works[here], b.works[there]
    kept = (first < second if is_once else first != second) & asked.wants(first, second)
    return here[kept], there[kept]


def _days(
    kind: Kind, a: Pieces, b: Pieces, here: Ints, there: Ints, asked: _Question, days: int = 0
) -> _Relations:
    """The shifts of a's works that would bring the pairs together, or within so many days."""
    low = b.first[there] - days - a.last[here]
    high = b.last[there] + days - a.first[here]
    if asked.is_now:
        now = (low <= 0) & (high >= 0)
        here, there, low, high = here[now], there[now], low[now], high[now]
    first = np.maximum(a.first[here], b.first[there])
    last = np.minimum(a.last[here], b.last[there])
    return _Relations(
        kind=kind,
        subject=a.works[here],
        object=b.works[there] if kind in OF_WORKS else there,
        low=low,
        high=high,
        first=np.minimum(first, last),  # of neighbours in time: the days between them
        last=np.maximum(first, last),
        metres=np.empty(0),
        here=a.shapes[here],
        there=b.shapes[there],
    )


def _spans(shapes: Sequence[shapely.Geometry], days: Sequence[tuple[date, date]]) -> Pieces:
    """Pieces of no works: places that are taken for some days."""
    return Pieces(
        np.full(len(shapes), -1, np.int64),
        np.array([first.toordinal() for first, _ in days], np.int64),
        np.array([last.toordinal() for _, last in days], np.int64),
        np.array(shapes, object),
    )


def terms(holidays: Iterable[Days]) -> list[Days]:
    """Times of school between holidays; before the first and after the last nothing is known.

    A gap longer than any term of a school year is a year that nobody told, and no term.
    """
    day = timedelta(days=1)
    between = [(a[1] + day, b[0] - day) for a, b in pairwise(sorted(holidays))]
    return [(one, two) for one, two in between if one <= two and (two - one).days < _LONGEST_TERM]


def nearest_free(taken: Iterable[tuple[int, int]], earliest: int, latest: int) -> int | None:
    """The number nearest to zero in earliest … latest that lies in no interval (ends included).

    Of two that are as near the later one: later is easier than earlier.

    >>> nearest_free([(-3, 2), (3, 5)], -10, 10)
    -4
    >>> nearest_free([(-3, 2), (3, 5)], 0, 10)
    6
    """
    merged: list[tuple[int, int]] = []
    for low, high in sorted(taken):
        if low > high:
            continue
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    # Merged intervals never touch, so the day before and after each of them is free.
    edges = [edge for low, high in merged for edge in (low - 1, high + 1)]
    start = min(max(0, earliest), latest)
    edges += [day for day in (start,) if not any(low <= day <= high for low, high in merged)]
    within = [edge for edge in edges if earliest <= edge <= latest]
    return min(within, key=lambda edge: (abs(edge), -edge), default=None)


def _rows(*arrays: Ints) -> Iterator[tuple[int, ...]]:
    return zip(*(array.tolist() for array in arrays), strict=True)

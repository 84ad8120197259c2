"""Pages of observations: of one datastream, of many, or of all series, in one stable order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.share.expressions.tree import (
    Column,
    Expression,
    Named,
    Sorted,
    all_of,
    call,
    columns_of,
)
from citycommons.share.open import Opened
from citycommons.share.query import MOST_ROWS, Query
from citycommons.share.rows import count, rows
from citycommons.share.sensorthings.conditions import (
    TIMES,
    Asked,
    Chosen,
    asked,
    order_of,
)
from citycommons.share.sensorthings.entities import Entity, iso, moment
from citycommons.share.sensorthings.paths import gets_from
from citycommons.share.sensorthings.request import Options
from citycommons.share.sensorthings.series import Series
from citycommons.share.sensorthings.stations import FEW, Latest, beside, key_of, text_of
from citycommons.share.sensorthings.values import sort_key, value_of

_TIMES = tuple(Column(name) for name in TIMES)

Open = Callable[[Series], Opened]
"""The door: opens the series' version and counts the use."""


@dataclass(slots=True, eq=False)
class Observed:
    """One observation."""

    stream: Entity
    feature: Entity
    time: Any
    result: Any
    row: int
    others: dict[str, Any]

    @property
    def id(self) -> str:
        """The same in every version where station and time identify a row; else of the version."""
        series = self.stream.series
        mark = iso(self.time) if series.is_keyed else f"{series.version.number}.{self.row}"
        return f"{self.stream.id}@{mark}"

    def read(self, path: str) -> Any:
        """A property, as conditions compare it."""
        head, _, rest = path.partition("/")
        flag = self.stream.series.flag
        match head:
            case "result":
                return self.result
            case "phenomenonTime" | "resultTime":
                return moment(self.time)
            case "id" | "@iot.id":
                return self.row
            case "resultQuality":
                return self.others.get(flag.name) if flag else None
            case "parameters":
                return self.others.get(rest)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some observations; `total` is None where nobody asked for it."""

    found: list[Observed]
    total: int | None
    has_more: bool


def page_of(chosen: Sequence[Chosen], options: Options, open: Open) -> Page:
    """One page over all that is chosen, in the order asked for or that of the files."""
    parts = [part for one in chosen if (part := asked(one, options.filter))]
    total = _total(parts, open) if options.count else None
    if not options.page:
        return Page(found=[], total=total, has_more=False)
    take = _sorted if options.orderby else _in_turn
    found = take(parts, options, options.page + 1, open)
    return Page(found=found[: options.page], total=total, has_more=len(found) > options.page)


def _total(parts: Sequence[Asked], open: Open) -> int:
    return sum(_count(part, open) for part in parts)


def _count(part: Asked, open: Open) -> int:
    if part.count is not None:
        return part.count
    return count(open(part.chosen.series), Query(filter=part.where))


def _in_turn(parts: Sequence[Asked], options: Options, most: int, open: Open) -> list[Observed]:
    """Part after part; those before the page are passed over by their counts."""
    found: list[Observed] = []
    skip = options.skip
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if skip and not is_last and skip >= (size := _count(part, open)):
            skip -= size
            continue
        found += _read(part, (), skip, most - len(found), open)
        skip = 0
        if len(found) >= most:
            break
    return found


def _sorted(parts: Sequence[Asked], options: Options, most: int, open: Open) -> list[Observed]:
    if len(parts) == 1:
        order = order_of(parts[0].chosen, options.orderby)
        near = _near(parts[0], options.orderby[0], options.skip + most)
        return _read(near, order, options.skip, most, open)
    reach = options.skip + most
    if reach > MOST_ROWS + 1:
        raise Invalid(
            f"Sorted over several datasets, at most {MOST_ROWS} observations can be paged through. "
            "Ask for one datastream, or filter by phenomenonTime.",
            parameter="$skip",
        )
    first = options.orderby[0]
    by_time = first.expression in _TIMES
    found: list[tuple[Any, int, Observed]] = []
    for place, part in sorted(enumerate(parts), key=lambda pair: _ahead(pair[1], first)):
        if by_time and len(found) >= reach and _is_past(part, first, found[reach - 1][2]):
            continue
        order = order_of(part.chosen, options.orderby)
        for one in _read(_near(part, first, reach), order, 0, reach, open):
            found.append((_key(one, options.orderby), place, one))
        found.sort(key=lambda triple: triple[:2])
        found = found[:reach]
    return [one for _, _, one in found[options.skip :]]


def _ends(part: Asked) -> tuple[float, float]:
    spans = [part.chosen.model.stations[at].spans[part.chosen.measure] for at in part.chosen.places]
    firsts = [moment(span.first).timestamp() for span in spans if span]
    lasts = [moment(span.latest.time).timestamp() for span in spans if span]
    return min(firsts), max(lasts)


def _ahead(part: Asked, first: Sorted) -> float:
    """Parts whose times come first are read first: others may then not be needed."""
    start, end = _ends(part)
    return -end if first.descending else start


def _is_past(part: Asked, first: Sorted, last: Observed) -> bool:
    start, end = _ends(part)
    reached = moment(last.time).timestamp()
    return end < reached if first.descending else start > reached


def _near(part: Asked, first: Sorted, reach: int) -> Asked:
    """The same without stations that fell silent before the newest of so many others."""
    chosen = part.chosen
    if part.filter is not None or not _is_newest_first(first) or len(chosen.places) < reach:
        return part
    lasts = [(moment(_last(chosen, at)), at) for at in chosen.places]
    since = sorted((last for last, _ in lasts), reverse=True)[reach - 1]
    places = tuple(at for last, at in lasts if last >= since)
    if len(places) > FEW:  # then reading all is as fast
        return part
    narrow = Chosen(model=chosen.model, measure=chosen.measure, stations=places)
    return Asked(chosen=narrow, filter=None, count=None)


def _last(chosen: Chosen, at: int) -> Any:
    span = chosen.model.stations[at].spans[chosen.measure]
    return span.latest.time if span else None


def _key(one: Observed, orderby: Sequence[Sorted]) -> tuple[Any, ...]:
    return tuple(
        sort_key(value_of(item.expression, _getter(one, item.expression)), item.descending)
        for item in orderby
    )


def _getter(one: Observed, expression: Expression) -> Callable[[str], Any]:
    start = {"Datastream": one.stream, "FeatureOfInterest": one.feature}
    paths = [path for path in columns_of(expression) if path.partition("/")[0] in start]
    reach = next(gets_from(dict(start), paths))
    return lambda path: reach(path) if path.partition("/")[0] in start else one.read(path)


def _columns(chosen: Chosen) -> tuple[str, ...]:
    series = chosen.series
    fields = (series.time, series.measures[chosen.measure], *series.stations, *beside(series))
    return tuple(dict.fromkeys(field.name for field in fields))


def _read(
    part: Asked, order: tuple[Sorted, ...], skip: int, most: int, open: Open
) -> list[Observed]:
    query = Query(
        columns=_columns(part.chosen), filter=part.where, sort=order, limit=most, offset=skip
    )
    return _observed(part.chosen, query, open)


def _observed(chosen: Chosen, query: Query, open: Open) -> list[Observed]:
    page = rows(open(chosen.series), query, total=0)
    model, series, measure = chosen.model, chosen.series, chosen.measure
    columns = {name: page.table.column(name).to_pylist() for name in page.table.column_names}
    keys = list(zip(*(columns[f.name] for f in series.stations), strict=True))
    ats = [model.places[key] for key in keys] if series.stations else [0] * page.table.num_rows
    beside_names = [field.name for field in beside(series)]
    times, results = columns[series.time.name], columns[series.measures[measure].name]
    found = []
    for i, at in enumerate(ats):
        stream = model.streams[at][measure]
        if stream is not None:
            others = {name: columns[name][i] for name in beside_names}
            row, feature = page.positions[i], model.features[at]
            found.append(Observed(stream, feature, times[i], results[i], row, others))
    return found


def one_of(chosen: Chosen, condition: Expression, open: Open) -> Observed | None:
    """The one observation that the condition is of."""
    where = all_of(*(part for part in (_all(chosen), condition) if part is not None))
    query = Query(columns=_columns(chosen), filter=where, limit=1)
    return next(iter(_observed(chosen, query, open)), None)


def _all(chosen: Chosen) -> Expression | None:
    return Asked(chosen=chosen, filter=None, count=None).where


def of_each(groups: Sequence[tuple[Chosen, ...]], options: Options, open: Open) -> list[Page]:
    """A page of observations for each group (of one thing's datastream, of one feature, …).

    However many groups there are, each measured column is asked once.
    """
    if _is_latest(options):
        for series in {id(one.series): one.series for group in groups for one in group}.values():
            open(series)  # what is kept with the stations leaves by the same door
        return [_latest(group, options) for group in groups]
    reach = min(options.skip + options.page + 1, MOST_ROWS)
    wanted: dict[tuple[int, int], tuple[Chosen, set[int]]] = {}
    for group in groups:
        for one in group:
            key = (id(one.model), one.measure)
            wanted.setdefault(key, (one, set()))[1].update(one.places)
    by_stream: dict[int, list[Observed]] = {}
    totals: dict[int, int] = {}
    for one, places in wanted.values():
        whole = Chosen(model=one.model, measure=one.measure, stations=tuple(sorted(places)))
        if part := asked(whole, options.filter):
            _gather(part, options, reach, by_stream, totals, open)
    return [_page(group, options, by_stream, totals) for group in groups]


def _gather(
    part: Asked,
    options: Options,
    reach: int,
    by_stream: dict[int, list[Observed]],
    totals: dict[int, int],
    open: Open,
) -> None:
    chosen = part.chosen
    most = max(1, min(reach, MOST_ROWS // len(chosen.places)))
    query = Query(
        columns=_columns(chosen),
        filter=part.where,
        sort=order_of(chosen, options.orderby),
        each=tuple(Column(field.name) for field in chosen.series.stations),
        most_of_each=most,
        limit=most * len(chosen.places),
    )
    for one in _observed(chosen, query, open):
        by_stream.setdefault(id(one.stream), []).append(one)
    if options.count:
        _tell_counts(part, totals, open)


def _tell_counts(part: Asked, totals: dict[int, int], open: Open) -> None:
    chosen, model = part.chosen, part.chosen.model
    if part.count is not None:
        for at in chosen.places:
            span = model.stations[at].spans[chosen.measure]
            totals[id(model.streams[at][chosen.measure])] = span.count if span else 0
        return
    key = key_of(chosen.series) if chosen.series.stations else None
    computed = [Named(name="n", expression=call("count"))]
    computed += [Named(name="key", expression=key)] if key else []
    query = Query(
        computed=tuple(computed), group_by=(key,) if key else (), filter=part.where, limit=MOST_ROWS
    )
    table = rows(open(chosen.series), query, total=0).table
    found = table.column("n").to_pylist()
    keys = table.column("key").to_pylist() if key else [""]
    by_key = dict(zip(keys, found, strict=True))
    for at in chosen.places:
        text = text_of(model.stations[at].key)
        totals[id(model.streams[at][chosen.measure])] = by_key.get(text, 0)


def _page(
    group: tuple[Chosen, ...],
    options: Options,
    by_stream: dict[int, list[Observed]],
    totals: dict[int, int],
) -> Page:
    streams = [one.model.streams[at][one.measure] for one in group for at in one.places]
    found = [one for stream in streams for one in by_stream.get(id(stream), ())]
    if options.orderby and len(streams) > 1:
        found.sort(key=lambda one: _key(one, options.orderby))
    cut = found[options.skip : options.skip + options.page]
    total = sum(totals.get(id(stream), 0) for stream in streams) if options.count else None
    has_more = bool(cut) and len(found) > options.skip + len(cut)
    return Page(found=cut, total=total, has_more=has_more)


def _is_latest(options: Options) -> bool:
    """Whether only the last value of each is asked for, which is kept with the stations."""
    is_one = options.page == 1 and not options.skip and options.filter is None
    return is_one and len(options.orderby) == 1 and _is_newest_first(options.orderby[0])


def _is_newest_first(one: Sorted) -> bool:
    return one.descending and one.expression in _TIMES


def _latest(group: tuple[Chosen, ...], options: Options) -> Page:
    found = []
    for one in group:
        for at in one.places:
            span, stream = one.model.stations[at].spans[one.measure], one.model.streams[at]
            if span and (of := stream[one.measure]):
                found.append(_of_latest(of, one.model.features[at], span.latest))
    found.sort(key=lambda each: moment(each.time), reverse=True)
    known = sum(one.known for one in group)
    return Page(found=found[:1], total=known if options.count else None, has_more=known > 1)


def _of_latest(stream: Entity, feature: Entity, latest: Latest) -> Observed:
    return Observed(stream, feature, latest.time, latest.result, latest.row, latest.others)

"""A question to SensorThings, answered: which entities it reaches, and all it wants of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.core.types import DatasetId
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Literal,
)
from citycommons.share.sensorthings import names
from citycommons.share.sensorthings.conditions import Chosen, row_of_id
from citycommons.share.sensorthings.entities import Entity, Manner, Model
from citycommons.share.sensorthings.known import Readable, model
from citycommons.share.sensorthings.observations import (
    Observed,
    Open,
    of_each,
    one_of,
    page_of,
)
from citycommons.share.sensorthings.paths import holds, in_order
from citycommons.share.sensorthings.request import Expand, Options, Segment
from citycommons.share.sensorthings.through import leads_to_observations, owners
from citycommons.share.sensorthings.written import Expanded, Item
from citycommons.store.work import Work

MOST_WRITTEN = 50_000  # entities in one answer
_THERE_IS_NONE = "There is no such entity. Follow the links from the first page of the service."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """Entities of one set, before any option."""

    set: str
    models: tuple[Model, ...] = ()  # all of theirs, where `items` is None
    items: tuple[Entity, ...] | None = None

    def __iter__(self) -> Iterator[Entity]:
        if self.items is not None:
            return iter(self.items)
        return (one for each in self.models for one in each.sets[self.set])

    def __len__(self) -> int:
        if self.items is not None:
            return len(self.items)
        return sum(len(each.sets[self.set]) for each in self.models)


@dataclass(frozen=True, slots=True)
class Observing:
    """Observations, before any option."""

    chosen: tuple[Chosen, ...]


Reached = Entities | Observing | Entity | Observed
"""What a path leads to."""


@dataclass(slots=True, kw_only=True)
class Service:
    """The time series that somebody may read, with a door to their rows."""

    work: Work
    readable: Readable
    manner: Manner
    open: Open
    _models: dict[DatasetId, Model | None] = field(default_factory=dict)

    def model(self, id: DatasetId) -> Model | None:
        """The entities of one dataset; None if it is no series, or not to be read."""
        if id not in self._models:
            one = self.readable.of.get(id)
            found = model(self.work, one, self.readable, self.manner) if one else None
            self._models[id] = found
        return self._models[id]

    def models(self, condition: Expression | None = None) -> tuple[Model, ...]:
        """All, or those that can meet the condition, by the ids of their datasets."""
        named = datasets_named(condition)
        ids = [id for id in self.readable.of if named is None or id in named]
        return tuple(found for id in ids if (found := self.model(id)))

    def reach(self, path: Sequence[Segment], condition: Expression | None) -> Reached:
        """Follow the path from set to entity to set; `condition` only saves looking further.

        Raises `NotFound` where it leads nowhere.
        """
        first, *rest = path
        if first.name not in names.SETS:
            raise NotFound(f"There is no “{first.name[:60]}”. There are: {', '.join(names.SETS)}.")
        at: Reached = self._all(first.name, condition if not rest and first.id is None else None)
        if first.id is not None:
            at = self._by_id(first.name, first.id)
        elif rest:
            raise NotFound(f"Name one of the {first.name}, such as {first.name}('id').")
        for segment in rest:
            at = self._step(at, segment)
        return at

    def _all(self, set: str, condition: Expression | None) -> Entities | Observing:
        if set == names.OBSERVATIONS:
            return Observing(tuple(all_of(self.models(condition))))
        return Entities(set=set, models=self.models(condition))

    def _by_id(self, set: str, id: str) -> Entity | Observed:
        found = self.model(DatasetId(id.partition("@")[0]))
        one: Entity | Observed | None = None
        if found and set == names.OBSERVATIONS:
            one = self._observed(found, id)
        elif found:
            one = found.by_id[set].get(id)
        if one is None:
            raise NotFound(_THERE_IS_NONE)
        return one

    def _observed(self, found: Model, id: str) -> Observed | None:
        stream = found.by_id[names.DATASTREAMS].get(id.rpartition("@")[0])
        if stream is None:
            return None
        chosen = Chosen(model=found, measure=stream.measure, stations=(stream.station,))
        condition = row_of_id(chosen, stream.station, id)
        return one_of(chosen, condition, self.open) if condition else None

    def _step(self, at: Reached, segment: Segment) -> Reached:
        if isinstance(at, Observing | Entities):
            raise NotFound(f"“{segment.name[:60]}”: name one entity of the set before it.")
        set = names.OBSERVATIONS if isinstance(at, Observed) else at.set
        target = names.led_to(set, segment.name)
        if target is None:
            raise NotFound(f"{set} lead to no “{segment.name[:60]}”.")
        reached = self.led(at, segment.name)
        if segment.id is None:
            if reached is None:
                raise NotFound(_THERE_IS_NONE)
            return reached
        if not isinstance(reached, Entities | Observing):
            raise NotFound(f"“{segment.name}” is one entity; leave its id out.")
        return self._among(reached, target[0], segment.id)

    def led(self, at: Item, name: str) -> Reached | None:
        """What a navigation property of the entity leads to."""
        if isinstance(at, Observed):
            return at.stream if name == "Datastream" else at.feature
        if name == names.OBSERVATIONS:
            return Observing(self.chosen_of(at))
        if name in names.ONE.get(at.set, {}):
            return at.one.get(name)
        return Entities(set=name, items=tuple(at.many.get(name, ())))

    def _among(self, reached: Entities | Observing, set: str, id: str) -> Entity | Observed:
        found = self._by_id(set, id)
        if isinstance(reached, Entities):
            is_there = any(one is found for one in reached)
        else:
            is_there = isinstance(found, Observed) and any(
                found.stream is one.model.streams[at][one.measure]
                for one in reached.chosen
                for at in one.places
            )
        if not is_there:
            raise NotFound(_THERE_IS_NONE)
        return found

    def chosen_of(self, of: Entity) -> tuple[Chosen, ...]:
        """The observations of a datastream, or of a feature of interest."""
        found = self.model(of.series.dataset.id)
        if found is None:
            return ()
        measures = range(len(found.counts)) if of.set == names.FEATURES else (of.measure,)
        chosen = (Chosen(model=found, measure=i, stations=(of.station,)) for i in measures)
        return tuple(one for one in chosen if one.places)


def all_of(models: Sequence[Model]) -> Iterator[Chosen]:
    """All observations: dataset by dataset, measure by measure."""
    return (Chosen(model=one, measure=i) for one in models for i in range(len(one.counts)))


def datasets_named(condition: Expression | None) -> set[str] | None:
    """Datasets that an id in the condition names; None if it names none.

    Ids of all entities begin with their dataset, and what one leads to is of the same dataset.
    """
    match condition:
        case Call("and", arguments):
            found = [named for part in arguments if (named := datasets_named(part)) is not None]
            return set.intersection(*found) if found else None
        case Call("or", arguments):
            each = [datasets_named(part) for part in arguments]
            return None if None in each else set[str]().union(*(one for one in each if one))
        case Call("eq" | "in", (Column(path), *others)) | Call("eq", (*others, Column(path))):
            is_id = path.rpartition("/")[2] in ("id", "@iot.id")
            if is_id and all(isinstance(one, Literal) for one in others):
                return {str(one.value).partition("@")[0] for one in others}  # type: ignore[union-attr]
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One page with all that was expanded in it."""

    items: Sequence[Item]
    total: int | None
    has_more: bool
    expanded: Mapping[tuple[int, int], Any]


def listed(service: Service, reached: Entities | Observing, options: Options) -> Answer:
    """One page of a set."""
    if isinstance(reached, Observing):
        page = page_of(reached.chosen, options, service.open)
        items: Sequence[Item] = page.found
        total, has_more = page.total, page.has_more
    else:
        if (far := options.filter) is not None and leads_to_observations(far):
            there = tuple(_observed_ones(service, reached, far))
            reached, options = Entities(set=reached.set, items=there), replace(options, filter=None)
        items, total, has_more = _paged(reached, options)
    expanded = _Expanding(service).out(items, options)
    return Answer(items=items, total=total, has_more=has_more, expanded=expanded)


def single(service: Service, item: Item, options: Options) -> Answer:
    """One entity."""
    expanded = _Expanding(service).out([item], options)
    return Answer(items=[item], total=None, has_more=False, expanded=expanded)


def _paged(found: Entities, options: Options) -> tuple[list[Entity], int | None, bool]:
    if options.filter is None and not options.orderby:
        end = options.skip + options.page
        total = len(found)
        return list(islice(found, options.skip, end)), total if options.count else None, total > end
    kept: list[Entity] = list(found)
    if options.filter is not None:
        condition = options.filter
        _refuse_far(condition)
        kept = [one for one in kept if holds(condition, one)]
    if options.orderby:
        kept = in_order(kept, options.orderby)
    cut = kept[options.skip : options.skip + options.page]
    has_more = len(kept) > options.skip + options.page
    return cut, len(kept) if options.count else None, has_more


def _observed_ones(service: Service, found: Entities, condition: Expression) -> list[Entity]:
    """Those with observations that meet the condition."""
    models = found.models
    if found.items is not None:
        ids = dict.fromkeys(one.series.dataset.id for one in found.items)
        models = tuple(model for id in ids if (model := service.model(id)))
    there = {id(one) for one in owners(found.set, models, condition, service.open)}
    return [one for one in found if id(one) in there]


def _refuse_far(condition: Expression) -> None:
    if leads_to_observations(condition):
        raise Invalid(
            "Within $expand a filter cannot lead through Observations; put it into the $expand of "
            "Observations, or ask for the set by itself.",
            parameter="$filter",
        )


class _Expanding:
    """Finds what is expanded, level by level: each measured column is asked once a level."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._found: dict[tuple[int, int], Any] = {}
        self._written = 0

    def out(self, items: Sequence[Item], options: Options) -> dict[tuple[int, int], Any]:
        """Everything below these, by expansion and entity."""
        self._written += len(items)
        for one in options.expand:
            below = self._level(items, one)
            if self._written + len(below) > MOST_WRITTEN:
                raise TooMuch(
                    f"This expands to more than {MOST_WRITTEN} entities. Ask for fewer with $top."
                )
            self.out(below, one.options)
        return self._found

    def _level(self, items: Sequence[Item], one: Expand) -> list[Item]:
        if one.name == names.OBSERVATIONS:
            return self._observations([i for i in items if isinstance(i, Entity)], one)
        below: dict[int, Item] = {}
        for item in items:
            found = self._service.led(item, one.name)
            if isinstance(found, Entities):
                cut, total, has_more = _paged(found, one.options)
                self._found[id(one), id(item)] = Expanded(cut, total, has_more)
                self._written += len(cut)
                below |= {id(each): each for each in cut}
            else:
                self._found[id(one), id(item)] = found
                if isinstance(found, Entity):
                    below[id(found)] = found
        return list(below.values())

    def _observations(self, items: Sequence[Entity], one: Expand) -> list[Item]:
        groups = [self._service.chosen_of(item) for item in items]
        below: list[Item] = []
        pages = of_each(groups, one.options, self._service.open)
        for item, page in zip(items, pages, strict=True):
            self._found[id(one), id(item)] = Expanded(page.found, page.total, page.has_more)
            below += page.found
        return below

"""Paths through entities: bound one by one where they lead to many, as a join would."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.share.expressions.tree import Expression, Sorted, columns_of
from citycommons.share.sensorthings.entities import Entity
from citycommons.share.sensorthings.values import sort_key, value_of

MOST_BINDINGS = 10_000
_IDS = ("id", "@iot.id")

Get = Callable[[str], Any]
Roots = dict[str, Entity | None]


def gets(entity: Entity, paths: Sequence[str]) -> Iterator[Get]:
    """Ways to read these paths from the entity: one for each way of binding sets of many."""
    yield from _bound({"": entity}, paths)


def gets_from(roots: Roots, paths: Sequence[str]) -> Iterator[Get]:
    """The same for paths that begin with one of the names, as those of an observation do."""
    yield from _bound(dict(roots), paths)


def _bound(given: Roots, paths: Sequence[str]) -> Iterator[Get]:
    """Grow the bindings prefix by prefix; where there is none, the path gives nothing."""
    ways: list[Roots] = [given]
    for prefix in _prefixes(paths, given):
        before, _, name = prefix.rpartition("/")
        grown: list[Roots] = []
        for way in ways:
            at = way.get(before)
            for found in _next(at, name):
                grown.append({**way, prefix: found})
        ways = grown
        if len(ways) > MOST_BINDINGS:
            raise Invalid("The filter leads through too many entities at once; ask for less.")
    for way in ways:
        yield lambda path, way=way: _read(way, path)  # type: ignore[misc]


def _prefixes(paths: Sequence[str], given: Roots) -> list[str]:
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")
        for end in range(1, len(parts)):
            prefix = "/".join(parts[:end])
            if prefix in given:
                continue
            if parts[end - 1][:1].isupper():  # properties begin small
                found[prefix] = None
            else:
                break
    return list(found)


def _next(at: Entity | None, name: str) -> Sequence[Entity | None]:
    if at is None:
        return (None,)
    if name in at.one:
        return (at.one[name],)
    return at.many.get(name) or (None,)


def _read(way: Roots, path: str) -> Any:
    parts = path.split("/")
    end = 0
    while end < len(parts) - 1 and parts[end][:1].isupper():
        end += 1
    entity = way.get("/".join(parts[:end]))
    return None if entity is None else property_of(entity, parts[end:])


def property_of(entity: Entity, parts: Sequence[str]) -> Any:
    """What conditions compare: moments, periods, shapes; else as in JSON."""
    name = parts[0]
    if name in _IDS:
        return entity.id
    if name in entity.shown and len(parts) == 1:
        return entity.shown[name]
    value: Any = entity.values.get(name)
    for part in parts[1:]:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def holds(condition: Expression, entity: Entity) -> bool:
    """Whether the condition is true of the entity."""
    paths = columns_of(condition)
    found = False
    for get in gets(entity, paths):
        value = value_of(condition, get)
        if value is not None and not isinstance(value, bool):
            raise Invalid("A filter has to be true or false, such as name eq 'a'.")
        found = found or value is True
        if found:
            break
    return found


def in_order(entities: Sequence[Entity], orderby: Sequence[Sorted]) -> list[Entity]:
    """The entities sorted; equal ones stay as they were."""
    keyed = [
        (
            tuple(
                sort_key(value_of(one.expression, next(gets(entity, paths))), one.descending)
                for one, paths in zip(orderby, map(_paths, orderby), strict=True)
            ),
            entity,
        )
        for entity in entities
    ]
    keyed.sort(key=lambda pair: pair[0])
    return [entity for _, entity in keyed]


def _paths(one: Sorted) -> tuple[str, ...]:
    return columns_of(one.expression)

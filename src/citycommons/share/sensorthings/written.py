"""Entities as SensorThings JSON: with links, or what was selected and expanded (clause 8.1)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from citycommons.share.sensorthings import names
from citycommons.share.sensorthings.entities import Entity, iso
from citycommons.share.sensorthings.observations import Observed
from citycommons.share.sensorthings.request import Options

_SAFE = "@:~!$*+,;=-._"
_QUERY_SAFE = "$(),/:;@='*"

Item = Entity | Observed


def address(set: str, id: str) -> str:
    """`Things('a@b')`, as it stands in links."""
    return f"{set}('{quote(id.replace(chr(39), chr(39) * 2), safe=_SAFE)}')"


def set_of(item: Item) -> str:
    return item.set if isinstance(item, Entity) else names.OBSERVATIONS


def at_skip(address: str, pairs: Sequence[tuple[str, str]], skip: int) -> str:
    """The same question from another entity on."""
    rest = [pair for pair in pairs if pair[0] != "$skip"]
    return f"{address}?{urlencode([*rest, ('$skip', skip)], safe=_QUERY_SAFE, quote_via=quote)}"


def values_of(item: Item) -> dict[str, Any]:
    """The properties as JSON has them; of an observation those that it has."""
    if isinstance(item, Entity):
        return item.values
    series = item.stream.series
    found: dict[str, Any] = {
        "phenomenonTime": iso(item.time),
        "resultTime": iso(item.time),
        "result": item.result,
    }
    flag = series.flag
    if flag and (said := item.others.get(flag.name)):
        found["resultQuality"] = said
    parameters = {
        name: _plain(value)
        for name, value in item.others.items()
        if value is not None and not (flag and name == flag.name)
    }
    if parameters:
        found["parameters"] = parameters
    return found


def _plain(value: Any) -> Any:
    return iso(value) if hasattr(value, "year") else value


class Writer:
    """Writes entities under one base address; `expanded` holds what was found to be written out."""

    def __init__(self, base: str, expanded: Mapping[tuple[int, int], Any]) -> None:
        self._base, self._expanded = base, expanded

    def link(self, item: Item) -> str:
        return f"{self._base}/{address(set_of(item), item.id)}"

    def json(self, item: Item, options: Options) -> dict[str, Any]:
        """The entity as an object."""
        link, values, select = self.link(item), values_of(item), options.select
        if not select:
            found = {"@iot.id": item.id, "@iot.selfLink": link, **values}
            expanded = {one.name for one in options.expand}
            for name in names.navigation(set_of(item)):
                if name not in expanded:
                    found[f"{name}@iot.navigationLink"] = f"{link}/{name}"
        else:
            found = _selected(item, link, values, select)
        for one in options.expand:
            found |= self._written_out(item, link, one)
        return found

    def _written_out(self, item: Item, link: str, one: Any) -> dict[str, Any]:
        found = self._expanded.get((id(one), id(item)))
        if not isinstance(found, Expanded):
            return {one.name: None if found is None else self.json(found, one.options)}
        told: dict[str, Any] = {}
        if found.total is not None:
            told[f"{one.name}@iot.count"] = found.total
        told[one.name] = [self.json(each, one.options) for each in found.items]
        if found.has_more:
            skip = one.options.skip + len(found.items)
            told[f"{one.name}@iot.nextLink"] = at_skip(
                f"{link}/{one.name}", one.options.given, skip
            )
        return told


class Expanded:
    """The entities of a set that were written out, and how many there are."""

    __slots__ = ("has_more", "items", "total")

    def __init__(self, items: Sequence[Item], total: int | None, has_more: bool) -> None:
        self.items, self.total, self.has_more = items, total, has_more


def _selected(
    item: Item, link: str, values: Mapping[str, Any], select: Sequence[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in select:
        head = name.partition("/")[0]
        if head in ("id", "@iot.id"):
            found["@iot.id"] = item.id
        elif head in ("selfLink", "@iot.selfLink"):
            found["@iot.selfLink"] = link
        elif names.led_to(set_of(item), head):
            found[f"{head}@iot.navigationLink"] = f"{link}/{head}"
        else:
            found[head] = values.get(head)
    return found


_COMPONENTS = ("id", *names.SETS[names.OBSERVATIONS])


def data_arrays(
    found: Sequence[Observed], options: Options, writer: Writer
) -> list[dict[str, Any]]:
    """Observations by datastream, as arrays of components (clause 9.4 of part 1, data array)."""
    select = [name.removeprefix("@iot.") for name in options.select if "/" not in name]
    components = [name for name in select if name in _COMPONENTS]
    components = list(dict.fromkeys(components)) or list(_COMPONENTS)
    groups: dict[int, list[Observed]] = {}
    for one in found:
        groups.setdefault(id(one.stream), []).append(one)
    return [
        {
            "Datastream@iot.navigationLink": writer.link(group[0].stream),
            "components": components,
            "dataArray@iot.count": len(group),
            "dataArray": [_components(one, components) for one in group],
        }
        for group in groups.values()
    ]


def _components(one: Observed, components: Sequence[str]) -> list[Any]:
    values = values_of(one)
    return [one.id if name == "id" else values.get(name) for name in components]

"""Filters that lead to an entity's observations: `Datastreams?$filter=Observations/result gt 5`.

The condition is turned round, so that it is one of observations; whatever has one that meets it,
holds.
"""

from collections.abc import Iterator, Sequence

from citycommons.core.errors import Invalid
from citycommons.share.expressions.odata import resolved
from citycommons.share.expressions.tree import Column, Expression, Named, columns_of
from citycommons.share.query import MOST_ROWS, Query
from citycommons.share.rows import rows
from citycommons.share.sensorthings import names
from citycommons.share.sensorthings.conditions import Asked, Chosen, asked
from citycommons.share.sensorthings.entities import Entity, Model
from citycommons.share.sensorthings.observations import Open
from citycommons.share.sensorthings.stations import key_of, text_of

_TURNED: dict[str, dict[str, str]] = {
    names.DATASTREAMS: {"": "Datastream", "Observations": ""},
    names.FEATURES: {"": "FeatureOfInterest", "Observations": ""},
    names.THINGS: {"": "Datastream/Thing"},
    names.SENSORS: {"": "Datastream/Sensor"},
    names.PROPERTIES: {"": "Datastream/ObservedProperty"},
    names.LOCATIONS: {
        "": "Datastream/Thing/Locations",
        "Things": "Datastream/Thing",
        "Things/Datastreams": "Datastream",
        "Things/Datastreams/Observations": "",
    },
}
"""Where the way to observations stands, seen from them."""
for _set in (names.THINGS, names.SENSORS, names.PROPERTIES):
    _TURNED[_set] |= {"Datastreams": "Datastream", "Datastreams/Observations": ""}


def leads_to_observations(condition: Expression) -> bool:
    """Whether a path of the condition goes through observations."""
    return any(names.OBSERVATIONS in path.split("/")[:-1] for path in columns_of(condition))


def owners(set: str, models: Sequence[Model], condition: Expression, open: Open) -> list[Entity]:
    """Entities of the set with an observation that meets the condition.

    Raises `Invalid` where the way to observations is another than the shortest.
    """
    turned = resolved(condition, lambda path: Column(_turned(set, path)))
    found: dict[int, Entity] = {}
    for model in models:
        for measure in range(len(model.counts)):
            part = asked(Chosen(model=model, measure=measure), turned)
            for at in _stations(part, open) if part else ():
                for owner in _owners(set, model, at, measure):
                    found[id(owner)] = owner
    return list(found.values())


def _turned(set: str, path: str) -> str:
    ways = _TURNED.get(set, {})
    parts = path.split("/")
    for end in range(len(parts) - 1, -1, -1):
        way = "/".join(parts[:end])
        if way in ways:
            rest = "/".join(parts[end:])
            if names.OBSERVATIONS not in parts[end:-1]:
                return f"{ways[way]}/{rest}" if ways[way] else rest
    raise Invalid(f"“{path}”: a filter of {set} cannot lead through Observations in this way.")


def _stations(part: Asked, open: Open) -> Iterator[int]:
    chosen = part.chosen
    if part.filter is None or not chosen.series.stations:
        query = Query(filter=part.where, columns=(chosen.column,), limit=1)
        if part.filter is None or rows(open(chosen.series), query, total=0).table.num_rows:
            yield from chosen.places
        return
    key = key_of(chosen.series)
    query = Query(
        computed=(Named(name="key", expression=key),),
        group_by=(key,),
        filter=part.where,
        limit=MOST_ROWS,
    )
    there: set[str] = {*rows(open(chosen.series), query, total=0).table.column("key").to_pylist()}
    for at in chosen.places:
        if text_of(chosen.model.stations[at].key) in there:
            yield at


def _owners(set: str, model: Model, at: int, measure: int) -> Sequence[Entity]:
    stream = model.streams[at][measure]
    if stream is None:
        return ()
    thing = stream.one["Thing"]
    match set:
        case names.DATASTREAMS:
            return (stream,)
        case names.FEATURES:
            return (model.features[at],)
        case names.LOCATIONS:
            return thing.many.get(names.LOCATIONS, ())
        case names.THINGS:
            return (thing,)
    return (stream.one["Sensor" if set == names.SENSORS else "ObservedProperty"],)

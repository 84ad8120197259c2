"""Which published datasets a city's traffic model is made of: found by their columns.

Nothing has to be set up: a dataset whose columns are called like those below is what it looks like.
Where several are, the one with more of the wanted columns is taken, then the one with more rows.
A city whose columns have other names publishes a version that renames them, or names its datasets
to `citycommons roadworks model build --streets … --areas … --counts …`.

* streets: `from_junction`, `to_junction` and a line; `lanes`, `speed_kmh`, `capacity_veh_h`,
  `length_m`, `class`, `name`, an id `link` where known. Each row is one direction.
* or junctions: `junction_id`, `neighbours` and a point; streets between them may have names in a
  dataset with `from_junction` and `to_junction`.
* drawn: lines with an OpenStreetMap `highway` class, of the city or a part of it: where streets
  between junctions run, how long they are and of which class.
* areas: a polygon and `inhabitants`; `jobs` where known.
* survey: one row an area with `trips_per_person_day` and `share_detailed_car_driver`.
* counts: `detector`, a time and `vehicles`; `flag` says which rows not to believe.
* detectors: `detector` and the `link` it lies on, or `junction_id`, `approach` and `turn`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from citycommons.core.errors import NotFound
from citycommons.core.types import Dataset, DatasetId, Field, FieldRole, FieldType, Version
from citycommons.govern.access import Action, allows
from citycommons.store import catalogue
from citycommons.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Datasets by what they are for; None is not there."""

    streets: DatasetId | None = None
    junctions: DatasetId | None = None
    drawn: DatasetId | None = None
    areas: DatasetId | None = None
    survey: DatasetId | None = None
    counts: DatasetId | None = None
    detectors: DatasetId | None = None

    @property
    def named(self) -> tuple[DatasetId, ...]:
        """All that are there, each once."""
        found = [getattr(self, one.name) for one in fields(self)]
        return tuple(dict.fromkeys(one for one in found if one is not None))


@dataclass(frozen=True, slots=True)
class _Kind:
    needs: frozenset[str]
    likes: frozenset[str] = frozenset()
    geometry: bool = False
    avoids: frozenset[str] = frozenset()


_KINDS = {
    "streets": _Kind(
        frozenset({"from_junction", "to_junction"}),
        frozenset({"lanes", "speed_kmh", "capacity_veh_h", "class", "length_m"}),
        geometry=True,
    ),
    "junctions": _Kind(frozenset({"junction_id", "neighbours"}), geometry=True),
    "drawn": _Kind(frozenset({"highway"}), frozenset({"from_node", "to_node", "length_m"}), True),
    "areas": _Kind(frozenset({"inhabitants"}), frozenset({"jobs"}), geometry=True),
    "survey": _Kind(
        frozenset({"trips_per_person_day", "share_detailed_car_driver"}), frozenset({"area"})
    ),
    "counts": _Kind(
        frozenset({"detector", "vehicles"}),
        frozenset({"flag"}),
        avoids=frozenset({"cells", "junction_id"}),
    ),
    "detectors": _Kind(
        frozenset({"detector"}), frozenset({"link", "junction_id", "approach", "turn"}), True
    ),
}


def find_inputs(work: Work, given: Inputs | None = None) -> Inputs:
    """What the city has of each kind, among datasets the actor may read; `given` ones stand.

    Raises `NotFound` if there are neither streets nor junctions, or no areas.
    """
    known = _readable(work)
    said = given or Inputs()
    found = {name: getattr(said, name) or _best(kind, known) for name, kind in _KINDS.items()}
    if found["streets"] is None and found["junctions"] is None:
        raise NotFound(
            "No dataset of streets is published: a traffic model needs one with from_junction, "
            "to_junction and a line, or one of junctions with their neighbours."
        )
    if found["areas"] is None:
        raise NotFound(
            "No dataset of areas with inhabitants is published: a traffic model needs to know "
            "where trips begin."
        )
    return Inputs(**found)


def has_inputs(work: Work) -> bool:
    """Whether a model can be built at all."""
    try:
        find_inputs(work)
    except NotFound:
        return False
    return True


def time_column(columns: Iterable[Field]) -> str:
    """The column that says when; `NotFound` if none does."""
    for one in columns:
        if one.role is FieldRole.TIME and one.type is FieldType.DATETIME:
            return one.name
    raise NotFound("The dataset of counts has no column of times.")


def _readable(work: Work) -> list[tuple[Dataset, Version]]:
    versions = catalogue.latest_versions(work.db)
    return [
        (one, versions[one.id])
        for one in catalogue.datasets(work.db, sorted(versions))
        if allows(work.actor, Action.READ, one)
    ]


def _best(kind: _Kind, known: list[tuple[Dataset, Version]]) -> DatasetId | None:
    ranked = []
    for dataset, version in known:
        names = {one.name for one in version.fields}
        places = any(one.type is FieldType.GEOMETRY for one in version.fields)
        if kind.needs <= names and not kind.avoids & names and (places or not kind.geometry):
            ranked.append((len(kind.likes & names), version.rows, dataset.id))
    return max(ranked)[2] if ranked else None

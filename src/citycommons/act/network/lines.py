"""A network from any published table of streets: lines, with or without the ids of their ends.

Columns are found by their names, in the words of many publishers; who knows better says so.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from citycommons.act.network.assemble import Stretch, assemble
from citycommons.act.network.defaults import is_known
from citycommons.act.network.joints import Joined, Line, join_by_ids, join_by_place
from citycommons.act.network.osm_tags import speed_kmh
from citycommons.act.network.types import Network
from citycommons.core.errors import Invalid

_WORDS: dict[str, tuple[str, ...]] = {
    "start": (
        *(
            "from_node",
            "from_node_id",
            "from",
            "fromnode",
            "u",
            "source",
            "start_node",
            "node_from",
        ),
        *("f_node", "from_id", "von_knoten", "startknoten", "anode", "a_node", "noeud_debut"),
    ),
    "end": (
        *("to_node", "to_node_id", "to", "tonode", "v", "target", "end_node", "node_to"),
        *(
            "t_node",
            "to_id",
            "bis_knoten",
            "nach_knoten",
            "endknoten",
            "bnode",
            "b_node",
            "noeud_fin",
        ),
    ),
    "kind": (
        *(
            "highway",
            "fclass",
            "facility_type",
            "road_class",
            "roadclass",
            "class",
            "functional_class",
        ),
        *("strassenklasse", "klasse", "kategorie", "tipo_strada", "type_voie", "kind", "type"),
    ),
    "name": (
        *("name", "street", "street_name", "road_name", "strassenname", "strasse", "straße"),
        *("nom_voie", "nom", "nome", "nome_via", "toponimo", "bezeichnung"),
    ),
    "id": ("edge_id", "link_id", "osm_id", "segment_id", "id", "objectid", "fid", "gid"),
    "one_way": ("oneway", "one_way", "einbahn", "einbahnstrasse", "senso_unico", "sens_unique"),
    "lanes": ("lanes", "lane_count", "nb_voies", "fahrstreifen", "corsie", "spuren"),
    "speed": (
        *("maxspeed", "speed_limit", "speedlimit", "free_speed", "speed", "tempolimit", "vmax"),
        *("geschwindigkeit", "limite_velocita", "vitesse", "v_max"),
    ),
    "capacity": ("capacity", "kapazitaet", "capacita", "capacite"),
    "length": ("length_m", "shape_length", "shape_leng", "laenge_m"),
    "geometry": ("geometry", "geom", "wkb_geometry", "shape", "the_geom"),
}
_NOT_CARS = frozenset(
    ("footway", "cycleway", "path", "steps", "pedestrian", "track", "bridleway", "corridor")
) | frozenset(
    ("construction", "proposed", "platform", "busway", "elevator", "raceway", "rest_area")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Which column says what; None is no column."""

    start: str | None = None
    end: str | None = None
    kind: str | None = None
    name: str | None = None
    id: str | None = None
    one_way: str | None = None
    lanes: str | None = None
    speed: str | None = None
    capacity: str | None = None
    length: str | None = None
    geometry: str | None = None


def guess_fields(columns: Sequence[str]) -> Fields:
    """Which column says what, by their names alone.

    Examples
    --------
    >>> guess_fields(["edge_id", "from_node", "to_node", "highway", "geometry"]).start
    'from_node'
    """
    plain = {re.sub(r"[\s:.-]+", "_", name.strip().lower()): name for name in columns}
    found = {
        meaning: next((plain[word] for word in words if word in plain), None)
        for meaning, words in _WORDS.items()
    }
    if not (found["start"] and found["end"]):
        found["start"] = found["end"] = None
    return Fields(**found)


def from_lines(
    streets: pa.Table,
    *,
    columns: Fields | None = None,
    kinds: Mapping[str, str] | None = None,
    tolerance_m: float = 1.0,
) -> Network:
    """A network of a table of lines (WKB, CRS84); it has no zones yet.

    Parameters
    ----------
    columns
        Which column says what; those not named are guessed by `guess_fields`. `one_way` takes
        yes, no, -1, T/F and the FT, TF, B of road databases; `speed` km/h or what OpenStreetMap
        writes; `lanes` and `capacity` (vehicles an hour) are of one direction.
    kinds
        The publisher's word for a class → OpenStreetMap's highway class.
    tolerance_m
        Ends closer than this are one node, where the table has no ids of nodes; and a line is
        cut where another one ends on it.

    Returns
    -------
    Ways for walking and cycling are left out, by their class. Without a class column every line
    is a street. Nodes have the ids of the table where those are whole numbers. Links carry the id
    of their row as `streets.sources`; what was assumed is counted in `streets.guessed`.

    Raises
    ------
    Invalid
        If there is no geometry column, or no street.
    """
    names = _named(streets, columns)
    rows = list(_rows(streets, names, kinds or {}))
    if not rows:
        raise Invalid("No row of this table is a street for motor vehicles.")
    has_ids = names.start is not None and names.end is not None
    joined = join_by_ids(rows) if has_ids else join_by_place(rows, tolerance_m)
    stretches = [one for row in joined.rows for one in _stretches(row)]
    guessed = Counter(what for row in rows for what in row.guessed)
    return assemble(
        stretches, joined.places, numbers=joined.numbers, guessed={**guessed, **joined.guessed}
    )


def _named(streets: pa.Table, given: Fields | None) -> Fields:
    names = guess_fields(streets.column_names)
    if given is not None:
        said = {f.name: v for f in fields(given) if (v := getattr(given, f.name)) is not None}
        names = replace(names, **said)
    for one in fields(names):
        column = getattr(names, one.name)
        if column is not None and column not in streets.column_names:
            listed = ", ".join(streets.column_names)
            raise Invalid(f"The table has no column “{column}”; it has {listed}.", column=column)
    if names.geometry is None:
        raise Invalid("The table has no geometry, so its streets lie nowhere.")
    return names


def _rows(streets: pa.Table, names: Fields, kinds: Mapping[str, str]) -> Iterator[Line]:
    shapes = shapely.from_wkb(streets.column(str(names.geometry)).to_pylist())
    cells = {
        one.name: streets.column(column).to_pylist()
        for one in fields(names)
        if (column := getattr(names, one.name)) is not None and one.name != "geometry"
    }
    for row, shape in enumerate(shapes):
        said = {name: values[row] for name, values in cells.items()}
        kind, is_guessed = _kind(said, kinds)
        if shape is None or shape.is_empty or kind is None:
            continue
        for part in shapely.get_parts(shapely.line_merge(shape)):
            if part.geom_type == "LineString":
                yield _line(said, part, kind, is_guessed, row)


def _kind(said: Mapping[str, Any], kinds: Mapping[str, str]) -> tuple[str | None, bool]:
    if "kind" not in said:
        return "unclassified", True
    word = str(said["kind"] or "").strip()
    kind = kinds.get(word, word.lower())
    if kind in _NOT_CARS or kind == "service":
        return None, False
    return (kind, False) if is_known(kind) else ("unclassified", True)


def _line(said: Mapping[str, Any], part: Any, kind: str, is_guessed: bool, row: int) -> Line:
    one_way = _one_way(said.get("one_way"))
    guessed = ["class"] * is_guessed + ["both directions"] * (one_way is None)
    speed = said.get("speed")
    coordinates = shapely.get_coordinates(part).tolist()
    return Line(
        start=_id(said.get("start")),
        end=_id(said.get("end")),
        line=tuple((x, y) for x, y in coordinates),
        kind=kind,
        name=str(said.get("name") or ""),
        source=_id(said.get("id")) or str(row + 1),
        one_way=one_way or 0,
        lanes=_number(said.get("lanes")),
        speed_kmh=None if speed is None else speed_kmh(str(speed).removesuffix(".0")),
        capacity=_number(said.get("capacity")),
        length_m=_number(said.get("length")),
        guessed=tuple(guessed),
    )


def _one_way(value: object) -> int | None:
    """1 along, -1 against, 0 both; None if nobody says."""
    word = str(value).strip().lower() if value is not None else ""
    if word in ("yes", "true", "1", "1.0", "f", "ft", "ja", "si", "sì", "oui"):
        return 1
    if word in ("-1", "-1.0", "reverse", "t", "tf"):
        return -1
    return 0 if word in ("no", "false", "0", "0.0", "b", "n", "nein", "non", "both") else None


def _id(value: object) -> str:
    text = "" if value is None else str(value).strip()
    return text.removesuffix(".0")


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 < number < np.inf else None


def _stretches(row: Joined) -> Iterator[Stretch]:
    one = row.line
    for sign, tail, head, line in (
        (1, row.start, row.end, one.line),
        (-1, row.end, row.start, one.line[::-1]),
    ):
        if one.one_way in (0, sign) and tail != head:
            yield Stretch(
                tail=tail,
                head=head,
                line=line,
                kind=one.kind,
                name=one.name,
                source=one.source,
                length_m=one.length_m,
                lanes=one.lanes,
                speed_kmh=one.speed_kmh,
                capacity=one.capacity,
                is_rural=(one.speed_kmh or 0) >= 70,
            )

"""A network from a table of junctions that name their neighbours: no streets are drawn at all.

Cities publish such tables of their traffic signals. Each pair of neighbours becomes a street driven
both ways, as long as the straight line times a detour factor, of one assumed class.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import shapely

from citycommons.act.network.assemble import Position, Stretch, assemble, streets_of
from citycommons.act.network.defaults import number, table
from citycommons.act.network.plane import length_m
from citycommons.act.network.traced import Traced, Tracer
from citycommons.act.network.types import Network
from citycommons.core.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What columns are called; `neighbours` may be one, of several ids, or one for each id."""

    id: str = "junction_id"
    neighbours: tuple[str, ...] = ("neighbours",)
    streets: tuple[str, ...] = ("streets",)
    geometry: str = "geometry"
    link_ends: tuple[str, str] = ("from_junction", "to_junction")
    link_name: str = "name"


@dataclass(frozen=True, slots=True)
class _Junction:
    place: Position
    streets: tuple[str, ...]
    neighbours: tuple[str, ...]


def from_junctions(
    junctions: pa.Table,
    links: pa.Table | None = None,
    *,
    columns: Columns | None = None,
    kind: str | None = None,
    kinds: Mapping[frozenset[str], str] | None = None,
    detour: float | None = None,
    lanes: float | None = None,
    speed_kmh: float | None = None,
    along: Network | None = None,
) -> Network:
    """A network of both directions of each pair of neighbouring junctions; it has no zones yet.

    Parameters
    ----------
    junctions
        Rows with an id, a point (WKB, CRS84), the ids of neighbours (in one text column, or one
        column each) and the names of the streets that meet.
    links
        If given, pairs come from here and not from the neighbours: two ids and a name.
    kind, kinds
        Highway class of all streets (default: `junctions.kind` of defaults.toml), and of single
        pairs of ids.
    detour
        Length over straight line (default: `junctions.detour` of defaults.toml).
    lanes, speed_kmh
        In one direction, where the class's own are not wanted.
    along
        Drawn streets, of the whole city or a part: a pair that they join takes its line, length
        and class from the shortest way along them, in each direction where it can be driven.

    Returns
    -------
    Nodes in the order of the table, numbered by their ids where all are whole numbers, else from 1.
    Links come in pairs, 2k in the direction of the pair and 2k+1 back; `streets.sources` has
    “from-to” with the ids as published, in driving order. Times are minutes. Neighbours that
    are not in the table are left out; `streets.guessed` counts them too.

    Raises
    ------
    Invalid
        If a column is missing, an id stands twice, or no two junctions are neighbours.

    Examples
    --------
    >>> points = shapely.to_wkb(shapely.points([[7.62, 51.96], [7.63, 51.96]]))
    >>> net = from_junctions(pa.table({"junction_id": ["01010", "01020"], "neighbours":
    ...     ["01020", ""], "streets": ["Ring, Weg", "Ring"], "geometry": points}))
    >>> net.node.tolist(), net.streets.sources, net.streets.name
    ([1010, 1020], ('01010-01020', '01020-01010'), ('Ring', 'Ring'))
    """
    names = columns or Columns()
    known = _junctions(junctions, names)
    pairs, missing = _pairs(known) if links is None else _linked(links, names, known)
    factor = number("junctions", "detour") if detour is None else detour
    usual = kind or str(table()["junctions"]["kind"])
    tracer = None if along is None else Tracer(along)
    stretches, guessed = [], Counter({"neighbour not in the table": missing})
    for (first, second), name in pairs.items():
        said = (kinds or {}).get(frozenset((first, second)))
        for tail, head in ((first, second), (second, first)):
            line = (known[tail].place, known[head].place)
            way = tracer.trace(*line) if tracer else None
            if way is None:
                way = Traced(line=line, length_m=factor * length_m(line), kind=said or usual)
                guessed.update(("length", *(() if said else ("class",))))
            guessed["both directions"] += 1
            stretches.append(
                Stretch(
                    tail=tail,
                    head=head,
                    line=way.line,
                    kind=said or way.kind,
                    name=name or _shared(known[first], known[second]),
                    source=f"{tail}-{head}",
                    length_m=way.length_m,
                    lanes=lanes,
                    speed_kmh=speed_kmh,
                )
            )
    places = {id: one.place for id, one in known.items()}
    return assemble(stretches, places, numbers=_numbers(known), guessed=guessed)


def nodes_of(network: Network) -> dict[str, int]:
    """Index of the node of each junction by its id as published, from what links say they are.

    Holds after zones were put in front or parts were left out, too.
    """
    found = {}
    for source, tail, head in zip(
        streets_of(network).sources, network.tail.tolist(), network.head.tolist(), strict=True
    ):
        if source.count("-") == 1:
            first, _, second = source.partition("-")
            found[first], found[second] = tail, head
    return found


def _junctions(rows: pa.Table, names: Columns) -> dict[str, _Junction]:
    wanted = (names.id, names.geometry, *names.neighbours, *names.streets)
    optional = {*names.neighbours, *names.streets}
    cells = _cells(rows, wanted, optional)
    places = shapely.from_wkb(cells[names.geometry])
    found: dict[str, _Junction] = {}
    for row, id in enumerate(map(str, cells[names.id])):
        if places[row] is None or places[row].is_empty:
            continue  # a junction without a place can be on no map and in no network
        if id in found:
            raise Invalid(f"Junction “{id}” stands twice in the table, in row {row + 1} again.")
        point = places[row].centroid
        found[id] = _Junction(
            (point.x, point.y),
            tuple(_words(cells, names.streets, row, r"\s*[,;/]\s*")),
            tuple(_words(cells, names.neighbours, row, r"[\s,;]+")),
        )
    return found


def _cells(rows: pa.Table, wanted: Sequence[str], optional: set[str]) -> dict[str, list[Any]]:
    found = {}
    for name in wanted:
        if name in rows.column_names:
            found[name] = rows.column(name).to_pylist()
        elif name not in optional:
            has = ", ".join(rows.column_names)
            raise Invalid(f"The table has no column “{name}”; it has {has}.", column=name)
    return found


def _words(
    cells: Mapping[str, list[Any]], names: Sequence[str], row: int, between: str
) -> Sequence[str]:
    texts = (cells[name][row] for name in names if name in cells)
    words = (word for text in texts for word in re.split(between, str(text or "").strip()))
    return [word for word in words if word not in ("", "-")]


def _pairs(known: Mapping[str, _Junction]) -> tuple[dict[tuple[str, str], str], int]:
    pairs: dict[tuple[str, str], str] = {}
    missing = 0
    for id, one in known.items():
        for other in one.neighbours:
            if other not in known:
                missing += 1
            elif other != id and (other, id) not in pairs:
                pairs[id, other] = ""
    return pairs, missing


def _linked(
    links: pa.Table, names: Columns, known: Mapping[str, _Junction]
) -> tuple[dict[tuple[str, str], str], int]:
    cells = _cells(links, (*names.link_ends, names.link_name), {names.link_name})
    called = cells.get(names.link_name) or [""] * links.num_rows
    pairs: dict[tuple[str, str], str] = {}
    missing = 0
    for first, second, name in zip(*(cells[end] for end in names.link_ends), called, strict=True):
        if str(first) not in known or str(second) not in known:
            missing += 1
        elif first != second and (str(second), str(first)) not in pairs:
            pairs[str(first), str(second)] = str(name or "")
    return pairs, missing


def _shared(first: _Junction, second: _Junction) -> str:
    return next((name for name in first.streets if name in second.streets), "")


def _numbers(known: Mapping[str, _Junction]) -> dict[str, int] | None:
    if all(re.fullmatch(r"\d{1,18}", id) for id in known):
        numbers = {id: int(id) for id in known}
        if len(set(numbers.values())) == len(numbers):
            return numbers
    return None

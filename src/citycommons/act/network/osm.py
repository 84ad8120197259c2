"""The streets of an OpenStreetMap extract (.osm.pbf, .osm) as a network, read from the file alone.

Ways are cut where others meet them. Turn restrictions with a node between become banned turns;
those over a way between, and those that hold at certain hours only, are counted and left out.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citycommons.act.network.assemble import Position, Stretch, assemble
from citycommons.act.network.osm_tags import Direction, Way, blocks, read_way
from citycommons.act.network.types import Network
from citycommons.core.errors import Invalid, NotFound

_RESTRICTIONS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
_CARS = frozenset(("motorcar", "motor_vehicle"))


@dataclass(frozen=True, slots=True)
class _Street:
    id: int
    way: Way
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Ban:
    """From one way over a node into another; `only` bans all others instead."""

    start: int
    via: int
    end: int
    only: bool


@dataclass(slots=True)
class _Extract:
    streets: list[_Street] = field(default_factory=list)
    places: dict[int, Position] = field(default_factory=dict)
    barriers: set[int] = field(default_factory=set)
    bans: list[_Ban] = field(default_factory=list)
    guessed: Counter[str] = field(default_factory=Counter)


def read_osm(path: Path, *, with_service: bool = False) -> Network:
    """A network of all streets open to motor cars, in both directions where they may be driven.

    Nodes carry their OpenStreetMap ids, links the id of their way as `streets.sources` (“w123”).
    The network is as the extract has it: restrict it with `components.largest`. Service
    roads (yards, parking aisles) are left out unless asked for. `streets.guessed` counts links
    on a default, and turn restrictions that were left out.
    Raises `NotFound` for no such file, `Invalid` for no extract or one without streets.
    """
    if not path.is_file():
        raise NotFound(f"Cannot read {path}: there is no such file.")
    extract = _read(path, with_service)
    joints = _joints(extract)
    stretches = [one for street in extract.streets for one in _stretches(street, joints, extract)]
    used = {node for one in stretches for node in (one.tail, one.head)}
    places: dict[Any, Position] = {
        node: place for node, place in extract.places.items() if node in used
    }
    return assemble(
        stretches,
        places,
        numbers={node: node for node in places},
        banned_turns=_banned(extract.bans, stretches),
        guessed=extract.guessed,
    )


def _read(path: Path, with_service: bool) -> _Extract:
    import osmium

    extract = _Extract()
    try:
        found: Any  # which kind it is, its letter says
        for found in osmium.FileProcessor(str(path)).with_locations():
            kind = found.type_str()
            if not len(found.tags):
                continue
            if kind == "n" and blocks({tag.k: tag.v for tag in found.tags}):
                extract.barriers.add(found.id)
            elif kind == "w" and "highway" in found.tags:
                _add_way(extract, found, with_service)
            elif kind == "r":
                _add_restriction(extract, found)
    except RuntimeError as cause:
        raise Invalid(
            f"{path.name} is a damaged OSM extract: {cause}. Download it again."
        ) from cause
    return extract


def _add_way(extract: _Extract, found: Any, with_service: bool) -> None:
    way = read_way({tag.k: tag.v for tag in found.tags}, with_service=with_service)
    if way is None:
        return
    # An extract cut at its border lacks nodes: the way is driven as far as it is here.
    nodes = [node for node in found.nodes if node.location.valid()]
    for node in nodes:
        extract.places.setdefault(node.ref, (node.lon, node.lat))
    ids = tuple(node.ref for node in nodes)
    if len(ids) > 1:
        extract.streets.append(_Street(found.id, way, ids))


def _add_restriction(extract: _Extract, found: Any) -> None:
    tags = {tag.k: tag.v for tag in found.tags}
    if not tags.get("type", "").startswith("restriction"):
        return
    if _CARS & set(tags.get("except", "").replace(" ", "").split(";")):
        return
    value = next((tags[key] for key in _RESTRICTIONS if key in tags), "")
    if not value.startswith(("no_", "only_")):
        if any(key.endswith(":conditional") for key in tags):
            extract.guessed["turn ban at certain hours, left out"] += 1
        return
    ends: dict[str, list[tuple[str, int]]] = {"from": [], "via": [], "to": []}
    for member in found.members:
        if member.role in ends:
            ends[member.role].append((member.type, member.ref))
    if [kind for kind, _ in ends["via"]] != ["n"]:
        extract.guessed["turn ban over a way, left out"] += 1
        return
    for _, start in ends["from"]:
        for _, end in ends["to"]:
            extract.bans.append(_Ban(start, ends["via"][0][1], end, value.startswith("only_")))


def _joints(extract: _Extract) -> set[int]:
    """Nodes where ways end, meet or turn is restricted."""
    uses: Counter[int] = Counter()
    for street in extract.streets:
        uses.update(street.nodes)
        uses.update((street.nodes[0], street.nodes[-1]))
    joints = {node for node, times in uses.items() if times > 1}
    return joints | {ban.via for ban in extract.bans if ban.via in uses}


def _stretches(street: _Street, joints: set[int], extract: _Extract) -> Iterator[Stretch]:
    for nodes in _pieces(street.nodes, joints, extract.barriers):
        line = tuple(extract.places[node] for node in nodes)
        for direction, ends, way in (
            (street.way.forward, (nodes[0], nodes[-1]), line),
            (street.way.backward, (nodes[-1], nodes[0]), line[::-1]),
        ):
            if direction is not None:
                yield _stretch(street, direction, ends, way)


def _pieces(
    nodes: Sequence[int], joints: set[int], barriers: set[int]
) -> Iterator[tuple[int, ...]]:
    """Between joints; a piece with a barrier inside leads nowhere and is left out."""
    piece = [nodes[0]]
    for node in nodes[1:]:
        piece.append(node)
        if node in joints:
            # A ring without a joint but its ends is cut once more, so that it has two nodes.
            if piece[0] == piece[-1] and len(piece) > 3:
                middle = len(piece) // 2
                yield from _pieces(piece[: middle + 1], {piece[middle]}, barriers)
                yield from _pieces(piece[middle:], {piece[-1]}, barriers)
            elif not barriers.intersection(piece):
                yield tuple(piece)
            piece = [node]


def _stretch(
    street: _Street, direction: Direction, ends: tuple[int, int], line: tuple[Position, ...]
) -> Stretch:
    return Stretch(
        tail=ends[0],
        head=ends[1],
        line=line,
        kind=street.way.kind,
        name=street.way.name,
        source=f"w{street.id}",
        lanes=direction.lanes,
        speed_kmh=direction.speed_kmh,
        is_rural=street.way.is_rural,
    )


def _banned(bans: Sequence[_Ban], stretches: Sequence[Stretch]) -> list[tuple[int, int]]:
    arriving: dict[Any, list[int]] = {}
    leaving: dict[Any, list[int]] = {}
    for link, one in enumerate(stretches):
        arriving.setdefault((one.source, one.head), []).append(link)
        leaving.setdefault(one.tail, []).append(link)
    found: dict[tuple[int, int], None] = {}
    for ban in bans:
        out = leaving.get(ban.via, [])
        wanted = [link for link in out if stretches[link].source == f"w{ban.end}"]
        if not wanted:  # a way that cars may not use anyway, or that is not in the extract
            continue
        hit = [link for link in out if link not in wanted] if ban.only else wanted
        for start in arriving.get((f"w{ban.start}", ban.via), []):
            found.update(dict.fromkeys((start, end) for end in hit))
    return list(found)

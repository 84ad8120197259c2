"""The streets: rings and radials, eight gates, two bridges, and what time wore away outside."""

from dataclasses import dataclass

import numpy as np

from citycommons.collect.ideal import plan
from citycommons.collect.ideal.chance import Chance, Floats, Ints, stream

CLASSES = ("primary", "secondary", "tertiary", "residential", "living_street")
LANES = np.array([2, 1, 1, 1, 1])
SPEED_KMH = np.array([50, 50, 40, 30, 10])
CAPACITY = np.array([1600, 950, 700, 420, 120])  # vehicles per hour and direction
# Corner distance in metres, nodes, class of the ring street, roundness, jitter in metres, name.
RINGS = (
    (75, 8, 4, 0.0, 0, "Piazza Grande"),
    (170, 8, 3, 0.0, 4, "Via degli Speziali"),
    (270, 16, 2, 0.0, 6, "Via degli Orafi"),
    (370, 16, 3, 0.0, 8, "Via dei Tintori"),
    (470, 32, 3, 0.0, 9, "Via dei Cordai"),
    (575, 32, 2, 0.0, 5, "Via delle Mura"),
    (745, 32, 0, 0.2, 4, "Viale dei Bastioni"),
    (960, 32, 3, 0.5, 22, "Via degli Orti"),
    (1200, 32, 1, 0.7, 18, "Via dei Giardini"),
    (1480, 64, 3, 0.8, 24, "Via dei Vigneti"),
    (1780, 64, 3, 0.9, 26, "Via dei Poggi"),
)
OUTSIDE_WALL, ROADS_OUT_M = 6, 2600.0
ROADS_OUT = (0, 1, 2, 4, 5, 6)  # the gates a provincial road leaves from
_MINOR = ("Vicolo", "Via", "Via", "Via", "Vicolo", "Via", "Via")
_CRAFTS = (
    "Albero", "Fabbri", "Lana", "Sole", "Pozzo", "Cartai", "Mandorlo", "Vetro", "Torre", "Seta",
    "Fonte", "Organo", "Melograno", "Rosa", "Campana", "Ulivo", "Specchio", "Fico", "Arco",
    "Libro", "Cipresso", "Liuto", "Grano", "Falco", "Gelso", "Compasso", "Tiglio", "Lanterna",
    "Cervo", "Noce", "Bussola", "Airone", "Alloro", "Sale", "Timone", "Gallo", "Ponte Rotto",
    "Cedro", "Ruota", "Volpe", "Pino", "Filatoio", "Pesco", "Ancora", "Castagno", "Lupo", "Quercia",
    "Mastro", "Salice", "Giglio", "Frassino", "Martello", "Miele", "Rondine", "Acero", "Corda",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Streets:
    """Junctions and directed links; link `i` and link `reverse[i]` are one street's directions."""

    place: Floats  # metres, shape (nodes, 2)
    zone: Ints  # of each node, -1 outside
    roads_out: Ints  # nodes where provincial roads leave the map
    tail: Ints
    head: Ints
    kind: Ints  # index into CLASSES
    name: list[str]
    bridge: list[str]  # empty, or the bridge's name
    reverse: Ints

    @property
    def length_m(self) -> Floats:
        """Length of each link in metres, shape (links,)."""
        way = self.place[self.head] - self.place[self.tail]
        return np.asarray(np.round(np.hypot(way[:, 0], way[:, 1]), 1), np.float64)

    @property
    def free_flow_s(self) -> Floats:
        """Seconds at free flow, with eight lost at the end of each link, shape (links,)."""
        return np.asarray(self.length_m / (SPEED_KMH[self.kind] / 3.6) + 8)

    def link_id(self, link: int) -> str:
        """The name of a link in every file."""
        return f"L{link + 1:04d}"

    def node_id(self, node: int) -> str:
        """The name of a junction in every file."""
        return f"J{node + 1:03d}"


@dataclass(frozen=True, slots=True)
class _Piece:
    tail: tuple[int, int]  # ring, angle in 64ths
    head: tuple[int, int]
    kind: int
    name: str


def build(seed: int) -> Streets:
    """The street network; every junction can be reached from every other."""
    chance = stream(seed, "streets")
    place = _places(chance)
    kept = []
    for piece in _pieces():
        bridge = _bridge(place, piece)
        worn = chance.rand() < _wear(piece)
        if bridge is not None and not (worn and not bridge):
            kept.append((piece, bridge))
    reached = _reached([(p.tail, p.head) for p, _ in kept])
    kept = [(p, b) for p, b in kept if p.tail in reached]
    order = {node: number for number, node in enumerate(sorted(reached))}
    tail = np.array([order[p.tail] for p, _ in kept])
    head = np.array([order[p.head] for p, _ in kept])
    metres = np.round(np.array([place[node] for node in sorted(reached)]), 1)
    half = len(kept)
    return Streets(
        place=metres,
        zone=plan.zone_of(metres),
        roads_out=np.array([order[node] for node in sorted(reached) if node[0] == len(RINGS)]),
        tail=np.concatenate([tail, head]),
        head=np.concatenate([head, tail]),
        kind=np.array([p.kind for p, _ in kept] * 2),
        name=[p.name for p, _ in kept] * 2,
        bridge=[b or "" for _, b in kept] * 2,
        reverse=np.concatenate([np.arange(half, 2 * half), np.arange(half)]),
    )


def _places(chance: Chance) -> dict[tuple[int, int], Floats]:
    places = {}
    for number, (radius, nodes, _, roundness, jitter, _) in enumerate(RINGS):
        for step in range(0, 64, 64 // nodes):
            angle = step * np.pi / 32
            spot = plan.polar(plan.octagon(angle, radius, roundness), angle)
            spot = spot + (chance.rand(2) - 0.5) * 2 * jitter
            gap = spot[1] - plan.river_y(spot[0])
            if abs(gap) < 45:  # no junction stands in the water
                spot[1] = plan.river_y(spot[0]) + (45 if gap >= 0 else -45)
            places[number, step] = spot
    for gate in ROADS_OUT:
        places[len(RINGS), gate * 8] = plan.polar(ROADS_OUT_M, gate * np.pi / 4)
    return places


def _pieces() -> list[_Piece]:
    pieces = []
    for ring, (_, nodes, kind, _, _, name) in enumerate(RINGS):
        step = 64 // nodes
        for at in range(0, 64, step):
            quarter = ("di Levante", "del Colle", "di Ponente", "di Sotto")[(at + 8) % 64 // 16]
            street = name if ring == 0 else f"{name} {quarter}"
            pieces.append(_Piece((ring, at), (ring, (at + step) % 64), kind, street))
        if ring == 0:
            continue
        for at in range(0, 64, 64 // min(nodes, RINGS[ring - 1][1])):
            main = at % 8 == 0
            if ring == OUTSIDE_WALL and not main:
                continue  # the wall opens at its eight gates
            kind = (2 if ring < 4 else 1) if main else 3
            pieces.append(_Piece((ring - 1, at), (ring, at), kind, _radial(ring, at)))
    last = len(RINGS)
    for gate in ROADS_OUT:
        road = f"Strada Provinciale {gate + 11}"
        pieces.append(_Piece((last - 1, gate * 8), (last, gate * 8), 0, road))
    return pieces


def _radial(ring: int, at: int) -> str:
    if at % 8 == 0:
        gate = plan.GATES[at // 8]
        return f"Via di Porta {gate}" if ring <= OUTSIDE_WALL else f"Via Nuova {gate}"
    craft = _CRAFTS[(at - at // 8 - 1) % len(_CRAFTS)]
    return f"{_MINOR[at % 7]} del {craft}" if ring < OUTSIDE_WALL else f"Via Borgo {craft}"


def _wear(piece: _Piece) -> float:
    """The share of such streets that was never built: more of the small ones further out."""
    ring = max(piece.tail[0], piece.head[0])
    if piece.kind < 3 or ring <= OUTSIDE_WALL:
        return 0.06 if piece.kind == 3 and ring > 2 else 0.0
    off_radial = min(piece.tail[1] % 8, 8 - piece.tail[1] % 8) / 4
    return (ring - 6) * (0.04 + 0.11 * off_radial)


def _bridge(place: dict[tuple[int, int], Floats], piece: _Piece) -> str | None:
    """Empty for a street on land, a name for one of the two bridges, None for no bridge there."""
    (x0, y0), (x1, y1) = place[piece.tail], place[piece.head]
    if (y0 - plan.river_y(x0)) * (y1 - plan.river_y(x1)) > 0:
        return ""
    if piece.name == f"Via di Porta {plan.GATES[6]}":
        return "Ponte dei Mercanti"
    if piece.name.startswith("Viale dei Bastioni") and x0 > 0:
        return "Ponte di Levante"
    return None


def _reached(ways: list[tuple[tuple[int, int], tuple[int, int]]]) -> set[tuple[int, int]]:
    near: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for one, other in ways:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    seen, front = {(0, 0)}, [(0, 0)]
    while front:
        for node in near[front.pop()]:
            if node not in seen:
                seen.add(node)
                front.append(node)
    return seen

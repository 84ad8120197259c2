"""The plan: an octagon of walls around a piazza, a river, later suburbs; all of it invented.

Inside, positions are metres east and north of the piazza; `degrees` turns them into CRS84.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from citycommons.collect.ideal.chance import Chance, Floats, Ints, stream

ORIGIN = (11.0, 43.6)  # in Tuscan fields where no such town stands
METRES_PER_DEGREE = (80_690.0, 111_115.0)  # fixed, so that no machine's cosine moves the city
WALL_M, GLACIS_M, EDGE_M = 630.0, (645.0, 695.0), 1950.0
RIVER_HALF_WIDTH_M = 24.0
INHABITANTS = 20_018
GATES = ("Oriente", "Aquila", "Stella", "Leone", "Ponente", "Vigna", "Mercanti", "Luna")
DISTRICTS = ("Città Murata", "Borghi di Levante", "Borghi del Colle", "Borghi di Ponente",
             "Oltrefiume")  # fmt: skip
_SIDE = np.pi / 8


def degrees(metres: ArrayLike) -> Floats:
    """Longitude and latitude, six decimals, of positions in metres, shape (…, 2)."""
    return np.round(np.asarray(metres) / METRES_PER_DEGREE + ORIGIN, 6)


def polar(radius: ArrayLike, angle: ArrayLike) -> Floats:
    """Positions in metres, shape (…, 2), of radius in metres and angle from the east in radians."""
    radius, angle = np.asarray(radius, float), np.asarray(angle, float)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def octagon(angle: ArrayLike, radius: float, roundness: float = 0.0) -> Floats:
    """Distance in metres from the piazza to the octagon whose corners lie at `radius`.

    `roundness` 0 is the octagon, 1 the circle: the town loosens as it grows.
    """
    from_middle = (np.asarray(angle, float) + _SIDE) % (2 * _SIDE) - _SIDE
    side = radius * np.cos(_SIDE) / np.cos(from_middle)
    return np.asarray((1 - roundness) * side + roundness * radius)


def river_y(x: ArrayLike) -> Floats:
    """Where the middle of the river runs, metres north of the piazza."""
    return np.asarray(-330 + 130 * np.sin(np.asarray(x, float) / 650))


def _closed(points: Floats) -> Floats:
    return np.concatenate([points, points[:1]])


def ring(radius: float, roundness: float = 0.0) -> Floats:
    """A closed ring around the piazza in metres, shape (65, 2)."""
    angle = (np.arange(64) + 0.5) * np.pi / 32
    return _closed(polar(octagon(angle, radius, roundness), angle))


def blob(chance: Chance, middle: Floats, radius: float) -> Floats:
    """A closed, softly irregular outline around a middle."""
    angle = np.arange(24) * np.pi / 12
    wobble = (
        1
        + 0.12 * np.sin(angle * 2 + chance.rand() * 6)
        + 0.08 * np.sin(angle * 3 + chance.rand() * 6)
    )
    return _closed(middle + polar(radius * wobble, angle))


def river() -> Floats:
    """The river's closed outline in metres."""
    x = np.linspace(-3000, 3000, 121)
    north = np.stack([x, river_y(x) + RIVER_HALF_WIDTH_M], axis=-1)
    south = np.stack([x, river_y(x) - RIVER_HALF_WIDTH_M], axis=-1)[::-1]
    return _closed(np.concatenate([north, south]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """25 zones: the piazza's, eight inside the walls, eight around them, eight further out."""

    names: list[str]
    district: Ints
    outline: list[Floats]
    middle: Floats
    population: Ints
    jobs: Ints


_BANDS = ((170.0, WALL_M), (WALL_M, 1200.0), (1200.0, EDGE_M))
_SAINTS = ("San Luca", "San Giorgio", "Santa Chiara", "San Marco", "Sant’Anna", "San Rocco",
           "Santa Lucia", "San Zeno")  # fmt: skip
_BELTS = ("Orti", "Fornaci", "Giardini", "Mulini", "Prati", "Cave", "Renai", "Olmi")
_FIELDS = ("Poggio", "Colle", "Belvedere", "Vigneti", "Pieve", "Selva", "Piano", "Querce")


def zones(seed: int) -> Zones:
    """The zones with inhabitants (together `INHABITANTS`) and jobs."""
    chance = stream(seed, "zones")
    names, outlines, middles = ["Piazza Grande"], [ring(170)], [np.zeros(2)]
    district, weight, work = [0], [0.7], [5.0]
    for band, (inner, outer) in enumerate(_BANDS):
        for sector in range(8):
            side = np.linspace(sector - 0.5, sector + 0.5, 9) * np.pi / 4
            bend = (0.0, 0.35, 0.7)[band]
            near = polar(octagon(side, inner, (0.0, 0.0, 0.7)[band]), side)[::-1]
            far = polar(octagon(side, outer, (0.0, 0.7, 0.9)[band]), side)
            outlines.append(_closed(np.concatenate([far, near])))
            where = sector * np.pi / 4
            middles.append(polar(octagon(where, (inner + outer) / 2, bend), where))
            names.append((_SAINTS, _BELTS, _FIELDS)[band][sector])
            district.append(0 if band == 0 else (1, 1, 2, 3, 3, 4, 4, 4)[sector])
            weight.append((5.5, 4.6, 2.4)[band] * (0.8 + 0.4 * chance.rand()))
            work.append((4.2, 2.4, 0.9)[band] * (0.6 + 0.8 * chance.rand()))
    share = np.array(weight) / np.sum(weight)
    return Zones(
        names=names,
        district=np.array(district),
        outline=outlines,
        middle=np.array(middles),
        population=chance.multinomial(INHABITANTS, share).astype(np.int64),
        jobs=chance.multinomial(9_400, np.array(work) / np.sum(work)).astype(np.int64),
    )


def zone_of(metres: Floats) -> Ints:
    """The number of the zone around each position, shape (n,); -1 outside the town."""
    angle = np.arctan2(metres[:, 1], metres[:, 0])
    radius = np.hypot(metres[:, 0], metres[:, 1])
    sector = np.round(angle / (np.pi / 4)).astype(np.int64) % 8
    edges = ((170.0, 0.0), (WALL_M, 0.0), (1200.0, 0.7), (EDGE_M, 0.9))
    beyond = np.sum([radius > octagon(angle, edge, bend) for edge, bend in edges], axis=0)
    return np.where(beyond == 0, 0, np.where(beyond > 3, -1, 1 + (beyond - 1) * 8 + sector))

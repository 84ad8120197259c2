"""The same questions in each system's words: random boxes, numbers and values from one seed."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from benchmarks.city_features import CLASSES, EAST, KINDS, NORTH, SOUTH, WEST

_SIDE = 0.01  # degrees: about 1 400 of a million features touch such a box
_MANY = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How one system is asked; what it cannot be asked is None."""

    box: Callable[[float, float, float, float], str] | None
    one: Callable[[int], str] | None
    kind: Callable[[str, str], str] | None
    groups: Callable[[float], str] | None
    tile: Callable[[int, int, int], str] | None = None


def boxes(ask: Callable[[float, float, float, float], str]) -> list[str]:
    """Boxes of 0.01 degrees somewhere in the city."""
    rng = random.Random(1)
    spots = [
        (rng.uniform(WEST, EAST - _SIDE), rng.uniform(SOUTH, NORTH - _SIDE)) for _ in range(_MANY)
    ]
    return [
        ask(round(x, 5), round(y, 5), round(x + _SIDE, 5), round(y + _SIDE, 5)) for x, y in spots
    ]


def numbers(ask: Callable[[int], str], rows: int) -> list[str]:
    """Single features by their number."""
    rng = random.Random(2)
    return [ask(rng.randrange(rows)) for _ in range(_MANY)]


def kinds(ask: Callable[[str, str], str]) -> list[str]:
    """A kind and a class: 2 000 of a million features have both."""
    rng = random.Random(3)
    return [ask(quote(rng.choice(KINDS)), quote(rng.choice(CLASSES))) for _ in range(_MANY)]


def groups(ask: Callable[[float], str]) -> list[str]:
    """Count and mean by kind above a value that is never the same."""
    rng = random.Random(4)
    return [ask(round(rng.uniform(80, 120), 3)) for _ in range(_MANY)]


def tiles(ask: Callable[[int, int, int], str], zoom: int, many: int) -> list[str]:
    """Tiles of a zoom within the city, each once where there are enough."""
    west, north = _tile(WEST, NORTH, zoom)
    east, south = _tile(EAST, SOUTH, zoom)
    there = [(x, y) for x in range(west, east + 1) for y in range(north, south + 1)]
    random.Random(5).shuffle(there)
    return [ask(zoom, x, y) for x, y in there[:many]]


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile that holds a position (web mercator, rows from the north)."""
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom
    return int(x), int(y)


OURS = Words(
    box=lambda w, s, e, n: f"/ogc/collections/features/items?bbox={w},{s},{e},{n}&limit=100",
    one=lambda number: f"/ogc/collections/features/items/{number}",
    kind=lambda kind, klass: f"/ogc/collections/features/items?kind={kind}&class={klass}&limit=100",
    groups=lambda value: (
        f"/datasets/features/rows?group=kind&aggregate=count,avg(value)&value__gt={value}"
    ),
    tile=lambda z, x, y: f"/tiles/features@1/{z}/{x}/{y}.mvt",
)
TIPG = Words(
    box=lambda w, s, e, n: (
        f"/collections/public.features/items?f=geojson&limit=100&bbox={w},{s},{e},{n}"
    ),
    one=lambda number: f"/collections/public.features/items/{number}?f=geojson",
    kind=lambda kind, klass: (
        f"/collections/public.features/items?f=geojson&limit=100&kind={kind}&class={klass}"
    ),
    groups=None,
    tile=lambda z, x, y: f"/collections/public.features/tiles/WebMercatorQuad/{z}/{x}/{y}",
)
PYGEOAPI = Words(
    box=lambda w, s, e, n: f"/collections/features/items?f=json&limit=100&bbox={w},{s},{e},{n}",
    one=lambda number: f"/collections/features/items/{number}?f=json",
    kind=lambda kind, klass: (
        f"/collections/features/items?f=json&limit=100&kind={kind}&class={klass}"
    ),
    groups=None,
)
DATASETTE = Words(
    box=lambda w, s, e, n: (
        f"/ds/features.json?_size=100&_shape=objects&_nocount=1&_nofacet=1"
        f"&lon__gte={w}&lon__lte={e}&lat__gte={s}&lat__lte={n}"
    ),
    one=lambda number: f"/ds/features/{number}.json",
    kind=lambda kind, klass: (
        f"/ds/features.json?_size=100&_shape=objects&_nofacet=1&kind={kind}&class={klass}"
    ),
    groups=lambda value: (
        "/ds.json?_shape=array&sql="
        + quote(
            f"select kind, count(*), avg(value) from features where value > {value} group by kind"
        )
    ),
)


def ckan(resource: str) -> Words:
    """CKAN's DataStore, which knows no boxes."""
    action = "/api/3/action"

    def kind(kind: str, klass: str) -> str:
        wanted = quote('{"kind": "') + kind + quote('", "class": "') + klass + quote('"}')
        return f"{action}/datastore_search?resource_id={resource}&limit=100&filters={wanted}"

    return Words(
        box=None,
        one=lambda number: (
            f"{action}/datastore_search?resource_id={resource}&limit=1&filters="
            + quote(f'{{"id": {number}}}')
        ),
        kind=kind,
        groups=lambda value: (
            f"{action}/datastore_search_sql?sql="
            + quote(
                f'select kind, count(*), avg(value) from "{resource}" '
                f"where value > {value} group by kind"
            )
        ),
    )

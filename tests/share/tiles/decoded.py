"""A reader of vector tiles that shares nothing with their writer: MVT 2.1, number by number."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import shapely


@dataclass
class Feature:
    """A feature as it was read; geometry in the tile's units, y down."""

    id: int
    kind: int  # 1 points, 2 lines, 3 polygons
    properties: dict[str, Any]
    paths: list[list[tuple[int, int]]]

    @property
    def geometry(self) -> shapely.Geometry:
        if self.kind == 1:
            return shapely.MultiPoint(self.paths[0])
        if self.kind == 2:
            return shapely.MultiLineString(self.paths)
        polygons: list[tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]] = []
        for ring in self.paths:
            if area(ring) > 0:
                polygons.append((ring, []))
            else:
                polygons[-1][1].append(ring)
        return shapely.MultiPolygon(polygons)


def area(ring: list[tuple[int, int]]) -> float:
    """The surveyor's formula: positive for outlines."""
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def decode(tile: bytes) -> dict[str, list[Feature]]:
    """Features by layer."""
    layers = {}
    for field, value in fields(tile):
        assert field == 3
        name, features = _layer(value)
        layers[name] = features
    return layers


def _layer(data: bytes) -> tuple[str, list[Feature]]:
    found = list(fields(data))
    one = dict(found)
    assert one[15] == 2
    assert one[5] == 4096
    keys = [value.decode() for field, value in found if field == 3]
    values = [_value(value) for field, value in found if field == 4]
    return one[1].decode(), [_feature(v, keys, values) for field, v in found if field == 2]


def _feature(data: bytes, keys: list[str], values: list[Any]) -> Feature:
    one = dict(fields(data))
    tags = list(_numbers(one.get(2, b"")))
    pairs = zip(tags[::2], tags[1::2], strict=True)
    properties = {keys[key]: values[value] for key, value in pairs}
    return Feature(one[1], one[3], properties, _paths(list(_numbers(one[4])), one[3]))


def _paths(numbers: list[int], kind: int) -> list[list[tuple[int, int]]]:
    paths: list[list[tuple[int, int]]] = []
    x = y = at = 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        assert count > 0
        if command == 7:
            assert (kind, count) == (3, 1)
            continue
        assert command == 2 or kind == 1 or count == 1
        if command == 1:
            paths.append([])
        for _ in range(count):
            x += _signed(numbers[at])
            y += _signed(numbers[at + 1])
            at += 2
            paths[-1].append((x, y))
    return paths


def _value(data: bytes) -> Any:
    ((field, value),) = fields(data)
    match field:
        case 1:
            return value.decode()
        case 3:
            return struct.unpack("<d", value)[0]
        case 5:
            return value
        case 6:
            return _signed(value)
        case 7:
            return bool(value)
    raise AssertionError(f"a value of field {field}")


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _numbers(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        number, at = _number(data, at)
        yield number


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return number, at
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Fields of a message: numbers, or bytes."""
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        if tag & 7 == 0:
            value: Any
            value, at = _number(data, at)
        elif tag & 7 == 1:
            value, at = data[at : at + 8], at + 8
        else:
            assert tag & 7 == 2
            size, at = _number(data, at)
            value, at = data[at : at + size], at + size
            assert len(value) == size
        yield tag >> 3, value

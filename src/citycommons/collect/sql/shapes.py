"""Shapes as databases keep them, as WKB and the number of their reference system."""

import struct

from citycommons.core.errors import Invalid

_EWKB_SYSTEM = 0x20000000


def postgis(text: str | bytes) -> tuple[bytes, int]:
    """PostGIS' EWKB in hexadecimal (PostGIS manual, ST_AsEWKB)."""
    import shapely

    raw = text if isinstance(text, bytes) else bytes.fromhex(text)
    order = "<I" if raw[0] else ">I"
    (kind,) = struct.unpack_from(order, raw, 1)
    system = struct.unpack_from(order, raw, 5)[0] if kind & _EWKB_SYSTEM else 0
    try:
        return shapely.to_wkb(shapely.from_wkb(raw), output_dimension=3), system
    except shapely.errors.ShapelyError as cause:
        raise Invalid(
            f"A shape cannot be read: {cause}. Make curves into lines with ST_CurveToLine in a "
            "query."
        ) from cause


def mysql(raw: bytes) -> tuple[bytes, int]:
    """Four bytes of the system, then WKB with longitude first, whatever ST_AsText may say
    (MySQL Reference Manual, Internal Geometry Storage Format)."""
    return raw[4:], int.from_bytes(raw[:4], "little")


def sqlite(raw: bytes) -> tuple[bytes, int]:
    """A blob of GeoPackage (GeoPackage 1.3, clause 2.1.3), SpatiaLite or plain WKB."""
    if raw[:2] == b"GP":
        sizes = (0, 32, 48, 48, 64)
        order = "<i" if raw[3] & 1 else ">i"
        (system,) = struct.unpack_from(order, raw, 4)
        return raw[8 + sizes[raw[3] >> 1 & 7] :], max(0, system)
    if raw[:1] == b"\x00" and raw[-1:] == b"\xfe" and raw[38:39] == b"\x7c":
        return _spatialite(raw)
    return raw, 0


def _spatialite(raw: bytes) -> tuple[bytes, int]:
    """SpatiaLite's BLOB-Geometry: WKB whose inner shapes begin with 0x69 in place of the order."""
    order = "<" if raw[1] else ">"
    (system,) = struct.unpack_from(f"{order}i", raw, 2)
    body = bytearray(raw[38:-1])
    end = _mark(body, 0, raw[1], order)
    return bytes(body[:end]), max(0, system)


def _mark(body: bytearray, at: int, little: int, order: str) -> int:
    """Give the shape at `at` its byte order, and those within it; returns where it ends."""
    body[at] = little
    (kind,) = struct.unpack_from(f"{order}I", body, at + 1)
    if kind >= 1_000_000:
        raise Invalid(
            "A shape is compressed in SpatiaLite's own way. Take ST_AsBinary(…) in a query."
        )
    width = 8 * (2, 3, 3, 4)[kind // 1000]
    at += 5
    if kind % 1000 == 1:
        return at + width
    (count,) = struct.unpack_from(f"{order}I", body, at)
    at += 4
    for _ in range(count):
        if kind % 1000 == 2:
            at += width
        elif kind % 1000 == 3:
            (points,) = struct.unpack_from(f"{order}I", body, at)
            at += 4 + points * width
        else:
            at = _mark(body, at, little, order)
    return at

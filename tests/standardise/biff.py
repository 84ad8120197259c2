"""Workbooks as Excel 97 wrote them (BIFF8 in a compound file), of a few kinds of records.

Source: Microsoft, [MS-XLS] and [MS-CFB].
"""

import struct
from collections.abc import Sequence

GENERAL, DAY = 0, 14  # number formats: as it is, and a date
_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD

Cell = str | float | bool | tuple[float, int] | None  # a number may bear its format


def workbook(
    name: str, rows: Sequence[Sequence[Cell]], merged: Sequence[tuple[int, int, int, int]] = ()
) -> bytes:
    """One sheet; `merged` are (first row, last row, first column, last column) from 0."""
    words = list(dict.fromkeys(c for row in rows for c in row if isinstance(c, str)))
    sst = struct.pack("<II", len(words), len(words)) + b"".join(map(_text, words))
    formats = b"".join(_record(0xE0, struct.pack("<HH16x", 0, f)) for f in (GENERAL, DAY))
    encoded = name.encode("utf-16-le")
    sheet = struct.pack("<BB", len(name), 1) + encoded
    before = _begin(0x0005) + _record(0x42, struct.pack("<H", 1200)) + formats
    after = _record(0xFC, sst) + _record(0x0A, b"")
    begins = len(before) + 4 + 6 + len(sheet) + len(after)
    stream = before + _record(0x85, struct.pack("<IBB", begins, 0, 0) + sheet) + after
    width = max(map(len, rows))
    stream += _begin(0x0010) + _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            stream += _cell(at, column, cell, words)
    if merged:
        boxes = b"".join(struct.pack("<HHHH", *box) for box in merged)
        stream += _record(0xE5, struct.pack("<H", len(merged)) + boxes)
    return _compound(stream + _record(0x0A, b""))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _begin(kind: int) -> bytes:
    return _record(0x809, struct.pack("<HHHHII", 0x0600, kind, 0, 1997, 0, 0x06))


def _text(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _cell(row: int, column: int, cell: Cell, words: list[str]) -> bytes:
    if cell is None:
        return b""
    if isinstance(cell, str):
        return _record(0xFD, struct.pack("<HHHI", row, column, 0, words.index(cell)))
    if isinstance(cell, bool):
        return _record(0x205, struct.pack("<HHHBB", row, column, 0, cell, 0))
    value, kind = cell if isinstance(cell, tuple) else (cell, GENERAL)
    style = 1 if kind == DAY else 0
    return _record(0x203, struct.pack("<HHHd", row, column, style, value))


def _compound(stream: bytes) -> bytes:
    """A compound file whose only stream is the workbook: the table of sectors, the folder, it."""
    stream += bytes(max(4096 - len(stream), -len(stream) % _SECTOR))  # shorter ones lie elsewhere
    count = len(stream) // _SECTOR
    fat = [_FAT, _END, *range(3, count + 2), _END]
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    folder = _entry("Root Entry", 5, child=1, start=_END) + _entry(
        "Workbook", 2, start=2, size=len(stream)
    )
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0
    )
    head += struct.pack("<109I", 0, *[_FREE] * 108)
    return head + table + folder.ljust(_SECTOR, b"\0") + stream


def _entry(name: str, kind: int, *, child: int = _FREE, start: int = 0, size: int = 0) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded), kind, 1, _FREE, _FREE, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )

"""Records gathered into columns of text as they come: any keys, bounded memory, order kept."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.standardise.cells import text_of
from citycommons.standardise.layout import tidy, unique

MOST_COLUMNS = 5_000
_PIECE = 20_000
_DEEPEST = 6
_ENVELOPES = ("fields.", "properties.", "attributes.")


class Gathered:
    """Rows of named values; a key seen late is null in the rows before it."""

    def __init__(self, name: str) -> None:
        self._name = name  # of the file, for errors
        self._keys: dict[str, int] = {}
        self._rows: list[Mapping[str, Any]] = []
        self._pieces: list[list[pa.Array]] = []
        self.count = 0

    def add(self, record: Mapping[str, Any]) -> None:
        """Add one flat record. Raises `Invalid` above 5 000 different keys."""
        if not self._keys.keys() >= record.keys():
            for key in record:
                self._keys.setdefault(key, len(self._keys))
            if len(self._keys) > MOST_COLUMNS:
                raise Invalid(
                    f"{self._name} has more than {MOST_COLUMNS} columns: its records name their "
                    "values differently each time. Deliver one row per value instead."
                )
        self._rows.append(record)
        self.count += 1
        if len(self._rows) >= _PIECE:
            self._pack()

    def table(self) -> pa.Table:
        """All rows as columns of text, named without their common envelope (`fields.`)."""
        self._pack()
        names = unique(_short(list(self._keys)))
        columns = []
        for place in range(len(names)):
            chunks = [
                piece[place] if place < len(piece) else pa.nulls(len(piece[0]), pa.string())
                for piece in self._pieces
            ]
            columns.append(pa.chunked_array(chunks, pa.string()))
        return pa.Table.from_arrays(columns, names=list(names))

    def _pack(self) -> None:
        if self._rows and self._keys:
            self._pieces.append(
                [pa.array([text_of(r.get(k)) for r in self._rows], pa.string()) for k in self._keys]
            )
        self._rows = []


def flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """One level, nested names joined by dots; shapes (GeoJSON geometries) and lists stay whole."""
    level: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        is_shape = isinstance(value, dict) and "type" in value and "coordinates" in value
        if isinstance(value, dict) and value and not is_shape and depth < _DEEPEST:
            level |= flat(value, f"{name}.", depth + 1)
        else:
            level[name] = value
    return level


def _short(keys: list[str]) -> list[str]:
    """Names without the envelope (`fields.`) where nothing becomes ambiguous."""
    for envelope in _ENVELOPES:
        bare = [key.removeprefix(envelope) for key in keys]
        if bare != keys and len(set(bare)) == len(bare):
            return [tidy(name) for name in bare]
    return [tidy(key) for key in keys]

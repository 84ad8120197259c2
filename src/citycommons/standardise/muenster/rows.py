"""Rows of the small files as published, and columns of typed values with every fault noted."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.core.tables import Report
from citycommons.core.types import Parcel
from citycommons.standardise.faults import Faults

Parcels = Mapping[str, Sequence[Parcel]]
Row = dict[str, str]
T = TypeVar("T")

UTC_TIME = pa.timestamp("us", tz="UTC")
_NO_VALUE = ("", "-", "NA")


def only(parcels: Parcels, source: str) -> Parcel:
    """The one parcel of a source; `Invalid` if it brought none or several."""
    found = parcels.get(source, ())
    if len(found) != 1:
        raise Invalid(f"The source {source} brought {len(found)} files; one is needed.")
    return found[0]


def text_of(parcel: Parcel) -> str:
    """The text of a UTF-8 file, also of a compressed one; line ends inside lines become spaces."""
    content = parcel.path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    try:
        return content.decode("utf-8-sig").replace("\x85", "").replace("\u2028", " ")
    except UnicodeDecodeError as cause:
        raise Invalid(f"{parcel.name} is not UTF-8 at byte {cause.start}.") from cause


def rows_of(
    parcel: Parcel, needs: Iterable[str], faults: Faults, *, delimiter: str = ","
) -> Iterator[tuple[int, Row]]:
    """Line number and cells by header. A row with too few or too many cells is rejected and noted.

    Raises `Invalid` if a needed column is missing.
    """
    reader = csv.reader(io.StringIO(text_of(parcel), newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(reader, [])]
    if missing := [name for name in needs if name not in header]:
        raise Invalid(
            f"{parcel.name} has no column {', '.join(missing)}; it has {', '.join(header)}."
        )
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        extra = [cell for cell in cells[len(header) :] if cell.strip()]
        if len(cells) < len(header) or extra:
            faults.add(
                "row-length",
                f"The row has {len(cells)} cells where the header has {len(header)}.",
                line=reader.line_num,
                value=";".join(cells)[:200],
                is_rejected=True,
            )
            continue
        yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False))


class Columns:
    """Columns that grow row by row, each with its type; `table` puts them together."""

    def __init__(self, **types: pa.DataType) -> None:
        self._types = types
        self._values: dict[str, list[Any]] = {name: [] for name in types}
        self.faults = Faults()

    def add(self, **values: Any) -> None:
        """One row; a column not given is empty."""
        for name, column in self._values.items():
            column.append(values.get(name))

    def parse(self, line: int, column: str, text: str, read: Callable[[str], T]) -> T | None:
        """The value a text stands for; an empty one is no value, an unreadable one is a fault."""
        if text.strip() in _NO_VALUE:
            return None
        try:
            return read(text.strip())
        except ValueError:
            self.faults.add(
                "unreadable", "The cell could not be read.", line=line, column=column, value=text
            )
            return None

    def table(self, *steps: str) -> tuple[pa.Table, Report]:
        """All rows, and what was found wrong."""
        columns = {name: _column(self._values[name], kind) for name, kind in self._types.items()}
        return pa.table(columns), self.faults.report(steps)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind) and values and isinstance(values[0], np.datetime64):
        return pa.array(np.array(values, dtype="datetime64[us]")).cast(kind)
    return pa.array(values, kind)


def whole(text: str) -> int:
    """`1.234` and `12,00` as written in German, as a whole number."""
    number = decimal(text)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def decimal(text: str) -> float:
    """A number with a decimal comma, and perhaps points between thousands."""
    return float(text.replace(".", "").replace(",", ".") if "," in text else text)


def day(text: str) -> date:
    """`31.12.2020` or `2020-12-31`."""
    if "." in text:
        return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
    return date.fromisoformat(text)


def yes_no(text: str) -> bool:
    """`ja` and `nein`."""
    return {"ja": True, "nein": False, "true": True, "false": False}[text.lower()]


def point(lon: float | None, lat: float | None) -> bytes | None:
    """A position as WKB; None where one of both is missing."""
    import shapely

    return None if lon is None or lat is None else bytes(shapely.Point(lon, lat).wkb)


def features_of(parcel: Parcel) -> list[tuple[dict[str, Any], bytes | None]]:
    """Properties and WKB geometry of each feature of a GeoJSON file in CRS84."""
    from shapely.geometry import shape

    try:
        found = json.loads(text_of(parcel))["features"]
    except (json.JSONDecodeError, KeyError, TypeError) as cause:
        raise Invalid(f"{parcel.name} is no GeoJSON FeatureCollection.") from cause
    return [
        (feature["properties"] or {}, bytes(shape(feature["geometry"]).wkb))
        if feature.get("geometry")
        else (feature["properties"] or {}, None)
        for feature in found
    ]


def folded(name: str) -> str:
    """A name for comparing: letters and digits only, in small letters."""
    return re.sub(r"[\W_]+", "", name.casefold())

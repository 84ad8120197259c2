"""Parcels made of inline text and bytes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from citycommons.core.tables import Report, fields_of
from citycommons.core.types import Field, Parcel
from citycommons.standardise.read import read


def parcel_of(path: Path) -> Parcel:
    return Parcel(path=path, name=path.name, received=datetime(2026, 1, 1, tzinfo=UTC))


def parcel(folder: Path, content: str | bytes, name: str = "table.csv") -> Parcel:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return parcel_of(path)


def read_text(
    folder: Path, content: str | bytes, name: str = "table.csv", **wishes: Any
) -> tuple[pa.Table, Report]:
    return read(parcel(folder, content, name), **wishes)


def fields(table: pa.Table) -> dict[str, Field]:
    return {field.name: field for field in fields_of(table)}


def rules(report: Report) -> dict[tuple[str, str], int]:
    return {(fault.rule, fault.column): fault.count for fault in report.summary}

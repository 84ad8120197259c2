"""A format is a plug: one class that knows its files and reads them into a draft."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from citycommons.core.types import Question
from citycommons.standardise.faults import Faults

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be read, with the reader's wishes."""

    path: Path
    name: str
    head: bytes  # the first 64 KiB
    sheet: str | None = None  # sheet, layer or member the reader asks for
    table: int | None = None  # which table of a sheet that holds several, 1-based
    record_path: str = ""  # where the records of XML or JSON lie: "stations/station"
    profile: str = ""  # vocabulary of the bytes where the connector knows it: "datex2"
    zone: str = "UTC"  # of times that name none
    most_bytes: int  # how much it may hold when unpacked
    workspace: Path  # a folder for what is written on the way; removed after the reading

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix.lower()


def _one_based(rows: Rows) -> Rows:
    return rows + 1


@dataclass(slots=True, kw_only=True)
class Draft:
    """A table as it stood in the file: text columns have yet to find their type.

    Geometry columns are WKB in CRS84, named by `geometries`. `lines` tells the lines (or numbers
    of records) of the file from which rows came; it may read the file again, so it is asked for
    faulty rows only.
    """

    table: pa.Table
    faults: Faults = field(default_factory=Faults)
    lines: Callable[[Rows], Rows] = _one_based
    steps: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)  # what a second header row said of a column
    geometries: tuple[str, ...] = ()
    is_typed: bool = False  # the format itself knows types: its texts are texts
    decimal: str = ""  # "," or "." where the file itself says so
    is_workbook: bool = False  # numbers below a date's name are days since 1899-12-30
    questions: list[Question] = field(default_factory=list)  # what a person has to say
    is_local: tuple[str, ...] = ()  # geometries in an unknown system: metres of a plane, no degrees


@runtime_checkable
class Format(Protocol):
    """Kind `citycommons.formats`: knows its files by their first bytes, and reads them."""

    def recognises(self, source: Source) -> float:
        """How sure this format is that the file is its own: 0 not at all, 1 by its signature."""
        ...

    def read(self, source: Source) -> Draft:
        """The file as a draft.

        Raises `Invalid` when the file is damaged, `TooMuch` when it holds too much.
        """
        ...

"""What a file holds that can be read: sheets, layers or members, for a person to choose from."""

import contextlib
import zipfile
from pathlib import Path

from citycommons.core.types import Parcel
from citycommons.standardise import spreadsheet_xml
from citycommons.standardise.archive import geodatabase, is_zip, readable_members

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE = b"SQLite format 3\0"
_LAYERED = (b"<kml", b":kml", b"<gpx", b'"Topology"')
"""Text that GDAL reads and that may hold several layers; looked for in the first bytes."""


def sheets(parcel: Parcel) -> tuple[str, ...]:
    """Names that `read(parcel, sheet=…)` takes; none where the file is one table, or unreadable."""
    with parcel.path.open("rb") as file:
        head = file.read(1 << 16)
    if head.startswith(_SQLITE):
        return _layers(parcel.path)
    if b"OSMHeader" in head[:64] or (b"<osm " in head[:512]):
        from citycommons.standardise.osm import SHEETS

        return SHEETS
    if is_zip(head):
        with contextlib.suppress(zipfile.BadZipFile, NotImplementedError, ValueError):
            with zipfile.ZipFile(parcel.path) as archive:
                names = [info.filename for info in archive.infolist()]
            if {"[Content_Types].xml", "mimetype"} & set(names):
                return _of_workbook(parcel)
            if folder := geodatabase(names):
                return _layers(Path(f"/vsizip/{{{parcel.path.resolve()}}}/{folder}"))
            return tuple(readable_members(names))
        return ()
    if spreadsheet_xml.is_spreadsheet(head):
        return spreadsheet_xml.names(parcel.path)
    if any(word in head[:4096] for word in _LAYERED):
        found = _layers(parcel.path)
        return found if len(found) > 1 else ()
    return _of_workbook(parcel) if head.startswith(_OLE) else ()


def _of_workbook(parcel: Parcel) -> tuple[str, ...]:
    from python_calamine import CalamineError, CalamineWorkbook

    with contextlib.suppress(CalamineError), CalamineWorkbook.from_path(str(parcel.path)) as book:
        return tuple(book.sheet_names)
    return ()


def _layers(path: Path) -> tuple[str, ...]:
    import pyogrio
    from pyogrio.errors import DataSourceError

    with contextlib.suppress(DataSourceError):
        return tuple(str(name) for name, _kind in pyogrio.list_layers(path))
    return ()

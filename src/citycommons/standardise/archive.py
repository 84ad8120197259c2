"""Archives on the way to a table: opened within bounds, never beside their folder."""

import zipfile
from dataclasses import replace
from pathlib import Path

from citycommons.collect.archives import unpack
from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.core.types import Parcel
from citycommons.standardise.formats import Source

_MOST_RATIO = 1000
_RATIO_FROM = 64 << 20
_READABLE = frozenset(
    [
        ".csv",
        ".tsv",
        ".tab",
        ".txt",
        ".json",
        ".ndjson",
        ".jsonl",
        ".geojson",
        ".xlsx",
        ".xls",
        ".xlsm",
        ".xlsb",
        ".ods",
        ".gpkg",
        ".kml",
        ".kmz",
        ".fgb",
        ".gml",
        ".parquet",
        ".geoparquet",
        ".shp",
        ".dat",
        ".gz",
        ".xml",
        ".gpx",
        ".dxf",
        ".mif",
        ".avro",
        ".osm",
        ".pbf",
        ".topojson",
        ".html",
        ".htm",
    ]
)
_PARTS = {
    ".shp": frozenset((".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx")),
    ".tab": frozenset((".tab", ".dat", ".map", ".id", ".ind")),
    ".mif": frozenset((".mif", ".mid")),
}
_BESIDE = frozenset().union(*_PARTS.values()) - {".shp", ".tab", ".mif"}
_GTFS = frozenset(("stops.txt", "routes.txt", "trips.txt", "stop_times.txt"))
_BESIDES = (".txt", ".dat", ".html", ".htm")  # they often explain the tables beside them
_ARCHIVES = frozenset((".zip", ".tar", ".tgz", ".7z", ".rar"))


def is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def opened(source: Source, parcel: Parcel) -> tuple[Source, list[str]]:
    """The one file inside a ZIP or gzip; any other file as it is.

    Raises `TooMuch` above the limits, and `Invalid` when the archive is damaged, encrypted, holds
    an archive, or holds several tables and `sheet` names none of them.
    """
    if source.head.startswith(b"\x1f\x8b"):
        return _from_gzip(source, parcel)
    if not is_zip(source.head):
        return source, []
    members = _members(source)
    names = [info.filename for info in members]
    if {"[Content_Types].xml", "mimetype"} & set(names):
        return source, []
    if base := geodatabase(names):
        return _whole_folder(source, parcel, base)
    readable = readable_members(names)
    if not readable:
        raise Invalid(_nothing_readable(source.name, names))
    wanted, steps = _wanted(source, readable)
    opened_source, said = _from_zip(source, parcel, wanted)
    return opened_source, [*said, *steps]


def _members(source: Source) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as cause:
        raise Invalid(
            f"{source.name} is a damaged ZIP archive: {cause}. Ask for it again at its source."
        ) from cause
    size = sum(info.file_size for info in members)
    packed = max(sum(info.compress_size for info in members), 1)
    if size > source.most_bytes or (size > _RATIO_FROM and size / packed > _MOST_RATIO):
        raise TooMuch(
            f"{source.name} would unpack to {size >> 20} MB from {packed >> 10} kB, and at most "
            f"{source.most_bytes >> 20} MB at {_MOST_RATIO} to one are unpacked. Split it, or "
            "raise the setting unpacked_limit_mb.",
            bytes=size,
        )
    if any(info.flag_bits & 1 for info in members):
        raise Invalid(f"{source.name} is encrypted. Deliver it without a password.")
    if any((info.external_attr >> 28) == 0xA for info in members):
        raise Invalid(f"{source.name} holds links instead of files. Pack the files themselves.")
    # Signs of an archive that wants out of its folder; nothing good is named like this.
    bad = next((i.filename for i in members if ".." in Path(i.filename).parts), None)
    if bad or any(i.filename.startswith(("/", "\\")) for i in members):
        raise Invalid(
            f"{source.name} holds a file that leaves its folder ({bad or '/…'}). Pack it anew."
        )
    return [i for i in members if not i.is_dir() and not _is_litter(i.filename)]


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def readable_members(names: list[str]) -> list[str]:
    """The members of an archive that may hold a table."""
    there = [name for name in names if not _is_litter(name)]
    stems = {_stem(n) for n in there if Path(n).suffix.lower() in _PARTS}
    return sorted(
        name
        for name in there
        if (suffix := Path(name).suffix.lower()) in _READABLE
        # A .dat beside a .tab is a part of it, and no table of its own.
        and not (suffix in _BESIDE and _stem(name) in stems)
    )


def _stem(name: str) -> str:
    return name[: len(name) - len(Path(name).suffix)]


def _nothing_readable(archive: str, names: list[str]) -> str:
    if any(Path(name).suffix.lower() in _ARCHIVES for name in names):
        return f"{archive} holds another archive. Unpack it once and deliver what is inside."
    shown = ", ".join(names[:5]) or "nothing"
    return f"{archive} holds no table that can be read, but {shown}. Put a CSV or XLSX into it."


def geodatabase(names: list[str]) -> str:
    """The folder inside an archive that is an ESRI file geodatabase; empty when none is."""
    folders = {str(Path(name).parent) for name in names if name.lower().endswith(".gdbtable")}
    return min(folders, key=len) if folders else ""


def _whole_folder(source: Source, parcel: Parcel, base: str) -> tuple[Source, list[str]]:
    folder = source.workspace / "geodatabase.gdb"
    loose = source.workspace / "unpacked"
    folder.mkdir()
    loose.mkdir()
    for member in unpack(parcel, loose, most_bytes=source.most_bytes):
        if str(Path(member.name).parent) == base and not _is_litter(member.name):
            member.path.rename(folder / Path(member.name).name)
    name = f"{Path(base).stem or 'geodatabase'}.gdb"
    return replace(source, path=folder, name=name, head=b"geodatabase"), [
        f"{base} taken out of {source.name}"
    ]


def _wanted(source: Source, readable: list[str]) -> tuple[str, list[str]]:
    """The member to read, and words on why."""
    if source.sheet is not None:
        fit = [n for n in readable if source.sheet in (n, Path(n).name, Path(n).stem)]
        if fit:
            return fit[0], []
    # Texts beside a table explain it; they are taken for tables only when nothing else is there.
    tables = [n for n in readable if Path(n).suffix.lower() not in _BESIDES] or readable
    if len(tables) == 1:
        return tables[0], []
    names = {Path(n).name.lower(): n for n in readable}
    if source.sheet is None and len(_GTFS & names.keys()) >= 3 and "stops.txt" in names:
        others = ", ".join(sorted(n for n in names if n != "stops.txt"))
        return names["stops.txt"], [f"a GTFS feed; other tables not read: {others}"[:300]]
    shown = ", ".join(tables[:5]) + (", …" if len(tables) > 5 else "")
    if source.sheet is not None:
        raise NotFound(f"{source.name} has no file “{source.sheet}”; it holds {shown}.")
    raise Invalid(
        f"{source.name} holds {len(tables)} tables ({shown}). Deliver them one by one, or say "
        "which one is meant.",
        members=tables,
    )


def _from_zip(source: Source, parcel: Parcel, wanted: str) -> tuple[Source, list[str]]:
    folder = source.workspace / "unpacked"
    folder.mkdir()
    stem = _stem(wanted)
    parts_of = _PARTS.get(Path(wanted).suffix.lower(), frozenset())
    with zipfile.ZipFile(source.path) as archive:
        parts = [
            name
            for name in archive.namelist()
            if name == wanted or (Path(name).suffix.lower() in parts_of and _stem(name) == stem)
        ]
    path = folder / wanted
    for number, name in enumerate(parts):
        place = folder / str(number)
        place.mkdir()
        # fnmatch reads brackets as a choice, so names are quoted for it.
        pattern = "".join(f"[{c}]" if c in "*?[" else c for c in name)
        for member in unpack(parcel, place, members=pattern, most_bytes=source.most_bytes):
            suffix = Path(name).suffix.lower()
            target = folder / f"table{suffix if suffix in _READABLE | _BESIDE else ''}"
            member.path.rename(target)
            path = target if name == wanted else path
    return _inside(source, path, Path(wanted).name), [f"{wanted} taken out of {source.name}"]


def _from_gzip(source: Source, parcel: Parcel) -> tuple[Source, list[str]]:
    folder = source.workspace / "unpacked"
    folder.mkdir()
    members = list(unpack(parcel, folder, most_bytes=source.most_bytes))
    if len(members) != 1:
        raise Invalid(f"{source.name} holds {len(members)} files. Deliver them one by one.")
    inner = members[0]
    name = Path(inner.name).name
    return _inside(source, inner.path, name), [f"{source.name} unpacked"]


def _inside(source: Source, path: Path, name: str) -> Source:
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if (
        head.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!"))
        or Path(name).suffix.lower() == ".zip"
    ):
        raise Invalid(
            f"{source.name} holds another archive. Unpack it once and deliver what is inside."
        )
    return replace(source, path=path, name=name, head=head)

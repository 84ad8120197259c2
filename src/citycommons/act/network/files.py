"""Any published network with its trips: the format is told by the content, not by the name."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from citycommons.act.network import tntp
from citycommons.act.network.trips import Matrix, read_matrix
from citycommons.act.network.types import Floats, Network
from citycommons.core.errors import Invalid, NotFound, TooMuch

_MOST_UNPACKED = 2_000_000_000  # bytes
_MOST_MEMBERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """A network and its trips, with the names of the file."""

    network: Network
    names: tuple[str, ...]  # (n,) ids of nodes as in the file, "" for nodes of no file
    zones: tuple[str, ...]  # (zones,)
    rows: int  # the first links are the file's, in its order
    trips: Floats  # (zones, zones)
    format: str  # "TNTP" or "GMNS"
    units: str
    weights: tntp.Weights
    notes: tuple[str, ...]


def load(
    network: Path,
    trips: Path,
    *,
    matrix: str | None = None,
    toll_weight: float | None = None,
    distance_weight: float | None = None,
) -> Loaded:
    """Read a TNTP file or GMNS tables (a folder or a zip of either), and trips of any format.

    Raises `NotFound`, `Invalid` with the line, or `TooMuch`, each saying what and where.
    """
    with _unpacked(network) as place, _unpacked(trips) as demand:
        found = read_matrix(_trips_in(demand), matrix)
        if (folder := _gmns_in(place)) is not None:
            return _gmns(folder, found, toll_weight, distance_weight)
        path = _one_in(place, "_net.tntp")
        read, said = tntp.read_network(
            path, toll_weight=toll_weight, distance_weight=distance_weight
        )
        zones = tuple(str(number) for number in read.node[: read.zones].tolist())
        return Loaded(
            network=read,
            names=tuple(map(str, read.node.tolist())),
            zones=zones,
            rows=read.links,
            trips=_fitted(found, zones),
            format="TNTP",
            units=_units(path),
            weights=said,
            notes=_notes(found, zones),
        )


def _gmns(
    folder: Path, found: Matrix, toll_weight: float | None, distance_weight: float | None
) -> Loaded:
    from citycommons.act.network.gmns import read_gmns  # it needs shapely, TNTP does not

    is_given = toll_weight is not None or distance_weight is not None
    read = read_gmns(
        folder,
        wanted=found.zones,
        toll_weight=toll_weight or 0.0,
        distance_weight=distance_weight or 0.0,
    )
    said_by = "given" if is_given else "nobody: only time counts"
    return Loaded(
        network=read.network,
        names=read.names,
        zones=read.zones,
        rows=read.rows,
        trips=_fitted(found, read.zones),
        format="GMNS",
        units="minutes, vehicles an hour",
        weights=tntp.Weights(toll_weight or 0.0, distance_weight or 0.0, said_by),
        notes=(*read.notes, *_notes(found, read.zones)),
    )


def _notes(found: Matrix, zones: tuple[str, ...]) -> tuple[str, ...]:
    said = [found.note]
    if found.is_whole and len(found.trips) != len(zones):
        said.append(
            f"the trips are between {len(found.trips)} zones and the network has {len(zones)}: "
            "do the files belong together?"
        )
    return tuple(note for note in said if note)


def _fitted(found: Matrix, zones: tuple[str, ...]) -> Floats:
    """The matrix in the order of the network's zones."""
    if found.zones is None or found.zones == zones:
        if len(found.trips) != len(zones):
            raise Invalid(
                f"The trips are between {len(found.trips)} zones, and the network has {len(zones)}."
            )
        return found.trips
    place = {zone: k for k, zone in enumerate(zones)}
    used = np.logical_or(found.trips.any(axis=0), found.trips.any(axis=1))
    for zone, is_used in zip(found.zones, used.tolist(), strict=True):
        if is_used and zone not in place:
            raise NotFound(
                f"The trips name zone “{zone}”, which the network does not have. Its "
                f"{len(zones)} zones are {_some(zones)}.",
                zone=zone,
            )
    here = np.array([k for k, zone in enumerate(found.zones) if zone in place], dtype=np.int64)
    there = np.array([place[found.zones[k]] for k in here], dtype=np.int64)
    trips = np.zeros((len(zones), len(zones)))
    trips[np.ix_(there, there)] = found.trips[np.ix_(here, here)]
    return trips


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:4])}, … {names[-1]}"


def _units(path: Path) -> str:
    """What the README beside a TNTP file says of its units."""
    readme = path.with_name("README.md")
    text = readme.read_text("utf-8", errors="replace") if readme.is_file() else ""
    _, _, section = text.partition("## Units")
    said = [
        f"{name.strip().lower()} in {value.strip()}"
        for name, colon, value in (
            line.partition(":") for line in section.split("\n##")[0].split("\n")
        )
        if colon and value.strip() and name.strip().lower() in ("time", "distance")
    ]
    return ", ".join(said) or "times and flows as in the file, which does not say their units"


def _gmns_in(place: Path) -> Path | None:
    if place.is_file() and place.name.lower() in ("link.csv", "node.csv"):
        return place.parent
    if not place.is_dir():
        return None
    found = sorted(place.rglob("link.csv"))
    return found[0].parent if found else None


def _trips_in(place: Path) -> Path:
    if not place.is_dir():
        return place
    for pattern in ("demand.csv", "trips.csv", "*_trips.tntp", "*.omx", "demand*.csv"):
        found = sorted(place.rglob(pattern))
        if len(found) > 1:
            names = ", ".join(one.name for one in found)
            raise Invalid(f"{place.name} holds several files of trips: {names}. Name one.")
        if found:
            return found[0]
    raise NotFound(f"{place} holds no trips: no demand.csv, _trips.tntp or .omx.")


def _one_in(place: Path, ending: str) -> Path:
    if not place.is_dir():
        return place
    found = sorted(place.rglob(f"*{ending}"))
    if not found:
        raise NotFound(f"{place} holds no network: neither link.csv (GMNS) nor *{ending} (TNTP).")
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise Invalid(f"{place} holds several networks: {names}. Name one.")
    return found[0]


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The path itself, or a folder with what a zip holds."""
    if not path.exists():
        raise NotFound(f"Cannot read {path}: there is no such file or folder.")
    if not path.is_file() or not zipfile.is_zipfile(path):
        yield path
        return
    with TemporaryDirectory(prefix="citycommons-") as folder, zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        size = sum(one.file_size for one in members)
        if size > _MOST_UNPACKED or len(members) > _MOST_MEMBERS:
            raise TooMuch(
                f"{path.name} holds {len(members)} files of {size} bytes. Unpack it first."
            )
        try:
            archive.extractall(folder)  # it leaves out “..” and absolute names
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as cause:
            raise Invalid(f"{path.name} is a damaged zip: {cause}. Pack it again.") from cause
        yield Path(folder)

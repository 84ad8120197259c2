"""The fingerprints of what we publish: made when a version comes, looked up by whoever scans."""

import numpy as np

from citycommons.core.errors import CityError, Forbidden, NotFound
from citycommons.core.types import SYSTEM, Access, Dataset, DatasetId
from citycommons.measure.republication.fingerprints import Fingerprint, of_file
from citycommons.share import open as door
from citycommons.share.open import Opened
from citycommons.store import catalogue
from citycommons.store import fingerprints as rows
from citycommons.store.fingerprints import Kept
from citycommons.store.work import City

_AT_ONCE = 500


def keep(city: City, id: DatasetId, version: int) -> None:
    """Keep the fingerprint of a version; of one that is withdrawn or closed there is none."""
    try:
        found = opened(city, id, version)
    except (NotFound, Forbidden):
        return
    made = of_file(found.path)
    with city.work(SYSTEM) as work:
        rows.save(work.db, _kept(id, version, made))


def catch_up(city: City) -> int:
    """Make fingerprints that are missing: of what was published before they were kept."""
    made = 0
    for id, version in _missing(city):
        try:
            keep(city, id, version)
        except (CityError, OSError):
            continue  # a lost file is told by `citycommons doctor`; the others go on
        made += 1
    return made


def _missing(city: City) -> list[tuple[DatasetId, int]]:
    with city.work(SYSTEM, may_write=False) as work:
        there = {(one.dataset, one.version) for one in rows.latest(work.db)}
        states = catalogue.latest_states(work.db)
    return [
        (id, latest)
        for id, latest, _, access in states
        if access == Access.PUBLIC and (id, latest) not in there
    ]


def ours(city: City) -> list[Dataset]:
    """Public datasets of which we are the origin and have rows: what may be copied elsewhere."""
    with city.work(SYSTEM, may_write=False) as work:
        ids = [
            id for id, _, _, access in catalogue.latest_states(work.db) if access == Access.PUBLIC
        ]
        found: list[Dataset] = []
        for at in range(0, len(ids), _AT_ONCE):
            found += catalogue.datasets(work.db, ids[at : at + _AT_ONCE])
    return [one for one in found if one.removed is None and not one.source.startswith("http")]


def of_dataset(city: City, id: DatasetId) -> list[tuple[int, Fingerprint]]:
    """The fingerprints of a dataset's versions, the newest first."""
    with city.work(SYSTEM, may_write=False) as work:
        kept = rows.of_dataset(work.db, id)
    return [(one.version, _made(one)) for one in kept]


def opened(city: City, id: DatasetId, version: int) -> Opened:
    """The version itself; the house compares, so no use is counted. Raises as `open.look`."""
    with city.work(SYSTEM, may_write=False) as work:
        return door.look(work, id, version)


def _kept(id: DatasetId, version: int, made: Fingerprint) -> Kept:
    sketch = made.sketch.astype("<u8").tobytes()
    return Kept(dataset=id, version=version, shape=made.shape, rows=made.rows, minhash=sketch)


def _made(one: Kept) -> Fingerprint:
    sketch = np.frombuffer(one.minhash, "<u8").astype(np.uint64)
    return Fingerprint(shape=one.shape, rows=one.rows, sketch=sketch)

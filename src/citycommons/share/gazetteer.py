"""The city's own addresses, from the dataset that the setting `addresses` names."""

from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from citycommons.core.errors import CityError
from citycommons.core.types import DatasetId
from citycommons.govern.access import Action, require
from citycommons.share.open import find
from citycommons.standardise.gazetteer import Gazetteer
from citycommons.store.work import Work


def gazetteer(work: Work, dataset: str) -> Gazetteer | None:
    """The gazetteer of the dataset's newest version; None where none is named, or it is not here.

    It is built once for each version. Nothing is counted as a use: no row leaves. A dataset that
    holds no addresses gives none either; `citycommons` says so where addresses are to be placed.
    """
    if not dataset:
        return None
    try:
        entry, version = find(work, DatasetId(dataset))
        require(work, Action.READ, entry)
        return _of(work.lake.existing(version.file))
    except CityError:
        return None


@lru_cache(maxsize=2)
def _of(path: Path) -> Gazetteer:
    return Gazetteer.of(pq.read_table(path))

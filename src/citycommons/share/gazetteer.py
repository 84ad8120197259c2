"""The city's own addresses, from the dataset that the setting `addresses` names."""

from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from citycommons.core.errors import CityError
from citycommons.core.types import DatasetId
from citycommons.share.open import look
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
        return _of(look(work, DatasetId(dataset)).path)
    except CityError:
        return None


@lru_cache(maxsize=2)
def _of(path: Path) -> Gazetteer:
    return Gazetteer.of(pq.read_table(path))

"""The one reader's door: every face, page, export, tile and analysis reads through `open`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from citycommons.core.errors import NotFound
from citycommons.core.types import Dataset, DatasetId, Use, Version
from citycommons.govern import privacy
from citycommons.govern.access import Action, require
from citycommons.store import catalogue
from citycommons.store.lake import Lake
from citycommons.store.work import Work


class Withdrawn(NotFound):
    """The version was taken back; the tombstone says when and why (410 Gone)."""

    http_status, title = 410, "Withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A version that the actor may read, already counted."""

    dataset: Dataset
    version: Version
    lake: Lake

    @property
    def path(self) -> Path:
        """Its Parquet file; `NotFound` if the disk lost it."""
        return self.lake.existing(self.version.file)

    def query(
        self, sql: str, parameters: Sequence[Any] = (), *, timeout_s: float = 20.0
    ) -> pa.Table:
        """Run SQL in which `rows` is this version; values are bound as `?`, in order."""
        source = f"read_parquet('{self.path.as_posix()}')"
        whole = f"WITH rows AS (FROM {source}) {sql}"
        return self.lake.query(whole, parameters, timeout_s=timeout_s)


def find(work: Work, id: DatasetId, version: int | str | None = None) -> tuple[Dataset, Version]:
    """The dataset and one of its versions, for whoever may discover it; nothing is counted.

    `version` is None or "latest", a number, or the beginning (8 or more) of a content digest.
    """
    dataset = work.known(("dataset", id), lambda: catalogue.dataset(work.db, id))
    require(work, Action.DISCOVER, dataset)
    found = work.known(("version", id, version), lambda: _version(work, id, version))
    if found is None:
        if version in (None, "latest"):
            raise NotFound(f"“{id}” has no data here yet. See its versions.", dataset=id)
        raise NotFound(f"“{id}” has no version “{version}”. See its versions.", dataset=id)
    return dataset, found


def _version(work: Work, id: DatasetId, version: int | str | None) -> Version | None:
    if version is None or version == "latest":
        return catalogue.version(work.db, id)
    text = str(version)
    if text.isdecimal() and len(text) < 8:
        return catalogue.version(work.db, id, int(text))
    is_digest = len(text) >= 8 and set(text) <= set("0123456789abcdef")
    return catalogue.version_by_digest(work.db, id, text) if is_digest else None


def look(work: Work, id: DatasetId, version: int | str | None = None) -> Opened:
    """The same door without a use: the house compares or prepares, and no row leaves.

    Raises `NotFound`, `Withdrawn` (with the tombstone's reason) or `Forbidden`.
    """
    dataset, found = find(work, id, version)
    require(work, Action.READ, dataset)
    privacy.require_release(work, dataset)
    if found.withdrawn:
        raise Withdrawn(
            f"Version {found.number} of “{id}” was withdrawn on {found.withdrawn:%Y-%m-%d}: "
            f"{found.withdrawn_reason}",
            dataset=id,
            version=found.number,
        )
    return Opened(dataset=dataset, version=found, lake=work.lake)


def open(
    work: Work,
    id: DatasetId,
    version: int | str | None = None,
    *,
    use: Use = Use.REQUEST,
) -> Opened:
    """Open a version for reading: asks `govern`, and leaves the usage fact.

    Raises `NotFound`, `Withdrawn` (with the tombstone's reason) or `Forbidden`.
    """
    opened = look(work, id, version)
    work.use(id, opened.version.number, use)
    return opened

"""Versions made straight from tables, without a catalogue around them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from citycommons.core.tables import with_fields
from citycommons.core.types import ActorId, Dataset, DatasetId, Field, PublisherId, Version
from citycommons.share.open import Opened
from citycommons.share.publish import prepare
from citycommons.store.lake import Lake

MakeOpened = Callable[..., Opened]


def opened_in(lake: Lake, table: pa.Table, *fields: Field, number: int = 1, **more: Any) -> Opened:
    """The table as an opened version; `fields` declare types, `more` describes the dataset."""
    dataset = Dataset(
        **{
            "id": DatasetId("things"),
            "title": {"en": "Things"},
            "publisher": PublisherId("roads"),
            "license": "CC0-1.0",
            **more,
        }
    )
    prepared = prepare(lake, dataset, with_fields(table, fields) if fields else table)
    version = Version(
        dataset=dataset.id,
        number=number,
        digest=prepared.digest,
        file=prepared.file,
        rows=prepared.rows,
        bytes=prepared.bytes,
        fields=prepared.fields,
        statistics=prepared.statistics,
        bounds=prepared.bounds,
        period=prepared.period,
        created=datetime(2026, 3, 31, 12, tzinfo=UTC),
        created_by=ActorId("admin"),
    )
    return Opened(dataset=dataset, version=version, lake=lake)


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="session")
def opened(lake: Lake) -> MakeOpened:
    """`opened(table, *fields)`: the table published, as readers hold it."""

    def make(table: pa.Table, *fields: Field, **more: Any) -> Opened:
        return opened_in(lake, table, *fields, **more)

    return make

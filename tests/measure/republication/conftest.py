"""A city whose data another portal copies."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from tests.measure.republication.peer import Peer, peer
from tests.measure.republication.sending import BASE

from citycommons.core.types import SYSTEM, Access, Dataset, DatasetId, PublisherId
from citycommons.share.publish import prepare, publish
from citycommons.store.work import City


@pytest.fixture
def here(city: City) -> City:
    """A city with trees that everybody may see, and nurseries that nobody may."""
    told = {"public_url": BASE, "allow_hosts": ("127.0.0.1",)}
    city.settings = city.settings.model_copy(update=told)
    for id, access in (("trees", Access.PUBLIC), ("nurseries", Access.INTERNAL)):
        dataset = Dataset(
            id=DatasetId(id),
            title={"en": id},
            publisher=PublisherId("roads"),
            license="CC0-1.0",
            access=access,
        )
        prepared = prepare(city.lake, dataset, pa.table({"n": [1, 2, 3]}))
        with city.work(SYSTEM) as work:
            publish(work, dataset, prepared)
    return city


@pytest.fixture
def other() -> Iterator[Peer]:
    with peer() as one:
        yield one

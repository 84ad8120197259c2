"""A dataset here, a copy of it at a second portal, and what is said of it."""

from collections import Counter
from datetime import UTC, date, datetime

import pyarrow as pa

from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyState,
    Portal,
    PortalKind,
    copy_id,
    portal_id,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.types import SYSTEM, Channel, ClientKind, Dataset, DatasetId, PublisherId, Use
from citycommons.share.publish import prepare, publish
from citycommons.store import copies, usage
from citycommons.store.copies import month
from citycommons.store.work import City

PORTAL = SYSTEM
TREES = DatasetId("trees")
URL = "https://dati.bologna.example"
BOLOGNA = Portal(id=portal_id(URL), name="Bologna", url=URL, kind=PortalKind.SUSHI)
IRI = f"{URL}/datasets/trees"
COPY = Copy(
    id=copy_id(IRI),
    dataset=TREES,
    iri=IRI,
    portal=BOLOGNA.id,
    state=CopyState.VERIFIED,
    version="1",
)


def keep(city: City, copy: Copy = COPY, portal: Portal = BOLOGNA) -> None:
    """Publish the trees, and know of their copy."""
    dataset = Dataset(
        id=TREES, title={"en": "Trees"}, publisher=PublisherId("roads"), license="CC0-1.0"
    )
    prepared = prepare(city.lake, dataset, pa.table({"n": [1, 2, 3]}))
    with city.work(SYSTEM) as work:
        publish(work, dataset, prepared)
        copies.save_portal(work.db, portal)
        copies.save_copy(work.db, copy, due=None)


def said(
    number: int,
    count: int,
    *,
    metric: Metric = Metric.TOTAL_INVESTIGATIONS,
    certainty: Certainty = Certainty.REPORTED,
    copy: Copy = COPY,
    year: int = 2026,
) -> CopyCount:
    """What the copy's portal says of a month of a year."""
    period = month(date(year, number, 1))
    return CopyCount(
        copy=copy.id,
        first_day=period.first_day,
        last_day=period.last_day,
        metric=metric,
        method=Method.REGULAR,
        count=count,
        certainty=certainty,
        reported=datetime(2026, 4, 1, tzinfo=UTC),
    )


def use_here(city: City, day: date, count: int, use: Use = Use.REQUEST) -> None:
    """Let the trees be used here."""
    key = (TREES, 1, use, Channel.PAGE, ClientKind.PERSON, day)
    with city.work(SYSTEM) as work:
        usage.add_counts(work.db, Counter({key: count}))

"""Versions as they stood on a day: what a statement of impact says of the offer."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from citycommons.core.types import DatasetId, Version
from citycommons.store.tables import versions


def versions_at(db: Connection, moment: datetime) -> dict[DatasetId, Version]:
    """The latest version of each dataset as of a moment, without those that were taken back."""
    last = (
        select(versions.c.dataset, func.max(versions.c.number).label("number"))
        .where(versions.c.created < moment, versions.c.withdrawn.is_(None))
        .group_by(versions.c.dataset)
        .subquery()
    )
    is_last = (versions.c.dataset == last.c.dataset) & (versions.c.number == last.c.number)
    found = db.scalars(select(versions.c.body).join(last, is_last))
    return {one.dataset: one for one in (msgspec.convert(body, Version) for body in found)}

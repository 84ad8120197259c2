"""The steward's desk: what needs me today, and the way from a file to a version."""

from citycommons.web.desk import (
    check,
    copies,
    datasets,
    decisions,
    describing,
    finish,
    overview,
    portals,
    repair,
    saying,
    upload,
    version_repair,
    withdrawal,
)

HANDLERS = [
    *overview.HANDLERS,
    *upload.HANDLERS,
    *check.HANDLERS,
    *saying.HANDLERS,
    *repair.HANDLERS,
    *describing.HANDLERS,
    *finish.HANDLERS,
    *datasets.HANDLERS,
    *version_repair.HANDLERS,
    *withdrawal.HANDLERS,
    *decisions.HANDLERS,
    *copies.HANDLERS,
    *portals.HANDLERS,
]

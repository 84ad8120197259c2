"""The steward's desk: what needs me today, and the way from a file to a version."""

from citycommons.web.desk import (
    check,
    datasets,
    decisions,
    describing,
    finish,
    overview,
    saying,
    upload,
    withdrawal,
)

HANDLERS = [
    *overview.HANDLERS,
    *upload.HANDLERS,
    *check.HANDLERS,
    *saying.HANDLERS,
    *describing.HANDLERS,
    *finish.HANDLERS,
    *datasets.HANDLERS,
    *withdrawal.HANDLERS,
    *decisions.HANDLERS,
]

"""The road works studio: draw a closure, and see what it does while you draw."""

from citycommons.web.studio import answering, deciding, page, report

HANDLERS = [*page.HANDLERS, *answering.HANDLERS, *deciding.HANDLERS, *report.HANDLERS]

"""Road works for everyone: their feeds, a page for each, and following a street."""

from citycommons.web.roadworks import door, follow

HANDLERS = [*door.HANDLERS, *follow.HANDLERS]

__all__ = ["HANDLERS"]

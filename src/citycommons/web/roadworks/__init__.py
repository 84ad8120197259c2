"""Road works for everyone: their feeds, a page for each, and following a street."""

from citycommons.web.roadworks.door import HANDLERS

__all__ = ["HANDLERS"]

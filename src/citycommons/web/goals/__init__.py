"""The ledger on pages: what data are for, what came of it, and the desk where it is kept."""

from citycommons.web.goals import listing, one

HANDLERS = [*listing.HANDLERS, *one.HANDLERS]

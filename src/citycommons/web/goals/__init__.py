"""The ledger on pages: what data are for, what came of it, and the desk where it is kept."""

from citycommons.web.goals import desk, editing, listing, one, values, worth

HANDLERS = [
    *listing.HANDLERS,
    *one.HANDLERS,
    *desk.HANDLERS,
    *editing.HANDLERS,
    *values.HANDLERS,
    *worth.HANDLERS,
]

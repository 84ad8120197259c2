"""The register of road works on pages and for programs: list, desk, form, one works, writing."""

from citycommons.web.register import asking, desk, editing, listing, one, writing

HANDLERS = [
    *listing.HANDLERS,
    *writing.HANDLERS,
    *asking.HANDLERS,
    *desk.HANDLERS,
    *editing.HANDLERS,
    *one.HANDLERS,
]

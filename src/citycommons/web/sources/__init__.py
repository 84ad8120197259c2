"""Where data come from by themselves: a list of sources, each with its log, and a form for more."""

from citycommons.web.sources import acts, listing, one
from citycommons.web.sources import editing as forms

HANDLERS = [*listing.HANDLERS, *forms.HANDLERS, *one.HANDLERS, *acts.HANDLERS]

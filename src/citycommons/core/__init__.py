"""The words: types, errors, settings, plugs, units and places; no input or output, no framework."""

"""MapInfo files: TAB and MIF, out of their ZIP."""

from citycommons.standardise.formats import Source
from citycommons.standardise.vector import Vector


class MapInfo(Vector):
    """MapInfo TAB (with .dat, .map, .id) and MIF (with .mid)."""

    driver = "MapInfo"
    is_typed = True

    def recognises(self, source: Source) -> float:
        start = source.head.lstrip()[:64].lower()
        is_tab = source.suffix == ".tab" and start.startswith(b"!table")
        is_mif = source.suffix == ".mif" and start.startswith(b"version")
        return 1.0 if is_tab or is_mif else 0.0

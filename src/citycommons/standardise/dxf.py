"""DXF drawings, read only: their entities with layer and text."""

import re

from citycommons.standardise.formats import Source
from citycommons.standardise.vector import Vector

_BEGIN = re.compile(rb"^(?:\s*999\s*\r?\n[^\n]*\n)*\s*0\s*\r?\n\s*SECTION\s*\r?\n", re.IGNORECASE)


class Dxf(Vector):
    """AutoCAD DXF. A drawing names no reference system, so its shapes wait for one as text."""

    driver = "DXF"
    is_typed = True
    is_drawn = True

    def recognises(self, source: Source) -> float:
        is_binary = source.head.startswith(b"AutoCAD Binary DXF")
        return 1.0 if is_binary or _BEGIN.match(source.head) else 0.0

"""A sheet as PDF: one page A4, tagged (PDF/UA-1) and made to last (PDF/A-2a), the same each time.

Typst sets it: one wheel without a system library. The fonts are those of the pages, unpacked, so
nothing is asked of the machine or of another host.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
import typst

from citycommons.core.errors import Unavailable
from citycommons.measure.impact.sheet import Sheet
from citycommons.measure.impact.statement import Statement

_HERE = Path(__file__).parent


def pdf(sheet: Sheet, one: Statement) -> bytes:
    """The sheet as a PDF file; its date is the statement's own.

    Raises `Unavailable` when it cannot be set.
    """
    made = datetime.fromisoformat(one.as_of).replace(tzinfo=UTC)
    values = asdict(sheet) | {"city": one.city, "made": [made.year, made.month, made.day]}
    try:
        found = typst.compile(
            _HERE / "council.typ",
            root=_HERE,
            font_paths=[_HERE / "fonts"],
            ignore_system_fonts=True,
            sys_inputs={"sheet": orjson.dumps(values).decode()},
            pdf_standards=["ua-1", "a-2a"],
            timestamp=int(made.timestamp()),
        )
    except typst.TypstError as cause:
        raise Unavailable(f"The PDF cannot be set: {cause}.") from cause
    if not isinstance(found, bytes):
        raise Unavailable("The PDF is longer than its page. Please tell the makers.")
    return found

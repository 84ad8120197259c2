"""What was declared of a table (Table Schema, CSVW, a data dictionary) as a plan to read it."""

from collections.abc import Mapping
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.core.types import Parcel, Plan
from citycommons.standardise import csvw, dictionary, table_schema

_MOST_BYTES = 16 << 20


def declared(parcel: Parcel, *, table: str = "", zone: str = "UTC") -> Plan:
    """Read a declaration: fields with type, unit and meaning, and rules from its constraints.

    JSON is a Table Schema, a Data Package that holds one, or CSVW metadata; any other file is a
    data dictionary with a row for each column. `table` names the one meant where there are several
    (a resource, or the address of a CSV file).

    Raises `Invalid` for a file that declares nothing, saying what it needs.
    """
    document = _json(parcel)
    if document is None:
        return dictionary.plan_of(parcel, zone=zone)
    for reader in (table_schema, csvw):
        if reader.is_one(document):
            plan: Plan = reader.plan_of(document, table)
            return plan
    raise Invalid(
        f"{parcel.name} is JSON, but no Table Schema (it has no “fields”), no Data Package and no "
        "CSVW metadata (it has no “tableSchema”). Deliver one of them, or a data dictionary."
    )


def _json(parcel: Parcel) -> Mapping[str, Any] | None:
    """The document, if the file is a JSON object."""
    if parcel.path.stat().st_size > _MOST_BYTES:
        return None
    raw = parcel.path.read_bytes().removeprefix(b"\xef\xbb\xbf").lstrip()
    if not raw.startswith(b"{"):
        return None
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as cause:
        raise Invalid(f"{parcel.name} is broken JSON: {cause}. Export it again.") from cause
    return document if isinstance(document, dict) else None

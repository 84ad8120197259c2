"""JSON and NDJSON: the records inside, nested names joined by dots."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson

from citycommons.core.errors import Invalid
from citycommons.standardise.cells import text_columns
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.layout import tidy, unique

_DEEPEST = 6
_BARE = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.])(?:undefined|-?Infinity|NaN|None)(?!\w)', re.S)
_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(\s*[\]}])', re.S)
_GEOJSON_TYPES = frozenset(("FeatureCollection", "Feature"))


class Json:
    """JSON: an array of records, wherever it lies in the document."""

    def recognises(self, source: Source) -> float:
        start = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if source.head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return 0.7 if source.suffix == ".json" else 0.0
        if start not in (b"{", b"["):
            return 0.0
        return 0.8 if source.suffix == ".json" else 0.7

    def read(self, source: Source) -> Draft:
        steps: list[str] = []
        faults = Faults()
        document = _load(source, steps, faults)
        where, records = _records(document)
        if records is None:
            raise Invalid(
                f"{source.name} is JSON without records: no array of objects was found in it. "
                "Deliver an array with one object per row."
            )
        if where:
            steps.append(f"records taken from {where}")
        flat = [_flat(record) for record in records]
        return _draft(flat, np.arange(1, len(flat) + 1), steps, faults)


class Ndjson:
    """Newline-delimited JSON: one record a line."""

    def recognises(self, source: Source) -> float:
        if not source.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return 0.0
        if source.suffix in (".ndjson", ".jsonl"):
            return 0.9
        lines = source.head.split(b"\n", 3)[:2]
        return 0.85 if len(lines) == 2 and all(map(_is_object, lines)) else 0.0

    def read(self, source: Source) -> Draft:
        faults = Faults()
        flat: list[dict[str, Any]] = []
        lines: list[int] = []
        with source.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.strip().removeprefix(b"\xef\xbb\xbf")
                if not text:
                    continue
                if not _is_object(text):
                    value = text[:500].decode("utf-8", "replace")
                    message = "the line is no JSON object; the row is kept aside."
                    faults.add("json", message, line=number, value=value, is_rejected=True)
                    continue
                flat.append(_flat(orjson.loads(text)))
                lines.append(number)
        if not flat:
            raise Invalid(f"{source.name} holds no line that is a JSON object. Deliver one a line.")
        return _draft(flat, np.array(lines), ["one record a line"], faults)


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _load(source: Source, steps: list[str], faults: Faults) -> Any:
    raw = source.path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raw = raw.decode("utf-16").encode()
        steps.append("encoding utf-16")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as cause:
        return _mended(raw, source, cause, steps, faults)


def _mended(raw: bytes, source: Source, why: Exception, steps: list[str], faults: Faults) -> Any:
    """Read again with words that JSON does not know as null, and without trailing commas."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
        steps.append("encoding cp1252")
    odd = 0

    def mend(found: re.Match[str]) -> str:
        nonlocal odd
        if found[0].startswith('"'):
            return found[0]
        odd += 1
        return "null"

    text = _BARE.sub(mend, text)
    text = _COMMA.sub(lambda m: m[1] or m[2], text)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        line = getattr(why, "lineno", None)
        raise Invalid(
            f"{source.name} is broken JSON, line {line}: {why}. Export it again.", line=line
        ) from why
    if odd:
        message = "“{value}” is no JSON; read as no value."
        faults.add_many("json", message, column="", found=(), total=odd)
        steps.append(f"{odd} words that are no JSON read as null")
    return document


def _records(document: Any) -> tuple[str, list[dict[str, Any]] | None]:
    """The largest array of objects, and its path in the document."""
    best: tuple[str, list[dict[str, Any]]] | None = None
    for where, found in _arrays(document, "", 0):
        if best is None or len(found) > len(best[1]):
            best = where, found
    if best:
        return best
    if isinstance(document, dict) and document:
        columns = list(document.values())
        if all(isinstance(c, list) and len(c) == len(columns[0]) for c in columns):
            return "", [dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True)]
        if all(isinstance(value, dict) for value in columns):
            return "", [{"key": key, **value} for key, value in document.items()]
        return "", [document]
    if isinstance(document, list) and document and isinstance(document[0], list):
        header, *rows = document
        if all(isinstance(name, str) for name in header):
            return "", [dict(zip(unique(header), row, strict=False)) for row in rows]
    return "", [] if document == [] else None


def _arrays(value: Any, where: str, depth: int) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            yield where, value
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _arrays(inner, f"{where}.{key}".lstrip("."), depth + 1)


def _flat(record: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """One level; shapes (GeoJSON geometries) and lists stay whole."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        is_shape = isinstance(value, dict) and "type" in value and "coordinates" in value
        if isinstance(value, dict) and value and not is_shape and depth < _DEEPEST:
            flat |= _flat(value, f"{name}.", depth + 1)
        else:
            flat[name] = value
    return flat


def _draft(
    flat: list[dict[str, Any]], lines: np.ndarray, steps: list[str], faults: Faults
) -> Draft:
    keys = list(dict.fromkeys(key for record in flat for key in record))
    names = _short(keys)
    table = text_columns(unique(names), [[record.get(key) for key in keys] for record in flat])
    return Draft(
        table=table, faults=faults, lines=lambda rows: lines[rows], steps=steps, decimal="."
    )


def _short(keys: list[str]) -> list[str]:
    """Names without the envelope (`fields.`) where nothing becomes ambiguous."""
    for envelope in ("fields.", "properties.", "attributes."):
        bare = [key.removeprefix(envelope) for key in keys]
        if bare != keys and len(set(bare)) == len(bare):
            return [tidy(name) for name in bare]
    return [tidy(key) for key in keys]

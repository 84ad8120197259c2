"""JSON and NDJSON: the records inside, nested names joined by dots."""

import itertools
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Rows, Source
from citycommons.standardise.gather import Gathered, flat
from citycommons.standardise.layout import unique

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
        where, records = _records(document, source.record_path)
        if records is None and source.record_path:
            raise NotFound(f"{source.name} has no records at “{source.record_path}”.")
        if records is None:
            raise Invalid(
                f"{source.name} is JSON without records: no array of objects was found in it. "
                "Deliver an array with one object per row."
            )
        if where:
            steps.append(f"records taken from {where}")
        rows = Gathered(source.name)
        for record in records:
            rows.add(flat(record))
        return _draft(rows, None, steps, faults)


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
        rows = Gathered(source.name)
        lines: list[int] = []
        with source.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.strip().removeprefix(b"\xef\xbb\xbf")
                if not text:
                    continue
                if (record := _object(text)) is None:
                    value = text[:500].decode("utf-8", "replace")
                    message = "the line is no JSON object; the row is kept aside."
                    faults.add("json", message, line=number, value=value, is_rejected=True)
                    continue
                rows.add(flat(record))
                lines.append(number)
        if not rows.count:
            raise Invalid(f"{source.name} holds no line that is a JSON object. Deliver one a line.")
        return _draft(rows, np.array(lines), ["one record a line"], faults)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _is_object(text: bytes) -> bool:
    return _object(text) is not None


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


_KNOWN = ("records", "results", "features", "rows", "items", "data", "value", "values", "bindings")


def _records(document: Any, asked: str) -> tuple[str, list[dict[str, Any]] | None]:
    """The records of the document, and the path at which they lie."""
    if asked:
        where = asked.strip("/").replace("/", ".")
        found = _rows_of(_at(document, where))
        return where, found
    for known in (_stat, _socrata, _split):
        if (found := known(document)) is not None:
            return "", found
    best: tuple[str, list[dict[str, Any]]] | None = None
    for where, found in _arrays(document, "", 0):
        if best is None or len(found) > len(best[1]):
            best = where, found
    if isinstance(document, dict):
        empty = next((key for key in _KNOWN if document.get(key) == []), "")
        if empty and (best is None or best[0].startswith(("fields", "parameters", "links"))):
            return empty, []
    return best or ("", _rows_of(document))


def _at(document: Any, where: str) -> Any:
    for key in where.split("."):
        if isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict):
            document = document.get(key)
        else:
            return None
    return document


def _rows_of(value: Any) -> list[dict[str, Any]] | None:
    """Records written as objects by key, as columns, or as lists below a header."""
    if isinstance(value, dict) and value:
        columns = list(value.values())
        if all(isinstance(c, list) and len(c) == len(columns[0]) for c in columns):
            return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
        if all(isinstance(c, dict) for c in columns):
            return _by_key(value)
        return [value]
    if isinstance(value, list) and value:
        if all(isinstance(item, dict) for item in value):
            return value
        if all(isinstance(item, list) for item in value):
            header, *rows = value
            if header and all(isinstance(name, str) for name in header):
                return [dict(zip(unique(header), row, strict=False)) for row in rows]
    return [] if value == [] else None


def _by_key(value: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """{"id": {…}} is one row a key; {"column": {"0": …, "1": …}} is one row a number."""
    keys = [list(inner) for inner in value.values()]
    if all(k == keys[0] for k in keys) and keys[0] == [str(i) for i in range(len(keys[0]))]:
        return [{name: inner[k] for name, inner in value.items()} for k in keys[0]]
    return [{"key": key, **inner} for key, inner in value.items()]


def _stat(document: Any) -> list[dict[str, Any]] | None:
    """JSON-stat 2.0: one row a cell, with the labels of its categories."""
    if not isinstance(document, dict) or not {"id", "size", "dimension", "value"} <= set(document):
        return None
    axes: list[tuple[str, list[str]]] = []
    for key in document["id"]:
        dimension = document["dimension"][key]
        category = dimension["category"]
        index = category.get("index", list(category.get("label", {})))
        order = index if isinstance(index, list) else sorted(index, key=lambda code: index[code])
        labels = category.get("label", {})
        axes.append((dimension.get("label", key), [labels.get(code, code) for code in order]))
    values = document["value"]
    rows = []
    for place, labels in enumerate(itertools.product(*(labels for _, labels in axes))):
        value = (
            values.get(str(place))
            if isinstance(values, dict)
            else values[place]
            if place < len(values)
            else None
        )
        rows.append({**dict(zip((n for n, _ in axes), labels, strict=True)), "value": value})
    return rows


def _socrata(document: Any) -> list[dict[str, Any]] | None:
    """Socrata's rows.json: names in meta.view.columns, lists in data."""
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        return None
    columns = _at(document, "meta.view.columns")
    if not isinstance(columns, list):
        return None
    names = [str(column.get("name", "")) for column in columns]
    hidden = {
        place
        for place, column in enumerate(columns)
        if "hidden" in column.get("flags", ()) or column.get("dataTypeName") == "meta_data"
    }
    return [
        {
            n: v
            for place, (n, v) in enumerate(zip(unique(names), row, strict=False))
            if place not in hidden
        }
        for row in document["data"]
    ]


def _split(document: Any) -> list[dict[str, Any]] | None:
    """Names in one list (`columns`, or CKAN's `fields`), the rows as lists in another."""
    if not isinstance(document, dict):
        return None
    for part in (document, document.get("result")):
        if not isinstance(part, dict):
            continue
        named = next((part[k] for k in ("columns", "fields", "header") if part.get(k)), None)
        rows = next((part[k] for k in ("data", "records", "rows", "values") if part.get(k)), None)
        if not (isinstance(named, list) and isinstance(rows, list) and isinstance(rows[0], list)):
            continue
        names = [
            str(n.get("id") or n.get("name") or n.get("label") or "")
            if isinstance(n, dict)
            else str(n)
            for n in named
        ]
        return [
            dict(zip(unique(names), row, strict=False)) for row in rows if isinstance(row, list)
        ]
    return None


def _arrays(value: Any, where: str, depth: int) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            yield where, value
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _arrays(inner, f"{where}.{key}".lstrip("."), depth + 1)


def _draft(rows: Gathered, lines: Rows | None, steps: list[str], faults: Faults) -> Draft:
    numbers = np.arange(1, rows.count + 1) if lines is None else lines
    table = rows.table()
    return Draft(table=table, faults=faults, lines=lambda at: numbers[at], steps=steps, decimal=".")

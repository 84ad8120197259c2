"""A resource of the DataStore as a file with its `_id`: CSV, tabs, JSON or XML, in a stream.

References
----------
CKAN 2.11 DataStore extension: downloading resources (`/datastore/dump/{resource}`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Field, FieldType
from citycommons.share import cells
from citycommons.share.expressions.tree import Column, Named
from citycommons.share.faces.ckan import field
from citycommons.share.faces.ckan_datastore import ID, ROW_NUMBER
from citycommons.share.open import Opened
from citycommons.share.query import Query
from citycommons.share.rows import batches

MEDIA = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "xml": "text/xml",
}
_XML_NAME = re.compile(r"(?!xml)[A-Za-z_][\w.-]*", re.I)
_NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


def dump(
    opened: Opened, query: Query, columns: Sequence[Field], format: str, language: str
) -> Iterator[bytes]:
    """The file, part by part."""
    found = numbered(opened, query, columns)
    match format:
        case "csv":
            return chain([cells.csv_header(columns)], (cells.csv_lines(b, columns) for b in found))
        case "tsv":
            head = cells.csv_header(columns, "\t")
            return chain([head], (cells.csv_lines(b, columns, "\t") for b in found))
        case "json":
            return _json(found, columns, language)
    return _xml(found, columns)


def numbered(opened: Opened, query: Query, columns: Sequence[Field]) -> Iterator[pa.RecordBatch]:
    """All rows of the query in these columns, each with its place in the version."""
    names = [one.name for one in columns]
    if ID not in names or ID in {one.name for one in opened.version.fields}:
        yield from batches(opened, replace(query, columns=tuple(names)))
        return
    if query.is_filtered or query.is_sorted:
        found = (Named(name=n, expression=ROW_NUMBER if n == ID else Column(n)) for n in names)
        yield from batches(opened, replace(query, columns=(), computed=tuple(found)))
        return
    first = query.offset + 1
    own = tuple(name for name in names if name != ID)
    for batch in batches(opened, replace(query, columns=own)):
        ids = pa.array(np.arange(first, first + batch.num_rows))
        first += batch.num_rows
        yield batch.append_column(ID, ids).select(names)


def _json(
    found: Iterator[pa.RecordBatch], columns: Sequence[Field], language: str
) -> Iterator[bytes]:
    fields = orjson.dumps([field(one, language) for one in columns])
    yield b'{\n  "fields": ' + fields + b',\n  "records": ['
    before = b"\n"
    for batch in found:
        yield before + cells.json_lists(batch, columns, ",\n")[:-2]
        before = b",\n"
    yield b"\n]}\n"


def _xml(found: Iterator[pa.RecordBatch], columns: Sequence[Field]) -> Iterator[bytes]:
    yield b'<data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    for batch in found:
        yield cells.payload(cells.joined([*_xml_parts(batch, columns), "\n"]))
    yield b"</data>\n"


def _xml_parts(batch: pa.RecordBatch, columns: Sequence[Field]) -> list[Any]:
    has_id = any(one.name == ID for one in columns)
    parts: list[Any] = ["<row>"]
    if has_id:
        parts = ['<row _id="', pc.cast(cells.whole(batch, ID), pa.string()), '">']
    for one in columns:
        if one.name != ID:
            parts.append(_element(batch, one))
    return [*parts, "</row>"]


def _element(batch: pa.RecordBatch, one: Field) -> pa.Array:
    column = cells.whole(batch, one.name)
    if one.type is FieldType.GEOMETRY:
        texts = pa.array(cells.wkt(column), pa.string())
    elif one.type is FieldType.STRING:
        texts = _escaped(pc.cast(column, pa.string()))
    else:
        texts = cells.plain_cells(column)
    name, begin = one.name, one.name
    if not _XML_NAME.fullmatch(name):
        begin = f'value name="{_attribute(name)}"'
        name = "value"
    whole = pc.binary_join_element_wise(f"<{begin}>", texts, f"</{name}>", "")
    return pc.fill_null(whole, f'<{begin} xsi:nil="true"/>')


def _escaped(texts: pa.Array) -> pa.Array:
    texts = pc.replace_substring_regex(texts, _NOT_XML, "")
    for sign, spelled in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        texts = pc.replace_substring(texts, sign, spelled)
    return texts


def _attribute(name: str) -> str:
    escaped: str = _escaped(pa.array([name]))[0].as_py()
    return escaped.replace('"', "&quot;").replace("\n", " ").replace("\t", " ")

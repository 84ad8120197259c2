"""The tool over rows: one page of a version, filtered and sorted, bounded in every direction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.mcp import Result
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.query import Order, Query, parse_query
from citycommons.share.rows import rows as read_rows
from citycommons.web.addresses import file_path
from citycommons.web.faces.mcp import resources
from citycommons.web.faces.mcp.house import House, paged, short, told
from citycommons.web.turns import long_turn

OPERATORS = {
    "exact": "eq",
    "contains": "contains",
    "less": "lte",
    "greater": "gte",
    "strictly_less": "lt",
    "strictly_greater": "gt",
}
_MOST_BYTES = 200_000  # of all rows of an answer
_LONGEST_CELL = 500
_MOST_OFFSET = 1 << 40


def query_resource_data(house: House, given: Mapping[str, Any]) -> Result:
    """`query_resource_data`."""
    with house.work() as work:
        if resources.link_of(work, given["resource_id"]):
            raise Invalid(
                "This resource lies elsewhere and cannot be queried here: fetch it from its URL "
                "(get_resource_info tells it)."
            )
        opened = open_version(work, *resources.named(given["resource_id"]))
    query = _query(given, opened.version.fields)
    with long_turn():
        page = read_rows(opened, query)
    rows, is_cut = _bounded(page.fields, orjson.loads(page.json()))
    data = {
        "question": short(given["question"], 500),
        "dataset_id": opened.dataset.id,
        "dataset_title": house.words(opened.dataset.title, 200),
        "version": opened.version.number,
        "license": opened.dataset.license,
        "source": opened.dataset.source,
        "columns": [{"name": one.name, "type": one.type, "unit": one.unit} for one in page.fields],
        "rows": rows,
        "is_cut": is_cut,
        **paged(page.total, given["page"], given["page_size"]),
    }
    return Result(text=_words(house, opened, data), data=data)


def _query(given: Mapping[str, Any], fields: tuple[Field, ...]) -> Query:
    size = given["page_size"]
    offset = (given["page"] - 1) * size
    if offset > _MOST_OFFSET:
        raise Invalid("There is no such page.")
    asked: list[tuple[str, str]] = []
    if given["filter_column"]:
        if given["filter_value"] is None:
            raise Invalid("“filter_column” needs a “filter_value”.")
        comparison = OPERATORS[given["filter_operator"]]
        column = _column(given["filter_column"], fields, "filter_column")
        asked = [(f"{column.name}__{comparison}", given["filter_value"])]
    order: tuple[Order, ...] = ()
    if given["sort_column"]:
        column = _column(given["sort_column"], fields, "sort_column")
        if column.type is FieldType.GEOMETRY:
            raise Invalid("A geometry has no order.")
        order = (Order(column=column.name, descending=given["sort_direction"] == "desc"),)
    return replace(parse_query(asked, fields), order=order, limit=size, offset=offset)


def _column(name: str, fields: tuple[Field, ...], parameter: str) -> Field:
    if (found := next((one for one in fields if one.name == name), None)) is None:
        names = ", ".join(one.name for one in fields)
        raise Invalid(f"“{parameter}”: there is no column “{name}”. Columns are: {names}.")
    return found


def _bounded(
    fields: tuple[Field, ...], rows: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], bool]:
    """As many rows as an answer holds, long cells cut; and whether anything was."""
    kept: list[dict[str, Any]] = []
    is_cut, left = False, _MOST_BYTES
    for row in rows:
        shown = {name: _cell(value) for name, value in row.items()}
        left -= len(orjson.dumps(shown))
        if left < 0:
            return kept, True
        is_cut = is_cut or shown != row
        kept.append(shown)
    return kept, is_cut


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return short(value, _LONGEST_CELL)
    if isinstance(value, dict) and len(orjson.dumps(value)) > _LONGEST_CELL:
        return {"type": value.get("type"), "is_cut": True}  # a long geometry
    return value


def _words(house: House, opened: Opened, data: dict[str, Any]) -> str:
    rows = data["rows"]
    version = opened.version
    whole = house.url + file_path(version, "csv")
    more = f"More: page={data['next_page']}." if data["next_page"] else None
    cut = f"Long cells or rows were left out; the whole file: {whole}" if data["is_cut"] else None
    return told(
        f"Dataset: {data['dataset_title']} (ID: {data['dataset_id']}, version {version.number} "
        f"of {version.created:%Y-%m-%d}, license {data['license']})",
        f"Total rows: {data['total']}; here {len(rows)} of page {data['page']}.",
        f"Columns: {', '.join(one['name'] for one in data['columns'])}",
        "<data>",
        *(orjson.dumps(row).decode() for row in rows),
        "</data>",
        more,
        cut,
    )

"""The tools by name: what they are for, what they take, what they give."""

from typing import Any

from citycommons.share.mcp import Parameter, Tool
from citycommons.web.faces.mcp import datasets, metrics, rows, services

_MOST_PAGES = 1_000_000
_PAGE = Parameter(
    name="page",
    kind="integer",
    default=1,
    minimum=1,
    maximum=_MOST_PAGES,
    description="Which page, from 1.",
)


def _size(most: int) -> Parameter:
    return Parameter(
        name="page_size",
        kind="integer",
        default=20,
        minimum=1,
        maximum=most,
        description=f"How many on one page, at most {most}.",
    )


def _query(text: str, *, is_required: bool = True) -> Parameter:
    default = None if is_required else ""
    return Parameter(name="query", description=text, is_required=is_required, default=default)


def _id(name: str, text: str, *, is_required: bool = True) -> Parameter:
    return Parameter(name=name, description=text, is_required=is_required)


_DATASET = "ID of the dataset, as search_datasets gives it."
_RESOURCE = "ID of the resource, as list_dataset_resources gives it."
_SERVICE = "ID of the data service, as search_dataservices gives it."


def _object(*required: str, **lists: str) -> dict[str, Any]:
    """JSON Schema of an answer: what is always there, and which of it are lists."""
    told = {name: {"type": "array", "items": {"type": kind}} for name, kind in lists.items()}
    return {"type": "object", "properties": told, "required": [*required, *lists]}


_PAGED = ("total", "page", "page_size", "next_page")

_ALL = (
    Tool(
        name="search_datasets",
        title="Search datasets",
        description="Search the city's datasets by keywords: usually the first step. Short, "
        "specific words find most; typing errors are mended. Then list_dataset_resources, then "
        "query_resource_data.",
        parameters=(_query("Words to search for; empty lists all datasets."), _PAGE, _size(100)),
        output=_object(*_PAGED, datasets="object", related="object"),
        run=datasets.search_datasets,
    ),
    Tool(
        name="get_dataset_info",
        title="Dataset",
        description="What is known of a dataset: description, organization, license, dates, "
        "columns with their units.",
        parameters=(_id("dataset_id", _DATASET),),
        output=_object("id", "title", "license", "url", columns="object", tags="string"),
        run=datasets.get_dataset_info,
    ),
    Tool(
        name="list_dataset_resources",
        title="Resources of a dataset",
        description="All files and links of a dataset with format and URL. Those marked as "
        "queryable hold the same rows; any of them serves query_resource_data.",
        parameters=(_id("dataset_id", _DATASET),),
        output=_object("dataset_id", "total", resources="object"),
        run=datasets.list_dataset_resources,
    ),
    Tool(
        name="get_resource_info",
        title="Resource",
        description="What is known of one resource: format, URL, number of rows, columns, and "
        "whether it can be queried.",
        parameters=(_id("resource_id", _RESOURCE),),
        output=_object("id", "url", "dataset_id", "is_queryable"),
        run=datasets.get_resource_info,
    ),
    Tool(
        name="query_resource_data",
        title="Rows of a resource",
        description="Read rows of a resource, filtered and sorted, a page at a time, with the "
        "exact total. Begin with a small page_size to see the columns. For an analysis of more "
        "than 1000 rows fetch the file from its URL instead.",
        parameters=(
            Parameter(
                name="question",
                description="The question to be answered, in words; told back beside the rows.",
                is_required=True,
            ),
            _id("resource_id", _RESOURCE),
            _PAGE,
            _size(200),
            Parameter(name="filter_column", description="Name of the column to filter by."),
            Parameter(name="filter_value", description="The value to compare it with."),
            Parameter(
                name="filter_operator",
                description="How to compare; less and greater include the value.",
                default="exact",
                choices=tuple(rows.OPERATORS),
            ),
            Parameter(name="sort_column", description="Name of the column to sort by."),
            Parameter(
                name="sort_direction",
                description="Which way to sort.",
                default="asc",
                choices=("asc", "desc"),
            ),
        ),
        output=_object(
            "dataset_id", "version", "license", *_PAGED, columns="object", rows="object"
        ),
        run=rows.query_resource_data,
    ),
    Tool(
        name="search_organizations",
        title="Search organizations",
        description="Who publishes datasets here, with how many.",
        parameters=(
            _query("Words of the name; empty lists all.", is_required=False),
            _PAGE,
            _size(100),
            Parameter(
                name="sort",
                description="By name or number of datasets; - descends.",
                default="name",
                choices=("name", "-name", "datasets", "-datasets"),
            ),
        ),
        output=_object(*_PAGED, organizations="object"),
        run=datasets.search_organizations,
    ),
    Tool(
        name="search_dataservices",
        title="Search data services",
        description="APIs: the portal's own, and services of others (WMS, WFS and the like) that "
        "datasets link to.",
        parameters=(_query("Words to search for; empty lists all."), _PAGE, _size(100)),
        output=_object(*_PAGED, dataservices="object"),
        run=services.search_dataservices,
    ),
    Tool(
        name="get_dataservice_info",
        title="Data service",
        description="What is known of one API: base URL, description, where it is documented.",
        parameters=(_id("dataservice_id", _SERVICE),),
        output=_object("id", "title", "base_api_url", endpoints="string"),
        run=services.get_dataservice_info,
    ),
    Tool(
        name="get_dataservice_openapi_spec",
        title="Endpoints of a data service",
        description="The endpoints of one of the portal's APIs with their parameters, from its "
        "OpenAPI description. Then call base_api_url yourself.",
        parameters=(_id("dataservice_id", _SERVICE),),
        output=_object("id", "base_api_url", "total", endpoints="object"),
        run=services.get_dataservice_openapi_spec,
    ),
    Tool(
        name="get_metrics",
        title="Use of a dataset",
        description="Visits and downloads of a dataset or resource by month, most recent first. "
        "Give dataset_id or resource_id.",
        parameters=(
            _id("dataset_id", _DATASET, is_required=False),
            _id("resource_id", _RESOURCE, is_required=False),
            Parameter(
                name="limit",
                kind="integer",
                default=12,
                minimum=1,
                maximum=100,
                description="How many months, at most 100.",
            ),
        ),
        output=_object("dataset_id", "total_visits", "total_downloads", months="object"),
        run=metrics.get_metrics,
    ),
)
TOOLS = {one.name: one for one in _ALL}

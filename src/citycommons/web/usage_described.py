"""What programs may ask of counted uses, as OpenAPI describes it."""

from collections.abc import Callable

from citycommons.core.counting import Method, Metric
from citycommons.measure.usage.report import MOST
from citycommons.web.openapi_shapes import JsonObject

Told = Callable[..., JsonObject]


def paths(operation: Told, parameter: Told) -> JsonObject:
    """Operations by path and method; made by the functions that describe all others."""
    answer: JsonObject = {"application/json": {"schema": {"type": "object"}}}
    listed: JsonObject = {"application/json": {"schema": {"type": "array"}}}
    asked = [
        parameter("begin_date", "First month or day.", example="2026-01"),
        parameter("end_date", "Last month or day; belongs to it.", example="2026-10"),
        parameter("granularity", "month or day.", enum=["month", "day"], default="month"),
        parameter("dataset_id", "Id or address of a dataset; may come several times."),
        parameter("origin", "Address that copies were made of, or the beginning of such."),
        parameter("access_method", "May come several times.", enum=[one.value for one in Method]),
        parameter("metric_type", "May come several times.", enum=[one.value for one in Metric]),
        parameter("publisher", "Id of a publisher."),
        parameter("platform", "Name of a portal."),
        parameter("limit", "Datasets on a page.", "integer", minimum=1, maximum=MOST),
        parameter("offset", "Datasets to leave out first.", "integer", minimum=0, default=0),
    ]
    name = parameter("name", "Id of the report: dsr.", where="path", example="dsr")
    month = parameter("month", "A month.", where="path", example="2026-10")
    period = [
        parameter("from", "First month.", example="2026-01"),
        parameter("to", "Last month; belongs to it.", example="2026-10"),
    ]
    shown: JsonObject = answer | {
        media: {"schema": {"type": "string"}} for media in ("text/html", "text/csv")
    }
    dataset = parameter("name", "Id of the dataset.", where="path", example="bikes")
    publisher = parameter("id", "Id of the publisher.", where="path", example="roads")
    whole = "The Dataset Report of COUNTER's code of practice for research data."
    return {
        "/usage": {
            "get": operation(
                "usage",
                "Counted uses of all datasets by month; `.csv` has one row for each count.",
                [*period, parameter("publisher", "Id of a publisher: sends on to its page.")],
                shown,
                "422",
            )
        },
        "/datasets/{name}/usage": {
            "get": operation(
                "dataset_usage",
                "Counted uses of a dataset.",
                [dataset, *period],
                shown,
                *("404", "422"),
            )
        },
        "/publishers/{id}/usage": {
            "get": operation(
                "publisher_usage",
                "Counted uses of a publisher's datasets.",
                [publisher, *period],
                shown,
                *("404", "422"),
            )
        },
        "/status": {
            "get": operation("sushi_status", "Whether usage reports can be had.", [], listed)
        },
        "/reports": {"get": operation("sushi_reports", "Usage reports there are.", [], listed)},
        "/reports/{name}": {"get": operation("sushi_report", whole, [name, *asked], answer, "404")},
        "/reports/{name}/{month}": {
            "get": operation(
                "sushi_report_of_month", whole, [name, month, *asked[3:]], answer, "404"
            )
        },
    }

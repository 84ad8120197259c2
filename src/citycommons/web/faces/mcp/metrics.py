"""The tool over usage: how often a dataset was looked at and taken, month by month."""

from collections.abc import Mapping
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.measure import usage
from citycommons.measure.usage.cells import sees_all
from citycommons.share import catalogue
from citycommons.share.mcp import Result
from citycommons.web.faces.mcp import resources
from citycommons.web.faces.mcp.house import House, told


def get_metrics(house: House, given: Mapping[str, Any]) -> Result:
    """`get_metrics`: visits are COUNTER's investigations, downloads its requests."""
    name = given["resource_id"] or given["dataset_id"]
    if not name:
        raise Invalid("Give “dataset_id” or “resource_id”.")
    with house.work() as work:
        linked = resources.link_of(work, name)
        id, number = (linked[0].id, None) if linked else resources.named(name)
        dataset = catalogue.get(work, id)
        title = house.words(dataset.title, 200)
        is_numbered = bool(given["resource_id"] and number and number.isdecimal())
        # For everybody else all versions together: told apart by month they would be small.
        is_apart = is_numbered and sees_all(work, dataset.publisher)
        version = int(number or 0) if is_apart else None
        months = usage.by_month(work, id, version=version, months=given["limit"])
    told_months = [
        {"month": one.month, "visits": one.investigations, "downloads": one.requests}
        for one in months
    ]
    data = {
        "dataset_id": id,
        "dataset_title": title,
        "version": version,
        "months": told_months,
        "total_visits": sum(one.investigations for one in months),
        "total_downloads": sum(one.requests for one in months),
    }
    lines = [
        f"{one.month}: {one.investigations} visits, {one.requests} downloads" for one in months
    ]
    head = f"Use of “{title}” (ID: {id}), robots left out, most recent month first:"
    return Result(text=told(head, *(lines or ["No use was counted."])), data=data)

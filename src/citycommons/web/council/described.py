"""What programs may ask of statements, as OpenAPI describes it."""

from collections.abc import Callable

from citycommons.web.openapi_shapes import JsonObject

Told = Callable[..., JsonObject]


def paths(operation: Told, parameter: Told) -> JsonObject:
    """Operations by path and method; made by the functions that describe all others."""
    asked = [
        parameter("period", "A quarter or a year.", example="2026-Q3"),
        parameter("publisher", "Id of a publisher; without it the whole city."),
        parameter("lang", "Language of names.", enum=["en", "it", "fr", "de"]),
    ]
    shape = {"json": "object"}
    public = {
        "/value.json": (
            "application/json",
            "What this city tells other cities of itself (citycommons-value/1).",
        ),
        "/value/statement.json": (
            "application/json",
            "What is proven of a period, as everybody may read it, with inputs and digest.",
        ),
        "/value.csv": ("text/csv", "The same, each number as a row."),
        "/value.pdf": ("application/pdf", "The same on one sheet A4."),
        "/value/export.zip": ("application/zip", "The same as a data package of CSV tables."),
    }
    council = {
        f"/council{path}": (
            media,
            f"What is proven of a period, {words}; for the scope read-ledger.",
        )
        for path, (media, words) in {
            ".json": ("application/json", "with each number's inputs, and its digest"),
            ".csv": ("text/csv", "each number as a row"),
            ".pdf": ("application/pdf", "on one sheet A4"),
            "/export.zip": ("application/zip", "as a data package of CSV tables"),
        }.items()
    }
    return {
        path: {
            "get": operation(
                path.strip("/").replace("/", "_").replace(".", "_"),
                summary,
                asked,
                {media: {"schema": {"type": shape.get(path.rpartition(".")[2], "string")}}},
                *("404", "422", *(("401", "403") if path in council else ())),
            )
        }
        for path, (media, summary) in (public | council).items()
    }

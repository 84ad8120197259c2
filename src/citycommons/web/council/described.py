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
    kinds = {
        "json": ("application/json", "object", "with each number's inputs, and its digest"),
        "csv": ("text/csv", "string", "each number as a row"),
        "pdf": ("application/pdf", "string", "on one sheet A4"),
    }
    return {
        f"/council.{suffix}": {
            "get": operation(
                f"council_{suffix}",
                f"What is proven of a period, {words}; for keys with the scope read-ledger.",
                asked,
                {media: {"schema": {"type": kind}}},
                *("401", "403", "404", "422"),
            )
        }
        for suffix, (media, kind, words) in kinds.items()
    }

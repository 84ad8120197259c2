"""What portals may tell one another, as OpenAPI describes it."""

from collections.abc import Callable

from citycommons.measure.republication.messages import MEDIA_TYPE
from citycommons.web.openapi_shapes import JsonObject

Told = Callable[..., JsonObject]


def paths(operation: Told, parameter: Told) -> JsonObject:
    """Operations by path and method; made by the functions that describe all others."""
    thing: JsonObject = {"schema": {"type": "object"}}
    id = parameter("id", "Id of the message.", where="path", example="8c1f0a2b4d6e")
    offset = parameter("offset", "Messages to leave out first.", "integer", minimum=0, default=0)
    mention: JsonObject = {
        "schema": {
            "type": "object",
            "required": ["source", "target"],
            "properties": {
                "source": {"type": "string", "format": "uri"},
                "target": {"type": "string", "format": "uri"},
            },
        }
    }
    return {
        "/usage/key": {
            "get": operation(
                "usage_key",
                "The public key that this portal signs with, as a JSON Web Key.",
                [],
                {"application/jwk+json": thing},
            )
        },
        "/inbox": {
            "post": operation(
                "tell",
                "Tell of a copy (COAR Notify, Announce Relationship) or of its use (a signed "
                "Dataset Report); Location says where the message lies.",
                [],
                {},
                *("401", "403", "404", "409", "413", "415", "422"),
                status="202",
                body={MEDIA_TYPE: thing, "application/json": thing},
                tag="faces",
            ),
            "get": operation(
                "inbox",
                "Messages of other portals, for administrators.",
                [offset],
                {MEDIA_TYPE: thing},
                "401",
                "403",
            ),
        },
        "/inbox/{id}": {
            "get": operation(
                "message",
                "A message of another portal, with what became of it; for administrators.",
                [id],
                {MEDIA_TYPE: thing},
                *("401", "403", "404"),
            )
        },
        "/webmention": {
            "post": operation(
                "mention",
                "A page elsewhere links to a dataset (Webmention).",
                [],
                {},
                *("404", "413", "422"),
                status="202",
                body={"application/x-www-form-urlencoded": mention},
                tag="faces",
            )
        },
    }

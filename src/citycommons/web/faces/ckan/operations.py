"""The addresses of this face as OpenAPI describes them."""

from citycommons.share.faces.ckan_dump import MEDIA
from citycommons.web.openapi import operation, parameter
from citycommons.web.openapi_shapes import JsonObject

_ENVELOPE: JsonObject = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["help", "success", "result"],
            "properties": {
                "help": {"type": "string"},
                "success": {"const": True},
                "result": {},
            },
        }
    }
}


_NAME = parameter(
    "name", "Name of the action, such as `package_show`.", where="path", example="package_list"
)
ASK = operation(
    "ckan_ask",
    "CKAN's Action API: an action that changes nothing; its parameters stand in the address.",
    [
        _NAME,
        parameter("id", "What is asked for, by most actions.", example="counts"),
        parameter("q", "Words, or a Solr query, of package_search and the like."),
        parameter("fq", "A Solr filter of package_search.", example="organization:roads"),
        parameter("callback", "Name of a function: the answer is a script that calls it."),
    ],
    _ENVELOPE,
    *("403", "404", "409", "413", "503"),
    tag="faces",
)
DUMP = operation(
    "ckan_dump",
    "All rows of a CKAN resource as a file.",
    [
        parameter("resource", "Id of the resource.", where="path", example="counts-csv"),
        parameter("format", "csv, tsv, json or xml.", default="csv"),
        parameter("bom", "Begin with a byte order mark.", "boolean", default=False),
        parameter("limit", "How many rows at most.", "integer", minimum=0),
        parameter("offset", "How many to leave out first.", "integer", minimum=0),
        parameter("filters", "Values by column, as JSON.", example='{"street":"Street 1"}'),
        parameter("q", "Words that must occur."),
        parameter("fields", "Columns to give.", example="_id,street"),
        parameter("sort", "Columns to sort by.", example="street desc"),
    ],
    {media: {"schema": {"type": "string"}} for media in MEDIA.values()},
    *("403", "404", "409", "413", "503"),
    tag="faces",
)
_FILE: JsonObject = {"type": "string", "format": "binary"}
_PARAMETERS: JsonObject = {"schema": {"type": "object"}}
PERFORM = operation(
    "ckan_perform",
    "CKAN's Action API: any action; those that write need a key.",
    [_NAME],
    _ENVELOPE,
    *("403", "404", "409", "413", "503"),
    body={
        "application/json": _PARAMETERS,
        "application/x-www-form-urlencoded": _PARAMETERS,
        "multipart/form-data": {"schema": {"type": "object", "properties": {"upload": _FILE}}},
    },
    tag="faces",
)
_SIMPLE: JsonObject = {"application/json": {"schema": {"type": "object"}}}
VERSION = operation("ckan_version", "The version of CKAN's API.", [], _SIMPLE, tag="faces")
STATUS = operation("ckan_status", "The portal's state, as CKAN's.", [], _SIMPLE, tag="faces")


def token(name: str, summary: str) -> JsonObject:
    """An action on API tokens; a session does it, with the token of a form."""
    return operation(
        f"ckan_{name}", summary, [], _ENVELOPE, *("401", "403", "404", "409", "413"), tag="faces"
    )

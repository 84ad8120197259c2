"""How the service describes itself, and how it says what is wrong."""

from typing import Any

import orjson
from litestar.response import Response

from citycommons.core.errors import CityError
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import RunningRequest

ROOT = "/sensorthings/v1.1"
JSON = "application/json"
_REQUIREMENTS = "http://www.opengis.net/spec/iot_sensing/1.1/req"
CONFORMANCE = (
    f"{_REQUIREMENTS}/datamodel",
    f"{_REQUIREMENTS}/resource-path/resource-path-to-entities",
    f"{_REQUIREMENTS}/request-data",
    f"{_REQUIREMENTS}/data-array/data-array",
)


def translate(running: RunningRequest, error: CityError) -> Response[bytes]:
    """The error as SensorThings' servers and clients write it; what cannot be read is 400."""
    status = 400 if error.http_status == 422 else error.http_status
    body = {
        "code": status,
        "type": "error",
        "message": error.message,
        "error": {"code": str(status), "message": error.message},
    }
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="City Commons"'
    if "retry_after_s" in error.where:
        headers["retry-after"] = str(error.where["retry_after_s"])
    return Response(orjson.dumps(body), status_code=status, media_type=JSON, headers=headers)


def _options_of_openapi() -> list[dict[str, Any]]:
    told = {
        "$filter": ("A condition, such as result gt 5 and Datastream/id eq 'a@b@c'.", "string"),
        "$expand": ("What to write out: Datastreams($expand=Observations($top=1)).", "string"),
        "$select": ("Properties to give.", "string"),
        "$orderby": ("Properties to sort by, such as phenomenonTime desc.", "string"),
        "$top": ("How many at most.", "integer"),
        "$skip": ("How many to leave out first.", "integer"),
        "$count": ("Whether to say how many there are.", "boolean"),
        "$resultFormat": ("dataArray, CSV or GeoJSON.", "string"),
    }
    return [parameter(name, text, kind) for name, (text, kind) in told.items()]


_ANSWER: dict[str, Any] = {
    JSON: {"schema": {"type": "object"}},
    "text/csv": {"schema": {"type": "string"}},
    "application/geo+json": {"schema": {"type": "object"}},
    "text/plain": {"schema": {"type": "string"}},
}
_ERROR: dict[str, Any] = {
    JSON: {
        "schema": {
            "type": "object",
            "required": ["code", "type", "message"],
            "properties": {
                "code": {"type": "integer"},
                "type": {"const": "error"},
                "message": {"type": "string"},
            },
        }
    }
}
_ERRORS = {
    "400": "The question cannot be read; the message says where.",
    "404": "There is no such entity, or you may not know that it is there.",
    "413": "The question is too large.",
    "503": "Many questions are being worked out; ask again.",
}
ENTITIES = operation(
    "sensorthings_read",
    "Entities of the SensorThings API 1.1: a set, one of it, what it leads to, or a property.",
    [
        parameter("path", "Such as Things('id')/Datastreams.", where="path", example="Things"),
        *_options_of_openapi(),
    ],
    _ANSWER,
    *("404", "413", "503"),
    tag="faces",
)
ENTITIES["responses"] |= {
    **{code: {"description": text, "content": _ERROR} for code, text in _ERRORS.items()},
    "204": {"description": "The property has no value."},
    "304": {"description": "It is as the client holds it."},
}
SERVICE = operation(
    "sensorthings_service",
    "The service's entity sets, and what it conforms to.",
    [],
    {JSON: {"schema": {"type": "object"}}},
    tag="faces",
)

"""How the OGC door answers: documents, pages elsewhere, and errors in OGC's form."""

import hashlib
from typing import Any

import orjson
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid, TooOften
from citycommons.share.faces.ogc_links import JSON
from citycommons.share.open import Opened
from citycommons.web.negotiate import Kind, is_known, wanted
from citycommons.web.running import Running

ROOT = "/ogc"
_CODES = {
    400: "InvalidParameterValue",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    410: "Gone",
    413: "TooMuch",
    429: "TooOften",
    503: "Unavailable",
}


def told(running: Running, error: CityError) -> Response[bytes]:
    """The exception of OGC API Common (`code`, `description`), which RFC 9457 reads as well."""
    status = 400 if error.http_status == 422 else error.http_status
    headers = {"cache-control": "no-store", "vary": "authorization, cookie"}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="City Commons"'
    if isinstance(error, TooOften):
        headers["retry-after"] = str(error.where.get("retry_after_s", 60))
    if status == 405 and "allow" in error.where:
        headers["allow"] = str(error.where["allow"])
    body = {
        "code": _CODES.get(status, "ServerError"),
        "description": error.message,
        "title": error.title,
        "status": status,
        "detail": error.message,
        "instance": running.path,
    }
    return Response(orjson.dumps(body), status_code=status, media_type=JSON, headers=headers)


def check(running: Running, *names: str) -> None:
    """Raise `Invalid` for a parameter that this address does not know."""
    for name, _ in running.query:
        if name not in (*names, "f", "lang"):
            raise Invalid(f"“{name[:60]}” is no parameter of this address.", parameter=name)


def wants_page(running: Running) -> bool:
    """Whether a person asks: `f=html`, or a browser's `Accept`. Raises `Invalid` for another f."""
    asked = next((value for name, value in running.query if name == "f"), None)
    if asked not in (None, "html", "json", "geojson"):
        raise Invalid(f"“f”: “{asked[:40]}” is not one of json, html.", parameter="f")
    if asked is not None:
        return asked == "html"
    kinds = (Kind.HTML, Kind.JSON)
    return wanted(running, default=Kind.JSON, offered=kinds, is_strict=False) is Kind.HTML


def elsewhere(running: Running, path: str) -> Response[str]:
    """Send a person to the portal's page of the same thing."""
    return running.see(path)


def document(running: Running, body: Any, media: str = JSON) -> Response[bytes]:
    """A document, with an ETag that spares a second sending."""
    packed = orjson.dumps(body)
    tag = f'W/"{hashlib.blake2b(packed, digest_size=12).hexdigest()}"'
    return tagged(running, tag, lambda: packed, media, {"cache-control": "no-cache"})


def tagged(
    running: Running, tag: str, make: Any, media: str, headers: dict[str, str]
) -> Response[bytes]:
    """What `make` gives, unless the client holds it already."""
    headers = {
        "etag": tag,
        "vary": "accept, accept-language, authorization, cookie",
        # A page of another site may read what is public: maps in browsers live from it.
        "cross-origin-resource-policy": "cross-origin",
        **headers,
    }
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=media, headers=headers)
    return Response(make(), media_type=media, headers=headers)


def tag_of(opened: Opened, running: Running) -> str:
    """Content and question give the answer, so they name it before it is worked out."""
    asked = repr((running.path, running.raw_query, running.url)).encode()
    digest = hashlib.blake2b(asked, digest_size=6).hexdigest()
    return f'W/"{opened.version.digest[:24]}-{opened.version.number}-{digest}"'

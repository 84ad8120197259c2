"""Static files from memory: named by the hash of their content, kept by browsers for a year."""

import hashlib
import mimetypes
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.web.negotiate import is_known
from citycommons.web.running import Running
from citycommons.web.security import May

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
_PACKABLE = (".css", ".js", ".mjs", ".svg", ".json", ".txt", ".map")
_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file, read once."""

    body: bytes
    packed: bytes  # gzip; empty where it gains nothing
    hash: str
    media_type: str


@cache
def _names() -> dict[str, Path]:
    # Only what stands here is served, so no path can lead out of the folder.
    found = (path for path in FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(FOLDER).as_posix(): path for path in found}


@cache
def asset(name: str) -> Asset:
    """The file of this name below `static/`; `NotFound` if there is none."""
    if (path := _names().get(name)) is None:
        raise NotFound(f"There is no file {name} here.")
    body = path.read_bytes()
    packed = b""
    if path.suffix in _PACKABLE:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = packer.compress(body) + packer.flush()
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(
        body=body,
        packed=packed if 0 < len(packed) < len(body) else b"",
        hash=hashlib.sha256(body).hexdigest()[:12],
        media_type=_TYPES.get(path.suffix, guessed),
    )


def static_url(name: str) -> str:
    """The file's address with the hash of its content, for templates."""
    return f"/static/{name}?v={asset(name).hash}"


@get("/static/{name:path}", opt={"may": May.ANYONE})
async def static(running: Running, name: FromPath[str]) -> Response[bytes]:
    """A style, script, font or picture of the portal."""
    found = asset(name.removeprefix("/"))
    tag = f'"{found.hash}"'
    headers = {
        "etag": tag,
        # A script imported by a script has no ?v=; the browser then asks whether it is still so.
        "cache-control": FOREVER if running.get("v") == found.hash else "public, no-cache",
        "cross-origin-resource-policy": "same-origin",
    }
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=found.media_type, headers=headers)
    body = found.body
    if found.packed:
        headers["vary"] = "accept-encoding"
        if "gzip" in running.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = found.packed, "gzip"
            headers["etag"] = f'"{found.hash}-gzip"'
    return Response(body, media_type=found.media_type, headers=headers)


HANDLERS = [static]

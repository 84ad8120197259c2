"""Statements and reports as files that are sent."""

from base64 import b64encode
from hashlib import sha256

from litestar.response import Response

from citycommons.measure.impact import reports
from citycommons.measure.impact.markup import stylesheet
from citycommons.measure.impact.statement import Statement
from citycommons.web.running import Running


def name_of(found: Statement, kind: str, suffix: str) -> str:
    """council-2026-Q3.pdf"""
    return f"{kind}-{found.scope.period.name}.{suffix}"


def file(
    content: bytes, media_type: str, name: str, *, is_shown: bool = False, **more: str
) -> Response[bytes]:
    """The content as a file, shown by the browser or kept."""
    kind = "inline" if is_shown else "attachment"
    headers = {
        "content-disposition": f'{kind}; filename="{name}"',
        "cache-control": "private, no-cache",
        **{key.replace("_", "-"): value for key, value in more.items()},
    }
    return Response(content, media_type=media_type, headers=headers)


def report_file(running: Running, name: str, *, is_public: bool) -> Response[bytes]:
    """A kept report; its HTML may use the style it brought, and nothing else."""
    content, media_type = reports.read(running.city.settings, name, is_public=is_public)
    if media_type != "text/html":
        return file(content, media_type, name, is_shown=media_type == "application/pdf")
    style = b64encode(sha256(stylesheet().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'self'; sandbox allow-popups"
    )
    return file(content, media_type, name, is_shown=True, content_security_policy=policy)

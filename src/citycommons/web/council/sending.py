"""Statements and reports as files that are sent."""

from base64 import b64encode
from hashlib import sha256

from litestar.response import Response

from citycommons.measure.impact import reports
from citycommons.measure.impact.export import figures_csv, package
from citycommons.measure.impact.markup import stylesheet
from citycommons.measure.impact.pdf import pdf
from citycommons.measure.impact.sheet import Sheet
from citycommons.measure.impact.statement import Statement, body, digest
from citycommons.web.negotiate import as_json
from citycommons.web.running import Running
from citycommons.web.turns import long_turn


def name_of(found: Statement, kind: str, suffix: str) -> str:
    """council-2026-Q3.pdf"""
    return f"{kind}-{found.scope.period.name}.{suffix}"


def as_statement(running: Running, found: Statement) -> Response[bytes]:
    """The statement with its digest."""
    return as_json(running, {"digest": digest(found), "statement": body(found)})


def as_csv(running: Running, found: Statement, kind: str) -> Response[bytes]:
    """Every figure as a row."""
    content = figures_csv(found, running.language)
    return file(content, "text/csv", name_of(found, kind, "csv"))


def as_pdf(found: Statement, shown: Sheet, kind: str) -> Response[bytes]:
    """The sheet as a browser shows it."""
    with long_turn():
        content = pdf(shown, found)
    return file(content, "application/pdf", name_of(found, kind, "pdf"), is_shown=True)


def as_package(running: Running, found: Statement, kind: str) -> Response[bytes]:
    """All tables with their description."""
    content = package(found, running.language, running.url)
    return file(content, "application/zip", name_of(found, kind, "zip"))


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

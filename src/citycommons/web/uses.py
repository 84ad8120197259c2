"""Uses of a dataset, of a publisher, of the portal: a page, JSON and CSV of the same numbers."""

import csv
import io
from datetime import date
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.counting import Metric
from citycommons.core.errors import Invalid
from citycommons.core.types import PublisherId
from citycommons.govern.access import Action
from citycommons.measure.usage import overview
from citycommons.measure.usage.cells import end_of, months_before
from citycommons.measure.usage.overview import Overview, Span, Sum
from citycommons.store.work import Work
from citycommons.web import page_used
from citycommons.web.addresses import parse_name
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.turns import long_turn

_BOTH = (Kind.HTML, Kind.JSON)
_CSV = "text/csv; charset=utf-8"
_USUAL = 12  # months


@get("/usage", sync_to_thread=True, opt={"may": May.ANYONE})
def of_portal(running: Running) -> Response[Any]:
    """Uses of all datasets, or with `publisher=` of one publisher's."""
    if owner := running.get("publisher"):
        rest = [pair for pair in running.query if pair[0] in ("from", "to")]
        address = page_used.with_period(f"/publishers/{owner}/usage", rest, running.suffix)
        return running.see(address)
    with long_turn(), running.work() as work:
        return _answer(running, work, page_used.kept(work, "", span_of(running), _portal))


def _portal(work: Work, _id: str, span: Span) -> Overview:
    return overview.of_portal(work, span)


@get("/publishers/{id:str}/usage", sync_to_thread=True, opt={"may": May.ANYONE})
def of_publisher(running: Running, id: FromPath[str]) -> Response[Any]:
    """Uses of a publisher's datasets."""
    with long_turn(), running.work() as work:
        found = page_used.kept(work, f"publisher {id}", span_of(running), _publisher)
        return _answer(running, work, found)


def _publisher(work: Work, id: str, span: Span) -> Overview:
    return overview.of_publisher(work, PublisherId(id.removeprefix("publisher ")), span)


@get(
    "/datasets/{name:str}/usage",
    sync_to_thread=True,
    opt={"may": Action.DISCOVER, "of": "dataset"},
)
def of_dataset(running: Running, name: FromPath[str]) -> Response[Any]:
    """Uses of a dataset, all versions together."""
    id, _ = parse_name(name)
    with running.work() as work:
        return _answer(running, work, overview.of_dataset(work, id, span_of(running)))


def span_of(running: Running) -> Span:
    """`from` and `to` of the address, as 2026-10; the last twelve months where they are not said.

    Raises `Invalid` that names the parameter.
    """
    to = _month(running, "to") or running.city.clock().date()
    first = _month(running, "from") or months_before(to, _USUAL - 1)
    return Span.of(first, to)


def _month(running: Running, name: str) -> date | None:
    if not (text := running.get(name)):
        return None
    try:
        found = date.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    except ValueError as cause:
        wrong = f"“{text[:20]}” is no month. Write it as 2026-10."
        raise Invalid(wrong, parameter=name) from cause
    if not 1990 <= found.year <= 2999:
        raise Invalid(f"Nothing was counted in {found.year}.", parameter=name)
    return found


def _answer(running: Running, work: Work, found: Overview) -> Response[Any]:
    if running.suffix == "csv":
        return _as_csv(running, found)
    if wanted(running, offered=_BOTH) is Kind.JSON:
        return as_json(running, _json(found, running.url))
    return running.page(page_used.page(work, running.view(), found))


def _as_csv(running: Running, found: Overview) -> Response[bytes]:
    """One row for each dataset, month, access method and metric, as the SUSHI report has them."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(("dataset", "first_day", "last_day", "access_method", "metric", "count"))
    for cell in found.cells:
        for metric in Metric:
            if count := cell.metric(metric):
                days = (cell.first_day, end_of(cell.first_day))
                rows.writerow((cell.dataset, *days, cell.method.value, metric.value, count))
    name = found.dataset or found.publisher or "all"
    first, last = f"{found.span.first_day:%Y-%m}", f"{found.span.last_day:%Y-%m}"
    said = f'attachment; filename="usage-{name}-{first}-{last}.csv"'
    headers = {"content-disposition": said, "cache-control": "no-cache", "vary": "cookie"}
    return Response(text.getvalue().encode(), media_type=_CSV, headers=headers)


def _json(found: Overview, base: str) -> dict[str, Any]:
    path = base + page_used.path_of(found)
    period = f"from={found.span.first_day:%Y-%m}&to={found.span.last_day:%Y-%m}"
    report = f"begin_date={found.span.first_day:%Y-%m}&end_date={found.span.last_day:%Y-%m}"
    if found.dataset:
        report += f"&dataset_id={found.dataset}"
    if found.publisher:
        report += f"&publisher={found.publisher}"
    return {
        "dataset": found.dataset,
        "publisher": found.publisher,
        "first_day": found.span.first_day,
        "last_day": found.span.last_day,
        "counted_by": "COUNTER Code of Practice for Research Data 1.0.1",
        "small_counts_left_out": not found.is_exact,
        "is_whole": found.is_whole,
        "total": _sum(found.total),
        "before": _sum(found.before) if found.before else None,
        "robots": found.robots,
        "by_access_method": {one.value: _sum(part) for one, part in found.by_method.items()},
        "months": [
            {"month": f"{month:%Y-%m}"}
            | {method.value: _sum(part) for method, part in methods.items()}
            for month, methods in found.months.items()
        ],
        "apart": {
            name: {
                "parts": [{"value": value, "count": count} for value, count in one.parts],
                "rest": one.rest,
                "rounded_down_to": 1 if one.is_exact else 5,
                "is_told": one.is_told,
            }
            for name, one in found.apart.items()
        },
        "datasets": [{"dataset": id} | _sum(part) for id, part in found.datasets],
        "publishers": [{"publisher": id} | _sum(part) for id, part in found.publishers],
        "links": {
            "html": f"{path}?{period}",
            "csv": f"{path}.csv?{period}",
            "sushi": f"{base}/reports/dsr?{report}",
        },
    }


def _sum(part: Sum) -> dict[str, int]:
    return {
        "investigations": part.investigations,
        "requests": part.requests,
        "unique_investigations": part.unique_investigations,
        "unique_requests": part.unique_requests,
    }


HANDLERS = [of_portal, of_publisher, of_dataset]

"""The Research-Data SUSHI API: counts of uses for other systems, at the root as COUNTER has it.

References
----------
COUNTER: Code of Practice for Research Data, release 1.0.1, section 8 (SUSHI for automated report
harvesting): `/status`, `/reports`, `/reports/dsr`.
"""

import hashlib
from datetime import date
from typing import Any

import orjson
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.counting import Method, Metric
from citycommons.core.types import DatasetId, PublisherId
from citycommons.measure.republication import serving
from citycommons.measure.republication.signatures import Request, is_signed
from citycommons.measure.usage.cells import end_of, month_of, months_before, sees_all
from citycommons.measure.usage.remarks import Reason, Remark
from citycommons.measure.usage.report import ID, MOST, NAME, RELEASE, Asked, dsr
from citycommons.web.negotiate import is_known
from citycommons.web.republication import as_sent
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.turns import long_turn

_OPT = {"may": May.ANYONE}
_JSON = "application/json"
_YEAR = 12  # months, where nobody says from when
_LIMITS = ("limit", "offset")
_IGNORED = ("customer-id", "requestor-id", "api-key", "lang")
_PARAMETERS = (
    *("begin-date", "end-date", "granularity", "release", "dataset-id", "origin"),
    *("access-method", "metric-type", "publisher", "platform"),
)


class Refused(Exception):
    """The report cannot be given; carries what SUSHI says of it."""

    def __init__(self, remark: Remark, status: int = 400) -> None:
        super().__init__(remark.data)
        self.remark, self.status = remark, status


@get("/status", sync_to_thread=True, opt=_OPT)
def status(running: Running) -> Response[bytes]:
    """Whether reports can be had."""
    name = running.city.settings.name
    told = {
        "description": f"COUNTER reports of the use of research data and open data: {name}",
        "serviceactive": True,
        "note": "No key is needed. Counts below five are left out for the public.",
        "alerts": [],
    }
    return _answer(running, [told])


@get("/reports", sync_to_thread=True, opt=_OPT)
def reports(running: Running) -> Response[bytes]:
    """Which reports there are."""
    told = {
        "report-name": NAME,
        "report-id": ID,
        "release": RELEASE,
        "report-description": "Investigations and requests by dataset, month and access method.",
        "path": "/reports/dsr",
    }
    return _answer(running, [told])


@get("/reports/{name:str}", sync_to_thread=True, opt=_OPT)
def report(running: Running, name: FromPath[str]) -> Response[bytes]:
    """The Dataset Report (`dsr`); there is no other."""
    return _report(running, name)


@get("/reports/{name:str}/{month:str}", sync_to_thread=True, opt=_OPT)
def report_of_month(running: Running, name: FromPath[str], month: FromPath[str]) -> Response[bytes]:
    """The Dataset Report of a month: `/reports/dsr/2026-10`."""
    return _report(running, name, month)


def _report(running: Running, name: str, month: str = "") -> Response[bytes]:
    try:
        asked, notes = _asked(running, name, month)
    except Refused as refused:
        said = orjson.dumps(refused.remark.as_json(running.url))
        return Response(said, status_code=refused.status, media_type=_JSON)
    request = as_sent(running)
    is_partner = serving.partner(running.city, request, asked.origin) is not None
    with long_turn(), running.work() as work:
        exact = is_partner or sees_all(work, asked.publisher)
        found = dsr(
            work,
            asked,
            url=running.url,
            platform=running.city.settings.name,
            exact=exact,
            downstream=serving.downstream(running.url, exact=exact),
            notes=notes,
        )
    if is_signed(request.headers):
        return _signed(running, request, found)
    return _answer(running, found)


def _signed(running: Running, request: Request, found: Any) -> Response[bytes]:
    """The answer to a partner: signed for this very question, and kept by nobody in between."""
    body = orjson.dumps(found)
    headers = serving.signed(running.city, request, body, _JSON, running.url)
    kept = {name: text for name, text in headers.items() if name.lower() != "content-type"}
    kept["cache-control"] = "private, no-store"
    return Response(body, media_type=_JSON, headers=kept)


def _asked(running: Running, name: str, month: str) -> tuple[Asked, list[Remark]]:
    if name.lower() != ID.lower():
        text = f"There is no report “{name[:40]}” here; there is {ID.lower()}."
        raise Refused(Remark(Reason.NO_REPORT, text), 404)
    return asked_of(running, month)


def asked_of(running: Running, month: str = "") -> tuple[Asked, list[Remark]]:
    """The report that an address asks for, and what of it was not understood.

    Names may have hyphens, as the filters in a report, or underscores, as COUNTER's requests.
    Raises `Refused` with COUNTER's code.
    """
    given: dict[str, list[str]] = {}
    for name, value in running.query:
        if value:
            given.setdefault(name.lower().replace("_", "-"), []).extend(value.split("|"))
    known = {*_PARAMETERS, *_LIMITS, *_IGNORED}
    notes = [
        Remark(Reason.PARAMETER, f"“{name[:40]}” is no parameter; there are {_listed()}.")
        for name in given
        if name not in known
    ][:10]
    one = {name: values[0] for name, values in given.items()}
    if (release := one.get("release", RELEASE)).lower() != RELEASE:
        raise Refused(Remark(Reason.NO_RELEASE, f"There is {RELEASE}, not “{release[:20]}”."))
    if (grain := one.get("granularity", "month").lower()) not in ("month", "day"):
        raise Refused(Remark(Reason.ATTRIBUTE, "granularity is month or day."))
    begin, end = _days(running, one, month)
    asked = Asked(
        first_day=begin if grain == "day" else month_of(begin),
        last_day=end if grain == "day" else end_of(end),
        grain="day" if grain == "day" else "month",
        datasets=tuple(DatasetId(one) for one in given.get("dataset-id", ())[:MOST]),
        origin=one.get("origin", ""),
        methods=_chosen(Method, given.get("access-method", []), "access-method"),
        metrics=_chosen(Metric, given.get("metric-type", []), "metric-type"),
        publisher=PublisherId(one["publisher"]) if "publisher" in one else None,
        platform=one.get("platform", ""),
        limit=_number(one, "limit", MOST) or MOST,
        offset=_number(one, "offset", 0),
    )
    return asked, notes


def _listed() -> str:
    return ", ".join((*_PARAMETERS, *_LIMITS))


def _days(running: Running, one: dict[str, str], month: str) -> tuple[date, date]:
    if month:
        begin = _day(month, is_end=False)
        return begin, end_of(begin)
    today = running.city.clock().date()
    end = _day(one["end-date"], is_end=True) if "end-date" in one else today
    if "begin-date" in one:
        begin = _day(one["begin-date"], is_end=False)
    else:
        begin = months_before(end, _YEAR - 1)
    if end < begin:
        raise Refused(Remark(Reason.DATES, f"The end {end} is before the begin {begin}."))
    if (end - begin).days > 3660:
        raise Refused(Remark(Reason.DATES, "Ten years are the most at once."))
    return begin, end


def _day(text: str, *, is_end: bool) -> date:
    """2026-10 or 2026-10-31."""
    try:
        whole = date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError as cause:
        wrong = f"“{text[:20]}” is no date. Write 2026-10 or 2026-10-31."
        raise Refused(Remark(Reason.DATES, wrong)) from cause
    if not 1990 <= whole.year <= 2999:
        raise Refused(Remark(Reason.DATES, f"Nothing was counted in {whole.year}."))
    return end_of(whole) if is_end and len(text) <= 7 else whole


def _chosen(kind: Any, given: list[str], name: str) -> tuple[Any, ...]:
    known = {one.value: one for one in kind}
    if wrong := [text for text in given if text.lower() not in known]:
        text = f"{name} is one of {', '.join(known)}; not “{wrong[0][:40]}”."
        raise Refused(Remark(Reason.FILTER, text))
    return tuple(dict.fromkeys(known[text.lower()] for text in given))


def _number(one: dict[str, str], name: str, default: int) -> int:
    text = one.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise Refused(Remark(Reason.FILTER, f"{name} is a whole number."))
    return min(int(text), MOST) if name == "limit" else int(text)


def _answer(running: Running, body: Any) -> Response[bytes]:
    """JSON with an ETag of what it says, whenever it was made."""
    same = {**body, "created": ""} if isinstance(body, dict) else body
    tag = f'W/"{hashlib.blake2b(orjson.dumps(same), digest_size=12).hexdigest()}"'
    is_open = not running.is_signed_in
    headers = {
        "etag": tag,
        "cache-control": "public, no-cache" if is_open else "private, no-cache",
        "vary": "authorization, cookie",
    }
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=_JSON, headers=headers)
    return Response(orjson.dumps(body), media_type=_JSON, headers=headers)


HANDLERS = [status, reports, report, report_of_month]

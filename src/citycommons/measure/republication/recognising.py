"""What kind of portal stands at an address, by asking for what only that kind answers.

References
----------
COUNTER Research-Data SUSHI: `/reports`. CKAN API guide: `status_show`. Opendatasoft Explore API
v2.1: `/catalog/datasets`. udata API: `/api/1/site/`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from citycommons.collect.polite import Polite
from citycommons.core.copies import PortalKind
from citycommons.core.errors import CityError
from citycommons.measure.republication import iris
from citycommons.measure.republication.looking import guest
from citycommons.store.work import City


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What answers at an address."""

    url: str  # without a slash at the end
    kind: PortalKind
    name: str = ""  # as the portal calls itself


def recognise(city: City, address: str, client: Polite | None = None) -> Recognised:
    """The kind of portal at an address; one that answers as none is taken to report by itself.

    Raises `Invalid` for what is no address, `Forbidden` for one inside this network, and
    `Unavailable` where nothing answers at all.
    """
    text = address.strip()
    url = iris.checked(text if "://" in text else f"https://{text}", "address of the portal")
    base = url.split("?")[0].split("#")[0].rstrip("/")
    with client or guest(city.settings) as asking:
        asking.look(base)  # so that a wrong address is told, not taken for a silent portal
        for path, kind, name_of in _SIGNS:
            try:
                answer = asking.json(base + path)
            except CityError:
                continue
            if (name := name_of(answer)) is not None:
                return Recognised(url=base, kind=kind, name=name[:100])
    return Recognised(url=base, kind=PortalKind.PUSH)


def _sushi(found: Any) -> str | None:
    """The list of reports has a dataset report in it."""
    ones = found if isinstance(found, list) else []
    ids = {str(one.get("Report_ID") or one.get("report-id")) for one in ones if _is_object(one)}
    return "" if "dsr" in {id.casefold() for id in ids} else None


def _ckan(found: Any) -> str | None:
    result = found.get("result") if _is_object(found) and found.get("success") else None
    if isinstance(result, dict) and "ckan_version" in result:
        return str(result.get("site_title") or "")
    return None


def _opendatasoft(found: Any) -> str | None:
    return "" if _is_object(found) and {"total_count", "results"} <= found.keys() else None


def _udata(found: Any) -> str | None:
    return str(found.get("title") or "") if _is_object(found) and "metrics" in found else None


def _is_object(found: Any) -> bool:
    return isinstance(found, dict)


_SIGNS: tuple[tuple[str, PortalKind, Callable[[Any], str | None]], ...] = (
    ("/reports", PortalKind.SUSHI, _sushi),
    ("/api/3/action/status_show", PortalKind.CKAN, _ckan),
    ("/api/1/site/", PortalKind.UDATA, _udata),
    (
        "/api/explore/v2.1/catalog/datasets?limit=1",
        PortalKind.OPENDATASOFT,
        _opendatasoft,
    ),
)

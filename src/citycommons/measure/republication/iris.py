"""Addresses of datasets: which are ours, which are the same, and which host answers for them."""

import re
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from citycommons.core.errors import Invalid
from citycommons.core.types import DatasetId

LONGEST = 2000  # of an address that is taken from others
_PORTS = {"http": 80, "https": 443}
_OURS = re.compile(
    r"/datasets/([a-z0-9][a-z0-9_-]{0,99})(?:@(\d{1,9}))?(?:\.(?:html|jsonld|ttl|rdf|json))?"
)
_OF_FILE = re.compile(r"/data/([a-z0-9][a-z0-9_-]{0,99})@(\d{1,9})\.[a-z.]{1,20}")


def checked(iri: str, what: str = "address") -> str:
    """The address as it was given, if it is one that may be asked for.

    Raises `Invalid` for what is no http(s) address, holds a password, or is longer than `LONGEST`.
    """
    parts = _parts(iri)
    if parts is None or len(iri) > LONGEST or not iri.isprintable() or " " in iri:
        raise Invalid(f"The {what} “{iri[:80]}” is no http or https address.", iri=iri[:200])
    if parts.username or parts.password:
        raise Invalid(f"The {what} holds a name or password.")
    return iri


def _parts(iri: str) -> SplitResult | None:
    try:
        parts = urlsplit(iri)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS and parts.hostname else None


def plain(iri: str) -> str:
    """One spelling for all that name the same: http as https, no slash at the end, no fragment.

    Scheme and slash are what portals get wrong when they pass an address on; path and query are
    taken as they are, as two that differ there are two datasets.
    """
    parts = _parts(iri.strip())
    if parts is None:
        return iri.strip()
    host = parts.hostname or ""
    with suppress(UnicodeError):  # a name that is none is nobody's
        host = host.encode("idna").decode()
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"//{host}{port}{parts.path.rstrip('/')}{query}"


def is_same(one: str, other: str) -> bool:
    """Whether two addresses name the same thing."""
    return plain(one) == plain(other)


def host_of(iri: str) -> str:
    """Host and port that answer for an address; empty where it is none."""
    return plain(iri).partition("//")[2].partition("/")[0].partition("?")[0]


def root_of(iri: str) -> str:
    """Scheme, host and port of an address, without a slash at the end."""
    parts = _parts(iri)
    return "" if parts is None else f"{parts.scheme}://{parts.netloc}"


def dataset_at(iri: str, base: str) -> tuple[DatasetId, str] | None:
    """Our dataset that an address names, and its version where it says one; None for others'.

    `base` is the portal's own address. A file of a version names its dataset too.
    """
    own, asked = plain(base), plain(iri)
    if not asked.startswith(own + "/"):
        return None
    path = asked.removeprefix(own)
    found = _OURS.fullmatch(path) or _OF_FILE.fullmatch(path)
    return None if found is None else (DatasetId(found[1]), found[2] or "")


def dataset_iri(base: str, id: str) -> str:
    """The address that names a dataset of ours for ever."""
    return f"{base}/datasets/{id}"

"""From where somebody came, as a class that names nobody; and the region of the world."""

import tomllib
from collections.abc import Collection
from functools import cache, lru_cache
from importlib.resources import files
from urllib.parse import urlsplit

from citycommons.core.counting import Referrer, Region

_DATA = files("citycommons.store.usage").joinpath("data")


def class_of(referer: str, host: str, portals: Collection[str] = ()) -> Referrer:
    """The class of a `Referer`; `host` is our own, `portals` are hosts that are known to list us.

    What cannot be read as an address of the web is `NONE`.
    """
    from_host = host_of(referer)
    if not from_host:
        return Referrer.NONE
    if from_host == host.lower().partition(":")[0]:
        return Referrer.INSIDE
    return Referrer.PORTAL if from_host in portals else _listed(from_host)


@lru_cache(maxsize=4096)
def host_of(address: str) -> str:
    """The host of a web address in lower case, without its port; empty if there is none."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host if parts.scheme in ("http", "https") else ""


@lru_cache(maxsize=4096)
def _listed(host: str) -> Referrer:
    sites, labels = _sites(), host.split(".")
    for start in range(len(labels)):  # the longest name first: mail of a search engine is none
        if found := sites.get(".".join(labels[start:])):
            return found
        for end in (-1, -2):  # google.it, google.co.uk
            if len(labels[start:end]) == 1 and (found := sites.get(labels[start] + ".")):
                return found
    return Referrer.OTHER


@cache
def _sites() -> dict[str, Referrer]:
    listed = tomllib.loads(_DATA.joinpath("referrers.toml").read_text("utf-8"))
    return {site: Referrer(kind) for kind, sites in listed.items() for site in sites}


def region_of(country: str) -> Region:
    """The region of UN M49 of an ISO 3166-1 alpha-2 code; `UNKNOWN` for anything else."""
    return _regions().get(country.upper(), Region.UNKNOWN) if country else Region.UNKNOWN


@cache
def _regions() -> dict[str, Region]:
    listed = tomllib.loads(_DATA.joinpath("regions.toml").read_text("utf-8"))
    return {code: Region(name) for name, codes in listed.items() for code in codes.split()}

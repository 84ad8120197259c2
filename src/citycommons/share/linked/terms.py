"""Words of linked data: prefixes, and values as JSON-LD writes them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import pyoxigraph

from citycommons.core.types import Text

Node = dict[str, Any]
"""A node as JSON-LD writes it, or what stands for one value."""

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatapit": "http://dati.gov.it/onto/dcatapit#",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "ldp": "http://www.w3.org/ns/ldp#",
    "mobilitydcatap": "https://w3id.org/mobilitydcat-ap#",
    "duv": "http://www.w3.org/ns/duv#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_NOT_IN_IRIS = re.compile(r'[\s\x00-\x20\x7f-\xa0<>"{}|\\^`]|%(?![0-9A-Fa-f]{2})')
_SCHEMES = (
    "http:",
    "https:",
    "ftp:",
    "ftps:",
    "sftp:",
    "mailto:",
    "tel:",
    "urn:",
    "mqtt:",
    "mqtts:",
)


@lru_cache(maxsize=20_000)
def iri(address: str) -> str:
    """The address as a valid IRI (RFC 3987); empty where none can be made of it.

    One that somebody wrote with spaces and such would make the whole document invalid.
    """
    if not address.strip().lower().startswith(_SCHEMES):
        return ""  # also what a browser would run, like javascript:
    mended = _NOT_IN_IRIS.sub(lambda found: quote(found[0], safe=""), address.strip())
    for text in (mended, quote(mended, safe=":/?#@!$&'()*+,;=%~")):
        try:
            pyoxigraph.NamedNode(text)
        except ValueError:
            continue
        return text
    return ""


def id(address: str, kind: str | list[str] = "", **more: Any) -> Node | None:
    """A node by its address; `kind` is its class, where readers must know it."""
    if not (found := iri(address)):
        return None
    return {"@id": found, **({"@type": kind} if kind else {}), **without_empty(more)}


def texts(text: Text) -> list[Node]:
    """A text in all its languages."""
    return [{"@language": tag, "@value": words} for tag, words in sorted(text.items()) if words]


def tagged(words: str, beside: Text) -> Node | str:
    """Words without a language of their own: that of the texts beside them, where it is but one."""
    if len(beside) != 1 or not words:
        return words
    (tag,) = beside
    return {"@language": tag, "@value": words}


def typed(value: Any, kind: str) -> Node:
    """A value with its datatype."""
    return {"@value": str(value), "@type": kind}


def time(moment: datetime | date | None) -> Node | None:
    """A time or a day."""
    if moment is None:
        return None
    kind = "xsd:dateTime" if isinstance(moment, datetime) else "xsd:date"
    return typed(moment.isoformat(), kind)


def without_empty(document: Mapping[str, Any]) -> Node:
    """Only what says something."""
    return {key: value for key, value in document.items() if value not in (None, "", [], {})}


def once(node: Any, seen: set[str] | None = None) -> Any:
    """The same, each named node told where it first stands, and only named after that.

    Terms of code lists, publishers and licences stand at hundreds of places of a page.
    """
    seen = set() if seen is None else seen
    if isinstance(node, list):
        return [once(one, seen) for one in node]
    if not isinstance(node, dict) or "@value" in node:
        return node
    name = node.get("@id")
    if name is not None and len(node) > 1:
        if name in seen:
            return {"@id": name}
        seen.add(name)
    return {key: once(value, seen) for key, value in node.items()}

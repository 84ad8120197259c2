"""What a page or record says that it was made of: in RDF, in HTML, or in both."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from citycommons.collect import graphs
from citycommons.core.errors import Invalid
from citycommons.measure.republication import iris
from citycommons.measure.republication.messages import INBOX, USAGE

ACCEPT = (
    "application/ld+json, text/turtle;q=0.9, application/rdf+xml;q=0.8, "
    "application/n-triples;q=0.7, text/html;q=0.6, */*;q=0.1"
)
_PROV, _DCT = "http://www.w3.org/ns/prov#", "http://purl.org/dc/terms/"
_DERIVED = tuple(f"{_PROV}{one}" for one in ("wasDerivedFrom", "hadPrimarySource")) + tuple(
    f"{_DCT}{one}" for one in ("source", "isVersionOf", "isFormatOf")
)
_PRIMARY = "http://xmlns.com/foaf/0.1/primaryTopic"
_SEE = "http://www.w3.org/2000/01/rdf-schema#seeAlso"
_HTML = ("text/html", "application/xhtml+xml")
_MOST_LINKS = 20_000


def origins(content: bytes, media_type: str, url: str, copy: str) -> list[str]:
    """Addresses that the document names as what the copy was made of.

    In RDF by `prov:wasDerivedFrom`, `dct:source` and the like of the copy's own node or of its
    catalogue record; in HTML by any link, as Webmention does. Raises `Invalid` for a document that
    cannot be read.
    """
    if media_type in _HTML:
        page = _read_page(content, url)
        found = list(page.links)
        for script in page.scripts:
            found += _in_graph(script.encode(), "application/ld+json", url, copy)
        return found
    return _in_graph(content, media_type, url, copy)


def _in_graph(content: bytes, media_type: str, url: str, copy: str) -> list[str]:
    from rdflib import URIRef

    graph, _broken = graphs.read(content, media_type, url, _no_context)
    own = [node for node in graph.subjects(unique=True) if iris.is_same(str(node), copy)]
    own += [node for topic in tuple(own) for node in graph.subjects(URIRef(_PRIMARY), topic)]
    found: list[str] = []
    for node in own:
        for relation in _DERIVED:
            for one in graph.objects(node, URIRef(relation)):
                found += [str(one)]
                # A record's source is often a node of its own that says where to see it.
                found += [str(more) for more in graph.objects(one, URIRef(_SEE))]
    return found


def _no_context(url: str) -> dict[str, Any]:
    """A context at another address is not asked for: it would be theirs to choose."""
    return {}


def advertised(
    headers: dict[str, str], content: bytes, media_type: str, url: str
) -> dict[str, str]:
    """Addresses that the answer names as its inbox and as its usage reports, by relation.

    From the header Link first, then from the document itself.
    """
    found: dict[str, str] = {}
    for relation, target in _of_header(headers.get("link", "")):
        found.setdefault(relation, urljoin(url, target))
    if media_type in _HTML:
        for relation, target in _read_page(content, url).relations:
            found.setdefault(relation, target)
    else:
        from rdflib import URIRef

        try:
            graph, _broken = graphs.read(content, media_type, url, _no_context)
        except Invalid:
            return found
        for node in graph.objects(None, URIRef(INBOX)):
            found.setdefault(INBOX, str(node))
    return found


def _of_header(text: str) -> Iterator[tuple[str, str]]:
    """Relations and targets of a Link header (RFC 8288), as far as it is well written."""
    for part in text[:20_000].split("<")[1:]:
        target, _, parameters = part.partition(">")
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().rstrip(",").partition("=")
            if name.strip().lower() == "rel":
                for relation in value.strip().rstrip(",").strip('" ').split():
                    yield relation, target.strip()


class _Page(HTMLParser):
    """Links and embedded JSON-LD of a page."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._url = url
        self._is_data = False
        self.links: list[str] = []
        self.relations: list[tuple[str, str]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and given.get("href"):
            self._url = urljoin(self._url, given["href"])
        target = given.get("href", "") if tag in ("a", "link", "area") else ""
        target = target or (given.get("content", "") if tag == "meta" else "")
        if target and len(self.links) < _MOST_LINKS:
            whole = urljoin(self._url, target.strip())
            self.links.append(whole)
            for relation in given.get("rel", "").split():
                self.relations.append((relation, whole))
        self._is_data = tag == "script" and given.get("type", "") == "application/ld+json"
        if self._is_data:
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._is_data = False


def _read_page(content: bytes, url: str) -> _Page:
    page = _Page(url)
    try:
        page.feed(content.decode("utf-8", "replace"))
        page.close()
    except (ValueError, AssertionError) as cause:  # what html.parser raises on broken markup
        raise Invalid(f"{url} cannot be read as HTML.", url=url) from cause
    return page


__all__ = ["ACCEPT", "INBOX", "USAGE", "advertised", "origins"]

"""RDF documents as graphs, and one dataset's part of a graph as bytes that do not change.

A parser stops at the first thing it cannot read. Here one bad record costs that record: what does
not parse whole is parsed piece by piece, and the pieces that fail are handed on as they are.
"""

import hashlib
import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

ACCEPT = "text/turtle, application/rdf+xml;q=0.9, application/ld+json;q=0.8, */*;q=0.1"
_FORMATS = {
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "text/n3": "turtle",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
    "application/n-triples": "nt",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DATASET = "{http://www.w3.org/ns/dcat#}Dataset"
_IRI_FORBIDS = re.compile(r'[\x00-\x20<>"{}|\\^`]')
_ADDRESS_KEYS = re.compile(r"(@id|ur[il]|page|homepage|license|rights|format|mediatype|theme)$")
_MOST_CONTEXTS = 8
_MOST_INLINED = 64 << 20  # bytes of contexts, each as often as it is named
_DEEPEST, _MOST_STEPS = 50, 200_000  # of blank nodes in one another

Broken = list[tuple[str, bytes]]
"""Pieces that could not be read: the subject where it can be told, and their bytes."""


def read(
    content: bytes, media_type: str, base: str, fetch: Callable[[str], Any]
) -> tuple["Graph", Broken]:
    """The document as a graph, with what of it could not be read.

    `fetch` gets JSON-LD contexts at other addresses. Raises `Invalid` for what is no RDF at all.
    """
    format = _FORMATS.get(media_type) or _sniffed(content)
    try:
        if format == "nt":
            return _by_piece(_statements(content), "nt", base)
        if format == "xml":
            # The guard against entities that read files or grow; parsing stays rdflib's.
            ElementTree.fromstring(content, forbid_entities=False)
        if format == "json-ld":
            content = orjson.dumps(_mended(_local(orjson.loads(content), fetch)))
        try:
            return _parsed(content, format, base), []
        except Exception:
            pieces = {"turtle": _blocks, "xml": _elements}.get(format)
            if pieces is None:
                raise
            graph, broken = _by_piece(pieces(content), format, base)
            if not len(graph):
                raise
            return graph, broken
    except Invalid:
        raise
    except DefusedXmlException as cause:
        raise Invalid(f"{base} holds XML entities that reach outside.", url=base) from cause
    except Exception as cause:
        reason = " ".join(str(cause).split())[:160]
        raise Invalid(f"{base} cannot be read as RDF ({format}): {reason}", url=base) from cause


def _sniffed(content: bytes) -> str:
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return "json-ld"
    if start.startswith((b"<?xml", b"<rdf:RDF", b"<!DOCTYPE rdf")):
        return "xml"
    return "turtle"


def empty() -> "Graph":
    """A graph to parse into."""
    from rdflib import Graph

    # It logs each bad address and date, with a traceback; here those are mended or kept as text.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    return Graph("SimpleMemory", bind_namespaces="none")  # no named graphs: quicker


def _parsed(content: bytes, format: str, base: str) -> "Graph":
    graph = empty()
    if format == "json-ld":
        from rdflib import Dataset
        from rdflib.plugins.parsers.jsonld import to_rdf

        whole = Dataset(default_union=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the parser's own making
            to_rdf(orjson.loads(content), whole, base)
        for s, p, o, _named in whole.quads():
            graph.add((s, p, o))
        return graph
    graph.parse(data=content, format=format, publicID=base)
    return graph


def _by_piece(
    pieces: Iterable[tuple[str, bytes, bytes]], format: str, base: str
) -> tuple["Graph", Broken]:
    """Parse each piece by itself: (subject, its bytes, the same with what makes it a document)."""
    graph: Graph = empty()
    broken: Broken = []
    labels: Any = {}  # a blank node's label means the same node in all lines of N-Triples
    for subject, piece, document in pieces:
        try:
            if format == "nt":
                from rdflib.plugins.parsers.ntriples import NTGraphSink, W3CNTriplesParser

                W3CNTriplesParser(NTGraphSink(graph), labels).parsestring(document)
            else:
                for triple in _parsed(document, format, base):
                    graph.add(triple)
        except Exception:  # noqa: BLE001 - rdflib raises what its parsers raise
            broken.append((subject, piece))
    return graph, broken


def _statements(content: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    for line in content.splitlines():
        if line.strip():
            mended = _with_valid_iris(line)
            yield _subject(line), line, mended + b"\n"


def _with_valid_iris(line: bytes) -> bytes:
    """Spaces and such in `<…>` outside of texts written as %20."""
    parts = re.split(rb'("(?:[^"\\]|\\.)*")', line)
    mend = re.compile(rb"<([a-z][a-z0-9+.-]*:[^<>]*)>", re.I)
    for at in range(0, len(parts), 2):
        parts[at] = mend.sub(
            lambda m: b"<" + iri(m[1].decode("utf-8", "replace")).encode() + b">", parts[at]
        )
    return b"".join(parts)


def _blocks(content: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Turtle statements that end at the end of a line, each with all prefixes."""
    lines = content.splitlines(keepends=True)
    is_prefix = re.compile(rb"\s*(@?prefix|@?base)\s", re.I)
    prefixes = b"".join(line for line in lines if is_prefix.match(line))
    block: list[bytes] = []
    for line in (line for line in lines if not is_prefix.match(line)):
        block.append(line)
        if line.rstrip().endswith(b".") and line.strip():
            piece = b"".join(block)
            yield _subject(piece), piece, prefixes + piece
            block = []
    if b"".join(block).strip():
        piece = b"".join(block)
        yield _subject(piece), piece, prefixes + piece


def _elements(content: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """RDF/XML nodes: each dataset wherever it stands, and whatever else stands at the top."""
    from xml.etree.ElementTree import Element, tostring

    root = ElementTree.fromstring(content, forbid_entities=False)
    inside = [
        (parent, child) for parent in root.iter() for child in parent if child.tag == _DATASET
    ]
    for parent, child in inside:
        parent.remove(child)
        if parent is not root and (about := child.get(f"{{{_RDF}}}about")):
            parent.set(f"{{{_RDF}}}resource", about)
    for node in [child for _, child in inside] + list(root):
        whole = Element(root.tag, root.attrib)
        whole.append(node)
        yield node.get(f"{{{_RDF}}}about", ""), tostring(node), tostring(whole)


def _subject(piece: bytes) -> str:
    found = re.search(rb"<([^<>]+)>", piece)
    return found[1].decode("utf-8", "replace") if found else ""


def _local(document: Any, fetch: Callable[[str], Any]) -> Any:
    """JSON-LD whose contexts stand in it: the parser itself asks nobody."""
    known: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    inlined = 0

    def context(said: Any) -> Any:
        if isinstance(said, list):
            return [context(one) for one in said]
        if not isinstance(said, str):
            return said
        if said not in known:
            if len(known) >= _MOST_CONTEXTS:
                raise Invalid(f"More than {_MOST_CONTEXTS} JSON-LD contexts at other addresses.")
            known[said] = {}  # a context that names itself adds nothing
            found = fetch(said)
            known[said] = context(found.get("@context", {}) if isinstance(found, dict) else {})
            sizes[said] = len(orjson.dumps(known[said]))
        # A small document may name a large context at each of its nodes.
        nonlocal inlined
        inlined += sizes.get(said, 0)
        if inlined > _MOST_INLINED:
            raise Invalid(
                f"JSON-LD contexts of more than {_MOST_INLINED >> 20} MB in one document."
            )
        return known[said]

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(one) for one in node]
        if isinstance(node, dict):
            return {k: context(v) if k == "@context" else walk(v) for k, v in node.items()}
        return node

    return walk(document)


def _mended(node: Any, key: str = "") -> Any:
    """Addresses with spaces and such as valid ones; the parser drops a node for one of them."""
    if isinstance(node, list):
        return [_mended(one, key) for one in node]
    if isinstance(node, dict):
        return {k: v if k == "@context" else _mended(v, k) for k, v in node.items()}
    if isinstance(node, str) and "://" in node[:12] and _ADDRESS_KEYS.search(key.casefold()):
        return iri(node.strip())
    return node


def iri(text: str) -> str:
    """The address with characters that may not stand in one written as %20 and the like."""
    return _IRI_FORBIDS.sub(lambda found: quote(found[0], safe=""), text)


def datasets(graph: "Graph") -> tuple[list["Node"], frozenset["Node"]]:
    """The datasets in a stable order, and all nodes where a dataset's own part ends."""
    from rdflib import DCAT, RDF, BNode, Literal, URIRef

    found = {*graph.subjects(RDF.type, DCAT.Dataset), *graph.objects(None, DCAT.dataset)}
    found = {one for one in found if not isinstance(one, Literal)}
    kinds = (DCAT.Catalog, DCAT.CatalogRecord, URIRef(f"{DCAT}DatasetSeries"))
    others = {node for kind in kinds for node in graph.subjects(RDF.type, kind)}
    found -= {*graph.subjects(RDF.type, DCAT.Catalog)}
    ordered = sorted(found, key=lambda one: (isinstance(one, BNode), named(graph, one)))
    return ordered, frozenset(found | others)


def named(graph: "Graph", dataset: "Node") -> str:
    """The IRI; a dataset without one goes by its identifier, its page or its title."""
    from rdflib import DCAT, DCTERMS, URIRef

    if isinstance(dataset, URIRef):
        return str(dataset)
    for said in (DCTERMS.identifier, DCAT.landingPage, DCTERMS.title):
        if names := sorted(map(str, graph.objects(dataset, said))):
            return names[0]
    return ""


def part_of(graph: "Graph", subject: "Node", stops: frozenset["Node"]) -> bytes:
    """Every triple reachable from the subject, as sorted N-Triples (which is Turtle).

    The way ends at `stops`: other datasets, catalogues. Blank nodes are named by what they hold,
    so that the same graph is the same bytes whenever it is read.
    """
    from rdflib import FOAF, BNode

    found: dict[Node, list[tuple[Node, Node]]] = {}
    waiting: list[Node] = [subject, *graph.subjects(FOAF.primaryTopic, subject)]
    while waiting:
        node = waiting.pop()
        if node in found or (node in stops and node != subject):
            continue
        found[node] = [(p, o) for p, o in graph.predicate_objects(node)]
        waiting += [o for _, o in found[node] if _is_node(o)]
    names: dict[Node, str] = {}
    work = 0

    def name(node: "Node", above: frozenset["Node"] = frozenset()) -> str:
        if not isinstance(node, BNode):
            return _written(node)
        nonlocal work
        work += 1
        # Nodes that all name one another would be followed on every way there is.
        if node in above or len(above) > _DEEPEST or work > _MOST_STEPS:
            return "_:circle"
        if node not in names or above:
            said = sorted(f"{p} {name(o, above | {node})}" for p, o in found.get(node, ()))
            key = hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
            if above:
                return f"_:b{key}"
            names[node] = f"_:b{key}"
        return names[node]

    if not found[subject]:  # only named by its catalogue
        found = {s: [(p, subject)] for s, p in graph.subject_predicates(subject)}
    lines = {f"{name(s)} {_written(p)} {name(o)} .\n" for s, said in found.items() for p, o in said}
    return "".join(sorted(lines)).encode()


def _is_node(term: "Node") -> bool:
    from rdflib import BNode, URIRef

    return isinstance(term, BNode | URIRef)


def _written(term: Any) -> str:
    from rdflib import Literal

    if not isinstance(term, Literal):
        return f"<{iri(str(term))}>"
    text = str(term).translate({92: r"\\", 34: r"\"", 10: r"\n", 13: r"\r", 9: r"\t"})
    if term.language:
        return f'"{text}"@{term.language}'
    return f'"{text}"^^<{iri(str(term.datatype))}>' if term.datatype else f'"{text}"'

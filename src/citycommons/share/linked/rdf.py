"""A JSON-LD document in the other notations of RDF.

Written by a compiled library: a page of a hundred datasets is 12 000 triples.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain, count
from typing import Any

import orjson
import pyoxigraph
from pyoxigraph import RdfFormat

from citycommons.share.linked.terms import PREFIXES


class Notation(StrEnum):
    """How a graph is written down; the values are the suffixes of addresses."""

    TURTLE = "ttl"
    XML = "rdf"
    JSONLD = "jsonld"
    NTRIPLES = "nt"


_FORMATS = {
    Notation.TURTLE: RdfFormat.TURTLE,
    Notation.XML: RdfFormat.RDF_XML,
    Notation.NTRIPLES: RdfFormat.N_TRIPLES,
}


def written(document: dict[str, Any], notation: Notation) -> bytes:
    """The document in a notation; its context is in it, so nobody else is asked."""
    if notation is Notation.JSONLD:
        return orjson.dumps(document)
    # A parser names nodes without a name by chance; the same catalogue should be the same bytes.
    context = {"@context": document["@context"]}
    packed = orjson.dumps(context | _labelled(document, count(1)))
    triples = _by_subject(quad.triple for quad in pyoxigraph.parse(packed, RdfFormat.JSON_LD))
    prefixes = None
    if notation is not Notation.NTRIPLES:
        # Without `xsd`: no name in an RDF/XML document uses it, and Turtle knows numbers itself.
        used = _used(packed)
        prefixes = {name: address for name, address in PREFIXES.items() if name in used}
    return pyoxigraph.serialize(triples, format=_FORMATS[notation], prefixes=prefixes) or b""


def _labelled(node: Any, numbers: Iterator[int]) -> Any:
    if isinstance(node, list):
        return [_labelled(one, numbers) for one in node]
    if not isinstance(node, dict) or "@value" in node:
        return node
    is_nameless = "@id" not in node and "@graph" not in node
    name = {"@id": f"_:b{next(numbers)}"} if is_nameless else {}
    return name | {
        key: {k: _labelled(v, numbers) for k, v in value.items()}
        if key == "@reverse"
        else _labelled(value, numbers)
        for key, value in node.items()
        if key != "@context"
    }


def _by_subject(triples: Iterable[pyoxigraph.Triple]) -> Iterator[pyoxigraph.Triple]:
    """All of a subject together, in the order of first mention: shorter, and one can read it."""
    found: dict[Any, list[pyoxigraph.Triple]] = {}
    for one in triples:
        found.setdefault(one.subject, []).append(one)
    return chain.from_iterable(found.values())


def _used(packed: bytes) -> set[str]:
    return {name for name in PREFIXES if f'"{name}:'.encode() in packed}

"""XML records: parsed without entities, and read by the names of their elements."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def element_of(content: bytes, where: str) -> "Element":
    """The record's root; `Invalid` if it is no XML or holds entities."""
    try:
        root: Element = ElementTree.fromstring(content)
    except DefusedXmlException as cause:
        raise Invalid(f"The record {where} holds XML entities; refused.", record=where) from cause
    except ElementTree.ParseError as cause:
        raise Invalid(f"The record {where} is no XML: {cause}.", record=where) from cause
    return root


def name_of(element: "Element") -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def at(element: "Element", path: str) -> Iterator["Element"]:
    """Elements along names without namespaces, at any depth for each step: `CI_Citation/title`."""
    step, _, rest = path.partition("/")
    for child in element.iter():
        if child is not element and name_of(child) == step:
            if rest:
                yield from at(child, rest)
            else:
                yield child


def words(element: "Element | None") -> str:
    """All text in an element, in one line."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def first(element: "Element", *paths: str) -> str:
    """The first text along one of the paths."""
    return next((text for path in paths for one in at(element, path) if (text := words(one))), "")

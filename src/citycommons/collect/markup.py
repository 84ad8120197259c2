"""XML answers of catalogue services, parsed without entities."""

from typing import TYPE_CHECKING

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def root_of(content: bytes, url: str) -> "Element":
    """The root of an answer; `Invalid` if it is no XML or holds entities."""
    try:
        root: Element = ElementTree.fromstring(content)
    except DefusedXmlException as cause:
        raise Invalid(f"{url} answers XML with entities; refused.", url=url) from cause
    except ElementTree.ParseError as cause:
        raise Invalid(f"{url} answers no XML: {cause}. Check the address.", url=url) from cause
    return root


def written(element: "Element") -> bytes:
    """An element as a document of its own, the same bytes for the same element."""
    from xml.etree.ElementTree import canonicalize, tostring

    return canonicalize(tostring(element, encoding="unicode")).encode()


def local(element: "Element") -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def first(element: "Element", name: str) -> "Element | None":
    """The first element below of this name, whatever its namespace."""
    return next((one for one in element.iter() if one is not element and local(one) == name), None)


def text(element: "Element", name: str) -> str:
    """The text of the first element of this name; empty if there is none."""
    found = first(element, name)
    return "".join(found.itertext()).strip() if found is not None else ""

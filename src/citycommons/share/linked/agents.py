"""Who publishes and who answers: foaf:Agent and vcard:Kind."""

from citycommons.core.types import Dataset, Publisher
from citycommons.share.linked.codes import agent_type
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.terms import Node, id, iri, without_empty

_PAGE = ["foaf:Document", "rdfs:Resource"]


def agent(publisher: Publisher, portal: Portal) -> Node:
    """The publisher."""
    kinds = ["foaf:Agent"] + ["dcatapit:Agent"] * portal.is_italian
    return without_empty(
        {
            "@id": iri(f"{portal.url}/publishers/{publisher.id}"),
            "@type": kinds if len(kinds) > 1 else kinds[0],
            "foaf:name": publisher.name,
            "foaf:homepage": id(publisher.homepage, _PAGE),
            "dct:identifier": publisher.id,
            "dct:type": agent_type(publisher.kind),
        }
    )


def contact(dataset: Dataset, publisher: Publisher, portal: Portal) -> Node:
    """Whom to ask: the steward by name, and how the house is reached."""
    kinds = ["vcard:Kind", "vcard:Organization"] + ["dcatapit:Organization"] * portal.is_italian
    return without_empty(
        {
            "@type": kinds,
            "vcard:fn": dataset.steward or publisher.name,
            "vcard:hasEmail": _email(portal),
            "vcard:hasURL": id(
                publisher.homepage or f"{portal.url}/publishers/{publisher.id}.html", _PAGE
            ),
        }
    )


def desk(portal: Portal) -> Node:
    """Whom to ask about the portal itself."""
    kinds = ["vcard:Kind", "vcard:Organization"] + ["dcatapit:Organization"] * portal.is_italian
    return without_empty(
        {
            "@id": f"{portal.url}/about#desk",
            "@type": kinds,
            "vcard:fn": portal.name,
            "vcard:hasEmail": _email(portal),
            "vcard:hasURL": id(f"{portal.url}/about", _PAGE),
        }
    )


def _email(portal: Portal) -> Node | None:
    return id(f"mailto:{portal.contact}", "rdfs:Resource") if portal.contact else None

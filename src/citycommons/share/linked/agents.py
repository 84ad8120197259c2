"""Who publishes and who answers: foaf:Agent and vcard:Kind."""

from citycommons.core.types import Dataset, Publisher
from citycommons.share.linked.codes import agent_type
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.terms import Node, id, iri, without_empty


def agent(publisher: Publisher, portal: Portal) -> Node:
    """The publisher."""
    kinds = ["foaf:Agent"] + ["dcatapit:Agent"] * portal.is_italian
    return without_empty(
        {
            "@id": iri(f"{portal.url}/publishers/{publisher.id}"),
            "@type": kinds if len(kinds) > 1 else kinds[0],
            "foaf:name": publisher.name,
            "foaf:homepage": id(publisher.homepage, "foaf:Document"),
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
            "vcard:hasEmail": id(f"mailto:{portal.contact}" if portal.contact else ""),
            "vcard:hasURL": id(
                publisher.homepage or f"{portal.url}/publishers/{publisher.id}", "foaf:Document"
            ),
        }
    )

"""What portals write to one another: that a dataset is a copy of another, or is it no more.

The message is COAR Notify's *Announce Relationship*, in the compacted form of its examples. It is
read as that form and nothing else: no context is loaded and nothing is expanded, so a message can
neither make us ask another host nor mean something else than it says.

References
----------
W3C: Linked Data Notifications, 2017; Activity Streams 2.0, 2017; PROV-O, 2013. COAR Notify
specification 1.0: Announce Relationship.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.measure.republication import iris

CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://coar-notify.net"]
DERIVED = "http://www.w3.org/ns/prov#wasDerivedFrom"
MEDIA_TYPE = "application/ld+json"
INBOX = "http://www.w3.org/ns/ldp#inbox"
"""Relation of links that lead to an inbox."""
USAGE = "usage"
"""Relation of links that lead to the list of a portal's usage reports (SUSHI `/reports`)."""

_RELATIONS = frozenset({DERIVED, "prov:wasDerivedFrom"})
_LONGEST_ID = 500
_LONGEST_NAME = 100


class Kind(StrEnum):
    """What a message says of the relationship."""

    ANNOUNCE = "Announce"  # it holds
    UNDO = "Undo"  # it does no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A message that was understood; nothing of it is believed yet."""

    kind: Kind
    id: str
    copy: str  # IRI of the copy
    origin: str  # IRI of what it was made of
    sender: str  # address of the portal that says so
    name: str = ""  # of that portal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The portal that writes."""

    url: str
    name: str

    @property
    def inbox(self) -> str:
        return f"{self.url}/inbox"


def relationship(
    kind: Kind, *, copy: str, origin: str, sender: Sender, inbox: str, now: datetime
) -> dict[str, Any]:
    """The message to the origin's inbox."""
    service = {"id": sender.url, "type": "Service", "name": sender.name}
    relation = {
        "id": _urn(copy, origin),
        "type": "Relationship",
        "as:subject": copy,
        "as:relationship": DERIVED,
        "as:object": origin,
    }
    told = {"id": _urn(copy, origin, kind), "type": "Announce", "object": relation}
    return {
        "@context": CONTEXT,
        "id": _urn(copy, origin, kind, now.isoformat()),
        "type": ["Announce", "coar-notify:RelationshipAction"] if kind is Kind.ANNOUNCE else kind,
        "actor": service,
        "origin": service | {"inbox": sender.inbox},
        "target": {"id": iris.root_of(origin), "type": "Service", "inbox": inbox},
        "context": {"id": origin, "type": ["Page", "dcat:Dataset"]},
        "object": relation if kind is Kind.ANNOUNCE else told,
    }


def _urn(*parts: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, chr(10).join(parts))}"


def read(document: object) -> Relation:
    """The message, if it is one; `Invalid` says what is missing or wrong."""
    if not isinstance(document, Mapping):
        raise Invalid("A message is one JSON object.")
    kinds = _texts(document.get("type") or document.get("@type"))
    kind = next((one for one in Kind if one in kinds), None)
    if kind is None:
        raise Invalid(
            "The type of a message here is Announce or Undo (of a Relationship), or it is a usage "
            "report with “report-datasets”.",
            field="type",
        )
    relation = _relation(document.get("object"))
    origin = document.get("origin") or document.get("actor")
    sender = _iri(origin, "origin")
    actor = document.get("actor") if isinstance(document.get("actor"), Mapping) else origin
    name = actor.get("name", "") if isinstance(actor, Mapping) else ""
    return Relation(
        kind=kind,
        id=_id(document),
        copy=iris.checked(_iri(_of(relation, "subject"), "as:subject"), "copy"),
        origin=iris.checked(_iri(_of(relation, "object"), "as:object"), "origin"),
        sender=iris.checked(sender, "sender"),
        name=_name(name),
    )


def _relation(found: object) -> Mapping[str, Any]:
    """The relationship of an Announce, or of the Announce inside an Undo."""
    if isinstance(found, Mapping) and "Relationship" not in _texts(found.get("type")):
        found = found.get("object")
    if not isinstance(found, Mapping) or "Relationship" not in _texts(found.get("type")):
        raise Invalid("The object of the message is no Relationship.", field="object")
    said = _iri(_of(found, "relationship"), "as:relationship")
    if said not in _RELATIONS:
        raise Invalid(f"The relationship is “{said[:80]}”; only {DERIVED} is taken here.")
    return found


def _of(relation: Mapping[str, Any], name: str) -> object:
    """A member by its name in COAR's examples, or in Activity Streams' own."""
    return relation.get(f"as:{name}", relation.get(name))


def _texts(found: object) -> list[str]:
    many = found if isinstance(found, list) else [found]
    return [one for one in many[:20] if isinstance(one, str)]


def _iri(found: object, field: str) -> str:
    if isinstance(found, Mapping):
        found = found.get("id") or found.get("@id")
    if not isinstance(found, str) or not found:
        raise Invalid(f"The message has no {field}, or it is no address.", field=field)
    return found


def _id(document: Mapping[str, Any]) -> str:
    id = document.get("id") or document.get("@id")
    if not isinstance(id, str) or not id or len(id) > _LONGEST_ID:
        raise Invalid(f"The message has no id of up to {_LONGEST_ID} signs.", field="id")
    return id


def _name(found: object) -> str:
    """A name that strangers wrote, as a short line."""
    text = found if isinstance(found, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST_NAME]

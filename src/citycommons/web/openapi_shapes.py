"""The shapes of the API's answers, as JSON Schema."""

from typing import Any

import msgspec

from citycommons.core.types import Dataset, Fault, Publisher, Version
from citycommons.core.works import Works

JsonObject = dict[str, Any]


def ref(name: str) -> JsonObject:
    """A reference to one of the shapes, in the same document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: Any) -> JsonObject:
    return {"type": "object", "properties": properties}


def schemas() -> JsonObject:
    """All shapes by name: our types as they are, and what the answers put around them."""
    types = (Dataset, Version, Publisher, Fault, Works)
    _, own = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    named: JsonObject = dict(own)
    whole, text = {"type": "integer"}, {"type": "string"}
    nothing: JsonObject = {"type": ["string", "null"]}
    listed = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
    distribution = _object(format=text, title=text, media_type=text, url=text)
    named["Problem"] = _object(type=text, title=text, status=whole, detail=text, instance=text)
    named["Problem"]["description"] = "RFC 9457; further members say where."
    named["Distribution"] = distribution
    named["WorksClashes"] = _object(clashes=listed)
    named["FoundWorks"] = _object(
        total=whole,
        limit=whole,
        offset=whole,
        works={"type": "array", "items": ref("Works")},
        links={"type": "object"},
    )
    named["VersionSummary"] = _object(
        dataset=text,
        number=whole,
        digest=text,
        rows=whole,
        bytes=whole,
        created=text,
        note=text,
        withdrawn=nothing,
        withdrawn_reason=text,
        url=text,
        distributions={"type": "array", "items": ref("Distribution")},
    )
    named["Published"] = {
        "allOf": [
            ref("VersionSummary"),
            _object(is_new={"type": "boolean"}, faults={"type": "array", "items": ref("Fault")}),
        ]
    }
    named["Versions"] = _object(
        dataset=text, versions={"type": "array", "items": ref("VersionSummary")}
    )
    real, maybe = {"type": "number"}, {"type": ["number", "null"]}
    metric = _object(
        name=text,
        title=text,
        dimension=nothing,
        holds={"type": "boolean"},
        points=real,
        of=real,
        value=maybe,
        next_step=nothing,
    )
    score = _object(
        method={"enum": ["udata", "mqa", "content"]},
        title=text,
        source=text,
        points=real,
        of=real,
        share=real,
        rating=nothing,
        metrics={"type": "array", "items": metric},
    )
    step = _object(topic=text, words=text, gains={"type": "object", "additionalProperties": real})
    named["Quality"] = _object(
        dataset=text,
        version={"type": ["integer", "null"]},
        scores={"type": "array", "items": score},
        next_steps={"type": "array", "items": step},
        url=text,
    )
    named["DatasetResource"] = {
        "allOf": [
            ref("Dataset"),
            _object(
                version={"anyOf": [ref("Version"), {"type": "null"}]},
                distributions={"type": "array", "items": ref("Distribution")},
                api=_object(html=text, json=text, jsonld=text, rows=nothing, features=nothing),
            ),
        ]
    }
    links = _object(self=text, next=nothing, prev=nothing)
    named["Rows"] = _object(
        dataset=text,
        version=whole,
        total=whole,
        limit=whole,
        offset=whole,
        rows=listed,
        links=links,
    )
    named["FeatureCollection"] = _object(
        type={"const": "FeatureCollection"},
        numberMatched=whole,
        numberReturned=whole,
        features=listed,
        links=listed,
    )
    named["Found"] = _object(
        total=whole,
        limit=whole,
        offset=whole,
        corrected=nothing,
        datasets={"type": "array", "items": {"type": "object"}},
        related={"type": "array", "items": {"type": "object"}},
        facets={"type": "object"},
        links=links,
    )
    named["Publishers"] = _object(publishers={"type": "array", "items": ref("Publisher")})
    return named

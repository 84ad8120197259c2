"""How published schemas are read."""

from pathlib import Path
from typing import Any

import yaml


class _Plain(yaml.SafeLoader):
    """YAML as OGC means it: dates stay texts, `null` as a type is a name."""


_Plain.yaml_implicit_resolvers = {
    sign: [pair for pair in pairs if not pair[0].endswith((":timestamp", ":null"))]
    for sign, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """A schema in YAML."""
    return yaml.load(path.read_text(encoding="utf-8"), _Plain)


def from_openapi_3_0(schema: Any) -> Any:
    """The same as JSON Schema: what is `nullable` may be null.

    A choice of “any object” and a certain object has both true, so any of them will do.
    """
    if isinstance(schema, list):
        return [from_openapi_3_0(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        "anyOf" if name == "oneOf" else name: from_openapi_3_0(one) for name, one in schema.items()
    }
    if made.pop("nullable", False) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made

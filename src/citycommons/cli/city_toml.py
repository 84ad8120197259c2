"""`city.toml` as a command writes it."""

import json
from pathlib import Path
from typing import Any

FILE = "city.toml"  # as in core.settings, which takes long to load


def write_settings(home: Path, values: dict[str, Any]) -> None:
    """Write `city.toml`, whole or not at all; with it the city is complete."""
    lines = [f"{name} = {_toml(value)}" for name, value in values.items() if value is not None]
    text = "# Settings of this city; each can be set as CITYCOMMONS_<NAME> too.\n"
    part = home / f"{FILE}.part"
    part.write_text(text + "\n".join(lines) + "\n", "utf-8")
    part.chmod(0o600)  # the address of a database may hold its password
    part.replace(home / FILE)


def _toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        inner = (f"{json.dumps(str(name))} = {_toml(one)}" for name, one in value.items())
        return "{ " + ", ".join(inner) + " }"
    return json.dumps(value, ensure_ascii=False)  # strings, numbers and booleans are alike

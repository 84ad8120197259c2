"""Print the connectors with their options, and the formats, into docs/connectors.md."""

import inspect
import sys
from pathlib import Path

from citycommons.collect.connect import brings, options_of
from citycommons.core import plugs
from citycommons.core.types import Brings

PAGE = Path(__file__).parents[1] / "docs" / "connectors.md"
START = "<!-- plugs: printed by scripts/connectors.py; do not edit -->"
END = "<!-- /plugs -->"


def _sentence(kind: type) -> str:
    """The first paragraph of the class, on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def _default(value: object) -> str:
    if value in (None, "", (), {}):
        return ""
    return f"`{value}`"


def _connector(name: str) -> list[str]:
    kind = plugs.load("connectors", name)
    what = "records of a catalogue" if brings(name) is Brings.RECORDS else "tables"
    module = " ".join((inspect.getmodule(kind).__doc__ or "").split("\n\n")[0].split())
    said = module.partition(": ")[2] or _sentence(kind)
    lines = [f"### `{name}`", "", said[:1].upper() + said[1:]]
    lines += [f"Brings {what}.", "", "| option | default | what it is |", "|---|---|---|"]
    for option in options_of(name):
        need = "required" if option.is_required else _default(option.default)
        choices = f" ({', '.join(option.choices)})" if option.choices else ""
        secret = "; a secret" if option.is_secret else ""
        lines.append(f"| `{option.name}` | {need} | {option.description}{choices}{secret} |")
    return [*lines, ""]


def _formats() -> list[str]:
    rows = [
        f"| `{name}` | {_sentence(plugs.load('formats', name))} |"
        for name in plugs.names("formats")
    ]
    return ["## Formats", "", "| format | what it reads |", "|---|---|", *rows]


def text() -> str:
    """All plugs that are installed, in the order of their names."""
    lines = ["## Connectors", ""]
    for name in plugs.names("connectors"):
        lines += _connector(name)
    return "\n".join([*lines, *_formats()])


def page(found: str) -> str:
    """The page with its lists as they should be."""
    before, rest = found.split(START)
    return f"{before}{START}\n{text()}\n{END}{rest.split(END)[1]}"


def main() -> int:
    """Write the lists; with `--check` only say whether they are true."""
    found = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        return 0 if page(found) == found else 1
    PAGE.write_text(page(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

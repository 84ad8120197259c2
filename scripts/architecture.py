"""Print docs/architecture.md from the rooms' own docstrings, so that page and code cannot drift."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "citycommons"
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = (
    ("floor", ("core", "store", "govern")),
    (
        "the data's way",
        ("collect", "standardise", "share", "engage", "understand", "act", "measure"),
    ),
    ("doors", ("web", "cli", "jobs")),
)


def sentence(path: Path) -> str:
    """First paragraph of a module's docstring, on one line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def page() -> str:
    """The page as Markdown."""
    lines = [
        "# Architecture",
        "",
        "Printed by `python scripts/architecture.py` from the docstrings of the code; do not edit.",
        "",
        "    core < store < govern < collect < standardise < share < engage < understand < act"
        " < measure < web | cli | jobs",
        "",
        "A room imports only rooms to its left; a door imports any room; no door imports a door.",
        "What a room further right must hear of is written into the outbox; `jobs/reactions.py`",
        "says who reads it. Every read goes through `share.open`; every yes comes from",
        "`govern.access`.",
    ]
    for part, rooms in ROOMS:
        lines += ["", f"## {part[0].upper()}{part[1:]}"]
        for room in rooms:
            lines += ["", f"### `{room}`", "", sentence(SOURCE / room / "__init__.py")]
            lines += _files(SOURCE / room)
    return "\n".join(lines) + "\n"


def _files(folder: Path) -> list[str]:
    rows = []
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if path == folder / "__init__.py" or "migrations" in inside.parts:
            continue
        if (said := sentence(path)) != "":
            rows.append(f"| `{inside.as_posix()}` | {said} |")
    return ["", "| file | what it is |", "|---|---|", *rows] if rows else []


def main() -> int:
    """Write the page; with `--check` only say whether it is true."""
    if "--check" in sys.argv:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

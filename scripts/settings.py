"""Print the table of settings in docs/operations.md from the typed settings themselves."""

import sys
from pathlib import Path

from citycommons.core.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
START = "<!-- settings: printed by scripts/settings.py; do not edit -->"
END = "<!-- /settings -->"


def table() -> str:
    """One row a setting: name, default, meaning."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.is_required() else f"`{field.default!r}`"
        rows.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(rows)


def page(text: str) -> str:
    """The page with its table as it should be."""
    before, rest = text.split(START)
    return f"{before}{START}\n{table()}\n{END}{rest.split(END)[1]}"


def main() -> int:
    """Write the table; with `--check` only say whether it is true."""
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        return 0 if page(text) == text else 1
    PAGE.write_text(page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

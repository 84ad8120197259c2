"""Collect the messages of pages and templates and bring each language's catalogue up to date.

`python scripts/messages.py` writes `web/locale/<language>/LC_MESSAGES/citycommons.po`; what is
translated stays, what is gone is dropped, what is new waits with an empty translation. With
`--check` it writes nothing and fails when a catalogue is out of date or not fully translated.
"""

import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parent.parent / "src/citycommons/web"
ROOMS = (WEB, WEB.parent / "understand")
LANGUAGES = ("de", "fr", "it")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "Message": None}
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"encoding": "utf-8", "trimmed": "true"}}


def collected() -> Catalog:
    """All messages there are, in English."""
    catalog = Catalog(project="City Commons", charset="utf-8")
    for room in ROOMS:
        found = extract_from_dir(room, _METHODS, _OPTIONS, KEYWORDS)
        for name, _line, message, comments, context in sorted(found, key=lambda one: str(one[2])):
            place = f"{room.name}/{name}"
            catalog.add(message, None, [(place, None)], auto_comments=comments, context=context)
    for words in sentences():
        catalog.add(words, None, [("understand/charts", None)])
    return catalog


def sentences() -> list[str]:
    """Headlines of charts, which stand in `Message(text=…)` and in tables of such texts."""
    import ast

    files = sorted((ROOMS[1] / "charts").glob("*.py"))
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    texts = [n.value for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    wanted = [t for t in texts if isinstance(t, str) and (_is_sentence(t))]
    return sorted(set(wanted))


def _is_sentence(text: str) -> bool:
    return ("{" in text and "SELECT" not in text and "}" in text and " " in text) or (
        text.startswith("Rows ") and len(text) < 30
    )


def file_of(language: str) -> Path:
    """The catalogue of a language."""
    return WEB / "locale" / language / "LC_MESSAGES" / "citycommons.po"


def main(arguments: list[str]) -> int:
    """Update, or only check, all catalogues; answers 1 when one is not complete."""
    template = collected()
    incomplete = 0
    for language in LANGUAGES:
        file = file_of(language)
        if file.exists():
            with file.open("rb") as stream:
                catalog = read_po(stream, locale=language)
        else:
            catalog = Catalog(locale=language, project="City Commons", charset="utf-8")
        before = {m.id for m in catalog if m.id}
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        empty = [m for m in catalog if m.id and not _is_full(m.string)]
        new = {m.id for m in catalog if m.id} - before
        print(f"{language}: {len(catalog)} messages, {len(new)} new, {len(empty)} to translate")
        incomplete += len(empty)
        if "--check" in arguments:
            incomplete += len(new)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as stream:
            write_po(stream, catalog, width=100, sort_output=True, omit_header=False)
    return 1 if incomplete and "--check" in arguments else 0


def _is_full(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

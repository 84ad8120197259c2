"""Which language a page speaks, and its messages: gettext catalogues read straight from `.po`."""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages import Catalog, mofile, pofile

from citycommons.core.types import LANGUAGES

FOLDER = Path(__file__).parent / "locale"
NAMES = {"en": "English", "it": "Italiano", "fr": "Français", "de": "Deutsch"}


def choose_language(asked: str | None, cookie: str | None, accept: str | None, first: str) -> str:
    """The reader's language: asked for in the address, then chosen before, then the browser's.

    What none of them gives in a language we speak is the city's `first` language.
    """
    for wanted in (asked, cookie):
        if wanted in LANGUAGES:
            return str(wanted)
    for wanted in _accepted(accept or ""):
        if wanted in LANGUAGES:
            return wanted
    return first


def _accepted(header: str) -> list[str]:
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, parameters = part.strip().partition(";")
        try:
            weight = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        weighed.append((-weight, place, tag.strip().lower().partition("-")[0]))
    return [tag for weight, _, tag in sorted(weighed) if weight < 0]


def catalogue(language: str) -> Catalog:
    """The messages of a language as its `.po` file has them; none for English, its own source."""
    file = FOLDER / language / "LC_MESSAGES" / "citycommons.po"
    if not file.exists():
        return Catalog()
    with file.open("rb") as stream:
        return pofile.read_po(stream, locale=language)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """What says the messages of a language; English says them as they are."""
    if language == "en":
        return gettext.NullTranslations()
    packed = io.BytesIO()
    mofile.write_mo(packed, catalogue(language))
    packed.seek(0)
    return gettext.GNUTranslations(packed)


def N_(message: str) -> str:
    """Mark a message that is translated when it is shown."""
    return message

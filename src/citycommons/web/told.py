"""What the rooms say in English, told in the reader's language.

Rooms raise errors and note steps as finished English sentences, since commands and programs read
them so. `scripts/messages.py` collects those sentences with holes for their values; here a sentence
finds its pattern again, and its values move into the translation. A sentence without a pattern
stays as it is.
"""

import re
from functools import cache, lru_cache, partial

from citycommons.core.types import FieldType
from citycommons.web.language import N_, catalogue, translations
from citycommons.web.presentation import TYPES

ROOMS_SAY = "said by a room"
"""The comment by which such messages are known in the catalogues."""

_CLOSED = frozenset(
    [
        *("delimiter", "evidence", "first", "fit", "kind", "order", "signs", "system"),
        *("type", "unit", "units", "why", "word", "words"),
    ]
)
"""Holes whose values are words of the rooms, never those of a file."""

_OF_WORKS = (
    *(N_("workday"), N_("saturday"), N_("sunday"), N_("vacation")),
    *(N_("both directions"), N_("capacity"), N_("class"), N_("delay function"), N_("lanes")),
    *(N_("length"), N_("speed"), N_("neighbour not in the table")),
    *(N_("turn ban at certain hours, left out"), N_("turn ban over a way, left out")),
    *(N_("active"), N_("closed"), N_("The detour")),
)
"""Words in what a traffic model says of its limits: types of days, what was assumed of streets;
and in what is wrong with works: their states and parts."""

_TYPES = {str(one.value): one for one in FieldType}
_QUOTED = re.compile(r"“[^”]*”(?:, “[^”]*”)*(?:, …)?")
_QUOTES = {"de": "„\\1“", "fr": "«\u202f\\1\u202f»", "it": "«\\1»"}
_HOLE = re.compile(r"\{(\w+)\}")


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """(pattern of the English sentence, its translation), the most literal first."""
    found = [
        (message.id, message.string)
        for message in catalogue(language)
        if ROOMS_SAY in message.auto_comments and isinstance(message.id, str) and message.string
    ]
    found.sort(key=lambda pair: (-len(_HOLE.sub("", pair[0])), pair[0]))
    return tuple((_pattern(english), str(words)) for english, words in found)


def _pattern(english: str) -> re.Pattern[str]:
    """Where a value stands twice, both places must hold the same."""
    parts, seen = [], set()
    for place, part in enumerate(_HOLE.split(english)):
        if place % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.*?)")
            seen.add(part)
    return re.compile("".join(parts), re.DOTALL)


@lru_cache(maxsize=4096)
def told(sentence: str, language: str) -> str:
    """The sentence in this language, or as it is where nobody translated it.

    Evidence is phrases with “; ” between them, and each of them is told by itself.
    """
    parts = phrases(sentence)
    whole = _matched(sentence, language)
    if whole is not None and (len(parts) == 1 or not any("; " in value for value in whole[1])):
        return whole[0]
    if len(parts) > 1 and _matched(parts[0], language) is not None:
        between = "\u202f; " if language == "fr" else "; "
        return between.join(_phrase(part, language) for part in parts)
    if whole is not None:
        return whole[0]
    return translations(language).gettext(sentence) if sentence else ""


def phrases(text: str) -> list[str]:
    """The text cut at each “; ” that stands neither in brackets nor in quotes."""
    found, start, depth = [], 0, 0
    for place, sign in enumerate(text):
        if sign in "(“":
            depth += 1
        elif sign in ")”":
            depth = max(0, depth - 1)
        elif sign == ";" and not depth and text.startswith("; ", place):
            found.append(text[start:place])
            start = place + 2
    return [*found, text[start:]]


def _phrase(text: str, language: str) -> str:
    """A phrase of evidence; how numbers are written has commas between its parts."""
    if _matched(text, language) is not None or ", " not in text:
        return told(text, language)
    return ", ".join(told(part, language) for part in text.split(", "))


def _matched(sentence: str, language: str) -> tuple[str, tuple[str, ...]] | None:
    """The translation of the pattern that fits, and the values it found; None without one.

    A value with half of a bracket, quote or sentence is none, if another pattern fits with whole
    ones; so is a beginning with a colon in it, as there sentences say what another one is about.
    """
    first = None
    for pattern, words in _patterns(language):
        if match := pattern.fullmatch(sentence):
            if all(map(_is_whole, match.groups())) and not _is_about(match):
                first = (match, words)
                break
            first = first or (match, words)
    if first is None:
        return None
    match, words = first
    return _HOLE.sub(partial(_filled, match, language), words), match.groups()


def _is_whole(value: str) -> bool:
    if value.count("(") != value.count(")") or value.count("“") != value.count("”"):
        return False
    return value.endswith((".", "?")) or not re.search(r"[^\W\d_]{4}\. [A-Z]|\d\. [A-Z]", value)


def _is_about(match: re.Match[str]) -> bool:
    return any(match.start(name) == 0 and ": " in match[name] for name in match.groupdict())


def _filled(match: re.Match[str], language: str, hole: re.Match[str]) -> str:
    """The value; one that is a sentence, or of a list that the rooms know, is told, too."""
    value = match[hole[1]]
    if hole[1].rstrip("0123456789") in _CLOSED:
        return _word(value, language)
    if _QUOTED.fullmatch(value):
        return re.sub("“(.*?)”", _QUOTES.get(language, r"“\1”"), value)
    is_sentence = value.endswith((".", "?")) and " " in value and value != match[0]
    return told(value, language) if is_sentence else value


def _word(value: str, language: str) -> str:
    """A word of a closed list, several with “or” or commas between them, or other evidence."""
    if value in _TYPES:
        return translations(language).gettext(TYPES[_TYPES[value]])
    if (said := told(value, language)) != value:
        return said
    either = translations(language).gettext("or")
    for sign, between in ((" or ", f" {either} "), (", ", ", ")):
        if sign in value:
            return between.join(_word(part, language) for part in value.split(sign))
    return value

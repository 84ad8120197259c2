"""What the rooms say in English, told in the reader's language.

Rooms raise errors and note steps as finished English sentences, since commands and programs read
them so. `scripts/messages.py` collects those sentences with holes for their values; here a sentence
finds its pattern again, and its values move into the translation. A sentence without a pattern
stays as it is.
"""

import re
from functools import cache, lru_cache, partial

from citycommons.web.language import catalogue, translations

ROOMS_SAY = "said by a room"
"""The comment by which such messages are known in the catalogues."""

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
    """The sentence in this language, or as it is where nobody translated it."""
    for pattern, words in _patterns(language):
        if match := pattern.fullmatch(sentence):
            return _HOLE.sub(partial(_filled, match, language), words)
    return translations(language).gettext(sentence) if sentence else ""


def _filled(match: re.Match[str], language: str, hole: re.Match[str]) -> str:
    """The value; one that is a sentence itself (a question, a reason) is told, too."""
    value = match[hole[1]]
    is_sentence = value.endswith((".", "?")) and " " in value and value != match[0]
    return told(value, language) if is_sentence else value

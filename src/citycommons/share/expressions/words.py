"""Words in columns of text, as a full-text search finds them: whatever the case and the accents."""

import re
import unicodedata
from collections.abc import Sequence

from citycommons.share.expressions.tree import Call, Expression, Literal, call

MOST = 20  # words of one question
_BORDER = r"[^\pL\pN]"


def said(text: str, columns: Sequence[Expression]) -> Expression:
    """Whether each word stands in one of the columns."""
    words = text.split()[:MOST]
    if not columns:
        return Literal(not words)
    return _every([_any([_word(one, word) for one in columns]) for word in words])


def held(one: Expression, text: str, *, is_prefix: bool = False) -> Expression:
    """Whether each word stands in this text; `*` and `?` stand for letters, whole or begun."""
    return _every([_word(one, word, is_prefix=is_prefix) for word in text.split()[:MOST]])


def _every(parts: list[Expression]) -> Expression:
    return Call("and", tuple(parts)) if len(parts) != 1 else parts[0] if parts else Literal(True)


def _any(parts: list[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else Call("or", tuple(parts))


def _word(one: Expression, word: str, *, is_prefix: bool = False) -> Expression:
    plain = _folded(word)[:200]
    signs = [{"*": r"[\pL\pN]*", "%": r"[\pL\pN]*", "?": r"[\pL\pN]"}.get(c) for c in plain]
    pattern = "".join(sign or re.escape(c) for c, sign in zip(plain, signs, strict=True))
    end = "" if is_prefix else f"($|{_BORDER})"
    folded = call("accenti", call("lower", one))
    found = call("matches", folded, Literal(f"(^|{_BORDER}){pattern}{end}"))
    # The longest run of letters is looked for first, which costs a tenth.
    longest = max(re.split(r"[*?%]", plain), key=len)
    return call("and", call("contains", folded, Literal(longest)), found)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in plain if not unicodedata.combining(c))

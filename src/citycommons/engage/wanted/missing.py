"""Searches that found nothing, as demand: what is missing most, and never who looked for it.

Kept is the term as people mean it (folded, bounded) with a count for each month. A term that looks
like personal data is not kept at all. Shown are terms from `SHOWN_FROM` searches on; rarer ones
are forgotten after three months, as a name that one person typed is nobody's business.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from citycommons.core.errors import Forbidden
from citycommons.core.types import ClientKind
from citycommons.govern.access import Action, allows_anywhere
from citycommons.store import missed as rows
from citycommons.store.missed import MissedBuffer
from citycommons.store.work import Work

SHOWN_FROM = 5
KEPT_MONTHS = 3
_LONGEST, _SHORTEST, _MOST_WORDS = 60, 3, 6
_DIGITS = re.compile(r"\d")
_WORD = re.compile(r"[\w'’.-]+", re.UNICODE)
_PERSONAL = re.compile(r"@|://|www\.|\biban\b", re.IGNORECASE)
_MOST_DIGITS = 5  # a postcode or two years' digits may be meant; a number of a person is longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A term that was searched for in vain."""

    term: str
    searches: int
    last: date  # first day of the month of the last one


def kept_term(text: str) -> str:
    """The term as it is counted; empty for what is not kept.

    >>> kept_term("  Trinkbrunnen ")
    'trinkbrunnen'
    >>> kept_term("max@example.org"), kept_term("0251 4920"), kept_term("a")
    ('', '', '')
    """
    if len(text) > 4 * _LONGEST or _PERSONAL.search(text):
        return ""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if len(_DIGITS.findall(plain)) > _MOST_DIGITS:
        return ""
    words = [word.strip("'’.-_") for word in _WORD.findall(plain)]
    term = " ".join(word for word in words if word)
    if not _SHORTEST <= len(term) <= _LONGEST or len(term.split()) > _MOST_WORDS:
        return ""
    return term if any(sign.isalpha() for sign in term) else ""


def note(gathered: MissedBuffer, text: str, *, client: ClientKind, visitor: str = "") -> None:
    """Count a search that found nothing, of a person; costs no write (see `store.missed`)."""
    if client is ClientKind.PERSON and (term := kept_term(text)):
        gathered.add(term, visitor)


def missed(work: Work, since: date, limit: int = 100, offset: int = 0) -> tuple[Missed, ...]:
    """What was searched for in vain since then, most first, from `SHOWN_FROM` searches on.

    Whole months count: a month that `since` lies in is counted from its first day. Raises
    `Forbidden` for who has no role: terms are for those who can do something about them.
    """
    if not (
        allows_anywhere(work.actor, Action.DESCRIBE)
        or allows_anywhere(work.actor, Action.READ_LEDGER)
    ):
        raise Forbidden("What was searched in vain is for the city's staff. Sign in.")
    found = rows.totals(
        work.db,
        since=since.replace(day=1),
        at_least=SHOWN_FROM,
        limit=limit,
        offset=offset,
    )
    return tuple(Missed(term=term, searches=n, last=last) for term, n, last in found)


def forget(work: Work) -> int:
    """Forget rare terms of long ago; answers how many."""
    month = work.now.date().replace(day=1)
    for _ in range(KEPT_MONTHS - 1):
        month = (month - timedelta(days=1)).replace(day=1)
    return rows.drop(work.db, before=month, below=SHOWN_FROM)

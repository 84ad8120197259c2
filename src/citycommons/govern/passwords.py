"""Passwords: what is good enough, and how they are kept (argon2id)."""

import threading
from functools import cache
from typing import TYPE_CHECKING

from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
LONGEST = 200  # hashing more would be work without gain
_AT_ONCE = threading.BoundedSemaphore(4)  # each hashing takes 19 MiB

# The most used of ten signs and more, from published lists of leaked passwords.
_COMMON = frozenset(  # one a word
    """1234567890 12345678910 123456789a 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwerty12345
    qwerty123456 password12 password123 password1234 password12345 passw0rd123 p@ssw0rd123
    administrator administrator1 admin12345 admin123456 iloveyou123 iloveyou12 letmein123
    letmein1234 welcome123 welcome1234 welcome2024 welcome2025 welcome2026 changeme123
    changeme1234 football123 baseball123 superman123 princess123 sunshine123 monkey12345
    dragon12345 abcdefghij abcdefghijk abc123456789 a123456789 0123456789 9876543210
    987654321a asdfghjkl1 asdfghjkl123 zxcvbnm123 qazwsxedc123 trustno1234 passwort123
    passwort1234 hallo12345 willkommen motdepasse motdepasse1 motdepasse123 azertyuiop
    azerty12345 bonjour123 password01 ciao123456 benvenuto1 citycommons citycommons1""".split()  # noqa: SIM905
)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    # OWASP's second choice (19 MiB, 2 passes): many sign-ins at once must not fill the memory.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")


def check_password(password: str, *words: str) -> None:
    """Raise `Invalid` that says why this is no good password; `words` are the person's own."""
    folded = password.casefold()
    own = {part for word in words for part in (word.casefold(), word.casefold().split("@")[0])}
    if len(password) < SHORTEST:
        raise Invalid(
            f"The password needs {SHORTEST} signs or more; a sentence is easy to keep in mind.",
            column="password",
        )
    if len(password) > LONGEST:
        raise Invalid(f"The password has more than {LONGEST} signs.", column="password")
    if folded in own or folded.strip("0123456789!.?") in own - {""}:
        raise Invalid("The password must not be the name or e-mail address.", column="password")
    if folded in _COMMON or len(set(folded)) < 4:
        raise Invalid("Everybody tries this password first; choose another.", column="password")


def hashed(password: str) -> str:
    """The password as it is kept."""
    with _AT_ONCE:
        return _hasher().hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Whether the password is the one that is kept; as slow when there is none."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _AT_ONCE:
        try:
            return _hasher().verify(kept or _nobodys(), password[:LONGEST]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

"""Signing in with a password, and the sessions that come of it."""

import secrets
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from citycommons.core.errors import TooOften
from citycommons.core.types import ANYONE, Actor
from citycommons.govern import audit
from citycommons.govern.passwords import is_right
from citycommons.govern.people import clean_email
from citycommons.store import people as rows
from citycommons.store.people import kept_token
from citycommons.store.work import City, Work

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
_TOUCH = timedelta(minutes=30)  # a read need not write the new end each time


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session; the token is told once, to the browser."""

    actor: Actor
    token: str
    expires: datetime


class Attempts:
    """Failed sign-ins of the last quarter of an hour, in memory; one for each process."""

    WINDOW = timedelta(minutes=15)
    PER_ACCOUNT = 5  # from one address
    PER_ADDRESS = 30
    _MOST = 20_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()

    def check(self, email: str, address: str, now: datetime) -> None:
        """Raise `TooOften` when this was tried too often."""
        for name, most in self._names(email, address):
            with self._lock:
                times = self._failed.get(name, deque())
                while times and now - times[0] > self.WINDOW:
                    times.popleft()
                if len(times) < most:
                    continue
                wait = int((times[0] + self.WINDOW - now).total_seconds()) + 1
            raise TooOften(
                f"Too many failed attempts. Try again in {-(-wait // 60)} minutes.",
                retry_after_s=wait,
            )

    def failed(self, email: str, address: str, now: datetime) -> None:
        with self._lock:
            for name, most in self._names(email, address):
                self._failed.setdefault(name, deque(maxlen=most)).append(now)
                self._failed.move_to_end(name)
            while len(self._failed) > self._MOST:
                self._failed.popitem(last=False)

    def succeeded(self, email: str, address: str) -> None:
        with self._lock:
            self._failed.pop(self._names(email, address)[0][0], None)

    def _names(self, email: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
        return (f"{address} {email}", self.PER_ACCOUNT), (address, self.PER_ADDRESS)


def sign_in(
    city: City, attempts: Attempts, *, email: str, password: str, address: str
) -> SignedIn | None:
    """Start a session; None if e-mail and password do not open an account, whatever the reason.

    Takes the same time either way. Raises `TooOften` after too many failures.
    """
    email, now = clean_email(email), city.clock()
    attempts.check(email, address, now)
    with city.work(ANYONE, may_write=False) as work:
        found = rows.account_by_email(work.db, email)
        kept = rows.password(work.db, found.actor.id) if found and not found.disabled else None
    # Hashed between two transactions: nobody waits for the write lock meanwhile.
    if not is_right(kept, password) or found is None:
        attempts.failed(email, address, now)
        with city.work(ANYONE) as work:
            audit.record(work, "sign-in-failed", found.actor.id if found else "nobody")
        return None
    attempts.succeeded(email, address)
    token = secrets.token_urlsafe(32)
    with city.work(found.actor) as work:
        rows.remove_expired(work.db, work.now)
        expires = work.now + IDLE
        rows.add_session(work.db, kept_token(token), found.actor.id, work.now, expires)
        audit.record(work, "sign-in", found.actor.id)
    return SignedIn(actor=found.actor, token=token, expires=expires)


def sign_out(work: Work, token: str) -> None:
    """End the session; a token that is none is no error."""
    rows.remove_session(work.db, kept_token(token))
    audit.record(work, "sign-out", work.actor.id)


def sign_out_everywhere(work: Work) -> None:
    """End all of one's own sessions."""
    rows.remove_sessions(work.db, work.actor.id)
    audit.record(work, "sign-out", work.actor.id, everywhere=True)


def holder(city: City, token: str) -> Actor | None:
    """Who holds this session; None if it ended: 12 h without use, 7 days in all."""
    with city.work(ANYONE, may_write=False) as work:
        found = rows.session(work.db, kept_token(token))
        now = work.now
    if found is None or now >= found.expires:
        return None
    until = min(now + IDLE, found.created + LONGEST)
    if until - found.expires > _TOUCH:
        with city.work(found.actor) as work:
            rows.extend_session(work.db, kept_token(token), until)
    return found.actor

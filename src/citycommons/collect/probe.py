"""Whether an address still answers, and what it gives: the checker of links."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from citycommons.collect.hosts import Robots
from citycommons.collect.polite import Polite
from citycommons.core.errors import CityError, Forbidden, TooMuch
from citycommons.core.types import Digest

COPY_BYTES = 50 << 20
"""Larger files are only asked whether they are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How an address answered."""

    status: int  # HTTP status; 0 when nothing answered
    reason: str = ""  # in words, when it did not answer well
    is_known: bool = True  # false: robots.txt or the guard did not let us ask
    copy: Digest | None = None
    copied: datetime | None = None
    copy_name: str = ""
    copy_bytes: int | None = None

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 400


def polite(copies: Path, allow_hosts: tuple[str, ...]) -> Polite:
    """The client that asks for links: patient with hosts, obedient to robots.txt, soon content."""
    return Polite(
        cache=copies,
        allow_hosts=allow_hosts,
        robots=Robots.OBEY,
        timeout_s=20.0,
        total_s=120.0,
        attempts=2,
        most_bytes=COPY_BYTES,
    )


def probe(client: Polite, url: str, *, with_copy: bool) -> Answer:
    """Ask for the address; `with_copy` keeps what it gives (only if it changed since).

    Never raises: whatever happens is an answer about the link.
    """
    try:
        status, length = client.look(url)
        if not 200 <= status < 300:
            return Answer(status=status, reason=f"it answers {status}")
        if not with_copy or (length or 0) > COPY_BYTES:
            return Answer(status=status)
        parcel = client.file(url)
    except TooMuch:
        return Answer(status=200)
    except Forbidden as error:
        return Answer(status=0, reason=error.message, is_known=False)
    except CityError as error:
        return Answer(status=int(error.where.get("status") or 0), reason=error.message)
    return Answer(
        status=200,
        copy=parcel.digest,
        copied=parcel.received,
        copy_name=parcel.name,
        copy_bytes=parcel.path.stat().st_size,
    )

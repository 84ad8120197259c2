"""Connector `web`: files at http and https addresses, asked for politely and kept when received."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from citycommons.collect.archives import MOST_BYTES, unpack
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.types import Parcel

_SPAN = re.compile(r"(\d{4})-(\d{2})\.\.(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A file at an address, or one for each of `days` or `parts` where the address says so:
    `{day:%Y-%m-%d}`, `{part}`.

    A file whose `sha256` is known and kept already is not asked for at all; another one is asked
    for only if it changed (ETag, Last-Modified). A broken download goes on where it broke.
    Attempts are repeated with growing pauses, or those the server asks for.
    """

    url: str = field(metadata={"says": "Address of the file: https://host/path"})
    sha256: str = field(default="", metadata={"says": "Checksum, where the file never changes"})
    days: str = field(
        default="", metadata={"says": "One file a day: 2015-01-01/2016-12-31, both included"}
    )
    skip: tuple[str, ...] = field(
        default=(), metadata={"says": "Days the source does not have: 2015-12-25, sunday"}
    )
    parts: tuple[str, ...] = field(
        default=(), metadata={"says": "For {part} in the address: north, north/2019-01..2020-12"}
    )
    headers: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"says": "Headers; they go to the first host only", "secret": True},
    )
    unpack: bool = field(
        default=False, metadata={"says": "Whether members of an archive come one by one"}
    )
    members: str = field(default="*", metadata={"says": "Names of members that are wanted"})
    most_unpacked_bytes: int = MOST_BYTES
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """Bring the file, or the file of each day, in order.

        Raises `Unavailable` if the source does not answer or answers with an error, `Forbidden` for
        an address inside the network, `TooMuch` for a file over `most_bytes`, and `Invalid` if the
        content has another checksum than the declared one.
        """
        with self.client as client:
            for url in self.addresses():
                parcel = client.file(url, headers=self.headers, sha256=self.sha256)
                if not self.unpack:
                    yield parcel
                    continue
                into = client.parcels.unpacked(parcel.digest)
                yield from unpack(
                    parcel, into, members=self.members, most_bytes=self.most_unpacked_bytes
                )

    def addresses(self) -> list[str]:
        """The address, or one for each day or part."""
        if self.parts:
            parts = (one for part in self.parts for one in _months(part))
            return [self.url.replace("{part}", part) for part in parts]
        if not self.days:
            return [self.url]
        try:
            first, last = (date.fromisoformat(day) for day in self.days.split("/"))
            span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
            there = (day for day in span if not {day.isoformat(), _weekday(day)} & {*self.skip})
            return [self.url.format(day=day) for day in there]
        except (ValueError, KeyError, IndexError) as cause:
            raise Invalid(
                f"“{self.url}” with days “{self.days}” gives no addresses. "
                "Write https://…/{day:%Y-%m-%d}.csv and 2015-01-01/2015-12-31."
            ) from cause


def _months(part: str) -> list[str]:
    """`north/2019-11..2020-01` as three parts, one a month; any other part as it is."""
    if (span := _SPAN.search(part)) is None:
        return [part]
    year, month, last_year, last_month = map(int, span.groups())
    count = 12 * (last_year - year) + last_month - month + 1
    days = (month - 1 + n for n in range(count))
    return [_SPAN.sub(f"{year + n // 12}-{n % 12 + 1:02d}", part) for n in days]


def _weekday(day: date) -> str:
    # Not strftime, which speaks the language of the machine.
    return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[
        day.weekday()
    ]

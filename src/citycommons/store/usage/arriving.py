"""Uses as they happen: held until their answer succeeds, gathered, written down once a second."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import date, datetime
from hashlib import blake2b
from secrets import randbits
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from citycommons.core.counting import Asker, Referrer, Region
from citycommons.core.types import Channel, ClientKind, DatasetId, Use
from citycommons.store.proof_tables import copies, portals
from citycommons.store.usage import batches
from citycommons.store.usage.agents import kind_of
from citycommons.store.usage.batches import Batch, Hits, Key
from citycommons.store.usage.referrers import class_of, host_of, region_of
from citycommons.store.usage.settling import settle

log = logging.getLogger("citycommons.store")

WRITE_S = 0.8  # so that with the writing itself no hit waits longer than a second
_MOST = 500_000  # hits that wait while nothing can be written: some 200 MB
_CHEAP = 200_000  # hits of a day that are counted within a moment
_PORTALS_S = 60.0

_Use = tuple[datetime, DatasetId, int, Use, Channel]
_Arrived = tuple[_Use, str, Asker]


class UsageBuffer:
    """Hits of this process: in memory for less than a second, then in the database for a day.

    A hard kill loses at most the last second. Addresses never leave the memory: what is written is
    a hash with the day's salt, which all processes of a city share.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._arrived: deque[_Arrived] = deque(maxlen=_MOST)
        self._packed: list[tuple[date, Batch]] = []  # in vain so far
        self._starting = threading.Lock()
        self._writing = threading.Lock()
        self._timer: threading.Timer | None = None
        self._is_counted = True
        self._salts: dict[date, bytes] = {}
        self._portals: tuple[float, frozenset[str]] = (0.0, frozenset())

    def add(self, use: _Use, format: str, asker: Asker) -> None:
        """Gather one use."""
        self._arrived.append((use, format, asker))
        if self._timer is None:
            self._soon()

    def _soon(self) -> None:
        with self._starting:
            if self._timer is None:
                self._timer = threading.Timer(WRITE_S, self._by_the_clock)
                self._timer.daemon = True
                self._timer.start()

    def _by_the_clock(self) -> None:
        """Write; while the database is busy or the disk full, hits wait for another second."""
        try:
            self.write()
        except DBAPIError as error:
            is_full = len(self._arrived) == _MOST
            log.warning("uses wait%s: %s", ", the oldest are lost" if is_full else "", error.orig)
            self._soon()

    def write(self) -> None:
        """Write what was gathered; what cannot be written stays for the next time."""
        with self._writing:  # closing waits for what another thread began
            self._timer = None  # before anything is taken: what comes after starts another
            if not self._arrived and not self._packed:
                return
            self._pack()
            with batches.writing(self._engine) as db:
                for day, batch in self._packed:
                    batches.write(db, day, batch, self._clock())
            self._packed.clear()
            self._is_counted = False

    def _pack(self) -> None:
        hosts = self._portal_hosts()
        taken = [self._arrived.popleft() for _ in range(len(self._arrived))]
        days: dict[date, list[_Arrived]] = {}
        for one in taken:
            days.setdefault(one[0][0].date(), []).append(one)
        for day, arrived in days.items():
            try:
                hits = hits_of(arrived, self._salt(day), hosts)
            except BaseException:
                self._arrived.extendleft(reversed(arrived))
                raise
            self._packed.append((day, Batch(batches.new_id(), len(hits), batches.pack(hits))))

    def _salt(self, day: date) -> bytes:
        """The city's salt of that day; no process keeps one of a day that is over."""
        if day not in self._salts:
            with batches.writing(self._engine) as db:
                salt = batches.salt_of(db, day)
            self._salts = {day: salt}  # once it is certain that all others read the same
        return self._salts[day]

    def _portal_hosts(self) -> frozenset[str]:
        """Hosts of portals that we know, and of copies: who comes from there was sent by them."""
        read, hosts = self._portals
        if not read or time.monotonic() - read > _PORTALS_S:
            with batches.reading(self._engine) as db:
                found = [*db.scalars(select(portals.c.url)), *db.scalars(select(copies.c.iri))]
            hosts = frozenset(map(host_of, found)) - {""}
            self._portals = (time.monotonic(), hosts)
        return hosts

    def flush(self) -> None:
        """Write what was gathered and count it: for who wants to know all that was until now."""
        self.write()
        settle(self._engine, self._clock())
        self._is_counted = True

    def close(self) -> None:
        with self._starting:
            if self._timer is not None:
                self._timer.cancel()
        self.write()
        if not self._is_counted:
            settle(self._engine, self._clock(), most=_CHEAP)


def hits_of(arrived: list[_Arrived], salt: bytes, portals: frozenset[str]) -> Hits:
    """Uses of one day in columns: who asked is hashed, what they said of themselves classed."""
    visitors: dict[tuple[str, str], int] = {}
    sites: dict[tuple[str, str], Referrer] = {}
    places: dict[Key, int] = {}
    at: list[float] = []
    visitor: list[int] = []
    key: list[int] = []
    keyed = blake2b(key=salt, digest_size=8)
    for (moment, dataset, version, use, channel), format, asker in arrived:
        user, agent, is_program, referer, host, country = asker
        kind = ClientKind.MACHINE if is_program else kind_of(agent)
        site = Referrer.NONE
        if referer and (site := sites.get((referer, host), Referrer.NONE)) is Referrer.NONE:
            site = sites[referer, host] = class_of(referer, host, portals)
        region = region_of(country) if country else Region.UNKNOWN
        mine = (dataset, version, use, channel, kind, format, site, region)
        if not user:
            number = randbits(64)  # nobody said who: each is somebody else
        elif (number := visitors.get((user, agent), -1)) < 0:
            number = visitors[user, agent] = _number(keyed, user, agent)
        at.append(moment.timestamp())
        visitor.append(number)
        key.append(places.setdefault(mine, len(places)))
    return Hits(
        np.rint(np.array(at) * 1e6).astype(np.int64),
        np.array(visitor, np.uint64),
        np.array(key, np.uint32),
        tuple(places),
    )


def _number(keyed: Any, user: str, agent: str) -> int:
    hashed = keyed.copy()  # half as dear as to begin with the key each time
    hashed.update(f"{user}\n{agent}".encode(errors="replace"))
    return int.from_bytes(hashed.digest(), "little")


def visitor(db: Connection, day: date, asker: Asker) -> str:
    """The asker as a hash with the day's salt; empty if nobody says who asks."""
    if not asker.user:
        return ""
    keyed = blake2b(key=batches.salt_of(db, day), digest_size=8)
    return f"{_number(keyed, asker.user, asker.agent):016x}"


class Uses:
    """Uses in one answer, or by one command, until it is known that they succeeded."""

    __slots__ = ("_asker", "_buffer", "_format", "_found", "_is_over")

    def __init__(self, buffer: UsageBuffer) -> None:
        self._buffer = buffer
        self._found: list[_Use] = []
        self._asker: Asker | None = None
        self._format = ""
        self._is_over = False

    def add(
        self, at: datetime, dataset: DatasetId, version: int, use: Use, channel: Channel
    ) -> None:
        """Hold one use; while an answer is being sent, it counts at once."""
        one = (at, dataset, version, use, channel)
        if not self._is_over:
            self._found.append(one)
        elif self._asker is not None:
            self._buffer.add(one, self._format, self._asker)

    def __bool__(self) -> bool:
        return bool(self._found)

    def count(self, asker: Asker, format: str = "") -> None:
        """It succeeded. Data taken from a version are not counted as a look at it, too."""
        self._asker, self._format, self._is_over = asker, format, True
        for one in self._found if len(self._found) == 1 else _once(self._found):
            self._buffer.add(one, format, asker)
        self._found = []

    def forget(self, *, is_over: bool = False) -> None:
        """It failed, or is tried again by another way."""
        self._found, self._is_over = [], is_over


def _once(found: list[_Use]) -> list[_Use]:
    kept: dict[tuple[DatasetId, int], _Use] = {}
    for one in found:
        had = kept.get(one[1:3])
        if had is None or had[3] is Use.INVESTIGATION:
            kept[one[1:3]] = one
    return list(kept.values())

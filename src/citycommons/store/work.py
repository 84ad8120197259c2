"""`City` opens the stores once; `Work` is one transaction with its actor, clock and door."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from citycommons.core.counting import COMMAND, Asker
from citycommons.core.errors import Conflict, Unavailable
from citycommons.core.settings import Settings
from citycommons.core.types import Actor, Channel, DatasetId, Use
from citycommons.store.engine import make_engine
from citycommons.store.lake import Lake
from citycommons.store.migrate import check_schema, upgrade_schema
from citycommons.store.missed import MissedBuffer
from citycommons.store.recent import Recent, revise, watch
from citycommons.store.spread import spread
from citycommons.store.usage import UsageBuffer, Uses, visitor

_Found = TypeVar("_Found")
_Item = TypeVar("_Item")
Clock = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a room's function needs: stores in one transaction; who asks, when, by which door."""

    connect: Callable[[], Connection]  # the transaction, begun when it is first needed
    recent: Recent | None  # None while writing: nobody else has seen yet what is written here
    stamp: Callable[[], Hashable]  # of what is remembered, read once a transaction
    lake: Lake
    actor: Actor
    now: datetime
    channel: Channel
    asker: Asker
    uses: Uses | None  # held until the answer succeeds; None counts nothing: the house itself looks

    @property
    def db(self) -> Connection:
        """The transaction."""
        return self.connect()

    def known(self, question: Hashable, load: Callable[[], _Found]) -> _Found:
        """What `load` reads from the database, remembered until anybody writes to it."""
        return self.recent.get(question, load, self.stamp()) if self.recent else load()

    @property
    def visitor(self) -> str:
        """Who asks, as a hash that all processes share today and that means nothing tomorrow.

        Empty if the asker has neither account nor address.
        """
        return visitor(self.db, self.now.date(), self.asker)

    def use(self, dataset: DatasetId, version: int, use: Use) -> None:
        """Leave the fact that a version is used; it counts if what is done succeeds."""
        if self.uses is not None:
            self.uses.add(self.now, dataset, version, use, self.channel)

    def later(self, question: Hashable, load: Callable[[Connection], _Found]) -> _Found | None:
        """What `load` reads if it is there; else it is read meanwhile, see `Recent.later`."""
        return self.recent.later(question, load, self.stamp()) if self.recent else None

    def spread(self, function: Callable[[_Item], _Found], items: Iterable[_Item]) -> list[_Found]:
        """The function's value of each item, on all cores where that pays; see `store.spread`."""
        return spread(function, items)


class City:
    """One installation with its stores open; doors hold it as long as they live."""

    def __init__(self, settings: Settings, clock: Clock = _utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.engine: Engine = make_engine(settings.database_url)
        self.lake = Lake(settings.home / "lake")
        self.usage = UsageBuffer(self.engine, clock)
        self.missed = MissedBuffer(self.engine, clock)
        self.recent = Recent(self.engine)
        watch(self.engine)

    @classmethod
    def create(cls, settings: Settings, clock: Clock = _utc_now) -> "City":
        """Make the folders and the schema (or bring it up to date), then open."""
        try:
            settings.home.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise Unavailable(
                f"Cannot make the folder {settings.home}: {cause.strerror}."
            ) from cause
        city = cls(settings, clock)
        with city._closed_on_error():
            upgrade_schema(city.engine)
        return city

    @classmethod
    def open(cls, settings: Settings, clock: Clock = _utc_now) -> "City":
        """Open what is there.

        Raises `Unavailable` when there is no city in `home`, or when its schema is older or newer
        than this program; the message names the command that helps.
        """
        if not settings.database and not (settings.home / "city.db").exists():
            raise Unavailable(
                f"There is no city in {settings.home}. Make one with: citycommons init "
                f"{settings.home} (or try: citycommons demo)."
            )
        city = cls(settings, clock)
        with city._closed_on_error():
            check_schema(city.engine)
        return city

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    @contextmanager
    def work(
        self,
        actor: Actor,
        *,
        may_write: bool = True,
        channel: Channel = Channel.COMMAND,
        asker: Asker = COMMAND,
        uses: Uses | None = None,
    ) -> Iterator[Work]:
        """One transaction that commits whole or not at all.

        What it uses counts when it has ended well, as the `asker`'s; or, with `uses`, when who
        gave them says so.

        One that only reads begins when it first needs the database, if it does at all.

        With `may_write` SQLite's single write lock is taken at once, so that two writers queue
        (up to 30 s) instead of failing half way; do heavy reading and packing before.
        """
        begun: list[Connection] = []
        mine = Uses(self.usage) if uses is None else uses
        try:
            with ExitStack() as stack:

                def connect() -> Connection:
                    if not begun:
                        db = stack.enter_context(self.engine.connect())
                        db.info["may_write"] = may_write
                        db.info.pop("has_written", None)
                        stack.enter_context(db.begin())
                        begun.append(db)
                    return begun[0]

                if may_write:
                    connect()
                yield Work(
                    connect=connect,
                    recent=None if may_write else self.recent,
                    stamp=cache(self.recent.stamp),
                    lake=self.lake,
                    actor=actor,
                    now=self.clock(),
                    channel=channel,
                    asker=asker,
                    uses=mine,
                )
                if may_write:
                    revise(begun[0])
        except OperationalError as cause:
            raise _unavailable(cause) from cause
        except IntegrityError as cause:
            raise Conflict(
                "Somebody else changed the same thing at the same moment. Load it again, and "
                "repeat what you did."
            ) from cause
        if uses is None:
            mine.count(asker)

    def close(self) -> None:
        self.usage.close()
        self.missed.close()
        self.recent.close()
        self.engine.dispose()


def _unavailable(cause: OperationalError) -> Unavailable:
    text = str(cause.orig).lower()
    if "locked" in text or "busy" in text:
        return Unavailable("The database is busy with another writer; try again in a minute.")
    if "full" in text:
        return Unavailable("The disk is full: nothing was stored. Make room, then repeat.")
    if "readonly" in text or "read-only" in text:
        return Unavailable("The database cannot be written: check the rights of the home folder.")
    return Unavailable("The database does not answer as it should; see: citycommons doctor.")

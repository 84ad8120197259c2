"""“Try it”: fetch a little, and show what it is, before a source is saved. Bounded in every way."""

import dataclasses
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycommons.collect.connect import brings, connect
from citycommons.collect.polite import Polite
from citycommons.core.errors import CityError, TooMuch, Unavailable
from citycommons.core.types import Brings, Parcel, Source
from citycommons.store.work import City

SECONDS = 20.0
MOST_PARCELS = 5
MOST_BYTES = 30_000_000
_MOST_NAMES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One parcel that came, in short."""

    name: str
    bytes: int
    rows: int | None = None
    columns: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of trying."""

    seen: tuple[Seen, ...]
    brings: Brings
    is_more: bool = False


def try_it(
    city: City, source: Source, *, is_trusted: bool = False, seconds: float = SECONDS
) -> Tried:
    """Fetch the first parcels, read the first of them, and forget them.

    A source that `is_trusted` reads more folders than its publisher's own.

    Raises what the connector raises, and `Unavailable` when it takes longer than `seconds`.
    """
    answer: list[Tried | BaseException] = []

    def run() -> None:
        try:
            answer.append(_tried(city, source, is_trusted, time.monotonic() + seconds))
        except BaseException as cause:  # noqa: BLE001 - told by the thread that waits
            answer.append(cause)

    # Of its own, since a driver that hangs must not keep one of the portal's threads.
    thread = threading.Thread(target=run, name="try-source", daemon=True)
    thread.start()
    thread.join(seconds + 2)
    if not answer:
        raise Unavailable(
            f"Nothing came within {seconds:.0f} seconds. Check the address; a source that is only "
            "slow can be saved all the same."
        )
    if isinstance(answer[0], CityError):
        raise answer[0]
    if isinstance(answer[0], BaseException):
        raise Unavailable(
            f"This did not work: {type(answer[0]).__name__}. Check the options."
        ) from answer[0]
    return answer[0]


def _tried(city: City, source: Source, is_trusted: bool, end: float) -> Tried:
    folder = Path(tempfile.mkdtemp(prefix="citycommons-try-"))
    try:
        connector = connect(
            source.connector,
            source.options,
            city.settings,
            publisher=source.publisher,
            is_trusted=is_trusted,
        )
        connector = _bounded(connector, folder, city, end)
        parcels: list[Parcel] = []
        is_more = False
        with closing(_closable(connector.fetch())) as fetched:
            for parcel in fetched:
                if len(parcels) == MOST_PARCELS:
                    is_more = True
                    break
                parcels.append(parcel)
                if time.monotonic() > end:
                    is_more = True
                    break
        kind = brings(source.connector)
        seen = [_seen(city, one, kind, is_read=n == 0) for n, one in enumerate(parcels)]
        return Tried(seen=tuple(seen), brings=kind, is_more=is_more)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _closable(parcels: Iterator[Parcel]) -> Any:
    return parcels if hasattr(parcels, "close") else (one for one in parcels)


def _bounded(connector: Any, folder: Path, city: City, end: float) -> Any:
    """The connector with a client that keeps nothing, asks once, and stops in time."""

    def progress(done: int, _total: int | None) -> None:
        if time.monotonic() > end:
            raise TooMuch("It takes long to come; what there is was not waited for.")

    names = {one.name for one in dataclasses.fields(connector)}
    lent: dict[str, Any] = {}
    if "client" in names:
        lent["client"] = Polite(
            cache=folder / "parcels",
            allow_hosts=connector.client.allow_hosts,  # those that the options name
            timeout_s=10.0,
            total_s=SECONDS,
            attempts=1,
            most_bytes=MOST_BYTES,
            progress=progress,
        )
    if "home" in names:
        lent["home"] = folder
    if "settle_s" in names:
        lent["settle_s"] = 0.0
    return dataclasses.replace(connector, **lent)


def _seen(city: City, parcel: Parcel, kind: Brings, *, is_read: bool) -> Seen:
    size = parcel.path.stat().st_size if parcel.path.exists() else 0
    name = parcel.part or parcel.name
    if kind is Brings.RECORDS:
        return Seen(name=parcel.identifier or name, bytes=size)
    if not is_read:
        return Seen(name=name, bytes=size)
    from citycommons.standardise.read import standardised

    try:
        found = standardised(
            [parcel],
            zone=city.settings.timezone,
            bounds=city.settings.boundary,
            upload_limit_mb=city.settings.upload_limit_mb,
            unpacked_limit_mb=city.settings.unpacked_limit_mb,
        )
    except CityError as cause:
        return Seen(name=name, bytes=size, trouble=cause.message)
    return Seen(
        name=name,
        bytes=size,
        rows=found.table.num_rows,
        columns=tuple(found.table.column_names[:_MOST_NAMES]),
    )

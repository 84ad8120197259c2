"""Connector `mqtt`: messages of a broker (MQTT 5.0 and 3.1.1), gathered into lines of JSON."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from citycommons.collect.mqtt.spool import Message, Spool
from citycommons.collect.pages import numbered
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.types import Parcel

_MOST_AT_ONCE = 65_535  # receive maximum (MQTT 5.0, 3.3.4)
_MOST_TAKEN = 1 << 30  # bytes of one run
_MOST_WAITING = 64 << 20  # bytes in memory until they are written


@dataclass(frozen=True, slots=True, kw_only=True)
class Mqtt:
    """Messages of the given topics, one a line: key, topic, payload, received, retained.

    A payload larger than `most_payload_kb` is not taken; its line says `left_out_bytes` instead.

    The broker keeps messages for us between runs (a session that lasts), and is told that one has
    arrived only when it lies safely on our disk. What lies there is brought again until `since`
    says that it was taken in. So nothing is lost, whenever a process is killed; what the broker
    then sends again is known by its key and not written twice.
    """

    url: str = field(metadata={"says": "Address of the broker: mqtts://host or mqtt://host:1883"})
    topics: tuple[str, ...] = field(metadata={"says": "Topics: town/+/air, or town/#"})
    user: str = field(default="", metadata={"says": "Name to sign in with"})
    password: str = field(default="", metadata={"says": "Its password", "secret": True})
    client_id: str = field(
        default="", metadata={"says": "Name at the broker; empty: one that stays the same"}
    )
    protocol: str = field(
        default="5", metadata={"says": "Version of MQTT", "choices": ("5", "3.1.1")}
    )
    idle_s: float = field(default=5.0, metadata={"says": "Ends when no message came so long"})
    for_s: float = field(default=300.0, metadata={"says": "Ends after so long in any case"})
    batch_count: int = field(default=10_000, metadata={"says": "Messages of one file"})
    batch_s: float = field(default=1.0, metadata={"says": "Longest wait before messages are safe"})
    keep_days: int = field(default=14, metadata={"says": "How long the broker keeps what we miss"})
    most_payload_kb: int = field(default=1024, metadata={"says": "Larger messages are not taken"})
    ca: str = field(
        default="", metadata={"says": "Certificate of one's own authority, as PEM text"}
    )
    since: str = ""
    home: Path = Path()
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """Files of at most about `batch_count` messages; none if none came.

        Raises `Unavailable` if the broker does not answer or refuses, `Forbidden` for one inside
        the network that is not allowed by name.
        """
        self._check()
        spool = Spool(self.home / self._name, int(self.since or 0))
        batches = spool.batches(self._received(spool), self.batch_count)
        for number, files in enumerate(batches, start=1):
            yield self.client.keep(
                (path.read_bytes() for path in files),
                name=numbered("messages", number, "ndjson"),
                origin=f"{self.url.rstrip('/')}/{','.join(self.topics)}",
                media_type="application/x-ndjson",
                profile="mqtt",
                cursor=str(spool.number(files[-1])),
            )

    def _received(self, spool: Spool) -> Iterator[None]:
        """Take messages until it is quiet; yields whenever some are safe on the disk."""
        from citycommons.collect.mqtt.session import Session

        with closing(Session(self, self._name)) as session:
            started = heard = time.monotonic()
            waiting: list[Message] = []
            size, taken = 0, 0
            while True:
                now = time.monotonic()
                left = min(started + self.for_s, heard + self.idle_s) - now
                # A broker that awaits acknowledgements sends nothing more: they must not wait.
                pause = min(left, 0.2 if waiting else left)
                message = session.next(max(0.0, pause))
                if message is not None:
                    heard = time.monotonic()
                    waiting.append(message)
                    size += len(message.payload)
                    taken += len(message.payload)
                is_old = waiting and heard - waiting[0].heard > self.batch_s
                is_full = (
                    len(waiting) >= min(self.batch_count, _MOST_AT_ONCE) or size >= _MOST_WAITING
                )
                is_over = (
                    time.monotonic() >= min(started + self.for_s, heard + self.idle_s)
                    or taken >= _MOST_TAKEN  # the rest is for the next run
                )
                if waiting and (message is None or is_old or is_full or is_over):
                    spool.write(waiting)
                    for one in waiting:
                        session.acknowledge(one)
                    waiting, size = [], 0
                    yield
                if is_over:
                    session.check()
                    return

    @property
    def _name(self) -> str:
        """Stays the same for this source: under it the broker keeps what we have not heard."""
        said = f"{self.home.absolute()} {self.url} {self.user} {' '.join(sorted(self.topics))}"
        return self.client_id or f"citycommons-{sha256(said.encode()).hexdigest()[:16]}"

    def _check(self) -> None:
        if not self.topics or not all(self.topics):
            raise Invalid("Name at least one topic, as town/+/air.", column="topics")
        if self.protocol not in ("5", "3.1.1"):
            raise Invalid("The protocol is 5 or 3.1.1.", column="protocol")
        if self.since and not self.since.isdigit():
            raise Invalid("The source was of another kind before. Read it from its beginning.")
        if not self._name.replace("-", "").replace("_", "").isalnum():
            raise Invalid("The client id may hold letters, digits, - and _.", column="client_id")

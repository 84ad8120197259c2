"""COUNTER's rules once more, slow and obvious, to hold the fast ones against."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from citycommons.core.counting import Asker
from citycommons.core.types import Channel, DatasetId, Use
from citycommons.store.usage.arriving import UsageBuffer
from citycommons.store.usage.batches import Counts, Sessions

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
KINDS = {FIREFOX: "person", "curl/8.5.0": "machine", "Googlebot/2.1": "robot"}


@dataclass(frozen=True)
class Seen:
    """One use as somebody saw it happen."""

    moment: datetime
    user: str = "10.0.0.1"
    agent: str = FIREFOX
    dataset: str = "trees"
    version: int = 1
    use: Use = Use.REQUEST
    channel: Channel = Channel.FILE
    format: str = "csv"

    @property
    def key(self) -> tuple[str, int, str, str, str, str, str, str]:
        kind = KINDS[self.agent]
        plain = (self.use.value, self.channel.value, kind)
        return (self.dataset, self.version, *plain, self.format, "", "")

    @property
    def thing(self) -> tuple[object, ...]:
        is_file = self.channel is Channel.FILE and self.use is Use.REQUEST
        return (self.dataset, self.version, self.use, self.format if is_file else "")


def told(buffer: UsageBuffer, one: Seen) -> None:
    use = (one.moment, DatasetId(one.dataset), one.version, one.use, one.channel)
    buffer.add(use, one.format, Asker(one.user, one.agent))


def expected(seen: list[Seen]) -> tuple[Counts, Sessions]:
    """Counts and sessions of one day, one use after the other."""
    kept = [one for place, one in enumerate(seen) if not _is_followed(place, seen)]
    counts = Counter(one.key for one in kept)
    hours: dict[tuple[str, int, str, str], set[object]] = {}
    for one in kept:
        hour = (one.user, one.agent, one.moment.hour)
        for dataset, version in ((one.dataset, one.version), (one.dataset, 0), ("", 0)):
            kind = KINDS[one.agent]
            hours.setdefault((dataset, version, "investigation", kind), set()).add(hour)
            if one.use is Use.REQUEST:
                hours.setdefault((dataset, version, "request", kind), set()).add(hour)
    return dict(counts), {what: len(sessions) for what, sessions in hours.items()}


def _is_followed(place: int, seen: list[Seen]) -> bool:
    """Whether the same visitor came back to the same thing within 30 seconds."""
    one = seen[place]
    for other_place, other in enumerate(seen):
        if (one.user, one.agent, one.thing) != (other.user, other.agent, other.thing):
            continue
        is_later = (other.moment, other.key, other_place) > (one.moment, one.key, place)
        if is_later and other.moment - one.moment <= timedelta(seconds=30):
            return True
    return False

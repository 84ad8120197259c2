"""The one place that sends something to other hosts: a POST, guarded, short, never redirected."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from citycommons.collect.asking import in_words
from citycommons.collect.deadline import within
from citycommons.collect.guard import GuardedTransport, Resolver, check_address, resolve
from citycommons.collect.hosts import AGENT
from citycommons.core.errors import CityError

SECONDS = 10.0  # for all of it: the name, the connection, the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How a host took what was sent; without a status it gave no answer."""

    status: int | None
    reason: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_hosts: tuple[str, ...] = (),
    resolver: Resolver = resolve,
    inner: httpx.BaseTransport | None = None,
    seconds: float = SECONDS,
) -> Sent:
    """POST the body once. Whatever goes wrong is an answer, never an error.

    A redirect is not followed: where it leads nobody has asked for. Of the answer only the status
    is read.
    """
    try:
        check_address(url)
        transport = GuardedTransport(allow_hosts, resolver, inner)
        with (
            httpx.Client(transport=transport, timeout=seconds, trust_env=False) as client,
            within(time.monotonic() + seconds),
            client.stream(
                "POST",
                url,
                content=body,
                headers={"user-agent": AGENT, **headers},
                follow_redirects=False,
            ) as answer,
        ):
            return Sent(status=answer.status_code, reason=answer.reason_phrase[:200])
    except CityError as error:
        return Sent(status=None, reason=error.message)
    except (httpx.HTTPError, httpx.InvalidURL) as cause:
        told = in_words(cause) if isinstance(cause, httpx.TransportError) else str(cause)
        return Sent(status=None, reason=told[:200])

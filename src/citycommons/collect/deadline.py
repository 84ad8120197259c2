"""A deadline for a whole request: connecting, headers and content, however slowly they come.

Timeouts of a client hold between two bytes. A server that sends one byte every now and then keeps
within them for days; here each wait on the network is cut where the request's time is over.
"""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

_here = threading.local()  # a request is sent and read by one thread


@contextmanager
def within(end: float) -> Iterator[None]:
    """All that this thread waits for on the network ends at `end`, of the monotonic clock.

    Then httpx raises `ReadTimeout`. Inside of another deadline the earlier one holds.
    """
    before: float | None = getattr(_here, "end", None)
    _here.end = end if before is None else min(before, end)
    try:
        yield
    finally:
        _here.end = before


class TimedTransport(httpx.HTTPTransport):
    """The transport of httpx over sockets that keep the deadline of `within`."""

    def __init__(self) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_Network(),
        )


def _left(timeout: float | None) -> float | None:
    end: float | None = getattr(_here, "end", None)
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time of the whole request is over")
    return left if timeout is None else min(left, timeout)


class _Network(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._inner.connect_tcp(host, port, _left(timeout), local_address, socket_options)
        )

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

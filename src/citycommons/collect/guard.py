"""What may be fetched: public hosts over HTTP(S), and private ones only when allowed by name.

The name is resolved here, each address is checked, and the connection goes to the checked address
itself. So a name that changes its answer between check and connection (DNS rebinding) cannot lead
inside, and neither can a redirect, which passes the same way.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx

from citycommons.collect.deadline import TimedTransport
from citycommons.core.errors import Forbidden, Invalid, Unavailable

Resolver = Callable[[str, int], list[str]]

FROM = "citycommons_from"
"""Extension of a request: the host that redirected to its address."""

_NAT64 = ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host name, in the order in which the system would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether the address belongs to the public internet, whatever it is wrapped in."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner: IPv4Address | None = ip.ipv4_mapped or ip.sixtofour
        if ip.teredo:
            inner = ip.teredo[1]
        if ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def check_address(url: str) -> tuple[str, int]:
    """Host and port of an address that may be asked for at all.

    Raises `Invalid` for another scheme than http and https, and for a password in the address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as cause:
        raise Invalid(f"“{url}” is no address. Write it as https://host/path.") from cause
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid(f"“{url}” is no http or https address. Write it as https://host/path.")
    if parts.username or parts.password:
        raise Invalid(
            f"The address of {parts.hostname} holds a name or password. Give it as a header."
        )
    return parts.hostname, port


def checked(url: str, allow_hosts: tuple[str, ...] = (), resolver: Resolver = resolve) -> str:
    """The IP address to connect to for `url`.

    Raises `Forbidden` if any of the host's addresses is not public and the host is not allowed by
    name, and `Unavailable` if the name cannot be resolved.
    """
    host, port = check_address(url)
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError) as cause:
        raise Unavailable(
            f"The host {host} cannot be found. Check the address and the network connection.",
            host=host,
        ) from cause
    if not addresses:
        raise Unavailable(f"The host {host} has no address.", host=host)
    if host not in allow_hosts and not all(map(is_public, addresses)):
        raise Forbidden(
            f"{host} is an address inside this network. If it shall be fetched, "
            "name it in the setting allow_hosts.",
            host=host,
        )
    return addresses[0]


class GuardedTransport(httpx.BaseTransport):
    """Sends each request to the checked address, under the name of its host (Host, SNI)."""

    def __init__(
        self,
        allow_hosts: tuple[str, ...] = (),
        resolver: Resolver = resolve,
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        self._allow_hosts = allow_hosts
        self._resolver = resolver
        # No proxy from the environment: it would connect to addresses nobody has checked.
        self._inner = inner or TimedTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # Whoever is outside may not send us inside: that was allowed to those who named it.
        is_sent = request.extensions.get(FROM, request.url.host) not in (
            request.url.host,
            *self._allow_hosts,
        )
        allowed = () if is_sent else self._allow_hosts
        address = checked(str(request.url), allowed, self._resolver)
        guarded = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # holds Host as the reader wrote it
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return self._inner.handle_request(guarded)

    def close(self) -> None:
        self._inner.close()

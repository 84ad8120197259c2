"""A session at a broker through paho-mqtt: it lasts, and nothing is acknowledged by itself."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from citycommons.collect.guard import checked
from citycommons.collect.mqtt.spool import Message
from citycommons.core.errors import CityError, Invalid, Unavailable

if TYPE_CHECKING:
    from citycommons.collect.mqtt import Mqtt

_CONNECT_S = 20.0
_MOST_UNACKNOWLEDGED = 65_535
_MOST_HELD, _MOST_HELD_BYTES = 10_000, 64 << 20  # messages that wait here; more wait at the broker
_LEAST_PACKET = 16 << 20  # bytes; MQTT itself allows 256 MB


class _Client(paho.Client):
    """Connects to the address that was checked, under the host's name for its certificate."""

    address = ""
    most_packet = _LEAST_PACKET
    too_large: Callable[[int], None] = staticmethod(lambda size: None)

    def _sock_recv(self, bufsize: int) -> bytes:
        # What is still to come of one packet: it would be gathered in memory whole.
        if bufsize > self.most_packet:
            self.too_large(bufsize)
            raise ConnectionError(f"a packet of {bufsize} bytes")
        return super()._sock_recv(bufsize)

    def _create_socket_connection(self) -> socket.socket:
        return socket.create_connection((self.address, self._port), timeout=_CONNECT_S)

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        # As paho does it, which leaves the socket open when the certificate is refused.
        context = self._ssl_context or ssl.create_default_context()
        wrapped = context.wrap_socket(
            tcp_sock, server_hostname=self._host, do_handshake_on_connect=False
        )
        try:
            wrapped.settimeout(_CONNECT_S)
            wrapped.do_handshake()
        except OSError:
            wrapped.close()
            raise
        return wrapped


class Session:
    """Messages of a session, one after the other."""

    def __init__(self, wish: "Mqtt", name: str) -> None:
        self._wish = wish
        self._came: SimpleQueue[Message] = SimpleQueue()
        self._room = threading.Condition()
        self._held, self._held_bytes, self._is_over = 0, 0, False
        self._most_payload = wish.most_payload_kb << 10
        self._ready = threading.Event()
        self._wrong: CityError | None = None
        self._is_here = False
        is_new = wish.protocol == "5"
        self._client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            clean_session=None if is_new else False,
            protocol=MQTTProtocolVersion.MQTTv5 if is_new else MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        self._client.most_packet = max(_LEAST_PACKET, 2 * self._most_payload)
        self._client.too_large = self._too_large
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message
        self._connect(is_new)

    def next(self, within_s: float) -> Message | None:
        """The next message, or None if none came in time.

        Raises what was wrong with the connection.
        """
        if self._wrong:
            raise self._wrong
        try:
            found = self._came.get(timeout=within_s) if within_s else self._came.get_nowait()
        except Empty:
            return None
        with self._room:
            self._held -= 1
            self._held_bytes -= len(found.payload)
            self._room.notify()
        return found

    def acknowledge(self, message: Message) -> None:
        """Tell the broker that the message is safe and need not be sent again."""
        self._client.ack(message.mid, message.qos)

    def check(self) -> None:
        """Raise `Unavailable` if the connection broke and did not come back."""
        if self._wrong:
            raise self._wrong
        if not self._is_here:
            raise Unavailable(
                f"The connection to {self._wish.url} broke. What came is safe, and is brought by "
                "the next run."
            )

    def close(self) -> None:
        """Leave; the broker keeps the session, and sends again what was not acknowledged."""
        with self._room:
            self._is_over = True
            self._room.notify()
        self._client.disconnect()
        self._client.loop_stop()

    def _connect(self, is_new: bool) -> None:
        wish = self._wish
        host, port, is_tls = _place(wish.url)
        named = f"[{host}]" if ":" in host else host
        address = checked(f"https://{named}:{port}/", wish.client.allow_hosts, wish.client.resolver)
        self._client.address = address
        if wish.user:
            self._client.username_pw_set(wish.user, wish.password or None)
        if is_tls:
            self._client.tls_set_context(_trusted(wish.ca))
        options: dict[str, Any] = {}
        if is_new:
            said: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            said.SessionExpiryInterval = wish.keep_days * 86_400
            said.ReceiveMaximum = min(wish.batch_count, _MOST_UNACKNOWLEDGED)
            said.MaximumPacketSize = wish.most_payload_kb << 10
            options = {"clean_start": False, "properties": said}
        try:
            self._client.connect(host, port, keepalive=30, **options)
        except (OSError, ssl.SSLError) as cause:
            raise Unavailable(
                f"{wish.url} does not answer: {cause}. Check the address, and the certificate of "
                "an mqtts address."
            ) from cause
        self._client.loop_start()
        if not self._ready.wait(_CONNECT_S):
            self.close()
            raise self._wrong or Unavailable(
                f"{wish.url} does not answer as a broker of MQTT does."
            )
        if self._wrong:
            self.close()
            raise self._wrong

    def _connected(
        self, client: paho.Client, _: Any, flags: Any, reason: ReasonCode, __: Any
    ) -> None:
        if reason.is_failure:
            self._fail(f"refuses: {reason}. Check user, password and protocol")
            return
        self._is_here = True
        if flags.session_present:
            self._ready.set()  # subscribed already; again, and retained messages would come again
        else:
            client.subscribe([(topic, 1) for topic in self._wish.topics])

    def _disconnected(self, *_: Any) -> None:
        self._is_here = False

    def _subscribed(
        self, _: paho.Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Any
    ) -> None:
        for topic, reason in zip(self._wish.topics, reasons, strict=False):
            if reason.is_failure:
                self._fail(f"refuses the topic “{topic}”: {reason}. Ask its operators for it")
        self._ready.set()

    def _fail(self, words: str) -> None:
        self._wrong = self._wrong or Unavailable(f"{self._wish.url} {words}.")
        self._ready.set()

    def _message(self, _: paho.Client, __: Any, came: paho.MQTTMessage) -> None:
        size = len(came.payload)
        left_out = size if size > self._most_payload else 0
        size = 0 if left_out else size
        with self._room:
            # Nothing is read meanwhile, so the broker waits too: it sends no faster than we write.
            self._room.wait_for(lambda: self._is_over or self._has_room())
            if self._is_over:
                return  # not acknowledged, so it comes again
            self._held += 1
            self._held_bytes += size
        self._came.put(
            Message(
                topic=came.topic,
                payload=b"" if left_out else bytes(came.payload),
                left_out_bytes=left_out,
                mid=came.mid if came.qos else 0,
                qos=came.qos,
                is_retained=came.retain,
                is_again=came.dup,
                received=datetime.now(UTC),
                heard=time.monotonic(),
            )
        )

    def _has_room(self) -> bool:
        return self._held < _MOST_HELD and self._held_bytes < _MOST_HELD_BYTES

    def _too_large(self, size: int) -> None:
        self._fail(
            f"sends a message of {size >> 10} kB. Raise the option most_payload_kb, or ask its "
            "operators to take it away"
        )


def _place(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as cause:
        raise Invalid(f"“{url}” is no address: {cause}.", column="url") from cause
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise Invalid(f"“{url}” is no broker. Write mqtts://host or mqtt://host.", column="url")
    if parts.username or parts.password:
        raise Invalid(
            "The address holds a name or a password. Give them as `user` and `password`.",
            column="url",
        )
    is_tls = parts.scheme == "mqtts"
    return parts.hostname, port or (8883 if is_tls else 1883), is_tls


def _trusted(authority: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=authority or None)
    except (OSError, ssl.SSLError) as cause:
        raise Invalid(
            f"The certificate of the authority cannot be used: {cause}.", column="ca"
        ) from cause

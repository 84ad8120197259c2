"""Connector `sftp`: files of a server over SSH File Transfer, as utilities and operators use it."""

import base64
import hashlib
import io
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from citycommons.collect.arrivals import Listed, Take, pieces, wanted
from citycommons.collect.guard import checked
from citycommons.collect.polite import Polite
from citycommons.core.errors import Forbidden, Invalid, Unavailable
from citycommons.core.types import Parcel

if TYPE_CHECKING:
    import paramiko


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """Files of a folder of an SFTP server that came since the last time.

    The server must be known by the fingerprint of its key. Without one the first try says which
    fingerprint the server showed; compare it with what its operator tells you by another way.
    """

    host: str = field(metadata={"says": "Name of the server"})
    user: str = field(metadata={"says": "User name"})
    folder: str = field(default=".", metadata={"says": "Folder on the server"})
    pattern: str = field(default="*", metadata={"says": "Names of files: *.csv, counts-*.xlsx"})
    take: Take = field(
        default=Take.NEWEST,
        metadata={
            "says": "newest: each file is the whole state; each: every file is a delivery",
            "choices": ("newest", "each"),
        },
    )
    port: int = field(default=22, metadata={"says": "Port of the server"})
    fingerprint: str = field(default="", metadata={"says": "Of the server's key: SHA256:…"})
    password: str = field(default="", metadata={"says": "Password", "secret": True})
    private_key: str = field(
        default="", metadata={"says": "Private key in OpenSSH's format", "secret": True}
    )
    since: str = ""
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The wanted files, oldest first; nothing when none came.

        Raises `Forbidden` for a server with another key than the known one, and `Unavailable`
        when it does not answer or refuses the user.
        """
        origin = f"sftp://{self.host}:{self.port}"
        with self._session() as files:
            listed = _listed(files, self.folder)
            for one in wanted(listed, self.pattern, self.take, self.since):
                with files.open(f"{self.folder}/{one.name}", "rb") as stream:
                    stream.prefetch(one.bytes)
                    yield self.client.keep(
                        pieces(stream),
                        name=one.name,
                        origin=f"{origin}/{self.folder.strip('/')}/{one.name}",
                        cursor=one.cursor,
                    )

    @contextmanager
    def _session(self) -> Iterator[Any]:
        import paramiko

        address = checked(
            f"https://{self.host}:{self.port}", self.client.allow_hosts, self.client.resolver
        )
        try:
            line = socket.create_connection((address, self.port), self.client.timeout_s)
            with paramiko.Transport(line) as transport:
                transport.start_client(timeout=self.client.timeout_s)
                self._check(transport.get_remote_server_key())
                self._sign_in(transport)
                files = paramiko.SFTPClient.from_transport(transport)
                if files is None:
                    raise Unavailable(f"{self.host} offers no file transfer.")
                with files:
                    yield files
        except paramiko.AuthenticationException as cause:
            raise Unavailable(
                f"{self.host} refuses the user {self.user}. Check the password or the key."
            ) from cause
        except (paramiko.SSHException, OSError, EOFError) as cause:
            raise Unavailable(
                f"{self.host} cannot be read: {cause or 'the connection broke'}. Try again later, "
                "or check the folder."
            ) from cause

    def _check(self, key: "paramiko.PKey") -> None:
        shown = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        if self.fingerprint.removeprefix("SHA256:").rstrip("=") == shown:
            return
        known = "is not the known one" if self.fingerprint else "is not confirmed yet"
        raise Forbidden(
            f"The key of {self.host} {known}; it shows SHA256:{shown}. Ask its operator by another "
            "way, then set the option fingerprint."
        )

    def _sign_in(self, transport: "paramiko.Transport") -> None:
        if self.private_key:
            transport.auth_publickey(self.user, _key(self.private_key))
        else:
            transport.auth_password(self.user, self.password)


def _key(text: str) -> "paramiko.PKey":
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text))
        except (paramiko.SSHException, ValueError):
            continue
    raise Invalid("The private key cannot be read. Give an Ed25519, ECDSA or RSA key of OpenSSH.")


def _listed(files: "paramiko.SFTPClient", folder: str) -> list[Listed]:
    return [
        Listed(
            name=one.filename,
            bytes=one.st_size or 0,
            changed=datetime.fromtimestamp(one.st_mtime or 0, UTC),
        )
        for one in files.listdir_attr(folder)
        if one.st_mode is not None and stat.S_ISREG(one.st_mode)
    ]

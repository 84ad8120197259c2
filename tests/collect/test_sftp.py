"""An SFTP server of our own on loopback, and what the connector does with it."""

import os
import socket
import threading
from pathlib import Path

import paramiko
import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.polite import Polite
from citycommons.collect.sftp import Sftp
from citycommons.core.errors import Forbidden, Unavailable


class _Door(paramiko.ServerInterface):
    def check_auth_password(self, username, password):
        good = (username, password) == ("metro", "right")
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if username == "metro" else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "password,publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


def _files(root: Path) -> type[paramiko.SFTPServerInterface]:
    class Files(paramiko.SFTPServerInterface):
        def list_folder(self, path):
            found = []
            for one in sorted((root / path.strip("/")).iterdir()):
                attributes = paramiko.SFTPAttributes.from_stat(one.stat())
                attributes.filename = one.name
                found.append(attributes)
            return found

        def stat(self, path):
            return paramiko.SFTPAttributes.from_stat((root / path.strip("/")).stat())

        def open(self, path, flags, attr):
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = (root / path.strip("/")).open("rb")
            handle.stat = lambda: paramiko.SFTPAttributes.from_stat(
                os.fstat(handle.readfile.fileno())
            )
            return handle

    return Files


@pytest.fixture
def server(tmp_path):
    root, key = tmp_path / "server", paramiko.ECDSAKey.generate()
    root.mkdir()
    listening = socket.create_server(("127.0.0.1", 0))
    lines: list[paramiko.Transport] = []

    def serve():
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(line)
            lines.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _files(root))
            try:
                transport.start_server(server=_Door())
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield root, listening.getsockname()[1]
    listening.close()
    for transport in lines:
        transport.close()


def sftp(server, tmp_path, **options) -> Sftp:
    _, port = server
    given = {"host": "127.0.0.1", "port": port, "user": "metro", "password": "right"}
    client = Polite(cache=tmp_path / "cache", allow_hosts=("127.0.0.1",), timeout_s=10)
    return Sftp(**given | {"client": client} | options)


def shown(server, tmp_path) -> str:
    """The fingerprint that the first try tells."""
    with pytest.raises(Forbidden, match="is not confirmed yet") as caught:
        list(sftp(server, tmp_path).fetch())
    return next(w for w in caught.value.message.split() if w.startswith("SHA256:")).rstrip(".")


def test_files_of_a_confirmed_server_arrive_once(server, tmp_path):
    root, _ = server
    for number in range(3):
        (root / f"meters-{number}.csv").write_text(f"id\n{number}\n" * 10_000)
        os.utime(root / f"meters-{number}.csv", (1_700_000_000 + number,) * 2)
    given = {"fingerprint": shown(server, tmp_path), "take": "each", "pattern": "*.csv"}
    parcels = check_connector(sftp(server, tmp_path, **given))
    assert [parcel.name for parcel in parcels] == [f"meters-{n}.csv" for n in range(3)]
    assert parcels[2].path.read_text() == "id\n2\n" * 10_000
    again = sftp(server, tmp_path, **given, since=parcels[1].cursor)
    assert [parcel.name for parcel in again.fetch()] == ["meters-2.csv"]


def test_a_server_with_another_key_gets_no_password(server, tmp_path):
    with pytest.raises(Forbidden, match="is not the known one"):
        list(sftp(server, tmp_path, fingerprint="SHA256:AAAA").fetch())


def test_a_refused_user_is_told(server, tmp_path):
    wrong = sftp(server, tmp_path, fingerprint=shown(server, tmp_path), password="wrong")
    with pytest.raises(Unavailable, match="refuses the user metro"):
        list(wrong.fetch())


def test_an_address_inside_the_network_needs_its_name_in_the_settings(server, tmp_path):
    with pytest.raises(Forbidden, match="allow_hosts"):
        list(sftp(server, tmp_path, client=Polite(cache=tmp_path)).fetch())

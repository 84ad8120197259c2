"""The city's own Ed25519 key, made once; it lies in the home folder, readable by its owner alone.

It is no part of a backup, which people copy about: a city that is brought back without the folder
`keys` makes a new one, and its partners are asked to confirm that.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from citycommons.core.errors import Unavailable
from citycommons.store.disk import sync_folder

_FILE = "keys/usage.pem"


def signing_key(home: Path) -> Ed25519PrivateKey:
    """The key of the city in `home`; made when it is first asked for.

    Raises `Unavailable` when it can be neither read nor made.
    """
    path = home / _FILE
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as cause:
        reason = cause.strerror or str(cause)
        raise Unavailable(f"The city's key {path} cannot be read or made: {reason}.") from cause
    except ValueError as cause:
        raise Unavailable(
            f"{path} holds no key. Bring it back from where it was kept, or remove it: a new one "
            "is made, and partners are asked to confirm it."
        ) from cause
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"{path} holds another kind of key than Ed25519. Remove it.")
    return key


def _make(path: Path) -> None:
    """Write a new key whole or not at all; of two that make one at once, the first wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)

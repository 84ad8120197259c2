"""E-mail to followers: through the city's mail server, or as files where there is none.

`mail_server` is `smtps://name:password@host:465` (TLS from the start), `smtp://host:587` (TLS is
asked for and required) or `smtp+plain://host:25` (without; for a server on the same machine).
Without it each message is a file `mail/<follower>-<message>.eml` in the city's folder, which any
mail program opens and any transport agent can pick up.

References
----------
RFC 5322 (messages), RFC 2369 and RFC 8058 (List-Unsubscribe, with one click), RFC 3834 (automatic
messages).
"""

import os
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from citycommons.core.errors import Invalid
from citycommons.core.settings import Settings

FOLDER = "mail"
_SECONDS = 20.0
_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """How a message was taken; `is_final`: trying again would not help."""

    is_taken: bool
    reason: str = ""
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to one address."""

    id: str  # equal for each try
    follower: str
    to: str
    language: str
    subject: str
    text: str
    stop: str  # address that ends it with one click; empty for a message that is the only one
    made: datetime
    attachments: tuple[Attachment, ...] = ()


def written(letter: Letter, settings: Settings) -> EmailMessage:
    """The message; what people wrote can open no header of its own."""
    host = urlsplit(settings.url).hostname or "localhost"
    made = EmailMessage(policy=SMTP)
    made["From"] = _one_line(settings.mail_from or settings.contact or f"noreply@{host}")
    made["To"] = _one_line(letter.to)
    made["Subject"] = _one_line(letter.subject)[:200]
    made["Date"] = format_datetime(letter.made)
    made["Message-ID"] = f"<{letter.id}@{host}>"
    if letter.stop:
        made["List-Unsubscribe"] = f"<{letter.stop}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text)
    made["Content-Language"] = letter.language  # the content's own headers are set by then
    for one in letter.attachments:
        main, _, sub = one.media_type.partition("/")
        made.add_attachment(one.content, maintype=main, subtype=sub, filename=_one_line(one.name))
    return made


def send(letter: Letter, settings: Settings) -> Posted:
    """Bring the message on its way once. Whatever goes wrong is an answer, never an error."""
    message = written(letter, settings)
    if not settings.mail_server:
        return _into_folder(letter, message, settings.home / FOLDER)
    try:
        _by_server(message, settings.mail_server)
    except smtplib.SMTPRecipientsRefused as error:
        code, told = next(iter(error.recipients.values()))
        reason = f"{code} {told.decode('utf-8', 'replace')}"
        return Posted(is_taken=False, reason=reason[:300], is_final=code >= 550)
    except (smtplib.SMTPException, OSError, Invalid) as error:
        return Posted(is_taken=False, reason=f"{type(error).__name__}: {error}"[:300])
    return Posted(is_taken=True)


def forget(home: Path, follower: str) -> None:
    """Remove files of messages to somebody who stopped."""
    for path in (home / FOLDER).glob(f"{follower}-*.eml"):
        path.unlink(missing_ok=True)


def forget_old(home: Path, before: datetime) -> None:
    """Remove files that nobody picked up."""
    for path in (home / FOLDER).glob("*.eml"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)


def _into_folder(letter: Letter, message: EmailMessage, folder: Path) -> Posted:
    path = folder / f"{letter.follower}-{letter.id}.eml"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        half = path.with_suffix(".part")
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(message.as_bytes())
            stream.flush()
            os.fsync(stream.fileno())
        half.replace(path)  # the same name at each try: a message is there once
    except OSError as error:
        return Posted(is_taken=False, reason=f"{path}: {error.strerror}")
    return Posted(is_taken=True)


def _by_server(message: EmailMessage, server: str) -> None:
    parts = urlsplit(server)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Invalid(
            "The setting mail_server is no address of a mail server. Write it as "
            "smtps://name:password@host:465 or smtp://host:587."
        )
    port = parts.port or _PORTS[parts.scheme]
    safe = ssl.create_default_context()
    if parts.scheme == "smtps":
        made: smtplib.SMTP = smtplib.SMTP_SSL(parts.hostname, port, timeout=_SECONDS, context=safe)
    else:
        made = smtplib.SMTP(parts.hostname, port, timeout=_SECONDS)
    with made as post:
        if parts.scheme == "smtp":
            post.starttls(context=safe)
        if parts.username:
            post.login(unquote(parts.username), unquote(parts.password or ""))
        post.send_message(message)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

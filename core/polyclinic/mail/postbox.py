"""The way out: one SMTP server, from an address such as `smtps://name:secret@mail.example.org`."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from polyclinic.kit import clock
from polyclinic.kit.config import ConfigError
from polyclinic.mail.checking import is_address
from polyclinic.mail.commands import Attachment

SECONDS = 20
"""How long a server may take for each answer."""
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Letter:
    """One mail ready to be sent; `message_id` stays the same when it is sent again, so that a repeat can be told."""

    message_id: str
    to: str
    subject: str
    text: str
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Postbox:
    """One SMTP server and the sender's address."""

    scheme: str
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Postbox | None:
        """Return the postbox of POLYCLINIC_SMTP_URL and POLYCLINIC_MAIL_FROM, None when neither is set.

        Raises `ConfigError` for an address that cannot be used.
        """
        url, sender = environment.get("POLYCLINIC_SMTP_URL", ""), environment.get("POLYCLINIC_MAIL_FROM", "")
        if not url:
            return None
        if not is_address(parseaddr(sender)[1]):
            raise ConfigError("POLYCLINIC_MAIL_FROM is not a mail address. Give the sender of all mail.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigError(_WRONG_URL) from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise ConfigError(_WRONG_URL)
        return cls(
            parts.scheme,
            parts.hostname,
            port or PORTS[parts.scheme],
            sender,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )

    def send(self, letter: Letter) -> None:
        """Hand a mail to the server; raises `OSError` or `smtplib.SMTPException` when it was not taken."""
        message = self._message(letter)
        with self._connect() as server:
            if self.user:
                server.login(self.user, self.password)
            server.send_message(message)

    def _connect(self) -> smtplib.SMTP:
        if self.scheme == "smtps":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            self._encrypt(server)
        except BaseException:
            server.close()
            raise
        return server

    def _encrypt(self, server: smtplib.SMTP) -> None:
        """Switch to TLS where the server offers it; a password never goes over the net in the clear."""
        server.ehlo_or_helo_if_needed()
        is_near = self.host in _LOOPBACK
        if self.scheme == "smtp+starttls" or (server.has_extn("starttls") and not is_near):
            server.starttls(context=ssl.create_default_context())
        elif self.user and not is_near:
            raise smtplib.SMTPNotSupportedError("the server offers no encryption for the password")

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        name, address = parseaddr(self.sender)
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{letter.message_id}@{address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        for file in letter.attachments:
            main, _, sub = file.media_type.partition("/")
            message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        return message


_WRONG_URL = (
    "POLYCLINIC_SMTP_URL cannot be used. Give smtp://host:port, smtp+starttls://name:secret@host or smtps://host."
)

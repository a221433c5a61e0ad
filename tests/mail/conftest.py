"""A mail server on this machine and an organisation that sends mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import socket
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.jobs.conftest import queue  # noqa: F401 -- fixture

SENDER = "Reed Clinics <mail@reed.example>"


@dataclass
class Server:
    """What the server has taken; it refuses with `reply` when that is set."""

    url: str = ""
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    reply: str = ""
    recipient_reply: str = ""

    async def handle_RCPT(self, _server: Any, _greeted: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 -- the library's name
        """Take or refuse a recipient."""
        if self.recipient_reply:
            return self.recipient_reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _greeted: Any, envelope: Any) -> str:  # noqa: N802 -- the library's name
        """Take or refuse a mail."""
        if self.reply:
            return self.reply
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append((list(envelope.rcpt_tos), parsed))
        return "250 OK"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Run a server on a free port, and have mail sent there."""
    made = Server()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    made.url = f"smtp://127.0.0.1:{port}"
    monkeypatch.setenv("POLYCLINIC_SMTP_URL", made.url)
    monkeypatch.setenv("POLYCLINIC_MAIL_FROM", SENDER)
    yield made
    controller.stop()

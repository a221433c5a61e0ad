"""A lean keep-alive HTTP client: requests are bytes made beforehand, answers are a status and bytes."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import orjson

TIMEOUT_SECONDS = 30


class BrokenAnswer(Exception):
    """The server closed the connection or sent something that is no answer."""


def request_bytes(
    method: str, path: str, token: str, headers: Mapping[str, str] | None = None, body: Any = None
) -> bytes:
    """Return one HTTP/1.1 request with an API key; `body` is sent as JSON."""
    content = b"" if body is None else orjson.dumps(body)
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Accept: application/json",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    elif method == "POST":
        lines.append("Content-Length: 0")
    return "\r\n".join([*lines, "", ""]).encode() + content


class Connection:
    """One keep-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def __enter__(self) -> Self:
        """Return the open connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._socket.close()

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send one request and return status and body; raises `BrokenAnswer`."""
        self._socket.sendall(request)
        data = self._left
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        head = data[:end].lower()
        length = _content_length(head)
        start = end + 4
        parts, have = [data[start:]], len(data) - start
        while have < length:
            parts.append(self._receive())
            have += len(parts[-1])
        body = b"".join(parts)
        self._left = body[length:]
        return int(head[9:12]), body[:length]

    def _receive(self) -> bytes:
        received = self._socket.recv(262_144)
        if not received:
            raise BrokenAnswer("the server closed the connection")
        return received


def _content_length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise BrokenAnswer(f"an answer without a length: {head[:200]!r}")
    start = at + len(b"\r\ncontent-length:")
    end = head.find(b"\r", start)
    return int(head[start : end if end >= 0 else len(head)])

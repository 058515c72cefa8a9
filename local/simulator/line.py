"""The raw connection to one client, for answers that break the rules of HTTP."""

from __future__ import annotations

import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulator.messages import Answer


class Line:
    """Carries one answer. `closing` is true when nothing may follow it on this connection."""

    def __init__(
        self,
        connection: socket.socket,
        incoming: BinaryIO,
        *,
        date: str,
        head_only: bool,
        closing: bool,
    ) -> None:
        self._connection = connection
        self._incoming = incoming
        self._date = date
        self._head_only = head_only
        self.closing = closing

    def send(self, answer: Answer) -> None:
        self.write(self.render(answer))

    def render(self, answer: Answer) -> bytes:
        """The answer as HTTP/1.1. An answer's own headers win, so that faults can be absurd."""
        headers: Mapping[str, str] = {
            "Date": self._date,
            "Content-Length": str(len(answer.body)),
            **({"Connection": "close"} if self.closing else {}),
            **answer.headers,
        }
        lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        return head if self._head_only else head + answer.body

    def write(self, piece: bytes) -> None:
        self._connection.sendall(piece)

    def close(self) -> None:
        """Say no more, in an orderly way."""
        self.closing = True

    def reset(self) -> None:
        """Hang up with a TCP reset: lingering for 0 s is how a socket is told to."""
        self.closing = True
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The connection stays open while a file made from it is.
        self._incoming.close()
        self._connection.close()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"

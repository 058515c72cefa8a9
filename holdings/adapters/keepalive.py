"""HTTP/1.1 over connections that are kept open: enough for short answers of a known length.

Half of what `http.client` takes goes into headers that nobody asks for.
"""

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

_CONNECT_TIMEOUT_SECONDS = 0.5
_READ_TIMEOUT_SECONDS = 1.0
# Lambda freezes an instance between two requests, and AWS drops a connection that is idle.
_MOST_IDLE_SECONDS = 15.0
_MOST_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_PORTS = {"https": 443, "http": 80}


class NoPlainAnswer(OSError):
    """What came is not 200 with a length."""


class KeptConnections:
    """May be used by several threads: a connection is one request's at a time."""

    def __init__(
        self,
        url: str,
        tls: Callable[[], ssl.SSLContext],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`url` has no path; `now` is epoch seconds, which go on while an instance is frozen."""
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        self._tls = tls if parts.scheme == "https" else None
        self._now = now
        self._idle: deque[tuple[socket.socket, float]] = deque()

    def exchange(self, message: bytes) -> bytes:
        """Send a whole request and return the answer's body. Raises OSError.

        On a kept connection that turns out to be closed it is sent once more: it has to be a
        request that may arrive twice.
        """
        connection = self._still_open()
        if connection:
            try:
                return self._exchange(connection, message)
            except ConnectionError:
                pass  # it had been closed at the other end
        return self._exchange(self._open(), message)

    def open(self) -> None:
        """Have a connection ready. Raises OSError."""
        self._idle.append((self._open(), self._now()))

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    def _exchange(self, connection: socket.socket, message: bytes) -> bytes:
        try:
            connection.sendall(message)
            # Or a server that answers in two parts waits 40 ms for us to confirm the first.
            if hasattr(socket, "TCP_QUICKACK"):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            body, stays_open = _read(connection)
        except BaseException:
            connection.close()
            raise
        if stays_open:
            self._idle.append((connection, self._now()))
        else:
            connection.close()
        return body

    def _still_open(self) -> socket.socket | None:
        while self._idle:
            connection, since = self._idle.pop()
            if self._now() - since < _MOST_IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def _open(self) -> socket.socket:
        connection = socket.create_connection(self._address, _CONNECT_TIMEOUT_SECONDS)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection = self._tls().wrap_socket(connection, server_hostname=self._address[0])
        except BaseException:
            connection.close()
            raise
        connection.settimeout(_READ_TIMEOUT_SECONDS)
        return connection


def _read(connection: socket.socket) -> tuple[bytes, bool]:
    """Return an answer's body, and whether the connection stays open. Raises NoPlainAnswer."""
    received = bytearray()
    while (end := received.find(_HEAD_END)) < 0:
        received += _receive(connection, len(received))
    status, *lines = bytes(received[:end]).lower().split(b"\r\n")
    protocol, _, code = status.partition(b" ")
    headers = {name: value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    length = headers.get(b"content-length", b"")
    if code.split(b" ")[0] != b"200" or not length.isdigit():
        raise NoPlainAnswer(status[:40].decode("latin-1"))
    start = end + len(_HEAD_END)
    while len(received) < start + int(length):
        received += _receive(connection, len(received))
    body = bytes(received[start : start + int(length)])
    stays_open = protocol == b"http/1.1" and headers.get(b"connection") != b"close"
    return body, stays_open


def _receive(connection: socket.socket, so_far: int) -> bytes:
    chunk = connection.recv(_CHUNK_BYTES)
    if not chunk:
        raise ConnectionResetError("closed within an answer" if so_far else "closed")
    if so_far > _MOST_BYTES:
        raise NoPlainAnswer("too long")
    return chunk

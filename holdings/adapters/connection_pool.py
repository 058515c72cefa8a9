"""HTTP connections that stay open between two requests, each request within a time of its own."""

import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_CONNECT_TIMEOUT_SECONDS = 0.5
# Lambda freezes an instance between two requests, and AWS drops a connection that is idle.
_MOST_IDLE_SECONDS = 15.0
# As many as a batch of messages is worked on side by side.
_MOST_IDLE = 10
_MOST_BYTES = 4 * 1024 * 1024
_HEAD_BYTES = 64 * 1024

# Nothing in between, no 204 and no 304: those have a body, as long as is said.
_STATUS = re.compile(rb"HTTP/1\.1 (200|4[0-9]{2}|5[0-9]{2}) ")
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9})(?=\r\n|\Z)", re.IGNORECASE)
# What says that the body or the connection ends otherwise, or is not as simple as it looks.
_UNUSUAL = re.compile(
    rb"\r\n(transfer-encoding|content-length(?!: *[0-9]{1,9}(\r\n|\Z))|[ \t]"
    rb"|connection(?!: *keep-alive(\r\n|\Z)))"
    rb"|\n(?<!\r\n)|\r(?!\n)",
    re.IGNORECASE,
)


class ConnectionPool:
    """Connections to one address. Safe to share: one is a single request's at a time."""

    def __init__(
        self,
        url: str,
        tls: Callable[[], ssl.SSLContext],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`url` has no path; `now` is epoch seconds, which go on while an instance is frozen."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._tls = tls if parts.scheme == "https" else None
        self._now = now
        self._lock = threading.Lock()
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []

    def post(self, headers: Mapping[str, str], body: bytes, *, seconds: float) -> tuple[int, bytes]:
        """POST to "/" and return status and body. Raises OSError, HTTPException or ValueError.

        On a pooled connection that turns out to be closed it is sent once more: it has to be a
        request that may arrive twice. `seconds` bound each of the two as a whole.
        """
        if connection := self._take():
            try:
                return self._send(connection, headers, body, seconds)
            except ConnectionError:
                pass  # it had been closed at the other end
        return self._send(self._connect(), headers, body, seconds)

    def open(self) -> None:
        """Have a connection ready. Raises OSError."""
        self._put_back(self._connect())

    @property
    def idle(self) -> int:
        """How many connections wait for the next request."""
        return len(self._idle)

    def close(self) -> None:
        """Close what is idle; the next request connects again."""
        with self._lock:
            while self._idle:
                self._idle.pop()[0].close()

    def _send(
        self,
        connection: http.client.HTTPConnection,
        headers: Mapping[str, str],
        body: bytes,
        seconds: float,
    ) -> tuple[int, bytes]:
        message = _message(headers, body)
        try:
            connection.sock.settimeout(seconds)
            until = time.monotonic() + seconds
            connection.sock.sendall(message)
            # Or a server that answers in two parts waits 40 ms for us to confirm the first.
            if hasattr(socket, "TCP_QUICKACK"):
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            answered = _receive(connection.sock, until)
        except BaseException:
            connection.close()
            raise
        if answered.kept:
            self._put_back(connection)
        else:
            connection.close()
        return answered.status, answered.body

    def _take(self) -> http.client.HTTPConnection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if self._now() - since < _MOST_IDLE_SECONDS:
                return connection
            connection.close()

    def _put_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < _MOST_IDLE:
                self._idle.append((connection, self._now()))
                return
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        connection = (
            http.client.HTTPSConnection(
                self._host, self._port, timeout=_CONNECT_TIMEOUT_SECONDS, context=self._tls()
            )
            if self._tls
            else http.client.HTTPConnection(
                self._host, self._port, timeout=_CONNECT_TIMEOUT_SECONDS
            )
        )
        connection.connect()
        return connection


def _message(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return all of a request, to leave in one TLS record. Raises ValueError.

    http.client sends head and body apart, which is a sixth of a warm hit's CPU.
    """
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header has a line break")
    return "\r\n".join(("POST / HTTP/1.1", *lines, "", "")).encode("ascii") + body


def _read(response: http.client.HTTPResponse) -> bytes:
    """Read all of a body of known length; of another no more than is taken for one of ours."""
    if response.length is None:
        return response.read(_MOST_BYTES)
    if response.length > _MOST_BYTES:
        raise http.client.HTTPException("the answer is too long")
    return response.read()


class _Answered(NamedTuple):
    """`kept` is whether the connection may be used again."""

    status: int
    body: bytes
    kept: bool


def _receive(sock: socket.socket, until: float) -> _Answered:
    """Read an answer that has to be there by `until`, on the monotonic clock."""
    timed = _TimedReads(sock.makefile("rb", buffering=0), sock, until)
    stream: io.BufferedReader[Any]
    with io.BufferedReader(timed, _HEAD_BYTES) as stream:
        return _plain(stream) or _parsed(sock, stream)


def _parsed(sock: socket.socket, stream: "io.BufferedReader[Any]") -> _Answered:
    response = http.client.HTTPResponse(sock, method="POST")
    response.fp.close()
    response.fp = stream
    try:
        response.begin()
        received = _read(response)
        kept = response.isclosed() and not response.will_close
        return _Answered(response.status, received, kept)
    finally:
        response.close()  # before the stream: it flushes what it reads from


def _plain(received: "io.BufferedReader[Any]") -> _Answered | None:
    """Read an answer as AWS nearly always sends it; of any other nothing is taken.

    http.client would parse the head as an e-mail's, which is a third of a call's CPU.
    """
    head, end, _ = received.peek(1).partition(b"\r\n\r\n")
    status, lengths = _STATUS.match(head), _LENGTH.findall(head)
    if not (end and status and len(lengths) == 1) or _UNUSUAL.search(head):
        return None
    length = int(lengths[0])
    if length > _MOST_BYTES:
        return None
    received.read(len(head) + len(end))
    body = received.read(length)
    if len(body) < length:
        raise http.client.IncompleteRead(body, length - len(body))
    return _Answered(int(status[1]), body, kept=True)


class _TimedReads(io.RawIOBase):
    """Reads of a socket that all end by one moment: a byte a second does not outlast it."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the answer takes too long")
        self._sock.settimeout(remaining)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()

"""A server that answers each request after a while, thousands at a time, in one process."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """`path` has its query; headers have small names."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    status: int = 200
    type: str = "application/x-amz-json-1.0"


# Returns the answer, and how many seconds until it is sent.
Respond = Callable[[Request], tuple[Answer, float]]


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as our clients and ccxt speak it: one request at a time, kept alive."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self._received = rest[length:]
        answer, seconds = self._respond(Request(first.split(" ")[1], headers, rest[:length]))
        asyncio.get_running_loop().call_later(seconds, self._send, answer)

    def _send(self, answer: Answer) -> None:
        if self._transport:
            head = (
                f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {answer.type}\r\n"
                f"Content-Length: {len(answer.body)}\r\n\r\n"
            )
            self._transport.write(head.encode() + answer.body)


def serve(respond: Respond) -> None:
    """Answer until stdin ends; the port is the one line on stdout."""
    asyncio.run(_serve(respond))


async def _serve(respond: Respond) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(respond), "127.0.0.1", 0, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def as_json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()

"""An upstream that answers with whatever bytes it is given, and readers of it through the real app.

`python -m tests.hostile` reads it in a process of its own, whose memory can then be measured.
"""

import json
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from holdings import create_app
from holdings.adapters.coinbase_exchange import CoinbaseClient, Credentials
from holdings.adapters.tls import context
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.clock import Clock
from tests.builders import CLAIMS, FakeCache, FakeMarket, make_settings

Answer = Callable[[str], Iterable[bytes]]

KEY = Credentials("hostile-key-id", bytes(range(64)), "hostile passphrase")
ACCOUNT = {"id": "a1", "currency": "BTC", "balance": "1.5", "available": "1", "hold": "0.5"}
GOOD = json.dumps([ACCOUNT]).encode()


def http(body: bytes, *headers: str, status: int = 200, length: str | None = None) -> bytes:
    """Write an answer as it should be, but for what is given otherwise."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {length or len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(*pieces: bytes, headers: tuple[str, ...] = ()) -> bytes:
    """Write the head of a chunked answer, then `pieces` as they are."""
    lines = ["HTTP/1.1 200 X", "Transfer-Encoding: chunked", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + b"".join(pieces)


def drip(data: bytes, *, seconds: float = 0.5, before: bytes = b"") -> Iterator[bytes]:
    """`data` again and again, a byte at a time; without any, nothing that keeps a core busy."""
    yield before
    while True:
        for n in range(max(1, len(data))):
            time.sleep(seconds)
            yield data[n : n + 1]


def always(*pieces: bytes) -> Answer:
    return lambda _: pieces


def compressed(data: bytes, times: int) -> bytes:
    """`data` repeated, gzipped, without ever having it whole."""
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(data) for _ in range(times)]
    return b"".join([*packed, packer.flush()])


MEGABYTE = b" " * 2**20
BOMB = compressed(MEGABYTE, 40)  # 40 kB that are 40 MB
GZIP = "Content-Encoding: gzip"


class Upstream:
    """Listens on this machine; each request gets what `answer` gives for its target.

    `request_end` ends a request; empty, the answer comes to whatever is sent.
    """

    def __init__(self, answer: Answer, request_end: bytes = b"\r\n\r\n") -> None:
        self.answer = answer
        self._request_end = request_end
        self.requests: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.2)
        self._open = True
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._open = False

    def _serve(self) -> None:
        with self._server:
            while self._open:
                with suppress(TimeoutError):
                    connection, _ = self._server.accept()
                    threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(300)  # a reader on a busy machine takes its time over 28 MB
            request = b""
            while self._request_end not in request:
                received = connection.recv(65536)
                if not received:
                    return
                request += received
            self.requests.append(request)
            target = request.split()[1].decode() if request else ""
            for data in self.answer(target):
                connection.sendall(data)
                if not self._open:
                    return


@contextmanager
def serving(answer: Answer, request_end: bytes = b"\r\n\r\n") -> Generator[Upstream]:
    upstream = Upstream(answer, request_end)
    try:
        yield upstream
    finally:
        upstream.close()


class OneKey:
    """Implements `holdings.adapters.coinbase_exchange.client.CredentialsSource`."""

    def get(self) -> Credentials:
        return KEY

    def refresh(self) -> Credentials:
        return KEY

    def preload(self) -> None:
        """Nothing to get ready."""


@dataclass
class Read:
    """What came of one request for the holdings."""

    status: int
    outcome: str
    code: str
    seconds: float


class Reader:
    """The real app with a client of `upstream`, its cache in memory."""

    def __init__(self, upstream: str, clock: Clock) -> None:
        exchange = CoinbaseClient(
            upstream, OneKey(), clock=clock, user_agent="holdings/test", trusted=context
        )
        app = create_app(
            make_settings(), clock=clock, exchange=exchange, cache=FakeCache(), market=FakeMarket()
        )
        self._client: FlaskClient = app.test_client()
        self._client.get("/health")  # loads what the first answer of all needs

    def read(self, query: str = "") -> Read:
        """`code` is the problem's, or the one that a stale answer warns of."""
        started = time.monotonic()
        response = self._client.get(
            f"/holdings{query}",
            environ_overrides={REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": CLAIMS}}}},
        )
        body: dict[str, Any] = json.loads(response.data)
        warnings: list[dict[str, str]] = body.get("warnings") or [{}]
        return Read(
            response.status_code,
            response.headers.get("X-Cache", ""),
            body.get("code") or warnings[0].get("code", ""),
            time.monotonic() - started,
        )


def once_good(answer: Answer) -> Answer:
    """The first request is answered as it should be, for a last good reading."""
    asked: list[str] = []

    def then(target: str) -> Iterable[bytes]:
        asked.append(target)
        return answer(target) if asked[1:] else [http(GOOD)]

    return then


def read_fresh(url: str, clock: Clock | None = None) -> Read:
    return Reader(url, clock or Clock()).read()


def read_with_a_last_good_reading(url: str, clock: Clock | None = None) -> Read:
    reader = Reader(url, clock or Clock())
    assert reader.read().outcome == "MISS"
    return reader.read("?refresh=true")


def threads_left(seconds: float) -> list[str]:
    """Wait until no thread reads an exchange, no longer than that; return those that still do."""
    until = time.monotonic() + seconds
    while True:
        left = [thread.name for thread in threading.enumerate() if thread.name == "coinbase"]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.01)


def _most_memory() -> float:
    """Return the most megabytes that were resident.

    Not getrusage's: on Linux those begin with what the parent of this process had.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Read the addresses of argv; print what came of it and the most memory ever used.

    The first half of them has had no good reading, the second half has one. `--at-once` reads all
    at the same time, as what takes until the deadline should be; with `--slow-clock` no deadline
    passes, however busy the machine is.
    """
    import boto3  # as the function may have it, so that the memory is the function's

    boto3.client("dynamodb", region_name="eu-west-1")
    urls = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    half = len(urls) // 2
    clock = Clock(monotonic=lambda: time.monotonic() / 50) if "--slow-clock" in sys.argv else None
    with ThreadPoolExecutor(len(urls) if "--at-once" in sys.argv else 1) as pool:
        fresh = pool.map(read_fresh, urls[:half], repeat(clock))
        last_good = pool.map(read_with_a_last_good_reading, urls[half:], repeat(clock))
        reads = [vars(read) for read in (*fresh, *last_good)]
    report = {
        "reads": reads,
        "megabytes": _most_memory(),
        "threads": threads_left(60),
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()

"""A client that speaks just enough HTTP to misuse the exchange, and signs on its own account.

It shares no code with the simulator: agreement between the two means something.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.simulator import Credentials, Simulator


@dataclass
class Clock:
    """Epoch seconds that stand still until a test moves them."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return json.loads(self.body)

    @property
    def rows(self) -> list[dict[str, object]]:
        return cast("list[dict[str, object]]", self.json)

    @property
    def fields(self) -> dict[str, object]:
        return cast("dict[str, object]", self.json)

    @property
    def refusal(self) -> tuple[int, object]:
        return self.status, self.fields.get("message")


class Client:
    def __init__(self, simulator: Simulator, now: Callable[[], float]) -> None:
        self.address = ("127.0.0.1", urlsplit(simulator.url).port or 0)
        self.credentials = simulator.credentials
        self.now = now

    def signed(self, method: str, target: str, body: bytes = b"", **changed: str) -> Reply:
        """Send a signed request; `changed` replaces CB-ACCESS-<NAME> after signing."""
        headers = signed_headers(self.credentials, str(self.now()), method, target, body)
        headers |= {f"CB-ACCESS-{name.upper()}": text for name, text in changed.items()}
        return self.send(method, target, headers, body)

    def send(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            sent = {"User-Agent": "test", **(headers or {})}
            connection.request(method, target, body or None, headers=sent)
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def accounts(self, query: str = "") -> Reply:
        return self.signed("GET", f"/accounts{query}")

    def control(self, method: str, path: str, payload: object = None) -> Reply:
        body = b"" if payload is None else json.dumps(payload).encode()
        return self.send(method, f"/_simulator{path}", body=body)

    def raw(self, sent: bytes) -> bytes:
        """Everything that comes back for these very bytes, until the exchange hangs up."""
        with socket.create_connection(self.address, timeout=60) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def signed_headers(
    credentials: Credentials, timestamp: str, method: str, target: str, body: bytes = b""
) -> dict[str, str]:
    key = base64.b64decode(credentials.api_secret)
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in (timestamp, method, target):
        mac.update(part.encode("latin-1"))
    mac.update(body)
    return {
        "CB-ACCESS-KEY": credentials.api_key,
        "CB-ACCESS-SIGN": base64.b64encode(mac.digest()).decode(),
        "CB-ACCESS-TIMESTAMP": timestamp,
        "CB-ACCESS-PASSPHRASE": credentials.passphrase,
    }

"""What goes in and out of the exchange, before it is HTTP and after."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its target kept as it was sent.

    `target` is the request line's second word, never decoded or tidied: the signature is over
    exactly those bytes (as Latin-1 text, which maps every byte to one character). Header names
    are lower case.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    client_ip: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """Without the query, and without a trailing slash: coinbasepro asks for `/accounts/`."""
        path = self.target.partition("?")[0]
        return path.removesuffix("/") or path

    @property
    def query(self) -> dict[str, str]:
        """The query's fields; of a repeated one, the last."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def json_answer(
    payload: object, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Answer:
    body = json.dumps(payload, separators=(",", ":")).encode()
    return Answer(status, {"Content-Type": JSON, **(headers or {})}, body)


def message(status: int, text: str) -> Answer:
    """The one shape of Coinbase's errors: `{"message": text}`."""
    return json_answer({"message": text}, status=status)


class RefusedError(Exception):
    """The exchange will not do what was asked; `answer` says so in Coinbase's words."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.answer = message(status, text)

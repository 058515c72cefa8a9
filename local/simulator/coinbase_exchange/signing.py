"""Is this request signed by the holder of the key? Checked the way Coinbase Exchange does.

Source: docs.cdp.coinbase.com/exchange/rest-api/authentication; messages as clients report them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from local.simulator.app import Request
from local.simulator.exchange import Holder
from local.simulator.server import Refused

TIMESTAMP_WINDOW = 30.0
"""Seconds by which a request's timestamp may differ from the exchange's clock, either way."""

_SECRET_BYTES = 64
_REQUIRED = ("CB-ACCESS-KEY", "CB-ACCESS-SIGN", "CB-ACCESS-TIMESTAMP", "CB-ACCESS-PASSPHRASE")
_SECONDS = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class Credentials:
    """One API key of Coinbase Exchange. Printing one shows none of it.

    `api_secret` is base64. Raises ValueError for one that is not, and for a field that could not
    travel in a header (empty, or not printable ASCII without surrounding spaces).
    """

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    passphrase: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            if not text or not text.isascii() or not text.isprintable() or text != text.strip():
                raise ValueError(f"{name} must be printable ASCII, and not empty")
        try:
            base64.b64decode(self.api_secret, validate=True)
        except binascii.Error as error:
            raise ValueError("api_secret must be base64") from error

    @property
    def name(self) -> str:
        return self.api_key

    def credential(self) -> dict[str, str]:
        return asdict(self)

    @property
    def signing_key(self) -> bytes:
        return base64.b64decode(self.api_secret, validate=True)

    @classmethod
    def random(cls, token_bytes: Callable[[int], bytes] = secrets.token_bytes) -> Credentials:
        """Fresh credentials of the lengths that Coinbase hands out."""
        return cls(
            api_key=token_bytes(16).hex(),
            api_secret=base64.b64encode(token_bytes(_SECRET_BYTES)).decode(),
            passphrase=token_bytes(6).hex(),
        )


class CredentialsSchema(Schema):
    """Whatever is left out is made up."""

    api_key = fields.String()
    api_secret = fields.String()
    passphrase = fields.String()

    @post_load
    def made(self, given: dict[str, Any], **_: object) -> Credentials:
        try:
            return Credentials(**(Credentials.random().credential() | given))
        except ValueError as error:
            raise ValidationError(f"{error}.") from None


def authenticate(
    request: Request, holders: Iterable[Holder[Credentials]], now: float
) -> Holder[Credentials]:
    """Return whose request it is. Raises Refused unless it proves that its sender holds their key.

    `now` is the exchange's clock in epoch seconds.
    """
    headers = request.headers
    for name in _REQUIRED:
        if not headers.get(name.lower()):
            raise Refused(401, f"{name} header is required")
    found = [one for one in holders if _same(headers["cb-access-key"], one.key.api_key)]
    if not found:
        raise Refused(401, "Invalid API Key")
    credentials = found[0].key
    timestamp = headers["cb-access-timestamp"]
    if not _SECONDS.fullmatch(timestamp):
        raise Refused(400, "invalid timestamp")
    if abs(float(timestamp) - now) > TIMESTAMP_WINDOW:
        raise Refused(400, "request timestamp expired")
    if not _same(headers["cb-access-passphrase"], credentials.passphrase):
        raise Refused(401, "Invalid Passphrase")
    if not _same(headers["cb-access-sign"], signature(request, timestamp, credentials)):
        raise Refused(401, "invalid signature")
    return found[0]


def signature(request: Request, timestamp: str, credentials: Credentials) -> str:
    """base64(HMAC-SHA256(secret, timestamp + METHOD + path with query + body))."""
    prehash = f"{timestamp}{request.method}{request.target}".encode("latin-1") + request.body
    digest = hmac.digest(credentials.signing_key, prehash, hashlib.sha256)
    return base64.b64encode(digest).decode()


def _same(given: str, expected: str) -> bool:
    # As bytes, because compare_digest raises on text that is not ASCII.
    return hmac.compare_digest(given.encode(), expected.encode())

"""Is this request signed by the holder of the key? Checked the way Coinbase Exchange does.

Source: docs.cdp.coinbase.com/exchange/rest-api/authentication; messages as clients report them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from local.simulator.messages import RefusedError

if TYPE_CHECKING:
    from local.simulator.credentials import Credentials
    from local.simulator.messages import Request

TIMESTAMP_WINDOW = 30.0
"""Seconds by which a request's timestamp may differ from the exchange's clock, either way."""

_REQUIRED = ("CB-ACCESS-KEY", "CB-ACCESS-SIGN", "CB-ACCESS-TIMESTAMP", "CB-ACCESS-PASSPHRASE")
_SECONDS = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")


def authenticate(request: Request, credentials: Credentials, now: float) -> None:
    """Raise RefusedError unless the request proves that its sender holds `credentials`.

    `now` is the exchange's clock in epoch seconds.
    """
    headers = request.headers
    for name in _REQUIRED:
        if not headers.get(name.lower()):
            raise RefusedError(401, f"{name} header is required")
    if not _same(headers["cb-access-key"], credentials.api_key):
        raise RefusedError(401, "Invalid API Key")
    timestamp = headers["cb-access-timestamp"]
    if not _SECONDS.fullmatch(timestamp):
        raise RefusedError(400, "invalid timestamp")
    if abs(float(timestamp) - now) > TIMESTAMP_WINDOW:
        raise RefusedError(400, "request timestamp expired")
    if not _same(headers["cb-access-passphrase"], credentials.passphrase):
        raise RefusedError(401, "Invalid Passphrase")
    if not _same(headers["cb-access-sign"], signature(request, timestamp, credentials)):
        raise RefusedError(401, "invalid signature")


def signature(request: Request, timestamp: str, credentials: Credentials) -> str:
    """base64(HMAC-SHA256(secret, timestamp + METHOD + path with query + body))."""
    prehash = f"{timestamp}{request.method}{request.target}".encode("latin-1") + request.body
    digest = hmac.digest(credentials.signing_key, prehash, hashlib.sha256)
    return base64.b64encode(digest).decode()


def _same(given: str, expected: str) -> bool:
    # As bytes, because compare_digest raises on text that is not ASCII.
    return hmac.compare_digest(given.encode(), expected.encode())

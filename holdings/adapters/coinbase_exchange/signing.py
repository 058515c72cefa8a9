"""Signs a request as Coinbase Exchange checks it."""

import base64
import hashlib
import hmac
from collections.abc import Callable

from requests import PreparedRequest
from requests.auth import AuthBase

from holdings.adapters.coinbase_exchange.credentials import Credentials


def sign(secret: bytes, *, timestamp: str, method: str, path: str, body: bytes = b"") -> str:
    """Return base64(HMAC-SHA256(secret, timestamp + METHOD + path + body)).

    `path` is the request target as sent, query included: the documentation says "path", and
    ccxt, coinbasepro-python and exchange-sdk-go all sign the query with it. `body` is bytes as
    sent, because that is what Coinbase reads.
    """
    prehash = f"{timestamp}{method.upper()}{path}".encode() + body
    return base64.b64encode(hmac.digest(secret, prehash, hashlib.sha256)).decode()


class ExchangeAuth(AuthBase):
    """Adds the CB-ACCESS-* headers. requests calls it last, when the body is bytes already."""

    def __init__(self, credentials: Credentials, now: Callable[[], float]) -> None:
        """`now` gives Coinbase's time in epoch seconds; each attempt asks for it anew."""
        self._credentials = credentials
        self._now = now

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        timestamp = str(int(self._now()))
        body = request.body or b""
        request.headers.update(
            {
                "CB-ACCESS-KEY": self._credentials.api_key,
                "CB-ACCESS-SIGN": sign(
                    self._credentials.api_secret,
                    timestamp=timestamp,
                    method=request.method or "GET",
                    path=request.path_url,
                    body=body.encode() if isinstance(body, str) else body,
                ),
                "CB-ACCESS-TIMESTAMP": timestamp,
                "CB-ACCESS-PASSPHRASE": self._credentials.passphrase,
            }
        )
        return request

"""A JSON Web Token a request, as the Coinbase Developer Platform checks it."""

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

import jwt
from requests import PreparedRequest
from requests.auth import AuthBase

from holdings.adapters.coinbase_advanced.credential import SigningKey

# How long a token counts, in seconds from its `nbf`.
LIFETIME = 120
_ISSUER = "cdp"
_NONCE_BYTES = 16


def uri_claim(method: str, host: str, path: str) -> str:
    """Return what a token is for: no scheme and no query; a port only where the address has one."""
    return f"{method.upper()} {host}{path}"


def token(key: SigningKey, uri: str, *, now: int, nonce: str) -> str:
    """Return a token for one request. `now` is the exchange's time in epoch seconds.

    Source: docs.cdp.coinbase.com/coinbase-app/authentication-authorization/api-key-authentication,
    and the official SDK's jwt_generator.
    """
    claims = {"sub": key.name, "iss": _ISSUER, "nbf": now, "exp": now + LIFETIME, "uri": uri}
    headers = {"kid": key.name, "nonce": nonce}
    return jwt.encode(claims, key.private_key, algorithm=key.algorithm, headers=headers)


class AdvancedAuth(AuthBase):
    """Adds the Authorization header; each attempt of a request has a token of its own."""

    def __init__(
        self,
        key: SigningKey,
        now: Callable[[], float],
        nonce: Callable[[], str] = lambda: secrets.token_hex(_NONCE_BYTES),
    ) -> None:
        """`now` gives the exchange's time in epoch seconds."""
        self._key = key
        self._now = now
        self._nonce = nonce

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(request.url or "")
        uri = uri_claim(request.method or "GET", parts.netloc, parts.path)
        signed = token(self._key, uri, now=int(self._now()), nonce=self._nonce())
        request.headers["Authorization"] = f"Bearer {signed}"
        return request

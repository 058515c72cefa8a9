"""Plays the gateway under `flask run`: verifies the access token as the JWT authorizer does.

Never in Lambda, where the gateway has done so: settings that ask for it there are refused.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any, cast

import requests
from flask import Flask, request

from holdings.api.identity import REQUEST_CONTEXT, SIGN_IN
from holdings.core.errors import Forbidden, Misconfigured, Unauthenticated
from holdings.settings import TokenIssuer

try:
    import jwt
    from jwt.algorithms import RSAAlgorithm
except ImportError:  # it does not ship
    raise Misconfigured(
        "AUTH_ISSUER needs PyJWT to verify tokens: pip install 'pyjwt[crypto]', or unset it"
    ) from None

logger = logging.getLogger(__name__)

# What has no authorizer in the cloud either.
_OPEN = ("api.health",)
_ALGORITHM = "RS256"
# Nothing but base64url: other readers skip over what else stands there.
_AUTHORIZATION = re.compile(
    r"(?:bearer +)?([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.IGNORECASE | re.ASCII
)

_FETCH_SECONDS = 2.0
_KEYS_LAST_SECONDS = 300.0
_UNKNOWN_ID_SECONDS = 60.0
_FAILURE_SECONDS = 5.0

FetchKeys = Callable[[str], object]


def protect(app: Flask, issuer: TokenIssuer) -> None:
    """Demand a token where the cloud does, and hand its claims to the app as the gateway does.

    A hook instead of a layer around the app, so that a refusal is a problem body with the
    same request id and CORS headers as any other answer.
    """
    authorizer = Authorizer(issuer)

    def check() -> None:
        if (
            request.blueprint == "api"
            and request.endpoint not in _OPEN
            and request.method != "OPTIONS"
        ):
            claims = authorizer.verify(request.headers.get("Authorization", ""))
            request.environ[REQUEST_CONTEXT] = _request_context(claims)

    app.before_request(check)


def fetch_keys(url: str) -> object:
    """Return the JSON of a key set. Raises requests.RequestException or ValueError."""
    answer = requests.get(url, timeout=_FETCH_SECONDS, allow_redirects=False)
    if answer.status_code != requests.codes.ok:
        raise ValueError(f"it answers {answer.status_code}")
    return answer.json()


class Keys:
    """The RSA keys of an issuer by id, read when they are first needed.

    Read again when they are five minutes old, and for an unknown id at most once a minute:
    whoever sends made-up ids makes no requests of ours. When a later reading fails, the keys
    that are known go on.
    """

    def __init__(
        self,
        url: str,
        fetch: FetchKeys = fetch_keys,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = Lock()
        self._keys: dict[str, Any] | None = None
        self._failure = ""
        self._read_again_at = 0.0
        self._look_again_at = 0.0

    def find(self, key_id: str) -> Any | None:
        """Return the public key of that id, if there is one. Raises Misconfigured."""
        with self._lock:
            now = self._monotonic()
            known = self._keys or {}
            if now >= self._read_again_at or (
                key_id not in known and now >= self._look_again_at and not self._failure
            ):
                self._read(now)
            if self._keys is None:
                raise Misconfigured(self._failure)
            return self._keys.get(key_id)

    def _read(self, now: float) -> None:
        try:
            self._keys, self._failure = _rsa_keys(self._fetch(self._url)), ""
        except (requests.RequestException, ValueError, RecursionError) as error:
            reason = str(error) if type(error) is ValueError else type(error).__name__
            self._failure = (
                f"the issuer's keys at {self._url} cannot be read ({reason}): is that the "
                "address (AUTH_ISSUER, AUTH_JWKS_URL), and does it answer?"
            )
            if self._keys is not None:
                logger.warning("%s The keys that are known go on.", self._failure)
        self._read_again_at = now + (_FAILURE_SECONDS if self._failure else _KEYS_LAST_SECONDS)
        self._look_again_at = now + _UNKNOWN_ID_SECONDS


def _rsa_keys(document: object) -> dict[str, Any]:
    """Raises ValueError for what is no key set with a key for RS256 in it."""
    found: dict[str, Any] = {}
    listed = cast("dict[str, Any]", document).get("keys") if isinstance(document, dict) else None
    rows = cast("list[Any]", listed) if isinstance(listed, list) else []
    for key in (cast("dict[str, Any]", row) for row in rows if isinstance(row, dict)):
        if (
            isinstance(key.get("kid"), str)
            and key.get("kty") == "RSA"
            and key.get("alg", _ALGORITHM) == _ALGORITHM
            and key.get("use", "sig") == "sig"
        ):
            with suppress(jwt.PyJWTError, ValueError, TypeError):
                found[key["kid"]] = RSAAlgorithm.from_jwk(key)
    if not found:
        raise ValueError("no key set with an RSA key is there")
    return found


class Authorizer:
    """Takes what Cognito's access tokens are, of one issuer for one client, and nothing else.

    Source: "Using the access token" in the Amazon Cognito developer guide, and "Controlling
    access to HTTP APIs with JWT authorizers" in the API Gateway developer guide.
    """

    def __init__(self, issuer: TokenIssuer, keys: Keys | None = None) -> None:
        self._issuer = issuer
        self._keys = keys or Keys(issuer.jwks_url)

    def verify(self, authorization: str) -> Mapping[str, Any]:
        """Return the claims of a valid token. Raises Unauthenticated, Forbidden, Misconfigured."""
        if not authorization.strip(" "):
            raise Unauthenticated(f"the request has no token: {SIGN_IN}")
        match = _AUTHORIZATION.fullmatch(authorization.strip(" "))
        claims = self._proven(match[1]) if match else None
        if claims is None:
            raise Unauthenticated(f"the token is not valid here: {SIGN_IN}")
        self._check_client(claims)
        self._check_scope(claims)
        return claims

    def _proven(self, token: str) -> dict[str, Any] | None:
        """Return what the issuer has signed and still stands by, or None."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != _ALGORITHM or "crit" in header or "kid" not in header:
                return None
            key = self._keys.find(header["kid"])
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=self._issuer.issuer,
                options={"require": ["exp", "iss", "sub"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated(f"the token has expired: {SIGN_IN}") from None
        except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError):
            return None
        times = [claims[name] for name in ("exp", "iat", "nbf") if name in claims]
        return claims if all(type(moment) in (int, float) for moment in times) else None

    def _check_client(self, claims: Mapping[str, Any]) -> None:
        client, audience = self._issuer.client_id, claims.get("aud")
        if claims.get("token_use") == "id" and audience == client:
            raise Forbidden("this is an ID token: send the access token of the same sign-in")
        if claims.get("token_use") != "access":
            raise Unauthenticated(f"the token is no access token: {SIGN_IN}")
        # The gateway looks at `aud` first; Cognito's access tokens have none, or this.
        if claims.get("client_id") != client or audience not in (None, client, [client]):
            raise Unauthenticated(f"the token is for another application: {SIGN_IN}")

    def _check_scope(self, claims: Mapping[str, Any]) -> None:
        wanted = self._issuer.scope
        if wanted and wanted not in _scopes(claims):
            raise Forbidden(
                f"the token lacks the scope {wanted}: ask for it at the sign-in, and send the "
                "access token"
            )


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    scope = claims.get("scope")
    return [word for word in scope.split(" ") if word] if isinstance(scope, str) else []


def _request_context(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a payload 2.0 event that the app reads; the gateway writes claims as texts."""
    texts = {name: str(value) for name, value in claims.items()}
    return {"authorizer": {"jwt": {"claims": texts, "scopes": _scopes(claims) or None}}}

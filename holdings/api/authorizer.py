"""Plays the gateway under `flask run`: verifies the access token as the JWT authorizer does.

Never in Lambda, where the gateway has done so: settings that ask for it there are refused.
"""

import re
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask, request

from holdings.api.identity import REQUEST_CONTEXT, SIGN_IN
from holdings.core.errors import Forbidden, Misconfigured, Unauthenticated
from holdings.settings import TokenIssuer

# What has no authorizer in the cloud either.
_OPEN = ("api.health",)
_OPEN_BLUEPRINTS = (None, "document", "swagger_ui", "unsubscribe")
_READING = ("GET", "HEAD")
_ALGORITHM = "RS256"
# Nothing but base64url: other readers skip over what else stands there.
_AUTHORIZATION = re.compile(
    r"(?:bearer +)?([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.IGNORECASE | re.ASCII
)

_TIMEOUT_SECONDS = 2.0


def protect(app: Flask, issuer: TokenIssuer) -> None:
    """Demand a token where the cloud does, and hand its claims to the app as the gateway does.

    A hook instead of a layer around the app, so that a refusal is a problem body with the
    same request id and CORS headers as any other answer.
    """
    authorizer = Authorizer(issuer)

    def check() -> None:
        if (
            request.blueprint not in _OPEN_BLUEPRINTS
            and request.endpoint not in _OPEN
            and request.method != "OPTIONS"
        ):
            claims = authorizer.verify(
                request.headers.get("Authorization", ""), changing=request.method not in _READING
            )
            request.environ[REQUEST_CONTEXT] = _request_context(claims)

    app.before_request(check)


class Keys(jwt.PyJWKClient):
    """An issuer's keys, kept for `lifespan` seconds, which made-up key ids make nobody ask for.

    An unknown id lets the library ask again at most once in `cooldown` seconds; an endpoint that
    fails is asked again after `patience` seconds. Raises Misconfigured where it fails.
    """

    def __init__(
        self, url: str, *, lifespan: float = 300, cooldown: float = 30, patience: float = 5
    ) -> None:
        super().__init__(
            url, timeout=_TIMEOUT_SECONDS, lifespan=lifespan, cooldown_duration=cooldown
        )
        self._patience = patience
        self._failure = ""
        self._ask_again_at = 0.0

    def fetch_data(self) -> Any:
        if self._failure and time.monotonic() < self._ask_again_at:
            raise Misconfigured(self._failure)
        try:
            found = super().fetch_data()
        except (jwt.PyJWTError, OSError, ValueError, HTTPException, RecursionError) as error:
            self._ask_again_at = time.monotonic() + self._patience
            self._failure = (
                f"the issuer's keys at {self.uri} cannot be read ({type(error).__name__}): is that "
                "the address (AUTH_ISSUER, AUTH_JWKS_URL), and does it answer?"
            )
            raise Misconfigured(self._failure) from None
        self._failure = ""
        return found


class Authorizer:
    """Takes what Cognito's access tokens are, of one issuer for one client, and nothing else.

    Source: "Using the access token" in the Amazon Cognito developer guide, and "Controlling
    access to HTTP APIs with JWT authorizers" in the API Gateway developer guide.
    """

    def __init__(self, issuer: TokenIssuer, keys: Keys | None = None) -> None:
        self._issuer = issuer
        self._keys = keys or Keys(issuer.jwks_url)

    def verify(self, authorization: str, *, changing: bool = False) -> Mapping[str, Any]:
        """Return the claims of a token that is good for reading, or for changing something.

        Raises Unauthenticated, Forbidden, Misconfigured.
        """
        if not authorization.strip(" "):
            raise Unauthenticated(f"the request has no token: {SIGN_IN}")
        match = _AUTHORIZATION.fullmatch(authorization.strip(" "))
        claims = self._proven(match[1]) if match else None
        if claims is None:
            raise Unauthenticated(f"the token is not valid here: {SIGN_IN}")
        self._check_client(claims)
        wanted = self._issuer.write_scope if changing else self._issuer.scope
        if wanted and wanted not in _scopes(claims):
            raise Forbidden(
                f"the token lacks the scope {wanted}: ask for it at the sign-in, and send the "
                "access token"
            )
        return claims

    def _proven(self, token: str) -> dict[str, Any] | None:
        """Return what the issuer has signed and still stands by, or None."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != _ALGORITHM or "crit" in header or "kid" not in header:
                return None
            key = self._keys.get_signing_key(header["kid"])
            if key.algorithm_name != _ALGORITHM or not isinstance(key.key, RSAPublicKey):
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


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    scope = claims.get("scope")
    return [word for word in scope.split(" ") if word] if isinstance(scope, str) else []


def _request_context(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a payload 2.0 event that the app reads; the gateway writes claims as texts."""
    texts = {name: str(value) for name, value in claims.items()}
    return {"authorizer": {"jwt": {"claims": texts, "scopes": _scopes(claims) or None}}}

"""Plays the gateway under `flask run`: verifies the access token as the JWT authorizer does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from flask import Flask, request

from holdings.api.identity import REQUEST_CONTEXT, SIGN_IN
from holdings.core.errors import Forbidden, HoldingsError, Unauthenticated

_JWKS_TIMEOUT_SECONDS = 2


@dataclass(frozen=True)
class Authorizer:
    """Verifies RS256 tokens of one issuer for one client; `scope` empty demands none.

    As an HTTP API does it: the audience is `aud` or, where a token has none (Cognito's access
    tokens), `client_id`. Source: "Controlling access to HTTP APIs with JWT authorizers" in the
    API Gateway developer guide.
    """

    issuer: str
    client_id: str
    scope: str
    jwks_url: str
    keys: jwt.PyJWKClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        keys = jwt.PyJWKClient(self.jwks_url, timeout=_JWKS_TIMEOUT_SECONDS)
        object.__setattr__(self, "keys", keys)

    def protect(self, app: Flask, *endpoints: str) -> None:
        """Demand a token on these endpoints, and hand its claims to the app as the gateway does.

        A hook instead of a layer around the app, so that a refusal is a problem body with the
        same request id and CORS headers as any other answer.
        """

        def check() -> None:
            if request.endpoint in endpoints and request.method != "OPTIONS":
                claims = self.verify(request.headers.get("Authorization", ""))
                request.environ[REQUEST_CONTEXT] = _request_context(claims)

        app.before_request(check)

    def verify(self, authorization: str) -> Mapping[str, Any]:
        """Return the claims of a valid token. Raises Unauthenticated or Forbidden."""
        scheme, _, token = authorization.strip().rpartition(" ")
        if not token or scheme.strip().lower() not in ("", "bearer"):
            raise Unauthenticated(f"the request has no token: {SIGN_IN}")
        claims = self._claims(token)
        audience = claims.get("aud", claims.get("client_id"))
        if self.client_id not in (audience if isinstance(audience, list) else [audience]):
            raise Unauthenticated(f"the token is for another application: {SIGN_IN}")
        if self.scope and self.scope not in str(claims.get("scope", "")).split():
            raise Forbidden(
                f"the token lacks the scope {self.scope}: send an access token (not an ID token) "
                "that was asked for with this scope"
            )
        return claims

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self.issuer,
                options={"require": ["exp", "iss", "sub"], "verify_aud": False},
            )
        except jwt.PyJWKClientConnectionError:
            raise HoldingsError(
                f"the pool's keys at {self.jwks_url} cannot be read: is the emulator running?"
            ) from None
        except jwt.ExpiredSignatureError:
            raise Unauthenticated(f"the token has expired: {SIGN_IN}") from None
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Unauthenticated(f"the token is not valid here: {SIGN_IN}") from None


def _request_context(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a payload 2.0 event that the app reads; the gateway writes claims as texts."""
    texts = {name: str(value) for name, value in claims.items()}
    scopes = str(claims.get("scope", "")).split() or None
    return {"authorizer": {"jwt": {"claims": texts, "scopes": scopes}}}

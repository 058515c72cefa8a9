"""Which tokens the local authorizer takes, and how it refuses the others."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm

from holdings import create_app
from holdings.core.errors import Forbidden, HoldingsError, Unauthenticated
from local.authorizer import Authorizer
from tests.builders import FakeCache, FakeClock, FakeExchange, make_settings

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


class KnownKeys(jwt.PyJWKClient):
    """The pool's key set, without a network."""

    def fetch_data(self) -> Any:
        jwk = json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [jwk | {"kid": "k1", "use": "sig", "alg": "RS256"}]}


class NoKeys(jwt.PyJWKClient):
    def fetch_data(self) -> Any:
        raise jwt.PyJWKClientConnectionError("refused")


def make_authorizer(
    *, scope: str = "holdings/read", keys: type[jwt.PyJWKClient] = KnownKeys
) -> Authorizer:
    authorizer = Authorizer(ISSUER, "client-1", scope, "http://127.0.0.1:1/jwks.json")
    object.__setattr__(authorizer, "keys", keys(authorizer.jwks_url))
    return authorizer


def claims(**changes: Any) -> dict[str, Any]:
    """An access token's claims as Cognito writes them; a change to None leaves one out."""
    all_claims = {
        "sub": "3f1c",
        "iss": ISSUER,
        "client_id": "client-1",
        "token_use": "access",
        "scope": "openid holdings/read",
        "iat": int(time.time()) - 5,
        "exp": int(time.time()) + 600,
        **changes,
    }
    return {name: value for name, value in all_claims.items() if value is not None}


def token(
    payload: Mapping[str, Any] | None = None,
    *,
    key: rsa.RSAPrivateKey = KEY,
    kid: str | None = "k1",
    algorithm: str = "RS256",
) -> str:
    return jwt.encode(
        dict(payload or claims()), key, algorithm=algorithm, headers={"kid": kid} if kid else None
    )


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(payload: Mapping[str, Any]) -> str:
    return f"{segment({'alg': 'none', 'kid': 'k1'})}.{segment(payload)}."


def hmac_with_the_public_key(payload: Mapping[str, Any]) -> str:
    signed = f"{segment({'alg': 'HS256', 'kid': 'k1'})}.{segment(payload)}"
    digest = hmac.digest(PUBLIC_PEM, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def tampered() -> str:
    header, _, signature = token().split(".")
    return f"{header}.{segment(claims(sub='someone-else'))}.{signature}"


ID_TOKEN = claims(aud="client-1", client_id=None, scope=None, token_use="id")

REFUSED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token": lambda: "Bearer ",
    "another scheme": lambda: "Basic dXNlcjpwYXNz",
    "not a token": lambda: "Bearer abc",
    "dots": lambda: "Bearer ..",
    "binary": lambda: "Bearer \u00ff.\u00ff.\u00ff",
    "two tokens": lambda: f"Bearer {token()} {token()}",
    "a nested header": lambda: f"Bearer {segment([['x']])}.{segment({})}.x",
    "tampered": lambda: f"Bearer {tampered()}",
    "cut": lambda: f"Bearer {token()[:-8]}",
    "expired": lambda: f"Bearer {token(claims(exp=int(time.time()) - 1))}",
    "no exp": lambda: f"Bearer {token(claims(exp=None))}",
    "exp as text": lambda: f"Bearer {token(claims(exp='soon'))}",
    "no sub": lambda: f"Bearer {token(claims(sub=None))}",
    "not yet valid": lambda: f"Bearer {token(claims(nbf=int(time.time()) + 600))}",
    "unsigned": lambda: f"Bearer {unsigned(claims())}",
    "HS256 with the public key": lambda: f"Bearer {hmac_with_the_public_key(claims())}",
    "RS512": lambda: f"Bearer {token(algorithm='RS512')}",
    "another key": lambda: f"Bearer {token(key=OTHER_KEY)}",
    "unknown key id": lambda: f"Bearer {token(kid='k2')}",
    "no key id": lambda: f"Bearer {token(kid=None)}",
    "wrong issuer": lambda: f"Bearer {token(claims(iss=ISSUER + '/'))}",
    "no issuer": lambda: f"Bearer {token(claims(iss=None))}",
    "wrong client": lambda: f"Bearer {token(claims(client_id='client-2'))}",
    "no client": lambda: f"Bearer {token(claims(client_id=None))}",
    "wrong audience": lambda: f"Bearer {token(claims(aud='client-2'))}",
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = create_app(
        make_settings(), clock=FakeClock().clock, exchange=FakeExchange(), cache=FakeCache()
    )
    make_authorizer().protect(app, "api.holdings")
    return app.test_client()


@pytest.mark.parametrize("kind", REFUSED)
def test_a_token_that_proves_nothing_is_refused_with_a_problem(
    client: FlaskClient, kind: str
) -> None:
    response = client.get("/holdings", headers={"Authorization": REFUSED[kind]()})
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    assert response.headers["WWW-Authenticate"] == "Bearer"
    body = response.json
    assert body
    assert (body["code"], body["status"]) == ("unauthenticated", 401)
    assert body["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "payload", [ID_TOKEN, claims(scope="openid"), claims(scope=None), claims(scope="holdings/rea")]
)
def test_a_token_without_the_scope_is_forbidden(
    client: FlaskClient, payload: dict[str, Any]
) -> None:
    response = client.get("/holdings", headers={"Authorization": f"Bearer {token(payload)}"})
    assert response.status_code == 403
    assert response.json
    assert response.json["code"] == "forbidden"
    assert "holdings/read" in response.json["detail"]


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", ""])
def test_an_access_token_is_let_through_as_the_gateway_does(
    client: FlaskClient, scheme: str
) -> None:
    response = client.get("/holdings", headers={"Authorization": f"{scheme}{token()}"})
    assert response.status_code == 200


def test_what_is_open_and_a_preflight_need_no_token(client: FlaskClient) -> None:
    assert client.get("/health", headers={"Authorization": "Bearer junk"}).status_code == 200
    assert client.options("/holdings").status_code == 200
    assert client.post("/holdings").status_code == 405


def test_without_a_scope_id_tokens_pass_as_well() -> None:
    authorizer = make_authorizer(scope="")
    assert authorizer.verify(f"Bearer {token(ID_TOKEN)}")["sub"] == "3f1c"
    listed = claims(aud=["other", "client-1"])
    assert authorizer.verify(token(listed))["sub"] == "3f1c"


def test_an_unreachable_key_set_is_told_apart_from_a_bad_token() -> None:
    with pytest.raises(HoldingsError, match="emulator") as raised:
        make_authorizer(keys=NoKeys).verify(token())
    assert not isinstance(raised.value, Unauthenticated | Forbidden)

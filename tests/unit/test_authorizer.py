"""Which tokens the local authorizer takes, and how it refuses the others."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Blueprint
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import make_server

from holdings import create_app
from holdings.api.authorizer import Authorizer, Keys
from holdings.core.errors import Forbidden, Misconfigured, Unauthenticated
from holdings.settings import TokenIssuer
from local.settings import ROOT
from tests.builders import FakeCache, FakeClock, FakeExchange, FakeMarket, make_settings

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def jwk(kid: object = "k1", key: rsa.RSAPrivateKey = KEY, **changes: object) -> dict[str, object]:
    written = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return {**written, "kid": kid, "use": "sig", "alg": "RS256", **changes}


@dataclass
class Pool:
    """Serves a key set on this machine and counts who asks."""

    document: object = field(default_factory=lambda: {"keys": [jwk()]})
    status: int = 200
    asked: int = 0
    url: str = ""

    def answer(self, _environ: object, start: Callable[[str, list[Any]], object]) -> list[bytes]:
        self.asked += 1
        start(f"{self.status} -", [("Location", "/elsewhere")])
        return [json.dumps(self.document).encode()]

    def __enter__(self) -> "Pool":
        self._server = make_server("127.0.0.1", 0, self.answer, threaded=True)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.port}/jwks.json"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def authorizer(self, *, scope: str = "holdings/read", **patience: float) -> Authorizer:
        issuer = TokenIssuer(ISSUER, "client-1", scope, self.url, "")
        return Authorizer(issuer, Keys(self.url, **patience))


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool() as pool:
        yield pool


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    """An access token's claims as Cognito writes them; a change to None leaves one out."""
    all_claims = {
        "sub": "3f1c",
        "iss": ISSUER,
        "client_id": "client-1",
        "token_use": "access",
        "scope": "openid holdings/read",
        "iat": int(time.time()) - 5,
        # Made when tests are collected: the last of them may run long after.
        "exp": int(time.time()) + 86_400,
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


def unsigned(payload: Mapping[str, Any]) -> str:
    return f"{segment({'alg': 'none', 'kid': 'k1'})}.{segment(payload)}."


def hmac_with_the_public_key(payload: Mapping[str, Any]) -> str:
    signed = f"{segment({'alg': 'HS256', 'kid': 'k1'})}.{segment(payload)}"
    digest = hmac.digest(PUBLIC_PEM, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def tampered() -> str:
    header, _, signature = token().split(".")
    return f"{header}.{segment(claims(sub='someone-else'))}.{signature}"


def signed_as_is(payload: Mapping[str, Any] | None = None, **header: Any) -> str:
    """A good signature over what a library for tokens would not write."""
    signed = (
        f"{segment({'alg': 'RS256', 'kid': 'k1', **header})}.{segment(dict(payload or claims()))}"
    )
    signature = KEY.sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


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
    "a list of clients": lambda: f"Bearer {token(claims(client_id=['client-1']))}",
    "more audiences": lambda: f"Bearer {token(claims(aud=['client-1', 'client-2']))}",
    "no use": lambda: f"Bearer {token(claims(token_use=None))}",
    "another use": lambda: f"Bearer {token(claims(token_use='refresh'))}",
    "a list of uses": lambda: f"Bearer {token(claims(token_use=['access']))}",
    "another pool's ID token": lambda: f"Bearer {token(claims(token_use='id', aud='client-2'))}",
    "exp as a number's text": lambda: f"Bearer {token(claims(exp=str(int(time.time()) + 600)))}",
    "exp without end": lambda: f"Bearer {token(claims(exp=1e999))}",
    "exp that is no number": lambda: f"Bearer {token(claims(exp=float('nan')))}",
    "exp that is true": lambda: f"Bearer {token(claims(exp=True))}",
    "iat as a list": lambda: f"Bearer {token(claims(iat=[]))}",
    "sub as a list": lambda: f"Bearer {token(claims(sub=['3f1c']))}",
    "issuer as a list": lambda: f"Bearer {signed_as_is(claims(iss=[ISSUER]))}",
    "key id as a list": lambda: f"Bearer {signed_as_is(kid=['k1'])}",
    "a critical extension": lambda: f"Bearer {signed_as_is(crit=['exp'], exp=1)}",
    "a key of the sender's": lambda: f"Bearer {signed_as_is(kid=None, jwk=jwk('k1', OTHER_KEY))}",
    "junk after the signature": lambda: f"Bearer {token()}!",
    "padding": lambda: f"Bearer {token()}==",
    "a no-break space for the space": lambda: f"Bearer\u00a0{token()}",
}


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    """The app as plain `flask run` makes it of its settings, with a pool that serves its keys."""
    with Pool() as pool:
        settings = make_settings(
            AUTH_ISSUER=ISSUER,
            AUTH_CLIENT_ID="client-1",
            AUTH_SCOPE="holdings/read",
            AUTH_JWKS_URL=pool.url,
        )
        app = create_app(
            settings,
            clock=FakeClock().clock,
            exchange=FakeExchange(),
            cache=FakeCache(),
            market=FakeMarket(),
        )
        yield app.test_client()


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
    "payload",
    [
        claims(scope="openid"),
        claims(scope=None),
        claims(scope="holdings/rea"),
        claims(scope=["holdings/read"]),
        claims(scope="openid\u00a0holdings/read"),
        claims(scope="openid\tholdings/read"),
        claims(scope="openid\nholdings/read"),
    ],
)
def test_a_token_without_the_scope_is_forbidden(
    client: FlaskClient, payload: dict[str, Any]
) -> None:
    response = client.get("/holdings", headers={"Authorization": f"Bearer {token(payload)}"})
    assert response.status_code == 403
    assert response.json
    assert response.json["code"] == "forbidden"
    assert "holdings/read" in response.json["detail"]


def test_an_id_token_is_forbidden_whatever_scope_it_has(client: FlaskClient, pool: Pool) -> None:
    for payload in (ID_TOKEN, ID_TOKEN | {"scope": "holdings/read"}):
        response = client.get("/holdings", headers={"Authorization": f"Bearer {token(payload)}"})
        assert response.status_code == 403
        assert response.json
        assert "access token" in response.json["detail"]
    with pytest.raises(Forbidden):
        pool.authorizer(scope="").verify(token(ID_TOKEN))


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", ""])
def test_an_access_token_is_let_through_as_the_gateway_does(
    client: FlaskClient, scheme: str
) -> None:
    response = client.get("/holdings", headers={"Authorization": f"{scheme}{token()}"})
    assert response.status_code == 200


def test_what_is_open_and_a_preflight_need_no_token(client: FlaskClient) -> None:
    for path in ("/health", "/openapi.json", "/docs", "/alerts/unsubscribe"):
        assert client.get(path, headers={"Authorization": "Bearer junk"}).status_code == 200
    assert client.post("/alerts/unsubscribe?token=x").status_code == 200
    assert client.options("/holdings").status_code == 200
    assert client.post("/holdings").status_code == 405


def test_every_other_route_of_the_api_demands_a_token(client: FlaskClient) -> None:
    opened = ("api.health", "unsubscribe.", "document.", "swagger_ui.")
    asked = {
        (method, rule.rule.replace("<connection_id>", "0" * 32).replace("<date>", "2026-01-01"))
        for rule in client.application.url_map.iter_rules()
        if "." in rule.endpoint and not rule.endpoint.startswith(opened)
        for method in (rule.methods or set[str]()) - {"OPTIONS"}
    }
    assert {("GET", "/holdings"), ("PUT", "/alerts"), ("GET", "/alerts/events")} <= asked
    assert {client.open(path, method=how).status_code for how, path in asked} == {401}


def test_changing_takes_a_scope_of_its_own(pool: Pool) -> None:
    issuer = TokenIssuer(ISSUER, "client-1", "holdings/read", pool.url, "", "holdings/write")
    authorizer = Authorizer(issuer, Keys(pool.url))
    reads, writes = (token(claims(scope=f"openid holdings/{what}")) for what in ("read", "write"))
    assert authorizer.verify(reads)["sub"] == authorizer.verify(writes, changing=True)["sub"]
    with pytest.raises(Forbidden, match="lacks the scope holdings/write"):
        authorizer.verify(reads, changing=True)
    with pytest.raises(Forbidden, match="lacks the scope holdings/read"):
        authorizer.verify(writes)


@pytest.mark.parametrize(
    ("method", "path", "scope", "status"),
    [
        ("GET", "/a/1", "holdings/read", 200),
        ("HEAD", "/a/1", "holdings/read", 200),
        ("GET", "/a/1", "holdings/write", 403),
        ("POST", "/a/1", "holdings/read", 403),
        ("POST", "/a/1", "holdings/write", 200),
        ("DELETE", "/a/1", "holdings/read holdings/write", 200),
        ("PATCH", "/a/1", "holdings/read", 403),
        ("PUT", "/a/1", None, 403),
        ("POST", "/holdings", None, 405),
        ("OPTIONS", "/a/1", None, 200),
    ],
)
def test_any_blueprint_s_route_is_checked_by_what_its_method_does(
    pool: Pool, method: str, path: str, scope: str | None, status: int
) -> None:
    settings = make_settings(
        AUTH_ISSUER=ISSUER,
        AUTH_CLIENT_ID="client-1",
        AUTH_SCOPE="holdings/read holdings/write",
        AUTH_JWKS_URL=pool.url,
    )
    app = create_app(
        settings,
        clock=FakeClock().clock,
        exchange=FakeExchange(),
        cache=FakeCache(),
        market=FakeMarket(),
    )
    added = Blueprint("added", __name__)

    @added.route("/a/<name>", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
    def answer(name: str) -> str:
        return name

    assert answer
    app.register_blueprint(added)
    headers = {"Authorization": f"Bearer {token(claims(scope=scope))}"}
    assert app.test_client().open(path, method=method, headers=headers).status_code == status


def test_where_no_scope_is_demanded_any_access_token_of_the_client_passes(pool: Pool) -> None:
    authorizer = pool.authorizer(scope="")
    assert authorizer.verify(f"Bearer {token(claims(scope=None))}")["sub"] == "3f1c"
    assert authorizer.verify(token(claims(aud="client-1")))["sub"] == "3f1c"


def refused(authorizer: Authorizer, kid: str) -> None:
    with pytest.raises(Unauthenticated):
        authorizer.verify(token(kid=kid))


def test_made_up_key_ids_make_no_requests_to_the_pool(pool: Pool) -> None:
    authorizer = pool.authorizer()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(partial(refused, authorizer), map(str, range(99))))
    assert authorizer.verify(token())["sub"] == "3f1c"
    assert pool.asked == 1


@pytest.fixture
def library_time(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """What the JWT library takes for the time: nobody has to wait for it."""
    time = FakeClock()
    for module in ("jwt.jwks_client", "jwt.jwk_set_cache"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(monotonic=lambda: time.time))
    return time


def test_a_key_that_is_new_in_the_pool_is_found_before_long(
    pool: Pool, library_time: FakeClock
) -> None:
    authorizer = pool.authorizer(cooldown=20)
    authorizer.verify(token())
    pool.document = {"keys": [jwk(), jwk("k2", OTHER_KEY)]}
    refused(authorizer, "k2")
    library_time.advance(20)
    assert authorizer.verify(token(kid="k2", key=OTHER_KEY))["sub"] == "3f1c"


def test_a_key_that_the_pool_withdraws_is_not_taken_for_long(
    pool: Pool, library_time: FakeClock
) -> None:
    authorizer = pool.authorizer(lifespan=20)
    authorizer.verify(token())
    pool.document = {"keys": [jwk("k2", OTHER_KEY)]}
    library_time.advance(21)
    refused(authorizer, "k1")


@pytest.mark.parametrize(
    "key",
    [
        jwk(use="enc"),
        jwk(alg="RS512"),
        jwk(n="!"),
        jwk(kid=["k1"]),
        {"kty": "oct", "kid": "k1", "k": segment("secret"), "alg": "HS256"},
    ],
)
def test_only_rsa_keys_that_sign_are_taken(pool: Pool, key: object) -> None:
    pool.document = {"keys": [key, jwk("k2", OTHER_KEY)]}
    refused(pool.authorizer(), "k1")


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"keys": [jwk()]}, 302),
        ({"keys": [jwk()]}, 500),
        ("nothing", 200),
        (None, 200),
        ([], 200),
        ({}, 200),
        ({"keys": None}, 200),
        ({"keys": []}, 200),
    ],
)
def test_keys_that_cannot_be_read_are_a_misconfiguration_and_asked_for_again_later(
    pool: Pool, document: object, status: int
) -> None:
    pool.document, pool.status = document, status
    authorizer = pool.authorizer(patience=30)
    for _ in range(9):
        with pytest.raises(Misconfigured, match=r"jwks.json cannot be read.*AUTH_JWKS_URL"):
            authorizer.verify(token())
    assert pool.asked == 1
    hopeful = pool.authorizer(patience=0)
    with pytest.raises(Misconfigured):
        hopeful.verify(token())
    pool.document, pool.status = {"keys": [jwk()]}, 200
    assert hopeful.verify(token())["sub"] == "3f1c"


def test_known_keys_are_taken_while_the_pool_does_not_answer(pool: Pool) -> None:
    authorizer = pool.authorizer()
    authorizer.verify(token())
    pool.status = 500
    assert authorizer.verify(token())["sub"] == "3f1c"
    assert pool.asked == 1


def test_an_address_where_nothing_listens_is_a_problem_with_the_documented_code() -> None:
    settings = make_settings(
        AUTH_ISSUER="http://127.0.0.1:1/pool", AUTH_CLIENT_ID="client-1", API_PREFIX="/api"
    )
    app = create_app(settings, exchange=FakeExchange(), cache=FakeCache(), market=FakeMarket())
    response = app.test_client().get("/api/holdings", headers={"Authorization": token()})
    body = response.json
    assert body
    assert (response.status_code, body["code"]) == (500, "misconfigured")
    assert "http://127.0.0.1:1/pool/.well-known/jwks.json" in body["detail"]


def test_an_app_that_verifies_no_token_loads_nothing_to_do_so() -> None:
    code = """
import sys
sys.modules["jwt"] = sys.modules["cryptography"] = None  # importing them is an error
from holdings import create_app
from tests.builders import make_settings
print(create_app(make_settings()).name)
"""
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert said == "holdings\n"

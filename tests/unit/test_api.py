"""The contract of the API, over fakes: status, body and headers as a client sees them."""

import ast
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.api.problem_kinds import KINDS
from holdings.core import errors
from tests.builders import (
    CLAIMS,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    make_account,
    make_settings,
)

SIGNED_IN: dict[str, Any] = {
    REQUEST_CONTEXT: {"requestId": "r-1", "authorizer": {"jwt": {"claims": CLAIMS}}}
}


@dataclass
class Api:
    clock: FakeClock = field(default_factory=FakeClock)
    exchange: FakeExchange = field(default_factory=FakeExchange)
    cache: FakeCache = field(default_factory=FakeCache)
    environ: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.app: Flask = create_app(
            make_settings(**self.environ),
            clock=self.clock.clock,
            exchange=self.exchange,
            cache=self.cache,
            market=FakeMarket(),
        )
        self.client: FlaskClient = self.app.test_client()

    def get(self, path: str = "/holdings", **kwargs: Any) -> TestResponse:
        return self.client.get(path, environ_overrides=SIGNED_IN, **kwargs)


def check_problem(response: TestResponse, code: str) -> dict[str, Any]:
    """Hold a response to the one shape of all errors."""
    body = json.loads(response.data)
    assert response.content_type == "application/problem+json"
    assert response.status_code == body["status"] == KINDS[code].status
    assert body["code"] == code
    assert body["type"] == f"urn:problem-type:holdings:{code}"
    assert body["title"] == KINDS[code].title
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert isinstance(body["detail"], str)
    assert body["detail"]
    assert set(body) <= {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers.getlist("Vary") == ["Origin, Authorization"]
    return body


def test_the_address_of_a_route_is_compiled_when_somebody_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []

    def counted(tree: ast.Module, *given: str) -> Any:
        compiled.append(given[0])
        return compile(tree, *given)

    monkeypatch.setattr("werkzeug.routing.rules.compile", counted, raising=False)
    app = Api(environ={"API_PREFIX": "/api/v1"}).app
    assert compiled == []
    with app.test_request_context():
        address = url_for("connections.get_connection", connection_id="a b", also="c")
    assert address == "/api/v1/connections/a%20b?also=c"
    assert compiled == ["<werkzeug routing>"]


def test_health_is_open_and_tells_name_version_environment_and_time() -> None:
    api = Api(environ={"APP_NAME": "Mine", "APP_VERSION": "9.9", "ENVIRONMENT": "prod"})
    response = api.client.get("/health")
    assert response.json == {
        "status": "ok",
        "name": "Mine",
        "version": "9.9",
        "environment": "prod",
        "time": "2026-11-21T09:30:00Z",
    }
    assert (api.exchange.calls, api.cache.puts) == (0, 0)


def test_an_answer_says_how_fresh_it_is_and_for_how_long() -> None:
    api = Api()
    api.get()
    api.clock.advance(20.5)
    response = api.get()
    shown = {name: response.headers[name] for name in ("X-Cache", "Age", "Cache-Control")}
    assert shown == {"X-Cache": "HIT", "Age": "20", "Cache-Control": "private, max-age=180"}
    assert response.headers["X-Request-Id"] == "r-1"
    assert response.content_type == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_cache_takes_an_answer_for_fresh_until_it_expires() -> None:
    """RFC 9111, 4.2: fresh while max-age is more than the Age that came and the time since."""
    api = Api()
    api.get()
    for age in (0, 100, 179):
        response = api.get()
        assert response.json
        lifetime = response.cache_control.max_age
        assert lifetime is not None
        assert lifetime - int(response.headers["Age"]) == 180 - age
        api.clock.advance({0: 100, 100: 79, 179: 0}[age])


def test_an_unchanged_answer_is_304_with_the_headers_that_judge_it() -> None:
    api = Api()
    first = api.get()
    assert first.headers["ETag"] == api.get().headers["ETag"]
    for tags in (first.headers["ETag"], f'"x", W/{first.headers["ETag"]}', "*"):
        response = api.get(headers={"If-None-Match": tags})
        assert (response.status_code, response.data) == (304, b"")
        for name in ("ETag", "Cache-Control", "Age", "Vary", "X-Cache", "X-Request-Id"):
            assert response.headers[name]
    assert api.get(headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_stale_answer_is_not_to_be_stored() -> None:
    api = Api()
    fresh = api.get()
    api.clock.advance(181)
    api.exchange.answer = errors.ExchangeTimeout("late")
    response = api.get()
    assert (response.status_code, response.headers["X-Cache"]) == (200, "STALE")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Age"] == "181"
    assert response.headers["ETag"] != fresh.headers["ETag"]
    assert response.json
    assert response.json["stale"]


def test_head_has_the_headers_of_get_and_no_body() -> None:
    api = Api()
    got, head = api.get(), api.client.head("/holdings", environ_overrides=SIGNED_IN)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert api.client.head("/health").status_code == 200


def test_refresh_asks_coinbase_again() -> None:
    api = Api()
    api.get()
    assert api.get("/holdings?refresh=true").headers["X-Cache"] == "REFRESH"
    assert api.get("/holdings?refresh=true").headers["X-Cache"] == "HIT"
    assert api.get("/holdings?refresh=false").headers["X-Cache"] == "HIT"
    assert api.exchange.calls == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("refresh=maybe", "refresh"),
        ("refresh=", "refresh"),
        ("refresh=true&refresh=false", "refresh"),
        ("refresh[]=true", "refresh[]"),
        ("colour=red", "colour"),
        ("%00=%ff", "\x00"),
    ],
)
def test_a_query_that_cannot_be_used_names_the_field(query: str, field: str) -> None:
    body = check_problem(Api().get(f"/holdings?{query}"), "invalid_request")
    assert list(body["errors"]) == [field]


RAISED = [
    errors.Forbidden("f"),
    errors.ExchangeCredentialsRejected("c"),
    errors.ExchangePermissionDenied("c"),
    errors.ExchangeInvalidResponse("c"),
    errors.ExchangeRateLimited("c", retry_after=30),
    errors.ExchangeUnavailable("c"),
    errors.ExchangeTimestampExpired("c"),
    errors.ExchangeTimeout("c"),
    errors.SecretInvalid("s"),
    errors.SecretUnavailable("s"),
    errors.Misconfigured("m"),
]


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_every_failure_has_the_one_shape(error: errors.HoldingsError) -> None:
    response = Api(exchange=FakeExchange(error)).get()
    assert check_problem(response, error.code)["detail"] == error.detail
    assert response.headers.get("Retry-After") == {
        "exchange_rate_limited": "30",
        "exchange_unavailable": "10",  # for so long it is not tried again
        "secret_unavailable": "10",
    }.get(error.code)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", "not_found"),
        ("GET", "/holding", "not_found"),
        ("GET", "/%ff%00<script>", "not_found"),
        ("POST", "/holdings", "method_not_allowed"),
        ("DELETE", "/health", "method_not_allowed"),
        ("BREW", "/health", "method_not_allowed"),
        ("GET", "/docs/no-such-file", "not_found"),
    ],
)
def test_every_wrong_address_has_the_one_shape(method: str, path: str, code: str) -> None:
    response = Api().client.open(path, method=method)
    check_problem(response, code)
    if code == "method_not_allowed":
        assert "GET" in response.headers["Allow"]


def test_anything_else_is_an_internal_error_that_shows_nothing() -> None:
    class Broken(FakeExchange):
        def accounts(self, deadline: object) -> list[Any]:
            raise ZeroDivisionError("canary-xyzzy")

    response = Api(exchange=Broken()).get()
    check_problem(response, "internal_error")
    assert b"xyzzy" not in response.data


@pytest.mark.parametrize(
    "context",
    [
        None,
        "text",
        {},
        {"authorizer": None},
        {"authorizer": {"jwt": {"claims": {}}}},
        {"authorizer": {"jwt": {"claims": {"sub": ""}}}},
        {"authorizer": {"jwt": {"claims": {"sub": 7}}}},
        {"authorizer": {"jwt": ["claims"]}},
        {"authorizer": {"claims": "sub=1"}},
        {"authorizer": {"lambda": {"claims": CLAIMS}}},
        {"authorizer": {"iam": {"userId": "x"}, "principalId": "x"}},
    ],
)
def test_only_verified_claims_sign_a_caller_in(context: object) -> None:
    response = Api().client.get(
        "/holdings",
        environ_overrides={REQUEST_CONTEXT: context},
        headers={
            "Authorization": "Bearer x",
            "X-Amzn-Oidc-Identity": "3f1c",
            "X-Apigateway-Context": json.dumps({"authorizer": {"jwt": {"claims": CLAIMS}}}),
            "Apig_Wsgi.Request_Context": "x",
        },
    )
    check_problem(response, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_without_a_sign_in_the_query_is_not_even_looked_at() -> None:
    check_problem(Api().client.get("/holdings?refresh=maybe"), "unauthenticated")


def test_a_page_of_an_allowed_origin_may_read_the_answer_and_its_headers() -> None:
    api = Api(environ={"CORS_ALLOW_ORIGIN": "https://a.example,https://b.example"})
    for origin, allowed in (
        ("https://b.example", "https://b.example"),
        ("https://c.example", None),
    ):
        for response in (
            api.get(headers={"Origin": origin}),
            api.client.get("/holdings", headers={"Origin": origin}),
        ):
            assert response.headers.get("Access-Control-Allow-Origin") == allowed
            assert response.headers.getlist("Vary") == ["Origin, Authorization"]
    exposed = api.get(headers={"Origin": "https://a.example"}).headers[
        "Access-Control-Expose-Headers"
    ]
    assert exposed == "Age, ETag, Location, Retry-After, X-Cache, X-Request-Id"


def test_a_preflight_needs_no_sign_in() -> None:
    response = Api().client.options(
        "/holdings",
        headers={
            "Origin": "http://localhost:5173",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert response.headers["Access-Control-Allow-Headers"].lower() == "authorization"
    assert "GET" in response.headers["Access-Control-Allow-Methods"]


def test_an_unchanged_document_is_304() -> None:
    client = Api().client
    tag = client.get("/openapi.json").headers["ETag"]
    again = client.get("/openapi.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/openapi.json", headers={"If-None-Match": '"x"'}).status_code == 200


def test_the_prefix_stands_before_every_route() -> None:
    api = Api(environ={"API_PREFIX": "/api/v1"})
    assert api.get("/api/v1/holdings").status_code == 200
    assert api.client.get("/api/v1/health").status_code == 200
    document = api.client.get("/api/v1/openapi.json").json
    assert document
    assert document["servers"] == [{"url": "/api/v1"}]
    check_problem(api.get(), "not_found")


def test_a_closed_address_answers_cloudfront_alone() -> None:
    digest = hashlib.sha256(b"the key of the origin").hexdigest()
    client = Api(environ={"ORIGIN_KEY_SHA256": digest}).client
    for path in ("/health", "/holdings", "/nothing"):
        for shown in ({}, {"X-Origin-Key": "another"}, {"X-Origin-Key": digest}):
            problem = check_problem(client.get(path, headers=shown), "forbidden")
            assert "this address is closed" in problem["detail"]
    known = {"X-Origin-Key": "the key of the origin"}
    assert client.get("/health", headers=known).status_code == 200


def test_the_demo_needs_no_sign_in_and_says_what_it_is_in_every_answer() -> None:
    client = create_app(make_settings(DEMO_MODE="true")).test_client()
    for outcome in ("MISS", "HIT"):
        response = client.get("/holdings")
        assert response.headers["X-Cache"] == outcome
        assert response.json
        assert [warning["code"] for warning in response.json["warnings"]] == ["demo_mode"]
        assert response.json["hidden"] == {"zero": 1, "dust": 1}


def test_an_answer_that_the_gateway_could_not_pass_on_is_refused_with_the_remedy() -> None:
    accounts = [make_account(f"{number:036}", "C" * 400) for number in range(12_000)]
    api = Api(exchange=FakeExchange(accounts))
    problem = check_problem(api.get(), "invalid_request")
    assert "?connection=" in problem["detail"]
    api.exchange.answer = accounts[:6_000]
    api.clock.advance(200)
    assert api.get().status_code == 200

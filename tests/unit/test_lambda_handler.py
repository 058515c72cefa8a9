import copy
import json
import os
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdings import create_app
from holdings.api.lambda_handler import Handler, make_lambda_handler
from tests.builders import (
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    make_alb_event,
    make_settings,
    make_v1_event,
    make_v2_event,
)


def make_handler() -> Handler:
    return make_lambda_handler(
        create_app(
            make_settings(),
            clock=FakeClock().clock,
            exchange=FakeExchange(),
            cache=FakeCache(),
            market=FakeMarket(),
        )
    )


def lowered(response: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in response["headers"].items()}


@pytest.mark.parametrize("make_event", [make_v2_event, make_v1_event])
def test_a_gateway_event_with_claims_is_answered(
    make_event: Callable[..., dict[str, Any]],
) -> None:
    response = make_handler()(make_event(), None)
    headers = lowered(response)
    assert response["statusCode"] == 200
    assert response["isBase64Encoded"] is False
    assert json.loads(response["body"])["account_count"] == 1
    assert headers["x-cache"] == "MISS"
    assert headers["vary"] == "Origin, Authorization"
    assert headers["x-request-id"].endswith("-request")


@pytest.mark.parametrize(
    "event",
    [
        make_v2_event(claims=None),
        make_v1_event(claims=None),
        make_alb_event(),
        make_alb_event(headers={"x-amzn-oidc-data": "eyJ", "x-amzn-oidc-identity": "3f1c"}),
        make_v2_event(claims={}),
    ],
)
def test_an_event_without_claims_is_not_signed_in(event: dict[str, Any]) -> None:
    response = make_handler()(event, None)
    assert response["statusCode"] == 401
    assert response["isBase64Encoded"] is False
    assert json.loads(response["body"])["code"] == "unauthenticated"


def test_a_load_balancer_reaches_what_is_open() -> None:
    response = make_handler()(make_alb_event(path="/health"), None)
    assert (response["statusCode"], json.loads(response["body"])["status"]) == (200, "ok")


def test_the_query_and_conditional_headers_of_an_event_count() -> None:
    handler = make_handler()
    first = handler(make_v2_event(), None)
    tag = first["headers"]["etag"]
    assert handler(make_v2_event(headers={"if-none-match": tag}), None)["statusCode"] == 304
    refused = handler(make_v2_event(query="refresh=maybe"), None)
    assert "refresh" in json.loads(refused["body"])["errors"]
    honoured = handler(make_v1_event(query={"refresh": "true"}), None)
    assert lowered(honoured)["x-cache"] == "REFRESH"


HANDLER = make_handler()
# `HOSTILE_EVENTS=20000` for an attack of hours.
EXAMPLES = int(os.environ.get("HOSTILE_EVENTS", settings().max_examples))
HEADERS = (
    "if-none-match",
    "host",
    "upgrade",
    "connection",
    "x-forwarded-proto",
    "origin",
    "cookie",
    "x-forwarded-port",
    "x-forwarded-for",
    "content-type",
    "content-length",
    "range",
    "access-control-request-method",
    "authorization",
    "if-modified-since",
    "accept",
)
names = st.sampled_from(
    sorted({*make_v2_event(), *make_v1_event(), "cookies", "multiValueHeaders", "elb", *HEADERS})
)


def without(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


@pytest.mark.parametrize(
    "event",
    [
        {},
        None,
        [],
        "event",
        {"version": "3.0"},
        {"version": "2.0"},
        {"source": "aws.events", "detail-type": "Scheduled Event"},
        {"Records": []},
        without(make_v2_event(), "rawPath"),
        without(make_v2_event(), "headers"),
        make_v2_event() | {"headers": {"x": None}},
        make_v2_event() | {"requestContext": None},
        make_v2_event() | {"isBase64Encoded": True, "body": "%"},
        make_v1_event() | {"headers": {"x": None}},
        without(make_v1_event(), "httpMethod"),
    ],
)
def test_what_is_not_an_http_event_gets_a_problem_that_says_so(event: Any) -> None:
    response = make_handler()(event, None)
    body = json.loads(response["body"])
    assert response["statusCode"] in {200, 422}
    if response["statusCode"] == 422:
        assert (body["code"], body["status"]) == ("invalid_request", 422)
        assert "API Gateway" in body["detail"]


@pytest.mark.parametrize("value", [7, 1.5, True, None, ["x"], {"x": "y"}, "\u0661", "\ud800"])
@pytest.mark.parametrize(
    "name", ["if-none-match", "Host", "X-Forwarded-Proto", "x", "Content-Type"]
)
@pytest.mark.parametrize("make_event", [make_v2_event, make_v1_event, make_alb_event])
def test_a_header_that_is_no_text_makes_it_no_http_event(
    make_event: Callable[..., dict[str, Any]], name: str, value: object
) -> None:
    event = make_event(path="/health")
    event["headers"][name] = value
    response = HANDLER(event, None)
    assert response["statusCode"] == 422
    assert json.loads(response["body"])["code"] == "invalid_request"


@pytest.mark.parametrize("query", ["refresh=\xff", "\xc3", "\u0661=1", "\ud800", 7, ["refresh"]])
def test_a_query_that_is_no_utf_8_is_an_invalid_request(query: Any) -> None:
    response = HANDLER(make_v2_event(query=query), None)
    assert response["statusCode"] == 422
    assert json.loads(response["body"])["code"] == "invalid_request"


def test_a_query_in_utf_8_is_read_also_as_it_is() -> None:
    response = HANDLER(make_v2_event(query="caf\xc3\xa9=%C3%A9&%FF=%FF"), None)
    assert sorted(json.loads(response["body"])["errors"]) == ["%FF", "caf\xe9"]


@pytest.mark.parametrize(
    "path", ["/holdings//", "/health//", "/holdings/%2F", "//evil.example//", "//"]
)
@pytest.mark.parametrize("make_event", [make_v2_event, make_v1_event, make_alb_event])
def test_no_path_redirects_to_the_host_that_a_header_names(
    make_event: Callable[..., dict[str, Any]], path: str
) -> None:
    response = HANDLER(make_event(path=path, headers={"host": "evil.example"}), None)
    assert (response["statusCode"], lowered(response).get("location")) == (404, None)
    assert lowered(response)["content-type"] == "application/problem+json"
    assert "evil" not in response["body"]


@pytest.mark.parametrize("request_id", ["", "x" * 129, "a\nb", "\u0661", 7, None, ["x"]])
def test_a_request_id_that_no_header_can_carry_is_replaced(request_id: Any) -> None:
    event = make_v2_event(path="/health", request_id=request_id)
    assert len(lowered(HANDLER(event, None))["x-request-id"]) == 36


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(max_codepoint=0xFF))
    | st.sampled_from(["1.0", "2.0", "//evil.example", "/holdings//", "https", "evil.example:x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(), inner),
    max_leaves=6,
)


@st.composite
def hostile_events(draw: st.DrawFn) -> dict[str, Any]:
    """An event with some of its parts, at any depth, gone or something else."""
    event = copy.deepcopy(
        draw(st.sampled_from([make_v2_event(), make_v1_event(), make_alb_event()]))
    )
    event["headers"] |= draw(
        st.dictionaries(st.sampled_from(HEADERS), st.text(st.characters(max_codepoint=0xFF)))
    )
    for _ in range(draw(st.integers(0, 4))):
        inside: dict[str, Any] = event
        while isinstance(deeper := draw(st.sampled_from([None, *inside.values()])), dict):
            if not deeper:
                break
            inside = cast("dict[str, Any]", deeper)
        name = draw(st.sampled_from(sorted(inside)) | names)
        if draw(st.booleans()):
            inside[name] = draw(json_values)
        else:
            inside.pop(name, None)
    return event


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event=hostile_events() | json_values)
def test_no_event_whatever_its_shape_crashes_the_function_or_signs_in(event: Any) -> None:
    response = HANDLER(event, None)
    assert 200 <= response["statusCode"] < 500
    assert not 300 <= response["statusCode"] < 304
    json.dumps(response)
    if response["statusCode"] == 200 and "holdings" in response["body"]:
        authorizer = event["requestContext"]["authorizer"]
        claims = authorizer.get("claims") or authorizer["jwt"]["claims"]
        assert isinstance(claims["sub"], str)

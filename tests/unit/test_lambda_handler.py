import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings import create_app
from holdings.api.lambda_handler import Handler, make_lambda_handler
from tests.builders import (
    CLAIMS,
    FakeCache,
    FakeClock,
    FakeExchange,
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


def test_the_query_and_conditional_headers_of_an_event_are_heard() -> None:
    handler = make_handler()
    first = handler(make_v2_event(), None)
    tag = first["headers"]["etag"]
    assert handler(make_v2_event(headers={"if-none-match": tag}), None)["statusCode"] == 304
    refused = handler(make_v2_event(query="refresh=maybe"), None)
    assert "refresh" in json.loads(refused["body"])["errors"]
    honoured = handler(make_v1_event(query={"refresh": "true"}), None)
    assert lowered(honoured)["x-cache"] == "REFRESH"


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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    base=st.sampled_from([make_v2_event(), make_v1_event(), make_alb_event()]),
    changes=st.dictionaries(
        st.sampled_from(sorted({*make_v2_event(), *make_v1_event()})), json_values, max_size=3
    ),
)
def test_no_event_whatever_its_shape_crashes_the_function_or_signs_in(
    base: dict[str, Any], changes: dict[str, Any]
) -> None:
    response = HANDLER(base | changes, None)
    assert 200 <= response["statusCode"] < 500
    if response["statusCode"] == 200 and "holdings" in response["body"]:
        context = (base | changes)["requestContext"]
        assert CLAIMS in (
            context["authorizer"].get("claims"),
            context["authorizer"].get("jwt", {}).get("claims"),
        )


HANDLER = make_handler()

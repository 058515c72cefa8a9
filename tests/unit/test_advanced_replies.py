"""What Coinbase Advanced Trade's replies mean, whatever is in them."""

import json
from decimal import Decimal
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.coinbase_advanced.replies import (
    parse_page,
    parse_permissions,
    parse_time,
    raise_for_error,
)
from holdings.api.problem_kinds import KINDS
from holdings.core.connections import Probe
from holdings.core.errors import (
    ExchangeError,
    ExchangeInvalidResponse,
    ExchangePermissionDenied,
    HoldingsError,
)
from holdings.core.portfolio import Account
from tests.builders import NOW, make_reply


def money(value: object, currency: str = "BTC") -> dict[str, object]:
    return {"value": value, "currency": currency}


# As in nautechsystems/nautilus_trader, crates/adapters/coinbase/test_data/http_accounts.json.
ACCOUNT: dict[str, Any] = {
    "uuid": "8bfc20d7-f7c6-4422-bf07-8243ca4169fe",
    "name": "BTC Wallet",
    "currency": "BTC",
    "available_balance": money("1.23456789"),
    "default": True,
    "active": True,
    "created_at": "2021-05-31T09:59:59Z",
    "updated_at": "2024-01-15T10:30:00Z",
    "deleted_at": None,
    "type": "ACCOUNT_TYPE_CRYPTO",
    "ready": True,
    "hold": money("0.00500000"),
    "retail_portfolio_id": "portfolio-001",
    "platform": "ACCOUNT_PLATFORM_CONSUMER",
}
PERMISSIONS = {
    "can_view": True,
    "can_trade": False,
    "can_transfer": True,
    "portfolio_uuid": "portfolio-001",
    "portfolio_type": "DEFAULT",
}


def page(*accounts: object, **rest: object) -> dict[str, object]:
    whole = {"accounts": accounts, "has_next": False, "cursor": "", "size": len(accounts)}
    return {**whole, **rest}


def error_of(status: int, body: object, headers: dict[str, str] | None = None) -> ExchangeError:
    with pytest.raises(ExchangeError) as raised:
        raise_for_error(make_reply(status, headers, body=body), NOW)
    return raised.value


@pytest.mark.parametrize(
    ("status", "body", "code", "transient"),
    [
        (401, b"Unauthorized\n", "exchange_credentials_rejected", False),
        (401, b"", "exchange_credentials_rejected", False),
        (401, {"error": "unauthorized", "message": "x"}, "exchange_credentials_rejected", False),
        (401, {"errors": [{"id": "authentication_error"}]}, "exchange_credentials_rejected", False),
        (
            403,
            {"error": "PERMISSION_DENIED", "error_details": "Missing required scopes"},
            "exchange_permission_denied",
            False,
        ),
        (401, {"message": "IP address not allowed"}, "exchange_permission_denied", False),
        (429, {"errors": [{"id": "rate_limit_exceeded"}]}, "exchange_rate_limited", True),
        (429, b"too many requests", "exchange_rate_limited", True),
        (400, {"error": "RESOURCE_EXHAUSTED"}, "exchange_rate_limited", True),
        (500, {"error": "INTERNAL"}, "exchange_unavailable", True),
        (503, b"upstream connect error", "exchange_unavailable", True),
        (400, {"error": "INVALID_ARGUMENT"}, "exchange_invalid_response", False),
        (404, {"error": "NOT_FOUND"}, "exchange_invalid_response", False),
        (201, {}, "exchange_invalid_response", False),
        (502, b"<html>Bad gateway</html>", "exchange_invalid_response", True),
        (403, b"<!DOCTYPE html>", "exchange_invalid_response", False),
        (302, b"", "exchange_invalid_response", False),
        (401, b"x" * 100_000, "exchange_invalid_response", False),
    ],
)
def test_an_error_is_known_by_its_status_whatever_its_body_is_like(
    status: int, body: object, code: str, transient: bool
) -> None:
    error = error_of(status, body)
    assert (error.code, error.transient) == (code, transient)


@pytest.mark.parametrize("body", [b"Unauthorized\n", {"error": "x"}, b"<html>"])
def test_retry_after_is_taken_whatever_the_body(body: object) -> None:
    assert error_of(503, body, {"Retry-After": "7"}).retry_after == 7


@pytest.mark.parametrize(
    ("date", "code"),
    [
        (formatdate(NOW + 61, usegmt=True), "exchange_unavailable"),
        (formatdate(NOW - 3_600, usegmt=True), "exchange_unavailable"),
        (formatdate(NOW + 59, usegmt=True), "exchange_credentials_rejected"),
        ("", "exchange_credentials_rejected"),
        ("soon", "exchange_credentials_rejected"),
        ("Thu, 01 Jan 999999 00:00:00 GMT", "exchange_credentials_rejected"),
    ],
)
def test_a_token_refused_by_another_clock_is_no_rejected_key(date: str, code: str) -> None:
    assert error_of(401, b"Unauthorized", {"Date": date}).code == code


def test_a_balance_is_what_is_available_and_what_is_on_hold_together() -> None:
    exact = Account(
        ACCOUNT["uuid"],
        "BTC",
        balance=Decimal("1.23956789"),
        available=Decimal("1.23456789"),
        hold=Decimal("0.00500000"),
    )
    assert parse_page(make_reply(body=page(ACCOUNT))) == ([exact], "")
    more = page(ACCOUNT, has_next=True, cursor="789100")
    assert parse_page(make_reply(body=more)) == ([exact], "789100")


def test_a_sum_loses_no_digit() -> None:
    long = {"available_balance": money("9" * 60 + ".5"), "hold": money("0." + "1" * 60)}
    ((account,), _) = parse_page(make_reply(body=page(ACCOUNT | long)))
    assert format(account.balance, "f") == "9" * 60 + "." + "6" + "1" * 59


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"uuid": ""}, "uuid"),
        ({"uuid": 7}, "uuid"),
        ({"currency": None}, "currency"),
        ({"available_balance": None}, "available_balance"),
        ({"available_balance": "1.5"}, "available_balance"),
        ({"available_balance": money(1.5)}, "available_balance.value"),
        ({"available_balance": money("NaN")}, "available_balance.value"),
        ({"available_balance": money("1", "ETH")}, "available_balance .in another currency"),
        ({"hold": {}}, "hold"),
        ({"hold": money("1e999999999")}, "hold.value"),
    ],
)
def test_one_malformed_account_makes_the_whole_answer_invalid(
    change: dict[str, object], named: str
) -> None:
    with pytest.raises(ExchangeInvalidResponse, match=f"account 2 .* {named}"):
        parse_page(make_reply(body=page(ACCOUNT, ACCOUNT | change)))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        [ACCOUNT],
        {},
        {"has_next": False},
        page(accounts=None),
        page(accounts={}),
        page(accounts=[[ACCOUNT]]),
        page(has_next=None),
        page(has_next="false"),
        page(has_next=True),
        page(has_next=True, cursor=7),
        page(has_next=True, cursor="x" * 1_001),
        page(**{f"field {number}": None for number in range(100)}),
    ],
)
def test_a_page_of_another_shape_is_invalid(document: object) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        parse_page(make_reply(body=document))


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"accounts": [}',
        b'{"accounts": [], "accounts": [], "has_next": false}',
        b'{"accounts": [], "has_next": false} x',
        b'{"accounts": [] "has_next": false}',
        b'{"accounts", []}',
        b'{7: [], "accounts": []}',
        b"<html>",
    ],
)
def test_what_is_no_json_object_is_invalid(body: bytes) -> None:
    with pytest.raises(ExchangeInvalidResponse, match="not JSON"):
        parse_page(make_reply(body=body))


def test_the_fields_of_a_page_may_come_in_any_order() -> None:
    backwards = dict(reversed(page(ACCOUNT, has_next=True, cursor="c").items()))
    accounts, cursor = parse_page(make_reply(body=backwards))
    assert (len(accounts), cursor) == (1, "c")


def test_the_permissions_are_the_key_s_rights_and_its_portfolio() -> None:
    assert parse_permissions(make_reply(body=PERMISSIONS)) == Probe(
        "portfolio-001", ("view", "transfer")
    )


def test_a_key_that_may_not_view_is_denied() -> None:
    with pytest.raises(ExchangePermissionDenied, match="View"):
        parse_permissions(make_reply(body=PERMISSIONS | {"can_view": False}))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        PERMISSIONS | {"can_view": "true"},
        PERMISSIONS | {"can_trade": None},
        PERMISSIONS | {"portfolio_uuid": ""},
        PERMISSIONS | {"portfolio_uuid": None},
    ],
)
def test_permissions_that_are_not_said_are_not_guessed(document: object) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        parse_permissions(make_reply(body=document))


def test_the_time_is_read_as_epoch_seconds() -> None:
    body = {"iso": "2015-01-07T23:47:25Z", "epochSeconds": "1420674445", "epochMillis": "1"}
    assert parse_time(make_reply(body=body)) == 1420674445
    assert parse_time(make_reply(body={"epochSeconds": 1420674445})) == 1420674445


@pytest.mark.parametrize("told", [None, "", "soon", "nan", "-1", "1" * 12, [], True])
def test_a_time_of_another_shape_is_invalid(told: object) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        parse_time(make_reply(body={"epochSeconds": told}))


hostile_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text() | st.sampled_from([*ACCOUNT, *PERMISSIONS, *page(), "epochSeconds"]), inner
        )
    ),
    max_leaves=20,
).map(lambda document: json.dumps(document).encode())


@given(
    status=st.integers(100, 599) | st.sampled_from([200, 401, 403, 429]),
    body=st.binary() | hostile_json | st.sampled_from([b"[" * 200_000, b'{"accounts":' * 50_000]),
    headers=st.dictionaries(st.sampled_from(["Retry-After", "Date"]), st.text()),
    parse=st.sampled_from([parse_page, parse_permissions, parse_time]),
)
def test_any_reply_is_an_answer_or_a_documented_code(
    status: int, body: bytes, headers: dict[str, str], parse: Any
) -> None:
    reply = make_reply(status, headers, body=body)
    try:
        raise_for_error(reply, NOW)
        parse(reply)
    except HoldingsError as error:
        assert error.code.startswith("exchange_")
        assert error.code in KINDS

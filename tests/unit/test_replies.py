import itertools
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.coinbase_exchange.replies import (
    parse_page,
    parse_profile,
    parse_time,
    raise_for_error,
)
from holdings.api.problem_kinds import KINDS
from holdings.core.errors import (
    ExchangeError,
    ExchangeInvalidResponse,
    HoldingsError,
)
from holdings.core.portfolio import Account
from tests.builders import NOW, make_reply

ACCOUNT = {
    "id": "71452118",
    "currency": "BTC",
    "balance": "1.2345678901239999",
    "available": "1.2",
    "hold": "0.0000000000000000",
    "profile_id": "75da88c5",
    "trading_enabled": True,
    "display_name": "mine",
}


def error_of(status: int, body: object, headers: dict[str, str] | None = None) -> ExchangeError:
    with pytest.raises(ExchangeError) as raised:
        raise_for_error(make_reply(status, headers, body=body), NOW)
    return raised.value


@pytest.mark.parametrize(
    ("status", "message", "code", "transient"),
    [
        (401, "Invalid API Key", "exchange_credentials_rejected", False),
        (400, "Invalid API Key", "exchange_credentials_rejected", False),
        (401, "invalid signature", "exchange_credentials_rejected", False),
        (400, "invalid signature", "exchange_credentials_rejected", False),
        (401, "Invalid Passphrase", "exchange_credentials_rejected", False),
        (401, "Unauthorized.", "exchange_credentials_rejected", False),
        (400, "request timestamp expired", "exchange_unavailable", False),
        (401, "request timestamp expired", "exchange_unavailable", False),
        (403, "Forbidden", "exchange_permission_denied", False),
        (403, "anything", "exchange_permission_denied", False),
        (401, "IP does not match IP whitelist", "exchange_permission_denied", False),
        (429, "Private rate limit exceeded", "exchange_rate_limited", True),
        (429, "Public rate limit exceeded", "exchange_rate_limited", True),
        (429, "", "exchange_rate_limited", True),
        (500, "Internal server error", "exchange_unavailable", True),
        (503, "Service is under maintenance", "exchange_unavailable", True),
        (200 + 1, "made", "exchange_invalid_response", False),
        (400, "User-Agent header is required.", "exchange_invalid_response", False),
        (404, "NotFound", "exchange_invalid_response", False),
        (599, "", "exchange_unavailable", True),
    ],
)
def test_an_error_is_known_by_its_message_then_by_its_status(
    status: int, message: str, code: str, transient: bool
) -> None:
    error = error_of(status, {"message": message})
    assert (error.code, error.transient) == (code, transient)


@pytest.mark.parametrize("status", [502, 520])
def test_a_page_of_the_content_network_is_no_answer_and_may_pass(status: int) -> None:
    error = error_of(status, b"<html>Bad gateway</html>")
    assert (error.code, error.transient) == ("exchange_invalid_response", True)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed(status: int) -> None:
    assert error_of(status, b"").code == "exchange_invalid_response"


@pytest.mark.parametrize("body", [[], None, 7, {"message": 7}, {"message": None}, {}])
def test_a_message_of_another_shape_leaves_the_status_to_speak(body: object) -> None:
    assert error_of(401, body).code == "exchange_credentials_rejected"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("1", 1),
        ("0", None),
        ("soon", None),
        ("-3", None),
        ("9" * 9, 3600),
        ("9" * 99, None),
    ],
)
@pytest.mark.parametrize(
    ("status", "body"), [(429, {}), (503, {"message": "maintenance"}), (520, b"<html>")]
)
def test_retry_after_is_taken_within_reason(
    status: int, body: object, header: str, seconds: int | None
) -> None:
    assert error_of(status, body, {"Retry-After": header}).retry_after == seconds


def test_a_rate_limit_that_names_no_time_is_not_one_that_does() -> None:
    assert error_of(429, {}).retry_after is None


def test_an_account_is_read_exactly_and_its_other_fields_are_left_alone() -> None:
    account = Account(
        "71452118", "BTC", Decimal("1.2345678901239999"), Decimal("1.2"), Decimal("0E-16")
    )
    assert parse_page(make_reply(body=[ACCOUNT])) == ([account], "")
    page = make_reply(headers={"CB-AFTER": "next"}, body=[ACCOUNT])
    assert parse_page(page) == ([account], "next")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"balance": None}, "balance"),
        ({"balance": "NaN"}, "balance"),
        ({"balance": 1.5}, "balance"),
        ({"available": ""}, "available"),
        ({"hold": "1e999999999"}, "hold"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"currency": None}, "currency"),
        ({"currency": "x" * 5_001}, "currency"),
        ({"id": "\ud800"}, "id"),
    ],
)
def test_one_malformed_account_makes_the_whole_answer_invalid(
    change: dict[str, Any], named: str
) -> None:
    with pytest.raises(ExchangeInvalidResponse, match=f"account 2 .* {named}"):
        parse_page(make_reply(body=[ACCOUNT, ACCOUNT | change]))


@pytest.mark.parametrize("document", [None, {}, "x", 7, [None], [[]], ["x"], {"accounts": []}])
def test_what_is_not_a_list_of_accounts_is_invalid(document: object) -> None:
    with pytest.raises(ExchangeInvalidResponse, match=r"lists no accounts|not an object"):
        parse_page(make_reply(body=document))


def test_accounts_without_end_are_not_read_to_their_end() -> None:
    endless = itertools.repeat(json.dumps(ACCOUNT).encode() + b",")
    with pytest.raises(ExchangeInvalidResponse, match="more than 20000"):
        parse_page(make_reply(body=[])._replace(body=itertools.chain([b"["], endless)))


def test_coinbase_time_is_read_as_epoch_seconds() -> None:
    body = {"iso": "2015-01-07T23:47:25.201Z", "epoch": 1420674445.201}
    assert parse_time(make_reply(body=body)) == 1420674445.201
    assert parse_time(make_reply(body={"epoch": 5})) == 5


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        "null",
        '{"epoch": "1"}',
        '{"epoch": true}',
        '{"epoch": null}',
        *(
            f'{{"epoch": {text}}}'
            for text in ("-1", "0", "1" * 12, "1e9999", "1" * 5_000, "1e-999")
        ),
    ],
)
def test_a_time_of_another_shape_is_invalid(document: str) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        parse_time(make_reply(body=document.encode()))


def test_a_key_s_profile_is_the_one_whose_accounts_it_shows() -> None:
    other = ACCOUNT | {"id": "b", "currency": "ETH"}
    assert parse_profile(make_reply(body=[ACCOUNT, other])) == "75da88c5"


@pytest.mark.parametrize(
    "accounts",
    [
        [],
        [ACCOUNT, ACCOUNT | {"profile_id": "another"}],
        [ACCOUNT | {"profile_id": None}],
        [ACCOUNT | {"profile_id": ""}],
        [ACCOUNT | {"balance": "NaN"}],
    ],
)
def test_accounts_of_no_or_several_profiles_prove_no_key(accounts: list[object]) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        parse_profile(make_reply(body=accounts))


hostile_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(list(ACCOUNT)), inner)
    ),
    max_leaves=20,
).map(lambda document: json.dumps(document).encode())

hostile_bodies = st.one_of(
    st.binary(),
    hostile_json,
    st.sampled_from(
        [
            b"[" * 200_000,
            b"1" * 10_000,
            b'"\xff"',
            b"\xef\xbb\xbf[]",
            b"[NaN]",
            b"[1e400]",
            b"[1e99999999999999999999]",
            b'{"message": 1e-99999999999999999999}',
            b"{}" * 2,
        ]
    ),
)


@given(
    status=st.integers(100, 599),
    body=hostile_bodies,
    headers=st.dictionaries(st.sampled_from(["Retry-After", "CB-AFTER"]), st.text()),
)
def test_any_reply_is_accounts_or_a_documented_code(
    status: int, body: bytes, headers: dict[str, str]
) -> None:
    reply = make_reply(status, headers, body=body)
    try:
        raise_for_error(reply, NOW)
        parse_page(reply)
    except HoldingsError as error:
        assert error.code.startswith("exchange_")
        assert error.code in KINDS

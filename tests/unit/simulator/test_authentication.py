from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator import Credentials, Simulator
from local.simulator.app import Request
from local.simulator.coinbase_exchange.signing import authenticate, signature
from local.simulator.exchange import Holder
from local.simulator.server import Refused
from tests.unit.simulator.client import Client, Clock, signed_headers

SECRET = base64.b64encode(bytes(range(64))).decode()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/accounts", "rGG1JqXQ+E6pZei33vupSfjDznqIYp7EiYs3JKWtKIw="),
        ("/fills?product_id=BTC-USD&limit=100", "mpH0U5/yZv35ghLiJWDBz9AINQftysXNwhkgI1pw0pw="),
    ],
)
def test_the_signature_agrees_with_published_vectors(target: str, expected: str) -> None:
    request = Request("GET", target, {})
    assert signature(request, "1700000000", Credentials("k", SECRET, "p")) == expected


@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    target=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])),
    body=st.binary(max_size=100),
    secret=st.binary(min_size=1, max_size=80),
)
def test_the_signature_agrees_with_an_independent_one(
    method: str, target: str, body: bytes, secret: bytes
) -> None:
    credentials = Credentials("k", base64.b64encode(secret).decode(), "p")
    prehash = b"1700000000" + method.encode() + target.encode("latin-1") + body
    expected = base64.b64encode(hmac.new(secret, prehash, hashlib.sha256).digest()).decode()
    assert signature(Request(method, target, {}, body), "1700000000", credentials) == expected


def test_a_signed_request_is_let_in(client: Client) -> None:
    assert client.accounts().status == 200


def test_the_query_is_part_of_what_is_signed(client: Client) -> None:
    headers = signed_headers(client.credentials, str(client.now()), "GET", "/accounts")
    refused = client.send("GET", "/accounts?limit=5", headers)
    assert refused.refusal == (401, "invalid signature")
    assert client.accounts("?limit=5").status == 200


def test_the_query_is_signed_as_sent_and_not_as_decoded(client: Client) -> None:
    assert client.accounts("?limit=5&note=a%20b+%7e//").status == 200


def test_leading_slashes_are_signed_as_sent(client: Client) -> None:
    assert client.signed("GET", "//accounts").refusal == (404, "NotFound")


def test_the_body_is_part_of_what_is_signed(client: Client) -> None:
    headers = signed_headers(client.credentials, str(client.now()), "GET", "/accounts", b"{}")
    assert client.send("GET", "/accounts", headers, b"{}").status == 200
    assert client.send("GET", "/accounts", headers, b"[]").refusal == (401, "invalid signature")


@pytest.mark.parametrize("name", ["KEY", "SIGN", "TIMESTAMP", "PASSPHRASE"])
def test_each_header_is_required_and_named(client: Client, name: str) -> None:
    headers = signed_headers(client.credentials, str(client.now()), "GET", "/accounts")
    del headers[f"CB-ACCESS-{name}"]
    refused = client.send("GET", "/accounts", headers)
    assert refused.refusal == (401, f"CB-ACCESS-{name} header is required")


@pytest.mark.parametrize(
    ("name", "text", "refusal"),
    [
        ("key", "organizations/1/apiKeys/2", (401, "Invalid API Key")),
        ("key", "k\xe9y", (401, "Invalid API Key")),
        ("timestamp", "yesterday", (400, "invalid timestamp")),
        ("timestamp", "nan", (400, "invalid timestamp")),
        ("timestamp", "1.7e9", (400, "invalid timestamp")),
        ("timestamp", "9" * 400, (400, "invalid timestamp")),
        ("timestamp", "1700000000000", (400, "request timestamp expired")),
        ("passphrase", "another", (401, "Invalid Passphrase")),
        ("sign", "AAAA", (401, "invalid signature")),
        ("sign", "\xff\xfe", (401, "invalid signature")),
    ],
)
def test_each_header_is_checked_in_coinbase_s_words(
    client: Client, name: str, text: str, refusal: tuple[int, str]
) -> None:
    assert client.signed("GET", "/accounts", b"", **{name: text}).refusal == refusal


@pytest.mark.parametrize("away", [-30.0, 29.5, 30.0])
def test_a_timestamp_within_thirty_seconds_is_taken(
    client: Client, clock: Clock, away: float
) -> None:
    client.now = lambda: clock() + away
    assert client.accounts().status == 200


@pytest.mark.parametrize("away", [-30.5, 31.0])
def test_a_timestamp_further_off_has_expired(client: Client, clock: Clock, away: float) -> None:
    client.now = lambda: clock() + away
    assert client.accounts().refusal == (400, "request timestamp expired")


def test_the_window_lies_around_the_exchange_s_own_clock(
    client: Client, simulator: Simulator, clock: Clock
) -> None:
    simulator.exchange.clock_offset = 600
    assert client.accounts().refusal == (400, "request timestamp expired")
    client.now = lambda: clock() + 600
    assert client.accounts().status == 200


def test_a_user_agent_is_required_everywhere(client: Client) -> None:
    for target in ("/time", "/accounts", "/nowhere"):
        refused = client.send("GET", target, {"User-Agent": " "})
        assert refused.refusal == (400, "User-Agent header is required.")


def test_an_unknown_path_is_not_told_apart_to_a_stranger(client: Client) -> None:
    assert client.send("GET", "/nowhere").refusal == (401, "Unauthorized.")
    assert client.signed("GET", "/nowhere", sign="AAAA").refusal == (401, "Unauthorized.")
    assert client.signed("GET", "/nowhere").refusal == (404, "NotFound")
    assert client.signed("POST", "/accounts", b"{}").refusal == (404, "NotFound")


def test_a_key_without_view_is_forbidden(client: Client, simulator: Simulator) -> None:
    simulator.exchange.can_view = False
    assert client.accounts().refusal == (403, "Forbidden")


def test_after_a_rotation_only_the_new_credentials_are_taken(
    client: Client, simulator: Simulator
) -> None:
    simulator.exchange.rotate(Credentials("new", SECRET, "new"))
    assert client.accounts().refusal == (401, "Invalid API Key")
    client.credentials = simulator.credentials
    assert client.accounts().status == 200


def test_a_refusal_is_raised_without_a_server_too() -> None:
    with pytest.raises(Refused, match="CB-ACCESS-KEY header is required"):
        authenticate(
            Request("GET", "/accounts", {}),
            [Holder(Credentials("k", SECRET, "p"), "profile", [])],
            now=0,
        )

from __future__ import annotations

from typing import cast

import pytest

from local.simulator import Simulator
from tests.unit.simulator.client import Client, Clock


def test_time_tells_the_exchange_s_clock(client: Client, clock: Clock) -> None:
    clock.now = 1420674445.201
    reply = client.send("GET", "/time")
    assert reply.json == {"iso": "2015-01-07T23:47:25.201Z", "epoch": 1420674445.201}
    assert reply.headers["Date"] == "Wed, 07 Jan 2015 23:47:25 GMT"
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


def test_one_account_is_found_by_its_id(client: Client) -> None:
    account = client.accounts().rows[7]
    assert client.signed("GET", f"/accounts/{account['id']}").json == account
    assert client.signed("GET", "/accounts/nobody").refusal == (404, "NotFound")
    assert client.signed("GET", "/accounts/a/b").refusal == (404, "NotFound")


def test_a_trailing_slash_is_signed_but_makes_no_difference(
    client: Client, simulator: Simulator
) -> None:
    assert client.signed("GET", "/accounts/").json == client.accounts().json
    assert client.signed("GET", "/accounts/?limit=2").rows == client.accounts().rows[:2]
    assert simulator.exchange.counts() == {"GET /accounts": 4}
    assert client.signed("GET", "/").refusal == (404, "NotFound")


def test_every_known_currency_is_listed_and_no_other(client: Client) -> None:
    listed = {row["id"] for row in client.send("GET", "/currencies").rows}
    held = {row["currency"] for row in client.accounts().rows}
    assert listed - {"USDT"} < held  # which nobody holds, and other books are in
    assert held - listed == {"QX7", "TESTCOIN", "ZZZ-OLD"}


def test_products_trade_listed_currencies(client: Client) -> None:
    listed = {row["id"] for row in client.send("GET", "/currencies").rows}
    products = client.send("GET", "/products").rows
    assert {"BTC-USD", "BTC-EUR"} <= {row["id"] for row in products}
    assert all({row["base_currency"], row["quote_currency"]} <= listed for row in products)


@pytest.mark.parametrize("target", ["/currencies/BTC", "/currencies/%42TC", "/products/BTC-USD"])
def test_one_currency_or_product_is_found_by_its_id(client: Client, target: str) -> None:
    assert client.send("GET", target).fields["display_name"] in {"BTC", "BTC-USD"}


def test_profile_and_fees_are_for_the_holder_of_the_key(
    client: Client, simulator: Simulator
) -> None:
    profiles = client.signed("GET", "/profiles").rows
    assert [row["id"] for row in profiles] == [simulator.exchange.profile_id]
    assert set(client.signed("GET", "/fees").fields) == {
        "taker_fee_rate",
        "maker_fee_rate",
        "usd_volume",
    }
    assert client.send("GET", "/fees").status == 401


def test_head_gives_the_headers_alone(client: Client) -> None:
    whole = client.send("GET", "/time")
    head = client.send("HEAD", "/time")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == whole.headers


def test_accounts_may_be_any_json(client: Client, simulator: Simulator) -> None:
    for nonsense in ({"not": "a list"}, "text", 7, [], [None, 1, {"id": 5}]):
        simulator.exchange.accounts = nonsense
        assert client.accounts().json == nonsense
        assert client.signed("GET", "/accounts/1").refusal == (404, "NotFound")


def test_requests_are_counted_by_method_and_path(client: Client, simulator: Simulator) -> None:
    client.accounts("?limit=1")
    client.accounts("?limit=2")
    client.send("POST", "/time")
    assert simulator.exchange.counts() == {"GET /accounts": 2, "POST /time": 1}


def test_accounts_are_the_same_at_every_start(client: Client) -> None:
    with Simulator() as another:
        assert cast("object", another.exchange.accounts) == client.accounts().json

"""Each way in which the market fails costs prices their status, and nobody a balance."""

import json
from decimal import Decimal
from typing import Any

import pytest

from holdings.api.schemas import SnapshotSchema
from local.simulator import Fault, Simulator
from tests.builders import FakeClock
from tests.integration.conftest import SIGNED_IN, Laptop

STATS, PRODUCTS, CURRENCIES = "/products/stats", "/products", "/currencies"
# In dollars these need no book: the euro has its rate.
PRICELESS = {"USD", "USDC", "EUR"}


@pytest.fixture
def laptop(simulator: Simulator, time: FakeClock) -> Laptop:
    laptop = Laptop(simulator, time, market=None)
    laptop.put_secret()
    return laptop


def read(laptop: Laptop, query: str = "") -> dict[str, Any]:
    response = laptop.get(query)
    assert response.status_code == 200
    document = json.loads(response.data)
    SnapshotSchema().loads(response.data)
    return document


def by_code(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["currency"]: one for one in document["holdings"]}


def statuses(document: dict[str, Any]) -> dict[str, str]:
    return {code: one["price"]["status"] for code, one in by_code(document).items()}


def check_unpriced(document: dict[str, Any], reason: str) -> None:
    assert document["stale"] is False
    assert [one["code"] for one in document["warnings"]] == ["prices_unavailable"]
    assert document["value"]["complete"] is False
    for code, one in by_code(document).items():
        if code in PRICELESS:
            assert Decimal(one["value"]) > 0
        else:
            assert (one["value"], one["price"]["amount"], one["price"]["reason"]) == (
                None,
                None,
                reason,
            )


def test_the_default_portfolio_shows_each_status(laptop: Laptop) -> None:
    document = read(laptop)
    assert statuses(document) == {
        "ADA": "live",
        "BTC": "live",
        "DOGE": "live",
        "DOT": "routed",
        "ETH": "live",
        "EUR": "routed",
        "LINK": "quiet",
        "MATIC": "delisted",
        "QX7": "unpriced",
        "SHIB": "unpriced",
        "SOL": "live",
        "USD": "live",
        "USDC": "par",
    }
    held = by_code(document)
    assert held["DOT"]["price"]["route"] == ["DOT-BTC", "BTC-USD"]
    assert held["LINK"]["price"]["as_of"].startswith("2026-09-30")
    assert held["MATIC"]["price"]["as_of"].startswith("2025-10-1")
    assert (held["MATIC"]["value"], held["BTC"]["name"]) == (None, "Bitcoin")
    left = {(one["currency"], one["reason"]) for one in document["value"]["excluded"]}
    assert left == {("MATIC", "delisted"), ("QX7", "no_market"), ("SHIB", "no_market")}
    euros = read(laptop, "?currency=EUR")
    assert by_code(euros)["SOL"]["price"]["route"] == ["SOL-USD", "BTC-EUR/BTC-USD"]
    assert statuses(euros)["USDC"] == "live"
    yen = read(laptop, "?currency=JPY")
    assert by_code(yen)["BTC"]["price"]["route"] == ["BTC-USD", "rates:USD-JPY"]
    for path in (STATS, PRODUCTS, CURRENCIES, "/v2/exchange-rates"):
        assert laptop.asked(path) == 1
    assert laptop.asked("/products/LINK-USD/ticker") == 1


FAULTS = [
    Fault.RESET,
    Fault.INTERNAL_ERROR,
    Fault.BAD_GATEWAY,
    Fault.MAINTENANCE,
    Fault.TRUNCATED,
    Fault.HALF_JSON,
    Fault.HTML,
    Fault.REDIRECT,
    Fault.FORBIDDEN,
    Fault.INVALID_API_KEY,
    Fault.BODY,
]


@pytest.mark.parametrize("path", [STATS, PRODUCTS, CURRENCIES])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_feed_that_fails_is_asked_seldom_and_costs_statuses_alone(
    laptop: Laptop, fault: Fault, path: str
) -> None:
    laptop.break_exchange(fault, path=path)
    check_unpriced(read(laptop), "feed_failed")
    asked = laptop.asked(path)
    for _ in range(3):
        check_unpriced(read(laptop), "feed_failed")
    assert laptop.asked(path) == asked
    assert laptop.asked() == 1  # the accounts were read, and serve
    laptop.simulator.exchange.faults.clear()
    laptop.forget_failure()
    assert statuses(read(laptop))["BTC"] == "live"


def test_a_feed_that_refuses_for_an_hour_says_so_and_serves_its_last_prices(
    laptop: Laptop,
) -> None:
    laptop.break_exchange(Fault.RATE_LIMITED, path=STATS)
    check_unpriced(read(laptop), "rate_limited")
    laptop.simulator.exchange.faults.clear()
    laptop.forget_failure()
    good = read(laptop)
    laptop.break_exchange(Fault.RATE_LIMITED, path=STATS, headers={"Retry-After": "3600"})
    asked = laptop.asked(STATS)
    for minute in range(1, 56, 9):
        laptop.time.advance(9 * 60)
        document = read(laptop)
        assert [one["code"] for one in document["warnings"]] == ["prices_stale"], minute
        assert document["value"]["as_of"] == good["value"]["as_of"]
        assert document["value"]["amount"] == good["value"]["amount"]
        assert statuses(document)["BTC"] == "stale"
    # Tried again as often as one answer may be, and then no more for the hour.
    assert laptop.asked(STATS) - asked <= 4


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"stats_24hour": {"last": "1e30", "open": "1", "volume": "1"}}, "live"),
        ({"stats_24hour": {"last": "0", "open": "1", "volume": "1"}}, "live"),
        ({"stats_24hour": {"last": "-5", "open": "1", "volume": "1"}}, "live"),
        ({"stats_24hour": {"volume": "1"}}, "live"),
        ({"stats_24hour": {}}, "live"),
        ({}, "live"),
        (None, "live"),
    ],
)
def test_a_book_whose_stats_cannot_be_true_is_priced_by_its_last_trade(
    laptop: Laptop, body: object, status: str
) -> None:
    answer = {"BTC-USD": body} if body is not None else {}
    laptop.break_exchange(Fault.BODY, path=STATS, body=json.dumps(answer).encode())
    document = read(laptop)
    btc = by_code(document)["BTC"]
    assert btc["price"]["status"] == status
    assert laptop.asked("/products/BTC-USD/ticker") == 1
    assert Decimal(btc["price"]["amount"]) > 100


def test_a_book_of_which_no_answer_holds_is_unpriced_and_never_zero(laptop: Laptop) -> None:
    stats = {"SOL-USD": {"stats_24hour": {"last": "0", "volume": "0"}}}
    laptop.break_exchange(Fault.BODY, path=STATS, body=json.dumps(stats).encode())
    for book in ("SOL-USD", "SOL-EUR"):
        laptop.break_exchange(
            Fault.BODY, path=f"/products/{book}/ticker", body=b'{"price": "0", "time": "x"}'
        )
    sol = by_code(read(laptop))["SOL"]
    assert (sol["value"], sol["price"]["reason"]) == (None, "feed_failed")


@pytest.mark.parametrize("state", ["delisted", "offline", "auction"])
def test_a_book_that_is_closed_prices_nothing(laptop: Laptop, state: Any) -> None:
    books = {"SOL-USD": state, "SOL-EUR": state, "SOL-ETH": state}
    laptop.simulator.exchange.market.states.update(books)
    sol = by_code(read(laptop))["SOL"]
    assert sol["value"] is None
    assert sol["price"]["status"] == ("delisted" if state == "delisted" else "unpriced")


def test_a_market_that_hangs_holds_an_answer_no_longer_than_its_part(laptop: Laptop) -> None:
    patient = Laptop(laptop.simulator, laptop.time, real_time=True, market=None)
    patient.break_exchange(Fault.HANG, path=STATS)
    check_unpriced(read(patient), "feed_failed")


def test_a_rates_feed_that_fails_costs_those_currencies_alone(laptop: Laptop) -> None:
    laptop.break_exchange(Fault.HTML, path="/v2/exchange-rates")
    yen = read(laptop, "?currency=JPY")
    assert yen["value"]["amount"] is None
    assert {one["reason"] for one in yen["value"]["excluded"]} >= {"feed_failed"}
    assert read(laptop)["value"]["amount"] is not None


def test_prices_are_served_alone_with_the_same_figures(laptop: Laptop) -> None:
    held = by_code(read(laptop))
    response = laptop.client.get("/prices", environ_overrides=SIGNED_IN)
    for price in json.loads(response.data)["prices"]:
        assert price["amount"] == held[price["currency"]]["price"]["amount"]

"""The simulated market is one book of trades, whoever asks and however they ask."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.simulator.market import (
    DAY,
    GRANULARITIES,
    SPREAD,
    STATES_AT_FIRST,
    Market,
    increment,
    worth,
)
from tests.unit.simulator.client import Client

NOW = 1_795_253_400
TRADED = sorted(book for book, state in STATES_AT_FIRST.items() if state == "online")
books = st.sampled_from(TRADED)
moments = st.integers(NOW - 3 * 365 * DAY, NOW)


@given(books, moments)
def test_the_last_trade_is_the_last_of_the_trades(book: str, at: int) -> None:
    market = Market()
    last = market.last(book, at)
    assert last == list(market.trades(book, at - DAY, at + 0.001))[-1]
    assert last.at <= at * 1_000
    assert last == Market().last(book, at)  # whichever run it is


@given(books, moments)
@settings(max_examples=30)
def test_trades_are_in_order_near_what_is_fair_and_in_steps(book: str, at: int) -> None:
    trades = list(Market().trades(book, at - DAY, at))
    base, quote = book.split("-")
    for one, other in pairwise(trades):
        assert (one.at < other.at, one.number + 1) == (True, other.number)
    for trade in trades:
        fair = worth(base, trade.at / 1_000) / worth(quote, trade.at / 1_000)
        assert abs(float(trade.price) - fair) <= fair * SPREAD + float(increment(book))
        assert trade.price % increment(book) == 0
        assert trade.size > 0


@given(books, moments)
@settings(max_examples=20)
def test_stats_are_those_of_the_trades_of_24_hours(book: str, at: int) -> None:
    stats: Any = Market().stats(book, at)
    trades = list(Market().trades(book, at - DAY, at))
    day = stats["stats_24hour"]
    prices = [trade.price for trade in trades]
    assert [Decimal(day[name]) for name in ("open", "high", "low", "last")] == [
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
    ]
    assert Decimal(day["volume"]) == sum(trade.size for trade in trades)


@given(books, moments, st.sampled_from(GRANULARITIES[1:]))
@settings(max_examples=20)
def test_a_candle_is_the_sum_of_the_finer_ones_in_it(book: str, at: int, granularity: int) -> None:
    market = Market()
    finer = GRANULARITIES[GRANULARITIES.index(granularity) - 1]
    start = at // granularity * granularity
    coarse = market.candles(book, granularity, start, start + granularity)
    parts = market.candles(book, finer, start, start + granularity)
    if not parts:
        assert coarse == []
        return
    ((bucket, low, high, opened, close, volume),) = coarse
    assert bucket == start
    assert (low, high) == (min(row[1] for row in parts), max(row[2] for row in parts))
    assert (opened, close) == (parts[-1][3], parts[0][4])
    assert volume == pytest.approx(sum(row[5] for row in parts))


@given(books, moments)
@settings(max_examples=20)
def test_a_candle_of_a_day_is_of_the_trades_of_that_day(book: str, at: int) -> None:
    start = at // DAY * DAY
    trades = list(Market().trades(book, start, at + 0.001, at))
    prices = [float(trade.price) for trade in trades]
    rows = Market().candles(book, DAY, start, at + 0.001, at)
    if not prices:
        assert rows == []
        return
    ((*row, volume),) = rows
    assert row == [start, min(prices), max(prices), prices[0], prices[-1]]
    assert volume == pytest.approx(float(sum(trade.size for trade in trades)))


@given(moments)
@settings(max_examples=30)
def test_books_across_currencies_agree_within_what_moves_between_two_trades(at: int) -> None:
    market = Market()
    dollars, euros = market.last("BTC-USD", at).price, market.last("BTC-EUR", at).price
    rate = Decimal(market.rates(at)["EUR"])
    assert abs(euros / (dollars * rate) - 1) < Decimal("0.02")


def test_a_quiet_book_stopped_long_ago_and_a_delisted_one_longer() -> None:
    market = Market()
    quiet: Any = market.stats("LINK-USD", NOW)
    assert (quiet["stats_24hour"]["volume"], market.state("LINK-USD")) == ("0", "quiet")
    assert market.last("LINK-USD", NOW).at < (NOW - 7 * DAY) * 1_000
    assert market.last("MATIC-USD", NOW).at < (NOW - 365 * DAY) * 1_000


# The routes.


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.send("GET", path, headers={"User-Agent": "test"})
    assert answer.status == status
    return answer.json


def test_every_answer_is_of_the_same_trades(client: Client) -> None:
    stats = get(client, "/products/stats")
    ticker = get(client, "/products/BTC-USD/ticker")
    assert ticker["price"] == stats["BTC-USD"]["stats_24hour"]["last"]
    assert Decimal(ticker["volume"]) == Decimal(stats["BTC-USD"]["stats_24hour"]["volume"])
    (candle, *_) = get(client, "/products/BTC-USD/candles?granularity=60")
    assert f"{candle[4]:.2f}" == ticker["price"]
    at = datetime.fromisoformat(ticker["time"]).timestamp()
    assert candle[0] == at // 60 * 60


def test_products_have_a_row_of_each_kind(client: Client) -> None:
    rows = {row["id"]: row for row in get(client, "/products")}
    assert rows["BTCAUCTION-USD"]["base_currency"] == "BTC"
    assert rows["BTCAUCTION-USD"]["auction_mode"] is True
    assert rows["MATIC-USD"]["status"] == "delisted"
    assert rows["BADGER-USD"]["status"] == "offline"
    assert "USDC-USD" not in rows
    stats = get(client, "/products/stats")
    assert not {"MATIC-USD", "BADGER-USD", "AXL-USD", "BTCAUCTION-USD"} & stats.keys()
    assert stats["AXS-USD"] == {}


def test_a_state_is_set_on_request_and_goes_with_a_reset(client: Client) -> None:
    client.control("PUT", "/books", {"books": {"BTC-USD": "delisted", "ETH-USD": "quiet"}})
    assert "BTC-USD" not in get(client, "/products/stats")
    assert get(client, "/products/stats")["ETH-USD"]["stats_24hour"]["volume"] == "0"
    assert get(client, "/products/BTC-USD/candles") == []
    client.control("PUT", "/books", {"books": {"BTC-USD": "empty"}})
    assert get(client, "/products/BTC-USD/candles?granularity=86400") == []
    client.control("PUT", "/books", {"books": {"BTC-USD": None}})
    assert get(client, "/products/BTC-USD")["status"] == "online"
    client.control("POST", "/reset")
    assert get(client, "/products/stats")["ETH-USD"]["stats_24hour"]["volume"] != "0"


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("granularity=61", 400, "Unsupported granularity"),
        ("granularity=x", 400, "Invalid"),
        ("granularity=60&start=0&end=86400", 400, "exceeds 300"),
        ("granularity=60&start=2&end=1", 400, "start must be before end"),
        ("granularity=60&start=yesterday&end=today", 400, "Invalid"),
    ],
)
def test_candles_that_cannot_be_asked_for(
    client: Client, query: str, status: int, said: str
) -> None:
    answer = get(client, f"/products/BTC-USD/candles?{query}", status)
    assert said in answer["message"]


def test_start_and_end_count_only_together_and_no_more_than_300_come(client: Client) -> None:
    rows = get(client, "/products/BTC-USD/candles?granularity=86400&start=2023-01-01")
    assert len(rows) == 300
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)
    start = datetime(2023, 2, 1, tzinfo=UTC)
    rows = get(
        client,
        "/products/BTC-USD/candles?granularity=86400&start=2023-02-01T00:00:00Z&end=2023-02-10",
    )
    assert [row[0] for row in rows][-1] == int(start.timestamp())
    assert len(rows) in (9, 10)


def test_unsigned_requests_are_limited_by_address(client: Client) -> None:
    statuses = [
        client.send("GET", "/products/BTC-USD/ticker", headers={"User-Agent": "t"}).status
        for _ in range(20)
    ]
    assert statuses[:15] == [200] * 15
    assert 429 in statuses


def test_nobody_knows_another_book(client: Client) -> None:
    assert get(client, "/products/NO-BOOK/ticker", 404) == {"message": "NotFound"}


def test_rates_are_of_the_dollar(client: Client) -> None:
    data = get(client, "/v2/exchange-rates?currency=USD")["data"]
    assert (data["currency"], data["rates"]["USD"]) == ("USD", "1")
    assert {"EUR", "GBP", "JPY", "BTC"} <= data["rates"].keys()

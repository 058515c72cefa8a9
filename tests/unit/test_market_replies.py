"""What Coinbase's public answers mean, and what of them is taken for nothing."""

from decimal import Decimal
from typing import Any

import pytest

from holdings.adapters.coinbase_exchange import market
from holdings.core.errors import ExchangeInvalidResponse
from holdings.core.market import DayStats, Trade
from tests.builders import NOW, make_reply


def product(book: str = "BTC-USD", **changes: Any) -> dict[str, Any]:
    base, quote = book.split("-")
    row = {"id": book, "base_currency": base, "quote_currency": quote, "status": "online"}
    return {**row, "auction_mode": False, "trading_disabled": False, **changes}


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (product(), "open"),
        (product(trading_disabled=True, cancel_only=True), "open"),
        (product(status="delisted"), "delisted"),
        (product(status="offline"), "closed"),
        (product(status="internal"), "closed"),
        (product(status=None), "closed"),
        (product(auction_mode=True), "closed"),
        (product(id="BTCAUCTION-USD"), "closed"),
        (product(id="BTC-USDC"), "closed"),
        (product(alias="BTC-USDC"), "closed"),
        (product(alias_to=["BTC-USDC"]), "closed"),
        (product(alias="", alias_to=[]), "open"),
    ],
)
def test_only_a_book_of_its_own_that_is_online_is_open(row: dict[str, Any], state: str) -> None:
    (book,) = market.parse_books(make_reply(body=[row]))
    assert (book.state, book.base, book.quote) == (state, "BTC", "USD")


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        "BTC-USD",
        {},
        product(base_currency=""),
        product(base_currency="B/../C"),
        product(quote_currency="U" * 21),
        product(quote_currency=None),
        product(id=7),
    ],
)
def test_a_row_that_makes_no_sense_is_left_out_and_the_others_stay(row: object) -> None:
    (book,) = market.parse_books(make_reply(body=[row, product("ETH-USD")]))
    assert (book.id, book.state) == ("ETH-USD", "open")


@pytest.mark.parametrize("statuses", [("online", "delisted"), ("delisted", "online")])
def test_a_book_that_is_there_twice_prices_nothing_whatever_the_order(
    statuses: tuple[str, str],
) -> None:
    rows = [product(status=status) for status in statuses]
    (book,) = market.parse_books(make_reply(body=rows))
    assert book.state == "closed"
    body = (
        b'{"BTC-USD": {"stats_24hour": {"last": "1"}}, "BTC-USD": {"stats_24hour": {"last": "2"}}}'
    )
    assert market.parse_stats(make_reply(body=body)) == {}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bitcoin", "Bitcoin"),
        ("  Shiba \t Inu ", "Shiba Inu"),
        ("evil\u202ename\u0000", "evilname"),
        ("<b>x</b>", "<b>x</b>"),
        ("n" * 500, "n" * 60),
        ("\u200f", "BTC"),
        ("", "BTC"),
        (None, "BTC"),
        (7, "BTC"),
    ],
)
def test_a_name_is_one_short_line_of_what_can_be_seen(name: object, shown: str) -> None:
    row = {"id": "BTC", "name": name, "details": {"type": "crypto"}}
    (asset,) = market.parse_assets(make_reply(body=[row]))
    assert (asset.name, asset.fiat) == (shown, False)


def test_what_is_fiat_the_exchange_says_and_where_it_does_not_iso_4217_does() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "EUR", "details": {"type": "fiat"}},
        {"id": "CHF"},
        {"id": "ALL", "details": {}},
    ]
    rows += [{"id": "TOP", "details": {"type": "crypto"}}, {"id": "BTC"}]
    fiat = {asset.code: asset.fiat for asset in market.parse_assets(make_reply(body=rows))}
    assert fiat == {"EUR": True, "CHF": True, "ALL": True, "TOP": False, "BTC": False}


def day(**changes: Any) -> dict[str, Any]:
    return {"open": "64000", "high": "66000", "low": "63000", "last": "65000.5", "volume": "3"} | (
        changes
    )


@pytest.mark.parametrize(
    ("stats", "read"),
    [
        (day(), DayStats(Decimal("65000.5"), Decimal(64000), traded=True)),
        (day(volume="0"), DayStats(Decimal("65000.5"), Decimal(64000), traded=False)),
        (day(volume="0.00000000"), DayStats(Decimal("65000.5"), Decimal(64000), traded=False)),
        (day(volume=None), DayStats(Decimal("65000.5"), Decimal(64000), traded=False)),
        (day(volume="-1"), DayStats(Decimal("65000.5"), Decimal(64000), traded=False)),
        (day(last=65000.5), DayStats(Decimal("65000.5"), Decimal(64000), traded=True)),
        (day(last="1e30"), DayStats(None, Decimal(64000), traded=True)),
        (day(last="0"), DayStats(None, Decimal(64000), traded=True)),
        (day(last="-1"), DayStats(None, Decimal(64000), traded=True)),
        (day(last="NaN"), DayStats(None, Decimal(64000), traded=True)),
        (day(last="Infinity"), DayStats(None, Decimal(64000), traded=True)),
        (day(last="1e-30"), DayStats(None, Decimal(64000), traded=True)),
        (day(last=""), DayStats(None, Decimal(64000), traded=True)),
        (day(last=[1]), DayStats(None, Decimal(64000), traded=True)),
        (day(open=None), DayStats(Decimal("65000.5"), None, traded=True)),
        ({}, DayStats(None, None, traded=False)),
    ],
)
def test_a_price_that_cannot_be_is_none(stats: dict[str, Any], read: DayStats) -> None:
    body = {"BTC-USD": {"stats_24hour": stats, "stats_30day": {"volume": "1"}}}
    assert market.parse_stats(make_reply(body=body)) == {"BTC-USD": read}


@pytest.mark.parametrize("row", [None, [], "", {}, {"stats_24hour": None}, {"stats_24hour": []}])
def test_a_book_without_stats_has_none(row: object) -> None:
    body = {"BTC-USD": row, "ETH-USD": {"stats_24hour": day()}}
    assert list(market.parse_stats(make_reply(body=body))) == ["ETH-USD"]


def test_no_float_is_made_of_a_number() -> None:
    body = b'{"BTC-USD": {"stats_24hour": {"last": 0.1234567890123456789, "volume": 1}}}'
    stats = market.parse_stats(make_reply(body=body))
    assert stats["BTC-USD"].last == Decimal("0.1234567890123456789")


def test_a_trade_has_its_price_and_its_moment() -> None:
    body = {"price": "6.5", "time": "2026-11-20T09:30:00.123456Z", "trade_id": 1}
    assert market.parse_trade(make_reply(body=body), NOW) == Trade(Decimal("6.5"), NOW - 86_400)


@pytest.mark.parametrize("price", [None, "0", "x", "1e30", {}])
def test_a_trade_without_a_price_is_none(price: object) -> None:
    assert market.parse_trade(make_reply(body={"price": price}), NOW) is None


@pytest.mark.parametrize(
    "time",
    [None, 7, "", "yesterday", "2026-11-21T10:30:00Z", "9999999999999-01-01T00:00:00Z", "x" * 99],
)
def test_a_trade_without_its_time_or_from_the_future_is_invalid(time: object) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        market.parse_trade(make_reply(body={"price": "1", "time": time}), NOW)


def test_rates_are_of_fiat_currencies_alone() -> None:
    given = {"EUR": "0.91", "JPY": 151.25, "BTC": "0.00001", "GBP": "0", "CHF": None, "XXX": "1"}
    body = {"data": {"currency": "USD", "rates": given}}
    found = market.parse_rates(make_reply(body=body))
    assert found.rates == {"EUR": Decimal("0.91"), "JPY": Decimal("151.25")}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"data": {}},
        {"data": {"currency": "EUR", "rates": {}}},
        {"data": {"currency": "USD", "rates": []}},
        b"<html>",
    ],
)
def test_what_has_no_rates_of_the_dollar_is_invalid(body: object) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        market.parse_rates(make_reply(body=body))


@pytest.mark.parametrize("body", [b"<html>", b"", b"{", [], "x", 7, None])
def test_stats_that_are_no_object_are_invalid(body: object) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        market.parse_stats(make_reply(body=body))


@pytest.mark.parametrize("body", [b"<html>", b"[", {}, "x", None])
@pytest.mark.parametrize("parse", [market.parse_books, market.parse_assets])
def test_a_listing_that_is_no_array_is_invalid(parse: Any, body: object) -> None:
    with pytest.raises(ExchangeInvalidResponse):
        parse(make_reply(body=body))


def test_no_more_rows_are_read_than_there_may_be() -> None:
    books = [product(f"C{number}-USD") for number in range(market.MAX_ROWS)]
    assert len(market.parse_books(make_reply(body=books))) == market.MAX_ROWS
    with pytest.raises(ExchangeInvalidResponse):
        market.parse_books(make_reply(body=[*books, product()]))
    stats = {book["id"]: {"stats_24hour": day()} for book in books}
    assert len(market.parse_stats(make_reply(body=stats))) == market.MAX_ROWS
    with pytest.raises(ExchangeInvalidResponse):
        market.parse_stats(make_reply(body=stats | {"X-Y": {}}))

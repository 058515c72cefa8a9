"""Routes, statuses and values, against figures that were worked out by hand."""

import json
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.core.market import Trade
from holdings.core.money import format_amount
from holdings.core.prices import RATES, Price, Prices, Quote, Rates
from holdings.core.snapshot import Notice
from holdings.core.valuation import Valuation, notice, total
from tests.builders import NOW

DAY = 86_400
DOWN = Notice("exchange_unavailable", "it is down")
LIMITED = Notice("exchange_rate_limited", "too many")


def quote(last: str | None, opened: str | None = None, *, traded: bool = True) -> Quote:
    return Quote(last and Decimal(last), opened and Decimal(opened), traded)  # type: ignore[arg-type]


BOOKS = {
    "BTC-USD": quote("60000", "50000"),
    "BTC-EUR": quote("54000", "45000"),
    "BTC-GBP": quote("48000"),
    "ETH-USD": quote("3000", "3000"),
    "ETH-BTC": quote("0.05", "0.06"),
    "SOL-USD": quote("150"),
    "USDT-USD": quote("0.999"),
    "USDC-EUR": quote("0.91"),
    "WIF-USDC": quote("2"),
    "ABC-USDT": quote("10"),
    "DEF-BTC": quote("0.001", "0.002"),
    "OLD-USD": quote("7", "7", traded=False),
    "TWO-EUR": quote("3", traded=False),
    "TWO-USD": quote("4"),
    "NEW-USD": quote(None, traded=False),
}


def prices(books: dict[str, Quote] | None = None, **changes: Any) -> Prices:
    made: dict[str, Any] = {
        "quotes": BOOKS if books is None else books,
        "names": {"BTC": "Bitcoin"},
        "delisted": {"GONE": ["GONE-EUR", "GONE-USD"]},
        "as_of": NOW,
        "expires_at": NOW + 60,
        "now": NOW,
    }
    return Prices(**(made | changes))


def short(price: Price) -> tuple[str | None, str, tuple[str, ...]]:
    amount = None if price.amount is None else format_amount(price.amount)
    return amount, price.status, price.route


@pytest.mark.parametrize(
    ("code", "currency", "amount", "status", "route"),
    [
        pytest.param("BTC", "USD", "60000", "live", ("BTC-USD",), id="own book"),
        pytest.param("BTC", "EUR", "54000", "live", ("BTC-EUR",), id="own book in euro"),
        pytest.param("USD", "USD", "1", "live", (), id="itself"),
        pytest.param("USDC", "USD", "1", "par", ("USDC-USD",), id="par"),
        pytest.param("USD", "USDC", "1", "par", ("USDC-USD",), id="par the other way"),
        pytest.param("USDT", "USD", "0.999", "live", ("USDT-USD",), id="USDT is not at par"),
        pytest.param("USD", "BTC", "0.000016666666", "live", ("BTC-USD",), id="its inverse"),
        pytest.param("WIF", "USD", "2", "routed", ("WIF-USDC", "USDC-USD"), id="over USDC"),
        pytest.param("ABC", "USD", "9.99", "routed", ("ABC-USDT", "USDT-USD"), id="over USDT"),
        pytest.param("DEF", "USD", "60", "routed", ("DEF-BTC", "BTC-USD"), id="over BTC"),
        pytest.param("DEF", "EUR", "54", "routed", ("DEF-BTC", "BTC-EUR"), id="over BTC in euro"),
        pytest.param(
            "SOL", "EUR", "135", "routed", ("SOL-USD", "BTC-EUR/BTC-USD"), id="a fiat cross"
        ),
        pytest.param("USD", "EUR", "0.9", "routed", ("BTC-EUR/BTC-USD",), id="USD in euro"),
        pytest.param("EUR", "USD", "1.111111111111", "routed", ("BTC-USD/BTC-EUR",), id="back"),
        pytest.param("EUR", "GBP", "0.888888888888", "routed", ("BTC-GBP/BTC-EUR",), id="EUR-GBP"),
        pytest.param("USDC", "EUR", "0.91", "live", ("USDC-EUR",), id="USDC's own book"),
        pytest.param("ETH", "SOL", "20", "routed", ("ETH-USD", "SOL-USD"), id="coin in coin"),
        pytest.param("OLD", "USD", "7", "quiet", ("OLD-USD",), id="quiet"),
        pytest.param(
            "TWO", "EUR", "3.6", "routed", ("TWO-USD", "BTC-EUR/BTC-USD"), id="its own is quiet"
        ),
        pytest.param("OLD", "EUR", "6.3", "quiet", ("OLD-USD", "BTC-EUR/BTC-USD"), id="quiet leg"),
        pytest.param("NEW", "USD", None, "unpriced", (), id="a book without stats"),
        pytest.param("QX7", "USD", None, "unpriced", (), id="no book"),
        pytest.param("GONE", "USD", None, "delisted", ("GONE-USD",), id="delisted"),
    ],
)
def test_each_price_comes_over_the_route_that_is_to_be_taken(
    code: str, currency: str, amount: str | None, status: str, route: tuple[str, ...]
) -> None:
    assert short(prices().price(code, currency)) == (amount, status, route)


def test_dollars_without_a_bitcoin_book_cross_over_usdc_and_then_over_rates() -> None:
    without = {"USDC-EUR": quote("0.91")}
    assert short(prices(without).price("USD", "EUR")) == ("0.91", "routed", ("USDC-EUR",))
    asking = prices({}).price("USD", "JPY")
    assert (asking.status, asking.asks) == ("unpriced", (RATES,))
    told = prices({}).with_answers(
        {}, Rates({"JPY": Decimal(150), "EUR": Decimal("0.9")}, NOW, False), {}
    )
    assert short(told.price("USD", "JPY")) == ("150", "routed", ("rates:USD-JPY",))
    assert short(told.price("EUR", "JPY")) == ("166.666666666666", "routed", ("rates:EUR-JPY",))
    late = prices({}).with_answers({}, Rates({"JPY": Decimal(150)}, NOW - DAY, True), {})
    assert late.price("USD", "JPY").status == "stale"


def test_a_coins_rate_never_prices_anything() -> None:
    rates = Rates({"XYZ": Decimal(5), "EUR": Decimal("0.9"), "ALL": Decimal(90)}, NOW, False)
    told = prices({}, coins=frozenset({"ALL"})).with_answers({}, rates, {})
    assert told.price("XYZ", "USD").amount is None
    assert told.price("ALL", "USD").amount is None
    assert told.price("EUR", "USD").amount is not None


def test_a_quiet_book_asks_for_its_last_trade_and_is_dated_by_it() -> None:
    asking = prices().price("OLD", "USD")
    assert (asking.asks, asking.as_of) == (("OLD-USD",), None)
    at = NOW - 40 * DAY
    told = prices().with_answers({"OLD-USD": Trade(Decimal(6), at)}, None, {}).price("OLD", "USD")
    assert (*short(told), told.as_of, told.asks) == ("6", "quiet", ("OLD-USD",), at, ())


def test_a_book_that_traded_since_its_stats_is_live() -> None:
    told = (
        prices()
        .with_answers({"OLD-USD": Trade(Decimal(6), NOW - 60)}, None, {})
        .price("OLD", "USD")
    )
    assert (*short(told), told.as_of) == ("6", "live", ("OLD-USD",), NOW - 60)


def test_a_book_without_stats_has_the_price_of_its_last_trade() -> None:
    assert prices().price("NEW", "USD").asks == ("NEW-USD",)
    told = prices().with_answers({"NEW-USD": Trade(Decimal(2), NOW - 5)}, None, {})
    assert short(told.price("NEW", "USD")) == ("2", "live", ("NEW-USD",))


@pytest.mark.parametrize(
    ("missed", "reason"),
    [
        ({}, "feed_failed"),
        ({"NEW-USD": DOWN}, "feed_failed"),
        ({"NEW-USD": LIMITED}, "rate_limited"),
    ],
)
def test_a_book_of_which_nothing_is_known_says_that_the_feed_failed(
    missed: dict[str, Notice], reason: str
) -> None:
    told = prices().with_answers({} if missed else {"NEW-USD": None}, None, missed)
    assert told.price("NEW", "USD").reason == reason
    assert told.price("QX7", "USD").reason == "no_market"


@pytest.mark.parametrize(("failure", "reason"), [(DOWN, "feed_failed"), (LIMITED, "rate_limited")])
def test_without_any_prices_only_what_needs_none_is_priced(failure: Notice, reason: str) -> None:
    failing = prices({}, delisted={}, failure=failure)
    assert failing.price("USD", "USD").amount == 1
    assert failing.price("USDC", "USD").status == "par"
    assert (failing.price("BTC", "USD").amount, failing.price("BTC", "USD").reason) == (
        None,
        reason,
    )
    assert notice(failing) == Notice(
        "prices_unavailable", f"There are no prices now: {failure.detail}"
    )


def test_the_last_good_prices_are_stale_but_for_what_needs_none() -> None:
    stale = prices(stale=DOWN)
    assert stale.price("BTC", "USD").status == "stale"
    assert stale.price("OLD", "USD").status == "stale"
    assert stale.price("USDC", "USD").status == "par"
    assert stale.price("QX7", "USD").status == "unpriced"


def test_a_delisted_assets_last_price_is_shown_and_values_nothing() -> None:
    assert prices().price("GONE", "USD").asks == ("GONE-USD",)
    told = prices().with_answers({"GONE-USD": Trade(Decimal("0.5"), NOW - 400 * DAY)}, None, {})
    price = told.price("GONE", "USD")
    assert (*short(price), price.as_of) == ("0.5", "delisted", ("GONE-USD",), NOW - 400 * DAY)
    document = Valuation(told, "USD").document([row("GONE", "10")])
    (valued,) = document["holdings"]
    assert (valued["value"], valued["price"]["amount"]) == (None, "0.5")
    assert total([valued], "USD", document["value"]["as_of"]) == document["value"]
    assert document["value"]["excluded"] == [
        {"currency": "GONE", "reason": "delisted", "amount": "10"}
    ]


def test_a_price_that_twelve_decimals_cannot_show_is_none_instead_of_zero() -> None:
    tiny = prices({"SHIB-BTC": quote("0.0000000000004")}).price("SHIB", "BTC")
    assert (tiny.amount, tiny.status, tiny.reason) == (None, "unpriced", "no_market")


# Values.


def row(code: str, balance: str, connection: str = "shared") -> dict[str, Any]:
    return {"connection_id": connection, "account_id": code, "currency": code, "balance": balance}


def test_a_portfolio_is_worth_what_was_worked_out_by_hand() -> None:
    rows = [row("BTC", "0.5"), row("DEF", "3"), row("ETH", "2"), row("OLD", "1"), row("QX7", "4")]
    rows += [row("USD", "12.34"), row("SOL", "1")]
    document = Valuation(prices(), "USD").document(rows)
    values = {one["currency"]: one["value"] for one in document["holdings"]}
    assert values == {
        "BTC": "30000",
        "DEF": "180",
        "ETH": "6000",
        "OLD": "7",
        "QX7": None,
        "USD": "12.34",
        "SOL": "150",
    }
    assert document["value"] == {
        "currency": "USD",
        "amount": "36349.34",
        "complete": False,
        "as_of": "2026-11-21T09:30:00Z",
        "excluded": [{"currency": "QX7", "reason": "no_market", "amount": "4"}],
        # BTC: 30000 of 25000. DEF: 0.001 x 60000 x 3 of 0.002 x 50000 x 3. SOL's open is unknown.
        "change_24h": {
            "amount": "4880",
            "ratio": "0.155814",
            "complete": False,
            "covered": "36199.34",
        },
    }
    assert document["holdings"][0]["name"] == "Bitcoin"
    assert document["holdings"][0]["change_24h"] == {"amount": "5000", "ratio": "0.2"}


def test_nothing_held_is_worth_nothing_and_nothing_known_is_worth_null() -> None:
    nothing = Valuation(prices(), "USD").document([])["value"]
    assert (nothing["amount"], nothing["complete"], nothing["change_24h"]) == ("0", True, None)
    unknown = Valuation(prices({}, failure=DOWN), "USD").document([row("BTC", "1")])["value"]
    assert (unknown["amount"], unknown["complete"]) == (None, False)
    assert unknown["excluded"] == [{"currency": "BTC", "reason": "feed_failed", "amount": "1"}]


def test_what_is_left_out_is_added_up_by_currency_and_reason() -> None:
    rows = [row("QX7", "1.5"), row("QX7", "2.5", "other"), row("NEW", "1")]
    assert Valuation(prices(), "USD").document(rows)["value"]["excluded"] == [
        {"currency": "NEW", "reason": "feed_failed", "amount": "1"},
        {"currency": "QX7", "reason": "no_market", "amount": "4"},
    ]


amounts = st.decimals(
    min_value=Decimal("1e-12"), max_value=Decimal("1e20"), places=12, allow_nan=False
)
rates_of_books = st.decimals(min_value=Decimal("1e-6"), max_value=Decimal("1e9"), places=8)
CODES = ("BTC", "ETH", "SOL", "USD", "EUR", "GBP", "USDC", "USDT", "QX7", "DOGE")


def _differ(pair: tuple[str, str]) -> bool:
    return pair[0] != pair[1]


@st.composite
def some_books(draw: st.DrawFn) -> dict[str, Quote]:
    # No exchange has a book of two currencies and its inverse.
    traded = [code for code in CODES if code != "QX7"]
    pairs = st.tuples(st.sampled_from(traded), st.sampled_from(traded)).filter(_differ)
    ids = [f"{a}-{b}" for a, b in draw(st.lists(pairs, unique_by=frozenset, max_size=14))]
    opened = st.none() | rates_of_books
    return {
        book: Quote(draw(st.none() | rates_of_books), draw(opened), draw(st.booleans()))
        for book in ids
    }


@st.composite
def some_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    held = draw(st.lists(st.tuples(st.sampled_from(CODES), amounts), max_size=8))
    return [row(code, format(balance, "f")) for code, balance in held]


def no_float(text: str) -> None:
    json.loads(text, parse_float=lambda written: pytest.fail(f"{written} is a float"))


@given(some_books(), some_rows(), st.sampled_from(CODES))
def test_the_total_is_exactly_the_sum_of_what_is_valued(
    books: dict[str, Quote], rows: list[dict[str, Any]], currency: str
) -> None:
    found = prices(books)
    document = Valuation(found, currency).document(rows)
    value, holdings = document["value"], document["holdings"]
    values = [Fraction(one["value"]) for one in holdings if one["value"] is not None]
    assert Fraction(value["amount"] or 0) == sum(values)
    assert value["complete"] == (len(values) == len(rows)) == (not value["excluded"])
    left_out = sum(Fraction(one["amount"]) for one in value["excluded"])
    unvalued = [one for one in holdings if one["value"] is None]
    assert left_out == sum(Fraction(one["balance"]) for one in unvalued)
    for one in holdings:
        price = one["price"]
        assert len(price["route"]) <= 2
        assert (price["amount"] is None) == (price["status"] == "unpriced")
        assert (price["reason"] is None) == (price["status"] != "unpriced")
        assert price["amount"] != "0"
        if one["value"] is not None:
            exact = Fraction(one["balance"]) * Fraction(price["amount"])
            assert 0 <= exact - Fraction(one["value"]) < Fraction(1, 10**12)
    no_float(json.dumps(document))


@given(some_books(), st.sampled_from(CODES), st.sampled_from(CODES), st.randoms())
def test_the_order_of_books_changes_nothing(
    books: dict[str, Quote], code: str, currency: str, order: random.Random
) -> None:
    shuffled = list(books.items())
    order.shuffle(shuffled)
    assert prices(dict(shuffled)).price(code, currency) == prices(books).price(code, currency)


@given(some_books(), st.sampled_from(CODES), st.sampled_from(CODES))
def test_forth_and_back_takes_the_same_way_and_ends_where_it_began(
    books: dict[str, Quote], code: str, currency: str
) -> None:
    found = prices(books)
    there, back = found.price(code, currency), found.price(currency, code)
    if there.amount is None or back.amount is None:
        return
    assert there.status == back.status
    # Each is cut at 12 decimals, which is all that may be lost.
    forth, returned = Fraction(there.amount), Fraction(back.amount)
    assert 1 - (forth + returned + 1) / 10**12 <= forth * returned <= 1

"""GET /prices, and GET /holdings and it as CSV."""

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.api.price_schemas import PriceListSchema
from holdings.api.spreadsheets import HOLDINGS, PRICES
from holdings.core.errors import ExchangeUnavailable
from tests.builders import (
    CLAIMS,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    make_account,
    make_settings,
    make_stats,
)

SIGNED_IN: dict[str, Any] = {
    REQUEST_CONTEXT: {"requestId": "r-1", "authorizer": {"jwt": {"claims": CLAIMS}}}
}
CSV = {"Accept": "text/csv"}


@dataclass
class Api:
    clock: FakeClock = field(default_factory=FakeClock)
    exchange: FakeExchange = field(default_factory=FakeExchange)
    market: FakeMarket = field(default_factory=FakeMarket)
    label: str = "Shared"

    def __post_init__(self) -> None:
        self.client = create_app(
            make_settings(SHARED_LABEL=self.label),
            clock=self.clock.clock,
            exchange=self.exchange,
            cache=FakeCache(),
            market=self.market,
        ).test_client()

    def get(self, path: str = "/prices", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=named, environ_overrides=SIGNED_IN)

    def prices(self, query: str = "") -> Any:
        response = self.get(f"/prices{query}")
        assert response.status_code == 200
        document = json.loads(response.data)
        PriceListSchema().load(document)
        return document

    def lines(self, path: str) -> list[dict[str, str]]:
        response = self.get(path, **CSV)
        assert response.content_type == "text/csv; charset=utf-8; header=present"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers.getlist("Vary") == ["Origin, Authorization, Accept"]
        text = response.get_data(as_text=True)
        assert text.count("\r\n") == text.count("\n")
        return list(csv.DictReader(io.StringIO(text, newline="")))


def amounts(document: Any) -> dict[str, str | None]:
    return {one["currency"]: one["amount"] for one in document["prices"]}


def test_prices_are_of_what_is_held_or_of_what_is_asked_for() -> None:
    api = Api(exchange=FakeExchange([make_account("a", "ETH"), make_account("b", "USD")]))
    document = api.prices()
    assert amounts(document) == {"ETH": "3000", "USD": "1"}
    assert document["currency"] == "USD"
    assert amounts(api.prices("?of=BTC,%20ETH,BTC,NOPE")) == {
        "BTC": "60000",
        "ETH": "3000",
        "NOPE": None,
    }
    assert api.prices("?of=ETH&currency=BTC")["prices"][0]["amount"] == "0.05"


def test_asking_for_prices_reads_no_account() -> None:
    api = Api()
    api.prices("?of=BTC")
    assert api.exchange.calls == 0


def test_a_price_says_its_age_its_route_and_its_status() -> None:
    api = Api()
    api.prices()
    api.clock.advance(40)
    (price,) = api.prices("?of=BTC")["prices"]
    assert price == {
        "currency": "BTC",
        "name": "Bitcoin",
        "amount": "60000",
        "status": "live",
        "reason": None,
        "route": ["BTC-USD"],
        "as_of": "2026-11-21T09:30:00Z",
        "age": 40,
    }


def test_fresh_prices_may_be_kept_for_their_minute_and_asked_for_again_by_etag() -> None:
    api = Api()
    first = api.get("/prices?of=BTC")
    assert (first.headers["Cache-Control"], first.headers["Age"]) == ("private, max-age=60", "0")
    assert first.headers.getlist("Vary") == ["Origin, Authorization"]
    api.clock.advance(30)
    again = api.get("/prices?of=BTC", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.headers["Age"], again.data) == (304, "30", b"")
    api.market.day = {"BTC-USD": make_stats("61000")}
    api.clock.advance(31)
    assert api.get("/prices?of=BTC", If_None_Match=first.headers["ETag"]).status_code == 200


def test_without_prices_the_answer_says_so_and_is_kept_by_nobody() -> None:
    api = Api(market=FakeMarket(day=ExchangeUnavailable("it is down")))
    response = api.get("/prices?of=BTC,USD")
    assert response.headers["Cache-Control"] == "no-store"
    document = api.prices("?of=BTC,USD")
    assert (document["stale"], document["as_of"]) == (True, None)
    assert [one["code"] for one in document["warnings"]] == ["prices_unavailable"]
    assert amounts(document) == {"BTC": None, "USD": "1"}
    assert document["prices"][0]["reason"] == "feed_failed"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/prices?of=", "of"),
        ("/prices?of=BTC,%3Cb%3E", "of"),
        ("/prices?of=" + ",".join(f"C{n}" for n in range(101)), "of"),
        ("/prices?of=BTC&of=ETH", "of"),
        ("/prices?currency=XYZ", "currency"),
        ("/prices?currency=" + "E" * 21, "currency"),
        ("/holdings?currency=XYZ", "currency"),
        ("/holdings?currency=EUR%0A", "currency"),
        ("/holdings?connection=shared%0A", "connection"),
        ("/prices?asof=now", "asof"),
    ],
)
def test_what_cannot_be_asked_for_is_named(path: str, name: str) -> None:
    response = Api().get(path)
    problem = json.loads(response.data)
    assert (response.status_code, problem["code"]) == (422, "invalid_request")
    assert list(problem["errors"]) == [name]


def test_prices_need_a_viewer() -> None:
    api = Api()
    assert api.client.get("/prices").status_code == 401


def test_holdings_as_csv_have_every_figure_whole_and_where_it_comes_from() -> None:
    held = [
        make_account("a", "BTC", balance="1.234567890123456"),
        make_account("b", "QX7", balance="3"),
    ]
    api = Api(exchange=FakeExchange(held))
    btc, unknown = api.lines("/holdings")
    assert tuple(btc) == HOLDINGS
    assert btc == {
        "connection_id": "shared",
        "connection": "Shared",
        "exchange": "coinbase_exchange",
        "account_id": "a",
        "currency": "BTC",
        "name": "Bitcoin",
        "balance": "1.234567890123",
        "available": "1",
        "hold": "0.5",
        "value": "74074.07340738",
        "value_currency": "USD",
        "price": "60000",
        "price_status": "live",
        "price_reason": "",
        "price_route": "BTC-USD",
        "price_as_of": "2026-11-21T09:30:00Z",
        "change_24h": "12345.67890123",
        "as_of": "2026-11-21T09:30:00Z",
        "stale": "false",
        "warning": "",
    }
    assert (unknown["value"], unknown["price"]) == ("", "")
    assert (unknown["price_status"], unknown["price_reason"]) == ("unpriced", "no_market")
    api.exchange.answer = ExchangeUnavailable("down")
    api.clock.advance(200)
    stale = api.lines("/holdings?currency=ETH")[0]
    assert (stale["stale"], stale["warning"]) == ("true", "exchange_unavailable")
    assert (stale["value"], stale["value_currency"]) == ("24.69135780246", "ETH")


def test_prices_as_csv() -> None:
    (line,) = Api().lines("/prices?of=BTC")
    assert tuple(line) == PRICES
    assert (line["price"], line["in"], line["route"], line["age"]) == (
        "60000",
        "USD",
        "BTC-USD",
        "0",
    )


@pytest.mark.parametrize(
    "label", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", '"a", b', "Mine; not=yours"]
)
def test_no_spreadsheet_takes_a_text_for_a_formula(label: str) -> None:
    (line,) = Api(label=label).lines("/holdings")
    dangerous = label[0] in "=+-@\uff1d"
    assert line["connection"] == (f"'{label}" if dangerous else label)


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("*/*", False),
        ("application/json", False),
        ("text/csv", True),
        ("TEXT/CSV", True),
        ("text/csv;q=0.5, application/json", False),
        ("text/csv, application/json;q=0.5", True),
        ("text/html, text/csv;q=0.9, */*;q=0.1", True),
        ("image/png", False),
        ("csv", False),
        (";;;csv,,", False),
    ],
)
def test_accept_says_which_of_the_two_it_is(accept: str, is_csv: bool) -> None:
    response = Api().get("/holdings", Accept=accept)
    assert response.content_type.startswith("text/csv" if is_csv else "application/json")

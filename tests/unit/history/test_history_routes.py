"""GET /history, /activity and /statements: what is asked for, answered and refused."""

import csv
import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.connections import Connection
from holdings.core.errors import ExchangeUnavailable, RecordsUnavailable
from holdings.core.history.entries import DAY
from holdings.core.history.months import day_text
from holdings.core.history.sync import HistorySync
from tests.builders import (
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeKind,
    FakeLedger,
    FakeMarket,
    FakeQueue,
    FakeRecords,
    make_settings,
)
from tests.unit.history.books import TODAY, TrueBook, grow, make_book

VIEWER = "viewer-1"
MAIN, OTHER = "0" * 32, "1" * 32


def closes_of(seed: int, *books: str, days: int = 120) -> dict[str, dict[int, Decimal]]:
    """Closes that skip some days, and begin later than the first balance of some."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    return {
        book: {
            day: Decimal(rng.randrange(1, 10**9)).scaleb(-4)
            for day in range(TODAY - days + rng.randrange(60), TODAY)
            if rng.random() < 0.8
        }
        for book in books
    }


@dataclass
class House:
    """The API over one viewer's connections, whose ledgers have been read."""

    books: dict[str, TrueBook] = field(default_factory=lambda: {MAIN: make_book(5)})
    market: FakeMarket = field(default_factory=FakeMarket)
    records: FakeRecords = field(default_factory=FakeRecords)
    queue: FakeQueue = field(default_factory=FakeQueue)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.market.books = {
            "BTC-USD": "open",
            "ETH-USD": "open",
            "BTC-EUR": "open",
            "SOL-USD": "delisted",
        }
        mine = self.records.kept.setdefault(VIEWER, {})
        for number, (one, book) in enumerate(self.books.items()):
            connection = Connection(
                one, "coinbase_exchange", f"Account {number}", f"a{number}", "", number
            )
            mine[one] = connection, {"name": "k", "secret": "s"}
            self.read(one, book)
        self.queue.sent.clear()
        app = create_app(
            make_settings(SHARED_CONNECTION="false"),
            clock=self.clock.clock,
            exchange=FakeExchange(),
            cache=FakeCache(),
            records=self.records,
            kinds={},
            market=self.market,
            queue=self.queue,
        )
        self.client: FlaskClient = app.test_client()

    def read(self, one: str, book: TrueBook) -> None:
        kind = FakeKind(has_ledger=True)
        kind.ledger = FakeLedger(kind, book.currencies, book.entries, 100)
        job = HistorySync(
            records=self.records,
            kinds={"coinbase_exchange": kind},
            queue=self.queue,
            read_closes=lambda _viewer, _connection, _deadline: None,
            clock=self.clock.clock,
            hide=lambda _: None,
        )
        job.run(VIEWER, one, seconds=10_000)

    def ask(self, path: str, viewer: str = VIEWER, **headers: str) -> TestResponse:
        context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": viewer}}}}}
        return self.client.get(path, headers=headers, environ_overrides=context)

    def json(self, path: str) -> dict[str, Any]:
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        document = answer.json
        assert document
        return document


def shown(amount: Decimal) -> Decimal:
    """The amount as it is served, cut to 12 decimals."""
    return amount.quantize(Decimal("1e-12"), rounding=ROUND_FLOOR)


def close_on(closes: Mapping[int, Decimal], day: int) -> tuple[Decimal | None, int | None]:
    before = [one for one in closes if one <= day]
    return (closes[max(before)], max(before)) if before else (None, None)


@given(st.integers(0, 10**6))
@settings(max_examples=15)
def test_every_day_is_worth_what_it_is_by_another_sum(seed: int) -> None:
    """Each balance is looked up in the book anew, each close among the candles."""
    house = House({MAIN: make_book(seed, days=90), OTHER: make_book(seed + 1, accounts=2, days=60)})
    house.market.daily = closes_of(seed, "BTC-USD", "ETH-USD")
    document = house.json("/history?by=asset&currency=USD")
    assert document["warnings"] == []
    if not (ids := [one for book in house.books.values() for one in book.ids]):
        assert document["points"] == []
        return
    assert sum(one["entries"] for one in document["connections"]) == len(ids)
    first = date.fromisoformat(document["from"]).toordinal() - date(1970, 1, 1).toordinal()
    assert len(document["points"]) == TODAY - first
    for number, point in enumerate(document["points"]):
        day, total, whole, carried = first + number, Decimal(), True, False
        anything = False
        assert point["date"] == day_text(day)
        for book in house.books.values():
            for account in book.entries:
                balance = book.balance(account, day)
                anything = anything or balance == 0
                if not balance:
                    continue
                currency = book.currencies[account]
                if currency == "USD":
                    close, at = Decimal(1), day
                else:
                    close, at = close_on(house.market.daily.get(f"{currency}-USD", {}), day)
                anything = anything or close is not None
                whole = whole and close is not None
                carried = carried or at not in (None, day)
                total += shown(shown(balance) * (close or 0))
        assert point["value"] == (f"{total.normalize():f}" if anything else None)
        assert (point["complete"], point["carried"]) == (whole, carried)
        values = [Decimal(one["value"]) for one in point["assets"] if one["value"]]
        assert sum(values) == total
        assert {one["known"] for one in point["assets"]} <= {"ledger"}


def test_deposits_and_withdrawals_are_valued_by_their_own_day_and_summed_by_period() -> None:
    book = TrueBook(currencies={"a" * 32: "BTC"})
    start = TODAY - 40
    for day, amount, kind in ((0, "2", "deposit"), (3, "-1", "withdrawal"), (30, "4", "deposit")):
        book.add("a" * 32, (start + day) * DAY + 5, Decimal(amount), kind)
    house = House({MAIN: book})
    house.market.daily = {"BTC-USD": {start: Decimal(10), start + 3: Decimal(20)}}
    days = house.json("/history")["points"]
    assert [(p["deposits"], p["withdrawals"]) for p in (days[0], days[3], days[30], days[31])] == [
        ("20", "0"),
        ("0", "20"),
        ("80", "0"),
        ("0", "0"),
    ]
    for interval in ("week", "month"):
        points = house.json(f"/history?interval={interval}")["points"]
        assert sum(Decimal(one["deposits"]) for one in points) == 100
        assert sum(Decimal(one["withdrawals"]) for one in points) == 20
        assert points[-1]["date"] == day_text(TODAY - 1)
        by_day = {one["date"]: one["value"] for one in days}
        assert all(one["value"] == by_day[one["date"]] for one in points)
    weeks = [
        date.fromisoformat(one["date"]) for one in house.json("/history?interval=week")["points"]
    ]
    assert {one.isoweekday() for one in weeks[:-1]} == {7}
    months = house.json("/history?interval=month")["points"][:-1]
    assert {(date.fromisoformat(one["date"]) + timedelta(1)).day for one in months} == {1}


def test_before_the_first_close_there_is_no_value_and_nothing_counts_as_zero() -> None:
    book = TrueBook(currencies={"a" * 32: "BTC", "b" * 32: "XYZ"})
    book.add("a" * 32, (TODAY - 10) * DAY, Decimal(2), "deposit")
    book.add("b" * 32, (TODAY - 9) * DAY, Decimal(7), "deposit")
    house = House({MAIN: book})
    house.market.daily = {"BTC-USD": {TODAY - 8: Decimal(5), TODAY - 6: Decimal(6)}}
    points = house.json("/history?by=asset")["points"]
    assert [one["value"] for one in points[:5]] == [None, None, "10", "10", "12"]
    assert not any(one["complete"] for one in points)
    assert [one["carried"] for one in points[2:5]] == [False, True, False]
    reasons = {one["currency"]: one["reason"] for one in points[1]["assets"]}
    assert reasons == {"BTC": "no_close", "XYZ": "no_market"}
    statement = house.json(f"/statements/{day_text(TODAY - 7)}")
    assert statement["value"] == "10"
    assert statement["excluded"] == [{"currency": "XYZ", "reason": "no_market", "amount": "7"}]
    close = statement["holdings"][0]["close"]
    assert (close["status"], close["date"], close["route"]) == (
        "carried",
        day_text(TODAY - 8),
        ["BTC-USD"],
    )


def test_another_currency_is_reached_over_the_books_that_there_are() -> None:
    book = TrueBook(currencies={"a" * 32: "ETH", "b" * 32: "BTC"})
    book.add("a" * 32, (TODAY - 2) * DAY, Decimal(3), "deposit")
    book.add("b" * 32, (TODAY - 2) * DAY, Decimal(1), "deposit")
    house = House({MAIN: book})
    house.market.daily = {
        "ETH-USD": dict.fromkeys((TODAY - 2, TODAY - 1), Decimal(3_000)),
        "BTC-USD": dict.fromkeys((TODAY - 2, TODAY - 1), Decimal(60_000)),
        "BTC-EUR": dict.fromkeys((TODAY - 2, TODAY - 1), Decimal(50_000)),
    }
    statement = house.json(f"/statements/{day_text(TODAY - 1)}?currency=EUR")
    closes = {one["currency"]: one["close"] for one in statement["holdings"]}
    assert closes["BTC"]["route"] == ["BTC-EUR"]
    assert closes["ETH"]["route"] == ["ETH-USD", "BTC-EUR", "BTC-USD"]
    assert Decimal(closes["ETH"]["amount"]) == 2_500
    assert Decimal(statement["value"]) == 57_500
    answer = house.ask("/history?currency=JPY")
    assert answer.status_code == 422
    assert answer.json
    assert "EUR" in answer.json["errors"]["currency"][0]


def test_a_year_of_a_book_is_read_once_and_an_empty_one_again_later() -> None:
    house = House({MAIN: make_book(5, days=30)})
    house.market.daily = {"BTC-USD": {TODAY - 20: Decimal(5)}}
    house.json("/history")
    calls = [call for call in house.market.calls if call.startswith("closes")]
    assert calls
    house.json("/history?interval=month")
    house.json(f"/statements/{day_text(TODAY - 3)}")
    assert [call for call in house.market.calls if call.startswith("closes")] == calls
    house.clock.advance(3_700)
    house.json("/history")
    again = [call for call in house.market.calls if call.startswith("closes")][len(calls) :]
    assert again
    assert all("ETH-USD" in call for call in again)  # the one of which nothing came
    house.clock.advance(90_000)
    house.json("/history")  # another day is over
    later = [call for call in house.market.calls if call.startswith("closes BTC-USD")]
    assert len(later) > 2


def test_a_market_that_fails_costs_values_and_never_the_days() -> None:
    house = House()
    house.market.daily = ExchangeUnavailable("down")
    document = house.json("/history?by=asset")
    assert document["warnings"][0]["code"] == "closes_pending"
    assert document["points"]
    assert all(one["balance"] is not None for one in document["points"][-1]["assets"])
    house.market.listed = ExchangeUnavailable("down")
    other = House(market=house.market)
    assert other.json("/history")["warnings"][0]["code"] == "closes_unavailable"


@given(seed=st.integers(0, 10**6), limits=st.lists(st.integers(1, 17), min_size=1, max_size=5))
@settings(max_examples=20)
def test_paging_gives_every_entry_once_also_while_new_ones_arrive(
    seed: int, limits: list[int]
) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    house = House({MAIN: make_book(seed), OTHER: make_book(seed + 1, accounts=2, entries=15)})
    known = sorted(one for book in house.books.values() for one in book.ids)
    found: list[dict[str, Any]] = []
    cursor, turn = "", 0
    while True:
        limit = limits[turn % len(limits)]
        page = house.json(f"/activity?limit={limit}{f'&cursor={cursor}' if cursor else ''}")
        assert len(page["entries"]) <= limit
        found += page["entries"]
        if not page["next"]:
            break
        cursor, turn = page["next"], turn + 1
        if turn % 3 == 0:
            book = house.books[MAIN]
            account = rng.choice(list(book.currencies))
            house.clock.advance(60)
            grow(book, account, rng, int(house.clock.time * 1_000_000))
            house.read(MAIN, book)
    assert sorted(one["id"] for one in found) == known
    moments = [one["at"] for one in found]
    assert moments == sorted(moments, reverse=True)


def test_activity_is_narrowed_by_each_filter() -> None:
    house = House({MAIN: make_book(8, entries=60), OTHER: make_book(9)})
    everything = house.json("/activity?limit=200")["entries"]

    def narrowed(query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            page = house.json(f"/activity?limit=200&{query}{more}")
            found += page["entries"]
            cursor = page["next"]
        return found

    half = everything[len(everything) // 2]["at"][:10]
    order = everything[3]["details"]["order_id"]
    queries: dict[str, Callable[[dict[str, Any]], bool]] = {
        "currency=BTC": lambda one: one["currency"] == "BTC",
        "kind=interest": lambda one: one["kind"] == "interest",
        f"from={half}": lambda one: one["at"][:10] >= half,
        f"to={half}": lambda one: one["at"][:10] <= half,
        f"connection={OTHER}": lambda one: one["connection_id"] == OTHER,
        f"search={order.upper()}": lambda one: one["details"]["order_id"] == order,
        "search=usd&kind=fee": lambda one: one["kind"] == "fee",
    }
    for query, keeps in queries.items():
        expected = [one for one in everything if keeps(one)]
        assert narrowed(query) == expected
        assert 0 < len(expected) < len(everything)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/history?from=2026-11-10&to=2026-11-09", "from"),
        ("/history?from=2027-01-01", "from"),
        ("/history?to=2027-01-01", "to"),
        ("/history?from=2026-02-30", "from"),
        ("/history?from=yesterday", "from"),
        ("/history?interval=hour", "interval"),
        ("/history?by=connection", "by"),
        ("/history?currency=...", "currency"),
        ("/history?connection=x", "connection"),
        ("/history?page=2", "page"),
        ("/activity?limit=0", "limit"),
        ("/activity?limit=201", "limit"),
        ("/activity?cursor=!", "cursor"),
        ("/activity?cursor=W10=", "cursor"),
        ("/activity?cursor=WzEsMiwzLDRd", "cursor"),
        ("/activity?cursor=" + "W" * 500, "cursor"),
        ("/activity?search=", "search"),
        ("/activity?to=2027-01-01", "to"),
        ("/statements/2026-11-21", "date"),
        ("/statements/2027-01-01", "date"),
        ("/statements/yesterday", "date"),
        ("/statements/2026-02-30", "date"),
        ("/statements/2026-11-01?date=1", "date"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_what_is_wrong(path: str, field: str) -> None:
    answer = House().ask(path)
    assert answer.status_code == 422
    assert answer.json
    assert answer.json["errors"].keys() == {field}


def test_today_is_taken_and_ends_yesterday() -> None:
    document = House().json(f"/history?to={day_text(TODAY)}")
    assert document["to"] == document["points"][-1]["date"] == day_text(TODAY - 1)


def test_another_viewer_sees_nothing_of_it() -> None:
    house = House()
    for path in ("/history", "/activity"):
        answer = house.ask(path, "viewer-2")
        assert answer.status_code == 200
        assert answer.json
        assert answer.json.get("points", answer.json.get("entries")) == []
    for path in ("/history", "/activity", f"/statements/{day_text(TODAY - 1)}"):
        assert house.ask(f"{path}?connection={MAIN}", "viewer-2").status_code == 404


def test_an_answer_at_hand_is_not_sent_again_and_records_that_fail_are_said_so() -> None:
    house = House()
    tag = house.ask("/history").headers["ETag"]
    assert house.ask("/history", **{"If-None-Match": tag}).status_code == 304
    house.records.error = RecordsUnavailable("down")
    for path in ("/history", "/activity", f"/statements/{day_text(TODAY - 1)}"):
        answer = house.ask(path)
        assert answer.status_code == 503
        assert answer.json
        assert answer.json["code"] == "records_unavailable"


def test_whoever_looks_has_it_read_on_and_no_oftener() -> None:
    house = House()
    house.clock.advance(30)
    house.json("/history")
    house.json("/history")
    house.json("/activity")
    assert house.queue.sent == [(VIEWER, MAIN, 0)]
    house.clock.advance(601)
    house.json("/history")
    assert len(house.queue.sent) == 2


def test_a_statement_is_a_table_too() -> None:
    house = House()
    day = day_text(TODAY - 5)
    answer = house.ask(f"/statements/{day}", Accept="text/csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    holdings = house.json(f"/statements/{day}")["holdings"]
    assert [(one["currency"], one["balance"], one["known"]) for one in rows] == [
        (one["currency"], one["balance"], one["known"]) for one in holdings
    ]
    assert {one["reconciled"] for one in rows} == {"true"}


def test_every_day_of_many_years_by_asset_is_asked_for_by_the_week() -> None:
    house = House({MAIN: make_book(3, days=1_300)})
    answer = house.ask("/history?by=asset")
    assert answer.status_code == 422
    assert answer.json
    assert "weeks" in answer.json["errors"]["interval"][0]
    assert house.json("/history?by=asset&interval=week")["points"]

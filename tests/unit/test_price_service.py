"""How often the market is asked, what is kept of it, and what failing costs: never a balance."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from holdings.api.schemas import SnapshotSchema
from holdings.core.clock import Deadline
from holdings.core.errors import (
    ExchangeInvalidResponse,
    ExchangeRateLimited,
    ExchangeTimeout,
    ExchangeUnavailable,
    HoldingsError,
    InvalidRequest,
)
from holdings.core.freshness import FreshnessRules
from holdings.core.market import Trade
from holdings.core.price_service import MOST_TRADES, PriceService
from holdings.core.service import Answer, HoldingsService
from holdings.core.sources import SharedConnection, ViewerSources
from tests.builders import (
    NOW,
    SHARED_PLACE,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    make_account,
    make_connection,
    make_stats,
)

DAY = 86_400
DOWN = ExchangeUnavailable("the market is not available")


@dataclass
class World:
    """Two things to ask, the holdings and their prices, and everything that they see."""

    clock: FakeClock = field(default_factory=FakeClock)
    exchange: FakeExchange = field(default_factory=FakeExchange)
    market: FakeMarket = field(default_factory=FakeMarket)
    cache: FakeCache = field(default_factory=FakeCache)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As another Lambda instance would: what is in memory is gone."""
        rules = FreshnessRules()
        clock = self.clock.clock
        sources = ViewerSources(
            shared=SharedConnection(make_connection("shared"), self.exchange, SHARED_PLACE),
            records=None,
            kinds={},
            cache=self.cache,
            clock=clock,
            rules=rules,
            keep_for=300,
            hide=print,
        )
        self.prices = PriceService(
            market=lambda: self.market, cache=self.cache, clock=clock, cooldown=rules.cooldown
        )
        self.service = HoldingsService(
            sources=lambda: sources,
            prices=lambda: self.prices,
            cache=self.cache,
            clock=clock,
            rules=rules,
        )

    def answer(self, viewer: str = "3f1c", **asked: Any) -> Answer:
        return self.service.read(viewer, **asked)

    def read(self, viewer: str = "3f1c", **asked: Any) -> dict[str, Any]:
        payload = self.answer(viewer, **asked).entry.payload
        SnapshotSchema().loads(payload)
        return json.loads(payload)

    def deadline(self, seconds: float = 10) -> Deadline:
        return Deadline.after(seconds, self.clock.clock)

    def hold(self, *codes: str) -> None:
        self.exchange.answer = [make_account(code, code, balance="2") for code in codes]


def statuses(document: dict[str, Any]) -> dict[str, str]:
    return {one["currency"]: one["price"]["status"] for one in document["holdings"]}


def reasons(document: dict[str, Any]) -> dict[str, str]:
    return {one["currency"]: one["price"]["reason"] for one in document["holdings"]}


def warnings(document: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in document["warnings"]]


def test_one_read_serves_all_viewers_for_a_minute_and_the_listing_for_a_day() -> None:
    world = World()
    for number in range(200):
        world.read(f"viewer-{number}")
        world.clock.advance(0.3)
    assert world.market.calls == ["listing", "stats"]
    world.clock.advance(1)
    world.read("another")
    assert world.market.calls == ["listing", "stats", "stats"]
    world.clock.advance(DAY)
    world.read("another")
    assert world.market.calls[3:] == ["listing", "stats"]


def test_viewers_who_come_at_once_share_one_read() -> None:
    world = World()
    with ThreadPoolExecutor(16) as pool:
        documents = list(pool.map(world.read, (f"viewer-{n}" for n in range(64))))
    assert world.market.calls == ["listing", "stats"]
    assert {document["value"]["amount"] for document in documents} == {"90000"}


def test_another_instance_has_the_prices_that_this_one_has_read() -> None:
    world = World()
    world.read()
    world.restart()
    assert world.read("another")["value"]["amount"] == "90000"
    assert world.market.calls == ["listing", "stats"]


def test_a_hit_is_one_look_into_the_cache_and_has_its_values() -> None:
    world = World()
    world.read()
    world.restart()
    looked = world.cache.gets
    assert world.read()["value"]["amount"] == "90000"
    assert world.cache.gets == looked + 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DOWN, "feed_failed"),
        (ExchangeTimeout("late"), "feed_failed"),
        (ExchangeInvalidResponse("HTML"), "feed_failed"),
        (ExchangeRateLimited("slow down", retry_after=3_600), "rate_limited"),
    ],
    ids=lambda given: getattr(given, "code", given),
)
@pytest.mark.parametrize("failing", ["day", "listed"])
def test_without_prices_the_balances_are_served_and_each_says_why(
    error: HoldingsError, reason: str, failing: str
) -> None:
    world = World()
    setattr(world.market, failing, error)
    world.hold("BTC", "USD")
    document = world.read()
    assert (document["stale"], warnings(document)) == (False, ["prices_unavailable"])
    assert reasons(document) == {"BTC": reason, "USD": None}
    assert [one["balance"] for one in document["holdings"]] == ["2", "2"]
    assert (document["value"]["amount"], document["value"]["complete"]) == ("2", False)


def test_a_failing_feed_is_asked_once_in_a_cool_down_or_as_late_as_it_says() -> None:
    world = World()
    world.market.day = DOWN
    for second in range(10):
        world.read(f"viewer-{second}")
        world.clock.advance(0.9)
    assert world.market.calls.count("stats") == 1
    world.clock.advance(2)
    world.market.day = ExchangeRateLimited("slow down", retry_after=600)
    for minute in range(9):
        world.read(f"late-{minute}")
        world.clock.advance(60)
    assert world.market.calls.count("stats") == 2


def test_the_last_good_prices_serve_and_heal_at_once_when_the_feed_does() -> None:
    world = World()
    world.read()
    good, world.market.day = world.market.day, DOWN
    world.clock.advance(200)
    document = world.read()
    assert (statuses(document), warnings(document)) == ({"BTC": "stale"}, ["prices_stale"])
    assert document["value"]["as_of"] == "2026-11-21T09:30:00Z"
    assert (document["value"]["amount"], document["value"]["complete"]) == ("90000", True)
    assert document["as_of"] == "2026-11-21T09:33:20Z"

    world.market.day = good
    world.clock.advance(11)
    document = world.read()
    assert (statuses(document), warnings(document)) == ({"BTC": "live"}, [])


def test_an_answer_whose_prices_fail_is_kept_by_nobody() -> None:
    world = World()
    world.market.day = DOWN
    assert world.answer().passing
    assert world.answer().passing
    assert world.exchange.calls == 1
    assert world.cache("answer#3f1c").entry is None


def test_prices_older_than_a_day_are_no_prices() -> None:
    world = World()
    world.read()
    world.market.day = DOWN
    world.clock.advance(DAY + 61)
    assert reasons(world.read()) == {"BTC": "feed_failed"}


def test_fresh_prices_go_with_last_good_balances() -> None:
    world = World()
    world.read()
    world.exchange.answer = DOWN
    world.market.day = {"BTC-USD": make_stats("70000", "50000")}
    world.clock.advance(200)
    document = world.read()
    assert (document["stale"], statuses(document)) == (True, {"BTC": "live"})
    assert document["value"]["amount"] == "105000"


def test_only_held_books_without_a_trade_are_asked_for_their_last_and_once() -> None:
    world = World()
    at = NOW - 40 * DAY
    world.market.books |= {"OLD-USD": "open", "IDLE-USD": "open"}
    world.market.day = {
        "BTC-USD": make_stats("60000", "50000"),
        "OLD-USD": make_stats("7", "7", traded=False),
        "IDLE-USD": make_stats("1", "1", traded=False),
    }
    world.market.trades = {"OLD-USD": Trade(Decimal(6), at)}
    world.hold("BTC", "OLD")
    document = world.read()
    assert world.market.calls == ["listing", "stats", "trade OLD-USD"]
    assert statuses(document) == {"BTC": "live", "OLD": "quiet"}
    old = document["holdings"][1]
    assert (old["value"], old["price"]["as_of"]) == ("12", "2026-10-12T09:30:00Z")
    for minute in range(1, 30):
        world.clock.advance(60)
        world.restart()
        world.read(f"viewer-{minute}")
    assert world.market.calls.count("trade OLD-USD") == 1


def test_a_market_that_fails_is_not_asked_for_last_trades() -> None:
    world = World()
    world.market.books |= {"OLD-USD": "open"}
    world.market.day = {"OLD-USD": make_stats("7", "7", traded=False)}
    world.hold("BTC")
    world.read()
    world.market.day = DOWN
    world.hold("OLD")
    world.clock.advance(200)
    document = world.read()
    assert (statuses(document), document["holdings"][0]["value"]) == ({"OLD": "stale"}, "14")
    assert "trade OLD-USD" not in world.market.calls


def test_no_request_asks_for_more_last_trades_than_the_limit_allows() -> None:
    world = World()
    codes = [f"Q{number}" for number in range(3 * MOST_TRADES)]
    world.market.books = {f"{code}-USD": "open" for code in codes}
    world.market.day = {f"{code}-USD": make_stats("7", traded=False) for code in codes}
    world.market.trades = {f"{code}-USD": Trade(Decimal(7), NOW - 3 * DAY) for code in codes}
    world.hold(*codes)
    dated: list[int] = []
    for viewer in range(4):
        asked = len(world.market.calls)
        document = world.read(f"viewer-{viewer}")
        trades = [call for call in world.market.calls[asked:] if call.startswith("trade")]
        assert len(trades) <= 2 * MOST_TRADES
        dated.append(sum(bool(one["price"]["as_of"]) for one in document["holdings"]))
        assert set(statuses(document).values()) == {"quiet"}
    assert dated[-1] == len(codes)
    assert dated == sorted(dated)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(DOWN, "feed_failed"), (ExchangeRateLimited("slow down"), "rate_limited")],
    ids=lambda given: getattr(given, "code", given),
)
def test_a_last_trade_that_cannot_be_read_costs_its_date_or_its_price_alone(
    error: HoldingsError, reason: str
) -> None:
    world = World()
    world.market.books |= {"OLD-USD": "open", "NEW-USD": "open"}
    world.market.day = {
        "BTC-USD": make_stats("60000"),
        "OLD-USD": make_stats("7", traded=False),
    }
    world.market.trades = {"OLD-USD": error, "NEW-USD": error}
    world.hold("BTC", "NEW", "OLD")
    document = world.read()
    assert statuses(document) == {"BTC": "live", "NEW": "unpriced", "OLD": "quiet"}
    assert reasons(document)["NEW"] == reason
    assert document["holdings"][2]["price"]["as_of"] is None
    assert warnings(document) == ["prices_unavailable"]


def test_values_in_another_currency_ask_no_exchange_and_no_market() -> None:
    world = World()
    world.market.books["BTC-EUR"] = "open"
    world.market.day = {
        "BTC-USD": make_stats("60000", "50000"),
        "BTC-EUR": make_stats("54000", "45000"),
    }
    world.read()
    world.clock.advance(120)  # the prices are old by now, and as old as those of the kept answer
    for restarted in (False, True):
        if restarted:
            world.restart()
        answer = world.answer(currency="EUR")
        document = json.loads(answer.entry.payload)
        assert answer.outcome == "HIT"
        assert (document["value"]["currency"], document["value"]["amount"]) == ("EUR", "81000")
        assert document["holdings"][0]["price"]["route"] == ["BTC-EUR"]
    assert (world.exchange.calls, world.market.calls) == (1, ["listing", "stats"])
    assert world.read()["value"]["currency"] == "USD"


def test_rates_are_read_where_no_book_leads_to_a_currency_and_serve_for_an_hour() -> None:
    world = World()
    for minute in range(50):
        world.read(f"viewer-{minute}")
        document = world.read(f"viewer-{minute}", currency="JPY")
        assert document["value"]["amount"] == "13500000"
        assert document["holdings"][0]["price"]["route"] == ["BTC-USD", "rates:USD-JPY"]
        world.clock.advance(60)
    assert world.market.calls.count("rates") == 1


def test_a_currency_to_which_no_price_leads_is_refused_with_those_that_there_are() -> None:
    world = World()
    with pytest.raises(InvalidRequest) as refused:
        world.read(currency="XYZ")
    assert refused.value.errors == {"currency": ["Not one of BTC, ETH, JPY, USD."]}
    assert world.read(currency="ETH")["value"]["amount"] == "30"


def test_while_prices_fail_no_currency_is_refused() -> None:
    world = World()
    world.market.day = world.market.usd = DOWN
    document = world.read(currency="EUR")
    assert (document["value"]["currency"], document["value"]["amount"]) == ("EUR", None)
    assert document["value"]["excluded"] == [
        {"currency": "BTC", "reason": "feed_failed", "amount": "1.5"}
    ]


def test_one_connection_alone_has_the_total_of_its_own() -> None:
    world = World()
    world.hold("BTC", "QX7")
    whole = world.read()
    assert world.read(connection_id="shared")["value"] == whole["value"]


def test_prices_take_no_more_than_their_part_of_a_request() -> None:
    world = World()
    left: list[float] = []

    class Slow(FakeMarket):
        def stats(self, deadline: Deadline) -> Any:
            left.append(deadline.remaining())
            world.clock.advance(deadline.remaining())
            raise ExchangeTimeout("late")

    world.market = Slow()
    deadline = world.deadline()
    assert world.prices.read(deadline).failure
    assert left == [5]
    assert deadline.remaining() == 5

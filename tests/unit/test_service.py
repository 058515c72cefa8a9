import json
from dataclasses import dataclass, field, replace

import pytest

from holdings.api.schemas import SnapshotDocument
from holdings.core.errors import (
    CoinbaseRateLimited,
    CoinbaseTimeout,
    CoinbaseUnavailable,
    SecretInvalid,
)
from holdings.core.service import Answer, HoldingsService
from holdings.core.snapshot import FreshnessRules, Notice
from tests.builders import NOW, FakeCache, FakeClock, FakeExchange, make_account


@dataclass
class World:
    """A service and everything that it sees."""

    clock: FakeClock = field(default_factory=FakeClock)
    exchange: FakeExchange = field(default_factory=FakeExchange)
    cache: FakeCache = field(default_factory=FakeCache)
    notices: tuple[Notice, ...] = ()
    rules: FreshnessRules = field(default_factory=FreshnessRules)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As another Lambda instance would: what is in memory is gone."""
        self.service = HoldingsService(
            exchange=self.exchange,
            cache=self.cache,
            codec=SnapshotDocument(),
            clock=self.clock.clock,
            rules=self.rules,
            notices=self.notices,
        )

    def read(self, *, refresh: bool = False) -> Answer:
        return self.service.read(refresh=refresh)


def warnings(answer: Answer) -> list[str]:
    return [warning["code"] for warning in json.loads(answer.payload)["warnings"]]


DOWN = CoinbaseUnavailable("Coinbase is not available")


def test_the_first_read_asks_the_exchange_and_keeps_the_document_that_it_served() -> None:
    world = World()
    answer = world.read()
    assert (answer.outcome, answer.as_of, answer.expires_at) == ("MISS", NOW, NOW + 180)
    assert json.loads(answer.payload) == {
        "as_of": "2026-11-21T09:30:00Z",
        "expires_at": "2026-11-21T09:33:00Z",
        "stale": False,
        "warnings": [],
        "account_count": 1,
        "hidden": {"zero": 0, "dust": 0},
        "holdings": [
            {
                "account_id": "a1",
                "currency": "BTC",
                "balance": "1.5",
                "available": "1",
                "hold": "0.5",
            }
        ],
    }
    assert world.cache.entry == FreshnessRules().keep(answer.payload, as_of=NOW, refreshed_at=0)


def test_until_it_expires_a_snapshot_is_served_as_it_was_stored() -> None:
    world = World()
    first = world.read()
    world.clock.advance(179)
    assert world.read() == replace(first, outcome="HIT")
    world.clock.advance(1)
    assert world.read().outcome == "MISS"
    assert world.exchange.calls == 2


def test_a_refresh_is_honoured_once_in_a_cool_down() -> None:
    world = World()
    outcomes = [world.read().outcome]
    for pause in (1, 1, 8, 1):
        world.clock.advance(pause)
        outcomes.append(world.read(refresh=True).outcome)
    assert outcomes == ["MISS", "REFRESH", "HIT", "HIT", "REFRESH"]


def test_the_cool_down_holds_across_instances_and_ordinary_reads() -> None:
    world = World()
    world.read(refresh=True)
    world.restart()
    world.clock.advance(5)
    assert world.read(refresh=True).outcome == "HIT"


def test_the_cool_down_holds_without_a_cache() -> None:
    world = World(cache=FakeCache(readable=False))
    assert world.read(refresh=True).outcome == "REFRESH"
    assert world.read(refresh=True).outcome == "MISS"


def test_a_miss_keeps_the_time_of_the_last_refresh() -> None:
    world = World(rules=FreshnessRules(fresh_for=3))
    world.read(refresh=True)
    world.clock.advance(4)
    assert world.read(refresh=True).outcome == "MISS"
    world.restart()
    assert world.read(refresh=True).outcome == "HIT"


@pytest.mark.parametrize(
    "error", [DOWN, CoinbaseTimeout("late"), CoinbaseRateLimited("slow down", retry_after=1)]
)
def test_a_coinbase_failure_is_answered_with_the_last_good_figures(
    error: CoinbaseUnavailable | CoinbaseTimeout | CoinbaseRateLimited,
) -> None:
    world = World()
    good = json.loads(world.read().payload)
    world.clock.advance(200)
    world.exchange.answer = error
    answer = world.read()
    assert answer.outcome == "STALE"
    assert json.loads(answer.payload) == {
        **good,
        "stale": True,
        "warnings": [{"code": error.code, "detail": error.detail}],
    }
    assert world.cache.puts == 1


def test_a_failed_refresh_is_answered_with_the_last_good_figures() -> None:
    world = World()
    world.read()
    world.exchange.answer = DOWN
    assert world.read(refresh=True).outcome == "STALE"


def test_last_good_ends_a_day_after_freshness_even_if_the_item_is_still_there() -> None:
    world = World()
    world.read()
    world.exchange.answer = DOWN
    world.clock.advance(180 + 86_400 - 1)
    assert world.read().outcome == "STALE"
    world.clock.advance(1)
    with pytest.raises(CoinbaseUnavailable):
        world.read()


def test_without_a_snapshot_a_failure_is_an_error() -> None:
    world = World(exchange=FakeExchange(DOWN))
    with pytest.raises(CoinbaseUnavailable):
        world.read()


def test_a_broken_secret_is_an_error_even_with_a_snapshot() -> None:
    world = World()
    world.read()
    world.clock.advance(200)
    world.exchange.answer = SecretInvalid("api_key is missing")
    with pytest.raises(SecretInvalid):
        world.read()


@pytest.mark.parametrize(
    "cache", [FakeCache(readable=False), FakeCache(writable=False)], ids=["read", "write"]
)
def test_a_failing_cache_costs_a_warning_and_not_the_answer(cache: FakeCache) -> None:
    answer = World(cache=cache).read()
    assert (answer.outcome, warnings(answer)) == ("MISS", ["cache_unavailable"])


def test_an_unreadable_cache_is_not_written_to() -> None:
    world = World(cache=FakeCache(readable=False))
    world.read()
    assert world.cache.puts == 0


def test_with_cache_and_coinbase_down_the_coinbase_error_is_told() -> None:
    world = World(exchange=FakeExchange(DOWN), cache=FakeCache(readable=False))
    with pytest.raises(CoinbaseUnavailable):
        world.read()


def test_a_stored_document_of_another_shape_is_not_served_as_last_good() -> None:
    world = World()
    world.read()
    assert world.cache.entry
    world.cache.entry = replace(world.cache.entry, payload='{"holdings":[]}')
    world.clock.advance(200)
    world.exchange.answer = DOWN
    with pytest.raises(CoinbaseUnavailable):
        world.read()


def test_notices_stand_under_the_warnings_of_every_answer() -> None:
    world = World(notices=(Notice("demo_mode", "sample"),))
    assert warnings(world.read()) == warnings(world.read()) == ["demo_mode"]


def test_an_empty_account_list_is_an_answer() -> None:
    world = World(exchange=FakeExchange([]))
    assert json.loads(world.read().payload)["account_count"] == 0
    world.exchange.answer = [make_account(balance="0")]
    world.clock.advance(300)
    assert json.loads(world.read().payload)["hidden"] == {"zero": 1, "dust": 0}

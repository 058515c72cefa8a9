import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    CacheUnavailable,
    ExchangeError,
    ExchangeRateLimited,
    ExchangeTimeout,
    ExchangeUnavailable,
    HoldingsError,
    Misconfigured,
    SecretInvalid,
    SecretUnavailable,
)
from holdings.core.freshness import CachedSnapshot, Failure, FreshnessRules, Lease
from holdings.core.portfolio import Account
from holdings.core.price_service import PriceService
from holdings.core.service import Answer, HoldingsService
from holdings.core.snapshot import Notice
from holdings.core.sources import SharedConnection, ViewerSources
from tests.builders import (
    NOW,
    SHARED_PLACE,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    FakePlace,
    make_account,
    make_connection,
)

VIEWER = "3f1c"


@dataclass
class World:
    """A service and everything that it sees."""

    clock: FakeClock = field(default_factory=FakeClock)
    exchange: FakeExchange = field(default_factory=FakeExchange)
    market: FakeMarket = field(default_factory=FakeMarket)
    cache: FakeCache = field(default_factory=FakeCache)
    notices: tuple[Notice, ...] = ()
    rules: FreshnessRules = field(default_factory=FreshnessRules)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As another Lambda instance would: what is in memory is gone."""
        self.start(self.clock.clock)

    def start(self, clock: Clock) -> None:
        sources = ViewerSources(
            shared=SharedConnection(
                make_connection("shared", label="Shared"), self.exchange, SHARED_PLACE
            ),
            records=None,
            kinds={},
            cache=self.cache,
            clock=clock,
            rules=self.rules,
            keep_for=300,
            hide=print,
        )
        prices = PriceService(
            market=lambda: self.market,
            cache=self.cache,
            clock=clock,
            cooldown=self.rules.cooldown,
        )
        self.service = HoldingsService(
            sources=lambda: sources,
            prices=lambda: prices,
            cache=self.cache,
            clock=clock,
            rules=self.rules,
            notices=self.notices,
        )

    def read(self, *, refresh: bool = False, viewer: str = VIEWER) -> Answer:
        return self.service.read(viewer, refresh=refresh)


def warnings(answer: Answer) -> list[str]:
    return [warning["code"] for warning in json.loads(answer.entry.payload)["warnings"]]


def figures(answer: Answer) -> Any:
    return json.loads(answer.entry.payload)["holdings"]


def a_reading(as_of: int, expires_at: int | None = None, **changes: Any) -> CachedSnapshot:
    """A reading of another process, of one account whose id is its moment."""
    holding = {"connection_id": "shared", "account_id": f"{as_of}", "currency": "BTC"}
    part: dict[str, Any] = {
        "account_count": 1,
        "hidden": {"zero": 0, "dust": 0},
        "hidden_currencies": {"zero": [], "dust": []},
        "holdings": [holding | {"balance": "1.5"}],
    }
    return CachedSnapshot.seal(
        json.dumps(part | changes), as_of=as_of, expires_at=expires_at or as_of + 180
    )


DOWN = ExchangeUnavailable("Coinbase is not available")


def test_the_first_read_asks_the_exchange_and_keeps_the_document_that_it_served() -> None:
    world = World()
    answer = world.read()
    entry = answer.entry
    assert (answer.outcome, entry.as_of, entry.expires_at) == ("MISS", NOW, NOW + 180)
    assert json.loads(answer.entry.payload) == {
        "as_of": "2026-11-21T09:30:00Z",
        "expires_at": "2026-11-21T09:33:00Z",
        "stale": False,
        "warnings": [],
        "sources": [
            {
                "connection_id": "shared",
                "exchange": "coinbase_exchange",
                "label": "Shared",
                "status": "active",
                "scope": "",
                "as_of": "2026-11-21T09:30:00Z",
                "expires_at": "2026-11-21T09:33:00Z",
                "stale": False,
                "warning": None,
                "account_count": 1,
                "hidden": {"zero": 0, "dust": 0},
                "hidden_currencies": {"zero": [], "dust": []},
            }
        ],
        "account_count": 1,
        "hidden": {"zero": 0, "dust": 0},
        "value": {
            "currency": "USD",
            "amount": "90000",
            "complete": True,
            "as_of": "2026-11-21T09:30:00Z",
            "excluded": [],
            "change_24h": {
                "amount": "15000",
                "ratio": "0.2",
                "complete": True,
                "covered": "90000",
            },
        },
        "holdings": [
            {
                "connection_id": "shared",
                "account_id": "a1",
                "currency": "BTC",
                "balance": "1.5",
                "available": "1",
                "hold": "0.5",
                "name": "Bitcoin",
                "value": "90000",
                "change_24h": {"amount": "15000", "ratio": "0.2"},
                "price": {
                    "amount": "60000",
                    "as_of": "2026-11-21T09:30:00Z",
                    "status": "live",
                    "reason": None,
                    "route": ["BTC-USD"],
                },
            }
        ],
    }
    assert world.cache(f"answer#{VIEWER}").entry == answer.entry


def test_until_it_expires_a_snapshot_is_served_as_it_was_stored() -> None:
    world = World()
    first = world.read()
    world.clock.advance(179)
    assert world.read() == first._replace(outcome="HIT")
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


@pytest.mark.parametrize(
    "cache",
    [FakeCache(readable=False), FakeCache(writable=False)],
    ids=["unreadable", "unwritable"],
)
def test_without_a_cache_the_process_keeps_its_reading_and_its_cool_down(cache: FakeCache) -> None:
    world = World(cache=cache)
    answers = [world.read(refresh=True)]
    for refresh in (True, False):
        world.clock.advance(4)
        answers.append(world.read(refresh=refresh))
    assert [answer.outcome for answer in answers] == ["REFRESH", "HIT", "HIT"]
    assert {answer.entry.payload for answer in answers} == {answers[0].entry.payload}
    assert warnings(answers[1]) == ["cache_unavailable"]
    assert world.exchange.calls == 1


def test_a_cache_that_fails_later_costs_a_warning_and_no_reading() -> None:
    world = World()
    assert warnings(world.read()) == []
    world.cache.readable = False
    assert warnings(world.read()) == ["cache_unavailable"]
    assert world.exchange.calls == 1


def test_what_was_deleted_from_the_cache_is_read_anew() -> None:
    world = World()
    world.read()
    world.cache.lose()
    world.clock.advance(1)
    world.cache.leases.clear()
    assert world.read().outcome == "MISS"


def test_a_miss_keeps_the_time_of_the_last_refresh() -> None:
    world = World(rules=FreshnessRules(fresh_for=3))
    world.read(refresh=True)
    world.clock.advance(4)
    assert world.read(refresh=True).outcome == "MISS"
    world.restart()
    assert world.read(refresh=True).outcome == "HIT"


@pytest.mark.parametrize(
    "error",
    [
        DOWN,
        ExchangeTimeout("late"),
        ExchangeRateLimited("slow down", retry_after=1),
        SecretUnavailable("try again later"),
        SecretInvalid("api_key is missing"),
        Misconfigured("allow this role to read the secret"),
    ],
    ids=lambda error: error.code,
)
def test_every_failure_to_read_is_answered_with_the_last_good_figures(
    error: HoldingsError,
) -> None:
    world = World()
    good = json.loads(world.read().entry.payload)
    world.clock.advance(200)
    world.exchange.answer = error
    answer = world.read()
    assert answer.outcome == "STALE"
    reason = {"code": error.code, "detail": error.detail}
    document = json.loads(answer.entry.payload)
    valued = {name: document[name] for name in ("value", "holdings")}
    assert document == {
        **good,
        **valued,  # at the prices of now
        "stale": True,
        "warnings": [reason],
        "sources": [{**good["sources"][0], "stale": True, "warning": reason}],
    }
    assert [holding["balance"] for holding in valued["holdings"]] == ["1.5"]
    assert valued["value"]["as_of"] == "2026-11-21T09:33:20Z"
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
    with pytest.raises(HoldingsError) as raised:
        world.read()
    assert raised.value.code == "exchange_unavailable"


def test_without_a_snapshot_a_failure_is_an_error() -> None:
    world = World(exchange=FakeExchange(DOWN))
    with pytest.raises(ExchangeUnavailable):
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


def test_with_cache_and_coinbase_down_the_coinbase_error_is_reported() -> None:
    world = World(exchange=FakeExchange(DOWN), cache=FakeCache(readable=False))
    with pytest.raises(ExchangeUnavailable):
        world.read()


def test_a_stored_document_of_another_shape_is_not_served_as_last_good() -> None:
    world = World()
    world.read()
    world.cache(SHARED_PLACE).entry = CachedSnapshot.seal("{}", as_of=NOW, expires_at=NOW + 180)
    world.clock.advance(200)
    world.exchange.answer = DOWN
    with pytest.raises(ExchangeUnavailable):
        world.read()


def test_notices_stand_under_the_warnings_of_every_answer() -> None:
    world = World(notices=(Notice("demo_mode", "sample"),))
    assert warnings(world.read()) == warnings(world.read()) == ["demo_mode"]


def test_an_empty_account_list_is_an_answer() -> None:
    world = World(exchange=FakeExchange([]))
    assert json.loads(world.read().entry.payload)["account_count"] == 0
    world.exchange.answer = [make_account(balance="0")]
    world.clock.advance(300)
    assert json.loads(world.read().entry.payload)["hidden"] == {"zero": 1, "dust": 0}


# A failure is remembered.


def test_a_failing_exchange_is_asked_once_in_a_cool_down() -> None:
    world = World(exchange=FakeExchange(DOWN))
    for _ in range(5):
        with pytest.raises(HoldingsError) as raised:
            world.read()
        assert raised.value.code == "exchange_unavailable"
        world.clock.advance(1)
    assert world.exchange.calls == 1
    world.clock.advance(5)
    world.exchange.answer = [make_account()]
    assert world.read().outcome == "MISS"


def test_a_remembered_failure_says_when_to_try_again() -> None:
    world = World(exchange=FakeExchange(ExchangeRateLimited("slow down", retry_after=30)))
    left: list[int | None] = []
    for pause in (12, 17, 1):
        with pytest.raises(HoldingsError) as raised:
            world.read(refresh=True)
        left.append(raised.value.retry_after)
        world.clock.advance(pause)
    assert left == [30, 18, 1]
    assert world.exchange.calls == 1
    with pytest.raises(ExchangeError):
        world.read()
    assert world.exchange.calls == 2


def test_other_instances_do_not_ask_a_failing_exchange_either() -> None:
    world = World()
    good = world.read()
    world.clock.advance(200)
    world.exchange.answer = DOWN
    for _ in range(3):
        world.restart()
        answer = world.read()
        assert (answer.outcome, warnings(answer)) == ("STALE", ["exchange_unavailable"])
        assert answer.entry.as_of == good.entry.as_of
    assert world.exchange.calls == 2


def test_a_clock_that_was_set_back_does_not_prolong_a_failure() -> None:
    world = World(exchange=FakeExchange(DOWN), cache=FakeCache(readable=False))
    for _ in range(2):
        with pytest.raises(HoldingsError):
            world.read()
    world.clock.advance(-100_000)
    with pytest.raises(HoldingsError):
        world.read()
    assert world.exchange.calls == 2


# Equal misses are one reading.


class Gate(FakeExchange):
    """An exchange that answers when it is let to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answered = threading.Event(), threading.Event()

    def accounts(self, deadline: Deadline) -> Sequence[Account]:
        accounts = super().accounts(deadline)
        self.asked.set()
        assert self.answered.wait(20)
        return accounts


def real_world(exchange: Gate, cache: FakeCache) -> World:
    """A world whose threads wait in real time."""
    world = World(exchange=exchange, cache=cache)
    world.start(Clock())
    return world


def stampede(worlds: list[World], readers: int) -> list[Answer]:
    """Let many threads read at once, and the exchange answer when all of them wait."""
    gate = cast("Gate", worlds[0].exchange)
    with ThreadPoolExecutor(readers) as threads:
        reads = [threads.submit(worlds[n % len(worlds)].read) for n in range(readers)]
        assert gate.asked.wait(20)
        gate.answered.set()
        return [read.result(20) for read in reads]


@pytest.mark.parametrize("cache", [FakeCache(), FakeCache(readable=False)], ids=["cache", "none"])
def test_threads_that_miss_at_once_are_one_reading(cache: FakeCache) -> None:
    world = real_world(Gate(), cache)
    answers = stampede([world], 200)
    assert world.exchange.calls == 1
    assert {answer.entry.payload for answer in answers} == {answers[0].entry.payload}
    assert [answer.outcome for answer in answers].count("MISS") == 1


def test_processes_that_miss_at_once_are_one_reading() -> None:
    gate, cache = Gate(), FakeCache()
    answers = stampede([real_world(gate, cache) for _ in range(10)], 100)
    assert gate.calls == 1
    assert len({answer.entry.payload for answer in answers}) == 1


def test_threads_that_wait_for_a_reading_that_fails_get_its_error_without_trying() -> None:
    world = World(exchange=(gate := Gate()), cache=FakeCache())
    gate.answered.set()
    gate.answer = DOWN
    with ThreadPoolExecutor(50) as threads:
        reads = [threads.submit(world.read) for _ in range(50)]
        codes = {cast("HoldingsError", read.exception(20)).code for read in reads}
    assert codes == {"exchange_unavailable"}
    assert gate.calls == 1


def held(world: World, *, since: int, failure: Failure | None = None) -> None:
    """Another process reads since then."""
    world.cache.leases["read"] = Lease(since, failure.until if failure else since + 5, failure)


class Finishing(FakeCache):
    """Another process's reading arrives after some looks."""

    def __init__(self, arriving: CachedSnapshot, looks: int) -> None:
        super().__init__()
        self.places[SHARED_PLACE] = _Finishing(self, arriving, looks)


class _Finishing(FakePlace):
    def __init__(self, cache: FakeCache, arriving: CachedSnapshot, looks: int) -> None:
        super().__init__(cache)
        self.arriving, self.looks = arriving, looks

    def get(self, deadline: Deadline) -> CachedSnapshot | None:
        self.looks -= 1
        if self.looks == 0:
            self.entry = self.arriving
        return super().get(deadline)


def test_a_waiter_is_given_what_another_process_reads() -> None:
    world = World(cache=Finishing(a_reading(NOW), looks=4))
    held(world, since=NOW)
    answer = world.read()
    assert answer.outcome == "HIT"
    assert [holding["account_id"] for holding in figures(answer)] == [f"{NOW}"]
    assert world.exchange.calls == 0
    assert 0.3 < world.clock.time - NOW < 2


def test_a_waiter_with_last_good_figures_shows_them_after_a_while() -> None:
    world = World()
    good = world.read()
    world.clock.advance(200)
    started = world.clock.time
    world.cache.leases["read"] = Lease(NOW + 200, NOW + 250)
    answer = world.read()
    assert (answer.outcome, warnings(answer)) == ("STALE", ["reading_in_progress"])
    assert answer.entry.as_of == good.entry.as_of
    assert 2 < world.clock.time - started < 4
    assert world.exchange.calls == 1


def test_a_waiter_learns_of_another_process_s_failure_and_asks_nobody() -> None:
    world = World()
    held(world, since=NOW, failure=Failure("exchange_timeout", "late", NOW + 10))
    for _ in range(2):
        with pytest.raises(HoldingsError) as raised:
            world.read()
        assert (raised.value.code, raised.value.detail) == ("exchange_timeout", "late")
    assert world.exchange.calls == 0
    assert world.clock.time == NOW


def test_the_lease_of_a_process_that_died_is_taken_over_in_time_to_answer() -> None:
    world = World()
    held(world, since=NOW)
    assert world.read().outcome == "MISS"
    assert 4 < world.clock.time - NOW < 7


def test_a_slower_older_reading_does_not_replace_a_newer_one() -> None:
    world = World()
    newer = a_reading(NOW + 3)

    class Slow(FakeExchange):
        def accounts(self, deadline: Deadline) -> Sequence[Account]:
            world.cache(SHARED_PLACE).entry = newer  # meanwhile, of another process
            return super().accounts(deadline)

    world.exchange = Slow()
    world.restart()
    answer = world.read()
    assert (answer.outcome, answer.entry.as_of) == ("HIT", NOW + 3)
    assert [holding["account_id"] for holding in figures(answer)] == [f"{NOW + 3}"]
    assert world.cache.entry == newer


def test_what_took_longer_than_the_deadline_to_put_together_is_too_late() -> None:
    world = World()

    class Late(FakeExchange):
        def accounts(self, deadline: Deadline) -> Sequence[Account]:
            accounts = super().accounts(deadline)
            world.clock.advance(10)
            return accounts

    world.exchange = Late()
    world.restart()
    with pytest.raises(ExchangeTimeout):
        world.read()
    assert world.cache.entry is None


def test_a_reading_that_cannot_be_kept_keeps_nobody_waiting() -> None:
    class Full(FakePlace):
        def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> CachedSnapshot:
            raise CacheUnavailable("the item is too large")

    world = World()
    world.cache.places[SHARED_PLACE] = Full(world.cache)
    first = world.read()
    assert (first.outcome, warnings(first)) == ("MISS", ["cache_unavailable"])
    world.restart()
    assert world.read().outcome == "MISS"
    assert world.clock.time == NOW


# What lies in the cache is judged on every read.


@pytest.mark.parametrize(
    ("as_of", "expires_at", "outcome"),
    [
        (NOW, NOW + 180, "HIT"),
        (NOW + 5, NOW + 185, "HIT"),
        (NOW + 6, NOW + 186, "MISS"),
        (NOW + 10**9, NOW + 10**9 + 180, "MISS"),
        (NOW - 179, NOW + 1, "HIT"),
        (NOW - 180, NOW, "MISS"),
        (NOW - 181, NOW + 10**11, "MISS"),
    ],
)
def test_freshness_lasts_no_longer_than_todays_rule_whatever_the_item_says(
    as_of: int, expires_at: int, outcome: str
) -> None:
    world = World()
    world.cache(SHARED_PLACE).entry = a_reading(as_of, expires_at)
    assert world.read().outcome == outcome
    world = World()
    world.cache(f"answer#{VIEWER}").entry = a_reading(as_of, expires_at)
    assert world.read().outcome == outcome


@pytest.mark.parametrize(
    "change",
    [{"payload": "{} "}, {"as_of": NOW + 1}, {"expires_at": NOW + 999}, {"digest": ""}],
    ids=str,
)
def test_a_document_is_genuine_with_its_own_moments_only(change: dict[str, Any]) -> None:
    entry = CachedSnapshot.seal("{}", as_of=NOW, expires_at=NOW + 180)
    assert entry.is_genuine()
    assert not entry._replace(**change).is_genuine()

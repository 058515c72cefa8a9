"""The job refresh-readings against records, cache and exchange in memory, beside the API itself."""

from collections.abc import Callable
from typing import Any

import pytest

import holdings
from holdings import Parts, create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.clock import Deadline
from holdings.core.connections import new_id
from holdings.core.errors import (
    CacheUnavailable,
    ExchangeCredentialsRejected,
    ExchangeRateLimited,
    ExchangeUnavailable,
    HoldingsError,
    RecordsUnavailable,
)
from holdings.core.record_ports import LastRead, Readable
from holdings.core.schedule.forget import Forget
from holdings.core.schedule.refresh import RefreshReadings
from holdings.core.sources import reading_place
from holdings.jobs.parts import refresh_readings_of
from tests.builders import (
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeKind,
    FakeLedger,
    FakeMarket,
    FakeQueues,
    FakeRecords,
    Killed,
    make_account,
    make_settings,
)

HOUR, DAY = 3_600, 86_400
MIDNIGHT = 1_800_000_000 // DAY * DAY
REJECTED = ExchangeCredentialsRejected("coinbase_exchange rejects the key: replace it")


class House:
    def __init__(self, **environ: str) -> None:
        self.time = FakeClock(MIDNIGHT + 9 * HOUR)
        self.records, self.cache, self.queues = FakeRecords(), FakeCache(), FakeQueues()
        self.kind = FakeKind()
        settings = make_settings(REFRESH_SECONDS="3600", SHARED_CONNECTION="false", **environ)
        given: dict[str, Any] = {
            "exchange": FakeExchange(),
            "cache": self.cache,
            "records": self.records,
            "kinds": {"coinbase_exchange": self.kind},
            "market": FakeMarket(),
            "queues": self.queues,
        }
        made = holdings.services(settings, self.time.clock, Parts(**given))
        self.job: RefreshReadings = refresh_readings_of(settings, made, self.time.clock)
        self.client = create_app(settings, clock=self.time.clock, **given).test_client()

    def connect(self, number: int = 1, viewer: str = "ann") -> str:
        body = {
            "exchange": "coinbase_exchange",
            "label": f"No. {number}",
            "credential": {"name": f"key {number}", "secret": f"secret-{number}"},
        }
        response = self.ask("POST", "/connections", viewer, json=body)
        assert response.status_code == 201, response.text
        # What was begun before a change is not taken for what came after it.
        self.time.advance(10)
        return response.json["id"]

    def exchange(self, number: int = 1) -> FakeExchange:
        return self.kind.exchanges.setdefault(f"key {number}", FakeExchange())

    def fail(self, error: HoldingsError | None, number: int = 1) -> None:
        self.exchange(number).answer = error or [make_account()]

    def ask(self, method: str, path: str, viewer: str = "ann", **kwargs: Any) -> Any:
        context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": viewer}}}}}
        return self.client.open(path, method=method, environ_overrides=context, **kwargs)

    @property
    def window(self) -> int:
        return int(self.time.clock.now()) // HOUR * HOUR

    def run(self, connection: str, window: int | None = None, viewer: str = "ann") -> str:
        return self.job.run(viewer, connection, window or self.window, seconds=30)

    def hours(self, connection: str, count: int) -> list[str]:
        outcomes: list[str] = []
        for _ in range(count):
            self.time.advance(HOUR)
            outcomes.append(self.run(connection))
        return outcomes


@pytest.fixture
def house() -> House:
    return House()


def test_whoever_comes_in_the_morning_finds_the_answer_ready(house: House) -> None:
    mine = house.connect()
    assert house.run(mine) == "done"
    calls = house.exchange().calls
    house.time.advance(50 * 60)
    house.records.calls.clear()
    response = house.ask("GET", "/holdings")
    assert response.headers["X-Cache"] == "HIT"
    assert response.json["as_of"] == "2027-01-15T09:00:10Z"
    assert response.json["sources"][0]["expires_at"] == response.json["expires_at"]
    assert response.json["stale"] is False
    assert house.exchange().calls == calls
    assert house.records.calls == []


def test_the_answer_counts_until_the_queue_is_late(house: House) -> None:
    mine = house.connect()
    house.run(mine)
    house.time.advance(HOUR + 899)
    assert house.ask("GET", "/holdings").headers["X-Cache"] == "HIT"
    house.time.advance(2)
    assert house.ask("GET", "/holdings").headers["X-Cache"] == "MISS"


def test_a_refresh_reads_the_exchange_whatever_is_ready(house: House) -> None:
    mine = house.connect()
    house.run(mine)
    house.time.advance(600)
    response = house.ask("GET", "/holdings?refresh=true")
    assert response.headers["X-Cache"] == "REFRESH"
    assert response.json["as_of"] == "2027-01-15T09:10:10Z"


def test_a_window_is_read_once_and_an_older_one_not_at_all(house: House) -> None:
    mine = house.connect()
    house.run(mine)
    calls = house.exchange().calls
    assert house.run(mine) == "done_before"
    assert house.run(mine, house.window - HOUR) == "done_before"
    assert house.exchange().calls == calls
    assert house.hours(mine, 1) == ["done"]
    assert house.exchange().calls == calls + 1


def test_a_reading_takes_one_look_one_key_one_profile_and_one_note(house: House) -> None:
    mine = house.connect()
    house.records.calls.clear()
    house.cache.gets = 0
    house.run(mine)
    assert house.records.calls == ["readable", "profile", "credential", "put_last_read"]
    assert house.cache.gets <= 2  # prices and listing, once a process
    house.cache.gets = 0
    house.hours(mine, 1)
    puts = [place for place, one in house.cache.places.items() if one.puts]
    assert sorted(puts) == sorted(["answer#ann", reading_place(mine), *_of_prices(puts)])


def _of_prices(places: list[str]) -> list[str]:
    return [one for one in places if "#" not in one or one.startswith("trade#")]


def test_an_exchange_that_fails_is_asked_less_and_less(house: House) -> None:
    mine = house.connect()
    house.fail(ExchangeUnavailable("no answer", transient=True))
    outcomes = house.hours(mine, 24)
    tried = [hour for hour, one in enumerate(outcomes) if one == "exchange_unavailable"]
    assert tried == [0, 1, 3, 7, 15]
    assert {one for one in outcomes if one != "exchange_unavailable"} == {"backing_off"}
    shown = house.ask("GET", f"/connections/{mine}").json
    assert shown["status"] == "active"
    house.fail(None)
    house.hours(mine, 24)
    assert house.records.refresh.last["ann", mine].failures == 0
    assert house.hours(mine, 2) == ["done", "done"]


def test_no_more_than_a_day_passes_until_it_is_tried_again(house: House) -> None:
    mine = house.connect()
    house.records.refresh.last["ann", mine] = LastRead(house.window - HOUR, 5_000, 0)
    house.fail(ExchangeUnavailable("no answer", transient=True))
    house.run(mine)
    assert house.records.refresh.last["ann", mine].retry_at == house.time.clock.now() + DAY


def test_what_the_exchange_asks_to_wait_for_is_waited_for(house: House) -> None:
    mine = house.connect()
    limited = ExchangeRateLimited("slow down")
    limited.retry_after = 3 * HOUR
    house.fail(limited)
    house.run(mine)
    house.fail(None)
    # The cache remembers no failure for longer than an hour, and nor does this.
    assert house.hours(mine, 2) == ["done", "done"]


def test_a_rejected_key_is_not_tried_again_until_it_is_replaced(house: House) -> None:
    mine = house.connect()
    house.records.profiles["ann"] = house.records.profiles["ann"]._replace(alerts=1)
    house.queues.sent.clear()
    house.fail(REJECTED)
    assert house.run(mine) == "exchange_credentials_rejected"
    calls = house.exchange().calls
    assert ("evaluate-alerts", "ann", "", house.window) in house.queues.sent
    assert house.hours(mine, 3) == ["rejected"] * 3
    assert house.exchange().calls == calls
    shown = house.ask("GET", f"/connections/{mine}").json
    assert (shown["status"], shown["last_error"]["code"]) == (
        "rejected",
        "exchange_credentials_rejected",
    )
    house.fail(None)
    credential = {"credential": {"name": "key 1", "secret": "another"}}
    assert house.ask("PUT", f"/connections/{mine}/credential", json=credential).status_code == 200
    house.time.advance(HOUR)
    assert house.run(mine) == "done"


def test_a_paused_or_removed_connection_is_left_alone(house: House) -> None:
    mine = house.connect()
    calls = house.exchange().calls
    house.ask("PATCH", f"/connections/{mine}", json={"status": "paused"})
    assert house.run(mine) == "paused"
    house.ask("DELETE", f"/connections/{mine}")
    assert house.run(mine) == "removed"
    assert house.run("0" * 32, viewer="nobody") == "removed"
    assert house.exchange().calls == calls


def test_of_two_connections_each_is_read_and_both_are_in_the_answer(house: House) -> None:
    one, other = house.connect(1), house.connect(2)
    house.run(one)
    # The second was never read: there is no whole answer yet.
    assert house.cache("answer#ann").entry is None or not house.cache("answer#ann").entry.payload  # type: ignore[union-attr]
    house.run(other)
    house.time.advance(1_800)
    response = house.ask("GET", "/holdings")
    assert response.headers["X-Cache"] == "HIT"
    assert [source["connection_id"] for source in response.json["sources"]] == [one, other]


def test_a_viewer_whose_other_key_is_rejected_finds_no_answer_that_hides_it(house: House) -> None:
    one, other = house.connect(1), house.connect(2)
    house.run(one)
    house.run(other)
    house.fail(REJECTED, 2)
    assert house.hours(other, 1) == ["exchange_credentials_rejected"]
    house.run(one)
    response = house.ask("GET", "/holdings")
    stale = {source["connection_id"]: source["stale"] for source in response.json["sources"]}
    assert stale == {one: False, other: True}


def test_a_change_while_it_is_read_is_not_undone(house: House) -> None:
    mine = house.connect()
    kept = house.records.refresh.readable

    def meanwhile(viewer: str, deadline: Deadline) -> Readable:
        found = kept(viewer, deadline)
        house.ask("PATCH", f"/connections/{mine}", json={"label": "Renamed"})
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.records.refresh, "readable", meanwhile)
        house.run(mine)
    assert house.ask("GET", "/holdings").json["sources"][0]["label"] == "Renamed"


def test_without_the_cache_it_is_to_come_again(house: House) -> None:
    mine = house.connect()
    house.cache.writable = False
    with pytest.raises(CacheUnavailable):
        house.run(mine)
    assert ("ann", mine) not in house.records.refresh.last
    house.cache.writable = True
    assert house.run(mine) == "done"


def test_a_queue_that_does_not_answer_has_it_come_again(house: House) -> None:
    mine = house.connect()
    house.records.profiles["ann"] = house.records.profiles["ann"]._replace(alerts=2)
    house.queues.error = RecordsUnavailable("down")
    with pytest.raises(RecordsUnavailable):
        house.run(mine)
    house.queues.error = None
    house.queues.sent.clear()
    assert house.run(mine) == "done"
    assert house.queues.sent == [("evaluate-alerts", "ann", "", house.window)]


@pytest.mark.parametrize(
    ("ledger", "hour"), [(False, 23), (True, 0)], ids=["readings: at the end", "ledger: after it"]
)
def test_a_history_is_read_on_once_a_day(house: House, ledger: bool, hour: int) -> None:
    mine = house.connect()
    house.kind.has_ledger = ledger
    if ledger:
        house.kind.ledger = FakeLedger(house.kind, {"a": "BTC"}, {})
    house.queues.sent.clear()
    asked: list[int] = []
    for _ in range(72):
        house.time.advance(HOUR)
        before = len(house.queues.sent)
        house.run(mine)
        if len(house.queues.sent) > before:
            asked.append(house.window % DAY // HOUR)
    assert asked == [hour] * 3
    assert {one[:3] for one in house.queues.sent} == {("sync-history", "ann", mine)}


def test_killed_at_any_step_and_run_again_it_ends_as_if_nothing_had_been() -> None:
    def told(house: House, mine: str) -> tuple[Any, ...]:
        return (
            house.ask("GET", "/holdings").text,
            house.records.refresh.last["ann", mine],
            set(house.queues.sent),
        )

    def prepared() -> tuple[House, str]:
        house = House()
        mine = house.connect()
        house.records.profiles["ann"] = house.records.profiles["ann"]._replace(alerts=1)
        # Of the prices, which are everybody's, a lease would be waited for.
        house.ask("GET", "/prices?of=BTC&currency=USD")
        return house, mine

    house, mine = prepared()
    house.run(mine)
    wanted = told(house, mine)
    steps = 0
    while True:
        house, other = prepared()
        left = [steps]

        def dies(call: Callable[..., Any], left: list[int] = left) -> Callable[..., Any]:
            def called(*given: Any, **named: Any) -> Any:
                found = call(*given, **named)
                left[0] -= 1
                if left[0] == -1:
                    raise Killed
                return found

            return called

        place = type(house.cache("any"))
        targets: list[tuple[Any, str]] = [
            (house.records.refresh, "put_last_read"),
            (house.records.refresh, "readable"),
            (house.records, "profile"),
            (house.queues, "send"),
            (place, "put"),
        ]
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in targets:
                patch.setattr(owner, name, dies(getattr(owner, name)))
            try:
                house.run(other)
            except Killed:
                steps += 1
            else:
                break
        house.run(other)
        found = told(house, other)
        assert found[0].replace(other, mine) == wanted[0]
        assert found[1:] == wanted[1:]
    assert steps >= 6


def test_a_viewer_who_leaves_has_the_rest_forgotten_and_who_comes_back_loses_nothing() -> None:
    house = House()
    gone = house.connect()
    assert house.ask("DELETE", "/me").status_code == 204
    job, viewer, _, window = house.queues.sent[-1]
    assert (job, viewer, house.queues.waits[-1]) == ("forget", "ann", 30)
    house.time.advance(2)
    back = house.connect()
    house.records.refresh.left["ann"] = [gone, back, new_id(house.time.clock.now())]
    house.run(back)
    forget = Forget(records=house.records, cache=house.cache, clock=house.time.clock)
    assert window is not None
    assert forget.run("ann", window, seconds=30) == "done"
    assert gone not in house.records.refresh.left["ann"]
    assert len(house.records.refresh.left["ann"]) == 2
    assert house.cache(reading_place(gone)).entry is not None
    assert house.ask("GET", "/holdings").headers["X-Cache"] == "HIT"
    assert forget.run("ann", window, seconds=30) == "nothing_left"


def test_whoever_is_killed_as_it_forgets_leaves_no_reading_behind(house: House) -> None:
    mine = house.connect()
    house.run(mine)
    house.records.kept["ann"].clear()
    house.records.refresh.left["ann"] = [mine]
    forget = Forget(records=house.records, cache=house.cache, clock=house.time.clock)
    window = int(house.time.clock.now())

    def killed(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(house.cache("any")), "put", killed)
        with pytest.raises(Killed):
            forget.run("ann", window, seconds=30)
    entry = house.cache(reading_place(mine)).entry
    assert entry
    assert entry.payload
    assert forget.run("ann", window, seconds=30) == "done"
    entry = house.cache(reading_place(mine)).entry
    assert entry
    assert not entry.payload


def test_a_queue_that_does_not_answer_keeps_nobody_from_leaving(house: House) -> None:
    mine = house.connect()
    house.queues.error = RecordsUnavailable("down")
    assert house.ask("DELETE", f"/connections/{mine}").status_code == 204
    assert house.ask("DELETE", "/me").status_code == 204
    assert house.records.kept.get("ann") in (None, {})


def with_alerts(house: House) -> None:
    house.records.profiles["ann"] = house.records.profiles["ann"]._replace(alerts=1)
    house.queues.sent.clear()


def test_a_rejection_is_told_of_though_the_queue_failed_when_it_was_noted(house: House) -> None:
    mine = house.connect()
    with_alerts(house)
    house.fail(REJECTED)
    house.queues.error = RecordsUnavailable("down")
    with pytest.raises(RecordsUnavailable):
        house.run(mine)
    calls = house.exchange().calls
    house.queues.error = None
    assert house.run(mine) == "rejected"
    assert house.queues.sent == [("evaluate-alerts", "ann", "", house.window)]
    assert house.exchange().calls == calls


def test_a_rejection_that_cannot_be_noted_comes_again_until_it_is(house: House) -> None:
    mine = house.connect()
    house.fail(REJECTED)
    with pytest.MonkeyPatch.context() as patch:

        def fails(*_: object) -> None:
            raise RecordsUnavailable("down")

        patch.setattr(house.records, "change", fails)
        with pytest.raises(RecordsUnavailable):
            house.run(mine)
    assert ("ann", mine) not in house.records.refresh.last
    assert house.run(mine) == "exchange_credentials_rejected"
    assert house.hours(mine, 2) == ["rejected"] * 2


@pytest.mark.parametrize(
    ("change", "outcome", "status"),
    [
        ({"label": "Renamed"}, "exchange_credentials_rejected", "rejected"),
        ({"credential": {"name": "key 1", "secret": "another"}}, "replaced", "active"),
    ],
    ids=["renamed", "its key replaced"],
)
def test_a_rejection_of_what_is_changed_meanwhile_is_of_its_key(
    house: House, change: dict[str, Any], outcome: str, status: str
) -> None:
    mine = house.connect()
    kept, raw = house.records.refresh.readable, house.exchange().accounts

    def meanwhile(deadline: Deadline) -> Any:
        patch.undo()
        if "label" in change:
            house.ask("PATCH", f"/connections/{mine}", json=change)
        else:
            house.ask("PUT", f"/connections/{mine}/credential", json=change)
        house.fail(REJECTED)
        return raw(deadline)

    assert kept
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.exchange(), "accounts", meanwhile)
        assert house.run(mine) == outcome
    assert house.records.kept["ann"][mine][0].status == status
    house.fail(None)
    assert house.hours(mine, 1) == ["done" if status == "active" else "rejected"]


def test_no_answer_is_ready_that_hides_another_connection_s_failure(house: House) -> None:
    one, other = house.connect(1), house.connect(2)
    for mine in (one, other):
        house.run(mine)
    house.fail(ExchangeUnavailable("no answer", transient=True), 2)
    house.time.advance(HOUR)
    house.run(other)
    # Longer than two machines' clocks may differ.
    house.time.advance(20)
    house.run(one)
    response = house.ask("GET", "/holdings")
    sources = {one["connection_id"]: one for one in response.json["sources"]}
    assert (sources[one]["stale"], sources[other]["stale"]) == (False, True)
    assert sources[other]["warning"]["code"] == "exchange_unavailable"
    assert sources[other]["as_of"] == "2027-01-15T09:00:20Z"


@pytest.mark.parametrize("ahead", [2 * HOUR, 400 * DAY], ids=["hours", "a year"])
def test_a_clock_that_was_ahead_keeps_nothing_from_being_read(house: House, ahead: int) -> None:
    mine = house.connect()
    assert house.run(mine, house.window + ahead) == "too_early"
    assert ("ann", mine) not in house.records.refresh.last
    house.records.refresh.last["ann", mine] = LastRead(
        house.window + ahead, 3, house.window + ahead + 2 * DAY
    )
    assert house.hours(mine, 4)[-2:] == ["done", "done"]


def test_a_planner_whose_clock_is_a_little_ahead_is_served(house: House) -> None:
    mine = house.connect()
    assert house.run(mine, house.window + HOUR) == "done"
    assert house.hours(mine, 2) == ["done_before", "done"]

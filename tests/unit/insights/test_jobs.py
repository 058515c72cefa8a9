"""The three stages, run twice, late, killed, or without what they need; and GET /insights."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from holdings import Parts, services
from holdings.api.insight_schemas import InsightsSchema
from holdings.core.connections import Profile
from holdings.core.errors import (
    CacheUnavailable,
    ExchangeUnavailable,
    Misconfigured,
    RecordsUnavailable,
)
from holdings.core.freshness import CachedSnapshot
from holdings.core.history.entries import DAY
from holdings.core.record_ports import InsightPart, KeptInsight
from holdings.core.service import answer_place
from holdings.core.sources import reading_place
from tests.builders import (
    NOW,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    Killed,
    make_settings,
)
from tests.unit.history.books import TODAY, TrueBook
from tests.unit.history.test_history_routes import MAIN, VIEWER
from tests.unit.insights.people import WINDOW, Person

NEXT = WINDOW + 86_400
CHAIN = [("assign-persona", VIEWER), ("generate-recommendations", VIEWER)]


def deliver(person: Person) -> None:
    """Run what the messages ask for until there are none."""
    stages = {
        "assign-persona": person.jobs.assign_persona(),
        "generate-recommendations": person.jobs.generate_recommendations(),
    }
    while person.queues.sent:
        job, viewer, window = person.queues.sent.pop(0)
        stages[job].run(viewer, window, seconds=100)


def answer_of(person: Person, as_of: int = WINDOW, **row: Any) -> None:
    """Have the viewer been answered: two BTC, of which one is held back."""
    holding = {
        "connection_id": MAIN,
        "currency": "BTC",
        "balance": "2",
        "available": "1",
        "hold": "1",
        "value": "100",
        "price": {"status": "live", "reason": None},
        **row,
    }
    moment = datetime.fromtimestamp(as_of, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    foreign = {**holding, "connection_id": "shared", "currency": "DOGE"}
    payload = json.dumps({"as_of": moment, "holdings": [holding, foreign]})
    place = person.cache(answer_place(VIEWER))
    place.entry = CachedSnapshot.seal(payload, as_of=as_of, expires_at=as_of + 180)


def test_each_stage_is_started_by_the_one_before_and_all_of_it_is_shown() -> None:
    person = Person()
    assert person.shown()["state"] == "pending"
    assert person.jobs.compute_features().run(VIEWER, WINDOW, seconds=100) == "done"
    assert person.queues.sent == [("assign-persona", VIEWER, WINDOW)]
    halfway = person.shown()
    assert (halfway["state"], halfway["persona"]) == ("pending", None)
    assert halfway["features"]["periods"][0]["days_covered"] == 7
    deliver(person)
    shown = person.shown()
    assert (shown["state"], shown["as_of"]) == ("ready", "2026-11-21T00:00:00Z")
    month = shown["features"]["periods"][1]
    assert month["weights"] == [
        {"currency": "BTC", "ratio": "0.625"},
        {"currency": "USD", "ratio": "0.375"},
    ]
    assert month["held_back_share"]["reason"] == "no_reading"
    assert month["volatility"] == {"value": "0", "reason": None, "samples": 29}
    quarter = shown["features"]["periods"][2]
    assert quarter["changes"] == [{"kind": "deposit", "count": 1}]
    # The deposit fifty days ago made nothing of what was there.
    assert (quarter["drawdown"]["value"], quarter["days_active"]) == ("0", 1)
    assert shown["persona"]["code"] == "concentrated"
    assert [one["code"] for one in shown["recommendations"]] == ["concentration"]
    assert InsightsSchema().validate(shown) == {}
    person.clock.time = WINDOW + 2 * 86_400
    assert person.shown()["recommendations"] == []  # they have expired


def test_the_same_window_again_changes_nothing_and_asks_for_the_next_again() -> None:
    person = Person()
    person.run()
    before = person.documents()
    person.queues.sent.clear()
    person.market.daily = {"BTC-USD": {TODAY - 200: Decimal(999)}}
    person.clock.advance(86_400)
    assert person.run() == ["done"] * 3
    assert person.documents() == before
    assert [(job, viewer) for job, viewer, _ in person.queues.sent] == CHAIN


def test_an_older_window_changes_nothing_and_starts_nothing() -> None:
    person = Person()
    person.clock.time = NEXT + 10_000
    person.run(NEXT)
    before = person.documents()
    person.queues.sent.clear()
    assert person.run(WINDOW) == ["old"] * 3
    assert (person.documents(), person.queues.sent) == (before, [])


def test_a_newer_window_takes_its_place_and_late_stages_of_the_older_find_nothing_to_do() -> None:
    person = Person()
    person.clock.time = NEXT + 10_000
    jobs = person.jobs
    jobs.compute_features().run(VIEWER, WINDOW, seconds=100)
    jobs.compute_features().run(VIEWER, NEXT, seconds=100)
    assert jobs.assign_persona().run(VIEWER, WINDOW, seconds=100) == "nothing_to_do"
    assert jobs.generate_recommendations().run(VIEWER, WINDOW, seconds=100) == "nothing_to_do"
    assert set(person.documents()) == {"features"}
    person.queues.sent = [one for one in person.queues.sent if one[2] == NEXT]
    deliver(person)
    assert {window for _, window in person.documents().values()} == {NEXT}


@pytest.mark.parametrize("dies_at", [1, 2, 3])
@pytest.mark.parametrize("what", ["write", "send"])
def test_whoever_is_killed_anywhere_has_lost_nothing_when_the_message_comes_again(
    what: str, dies_at: int
) -> None:
    whole = Person()
    whole.run()
    person = Person()
    if what == "write":
        person.records.insights.dies_at = dies_at
    else:
        person.queues.dies_at = dies_at
    messages = [("compute-features", VIEWER, WINDOW)]
    stages = {
        "compute-features": person.jobs.compute_features(),
        "assign-persona": person.jobs.assign_persona(),
        "generate-recommendations": person.jobs.generate_recommendations(),
    }
    deaths = 0
    while messages:
        job, viewer, window = messages[0]
        try:
            stages[job].run(viewer, window, seconds=100)
        except Killed:
            deaths += 1  # the message is there still, and comes again
            continue
        messages = [*messages[1:], *person.queues.sent]
        person.queues.sent.clear()
    assert deaths == (0 if (what, dies_at) == ("send", 3) else 1)
    assert person.documents() == whole.documents()


def test_another_run_that_is_quicker_is_no_failure() -> None:
    """Both have seen that nothing was kept; the second finds it when it writes."""
    person = Person()
    run = person.jobs.compute_features().run
    person.records.insights.meanwhile = lambda: run(VIEWER, WINDOW, seconds=100)
    assert run(VIEWER, WINDOW, seconds=100) == "done"
    assert person.queues.sent == [("assign-persona", VIEWER, WINDOW)] * 2


@pytest.mark.parametrize("profile", [None, Profile(NOW, insights=False)], ids=["gone", "off"])
def test_nothing_is_written_of_who_is_gone_or_has_them_off(profile: Profile | None) -> None:
    person = Person()
    person.jobs.compute_features().run(VIEWER, WINDOW, seconds=100)
    person.records.insights.kept.clear()
    del person.records.profiles[VIEWER]
    if profile:
        person.records.profiles[VIEWER] = profile
    person.queues.sent.clear()
    assert person.run() == ["off", "nothing_to_do", "nothing_to_do"]
    assert (person.documents(), person.queues.sent) == ({}, [])


def test_switched_off_meanwhile_nothing_is_written() -> None:
    person = Person()
    person.jobs.compute_features().run(VIEWER, WINDOW, seconds=100)
    person.records.profiles[VIEWER] = Profile(NOW, insights=False)
    person.queues.sent.clear()
    assert person.jobs.assign_persona().run(VIEWER, WINDOW, seconds=100) == "off"
    assert (set(person.documents()), person.queues.sent) == ({"features"}, [])


def test_who_switches_them_off_has_nothing_kept_of_them() -> None:
    person = Person()
    person.run()
    tag = person.ask("GET", "/me").headers["ETag"]
    assert person.ask("PATCH", "/me", json={"currency": "USD"}).headers["ETag"] == tag
    assert person.documents()
    changed = person.ask("PATCH", "/me", json={"insights": False}).json
    assert changed
    assert changed["insights"] is False
    assert person.documents() == {}
    off = person.shown()
    assert [off[name] for name in ("state", "features", "persona", "as_of")] == ["off"] + [None] * 3
    # What could not be deleted goes when it is asked for again.
    person.records.insights.kept[VIEWER] = {"features": KeptInsight(b"x", WINDOW)}
    assert person.ask("PATCH", "/me", json={"insights": False}).status_code == 200
    assert person.documents() == {}
    assert person.ask("PATCH", "/me", json={"insights": True}).status_code == 200
    assert person.shown()["state"] == "pending"
    assert person.run(NEXT) == ["done"] * 3


def test_another_viewer_sees_none_of_it() -> None:
    person = Person()
    person.run()
    other = person.ask("GET", "/insights", viewer="someone-else").json
    assert other
    assert (other["state"], other["features"], other["recommendations"]) == ("pending", None, [])


def test_it_has_a_tag_and_is_no_one_else_s_to_keep() -> None:
    person = Person()
    person.run()
    first = person.ask("GET", "/insights")
    assert first.headers["Cache-Control"] == "private, no-cache"
    tag = first.headers["ETag"]
    again = person.ask("GET", "/insights", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert person.ask("GET", "/insights?days=7").status_code == 422
    assert person.ask("POST", "/insights").status_code == 405
    assert person.client.get("/insights").status_code == 401


def test_without_records_they_are_off_and_no_job_can_be() -> None:
    given = Parts(exchange=FakeExchange(), cache=FakeCache(), market=FakeMarket())
    made = services(make_settings(), FakeClock().clock, given)
    assert made.insights().read("anyone").state == "off"
    for job in (made.compute_features, made.assign_persona, made.generate_recommendations):
        with pytest.raises(Misconfigured, match="RECORDS_TABLE"):
            job()
    person = Person()
    unsent = services(make_settings(), person.clock.clock, given._replace(records=person.records))
    with pytest.raises(Misconfigured, match="ASSIGN_PERSONA_QUEUE_URL"):
        unsent.compute_features()


def test_what_fails_comes_again_and_nothing_is_kept_of_it() -> None:
    person = Person()
    run = person.jobs.compute_features().run
    person.cache.readable = False
    with pytest.raises(CacheUnavailable):
        run(VIEWER, WINDOW, seconds=100)
    person.cache.readable = True
    person.records.insights.error = RecordsUnavailable("later")
    with pytest.raises(RecordsUnavailable):
        run(VIEWER, WINDOW, seconds=100)
    person.records.insights.error = None
    assert person.documents() == {}
    # A message that cannot be sent is one that comes again, too.
    person.queues.error = RecordsUnavailable("later")
    with pytest.raises(RecordsUnavailable):
        run(VIEWER, WINDOW, seconds=100)
    person.queues.error = None
    assert run(VIEWER, WINDOW, seconds=100) == "done"
    assert person.queues.sent == [("assign-persona", VIEWER, WINDOW)]


def test_while_no_market_says_anything_nothing_is_called_unpriced() -> None:
    person = Person()
    person.market.listed = ExchangeUnavailable("down")
    with pytest.raises(ExchangeUnavailable):
        person.jobs.compute_features().run(VIEWER, WINDOW, seconds=100)
    assert person.documents() == {}
    person.market.listed = None
    person.clock.advance(3_600)
    assert person.run() == ["done"] * 3


def test_a_currency_that_no_price_leads_to_any_more_becomes_usd() -> None:
    person = Person()
    person.records.profiles[VIEWER] = Profile(NOW, currency="XYZ")
    assert person.run() == ["done"] * 3
    assert person.shown()["currency"] == "USD"


def test_the_last_answer_says_what_is_held_back_of_the_viewer_s_own() -> None:
    person = Person()
    answer_of(person)
    person.run()
    found = person.shown()["features"]["periods"][0]["held_back_share"]
    assert found == {"value": "0.5", "reason": None, "samples": 1}


@pytest.mark.parametrize(
    "row",
    [
        {"balance": "x"},
        {"hold": None},
        {"value": 7},
        {"price": None},
        {"price": {"status": "live"}},
        {"balance": "1e999"},
    ],
    ids=str,
)
def test_an_answer_that_is_none_is_no_reading(row: dict[str, Any]) -> None:
    person = Person()
    answer_of(person, **row)
    assert person.run() == ["done"] * 3
    found = person.shown()["features"]["periods"][0]["held_back_share"]
    assert found["reason"] == "no_reading"


def test_an_answer_counts_for_a_day() -> None:
    for age, reason in ((86_400, None), (86_401, "no_reading")):
        person = Person()
        answer_of(person, as_of=WINDOW - age)
        person.run()
        found = person.shown()["features"]["periods"][0]["held_back_share"]
        assert found["reason"] == reason


def test_a_connection_that_was_not_read_for_a_day_is_named() -> None:
    person = Person()
    old = WINDOW - 30 * 3_600
    place = person.cache(reading_place(MAIN))
    place.entry = CachedSnapshot.seal("{}", as_of=old, expires_at=old + 180)
    person.run()
    first = person.shown()["recommendations"][0]
    assert (first["code"], first["connection_id"]) == ("stale_connection", MAIN)
    assert "“Account 0” was last read 30 hours ago" in first["reason"]
    assert person.ask("DELETE", f"/connections/{MAIN}").status_code == 204
    assert [one["code"] for one in person.shown()["recommendations"]] == ["concentration"]


def test_a_ledger_that_does_not_add_up_is_named_with_both_its_ends() -> None:
    person = Person()
    progress = person.records.history.places[VIEWER, MAIN]
    assert progress.balances
    wrong = {**progress.balances.of, "a" * 32: ("BTC", Decimal("2.5"))}
    person.records.history.places[VIEWER, MAIN] = progress._replace(
        balances=progress.balances._replace(of=wrong)
    )
    person.run()
    first = person.shown()["recommendations"][0]
    assert first["code"] == "reconciliation_open"
    assert "ends at 2 BTC, the exchange says 2.5 BTC" in first["reason"]


def test_a_connection_without_a_ledger_says_nothing_of_deposits() -> None:
    person = Person()
    progress = person.records.history.places[VIEWER, MAIN]
    person.records.history.places[VIEWER, MAIN] = progress._replace(ledger=False)
    person.run()
    found = person.shown()["features"]["periods"][1]
    assert (found["volatility"]["reason"], found["drawdown"]["reason"]) == ("no_ledger",) * 2


def test_while_a_past_is_being_read_nothing_is_known() -> None:
    person = Person()
    del person.records.history.places[VIEWER, MAIN]
    assert person.run() == ["done"] * 3
    shown = person.shown()
    assert shown["persona"]["code"] == "unknown"
    assert shown["features"]["periods"][2]["hhi"]["reason"] == "too_few_days"


def test_a_month_that_is_broken_counts_nothing_and_stops_nothing() -> None:
    book = TrueBook(currencies={"a" * 32: "BTC"})
    for day in (70, 3, 2):
        book.add("a" * 32, (TODAY - day) * DAY, Decimal(1), "trade")
    person = Person({MAIN: book})
    key = next(key for key in person.records.history.kept if key[2] == "2026-11")
    kept = person.records.history.kept[key]
    person.records.history.kept[key] = kept._replace(entries=b"not ours")
    assert person.run() == ["done"] * 3
    quarter = person.shown()["features"]["periods"][2]
    assert quarter["changes"] == [{"kind": "trade", "count": 1}]


def test_an_asset_with_an_endless_name_is_shown_with_the_beginning_of_it() -> None:
    book = TrueBook(currencies={"a" * 32: "X" * 5_000, "b" * 32: "USD"})
    for account in book.currencies:
        book.add(account, (TODAY - 70) * DAY, Decimal(1), "deposit")
    person = Person({MAIN: book})
    answer_of(person, currency="X" * 5_000, value=None, price={"status": "", "reason": "no_market"})
    assert person.run() == ["done"] * 3
    (one,) = [each for each in person.shown()["recommendations"] if each["code"] == "idle_unpriced"]
    assert one["currency"] == "X" * 64


@pytest.mark.parametrize("part", ["features", "persona", "recommendations"])
def test_what_is_kept_and_none_of_ours_is_not_shown_and_ends_with_the_next_window(
    part: InsightPart,
) -> None:
    person = Person()
    person.run()
    person.records.insights.kept[VIEWER][part] = KeptInsight(b"not ours", WINDOW)
    shown = person.shown()
    assert shown["state"] == "pending"
    assert not shown[part]
    person.clock.time = NEXT + 10_000
    assert person.run(NEXT) == ["done"] * 3
    assert person.shown()["state"] == "ready"


def test_the_demo_shows_what_its_own_past_comes_to() -> None:
    from holdings import create_app
    from holdings.settings import Settings

    app = create_app(Settings.from_env({"DEMO_MODE": "true"}), clock=FakeClock().clock)
    client = app.test_client()
    shown = client.get("/insights").json
    assert shown
    assert InsightsSchema().validate(shown) == {}
    assert shown["state"] == "ready"
    assert "sample figures" in shown["notice"]
    assert "no advice" in shown["notice"]
    assert {"funds_on_hold", "delisted_asset", "idle_unpriced"} <= {
        one["code"] for one in shown["recommendations"]
    }
    figures = [one[name] for one in shown["features"]["periods"] for name in ("hhi", "volatility")]
    assert all(one["value"] for one in figures)
    assert client.get("/insights").data == client.get("/insights").data

"""When rules fire: each crossing once, and nothing on what could not be read."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.core.alerts.evaluate import (
    Facts,
    Fired,
    Source,
    State,
    evaluate,
    pack_states,
    unpack_states,
)
from holdings.core.alerts.rules import BrokenAlerts, Rule, packed

HOUR = 3_600
NOW = 1_800_000_000
D = Decimal


def source(**changes: Any) -> Source:
    fields: dict[str, Any] = {"label": "Main", "balances": {"BTC": D(2)}, "value": D(100)}
    return Source(**{**fields, **changes})


def facts(one: Source | None = None, **others: Source) -> Facts:
    return Facts({"a": one or source(), **others}, "USD")


class Run:
    """A rule through time, an hour a step."""

    def __init__(self, rule: Rule) -> None:
        self.rules = [rule]
        self.states: dict[str, State] = {}
        self.now = NOW
        self.fired: list[Fired] = []

    def see(self, *seen: Facts, hours: int = 1) -> int:
        """Return how often it fires."""
        before = len(self.fired)
        for one in seen:
            self.now += hours * HOUR
            self.states, fired = evaluate(self.rules, self.states, one, self.now)
            # As it is kept between two runs.
            self.states, _ = unpack_states(pack_states(self.states, 0))
            self.fired += fired
        return len(self.fired) - before


def balances(*amounts: str | None) -> list[Facts]:
    return [
        facts(source(balances=None if amount is None else {"BTC": D(amount)})) for amount in amounts
    ]


def values(*amounts: str | None) -> list[Facts]:
    return [facts(source(value=None if one is None else D(one))) for one in amounts]


FELL = Rule("r", "balance_fell", currency="BTC", amount=D("0.5"), cooldown_hours=1)
RATIO = Rule("r", "balance_fell", currency="BTC", ratio=D("0.1"), cooldown_hours=1)
LEFT = Rule("r", "left_exchange", currency="BTC", cooldown_hours=1)
BELOW = Rule("r", "value_crossed", amount=D(100), direction="below", cooldown_hours=1)
ABOVE = Rule("r", "value_crossed", amount=D(100), direction="above", cooldown_hours=1)
FAILED = Rule("r", "connection_failed", hours=3, cooldown_hours=1)
BROKE = Rule("r", "reconciliation_broke", cooldown_hours=1)


@pytest.mark.parametrize(
    ("rule", "seen", "times"),
    [
        (FELL, balances("2"), 0),
        (FELL, balances("2", "1.5"), 0),  # by as much, not by more
        (FELL, balances("2", "1.499999999999"), 1),
        (FELL, balances("2", "1", "1", "1"), 1),
        (FELL, balances("2", "1", "0.4"), 2),  # anew from where it fell to
        (FELL, balances("2", "3", "2.4"), 1),  # from the highest since
        (FELL, balances("2", None, "1"), 1),
        (FELL, balances("2", None, None), 0),
        (FELL, balances("1", "2", "3"), 0),
        (RATIO, balances("10", "9"), 0),
        (RATIO, balances("10", "8.999999999999"), 1),
        (RATIO, balances("0", "0"), 0),
        (LEFT, balances("0", "0"), 0),
        (LEFT, balances("1", "0", "0"), 1),
        (LEFT, balances("1", "0.000000000001"), 0),
        (LEFT, balances("1", None, "0"), 1),
        (LEFT, balances("1", "0", "1", "0"), 2),
        (BELOW, values("50", "40"), 0),  # it was below already
        (BELOW, values("100", "99.99"), 1),
        (BELOW, values("100", "100"), 0),
        (BELOW, values("120", "99", "101.9", "99"), 1),  # it wavers
        (BELOW, values("120", "99", "102", "99"), 2),
        (BELOW, values("120", None, "99"), 1),
        (ABOVE, values("100", "100.01"), 1),
        (ABOVE, values("90", "101", "98.1", "101"), 1),
        (ABOVE, values("90", "101", "98", "101"), 2),
        (ABOVE, values("150", "160"), 0),
    ],
)
def test_each_crossing_fires_once(rule: Rule, seen: Sequence[Facts], times: int) -> None:
    assert Run(rule).see(*seen, hours=2) == times


def failing(since: int | None = None, **changes: Any) -> Facts:
    return facts(source(failing_since=since, balances=None, value=None, **changes))


def test_a_connection_that_is_not_read_fires_after_its_hours_and_once() -> None:
    run = Run(FAILED)
    run.see(facts())
    since = run.now
    assert [run.see(failing(since)) for _ in range(5)] == [0, 0, 1, 0, 0]
    assert run.fired[0].figures[0].value == "3"
    assert run.fired[0].connection_id == "a"
    assert run.see(facts()) == 0
    assert run.see(failing(run.now - 4 * HOUR)) == 1


def test_a_rejected_key_fires_at_once() -> None:
    run = Run(FAILED)
    run.see(facts())
    assert run.see(failing(rejected=True)) == 1
    assert run.fired[0].figures[0].value == "Main"
    assert run.see(failing(rejected=True), failing(rejected=True)) == 0


def test_a_ledger_that_does_not_add_up_fires_and_one_that_nobody_knows_waits() -> None:
    run = Run(BROKE)
    known = [facts(source(mismatches=count)) for count in (0, 2, 0)]
    assert run.see(known[0], facts(), known[1], known[1], known[2], known[1]) == 2


@pytest.mark.parametrize("rule", [FELL, LEFT, BELOW])
def test_in_its_cool_down_it_stays_quiet_and_what_is_still_so_fires_after_it(rule: Rule) -> None:
    rule = replace(rule, cooldown_hours=6)
    run = Run(rule)
    high, low = (
        facts(source(balances={"BTC": D(9)}, value=D(900))),
        facts(source(balances={"BTC": D(0)}, value=D(9))),
    )
    assert run.see(high, low, high, low, low) == 1
    assert run.see(low, low, low, low) == 1


def test_a_connection_that_comes_or_goes_is_no_event() -> None:
    run = Run(FELL)
    both = facts(source(balances={"BTC": D(5)}), b=source(balances={"BTC": D(5)}))
    assert run.see(both, facts(source(balances={"BTC": D(5)}))) == 0
    assert run.see(facts(source(balances={"BTC": D(4)}))) == 1


def test_one_that_cannot_be_read_has_the_sum_wait() -> None:
    run = Run(FELL)
    known = source(balances={"BTC": D(5)})
    assert run.see(facts(known, b=known), facts(known, b=source(balances=None))) == 0
    assert run.see(facts(known, b=source(balances={"BTC": D(1)}))) == 1


def test_a_rule_of_one_connection_looks_at_no_other() -> None:
    run = Run(replace(FELL, connection_id="b"))
    one, other = source(balances={"BTC": D(5)}), source(balances={"BTC": D(1)})
    assert run.see(facts(one, b=other), facts(other, b=other)) == 0
    assert run.see(facts(other, b=source(balances={"BTC": D(0)}))) == 1
    assert run.fired[0].connection_id == "b"
    assert run.see(facts(other)) == 0  # it is gone


def test_one_that_is_switched_off_begins_anew() -> None:
    run = Run(LEFT)
    run.see(facts())
    run.rules = [replace(LEFT, enabled=False)]
    empty = facts(source(balances={}))
    assert run.see(empty, empty) == 0
    run.rules = [LEFT]
    assert run.see(empty) == 0
    assert run.see(facts(), empty) == 1


def test_in_another_currency_than_values_are_in_nothing_is_compared() -> None:
    run = Run(replace(BELOW, currency="EUR"))
    assert run.see(*values("200", "10")) == 0
    assert Run(replace(BELOW, currency="USD")).see(*values("200", "10"), hours=2) == 1


AMOUNT = st.one_of(st.none(), st.integers(0, 20).map(D))


@given(
    rule=st.sampled_from([FELL, RATIO, LEFT, BELOW, ABOVE]),
    seen=st.lists(AMOUNT, max_size=30),
    repeats=st.lists(st.integers(1, 3), min_size=30, max_size=30),
)
def test_whatever_comes_repeats_change_nothing_and_gaps_fire_nothing(
    rule: Rule, seen: list[Decimal | None], repeats: list[int]
) -> None:
    scaled = replace(rule, amount=None if rule.amount is None else D(10))
    if rule.kind == "balance_fell" and rule.amount is not None:
        scaled = replace(rule, amount=D(3))

    def of(amount: Decimal | None) -> Facts:
        balance = None if amount is None else {"BTC": amount}
        return facts(source(balances=balance, value=amount))

    once, often = Run(scaled), Run(scaled)
    for amount, times in zip(seen, repeats, strict=False):
        fired = once.see(of(amount), hours=24)
        if amount is None:
            assert fired == 0
        often.now = once.now - 24 * HOUR
        assert often.see(of(amount), hours=24) == fired
        for _ in range(times - 1):
            assert often.see(of(amount), hours=2) == 0
    known = [amount for amount in seen if amount is not None]
    without = Run(scaled)
    assert without.see(*map(of, known), hours=24) == len(once.fired)


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"junk",
        packed([]),
        packed({"v": 2}),
        packed({"v": 1, "window": 0, "states": []}),
        packed({"v": 1, "window": "x", "states": {}}),
        packed({"v": 1, "window": 0, "states": {"r": [1, 2]}}),
        packed({"v": 1, "window": 0, "states": {"r": ["yes", None, [], 0, 0]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, "NaN", [], 0, 0]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, None, ["a"] * 99, 0, 0]}}),
        packed("x" * 3_000_000),
    ],
)
def test_states_that_nobody_here_wrote_are_refused(kept: bytes) -> None:
    with pytest.raises(BrokenAlerts):
        unpack_states(kept)

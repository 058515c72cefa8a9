"""When rules fire: each crossing once, and nothing on what could not be read."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdings.core.alerts.evaluate import (
    APART_SECONDS,
    Facts,
    Figure,
    Fired,
    Source,
    evaluate,
)
from holdings.core.alerts.rules import BrokenAlerts, Rule, packed
from holdings.core.alerts.states import State, pack_states, unpack_states

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
    return facts(source(failing=True, read_at=since or 0, balances=None, value=None, **changes))


def test_a_connection_that_is_not_read_fires_after_its_hours_and_once() -> None:
    run = Run(FAILED)
    run.see(facts())
    since = run.now
    assert [run.see(failing(since)) for _ in range(5)] == [0, 0, 1, 0, 0]
    assert run.fired[0].figures[0].value == "3"
    assert run.fired[0].connection_id == "a"
    assert run.see(facts(source(read_at=run.now))) == 0
    # When it was read last is known though the cache has forgotten it.
    assert [run.see(failing()) for _ in range(3)] == [0, 1, 0]


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
    rule = rule._replace(cooldown_hours=6)
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
    run = Run(FELL._replace(connection_id="b"))
    one, other = source(balances={"BTC": D(5)}), source(balances={"BTC": D(1)})
    assert run.see(facts(one, b=other), facts(other, b=other)) == 0
    assert run.see(facts(other, b=source(balances={"BTC": D(0)}))) == 1
    assert run.fired[0].connection_id == "b"
    assert run.see(facts(other)) == 0  # it is gone


def test_one_that_is_switched_off_begins_anew() -> None:
    run = Run(LEFT)
    run.see(facts())
    run.rules = [LEFT._replace(enabled=False)]
    empty = facts(source(balances={}))
    assert run.see(empty, empty) == 0
    run.rules = [LEFT]
    assert run.see(empty) == 0
    assert run.see(facts(), empty) == 1


def test_in_another_currency_than_values_are_in_nothing_is_compared() -> None:
    run = Run(BELOW._replace(currency="EUR"))
    assert run.see(*values("200", "10")) == 0
    assert Run(BELOW._replace(currency="USD")).see(*values("200", "10"), hours=2) == 1


AMOUNT = st.one_of(st.none(), st.integers(0, 20).map(D))


@given(
    rule=st.sampled_from([FELL, RATIO, LEFT, BELOW, ABOVE]),
    seen=st.lists(AMOUNT, max_size=30),
    repeats=st.lists(st.integers(1, 3), min_size=30, max_size=30),
)
def test_whatever_comes_repeats_change_nothing_and_gaps_fire_nothing(
    rule: Rule, seen: list[Decimal | None], repeats: list[int]
) -> None:
    scaled = rule._replace(amount=None if rule.amount is None else D(10))
    if rule.kind == "balance_fell" and rule.amount is not None:
        scaled = rule._replace(amount=D(3))

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
        packed({"v": 1, "window": -1, "states": {}}),
        packed({"v": 1, "window": 10**18, "states": {}}),
        packed({"v": 1, "window": 0, "states": {"r": ["yes", None, "", 0, 0, {}]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, "NaN", "", 0, 0, {}]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, None, "a" * 99, 0, 0, {}]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, None, ["a"], 0, 0, {}]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, None, "", 10**18, 0, {}]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, None, "", 0, 0.5, {}]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, None, "", 0, 0, {"a": "x"}]}}),
        packed({"v": 1, "window": 0, "states": {"r": [True, None, "", 0, 0, ["a"]]}}),
        packed(
            {
                "v": 1,
                "window": 0,
                "states": {"r": [True, None, "", 0, 0, dict.fromkeys(map(str, range(65)), 0)]},
            }
        ),
        packed("x" * 3_000_000),
    ],
)
def test_states_that_nobody_here_wrote_are_refused(kept: bytes) -> None:
    with pytest.raises(BrokenAlerts):
        unpack_states(kept)


@pytest.mark.parametrize(
    ("rule", "edited"),
    [
        (FELL, {"currency": "ETH"}),
        (FELL, {"amount": D("0.1")}),
        (FELL, {"amount": None, "ratio": D("0.1")}),
        (LEFT, {"currency": "SOL"}),
        (BELOW, {"amount": D(300)}),
        (ABOVE._replace(amount=D(300)), {"direction": "below"}),
    ],
)
def test_a_rule_that_is_edited_begins_anew(rule: Rule, edited: dict[str, Any]) -> None:
    run = Run(rule)
    seen = facts(source(balances={"BTC": D(9), "ETH": D(1)}, value=D(200)))
    run.see(seen)
    run.rules = [rule._replace(**edited)]
    assert run.see(seen, seen) == 0


def test_a_longer_cool_down_or_the_same_line_written_otherwise_is_no_edit() -> None:
    run = Run(BELOW)
    run.see(*values("200"))
    run.rules = [BELOW._replace(amount=D("100.00"), cooldown_hours=9)]
    assert run.see(*values("90")) == 1


def test_another_currency_of_the_profile_is_no_crossing() -> None:
    run = Run(BELOW)
    dollars, euros = source(value=D(105)), source(value=D(95))
    run.see(Facts({"a": dollars}, "USD"))
    assert run.see(Facts({"a": euros}, "EUR"), Facts({"a": euros}, "EUR")) == 0
    assert run.see(Facts({"a": source(value=D(102))}, "EUR"), Facts({"a": euros}, "EUR")) == 1


def test_an_asset_that_has_no_price_any_more_is_no_fall() -> None:
    run = Run(BELOW)
    whole, less = source(value=D(150)), source(value=D(90), unpriced=frozenset({"XYZ"}))
    assert run.see(facts(whole), facts(less), facts(less)) == 0
    again = less._replace(value=D(102))
    assert run.see(facts(again), facts(less)) == 1


def test_where_nothing_has_a_price_nothing_is_known() -> None:
    run = Run(BELOW)
    nothing = source(value=D(0), unpriced=frozenset({"XYZ"}))
    assert run.see(facts(nothing._replace(value=D(150))), facts(nothing)) == 0
    # One of two connections that has nothing but that counts as what it is worth: the rest.
    other = source(value=D(150))
    assert run.see(facts(nothing, b=other), facts(nothing, b=other._replace(value=D(90)))) == 1


def test_what_moves_between_two_of_the_viewer_s_accounts_is_no_fall() -> None:
    for rule in (FELL, LEFT, BELOW):
        run = Run(rule)

        def pair(first: int, first_at: int, second: int, second_at: int, run: Run = run) -> Facts:
            one, other = (
                source(balances={"BTC": D(held)}, value=D(held * 100), read_at=run.now + at)
                for held, at in ((first, first_at), (second, second_at))
            )
            return facts(one, b=other)

        assert run.see(pair(2, 0, 0, 0)) == 0
        # The first has been read anew, the second not yet.
        assert run.see(pair(0, HOUR, 0, 0)) == 0
        assert run.see(pair(0, HOUR, 2, HOUR)) == 0
        assert run.see(pair(0, 0, 0, APART_SECONDS)) == 1


def test_a_connection_that_could_never_be_read_has_failed_since_it_was_made() -> None:
    run = Run(FAILED)
    new = source(failing=True, connected_at=NOW, balances=None, value=None)
    run.see(facts(new._replace(failing=False)))
    assert [run.see(facts(new)) for _ in range(3)] == [0, 1, 0]
    assert run.fired[0].figures == (Figure("never_read", "3", "hours"),)


def test_a_firing_that_lies_ahead_does_not_keep_a_rule_quiet() -> None:
    run = Run(FELL)
    run.see(*balances("9"))
    (state,) = run.states.values()
    run.states = {"r": state._replace(fired_at=run.now + 1_000 * HOUR)}
    assert run.see(*balances("1")) == 1


LINE = D(10)
NEAR = [
    D(one)
    for one in ("0", "0", "6", "7", "9", "9.7", "9.8", "9.9", "10", "10.1", "10.2", "13", "20")
]
SEEN = st.lists(st.tuples(st.sampled_from([None, *NEAR]), st.integers(0, 6)), max_size=40)


def is_expected(rule: Rule, since: Sequence[Decimal], fired: bool, amount: Decimal) -> bool:
    """Whether a rule is to fire, outside its cool-down, from what was seen since it last fired.

    `since` begins with what it fired on, if it has `fired`.
    """
    if rule.kind == "balance_fell":
        allowed = rule.amount if rule.amount is not None else max(since) * (rule.ratio or D(0))
        return bool(since) and max(since) - amount > allowed
    if rule.kind == "left_exchange":
        return amount == 0 and any(one > 0 for one in since)
    sign = 1 if rule.direction == "below" else -1
    margin = D("0.02") * LINE
    # The first look arms it at the line itself.
    over = [
        (one - LINE) * sign >= (0 if place == 0 and not fired else margin)
        for place, one in enumerate(since)
    ]
    return (amount - LINE) * sign < 0 and any(over)


@given(
    rule=st.sampled_from(
        [
            FELL._replace(amount=D(3), cooldown_hours=4),
            RATIO._replace(cooldown_hours=4),
            LEFT._replace(cooldown_hours=4),
            BELOW._replace(amount=LINE, cooldown_hours=4),
            ABOVE._replace(amount=LINE, cooldown_hours=4),
        ]
    ),
    seen=SEEN,
)
@settings(max_examples=200)
def test_it_fires_exactly_where_its_sentence_says(
    rule: Rule, seen: list[tuple[Decimal | None, int]]
) -> None:
    run, since, fired_at = Run(rule), list[Decimal](), None
    for amount, hours in seen:
        balance = None if amount is None else {"BTC": amount}
        fires = bool(run.see(facts(source(balances=balance, value=amount)), hours=hours))
        if amount is None:
            assert not fires
            continue
        quiet = fired_at is not None and run.now - fired_at < 4 * HOUR
        asked = bool(since) and is_expected(rule, since, fired_at is not None, amount)
        assert fires == (asked and not quiet)
        if fires:
            since, fired_at = [amount], run.now
        else:
            since.append(amount)

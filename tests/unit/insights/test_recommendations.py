"""What is observed: each boundary from both sides, the order, five at most, and no advice."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from holdings.core.insights.documents import (
    features_document,
    holds_of,
    pack,
    recommendations_document,
    unpack,
)
from holdings.core.insights.facts import (
    ConnectionFacts,
    Facts,
    Hold,
    HoldingNow,
    Mismatch,
    Reading,
    SourceNow,
)
from holdings.core.insights.recommendations import CODES
from tests.unit.history.books import TODAY
from tests.unit.insights.people import WINDOW, make_day, make_facts

DAY_SECONDS, HOUR_SECONDS = 86_400, 3_600
MAIN = ConnectionFacts("0" * 32, "Main", "active", ("view",))
SPREAD = {"BTC": "50", "ETH": "50"}


def observed(facts: Facts) -> list[dict[str, Any]]:
    document = unpack("features", pack(features_document(facts)))
    made = recommendations_document(document)
    assert unpack("recommendations", pack(made)) == made
    return made["recommendations"]


def codes(facts: Facts) -> list[str]:
    return [one["code"] for one in observed(facts)]


def make(days: int = 90, held: dict[str, str | None] | None = None, **changes: Any) -> Facts:
    """Of an account of which there is nothing to say."""
    listed = [make_day(TODAY - number, held or {**SPREAD}) for number in range(days, 0, -1)]
    return make_facts(0)._replace(**{"days": listed, "connections": [MAIN], **changes})


def reading(*rows: HoldingNow) -> Reading:
    return Reading(WINDOW, rows)


def row(
    currency: str = "BTC",
    balance: str = "1",
    hold: str = "0",
    *,
    status: str = "live",
    reason: str | None = None,
) -> HoldingNow:
    value = None if reason or status == "delisted" else Decimal(balance)
    return HoldingNow(currency, Decimal(balance), Decimal(hold), value, status, reason)


def on_hold(days: float, least: str = "0.5", balance: str = "1") -> Facts:
    since = WINDOW - int(days * DAY_SECONDS)
    held = Hold("BTC", Decimal(least), since, WINDOW - DAY_SECONDS)
    return make(reading=reading(row("BTC", balance, "0.9")), holds=(held,))


def read_ago(hours: float | None, code: str | None = None, **changes: Any) -> Facts:
    at = None if hours is None else WINDOW - int(hours * HOUR_SECONDS)
    return make(connections=[MAIN._replace(**changes)], sources=[SourceNow(MAIN.id, at, code)])


def differing(reason: str) -> Facts:
    found = Mismatch("ETH", reason, Decimal("1.5"), Decimal(2))
    return make(connections=[MAIN._replace(mismatches=[found])])


def weighing(btc: str, other: str, code: str = "BTC", days: int = 90) -> Facts:
    return make(days, {code: btc, "ETH": other})


CASES: list[tuple[str, Callable[[], Facts], list[str]]] = [
    ("nothing to say", make, []),
    ("60 %", lambda: weighing("60", "40"), ["concentration"]),
    ("a little less", lambda: weighing("59.99999", "40.00001"), []),
    ("60 % in cash", lambda: weighing("60", "40", "EUR"), []),
    ("60 % in a stablecoin", lambda: weighing("60", "40", "USDC"), []),
    ("20 days", lambda: weighing("99", "1", days=20), ["concentration"]),
    ("19 days", lambda: weighing("99", "1", days=19), []),
    ("held for 7 days", lambda: on_hold(7), ["funds_on_hold"]),
    ("held for less", lambda: on_hold(6.999), []),
    ("5 % held", lambda: on_hold(9, "0.05"), ["funds_on_hold"]),
    ("less held", lambda: on_hold(9, "0.0499999"), []),
    ("none of it", lambda: on_hold(9, "0.5", "0"), []),
    ("read 24 hours ago", lambda: read_ago(24), ["stale_connection"]),
    ("read later", lambda: read_ago(23.99), []),
    ("read after the window", lambda: read_ago(-2), []),
    ("a failure, and a reading since", lambda: read_ago(1, "exchange_timeout"), []),
    ("nothing but a failure", lambda: read_ago(None, "exchange_timeout"), ["stale_connection"]),
    ("nobody has tried", lambda: read_ago(None), []),
    ("a paused one is not stale", lambda: read_ago(99, status="paused"), []),
    (
        "a rejected one is failing, not stale",
        lambda: read_ago(99, status="rejected", error="exchange_credentials_rejected"),
        ["failing_connection"],
    ),
    ("viewing alone", lambda: read_ago(1, rights=("view",)), []),
    ("nobody knows", lambda: read_ago(1, rights=None), []),
    ("more than that", lambda: read_ago(1, rights=("view", "transfer")), ["excess_rights"]),
    ("a balance", lambda: differing("balance"), ["reconciliation_open"]),
    ("a gap", lambda: differing("gap"), ["history_gap"]),
    ("a beginning", lambda: differing("beginning"), ["history_gap"]),
    (
        "delisted",
        lambda: make(reading=reading(row("REP", status="delisted"))),
        ["delisted_asset"],
    ),
    ("a delisted nothing", lambda: make(reading=reading(row("REP", "0", status="delisted"))), []),
    (
        "unpriced and idle for 30 days",
        lambda: make(30, {**SPREAD, "QX": None}, reading=reading(row("QX", reason="no_market"))),
        ["idle_unpriced"],
    ),
    (
        "unpriced and idle for 29",
        lambda: make(29, {**SPREAD, "QX": None}, reading=reading(row("QX", reason="no_market"))),
        [],
    ),
    (
        "unpriced while prices fail",
        lambda: make(30, {**SPREAD, "QX": None}, reading=reading(row("QX", reason="feed_failed"))),
        [],
    ),
]


@pytest.mark.parametrize(("facts", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_boundary_from_both_sides(facts: Callable[[], Facts], expected: list[str]) -> None:
    assert codes(facts()) == expected


def test_what_is_held_back_is_of_all_that_there_is_of_the_asset() -> None:
    """Half of it is held back at one connection, and there is as much at another."""
    facts = on_hold(9, "0.1")
    rows = reading(row("BTC", "1", "0.5"), row("BTC", "1"))
    assert codes(facts._replace(reading=rows)) == ["funds_on_hold"]
    (one,) = observed(facts._replace(reading=rows))
    assert one["evidence"][1]["value"] == "0.05"


def everything(number: int = 3) -> Facts:
    """All there could be to say, each several times."""
    mismatches = [Mismatch("ETH", one, Decimal(1), Decimal(2)) for one in ("balance", "gap")]
    ids = [f"{one:032x}" for one in range(number)]
    connections = [
        MAIN._replace(
            id=one,
            label=f"Account {place}",
            rights=("view", "trade"),
            status="rejected" if place % 2 else "active",
            mismatches=mismatches,
        )
        for place, one in enumerate(ids)
    ]
    rows = [
        row("BTC", "2", "1"),
        row("REP", status="delisted"),
        row("QX7", reason="no_market"),
    ]
    return make(
        held={"BTC": "90", "ETH": "10", "QX7": None},
        connections=connections,
        sources=[SourceNow(one, WINDOW - 30 * HOUR_SECONDS) for one in ids],
        reading=reading(*rows),
        holds=(Hold("BTC", Decimal(1), WINDOW - 9 * DAY_SECONDS, WINDOW),),
    )


def test_at_most_five_the_most_urgent_first_and_each_code_once() -> None:
    facts = everything()
    assert tuple(codes(facts)) == CODES[:5]
    quiet = [MAIN._replace(mismatches=())]
    assert tuple(codes(facts._replace(connections=quiet, sources=()))) == CODES[5:]


def test_the_reason_quotes_the_figures_that_are_its_evidence() -> None:
    found = observed(everything())
    for one in [*found, *observed(everything()._replace(connections=[], sources=[]))]:
        shown = (each for each in one["evidence"] if each["unit"] in ("amount", "hours"))
        quoted = [evidence["value"] for evidence in shown]
        assert all(value in one["reason"] for value in quoted), one
        assert one["as_of"] == "2026-11-21T00:00:00Z"
        assert one["expires_at"] == "2026-11-23T00:00:00Z"
    assert found[0]["connection_id"] == f"{1:032x}"
    assert found[1]["reason"] == (
        "“Account 0” was last read 30 hours ago (and 1 more connection). Its figures may be old."
    )


def test_nothing_says_to_buy_or_to_sell() -> None:
    texts = json.dumps(
        observed(everything()) + observed(everything()._replace(connections=[], sources=[]))
    )
    assert not re.search(r"\b(buy|sell|should|consider|invest|recommend)", texts, re.IGNORECASE)


def test_a_hold_is_as_old_as_the_first_reading_in_a_row_that_saw_it() -> None:
    def next_day(before: dict[str, Any], day: int, hold: str | None) -> dict[str, Any]:
        """`hold` is None where nothing was read."""
        at = WINDOW + day * DAY_SECONDS
        rows = None if hold is None else Reading(at, [row("BTC", "1", hold)])
        facts = make(window=at, reading=rows, holds=holds_of(before) if before else ())
        return unpack("features", pack(features_document(facts)))

    kept: dict[str, Any] = {}
    for day, hold in enumerate(["0.9", "0.4", None, "0.6", "0.7", "0.7", "0.7"]):
        kept = next_day(kept, day, hold)
        assert recommendations_document(kept)["recommendations"] == []
    kept = next_day(kept, 7, "0.7")
    (one,) = recommendations_document(kept)["recommendations"]
    assert [evidence["value"] for evidence in one["evidence"]] == ["0.4", "0.4", "7", "1"]
    assert one["reason"].startswith("0.4 BTC, 40% of its balance, was held back")
    # Free once, or unseen for too long: it begins anew.
    assert next_day(kept, 8, "0")["observed"]["holds"] == []
    late = next_day(kept, 12, "0.7")
    assert late["observed"]["holds"][0]["since"] == WINDOW + 12 * DAY_SECONDS


def test_the_same_facts_give_the_same_bytes() -> None:
    made = [pack(recommendations_document(features_document(everything(20)))) for _ in range(2)]
    assert made[0] == made[1]
    assert len(pack(features_document(everything(20)))) < 20_000

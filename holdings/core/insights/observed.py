"""What features keep beside their figures, for the observations that are made of it.

Holds with since when, assets without a price, and each connection's state: no page shows it as is.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from holdings.core.insights.facts import (
    ConnectionFacts,
    DayFacts,
    Facts,
    Hold,
    HoldingNow,
    Mismatch,
    SourceNow,
)
from holdings.core.money import EXACT, format_amount

Document = dict[str, Any]

MOST_ROWS = 50
MOST_MISMATCHES = 10
# A hold that no reading has seen for so long may have been another one.
_UNSEEN_SECONDS = 3 * 86_400


def observed(facts: Facts) -> Document:
    reading = facts.reading
    rows = reading.holdings if reading else ()
    return {
        "holds": [_hold_document(one) for one in _holds(facts)],
        "held": [
            {"currency": code, "balance": format_amount(balance)}
            for code, balance in sorted(_by_currency(rows).items())
            if code in {one.currency for one in rows if one.hold > 0}
        ][:MOST_ROWS],
        "delisted": _idle(facts, [one for one in rows if one.status == "delisted"]),
        "unpriced": _idle(facts, [one for one in rows if one.reason == "no_market"]),
        "connections": [_connection(one, facts.sources) for one in facts.connections][:MOST_ROWS],
    }


def _holds(facts: Facts) -> list[Hold]:
    """Return what is held back now, each since the first of the readings in a row that saw it."""
    reading, now = facts.reading, facts.window
    before = {one.currency: one for one in facts.holds if 0 <= now - one.seen <= _UNSEEN_SECONDS}
    if reading is None:
        return [before[code] for code in sorted(before)][:MOST_ROWS]
    held: dict[str, Decimal] = {}
    for one in reading.holdings:
        if one.hold > 0:
            held[one.currency] = EXACT.add(held.get(one.currency, Decimal()), one.hold)
    found: list[Hold] = []
    for code, amount in sorted(held.items()):
        known = before.get(code)
        least = min(amount, known.least) if known else amount
        found.append(Hold(code, least, known.since if known else now, now))
    return found[:MOST_ROWS]


def _idle(facts: Facts, rows: Sequence[HoldingNow]) -> list[Document]:
    """Return how much there is of each, and for how many days until the last it was as much."""
    balances = _by_currency(rows)
    return [
        {
            "currency": code,
            "balance": format_amount(balance),
            "days": _unchanged(facts.days, code),
        }
        for code, balance in sorted(balances.items())
        if balance > 0
    ][:MOST_ROWS]


def _unchanged(days: Sequence[DayFacts], code: str) -> int:
    count, balance = 0, None
    for day in reversed(days):
        at_end = next((one.balance for one in day.assets if one.currency == code), None)
        if at_end is None or not day.known or balance not in (None, at_end):
            break
        count, balance = count + 1, at_end
    return count


def _by_currency(rows: Any) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for one in rows:
        found[one.currency] = EXACT.add(found.get(one.currency, Decimal()), one.balance)
    return found


def _hold_document(hold: Hold) -> Document:
    return {**hold._asdict(), "least": format_amount(hold.least)}


def _connection(one: ConnectionFacts, sources: Sequence[SourceNow]) -> Document:
    found = (source for source in sources if source.connection_id == one.id)
    source = next(found, SourceNow(one.id))
    return {
        "id": one.id,
        "label": one.label,
        "status": one.status,
        "rights": None if one.rights is None else list(one.rights),
        "error": one.error,
        "read_at": source.as_of,
        "failure": source.code,
        "mismatches": [_mismatch(mismatch) for mismatch in one.mismatches[:MOST_MISMATCHES]],
    }


def _mismatch(one: Mismatch) -> Document:
    return {
        **one._asdict(),
        "ledger": format_amount(one.ledger),
        "reading": format_amount(one.reading),
    }

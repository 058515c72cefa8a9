"""The documents of the past as they go out, written without a schema: many are long."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from holdings.core.clock import iso
from holdings.core.history.activity import Line, Page
from holdings.core.history.days import Difference
from holdings.core.history.entries import DAY, SECOND
from holdings.core.history.months import day_text
from holdings.core.history.service import ConnectionHistory, History, Point, Statement
from holdings.core.history.worth import Held
from holdings.core.money import EXACT, format_amount, parse_amount, round_amount

Document = dict[str, Any]

# The worst of what several connections know of one asset is what is known of it.
_WORST = ("ledger", "reading", "carried", "unknown")


def history_document(found: History, interval: str, *, by_asset: bool) -> Document:
    return {
        "currency": found.currency,
        "interval": interval,
        "from": None if found.first is None else day_text(found.first),
        "to": day_text(found.last),
        "warnings": [warning._asdict() for warning in found.warnings],
        "points": [_point(point, by_asset=by_asset) for point in found.points],
        "connections": [connection_document(one) for one in found.connections],
    }


def _point(point: Point, *, by_asset: bool) -> Document:
    document: Document = {
        "date": day_text(point.day),
        "value": _amount(point.value),
        "complete": point.complete,
        "carried": point.carried,
        "deposits": _amount(point.moved.deposits),
        "withdrawals": _amount(point.moved.withdrawals),
    }
    if by_asset:
        document["assets"] = [_asset(held) for held in _together(point.assets)]
    return document


def _together(held: Sequence[Held]) -> Iterable[Held]:
    """Yield each asset once, whichever connections hold it; they are sorted by currency."""
    found: dict[str, Held] = {}
    for one in held:
        other = found.get(one.currency)
        if other is None:
            found[one.currency] = one
            continue
        known = max(one.known, other.known, key=_WORST.index)
        found[one.currency] = one._replace(
            balance=_sum(one.balance, other.balance),
            value=_sum(one.value, other.value),
            known=known,
            reason=one.reason or other.reason,
        )
    return found.values()


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else EXACT.add(one, other)


def _asset(held: Held) -> Document:
    return {
        "currency": held.currency,
        "balance": _amount(held.balance),
        "value": _amount(held.value),
        "known": held.known,
        "close": _amount(held.close),
        "close_date": None if held.close_day is None else day_text(held.close_day),
        "reason": held.reason,
    }


def connection_document(one: ConnectionHistory) -> Document:
    progress, differences = one.progress, one.differences()
    walk, balances = (progress.walk, progress.balances) if progress else (None, None)
    reached = progress and progress.reached_back_to
    read_until = progress and progress.read_until
    error = progress and progress.last_error
    return {
        "connection_id": one.connection.id,
        "label": one.connection.label,
        "exchange": one.connection.exchange,
        "ledger": progress.ledger if progress else True,
        "state": progress.state if progress else "none",
        "since": None if one.since is None else day_text(one.since),
        "reached_back_to": None if reached is None else day_text(reached // DAY),
        "entries": progress.entries if progress else 0,
        "accounts": walk.accounts_at_all if walk else 0,
        "accounts_done": walk.accounts_done if walk else 0,
        "read_at": None if read_until is None else iso(read_until // SECOND),
        "last_error": error and error._asdict(),
        "reconciled": None if differences is None else not differences,
        "reconciled_at": None
        if differences is None or balances is None
        else iso(balances.at // SECOND),
        "differences": [_difference(found) for found in differences or ()],
    }


def _difference(found: Difference) -> Document:
    return {
        "currency": found.currency,
        "reason": found.reason,
        "ledger": format_amount(round_amount(found.ledger)),
        "reading": format_amount(round_amount(found.reading)),
        # Cut itself, so that one beyond 12 decimals is not lost between two that are cut alike.
        "difference": format_amount(round_amount(EXACT.subtract(found.reading, found.ledger))),
        "since": None if found.since is None else iso(found.since // SECOND),
    }


def activity_document(page: Page) -> Document:
    return {"entries": [_entry(line) for line in page.lines], "next": page.next}


def _entry(line: Line) -> Document:
    entry = line.entry
    seconds, rest = divmod(entry.at, SECOND)
    return {
        "id": entry.id,
        "connection_id": line.connection_id,
        "at": f"{iso(seconds)[:-1]}.{rest:06}Z",
        "currency": line.currency,
        "kind": entry.kind,
        "amount": format_amount(round_amount(parse_amount(entry.amount))),
        "balance": format_amount(round_amount(parse_amount(entry.balance))),
        "details": dict(entry.details),
    }


def statement_document(found: Statement) -> Document:
    known = [held.value for held in found.held if held.value is not None]
    left_out = [held for held in found.held if held.reason]
    total = sum(known, Decimal()) if known else None
    return {
        "date": day_text(found.day),
        "currency": found.currency,
        "value": _amount(total),
        "complete": found.complete and not left_out,
        "excluded": [
            {
                "currency": held.currency,
                "reason": held.reason,
                "amount": _amount(held.balance),
            }
            for held in left_out
        ],
        "warnings": [warning._asdict() for warning in found.warnings],
        "holdings": [
            {
                "connection_id": held.connection_id,
                "currency": held.currency,
                "balance": _amount(held.balance),
                "known": held.known,
                "value": _amount(held.value),
                "close": _close(held, found),
            }
            for held in found.held
        ],
        "connections": [connection_document(one) for one in found.connections],
    }


def _close(held: Held, found: Statement) -> Document:
    route = found.routes.get(held.currency, ())
    if held.close is None:
        status = "unpriced"
    elif route == ("USDC-USD",):
        status = "par"
    else:
        status = "close" if held.close_day == found.day else "carried"
    return {
        "amount": _amount(held.close),
        "date": None if held.close_day is None else day_text(held.close_day),
        "status": status,
        "route": list(route),
        "reason": held.reason if held.close is None else None,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)

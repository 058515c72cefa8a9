"""Observations on an account, at most five, the most urgent first. None says to buy or to sell.

A pure function of a features document; a change of what is observed is a new VERSION.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from holdings.core.clock import iso
from holdings.core.insights.facts import is_cash, is_stablecoin
from holdings.core.insights.observations import (
    Document,
    count,
    evidence,
    label,
    more,
    observation,
    percent,
)
from holdings.core.money import EXACT, format_amount, round_amount

VERSION = 1
MOST = 5

CONCENTRATED = Decimal("0.6")
HELD_DAYS, HELD_RATIO = 7, Decimal("0.05")
IDLE_DAYS = 30
STALE_HOURS = 24
# They outlive one run that does not come.
EXPIRES_SECONDS = 2 * 86_400

Features = Mapping[str, Any]


def recommendations(features: Features) -> list[Document]:
    """Return `recommendations` of the document of GET /insights: of each code at most one."""
    found = (one for observe in _OBSERVATIONS for one in observe(features))
    return [_dated(one, features["window"]) for one, _ in zip(found, range(MOST), strict=False)]


def _failing(features: Features) -> Iterator[Document]:
    found = [one for one in _connections(features) if one["status"] == "rejected"]
    if found:
        first = found[0]
        yield observation(
            "failing_connection",
            "A key is rejected",
            f"The exchange rejects the key of {label(first)}{more(found, 'connection')}. It is "
            "not read any more until its key is replaced.",
            [evidence("error", first["error"] or "rejected", "code"), count(found)],
            connection_id=first["id"],
        )


def _stale(features: Features) -> Iterator[Document]:
    window = features["window"]
    found: list[tuple[int, Mapping[str, Any]]] = []
    for one in _connections(features):
        if one["status"] != "active":
            continue
        if one["read_at"] is None:
            # Without a failure nobody has tried: that is no news.
            found += [(-1, one)] if one["failure"] else []
        elif (hours := (window - one["read_at"]) // 3_600) >= STALE_HOURS:
            found.append((hours, one))
    if not found:
        return
    # One of which there is no reading left comes first, then the oldest.
    found.sort(key=lambda one: (one[0] >= 0, -one[0]))
    hours, first = found[0]
    why = [evidence("failure", first["failure"], "code")] if first["failure"] else []
    since = "could not be read" if hours < 0 else f"was last read {hours} hours ago"
    yield observation(
        "stale_connection",
        "A connection could not be read",
        f"{label(first)} {since}{more(found, 'connection')}. Its figures may be old.",
        [
            *([] if hours < 0 else [evidence("hours_since_reading", str(hours), "hours")]),
            *why,
            count(found),
        ],
        connection_id=first["id"],
    )


def _reconciliation(features: Features) -> Iterator[Document]:
    found = list(_mismatches(features, {"balance"}))
    if found:
        connection, first = found[0]
        currency = first["currency"]
        yield observation(
            "reconciliation_open",
            "Ledger and balances differ",
            f"The ledger of {label(connection)} ends at {first['ledger']} {currency}, the "
            f"exchange says {first['reading']} {currency}{more(found, 'asset')}.",
            [
                evidence("ledger", first["ledger"], "amount"),
                evidence("reading", first["reading"], "amount"),
                count(found),
            ],
            connection_id=connection["id"],
            currency=currency,
        )


def _gap(features: Features) -> Iterator[Document]:
    found = list(_mismatches(features, {"gap", "beginning"}))
    if found:
        connection, first = found[0]
        currency = first["currency"]
        begins = first["reason"] == "beginning"
        ends = "" if begins else f"one entry ends at {first['ledger']} {currency} and "
        what = "its first entry" if begins else "the next one"
        yield observation(
            "history_gap",
            "Entries are missing in the past",
            f"In the ledger of {label(connection)} {ends}{what} begins at {first['reading']} "
            f"{currency}{more(found, 'place')}. The days in between are unknown.",
            [
                evidence("ledger", first["ledger"], "amount"),
                evidence("reading", first["reading"], "amount"),
                count(found),
            ],
            connection_id=connection["id"],
            currency=currency,
        )


def _rights(features: Features) -> Iterator[Document]:
    found = [
        (sorted(beyond), one)
        for one in _connections(features)
        if (beyond := set(one["rights"] or ()) - {"view"})
    ]
    if found:
        beyond, first = found[0]
        listed = ", ".join(beyond)
        yield observation(
            "excess_rights",
            "A key may do more than it needs",
            f"The key of {label(first)} may also: {listed}{more(found, 'connection')}. Viewing "
            "is all that is used here.",
            [evidence("rights", listed, "rights"), count(found)],
            connection_id=first["id"],
        )


def _on_hold(features: Features) -> Iterator[Document]:
    window = features["window"]
    balances = {one["currency"]: Decimal(one["balance"]) for one in features["observed"]["held"]}
    found: list[tuple[int, Decimal, Mapping[str, Any]]] = []
    for hold in features["observed"]["holds"]:
        days, balance = (window - hold["since"]) // 86_400, balances.get(hold["currency"])
        if days < HELD_DAYS or not balance or balance <= 0:
            continue
        ratio = round_amount(EXACT.divide(Decimal(hold["least"]), balance))
        if ratio >= HELD_RATIO:
            found.append((days, ratio, hold))
    if not found:
        return
    days, ratio, hold = max(found, key=lambda one: (one[0], one[1]))
    currency = hold["currency"]
    yield observation(
        "funds_on_hold",
        "Funds have been held back for long",
        f"{hold['least']} {currency}, {percent(ratio)} of its balance, was held back by orders "
        f"or withdrawals in every reading for {days} days{more(found, 'asset')}.",
        [
            evidence("least_held_back", hold["least"], "amount"),
            evidence("share_of_balance", format_amount(ratio), "ratio"),
            evidence("days_on_hold", str(days), "days"),
            count(found),
        ],
        currency=currency,
    )


def _concentration(features: Features) -> Iterator[Document]:
    period = next(one for one in features["periods"] if one["days"] == 30)
    weights, weight = period["weights"], period["largest_weight"]["value"]
    if weight is None or not weights or Decimal(weight) < CONCENTRATED:
        return
    currency = weights[0]["currency"]
    if is_cash(currency) or is_stablecoin(currency):
        return
    yield observation(
        "concentration",
        "One asset is most of the value",
        f"{currency} was {percent(Decimal(weight))} of the value, over "
        f"{period['days_covered']} of the last 30 days.",
        [
            evidence("largest_weight", weight, "ratio"),
            evidence("hhi", period["hhi"]["value"], "ratio"),
            evidence("days_covered", str(period["days_covered"]), "days"),
        ],
        currency=currency,
    )


def _delisted(features: Features) -> Iterator[Document]:
    yield from _idle(
        features["observed"]["delisted"],
        "delisted_asset",
        "An asset is not traded any more",
        "is delisted: its last price is old, and is in no total",
        at_least=0,
    )


def _unpriced(features: Features) -> Iterator[Document]:
    yield from _idle(
        features["observed"]["unpriced"],
        "idle_unpriced",
        "An asset without a price lies idle",
        "has no market here, and is in no total",
        at_least=IDLE_DAYS,
    )


def _idle(
    rows: Sequence[Features], code: str, title: str, why: str, *, at_least: int
) -> Iterator[Document]:
    found = [one for one in rows if one["days"] >= at_least]
    if found:
        first = found[0]
        currency, days = first["currency"], first["days"]
        idle = f" Its balance is known to be the same for {days} days." if days else ""
        yield observation(
            code,
            title,
            f"{first['balance']} {currency} {why}{more(found, 'asset')}.{idle}",
            [
                evidence("balance", first["balance"], "amount"),
                evidence("days_unchanged", str(days), "days"),
                count(found),
            ],
            currency=currency,
        )


# In this order: what cannot be read, what does not add up, what is at risk, what lies still.
_OBSERVATIONS: tuple[Callable[[Features], Iterator[Document]], ...] = (
    _failing,
    _stale,
    _reconciliation,
    _gap,
    _rights,
    _on_hold,
    _concentration,
    _delisted,
    _unpriced,
)
CODES = (
    *("failing_connection", "stale_connection", "reconciliation_open", "history_gap"),
    *("excess_rights", "funds_on_hold", "concentration", "delisted_asset", "idle_unpriced"),
)


def _dated(one: Document, window: int) -> Document:
    return {**one, "as_of": iso(window), "expires_at": iso(window + EXPIRES_SECONDS)}


def _connections(features: Features) -> Sequence[Mapping[str, Any]]:
    return features["observed"]["connections"]


def _mismatches(
    features: Features, reasons: set[str]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for connection in _connections(features):
        for one in connection["mismatches"]:
            if one["reason"] in reasons:
                yield connection, one

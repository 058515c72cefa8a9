"""What every day was worth: balances times closes, summed over many days at once.

In whole numbers of 1/SCALE: exact, and several times as fast as the same in Decimal. A value is
balance x close, each with 12 decimals, cut to 12 decimals; a total is the sum of such values.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from holdings.core.history.closes import SCALE, Series, scaled
from holdings.core.history.days import Known, Stretch
from holdings.core.history.entries import DEPOSIT
from holdings.core.history.months import Flow
from holdings.core.money import EXACT, round_amount

Unpriced = Literal["no_market", "no_close", "unknown_balance"]
UNPRICED: tuple[Unpriced, ...] = ("no_market", "no_close", "unknown_balance")


class Held(NamedTuple):
    """An asset of one connection at the end of a day. Amounts are cut to 12 decimals."""

    connection_id: str
    currency: str
    balance: Decimal | None
    known: Known
    value: Decimal | None
    close: Decimal | None
    close_day: int | None
    reason: Unpriced | None


class Asset(NamedTuple):
    """An asset of one connection: its days, and the closes of them all; None without a market."""

    connection_id: str
    currency: str
    stretches: Sequence[Stretch]
    closes: Series | None


@dataclass(slots=True)
class Totals:
    """Of days from `first` on: values in 1/SCALE, and what holds of each.

    `known` counts assets in a value: of a day without any there is no value.
    """

    first: int
    values: list[int]
    known: bytearray
    incomplete: bytearray
    carried: bytearray


def totals(assets: Iterable[Asset], first: int, last: int) -> Totals:
    """Sum what the assets were worth at the end of each day, `first` to `last`, both included."""
    count = last - first + 1
    whole = Totals(first, [0] * count, bytearray(count), bytearray(count), bytearray(count))
    for asset in assets:
        _add(whole, asset, count)
    return whole


def _add(whole: Totals, asset: Asset, count: int) -> None:
    """Add what one asset was worth on each day: all at once, where it has a balance and a close."""
    first, closes = whole.first, asset.closes
    prices: Sequence[int | None] = ()
    if closes is not None:
        prices = closes.values[first - closes.first : first - closes.first + count]
    # Before the first close there is none, and from then on always one.
    priced = next((n for n, price in enumerate(prices) if price is not None), count)
    balances = _balances(whole, asset.stretches, priced, count)
    if closes is None or priced == count:
        return
    whole.values = [
        value + balance * (price or 0) // SCALE if balance else value
        for value, balance, price in zip(whole.values, balances, prices, strict=True)
    ]
    for day in closes.carried:
        if 0 <= day - first < count and balances[day - first]:
            whole.carried[day - first] = 1


def _balances(whole: Totals, stretches: Sequence[Stretch], priced: int, count: int) -> list[int]:
    """Return each day's balance, from the `priced`th on, and note how every day is known."""
    first, balances = whole.first, [0] * count
    for stretch in stretches:
        start, end = max(stretch.first - first, 0), min(stretch.last - first + 1, count)
        if start >= end:
            continue
        if stretch.balance is None:
            whole.incomplete[start:end] = b"\x01" * (end - start)
            continue
        if stretch.known == "carried":
            whole.carried[start:end] = b"\x01" * (end - start)
        if stretch.balance > 0:
            if start < priced:
                unpriced = min(end, priced)
                whole.incomplete[start:unpriced] = b"\x01" * (unpriced - start)
                start = unpriced
            balances[start:end] = [scaled(stretch.balance)] * (end - start)
        whole.known[start:end] = b"\x01" * (end - start)
    return balances


class Moved(NamedTuple):
    """What came in and went out in a period, in the currency; None where some has no price."""

    deposits: Decimal | None
    withdrawals: Decimal | None


def moved(
    flows: Iterable[tuple[str, Flow]],
    closes: Mapping[str, Series | None],
    period: Mapping[int, int],
) -> dict[int, Moved]:
    """Sum deposits and withdrawals by period; `period` maps each day to the one that stands for it.

    Each is valued at the close of its own day.
    """
    sums: dict[int, list[Decimal | None]] = {}
    for currency, flow in flows:
        if (stands := period.get(flow.day)) is None:
            continue
        found = sums.setdefault(stands, [Decimal(), Decimal()])
        into = 0 if flow.kind == DEPOSIT else 1
        close = close_of(closes.get(currency), flow.day)[0]
        known = found[into]
        if close is None or known is None:
            found[into] = None
        else:
            amount = round_amount(EXACT.multiply(abs(flow.amount), close))
            found[into] = EXACT.add(known, amount)
    return {stands: Moved(*found) for stands, found in sums.items()}


def close_of(closes: Series | None, day: int) -> tuple[Decimal | None, int | None]:
    """Return a day's close and of which day it is."""
    if closes is None or not 0 <= day - closes.first < len(closes.values):
        return None, None
    value = closes.values[day - closes.first]
    return (None, None) if value is None else (unscaled(value), closes.dates[day - closes.first])


def unscaled(value: int) -> Decimal:
    return EXACT.divide(Decimal(value), Decimal(SCALE))


def held(assets: Iterable[Asset], days: Sequence[int]) -> dict[int, list[Held]]:
    """Return what was held at the end of each of these days and its worth, by currency."""
    found: dict[int, list[Held]] = {day: [] for day in days}
    for asset in sorted(assets, key=lambda one: (one.currency, one.connection_id)):
        starts = [stretch.first for stretch in asset.stretches]
        for day in days:
            at = bisect_right(starts, day) - 1
            if at >= 0 and day <= asset.stretches[at].last:
                found[day].append(_held(asset, asset.stretches[at], day))
    return found


def _held(asset: Asset, stretch: Stretch, day: int) -> Held:
    close, at = close_of(asset.closes, day)
    balance = None if stretch.balance is None else round_amount(stretch.balance)
    reason: Unpriced | None = None
    value = None
    if balance is None:
        reason = "unknown_balance"
    elif balance <= 0:
        value = Decimal()
    elif close is None:
        reason = "no_market" if asset.closes is None else "no_close"
    else:
        value = round_amount(EXACT.multiply(balance, close))
    known = stretch.known
    return Held(asset.connection_id, asset.currency, balance, known, value, close, at, reason)

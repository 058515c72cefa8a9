"""What holdings are worth: each holding's value, and a total that says what it leaves out."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from holdings.core.clock import iso
from holdings.core.money import EXACT, format_amount, round_amount
from holdings.core.prices import Price, Prices
from holdings.core.snapshot import Notice

_STALE, _UNAVAILABLE = PRICE_WARNINGS = ("prices_stale", "prices_unavailable")

_RATIO = Decimal("1e-6")
_RATIOS = Context(prec=120, rounding=ROUND_FLOOR)

Row = dict[str, Any]


class Valuation:
    """Values rows of the document of GET /holdings in one currency."""

    def __init__(self, prices: Prices, currency: str) -> None:
        self.prices = prices
        self.currency = currency
        self._written: dict[str, Row] = {}

    def document(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return `value` and `holdings` of the document, where `rows` have their balances."""
        valued = [self.value(row) for row in rows]
        as_of = self.prices.as_of
        return {
            "value": total(valued, self.currency, None if as_of is None else iso(as_of)),
            "holdings": valued,
        }

    def value(self, row: Mapping[str, Any]) -> Row:
        """Return the row with its value: balance x price, both as served, cut to 12 decimals."""
        code = row["currency"]
        price = self.prices.price(code, self.currency)
        value = change = None
        if price.counts and price.amount is not None:
            balance = Decimal(row["balance"])
            now = round_amount(EXACT.multiply(balance, price.amount))
            value = format_amount(now)
            if price.open:
                change = _change(now, round_amount(EXACT.multiply(balance, price.open)))
        return {
            **row,
            "name": self.prices.name(code),
            "value": value,
            "change_24h": change,
            "price": self._price(code, price),
        }

    def _price(self, code: str, price: Price) -> Row:
        if code not in self._written:
            self._written[code] = price_document(price)
        return self._written[code]


def notice(prices: Prices) -> Notice | None:
    """Return what the reader of values has to know of how their prices came about."""
    if prices.failure:
        return Notice(_UNAVAILABLE, f"There are no prices now: {prices.failure.detail}")
    if prices.stale:
        return Notice(_STALE, f"The last prices known serve: {prices.stale.detail}")
    for missed in prices.missed.values():
        return Notice(_UNAVAILABLE, f"Some prices could not be read: {missed.detail}")
    return None


def price_document(price: Price) -> Row:
    """Return a price as answers have it, amounts as texts."""
    return {
        "amount": None if price.amount is None else format_amount(price.amount),
        "as_of": None if price.as_of is None else iso(price.as_of),
        "status": price.status,
        "reason": price.reason,
        "route": list(price.route),
    }


def total(rows: Sequence[Mapping[str, Any]], currency: str, as_of: str | None) -> dict[str, Any]:
    """Return the sum of what is valued, and what is not by currency and reason.

    `amount` is null where there are holdings and none has a value: nothing is known, which is not
    zero. `change_24h` covers what has a price now and 24 hours before, and says whether that is
    all of the amount.
    """
    amount, covered, changed = Decimal(), Decimal(), Decimal()
    valued = moving = 0
    excluded: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        if row["value"] is None:
            price = row["price"]
            key = (row["currency"], price["reason"] or price["status"])
            excluded[key] = EXACT.add(excluded.get(key, Decimal()), Decimal(row["balance"]))
            continue
        valued += 1
        value = Decimal(row["value"])
        amount = EXACT.add(amount, value)
        if row["change_24h"] is not None:
            moving += 1
            covered = EXACT.add(covered, value)
            changed = EXACT.add(changed, Decimal(row["change_24h"]["amount"]))
    return {
        "currency": currency,
        "amount": format_amount(amount) if valued or not rows else None,
        "complete": not excluded,
        "as_of": as_of,
        "excluded": [
            {"currency": code, "reason": reason, "amount": format_amount(left_out)}
            for (code, reason), left_out in sorted(excluded.items())
        ],
        "change_24h": {
            **_change(covered, EXACT.subtract(covered, changed)),
            "complete": moving == valued,
            "covered": format_amount(covered),
        }
        if moving
        else None,
    }


def _change(now: Decimal, before: Decimal) -> Row:
    """Return the difference, and its ratio to what it was before, null where that was nothing."""
    amount = EXACT.subtract(now, before)
    ratio = _RATIOS.divide(amount, before).quantize(_RATIO, context=_RATIOS) if before else None
    return {
        "amount": format_amount(amount),
        "ratio": None if ratio is None else format_amount(ratio),
    }

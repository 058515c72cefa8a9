"""What holdings are worth: each holding's value, and a total that says what it leaves out."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import Any, NamedTuple

from holdings.core.clock import iso
from holdings.core.money import EXACT, QUANTUM, format_amount
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
        self._quoted: dict[str, _Quoted] = {}

    def document(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return `value` and `holdings` of the document, where `rows` have their balances.

        A value is balance x price, and its change balance x the price's, both cut to 12 decimals.
        """
        as_of = self.prices.as_of
        total, valued = _Total(self.currency, None if as_of is None else iso(as_of)), []
        with localcontext(EXACT):  # of all that is computed here: many times as fast as each by it
            for row in rows:
                quoted = self._quoted.get(row["currency"]) or self._quote(row["currency"])
                balance, value, change = Decimal(row["balance"]), None, None
                if quoted.amount is None:
                    total.leave_out(row["currency"], quoted.document, balance)
                else:
                    worth = (balance * quoted.amount).quantize(QUANTUM)
                    value = format_amount(worth)
                    moved = None
                    if quoted.change is not None:
                        moved = (balance * quoted.change).quantize(QUANTUM)
                        change = {"amount": format_amount(moved), "ratio": quoted.ratio}
                    total.add(worth, moved)
                valued.append(
                    {
                        **row,
                        "name": quoted.name,
                        "value": value,
                        "change_24h": change,
                        "price": quoted.document,
                    }
                )
            return {"value": total.document(), "holdings": valued}

    def _quote(self, code: str) -> "_Quoted":
        price = self.prices.price(code, self.currency)
        amount = price.amount if price.counts else None
        change = None if amount is None or not price.open else EXACT.subtract(amount, price.open)
        quoted = _Quoted(
            self.prices.name(code),
            price_document(price),
            amount,
            change,
            None if change is None or not price.open else _ratio(change, price.open),
        )
        self._quoted[code] = quoted
        return quoted


class _Quoted(NamedTuple):
    """What is the same for all holdings of a currency; `amount` is None where they have no value.

    `change` is what the price rose by in 24 hours, `ratio` that by what it was.
    """

    name: str | None
    document: Row
    amount: Decimal | None
    change: Decimal | None
    ratio: str | None


class _Total:
    """Adds up what is valued, and by currency and reason what is not. Computes as EXACT."""

    def __init__(self, currency: str, as_of: str | None) -> None:
        self._currency = currency
        self._as_of = as_of
        self._amount = self._covered = self._changed = Decimal()
        self._valued = self._moving = 0
        self._left_out: dict[tuple[str, str], Decimal] = {}

    def add(self, value: Decimal, change: Decimal | None) -> None:
        self._valued += 1
        self._amount += value
        if change is not None:
            self._moving += 1
            self._covered += value
            self._changed += change

    def leave_out(self, code: str, price: Mapping[str, Any], balance: Decimal) -> None:
        key = (code, price["reason"] or price["status"])
        self._left_out[key] = self._left_out.get(key, Decimal()) + balance

    def document(self) -> dict[str, Any]:
        """Return `value` of the document.

        `amount` is null where there are holdings and none has a value: nothing is known, which is
        not zero. `change_24h` covers what has a price now and 24 hours before, and says whether
        that is all of the amount.
        """
        return {
            "currency": self._currency,
            "amount": format_amount(self._amount) if self._valued or not self._left_out else None,
            "complete": not self._left_out,
            "as_of": self._as_of,
            "excluded": [
                {"currency": code, "reason": reason, "amount": format_amount(left_out)}
                for (code, reason), left_out in sorted(self._left_out.items())
            ],
            "change_24h": {
                "amount": format_amount(self._changed),
                "ratio": _ratio(self._changed, self._covered - self._changed),
                "complete": self._moving == self._valued,
                "covered": format_amount(self._covered),
            }
            if self._moving
            else None,
        }


def total(rows: Sequence[Mapping[str, Any]], currency: str, as_of: str | None) -> dict[str, Any]:
    """Return `value` of a document that has these rows, which are valued already."""
    found = _Total(currency, as_of)
    with localcontext(EXACT):
        for row in rows:
            if row["value"] is None:
                found.leave_out(row["currency"], row["price"], Decimal(row["balance"]))
            else:
                change = row["change_24h"]
                found.add(Decimal(row["value"]), change and Decimal(change["amount"]))
        return found.document()


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


def _ratio(change: Decimal, before: Decimal) -> str | None:
    """Return a change by what was before, None where that was nothing."""
    if not before:
        return None
    return format_amount(_RATIOS.quantize(_RATIOS.divide(change, before), _RATIO))

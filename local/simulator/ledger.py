"""What changed each account's balance in three years: the past that the simulated exchange shows.

Made from a seed, the same each run, and such that it ends at what the accounts show. Nothing here
depends on the clock: entries that have not happened yet are for the routes to leave out.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from functools import cache

from local.simulator.book import FIAT, HELD, OTHERS, identity
from local.simulator.market import DAY, STATES_AT_FIRST, STOPPED, Market

BEGINNING = 1_700_956_800
"""2023-11-26: nobody had anything before."""
END = 1_795_219_200
"""2026-11-21: nothing happens any more, so that the accounts stay what they are."""
SECOND = 1_000_000

EXACT = Context(prec=60)
"""The largest holding has more digits than Decimal's usual 28."""
_SIXTEEN = Decimal("1e-16")
_EIGHT = Decimal("1e-8")
_TAKER = Decimal("0.006")
# Of whom nothing is held any more, and what was never traded.
_SOLD_OUT = ("LTC", "AAVE")
_NEVER_TRADED = ("QX7", "SHIB", "DOT", "XLM")


@dataclass(frozen=True, slots=True)
class Entry:
    """`at` is microseconds since the epoch; `balance` is what there is after it."""

    id: int
    at: int
    currency: str
    type: str
    amount: Decimal
    balance: Decimal
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade of `size` of the book's base at `price`; `fee` is in its quote currency."""

    trade_id: int
    at: int
    book: str
    side: str
    price: Decimal
    size: Decimal
    fee: Decimal
    order_id: str


@dataclass(slots=True)
class Past:
    """Everything that an owner's accounts went through; entries by currency, oldest first."""

    entries: dict[str, list[Entry]] = field(default_factory=dict[str, list[Entry]])
    fills: list[Fill] = field(default_factory=list[Fill])


@cache
def past(owner: str) -> Past:
    """Return an owner's past; the same at every call."""
    with localcontext(EXACT):
        return _Writer(owner).write()


def history(owner: str) -> Mapping[str, Sequence[Entry]]:
    return past(owner).entries


@dataclass(slots=True)
class _Change:
    """`key` orders changes of one moment."""

    at: int
    key: int
    currency: str
    type: str
    amount: Decimal
    details: dict[str, str]


class _Writer:
    """Invents changes that never take more than there is, then settles what is held at the end."""

    def __init__(self, owner: str) -> None:
        held = OTHERS.get(owner, HELD)
        self._owner = owner
        self._rng = random.Random(f"ledger/{owner}")  # noqa: S311 - not for secrets
        # As it was while everything was traded.
        self._market = Market(dict.fromkeys(STATES_AT_FIRST, "online"))
        self._ends = {code: Decimal(a) + Decimal(b) for code, (a, b) in held.items()}
        self._have: dict[str, Decimal] = {}
        self._changes: list[_Change] = []
        self._past = Past()
        self._trades = 0
        self._number = 0

    def write(self) -> Past:
        rng = self._rng
        steps = 620 if self._owner == "default" else 60
        span = END - BEGINNING - 40 * DAY
        moments = sorted(BEGINNING + rng.random() * span for _ in range(steps))
        cash = next((code for code in ("USD", "EUR", "GBP") if code in self._ends), "USD")
        self._deposit(BEGINNING + 3_600.5, cash, Decimal("25000"))
        traded = [code for code in self._ends if code not in (*FIAT, *_NEVER_TRADED, "USDC")]
        traded += _SOLD_OUT if self._owner == "default" else ()
        for moment in moments:
            self._step(moment, cash, traded)
        if "USDC" in self._ends and cash == "USD":
            self._convert(moments[-1] + DAY)
        self._settle(END - 39 * DAY, cash, traded)
        return self._written()

    def _step(self, moment: float, cash: str, traded: Sequence[str]) -> None:
        rng, have = self._rng, self._have.get(cash, Decimal())
        turn = rng.random()
        if turn < 0.08 or have < 200:
            self._deposit(moment, cash, Decimal(rng.randrange(20_000, 900_000)) / 100)
        elif turn < 0.11:
            self._withdraw(moment, cash, (have * Decimal(rng.randrange(1, 20)) / 100))
        elif turn < 0.14:
            rebate = Decimal(rng.randrange(1, 900)) / 100
            self._change(moment, cash, "rebate", rebate, {"order_id": self._word("order")})
        elif turn < 0.18 and "USDC" in self._ends and cash == "USD":
            self._convert(moment)
        elif turn < 0.2:
            self._coins_move(moment, traded)
        elif traded:
            self._trade(moment, rng.choice(traded), cash)

    def _coins_move(self, moment: float, traded: Sequence[str]) -> None:
        code = self._rng.choice([*traded, *(c for c in _NEVER_TRADED if c in self._ends)])
        have = self._have.get(code, Decimal())
        if have and self._rng.random() < 0.5:
            self._withdraw(moment, code, have * Decimal(self._rng.randrange(1, 60)) / 100)
        else:
            end = self._ends.get(code, Decimal(3))
            self._deposit(moment, code, end * Decimal(self._rng.randrange(1, 60)) / 100)

    def _trade(self, moment: float, code: str, cash: str) -> None:
        book = f"{code}-{cash}"
        if moment >= STOPPED.get(STATES_AT_FIRST.get(book, "online"), END):
            return
        at = int(moment * SECOND)
        price = self._market.last(book, moment).price
        have, coins = self._have.get(cash, Decimal()), self._have.get(code, Decimal())
        selling = coins > 0 and self._rng.random() < 0.45
        share = Decimal(self._rng.randrange(2, 30)) / 100
        size = ((coins if selling else have * share / price) * share * 3).quantize(_EIGHT)
        size = min(size, coins) if selling else size
        value = size * price
        fee = (value * _TAKER).quantize(_SIXTEEN)
        if not size or (not selling and value + fee > have):
            return
        order, self._trades = self._word("order"), self._trades + 1
        about = {"order_id": order, "product_id": book, "trade_id": str(self._trades)}
        side = "sell" if selling else "buy"
        # All three at one moment, as a match makes them.
        self._change(at / SECOND, code, "match", -size if selling else size, about)
        self._change(at / SECOND, cash, "match", value if selling else -value, about)
        self._change(at / SECOND, cash, "fee", -fee, about)
        self._past.fills.append(Fill(self._trades, at, book, side, price, size, fee, order))

    def _convert(self, moment: float) -> None:
        have = self._have.get("USD", Decimal())
        amount = (have * Decimal(self._rng.randrange(1, 10)) / 100).quantize(Decimal("0.01"))
        about = {"conversion_id": self._word("conversion")}
        if amount:
            self._change(moment, "USD", "conversion", -amount, about)
            self._change(moment, "USDC", "conversion", amount, about)

    def _settle(self, moment: float, cash: str, traded: Sequence[str]) -> None:
        """Bring every balance to what the accounts show: sell what is too much, move the rest."""
        for place, code in enumerate(traded):
            have, end = self._have.get(code, Decimal()), self._ends.get(code, Decimal())
            if have > end and code != cash:
                self._sell(moment + 60 * place, code, cash, have - end)
        for place, code in enumerate(sorted({*self._have, *self._ends})):
            have, end = self._have.get(code, Decimal()), self._ends.get(code, Decimal())
            at = moment + DAY + 3_600 * place
            if have < end:
                self._deposit(at, code, end - have, exact=True)
            elif have > end:
                self._withdraw(at, code, have - end, exact=True)

    def _sell(self, moment: float, code: str, cash: str, much: Decimal) -> None:
        book, size = f"{code}-{cash}", much.quantize(_EIGHT, rounding="ROUND_DOWN")
        if not size or moment >= STOPPED.get(STATES_AT_FIRST.get(book, "online"), END):
            return
        price = self._market.last(book, moment).price
        fee = (size * price * _TAKER).quantize(_SIXTEEN)
        order, self._trades = self._word("order"), self._trades + 1
        about = {"order_id": order, "product_id": book, "trade_id": str(self._trades)}
        self._change(moment, code, "match", -size, about)
        self._change(moment, cash, "match", size * price, about)
        self._change(moment, cash, "fee", -fee, about)
        at = int(moment * SECOND)
        self._past.fills.append(Fill(self._trades, at, book, "sell", price, size, fee, order))

    def _deposit(self, moment: float, code: str, amount: Decimal, *, exact: bool = False) -> None:
        amount = amount if exact else amount.quantize(_EIGHT)
        if amount > 0:
            self._change(moment, code, "transfer", amount, self._transfer("deposit"))

    def _withdraw(self, moment: float, code: str, amount: Decimal, *, exact: bool = False) -> None:
        amount = amount if exact else amount.quantize(_EIGHT, rounding="ROUND_DOWN")
        if amount > 0:
            self._change(moment, code, "transfer", -amount, self._transfer("withdraw"))

    def _transfer(self, kind: str) -> dict[str, str]:
        return {"transfer_id": self._word("transfer"), "transfer_type": kind}

    def _change(
        self, moment: float, code: str, kind: str, amount: Decimal, details: dict[str, str]
    ) -> None:
        self._have[code] = self._have.get(code, Decimal()) + amount
        at = round(moment * SECOND)
        self._changes.append(_Change(at, len(self._changes), code, kind, amount, details))

    def _written(self) -> Past:
        balances: dict[str, Decimal] = {}
        for number, change in enumerate(sorted(self._changes, key=lambda one: (one.at, one.key))):
            balance = balances.get(change.currency, Decimal()) + change.amount
            balances[change.currency] = balance
            self._past.entries.setdefault(change.currency, []).append(
                Entry(
                    id=1_000_000 + number,
                    at=change.at,
                    currency=change.currency,
                    type=change.type,
                    amount=change.amount,
                    balance=balance,
                    details=change.details,
                )
            )
        return self._past

    def _word(self, what: str) -> str:
        self._number += 1
        return identity(what, self._owner, str(self._number))

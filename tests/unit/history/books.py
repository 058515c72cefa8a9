"""Ledgers for tests, made from a seed, and what is true of them, worked out in another way."""

import random
from dataclasses import dataclass, field
from decimal import Decimal

from holdings.core.history.entries import DAY, Entry
from tests.builders import NOW

MICROSECONDS = 1_000_000
KINDS = ("trade", "trade", "trade", "deposit", "withdrawal", "fee", "rebate", "interest")
TODAY = int(NOW) // 86_400


@dataclass
class TrueBook:
    """Accounts' entries, oldest first, and their currencies."""

    entries: dict[str, list[Entry]] = field(default_factory=dict[str, list[Entry]])
    currencies: dict[str, str] = field(default_factory=dict[str, str])
    next_id: int = 100_000

    def add(self, account: str, at: int, amount: Decimal, kind: str = "trade") -> None:
        entries = self.entries.setdefault(account, [])
        balance = (Decimal(entries[-1].balance) if entries else Decimal()) + amount
        self.next_id += 1
        details = {"product_id": "BTC-USD", "order_id": f"order-{self.next_id % 7}"}
        entries.append(Entry(str(self.next_id), at, kind, f"{amount:f}", f"{balance:f}", details))

    def balance(self, account: str, day: int) -> Decimal | None:
        """What the account had at the end of a day; None before its first entry."""
        until = [one for one in self.entries[account] if one.at < (day + 1) * DAY]
        return Decimal(until[-1].balance) if until else None

    @property
    def ids(self) -> list[str]:
        return sorted(one.id for entries in self.entries.values() for one in entries)


def make_book(seed: int, *, accounts: int = 3, entries: int = 40, days: int = 400) -> TrueBook:
    """Each account's entries over so many days until yesterday, some at one moment."""
    rng, book = random.Random(seed), TrueBook()  # noqa: S311 - not for secrets
    for number in range(accounts):
        account = f"{rng.getrandbits(128):032x}"
        book.currencies[account] = ("BTC", "USD", "ETH", "SOL", "ADA")[number % 5]
        first = (TODAY - days) * DAY
        moments = sorted(rng.randrange(first, TODAY * DAY) for _ in range(rng.randint(0, entries)))
        for place, moment in enumerate(moments):
            tie = place and rng.random() < 0.2
            grow(book, account, rng, moments[place - 1] if tie else moment)
    return book


def grow(book: TrueBook, account: str, rng: random.Random, at: int) -> None:
    entries = book.entries.get(account, [])
    at = max(at, entries[-1].at) if entries else at
    held = Decimal(entries[-1].balance) if entries else Decimal()
    amount = Decimal(rng.randrange(1, 10**10)).scaleb(-8)
    if held and rng.random() < 0.45:
        amount = -held if rng.random() < 0.1 else -min(held, amount)
    kind = rng.choice(KINDS)
    book.add(account, at, amount, "deposit" if kind == "withdrawal" and amount > 0 else kind)

"""Lines of an exchange's ledger, in the order in which they changed an account's balance."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from holdings.core.money import EXACT

SECOND = 1_000_000
"""Moments of entries are whole microseconds since the epoch."""
DAY = 86_400 * SECOND

TRADE, DEPOSIT, WITHDRAWAL = "trade", "deposit", "withdrawal"
FEE, REBATE, CONVERSION, OTHER = "fee", "rebate", "conversion", "other"
KINDS = (TRADE, DEPOSIT, WITHDRAWAL, FEE, REBATE, CONVERSION, OTHER)
"""What is summed by; a kind that is none of them counts as `other`."""

# Of one moment: beyond that many, their own order is taken as it is.
_MOST_TIES = 200


class Entry(NamedTuple):
    """`amount` is signed, `balance` what the account had after it; both as the exchange wrote them.

    `at` is microseconds since the epoch. `kind` is one of KINDS, or what the exchange calls one
    that nobody here knows.
    """

    id: str
    at: int
    kind: str
    amount: str
    balance: str
    details: Mapping[str, str]

    @property
    def before(self) -> Decimal:
        """What the account had before it."""
        return EXACT.subtract(Decimal(self.balance), Decimal(self.amount))


class LedgerPage(NamedTuple):
    """Entries of one account, newest first, and the cursor to older ones, "" where none are."""

    entries: Sequence[Entry]
    older: str


class Break(NamedTuple):
    """Two entries between which others are missing: one `ended` at what the next did not begin at.

    `older` and `newer` are their moments.
    """

    older: int
    newer: int
    ended: Decimal
    began: Decimal


def moment_order(entry: Entry) -> tuple[int, int, str]:
    """Sort by moment, then id: ids are numbers without leading zeros, or else any texts."""
    return entry.at, len(entry.id), entry.id


def united(known: Iterable[Entry], more: Iterable[Entry]) -> list[Entry]:
    """Return the entries of both, each id once, oldest first.

    Of two with one id the one that stood first stays: an exchange never changes an entry.
    """
    found = {entry.id: entry for entry in more}
    found.update((entry.id, entry) for entry in known)
    return in_order(found.values())


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return them oldest first; those of one moment such that each begins where another ended."""
    ordered: list[Entry] = []
    for _, group in groupby(sorted(entries, key=moment_order), key=lambda entry: entry.at):
        ties = list(group)
        if len(ties) > 1:
            ties = _chained(ties, Decimal(ordered[-1].balance) if ordered else None)
        ordered.extend(ties)
    return ordered


def breaks(ordered: Sequence[Entry]) -> list[Break]:
    """Return where entries are missing between those that there are."""
    found: list[Break] = []
    balance: Decimal | None = None
    for number, entry in enumerate(ordered):
        if balance is not None and (began := entry.before) != balance:
            found.append(Break(ordered[number - 1].at, entry.at, balance, began))
        balance = Decimal(entry.balance)
    return found


def _chained(ties: list[Entry], balance: Decimal | None) -> list[Entry]:
    if not breaks(ties) and balance in (None, ties[0].before):
        return ties
    if len(ties) > _MOST_TIES:
        return ties
    if balance is None:
        # It begins with what no other one of them leads to, or where that is a circle at nothing.
        after = {Decimal(entry.balance) for entry in ties}
        starts = [entry.before for entry in ties]
        balance = next((start for start in starts if start not in after), None)
        if balance is None:
            balance = Decimal() if Decimal() in starts else starts[0]
    left, chained = list(ties), list[Entry]()
    while left:
        following = next((entry for entry in left if entry.before == balance), None)
        if following is None:
            return ties  # whatever the order, some are missing
        left.remove(following)
        chained.append(following)
        balance = Decimal(following.balance)
    return chained

"""A connection's month as it is kept: its entries, and what they did to each day's balances.

Both are JSON, compressed. The second is made of the first alone and is many times smaller, so that
ten years are read at once. Whatever is read back is checked: the table may hold anything.
"""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from functools import lru_cache
from hashlib import blake2s
from typing import Any, NamedTuple, cast

from holdings.core.history.entries import (
    DAY,
    KINDS,
    OTHER,
    TRADE,
    Break,
    Entry,
    breaks,
    united,
)
from holdings.core.money import EXACT, format_amount, parse_amount

_VERSION = 1
_MOST_CHARACTERS = 48 * 1024 * 1024
_EPOCH = date(1970, 1, 1).toordinal()
# Letters for kinds; trades are what the others leave of a day's change.
_LETTERS = {kind: kind[0] for kind in KINDS if kind != TRADE}
_BY_LETTER = {letter: kind for kind, letter in _LETTERS.items()}
_DECODER = json.JSONDecoder()

# An account of a connection: its id, and the currency that it is in.
Account = tuple[str, str]


class BrokenMonth(ValueError):
    """Bytes that no version of this program has written."""


def month_of(at: int) -> str:
    """Return "2026-11" of microseconds since the epoch."""
    return _month_of_day(at // DAY)


@lru_cache(maxsize=8_192)
def _month_of_day(day: int) -> str:
    return date.fromordinal(day + _EPOCH).strftime("%Y-%m")


def first_day(month: str) -> int:
    """Return a month's first day, as days since the epoch. Raises ValueError."""
    return date.fromisoformat(f"{month}-01").toordinal() - _EPOCH


def end_of(month: str) -> int:
    """Return the moment at which a month is over, in microseconds. Raises ValueError."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
    return first_day(f"{year:04}-{number + 1:02}") * DAY


@lru_cache(maxsize=1_024)
def account_key(account_id: str) -> str:
    """Return seven characters for an account's id, which is long and would stand in every month."""
    digest = blake2s(account_id.encode("utf-8", "surrogatepass"), digest_size=5).digest()
    return b64encode(digest).decode().rstrip("=")


def day_number(day: date) -> int:
    return day.toordinal() - _EPOCH


def day_text(number: int) -> str:
    """Return "2026-11-21" of days since the epoch."""
    return date.fromordinal(number + _EPOCH).isoformat()


@dataclass(slots=True)
class Month:
    """The entries of one month by account, each list oldest first."""

    accounts: dict[Account, list[Entry]]

    def add(self, account: Account, entries: Iterable[Entry]) -> int:
        """Unite with what is known; return how many were new."""
        known = self.accounts.get(account, [])
        self.accounts[account] = together = united(known, entries)
        return len(together) - len(known)

    @property
    def count(self) -> int:
        return sum(len(entries) for entries in self.accounts.values())

    def pack(self) -> bytes:
        """Return the same bytes for the same entries, in whichever order they came."""
        rows = [
            [
                *account,
                entries,
            ]
            for account, entries in sorted(self.accounts.items())
        ]
        # A twelfth more bytes than at best, in a third of the time: it is written several times.
        return _pack({"v": _VERSION, "accounts": rows}, level=1)

    @classmethod
    def unpack(cls, packed: bytes) -> "Month":
        """Raises BrokenMonth."""
        accounts: dict[Account, list[Entry]] = {}
        try:
            for account, currency, rows in _unpack(packed)["accounts"]:
                accounts[account, currency] = [Entry(*row) for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise BrokenMonth(f"not a month: {type(error).__name__}") from None
        return cls(accounts)

    def summary(self) -> "list[Summary]":
        return [
            _summary(account, entries)
            for account, entries in sorted(self.accounts.items())
            if entries
        ]


class Flow(NamedTuple):
    """The sum of a day's entries of a kind; `day` is days since the epoch."""

    day: int
    kind: str
    amount: Decimal


class Summary(NamedTuple):
    """What one account's entries of a month come to.

    `opening` is the balance before the first entry; `balances` are (day, balance at its end) of
    days with entries, oldest first; `flows` are of all kinds but trades. `first` and `last` are the
    moments of the first and the last entry, in microseconds.
    """

    key: str
    currency: str
    opening: Decimal
    balances: Sequence[tuple[int, Decimal]]
    flows: Sequence[Flow]
    breaks: Sequence[Break]
    first: int
    last: int
    entries: int

    @property
    def closing(self) -> Decimal:
        return self.balances[-1][1]


def _summary(account: Account, entries: Sequence[Entry]) -> Summary:
    balances: dict[int, Decimal] = {}
    flows: dict[tuple[int, str], Decimal] = {}
    with localcontext(EXACT):
        for entry in entries:
            day = entry.at // DAY
            balances[day] = Decimal(entry.balance)
            kind = entry.kind if entry.kind in KINDS else OTHER
            if kind != TRADE:
                flows[day, kind] = flows.get((day, kind), Decimal()) + Decimal(entry.amount)
    return Summary(
        key=account_key(account[0]),
        currency=account[1],
        opening=entries[0].before,
        balances=list(balances.items()),
        flows=[Flow(day, kind, amount) for (day, kind), amount in sorted(flows.items())],
        breaks=breaks(entries),
        first=entries[0].at,
        last=entries[-1].at,
        entries=len(entries),
    )


def with_reading(
    known: Sequence[Summary],
    read: Mapping[str, tuple[str, Decimal]],
    day: int,
    at: int,
) -> list[Summary]:
    """Return a month's summaries with a reading at `at`, which is its day's last one so far.

    `read` maps an account's id to its currency and balance. There are no entries.
    """
    by_key = {summary.key: summary for summary in known}
    for account, (currency, balance) in read.items():
        key = account_key(account)
        summary = by_key.get(key)
        if summary is None:
            by_key[key] = Summary(key, currency, balance, [(day, balance)], [], [], at, at, 0)
        else:
            balances = sorted({**dict(summary.balances), day: balance}.items())
            by_key[key] = summary._replace(balances=balances, last=max(at, summary.last))
    return [by_key[key] for key in sorted(by_key)]


def pack_summary(month: str, summaries: Sequence[Summary]) -> bytes:
    start = first_day(month)
    rows: list[list[Any]] = []
    for one in summaries:
        flows: dict[str, list[list[Any]]] = {}
        for flow in one.flows:
            written = [flow.day - start, format_amount(flow.amount)]
            flows.setdefault(_LETTERS[flow.kind], []).append(written)
        balances = [[day - start, format_amount(balance)] for day, balance in one.balances]
        gaps = [
            [gap.older, gap.newer, format_amount(gap.ended), format_amount(gap.began)]
            for gap in one.breaks
        ]
        opening, when = format_amount(one.opening), [one.first, one.last, one.entries]
        rows.append([one.key, one.currency, opening, balances, flows, gaps, *when])
    return _pack({"v": _VERSION, "accounts": rows})


def unpack_summary(month: str, packed: bytes) -> list[Summary]:
    """Raises BrokenMonth."""
    try:
        start = first_day(month)
        return [_read(row, start) for row in _unpack(packed)["accounts"]]
    except (KeyError, TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise BrokenMonth(f"not a summary: {type(error).__name__}") from None


def _read(row: Sequence[Any], start: int) -> Summary:
    key, currency, opening, balances, flows, broken, first, last, count = row
    read = [(start + int(day), Decimal(balance)) for day, balance in balances]
    if not read:
        raise ValueError("no balance")
    summed = [
        Flow(start + int(day), _BY_LETTER[letter], Decimal(amount))
        for letter, days in cast("Mapping[str, Any]", flows).items()
        for day, amount in days
    ]
    gaps = [
        Break(int(older), int(newer), Decimal(ended), Decimal(began))
        for older, newer, ended, began in broken
    ]
    return Summary(
        str(key),
        str(currency),
        parse_amount(opening),
        read,
        summed,
        gaps,
        int(first),
        int(last),
        int(count),
    )


def _pack(document: object, level: int = 6) -> bytes:
    text = json.dumps(document, separators=(",", ":"))
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("too large to be kept")
    return zlib.compress(text.encode(), level)


def _unpack(packed: bytes) -> dict[str, Any]:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, _MOST_CHARACTERS).decode()
        document: object = _DECODER.decode(text)
    except (zlib.error, ValueError, RecursionError):
        raise BrokenMonth("not packed") from None
    if not (unpacking.eof and isinstance(document, dict)):
        raise BrokenMonth("not packed whole")
    read = cast("dict[str, Any]", document)
    if read.get("v") != _VERSION:
        raise BrokenMonth("of another version")
    return read

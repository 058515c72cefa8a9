"""A sample past for `DEMO_MODE`: fourteen months of entries that lead to the sample holdings."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from holdings.adapters.demo import DemoExchange
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import DEFAULT_CURRENCY, Connection
from holdings.core.errors import Forbidden
from holdings.core.history.entries import DAY, DEPOSIT, FEE, SECOND, TRADE, WITHDRAWAL, Entry
from holdings.core.history.months import Month, month_of, pack_summary
from holdings.core.history.progress import Balances, Progress
from holdings.core.record_ports import KeptMonth, KeptSummary

_CONNECTION = Connection("de" * 16, "coinbase_exchange", "Sample account", "demo", "demo", 0)
_FIRST_DAYS_AGO, _EVERY_DAYS = 420, 14
# What is bought and sold in turn, in hundredths of what is held in the end.
_SHARES = (30, 15, -10, 25, 10, -5, 20)
_CASH = ("USD", "EUR", "USDC")
_BEGUN = Decimal(25_000)


class DemoSources:
    """Implements what HistoryService asks of sources: one connection, of whoever looks."""

    def of(self, viewer: str, deadline: Deadline) -> list[Connection]:
        return [_CONNECTION]

    def currency(self, viewer: str, deadline: Deadline) -> str:
        return DEFAULT_CURRENCY


class DemoHistory:
    """Implements `holdings.core.record_ports.HistoryRecords` for reading."""

    def __init__(self, clock: Clock) -> None:
        self._today = int(clock.now()) * SECOND // DAY
        self._months: dict[str, Month] = {}
        accounts = DemoExchange().accounts(Deadline.after(1, clock))
        ends = {one.id: (one.currency, one.balance) for one in accounts if one.balance}
        for number, (identity, (currency, end)) in enumerate(ends.items(), 1):
            for entry in _entries(self._today, 1_000 * number, currency, end):
                month = self._months.setdefault(month_of(entry.at), Month({}))
                month.add((identity, currency), [entry])
        count = sum(month.count for month in self._months.values())
        until = self._today * DAY
        first = (self._today - _FIRST_DAYS_AGO) * DAY
        self._progress = Progress(
            "done", read_until=until, entries=count, oldest=first, balances=Balances(until, ends)
        )

    def progress(self, viewer: str, connection_id: str, deadline: Deadline) -> Progress:
        return self._progress

    def summaries(
        self, viewer: str, connection_id: str, deadline: Deadline
    ) -> Sequence[KeptSummary]:
        return [
            KeptSummary(name, pack_summary(name, month.summary()), partial=False)
            for name, month in sorted(self._months.items())
        ]

    def month_until(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> str | None:
        return max((name for name in self._months if name <= month), default=None)

    def month(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> KeptMonth | None:
        kept = self._months.get(month)
        return kept and KeptMonth(kept.pack(), b"", partial=False)

    def put_progress(
        self, viewer: str, connection_id: str, progress: Progress, deadline: Deadline
    ) -> Progress:
        raise _refused()

    def put_month(
        self, viewer: str, connection_id: str, month: str, kept: KeptMonth, deadline: Deadline
    ) -> None:
        raise _refused()

    def forget_history(self, viewer: str, connection_id: str, deadline: Deadline) -> None:
        raise _refused()


def _refused() -> Forbidden:
    return Forbidden("the demo keeps nothing: unset DEMO_MODE")


def _entries(today: int, number: int, currency: str, end: Decimal) -> Iterator[Entry]:
    """Yield an account's entries, which lead from nothing to `end`."""
    day, balance = today - _FIRST_DAYS_AGO, Decimal()
    changes = [*_changes(currency, end)]
    for place, (kind, amount) in enumerate(changes):
        balance += amount
        at = (day + place * _EVERY_DAYS) * DAY + (9 * 3_600 + number % 3_601) * SECOND
        details = {"product_id": f"{currency}-USD"} if kind == TRADE else {}
        yield Entry(str(number + place), at, kind, f"{amount:f}", f"{balance:f}", details)


def _changes(currency: str, end: Decimal) -> Iterator[tuple[str, Decimal]]:
    if currency not in _CASH:
        for share in _SHARES:
            yield TRADE, end * share / 100
        yield TRADE, end * (100 - sum(_SHARES)) / 100
        return
    yield DEPOSIT, _BEGUN
    for step in range(1, 9):
        yield (TRADE, -Decimal(step * 311)) if step % 3 else (FEE, -Decimal(step) / 2)
    spent = sum(step * 311 for step in range(1, 9) if step % 3) + Decimal(9) / 2
    yield WITHDRAWAL if end < _BEGUN - spent else DEPOSIT, end - (_BEGUN - spent)

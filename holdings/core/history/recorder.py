"""Writes what was read of a ledger: each month's entries and summary together, each entry once."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from holdings.core.clock import Deadline
from holdings.core.errors import Conflict, ExchangeInvalidResponse
from holdings.core.history.entries import DAY, Entry
from holdings.core.history.months import (
    Account,
    BrokenMonth,
    Month,
    Summary,
    end_of,
    first_day,
    month_of,
    pack_summary,
    unpack_summary,
    with_reading,
)
from holdings.core.history.progress import Balances
from holdings.core.record_ports import HistoryRecords, KeptMonth

_ATTEMPTS = 4


class Recorder:
    """Gathers entries of one connection until they are written."""

    def __init__(self, records: HistoryRecords, viewer: str, connection_id: str) -> None:
        self._records = records
        self._viewer = viewer
        self._connection_id = connection_id
        self._months: dict[str, dict[Account, list[Entry]]] = {}
        self.waiting = 0
        self.oldest: int | None = None

    def add(self, account: Account, entries: Sequence[Entry]) -> None:
        for entry in entries:
            month = self._months.setdefault(month_of(entry.at), {})
            month.setdefault(account, []).append(entry)
            self.oldest = entry.at if self.oldest is None else min(self.oldest, entry.at)
        self.waiting += len(entries)

    def write(self, covered: tuple[int, int] | None, deadline: Deadline) -> int:
        """Write all of it; return how many entries are new.

        `covered` is between which moments everything has been read by now: a month that reaches
        beyond is marked as a partial one.
        """
        new = 0
        for month in sorted(self._months, reverse=True):
            new += self._write(month, self._months[month], covered, deadline)
        self._months.clear()
        self.waiting = 0
        return new

    def write_reading(
        self, balances: Balances, before: Balances | None, deadline: Deadline
    ) -> None:
        """Write what there is in each account as the last reading of its day.

        What was there `before` and is not any more is there at 0.
        """
        read: dict[str, tuple[str, Decimal]] = {}
        if before:
            read |= {one: (currency, Decimal()) for one, (currency, _) in before.of.items()}
        read |= balances.of
        month, day = month_of(balances.at), balances.at // DAY
        for _ in range(_ATTEMPTS):
            kept = self._records.month(self._viewer, self._connection_id, month, deadline)
            summaries = with_reading(_summaries(month, kept), read, day, balances.at)
            written = KeptMonth(
                Month({}).pack(),
                pack_summary(month, summaries),
                partial=True,
                version=kept.version if kept else 0,
            )
            try:
                self._records.put_month(self._viewer, self._connection_id, month, written, deadline)
            except Conflict:
                continue
            return
        raise Conflict("the history is being read by others too: try again")

    def complete(self, covered: tuple[int, int] | None, deadline: Deadline) -> None:
        """Mark those months as whole that have been partial until now."""
        for kept in self._records.summaries(self._viewer, self._connection_id, deadline):
            if kept.partial and not is_partial(kept.month, covered):
                self._write(kept.month, {}, covered, deadline)

    def _write(
        self,
        month: str,
        accounts: Mapping[Account, Sequence[Entry]],
        covered: tuple[int, int] | None,
        deadline: Deadline,
    ) -> int:
        partial = is_partial(month, covered)
        for _ in range(_ATTEMPTS):
            kept = self._records.month(self._viewer, self._connection_id, month, deadline)
            whole = _unpacked(kept)
            new = sum([whole.add(account, entries) for account, entries in accounts.items()])
            if kept and not new and kept.partial == partial:
                return 0
            written = KeptMonth(
                whole.pack(),
                pack_summary(month, whole.summary()),
                partial,
                kept.version if kept else 0,
            )
            try:
                self._records.put_month(self._viewer, self._connection_id, month, written, deadline)
            except Conflict:
                continue  # another worker has written it: what it wrote is added to
            except ValueError:
                raise ExchangeInvalidResponse(
                    f"the ledger has more entries in {month} than are kept of a month: its history "
                    "is known as far as it was read"
                ) from None
            return new
        raise Conflict("the history is being read by others too: try again")


def is_partial(month: str, covered: tuple[int, int] | None) -> bool:
    """Whether more of a month may come, where everything between two moments has been read."""
    if covered is None:
        return True
    return first_day(month) * DAY < covered[0] or end_of(month) > covered[1]


def _summaries(month: str, kept: KeptMonth | None) -> list[Summary]:
    try:
        return unpack_summary(month, kept.summary) if kept else []
    except BrokenMonth:
        return []


def _unpacked(kept: KeptMonth | None) -> Month:
    """What cannot be read is read from the exchange again, if it is there: it counts as nothing."""
    try:
        return Month.unpack(kept.entries) if kept else Month({})
    except BrokenMonth:
        return Month({})

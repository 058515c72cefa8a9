"""Gathers the facts of a viewer: the days and entries of the history, and what the cache has."""

import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from holdings.core.clock import Deadline
from holdings.core.connections import DEFAULT_CURRENCY, SHARED_ID
from holdings.core.errors import ExchangeUnavailable, InvalidRequest
from holdings.core.history.closing_prices import CLOSES_FAILED, PENDING
from holdings.core.history.entries import DAY
from holdings.core.history.months import BrokenMonth, Month, end_of, first_day, month_of
from holdings.core.history.service import ConnectionHistory, History, Point
from holdings.core.insights.facts import (
    LONGEST_CODE,
    ConnectionFacts,
    DayFacts,
    EntryCount,
    Facts,
    HeldAsset,
    Hold,
    Mismatch,
    SourceNow,
)
from holdings.core.insights.features import PERIODS
from holdings.core.insights.latest import reading_of
from holdings.core.insights.observed import MOST_MISMATCHES
from holdings.core.money import EXACT
from holdings.core.record_ports import HistoryRecords

logger = logging.getLogger(__name__)

# A request reads only so many closes anew: what it leaves comes with the next one.
_MOST_ROUNDS = 12
_ROUND_SECONDS = 30.0


class Histories(Protocol):
    def history(
        self,
        viewer: str,
        *,
        first: int | None = None,
        last: int | None = None,
        currency: str | None = None,
        by_asset: bool = False,
    ) -> History: ...


class Now(Protocol):
    """Raises CacheUnavailable."""

    def answer(self, viewer: str, deadline: Deadline) -> str | None: ...

    def source(self, connection_id: str, deadline: Deadline) -> SourceNow: ...


class Gathering:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        histories: Histories,
        records: HistoryRecords | None,
        now: Now,
        with_shared: bool = False,
    ) -> None:
        """`with_shared` counts what the shared connection holds now as the viewer's own."""
        self._histories = histories
        self._records = records
        self._now = now
        self._shared = {SHARED_ID} if with_shared else set[str]()

    def facts(
        self,
        viewer: str,
        window: int,
        currency: str,
        holds: Sequence[Hold],
        deadline: Deadline,
    ) -> Facts:
        """Raises RecordsUnavailable, Misconfigured, CacheUnavailable, or ExchangeUnavailable.

        The last where no market says what anything was worth: it is not that nothing has a price.
        """
        last = window * 1_000_000 // DAY - 1
        first = last - PERIODS[-1] + 1
        history = self._history(viewer, first, last, currency, deadline)
        found = history.connections
        ids = {one.connection.id for one in found}
        payload = self._now.answer(viewer, deadline)
        unknown = max((one.days.unknown_through for one in found), default=last)
        return Facts(
            window=window,
            currency=history.currency,
            days=[_day(point, unknown) for point in history.points if point.day <= last],
            active=frozenset(day for one in found for day in _active(one)),
            entries=self._entries(viewer, found, first, last, deadline),
            flows_known=all(_has_ledger(one) for one in found),
            reading=reading_of(payload, window, ids | self._shared),
            connections=[_connection(one) for one in found],
            sources=[self._now.source(one, deadline) for one in sorted(ids)],
            holds=holds,
        )

    def _history(
        self, viewer: str, first: int, last: int, currency: str, deadline: Deadline
    ) -> History:
        rounds = 1
        while True:
            try:
                history = self._histories.history(
                    viewer, first=first, last=last, currency=currency, by_asset=True
                )
            except InvalidRequest:
                if currency == DEFAULT_CURRENCY:
                    raise
                # No price leads there any more.
                currency = DEFAULT_CURRENCY
                continue
            codes = {warning.code: warning.detail for warning in history.warnings}
            if CLOSES_FAILED in codes:
                raise ExchangeUnavailable(codes[CLOSES_FAILED])
            rounds += 1
            late = rounds > _MOST_ROUNDS or deadline.remaining() < _ROUND_SECONDS
            if late or PENDING not in codes:
                return history

    def _entries(
        self,
        viewer: str,
        found: Sequence[ConnectionHistory],
        first: int,
        last: int,
        deadline: Deadline,
    ) -> list[EntryCount]:
        """Count what each month lists; one month of one connection is in memory at a time."""
        counts: dict[tuple[int, str], int] = {}
        if not (records := self._records):
            return []
        for one in found:
            for month in _months(one, first, last):
                kept = records.month(viewer, one.connection.id, month, deadline)
                for day, kind in _listed(kept.entries) if kept else ():
                    if first <= day <= last:
                        counts[day, kind] = counts.get((day, kind), 0) + 1
        return [EntryCount(day, kind, count) for (day, kind), count in sorted(counts.items())]


def _months(one: ConnectionHistory, first: int, last: int) -> list[str]:
    """Return the months of these days that have entries."""
    return sorted(
        {
            month
            for track in one.days.tracks.values()
            for summary in track.summaries
            if summary.entries
            for month in [month_of(summary.first)]
            if first_day(month) <= last and end_of(month) // DAY > first
        }
    )


def _listed(packed: bytes) -> list[tuple[int, str]]:
    try:
        accounts = Month.unpack(packed).accounts
    except BrokenMonth:
        logger.error(  # noqa: TRY400 - its traceback says nothing more
            "a month of a history is not as it was written",
            extra={"event": "records_failure", "code": "broken"},
        )
        return []
    return [(entry.at // DAY, entry.kind) for entries in accounts.values() for entry in entries]


def _day(point: Point, unknown: int) -> DayFacts:
    """`unknown` is the last day of which some connection is not known at all."""
    balances: dict[str, Decimal] = {}
    values: dict[str, Decimal | None] = {}
    known = point.day > unknown
    for one in point.assets:
        if one.balance is None:
            known = False
            continue
        if one.balance <= 0:
            continue
        code = one.currency[:LONGEST_CODE]
        balances[code] = EXACT.add(balances.get(code, Decimal()), one.balance)
        before = values.get(code, Decimal())
        unpriced = one.value is None or before is None
        values[code] = None if unpriced else EXACT.add(before or Decimal(), one.value or Decimal())
    moved = point.moved
    return DayFacts(
        day=point.day,
        value=point.value,
        known=known,
        deposits=moved.deposits,
        withdrawals=moved.withdrawals,
        assets=[HeldAsset(code, balances[code], values[code]) for code in sorted(balances)],
    )


def _active(one: ConnectionHistory) -> set[int]:
    """Return the days on which an entry or a reading changed a balance."""
    ledger = _has_ledger(one)
    found: set[int] = set()
    for track in one.days.tracks.values():
        balance = track.opening
        for summary in track.summaries:
            for day, at_end in summary.balances:
                if ledger or at_end != balance:
                    found.add(day)
                balance = at_end
    return found


def _has_ledger(one: ConnectionHistory) -> bool:
    return one.progress is None or one.progress.ledger


def _connection(one: ConnectionHistory) -> ConnectionFacts:
    connection, progress = one.connection, one.progress
    error = connection.last_error or (progress.last_error if progress else None)
    return ConnectionFacts(
        id=connection.id,
        label=connection.label,
        status=connection.status,
        rights=connection.rights,
        error=error.code[:LONGEST_CODE] if error else None,
        mismatches=[
            Mismatch(
                difference.currency[:LONGEST_CODE],
                difference.reason,
                difference.ledger,
                difference.reading,
            )
            for difference in (one.differences() or ())[:MOST_MISMATCHES]
        ],
    )

"""What a viewer sees of the past: values by day, the ledger's entries, and a day's statement."""

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.errors import (
    Conflict,
    HoldingsError,
    InvalidRequest,
    NotFound,
)
from holdings.core.history.closes import Closes
from holdings.core.history.closing_prices import ClosingPrices, Listings, Priced
from holdings.core.history.days import Days, Difference
from holdings.core.history.entries import DAY, SECOND
from holdings.core.history.months import BrokenMonth, Flow, day_number, unpack_summary
from holdings.core.history.progress import Progress
from holdings.core.history.worth import Asset, Held, Moved, held, moved, totals, unscaled
from holdings.core.ports import JobQueue
from holdings.core.record_ports import HistoryRecords
from holdings.core.service import DEADLINE_SECONDS
from holdings.core.side_by_side import side_by_side
from holdings.core.snapshot import Notice

logger = logging.getLogger(__name__)

Interval = Literal["day", "week", "month"]

MOST_POINTS_BY_ASSET = 1_100
# A viewer who looks has it read on, and no oftener.
_ASK_AGAIN_SECONDS = 600


class Sources(Protocol):
    def of(self, viewer: str, deadline: Deadline) -> Sequence[Connection]: ...

    def currency(self, viewer: str, deadline: Deadline) -> str: ...


class ConnectionHistory(NamedTuple):
    """One connection's past; `progress` is None where nobody has begun to read it."""

    connection: Connection
    progress: Progress | None
    days: Days

    @property
    def since(self) -> int | None:
        return self.days.since

    def differences(self) -> list[Difference] | None:
        return self.days.differences()


class Point(NamedTuple):
    """A day at whose end everything stands, and what moved in the period that it ends."""

    day: int
    value: Decimal | None
    complete: bool
    carried: bool
    moved: Moved
    assets: Sequence[Held]


class History(NamedTuple):
    currency: str
    first: int | None
    last: int
    points: Sequence[Point]
    connections: Sequence[ConnectionHistory]
    warnings: Sequence[Notice]


class Statement(NamedTuple):
    """What was held at the end of a day; `routes` are the books of each currency's close.

    `complete` is whether every connection is known that far back.
    """

    day: int
    currency: str
    held: Sequence[Held]
    routes: Mapping[str, tuple[str, ...]]
    complete: bool
    connections: Sequence[ConnectionHistory]
    warnings: Sequence[Notice]


class HistoryService:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        sources: Sources,
        history: HistoryRecords | None,
        listings: Listings,
        closes: Closes,
        queue: JobQueue | None,
        clock: Clock,
        notices: tuple[Notice, ...] = (),
    ) -> None:
        """Without `history` nothing is kept; without a `queue` nobody reads it.

        `notices` stand under the warnings of every answer.
        """
        self._sources = sources
        self._history = history
        self._prices = ClosingPrices(listings, closes, clock, notices)
        self._queue = queue
        self._clock = clock

    @property
    def today(self) -> int:
        """The day, since the epoch, that is not over yet."""
        return int(self._clock.now()) * SECOND // DAY

    def history(
        self,
        viewer: str,
        *,
        first: int | None = None,
        last: int | None = None,
        interval: Interval = "day",
        currency: str | None = None,
        connection_id: str | None = None,
        by_asset: bool = False,
    ) -> History:
        """Return what everything was worth at the end of days `first` to `last`, since the epoch.

        From the first day that is known until yesterday, unless it is said. Raises NotFound,
        InvalidRequest where no price leads to `currency`, RecordsUnavailable or Misconfigured.
        """
        deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
        found = self._connections(viewer, connection_id, deadline)
        currency = currency or self._sources.currency(viewer, deadline)
        last = min(self.today - 1, self.today - 1 if last is None else last)
        known = [one.since for one in found if one.since is not None]
        begin = min(known, default=None)
        if first is not None and begin is not None:
            begin = max(first, begin)
        if begin is None or begin > last:
            priced = self._prices.over([], currency, last, last, deadline)
            return History(currency, None, last, (), found, priced.warnings)
        if by_asset and len(_period_ends(begin, last, interval)) > MOST_POINTS_BY_ASSET:
            remedy = "Too many points by asset: ask for fewer days, for weeks or months."
            raise InvalidRequest("see errors for the interval", {"interval": [remedy]})
        flows = [flow for one in found for flow in one.days.moved()]
        assets, priced = self._assets(found, flows, currency, begin, last, deadline)
        unknown = max(one.days.unknown_through for one in found)
        points = _points(
            assets, flows, priced, begin, last, interval, unknown=unknown, by_asset=by_asset
        )
        return History(currency, begin, last, points, found, priced.warnings)

    def read_closes(self, viewer: str, connection_id: str, deadline: Deadline) -> None:
        """Have the closes ready of all that a connection has ever held, while there is time."""
        found = self._connections(viewer, connection_id, deadline)
        since = [one.since for one in found if one.since is not None]
        if not since:
            return
        currency = self._sources.currency(viewer, deadline)
        flows = [flow for one in found for flow in one.days.moved()]
        self._assets(found, flows, currency, min(since), self.today - 1, deadline, ahead=True)

    def statement(
        self, viewer: str, day: int, *, currency: str | None, connection_id: str | None
    ) -> Statement:
        """Return what was held at the end of a day that is over. Raises as `history` does."""
        deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
        found = self._connections(viewer, connection_id, deadline)
        currency = currency or self._sources.currency(viewer, deadline)
        assets, priced = self._assets(found, [], currency, day, day, deadline)
        rows = held(assets, [day])[day]
        known = all(day > one.days.unknown_through for one in found)
        return Statement(day, currency, rows, priced.routes, known, found, priced.warnings)

    def of_connections(self, viewer: str, deadline: Deadline) -> list[ConnectionHistory]:
        """Return what is kept of each of the viewer's. Raises RecordsUnavailable."""
        return self._connections(viewer, None, deadline)

    def connections(
        self, viewer: str, connection_id: str | None, deadline: Deadline
    ) -> list[Connection]:
        """Return the viewer's own, or that one of them. Raises NotFound."""
        own = [one for one in self._sources.of(viewer, deadline) if not one.shared]
        if connection_id is None:
            return own
        if not (found := [one for one in own if one.id == connection_id]):
            raise NotFound("there is no such connection: GET /connections lists yours")
        return found

    def _connections(
        self, viewer: str, connection_id: str | None, deadline: Deadline
    ) -> list[ConnectionHistory]:
        own, history = self.connections(viewer, connection_id, deadline), self._history
        if not history:
            return []

        def one(connection: Connection) -> ConnectionHistory:
            # Its place first: what it says is kept has been written before it.
            progress = history.progress(viewer, connection.id, deadline)
            kept = history.summaries(viewer, connection.id, deadline) if progress else ()
            self.ask(viewer, connection, progress)
            months = (_unpacked(month.month, month.summary) for month in kept)
            days = Days(progress or Progress("queued"), months, today=self.today)
            return ConnectionHistory(connection, progress, days)

        return side_by_side([lambda connection=connection: one(connection) for connection in own])

    def ask(
        self,
        viewer: str,
        connection: Connection,
        progress: Progress | None,
        *,
        again: bool = False,
    ) -> None:
        """Have a connection's history read on, unless that was asked for lately. Never raises."""
        now = int(self._clock.now())
        if not (self._queue and self._history) or connection.status != "active":
            return
        known = progress or Progress("queued")
        if not again and (now - known.asked_at < _ASK_AGAIN_SECONDS or known.busy_until > now):
            return
        deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
        state = "done" if known.read_until is not None else "queued"
        asked = known._replace(asked_at=now, state=state, failures=0)
        try:
            self._history.put_progress(viewer, connection.id, asked, deadline)
            self._queue.send(viewer, connection.id)
        except (Conflict, NotFound):
            pass  # somebody is at it, or it is gone
        except HoldingsError as error:
            logger.warning(
                "a history could not be asked for: %s",
                error.detail,
                extra={"event": "queue_failure", "code": error.code},
            )

    def _assets(
        self,
        found: Sequence[ConnectionHistory],
        flows: Sequence[tuple[str, Flow]],
        currency: str,
        first: int,
        last: int,
        deadline: Deadline,
        *,
        ahead: bool = False,
    ) -> tuple[list[Asset], Priced]:
        stretches = [
            (one.connection.id, one.days.currency(key), some)
            for one in found
            for key, some in one.days.stretches().items()
        ]
        held_codes = (
            code
            for _, code, some in stretches
            if any(one.balance and one.last >= first and one.first <= last for one in some)
        )
        moved_codes = (code for code, flow in flows if first <= flow.day <= last)
        priced = self._prices.over(
            [*held_codes, *moved_codes], currency, first, last, deadline, ahead=ahead
        )
        assets = [
            Asset(connection_id, code, some, priced.closes.get(code))
            for connection_id, code, some in stretches
        ]
        return assets, priced


def _points(
    assets: Sequence[Asset],
    flows: Sequence[tuple[str, Flow]],
    priced: Priced,
    first: int,
    last: int,
    interval: Interval,
    *,
    unknown: int,
    by_asset: bool,
) -> list[Point]:
    """Return a point for each period; until day `unknown` some connection is not known at all."""
    whole = totals(assets, first, last)
    stands = _period_ends(first, last, interval)
    period: dict[int, int] = {}
    start = first
    for end in stands:
        period |= dict.fromkeys(range(start, end + 1), end)
        start = end + 1
    came = moved(flows, priced.closes, period)
    rows = held(assets, stands) if by_asset else {}
    still = Moved(Decimal(), Decimal())
    return [
        Point(
            day,
            unscaled(whole.values[at]) if whole.known[at] else None,
            not whole.incomplete[at] and day > unknown,
            bool(whole.carried[at]),
            came.get(day, still),
            rows.get(day, ()),
        )
        for day in stands
        for at in (day - first,)
    ]


def _period_ends(first: int, last: int, interval: Interval) -> list[int]:
    """Return the last day of each period, the last one of what has passed of it."""
    if interval == "day":
        return list(range(first, last + 1))
    if interval == "week":
        # Day 0 was a Thursday: weeks end on Sundays.
        return [day for day in range(first, last + 1) if day % 7 == 3 or day == last]
    from datetime import date, timedelta

    start, ends = date(1970, 1, 1) + timedelta(first), list[int]()
    while True:
        following = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        end = day_number(following) - 1
        ends.append(min(end, last))
        if end >= last:
            return ends
        start = following


def _unpacked(month: str, summary: bytes) -> list[Any]:
    try:
        return list(unpack_summary(month, summary))
    except BrokenMonth:
        logger.error(  # noqa: TRY400 - its traceback says nothing more
            "a month of a history is not as it was written",
            extra={"event": "records_failure", "code": "broken"},
        )
        return []

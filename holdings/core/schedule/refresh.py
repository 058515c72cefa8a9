"""The job `refresh-readings`: read a connection and have its viewer's answer ready.

Of one window a connection is read once; twice is no harm, and an older window comes too late. What
an exchange fails with is kept beside the connection and slows its schedule, so that one account
that cannot be read costs no retry of a queue and no alarm. A rejected key is not used again.
"""

import threading
from collections.abc import Callable

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection, Profile
from holdings.core.errors import (
    CacheUnavailable,
    Conflict,
    ExchangeCredentialsRejected,
    ExchangeError,
    NotFound,
    RecordsUnavailable,
)
from holdings.core.freshness import ready_for
from holdings.core.invalidation import Invalidation
from holdings.core.kept import Attempt
from holdings.core.once import LeastRecent
from holdings.core.ports import JobQueues, SnapshotCache
from holdings.core.record_ports import LastRead, Readable, Records
from holdings.core.schedule.slots import Cycle
from holdings.core.service import DEADLINE_SECONDS, HoldingsService
from holdings.core.snapshot import Notice, Part
from holdings.core.source import Reading, Source
from holdings.core.sources import ViewerSources

_LONGEST_PAUSE_SECONDS = 24 * 3600
_MOST_DOUBLINGS = 16
_WRITE_SECONDS = 5.0
# How often it is tried to note a rejection while its owner changes the connection.
_TRIES = 3
# What the planner's clock may be ahead of this one, where a period is shorter.
_SKEW_SECONDS = 60
# More than are worked on side by side.
_REMEMBERED = 64


def _is_failing(connection: Connection, readable: Readable) -> bool:
    last = readable.last_read.get(connection.id, LastRead())
    return connection.status == "active" and last.failures > 0


class RefreshReadings:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        sources: ViewerSources,
        holdings: HoldingsService,
        records: Records,
        queues: JobQueues,
        cache: Callable[[str], SnapshotCache],
        cycle: Cycle,
        history: Cycle,
        clock: Clock,
    ) -> None:
        """`cycle` is of the readings, `history` is how often histories are read on."""
        self._sources = sources
        self._holdings = holdings
        self._records = records
        self._queues = queues
        self._invalidate = Invalidation(cache, clock)
        self._cycle = cycle
        self._history = history
        self._clock = clock
        self._preparing = LeastRecent[str, threading.Lock](_REMEMBERED)

    def run(self, viewer: str, connection_id: str, window: int, *, seconds: float) -> str:
        """Read it for the window that began then (epoch seconds); return what came of it.

        Raises RecordsUnavailable, CacheUnavailable or Misconfigured, after which it is to be tried
        again soon.
        """
        deadline = Deadline.after(min(seconds, DEADLINE_SECONDS), self._clock)
        readable = self._records.refresh.readable(viewer, deadline)
        connection = next((one for one in readable.connections if one.id == connection_id), None)
        if connection is None:
            return "removed"
        if self._is_to_come(window):
            return "too_early"
        if connection.status == "rejected":
            # Whoever was interrupted when that had been noted has told nobody.
            self._ask_for_alerts(viewer, self._records.profile(viewer, deadline), window)
        if connection.status != "active":
            return connection.status
        last = readable.last_read.get(connection_id, LastRead())
        if last.window >= window and not self._is_to_come(last.window):
            return "done_before"
        profile = self._records.profile(viewer, deadline)
        # A moment that no pause can have led to is of a clock that was ahead.
        if 0 < last.retry_at - self._clock.now() <= _LONGEST_PAUSE_SECONDS:
            self._ask_for_alerts(viewer, profile, window)
            return "backing_off"
        try:
            reading = self._read(viewer, connection, readable, deadline)
        except ExchangeError as error:
            return self._failed(viewer, connection, profile, window, last, error)
        except NotFound:
            return "removed"
        if reading.cache:
            raise CacheUnavailable(reading.cache.detail)
        # One at a time: the last one has the readings of all that are worked on side by side.
        with self._preparing.get(viewer, threading.Lock):
            self._prepare(viewer, readable, profile, connection_id, reading, deadline)
        self._ask_for_history(viewer, connection, window)
        self._ask_for_alerts(viewer, profile, window)
        self._keep(viewer, connection, LastRead(window))
        return "done"

    def _read(
        self, viewer: str, connection: Connection, readable: Readable, deadline: Deadline
    ) -> Reading[Part]:
        source: Source[Part] = self._sources.open(
            viewer, connection, lambda until: readable.credential(connection.id, until)
        )
        return source.read_anew(
            Attempt(
                deadline=deadline,
                refresh=False,
                now=int(self._clock.now()),
                began=self._clock.monotonic(),
            )
        )

    def _prepare(
        self,
        viewer: str,
        readable: Readable,
        profile: Profile | None,
        connection_id: str,
        reading: Reading[Part],
        deadline: Deadline,
    ) -> None:
        others = [one for one in readable.connections if one.id != connection_id]
        if any(_is_failing(one, readable) for one in others):
            return  # Its last good figures would look as if all were well.
        shared = [self._sources.shared] if self._sources.shared else []
        self._holdings.prepare(
            viewer,
            [*shared, *readable.connections],
            (profile or Profile(0)).currency,
            {connection_id: reading},
            expires_at=int(self._clock.now()) + ready_for(self._cycle.period),
            deadline=deadline,
        )

    def _failed(
        self,
        viewer: str,
        connection: Connection,
        profile: Profile | None,
        window: int,
        last: LastRead,
        error: ExchangeError,
    ) -> str:
        failures = last.failures + 1
        # The next window, then every second one, every fourth: half a period is for being early.
        pause = self._cycle.period * (2 ** min(failures - 1, _MOST_DOUBLINGS) - 0.5)
        pause = max(min(pause, _LONGEST_PAUSE_SECONDS), error.retry_after or 0)
        retry_at = int(self._clock.now() + pause)
        # The answer of the last time would go on saying that all is well.
        self._invalidate.answer(viewer)
        if isinstance(error, ExchangeCredentialsRejected):
            why, until = Notice(error.code, error.detail), self._writing()
            if not self._reject(viewer, connection, why, until):
                return "replaced"
        else:
            self._ask_for_history(viewer, connection, window)
        self._ask_for_alerts(viewer, profile, window)
        self._keep(viewer, connection, LastRead(window, failures, retry_at))
        return error.code

    def _reject(self, viewer: str, connection: Connection, why: Notice, deadline: Deadline) -> bool:
        """Keep that its key is rejected, so that it is not used again; whether it still was its.

        Raises RecordsUnavailable or Misconfigured: it is to be kept the next time.
        """
        known = connection
        for _ in range(_TRIES):
            rejected = known._replace(status="rejected", last_error=why)
            try:
                self._records.change(viewer, rejected, None, deadline)
                return True
            except Conflict:
                known = self._records.connection(viewer, connection.id, deadline)
            except NotFound:
                return False
            if known.credential_version != connection.credential_version:
                return False
            if known.status != "active":
                return True
        raise RecordsUnavailable("the connection is being changed: try again in a moment")

    def _is_to_come(self, window: int) -> bool:
        """Whether it begins so late that only a clock that was ahead can have named it."""
        return window > self._clock.now() + max(self._cycle.period, _SKEW_SECONDS)

    def _ask_for_alerts(self, viewer: str, profile: Profile | None, window: int) -> None:
        if profile and profile.alerts:
            self._queues.send("evaluate-alerts", viewer, window=window)

    def _ask_for_history(self, viewer: str, connection: Connection, window: int) -> None:
        """A ledger is read once a day is over, a balance at the day's last reading."""
        if self._history.period <= 0:
            return
        ledger = self._sources.has_ledger(connection)
        other = window - self._cycle.period if ledger else window + self._cycle.period
        if self._history.window(other) != self._history.window(window):
            self._queues.send("sync-history", viewer, connection=connection.id)

    def _keep(self, viewer: str, connection: Connection, last: LastRead) -> None:
        self._records.refresh.put_last_read(viewer, connection, last, self._writing())

    def _writing(self) -> Deadline:
        return Deadline.after(_WRITE_SECONDS, self._clock)

"""The job `sync-history`: read what an exchange knows of an account's past, as far as time allows.

Everything is written before the place is kept from where to read on: whoever is interrupted reads
some of it again, and keeps nothing twice.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import NamedTuple, cast

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection, Credential
from holdings.core.errors import (
    Conflict,
    ExchangeCredentialsRejected,
    ExchangeError,
    NotFound,
)
from holdings.core.history.entries import SECOND
from holdings.core.history.months import account_key, unpack_summary
from holdings.core.history.progress import Balances, Progress, State
from holdings.core.history.recorder import Recorder
from holdings.core.history.walk import LedgerWalk, walk_of
from holdings.core.portfolio import Account
from holdings.core.ports import ExchangeKind, JobQueue, LedgerExchange, ProbedExchange
from holdings.core.record_ports import Records
from holdings.core.snapshot import Notice

logger = logging.getLogger(__name__)

_CALL_SECONDS = 15.0
_WRITE_SECONDS = 60.0
# Whoever has kept nothing for so long is not at it any more.
_BUSY_SECONDS = 120
_CHECKPOINT_SECONDS = 5.0
_CHECKPOINT_ENTRIES = 50_000
# Entries of the last hour are asked for again: some come late.
_OVERLAP = 3_600 * SECOND
# Before there was any exchange to read: 2012-01-01.
_EARLIEST = 1_325_376_000 * SECOND
_MOST_FAILURES = 8
_FIRST_PAUSE_SECONDS = 30
_LONGEST_PAUSE_SECONDS = 900


class _Of(NamedTuple):
    """Whose history it is, and until when to read."""

    viewer: str
    connection: Connection
    deadline: Deadline


class HistorySync:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        records: Records,
        kinds: Mapping[str, ExchangeKind],
        queue: JobQueue,
        read_closes: Callable[[str, str, Deadline], None],
        clock: Clock,
        hide: Callable[[tuple[str, ...]], None],
    ) -> None:
        """`read_closes` has ready what a connection's days are valued by, once these are known.

        `hide` is given each text that no log may show.
        """
        self._records = records
        self._history = records.history
        self._kinds = kinds
        self._queue = queue
        self._read_closes = read_closes
        self._clock = clock
        self._hide = hide

    def run(self, viewer: str, connection_id: str, *, seconds: float) -> None:
        """Read for so many seconds; what is left then is put on the queue again.

        Raises RecordsUnavailable or Misconfigured. What the exchange fails with is kept for the
        viewer to see; it is tried again later where that may help.
        """
        deadline = Deadline.after(seconds, self._clock)
        try:
            connection = self._records.connection(viewer, connection_id, self._call())
        except NotFound:
            return  # removed meanwhile, with all that was known
        known = self._history.progress(viewer, connection_id, self._call())
        progress = known or Progress("queued")
        now = int(self._clock.now())
        if progress.busy_until > now:
            self._queue.send(viewer, connection_id, delay_seconds=progress.busy_until - now + 1)
            return
        of, kind = _Of(viewer, connection, deadline), self._kinds.get(connection.exchange)
        try:
            if kind is None or connection.status != "active":
                self._keep(of, progress._replace(state="failed", last_error=_why(connection)))
                return
            # Once it has been read whole it is done, and read on.
            state: State = "running" if progress.read_until is None else "done"
            progress = self._keep(of, progress._replace(state=state, last_error=None), busy=True)
            self._read(of, kind, progress)
        except Conflict:
            # Another worker has kept more meanwhile: on from there.
            self._queue.send(viewer, connection_id, delay_seconds=1)
        except NotFound:
            return

    def _read(self, of: _Of, kind: ExchangeKind, progress: Progress) -> None:
        exchange = kind.open(lambda _anew: self._credential(of, kind))
        try:
            if not kind.has_ledger:
                self._take_reading(of, exchange, progress)
            elif not self._walk(of, cast("LedgerExchange", exchange), progress):
                self._queue.send(of.viewer, of.connection.id)
                return
        except ExchangeError as error:
            self._failed(of, error)
            return
        if of.deadline.remaining():
            self._read_closes(of.viewer, of.connection.id, of.deadline)

    def _walk(self, of: _Of, exchange: LedgerExchange, progress: Progress) -> bool:
        """Read on; return whether the walk has come to its end."""
        if progress.walk is None:
            accounts = exchange.accounts(self._call())
            since = max(_EARLIEST, (progress.read_until or 0) - _OVERLAP)
            until = int(self._clock.now() * SECOND)
            walk = walk_of(((one.id, one.currency) for one in accounts), since, until)
            progress = progress._replace(walk=walk)
        progress, done = self._pages(of, exchange, progress)
        if not (done and progress.walk):
            return False
        progress = self._reconciled(of, exchange, progress, progress.walk.until)
        self._keep(of, progress._replace(state="done", failures=0))
        return True

    def _pages(
        self, of: _Of, exchange: LedgerExchange, progress: Progress
    ) -> tuple[Progress, bool]:
        walk = progress.walk
        if walk is None:
            return progress, True
        pages = LedgerWalk(exchange, walk, self._clock)
        recorder = Recorder(self._history, of.viewer, of.connection.id)
        began = self._clock.monotonic()
        try:
            while not pages.done and of.deadline.remaining():
                recorder.add(*pages.page())
                late = self._clock.monotonic() - began > _CHECKPOINT_SECONDS
                if late or recorder.waiting >= _CHECKPOINT_ENTRIES:
                    progress = self._checkpoint(of, progress, pages, recorder)
                    began = self._clock.monotonic()
        except ExchangeError:
            self._checkpoint(of, progress, pages, recorder)
            raise
        progress = self._checkpoint(of, progress, pages, recorder, busy=pages.done)
        return progress, pages.done

    def _checkpoint(
        self,
        of: _Of,
        progress: Progress,
        pages: LedgerWalk,
        recorder: Recorder,
        *,
        busy: bool = True,
    ) -> Progress:
        reached = progress._replace(walk=pages.state())
        new = recorder.write(reached.covered, self._writing())
        known = [at for at in (reached.oldest, recorder.oldest) if at is not None]
        reached = reached._replace(entries=reached.entries + new, oldest=min(known, default=None))
        return self._keep(of, reached, busy=busy)

    def _reconciled(
        self, of: _Of, exchange: LedgerExchange, progress: Progress, until: int
    ) -> Progress:
        """Return the progress at its end, with the exchange's own balances beside the ledger's.

        Accounts that differ are read once more: what came since the walk began is no difference.
        """
        balances, accounts = self._balances(exchange)
        ends, entries = self._ends(of)
        late = [
            (one.id, one.currency)
            for one in accounts
            if ends.get(account_key(one.id), Decimal()) != one.balance
        ]
        recorder = Recorder(self._history, of.viewer, of.connection.id)
        if late:
            now = int(self._clock.now() * SECOND)
            again = LedgerWalk(exchange, walk_of(late, max(0, until - _OVERLAP), now), self._clock)
            while not again.done:
                recorder.add(*again.page())
            if recorder.write((0, until), self._writing()):
                balances, _ = self._balances(exchange)
                _, entries = self._ends(of)
        recorder.complete((0, until), self._writing())
        return progress._replace(walk=None, read_until=until, balances=balances, entries=entries)

    def _balances(self, exchange: ProbedExchange) -> tuple[Balances, Sequence[Account]]:
        accounts = exchange.accounts(self._call())
        held = {one.id: (one.currency, one.balance) for one in accounts if one.balance}
        return Balances(int(self._clock.now() * SECOND), held), accounts

    def _ends(self, of: _Of) -> tuple[dict[str, Decimal], int]:
        """Return what each account's ledger ends at, and how many entries there are."""
        ends: dict[str, Decimal] = {}
        entries = 0
        for kept in self._history.summaries(of.viewer, of.connection.id, self._writing()):
            for summary in unpack_summary(kept.month, kept.summary):
                ends[summary.key] = summary.closing
                entries += summary.entries
        return ends, entries

    def _take_reading(self, of: _Of, exchange: ProbedExchange, progress: Progress) -> None:
        balances, _ = self._balances(exchange)
        Recorder(self._history, of.viewer, of.connection.id).write_reading(
            balances, progress.balances, self._writing()
        )
        self._keep(
            of,
            progress._replace(
                state="done",
                ledger=False,
                read_until=balances.at,
                balances=balances,
                failures=0,
            ),
        )

    def _failed(self, of: _Of, error: ExchangeError) -> None:
        """Keep why, for the viewer to see; what was read stays, and is gone on from."""
        progress = self._history.progress(of.viewer, of.connection.id, self._call())
        if progress is None:
            return
        failures = progress.failures + 1
        again = error.transient and failures < _MOST_FAILURES
        state: State = progress.state if again else "failed"
        notice = Notice(error.code, error.detail)
        logger.warning(
            "the history of a connection could not be read: %s",
            error.detail,
            extra={"event": "history_failure", "code": error.code},
        )
        if isinstance(error, ExchangeCredentialsRejected):
            self._reject(of, notice)
        self._keep(of, progress._replace(state=state, failures=failures, last_error=notice))
        if again:
            pause = min(_FIRST_PAUSE_SECONDS * 2**failures, _LONGEST_PAUSE_SECONDS)
            self._queue.send(of.viewer, of.connection.id, delay_seconds=pause)

    def _reject(self, of: _Of, why: Notice) -> None:
        rejected = of.connection._replace(status="rejected", last_error=why)
        with suppress(Conflict, NotFound):  # its owner was quicker
            self._records.change(of.viewer, rejected, None, self._call())

    def _credential(self, of: _Of, kind: ExchangeKind) -> Credential:
        credential = self._records.credential(of.viewer, of.connection.id, self._call())
        self._hide(kind.secrets(credential))
        return credential

    def _keep(self, of: _Of, progress: Progress, *, busy: bool = False) -> Progress:
        until = int(self._clock.now()) + _BUSY_SECONDS if busy else 0
        progress = progress._replace(busy_until=until)
        return self._history.put_progress(of.viewer, of.connection.id, progress, self._call())

    def _call(self) -> Deadline:
        return Deadline.after(_CALL_SECONDS, self._clock)

    def _writing(self) -> Deadline:
        return Deadline.after(_WRITE_SECONDS, self._clock)


def _why(connection: Connection) -> Notice:
    return connection.last_error or Notice(
        f"connection_{connection.status}",
        "its history is read on when the connection is active again: resume it",
    )

"""Answer with the freshest figures that can be had, and say how fresh they are.

A request that finds nothing fresh goes through three gates before it reads the exchange: the
threads of this process (single flight), the failure of a moment ago (remembered), and the other
processes (a lease in the cache). Each gate that is closed has an answer ready.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    CacheUnavailable,
    CoinbaseTimeout,
    HoldingsError,
    Misconfigured,
    RememberedFailure,
    UpstreamError,
)
from holdings.core.freshness import CachedSnapshot, Failure, FreshnessRules, Lease
from holdings.core.ports import Exchange, SnapshotCache
from holdings.core.single_flight import NotLanded, SingleFlight
from holdings.core.snapshot import Notice, Snapshot, annotate

logger = logging.getLogger(__name__)

# Every wait of one request for the exchange ends by then: retries, pages, /time, the secret, and
# other requests. What was read by then may still be written, for a moment.
DEADLINE_SECONDS = 10.0
_WRITE_SECONDS = 0.5

# A reading takes less, as a rule. Whoever waits for a process that died reads after this, and has
# half of its own time left for it.
_LEASE_SECONDS = 5

# Who waits for another's reading has the last good figures to show after this.
_PATIENCE_SECONDS = 3.0
_FIRST_LOOK_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 0.8

Outcome = Literal["HIT", "MISS", "STALE", "REFRESH"]


class SnapshotCodec(Protocol):
    def encode(self, snapshot: Snapshot) -> str:
        """Return the JSON document."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What to serve, how it came about, and when its figures were read."""

    entry: CachedSnapshot
    outcome: Outcome


@dataclass(slots=True)
class _Memory:
    """What this process knows by itself, for when the cache does not tell.

    `entry` is its last reading, made by `ended` (monotonic); `stored` says that the cache has it.
    """

    entry: CachedSnapshot | None = None
    ended: float = 0.0
    stored: bool = True
    failure: Failure | None = None
    refreshed_at: float = float("-inf")


@dataclass(slots=True)
class _Request:
    """One call of `read`, and what it has learnt so far.

    `entry` is the newest reading it has seen, `notice` why the cache cannot be used.
    """

    deadline: Deadline
    refresh: bool
    now: int
    began: float
    entry: CachedSnapshot | None = None
    notice: Notice | None = None

    @property
    def seen(self) -> int:
        return self.entry.as_of if self.entry else -1


class HoldingsService:
    def __init__(
        self,
        *,
        exchange: Exchange,
        cache: SnapshotCache,
        codec: SnapshotCodec,
        clock: Clock,
        rules: FreshnessRules,
        notices: tuple[Notice, ...] = (),
    ) -> None:
        """`notices` stand under the warnings of every answer."""
        self._exchange = exchange
        self._cache = cache
        self._codec = codec
        self._clock = clock
        self._rules = rules
        self._notices = notices
        self._memory = _Memory()
        self._flight = SingleFlight[Answer]()

    def read(self, *, refresh: bool = False) -> Answer:
        """Serve the cached snapshot while it is fresh, else read the exchange.

        Raises UpstreamError or Misconfigured when the exchange cannot be read and there are no
        last good figures to answer with.
        """
        request = _Request(
            deadline=Deadline.after(DEADLINE_SECONDS, self._clock),
            refresh=refresh,
            now=int(self._clock.now()),
            began=self._clock.monotonic(),
        )
        self._look_up(request)
        if not refresh and (fresh := self._fresh(request)):
            return fresh
        patience = request.deadline.remaining()
        if self._last_good(request):
            patience = min(patience, _PATIENCE_SECONDS)
        try:
            answer, led = self._flight.run(lambda: self._read_once(request), patience=patience)
        except NotLanded:
            return self._not_waiting_longer(request)
        return answer if led or answer.outcome == "STALE" else replace(answer, outcome="HIT")

    # The gates.

    def _read_once(self, request: _Request) -> Answer:
        """What one thread does for all: read the exchange, unless there is a reason not to."""
        if self._memory.entry and self._memory.ended > request.began:
            request.entry = self._memory.entry  # of the thread that was here a moment ago
            request.refresh = False
        failure = self._memory.failure
        if failure and failure.counts(request.now):
            if not request.refresh and (fresh := self._fresh(request)):
                return fresh
            return self._without_reading(request, _remembered(failure, request.now))
        request.refresh = request.refresh and self._take_refresh(request)
        if not request.refresh and (fresh := self._fresh(request)):
            return fresh
        other = self._take_lease(request)
        return self._follow(request, other) if other else self._read_exchange(request)

    def _take_refresh(self, request: _Request) -> bool:
        """Whether a refresh is honoured: once in a cool-down, whoever asks."""
        now, cooldown = request.now, self._rules.cooldown
        if 0 <= now - self._memory.refreshed_at < cooldown:
            return False
        if request.notice is None:
            wanted = Lease(now, now + cooldown)
            try:
                if self._cache.lease("refresh", wanted, -1, request.deadline):
                    return False
            except CacheUnavailable as error:
                request.notice = _cache_notice(error)
        self._memory.refreshed_at = now
        return True

    def _take_lease(self, request: _Request) -> Lease | None:
        """Return who else is reading; with the cache down there is nobody to heed."""
        if request.notice:
            return None
        wanted = Lease(request.now, request.now + _LEASE_SECONDS)
        try:
            return self._cache.lease("read", wanted, request.seen, request.deadline)
        except CacheUnavailable as error:
            request.notice = _cache_notice(error)
            return None

    def _follow(self, request: _Request, other: Lease) -> Answer:
        """Wait for another process: for its reading, its failure, or its end."""
        patience = request.deadline
        if self._last_good(request):
            until = min(patience.at, self._clock.monotonic() + _PATIENCE_SECONDS)
            patience = Deadline(self._clock, until)
        pause = _FIRST_LOOK_SECONDS
        while not other.failure and patience.remaining() > pause:
            self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_SECONDS)
            request.now = int(self._clock.now())
            self._look_up(request)
            if request.seen >= other.since and (fresh := self._fresh(request)):
                return fresh
            found = self._take_lease(request)
            if found is None:
                return self._read_exchange(request)
            other = found
        if other.failure:
            self._memory.failure = other.failure
            return self._without_reading(request, _remembered(other.failure, request.now))
        return self._not_waiting_longer(request)

    # The reading, and the answers without one.

    def _read_exchange(self, request: _Request) -> Answer:
        from holdings.core.portfolio import build_portfolio  # which a hit does without

        as_of = request.now
        try:
            accounts = self._exchange.accounts(request.deadline)
            snapshot = Snapshot(
                as_of=as_of,
                expires_at=self._rules.expires_at(as_of),
                portfolio=build_portfolio(accounts),
                warnings=self._notices,
            )
            entry = CachedSnapshot.seal(
                self._codec.encode(snapshot), as_of=as_of, expires_at=snapshot.expires_at
            )
            if not request.deadline.remaining():
                raise CoinbaseTimeout("Coinbase's answer came too late to be used: try again")
        except (UpstreamError, Misconfigured) as error:
            self._remember(request, error)
            return self._without_reading(request, error)

        newest = self._put(request, entry)
        if newest is not entry and self._rules.is_fresh(newest, self._clock.now()):
            return Answer(newest, "HIT")  # this reading was slower, and is older
        if request.notice:
            entry = self._annotated(entry, [request.notice]) or entry
        memory = self._memory
        memory.entry, memory.stored = entry, request.notice is None and newest.as_of == as_of
        memory.ended, memory.failure = self._clock.monotonic(), None
        return Answer(entry, "REFRESH" if request.refresh else "MISS")

    def _remember(self, request: _Request, error: HoldingsError) -> None:
        """Keep why the exchange could not be read: here, and for the other processes."""
        ours = isinstance(error, Misconfigured) or error.code.startswith("secret_")
        logger.log(
            logging.ERROR if ours else logging.WARNING,
            "the exchange could not be read: %s",
            error.detail,
            extra={"event": "secret_failure" if ours else "coinbase_failure", "code": error.code},
        )
        now = int(self._clock.now())
        failure = self._rules.remember(
            error.code, error.detail, retry_after=error.retry_after, now=now
        )
        error.retry_after = failure.until - now
        self._memory.failure = failure
        if request.notice is None:
            try:
                self._cache.release(request.now, failure, self._time_to_write(request))
            except CacheUnavailable as fault:
                request.notice = _cache_notice(fault)

    def _without_reading(self, request: _Request, error: HoldingsError) -> Answer:
        """Answer with the last good figures and why there are no better ones, or raise it."""
        stale = self._stale(request, Notice(error.code, error.detail))
        if not stale:
            raise error
        return stale

    def _not_waiting_longer(self, request: _Request) -> Answer:
        stale = self._stale(
            request,
            Notice(
                "reading_in_progress",
                "Another request is still reading Coinbase: these are the figures before it.",
            ),
        )
        if not stale:
            raise CoinbaseTimeout("Coinbase did not answer in time: try again later")
        return stale

    def _stale(self, request: _Request, notice: Notice) -> Answer | None:
        entry = self._last_good(request)
        notices = [notice] + ([request.notice] if request.notice else [])
        stale = entry and self._annotated(entry, notices, stale=True)
        if stale:
            logger.warning("answered with the last good figures", extra={"event": "stale_answer"})
        return Answer(stale, "STALE") if stale else None

    # What is kept.

    def _look_up(self, request: _Request) -> None:
        """Find the newest reading: the cache's or, where that has none of it, this process's."""
        try:
            request.entry = self._cache.get(request.deadline)
        except CacheUnavailable as error:
            request.notice = _cache_notice(error)
        kept = self._memory.entry
        missed = request.notice or not self._memory.stored
        if kept and missed and kept.as_of > request.seen:
            request.entry = kept

    def _fresh(self, request: _Request) -> Answer | None:
        entry = request.entry
        if not (entry and self._rules.is_fresh(entry, request.now)):
            return None
        if request.notice:
            entry = self._annotated(entry, [request.notice])
        return Answer(entry, "HIT") if entry else None

    def _last_good(self, request: _Request) -> CachedSnapshot | None:
        entry = request.entry
        return entry if entry and self._rules.is_last_good(entry, request.now) else None

    def _put(self, request: _Request, entry: CachedSnapshot) -> CachedSnapshot:
        """Return what the cache keeps now; an unreadable cache is not waited for again."""
        if request.notice is None:
            keep_until = self._rules.keep_until(entry.as_of)
            try:
                return self._cache.put(entry, keep_until, self._time_to_write(request))
            except CacheUnavailable as error:
                request.notice = _cache_notice(error)
            with suppress(CacheUnavailable):  # which has been said
                # Nobody is to wait for what will not come, where only this write is refused.
                self._cache.release(entry.as_of, None, self._time_to_write(request))
        return entry

    def _time_to_write(self, request: _Request) -> Deadline:
        return Deadline(
            self._clock, max(request.deadline.at, self._clock.monotonic() + _WRITE_SECONDS)
        )

    def _annotated(
        self, entry: CachedSnapshot, notices: list[Notice], *, stale: bool = False
    ) -> CachedSnapshot | None:
        try:
            payload = annotate(entry.payload, notices, stale=stale)
        except ValueError:
            logger.exception("the cached snapshot is unreadable", extra={"event": "cache_failure"})
            return None
        return CachedSnapshot.seal(payload, as_of=entry.as_of, expires_at=entry.expires_at)


def _remembered(failure: Failure, now: int) -> RememberedFailure:
    return RememberedFailure(failure.code, failure.detail, retry_after=max(1, failure.until - now))


def _cache_notice(error: HoldingsError) -> Notice:
    logger.warning("%s", error.detail, extra={"event": "cache_failure", "code": error.code})
    return Notice(error.code, error.detail)

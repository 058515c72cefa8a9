"""Answer with the freshest figures that can be had, and say how fresh they are.

A request that finds nothing fresh goes through three gates before it reads the exchange: the
threads of this process (single flight), the failure of a moment ago (remembered), and the other
processes (a lease in the cache). Each gate that is closed has an answer ready.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    ExchangeTimeout,
    HoldingsError,
    Misconfigured,
    RememberedFailure,
    UpstreamError,
)
from holdings.core.freshness import CachedSnapshot, Failure, FreshnessRules, Lease
from holdings.core.kept import Attempt, Kept
from holdings.core.ports import Exchange, SnapshotCache
from holdings.core.single_flight import NotLanded, SingleFlight
from holdings.core.snapshot import Notice, Snapshot, annotate

logger = logging.getLogger(__name__)

# Every wait of one request for the exchange ends by then: retries, pages, /time, the secret, and
# other requests.
DEADLINE_SECONDS = 10.0

# Who waits for another's reading has the last good figures to show after this.
_PATIENCE_SECONDS = 3.0
_FIRST_LOOK_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 0.8

_IN_PROGRESS = Notice(
    "reading_in_progress",
    "Another request is still reading Coinbase: these are the figures before it.",
)

Outcome = Literal["HIT", "MISS", "STALE", "REFRESH"]


class SnapshotCodec(Protocol):
    def encode(self, snapshot: Snapshot) -> str:
        """Return the JSON document."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What to serve, and how it came about."""

    entry: CachedSnapshot
    outcome: Outcome


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
        self._kept = Kept(cache, clock, rules)
        self._codec = codec
        self._clock = clock
        self._rules = rules
        self._notices = notices
        self._flight = SingleFlight[Answer]()

    def read(self, *, refresh: bool = False) -> Answer:
        """Serve the cached snapshot while it is fresh, else read the exchange.

        Raises UpstreamError or Misconfigured when the exchange cannot be read and there are no
        last good figures to answer with.
        """
        attempt = Attempt(
            deadline=Deadline.after(DEADLINE_SECONDS, self._clock),
            refresh=refresh,
            now=int(self._clock.now()),
            began=self._clock.monotonic(),
        )
        self._kept.look_up(attempt)
        if not refresh and (fresh := self._fresh(attempt)):
            return fresh
        patience = self._patience(attempt).remaining()
        try:
            answer, led = self._flight.run(lambda: self._read_once(attempt), patience=patience)
        except NotLanded:
            return self._not_waiting_longer(attempt)
        return answer if led or answer.outcome == "STALE" else replace(answer, outcome="HIT")

    def _read_once(self, attempt: Attempt) -> Answer:
        """What one thread does for all: read the exchange, unless there is a reason not to."""
        self._kept.look_again(attempt)
        failure = self._kept.failure(attempt.now)
        if not failure:
            attempt.refresh = attempt.refresh and self._kept.take_refresh(attempt)
        if not attempt.refresh and (fresh := self._fresh(attempt)):
            return fresh
        if failure:
            return self._without_reading(attempt, _remembered(failure, attempt.now))
        other = self._kept.take_lease(attempt)
        return self._follow(attempt, other) if other else self._read_exchange(attempt)

    def _follow(self, attempt: Attempt, other: Lease) -> Answer:
        """Wait for another process: for its reading, its failure, or its end."""
        patience, pause = self._patience(attempt), _FIRST_LOOK_SECONDS
        while not other.failure and patience.remaining() > pause:
            self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_SECONDS)
            attempt.now = int(self._clock.now())
            self._kept.look_up(attempt)
            if attempt.seen >= other.since and (fresh := self._fresh(attempt)):
                return fresh
            found = self._kept.take_lease(attempt)
            if found is None:
                return self._read_exchange(attempt)
            other = found
        if other.failure:
            return self._without_reading(attempt, _remembered(other.failure, attempt.now))
        return self._not_waiting_longer(attempt)

    def _read_exchange(self, attempt: Attempt) -> Answer:
        from holdings.core.portfolio import build_portfolio  # which a hit does without

        as_of = attempt.now
        try:
            accounts = self._exchange.accounts(attempt.deadline)
            snapshot = Snapshot(
                as_of=as_of,
                expires_at=self._rules.expires_at(as_of),
                portfolio=build_portfolio(accounts),
                warnings=self._notices,
            )
            payload = self._codec.encode(snapshot)
            if not attempt.deadline.remaining():
                raise ExchangeTimeout("Coinbase's answer came too late to be used: try again")
        except (UpstreamError, Misconfigured) as error:
            _report(error)
            failure = self._kept.remember(attempt, error)
            error.retry_after = failure.until - int(self._clock.now())
            return self._without_reading(attempt, error)

        entry = CachedSnapshot.seal(payload, as_of=as_of, expires_at=snapshot.expires_at)
        newest = self._kept.keep(attempt, entry)
        if newest is not entry and self._rules.is_fresh(newest, self._clock.now()):
            return Answer(newest, "HIT")  # this reading was slower, and is older
        if attempt.notice:
            entry = self._annotated(entry, [attempt.notice]) or entry
        return Answer(entry, "REFRESH" if attempt.refresh else "MISS")

    # Answers without a reading.

    def _fresh(self, attempt: Attempt) -> Answer | None:
        entry = attempt.entry
        if not (entry and self._rules.is_fresh(entry, attempt.now)):
            return None
        if notice := self._kept.notice(attempt):
            entry = self._annotated(entry, [notice])
        return Answer(entry, "HIT") if entry else None

    def _without_reading(self, attempt: Attempt, error: HoldingsError) -> Answer:
        """Answer with the last good figures and why there are no better ones, or raise it."""
        stale = self._stale(attempt, Notice(error.code, error.detail))
        if not stale:
            raise error
        return stale

    def _not_waiting_longer(self, attempt: Attempt) -> Answer:
        stale = self._stale(attempt, _IN_PROGRESS)
        if not stale:
            raise ExchangeTimeout("Coinbase did not answer in time: try again later")
        return stale

    def _stale(self, attempt: Attempt, notice: Notice) -> Answer | None:
        entry = self._last_good(attempt)
        notices = [notice, self._kept.notice(attempt)]
        stale = entry and self._annotated(entry, filter(None, notices), stale=True)
        if stale:
            logger.warning("answered with the last good figures", extra={"event": "stale_answer"})
        return Answer(stale, "STALE") if stale else None

    def _last_good(self, attempt: Attempt) -> CachedSnapshot | None:
        entry = attempt.entry
        return entry if entry and self._rules.is_last_good(entry, attempt.now) else None

    def _patience(self, attempt: Attempt) -> Deadline:
        """Until when to wait for another's reading."""
        until = self._clock.monotonic() + _PATIENCE_SECONDS
        if self._last_good(attempt):
            return Deadline(self._clock, min(attempt.deadline.at, until))
        return attempt.deadline

    def _annotated(
        self, entry: CachedSnapshot, notices: Iterable[Notice], *, stale: bool = False
    ) -> CachedSnapshot | None:
        try:
            payload = annotate(entry.payload, notices, stale=stale)
        except ValueError:
            logger.exception("the cached snapshot is unreadable", extra={"event": "cache_failure"})
            return None
        return CachedSnapshot.seal(payload, as_of=entry.as_of, expires_at=entry.expires_at)


def _report(error: HoldingsError) -> None:
    """Log a failed reading: an error where the operator has to act, who may be asleep."""
    ours = isinstance(error, Misconfigured) or error.code.startswith("secret_")
    logger.log(
        logging.ERROR if ours else logging.WARNING,
        "the exchange could not be read: %s",
        error.detail,
        extra={"event": "secret_failure" if ours else "exchange_failure", "code": error.code},
    )


def _remembered(failure: Failure, now: int) -> RememberedFailure:
    return RememberedFailure(failure.code, failure.detail, retry_after=max(1, failure.until - now))

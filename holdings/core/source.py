"""Read one connection: the freshest figures that can be had of it, and how they came about.

A request that finds nothing fresh goes through three gates before it reads the exchange: the
threads of this process (single flight), the failure of a moment ago (remembered), and the other
processes (a lease in the cache). Each gate that is closed has an answer ready.
"""

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangePermissionDenied,
    ExchangeTimeout,
    HoldingsError,
    Misconfigured,
    RecordsUnavailable,
    RememberedFailure,
    UpstreamError,
)
from holdings.core.freshness import CachedSnapshot, Failure, FreshnessRules, Lease
from holdings.core.kept import Attempt, Kept
from holdings.core.ports import Exchange, SnapshotCache
from holdings.core.single_flight import NotLanded, SingleFlight
from holdings.core.snapshot import Notice, Part, parse_part

if TYPE_CHECKING:
    from holdings.core.portfolio import Portfolio

logger = logging.getLogger(__name__)

# Who waits for another's reading has the last good figures to show after this.
_PATIENCE_SECONDS = 3.0
_FIRST_LOOK_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 0.8

KEY_REFUSED = (ExchangeCredentialsRejected, ExchangePermissionDenied)

_IN_PROGRESS = Notice(
    "reading_in_progress",
    "Another request is still reading the exchange: these are the figures before it.",
)

Outcome = Literal["HIT", "MISS", "STALE", "REFRESH"]


class ReadingCodec(Protocol):
    def encode(self, connection_id: str, portfolio: "Portfolio") -> str:
        """Return the part of the document of GET /holdings that this connection gives, as JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What one connection gives. A STALE one has a `warning` that says why it is no newer.

    `as_of` and `expires_at` are epoch seconds. `cache` says why the cache could not be used for it.
    """

    part: Part
    as_of: int
    expires_at: int
    outcome: Outcome
    warning: Notice | None = None
    cache: Notice | None = None


class Source:
    """One connection, as this process reads it. Safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        *,
        exchange: Exchange,
        cache: SnapshotCache,
        codec: ReadingCodec,
        clock: Clock,
        rules: FreshnessRules,
    ) -> None:
        """`cache` is where this connection's readings are kept."""
        self._connection = connection
        self._exchange = exchange
        self._kept = Kept(cache, clock, rules)
        self._codec = codec
        self._clock = clock
        self._rules = rules
        self._flight = SingleFlight[Reading]()

    def read(self, asked: Attempt) -> Reading:
        """Give the kept reading while it is fresh, else read the exchange.

        Raises UpstreamError or Misconfigured when the exchange cannot be read and there are no
        last good figures.
        """
        attempt = replace(asked, entry=None)
        self._kept.look_up(attempt)
        if not attempt.refresh and (fresh := self._fresh(attempt)):
            return fresh
        patience = self._patience(attempt).remaining()
        try:
            reading, led = self._flight.run(lambda: self._read_once(attempt), patience=patience)
        except NotLanded:
            return self._not_waiting_longer(attempt)
        return reading if led or reading.outcome == "STALE" else replace(reading, outcome="HIT")

    def without_asking(self, asked: Attempt, why: Notice | None) -> Reading:
        """Give the last good figures of a key that the exchange has rejected.

        Raises ExchangeCredentialsRejected where there are none.
        """
        attempt = replace(asked, entry=None)
        self._kept.look_up(attempt)
        detail = why.detail if why else "the exchange rejects the key: replace it"
        return self._without_reading(attempt, ExchangeCredentialsRejected(detail))

    def _read_once(self, attempt: Attempt) -> Reading:
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

    def _follow(self, attempt: Attempt, other: Lease) -> Reading:
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

    def _read_exchange(self, attempt: Attempt) -> Reading:
        from holdings.core.portfolio import build_portfolio  # which a hit does without

        as_of = attempt.now
        try:
            accounts = self._exchange.accounts(attempt.deadline)
            payload = self._codec.encode(self._connection.id, build_portfolio(accounts))
            if not attempt.deadline.remaining():
                raise ExchangeTimeout("the exchange's answer came too late to be used: try again")
        except (UpstreamError, Misconfigured) as error:
            self._report(error)
            failure = self._kept.remember(attempt, error)
            error.retry_after = failure.until - int(self._clock.now())
            return self._without_reading(attempt, error)

        entry = CachedSnapshot.seal(payload, as_of=as_of, expires_at=self._rules.expires_at(as_of))
        newest = self._kept.keep(attempt, entry)
        slower = newest is not entry and self._rules.is_fresh(newest, self._clock.now())
        if slower and (newer := _reading(newest, "HIT")):
            return newer
        return Reading(
            part=parse_part(payload),
            as_of=as_of,
            expires_at=entry.expires_at,
            outcome="REFRESH" if attempt.refresh else "MISS",
            cache=attempt.notice,
        )

    # Answers without a reading.

    def _fresh(self, attempt: Attempt) -> Reading | None:
        entry = attempt.entry
        if not (entry and self._rules.is_fresh(entry, attempt.now)):
            return None
        return _reading(entry, "HIT", cache=self._kept.notice(attempt))

    def _without_reading(self, attempt: Attempt, error: HoldingsError) -> Reading:
        """Answer with the last good figures and why there are no better ones, or raise it."""
        stale = self._stale(attempt, Notice(error.code, error.detail))
        if not stale:
            error.viewers_own = self._is_the_viewers(error)
            raise error
        return stale

    def _not_waiting_longer(self, attempt: Attempt) -> Reading:
        stale = self._stale(attempt, _IN_PROGRESS)
        if not stale:
            raise ExchangeTimeout("the exchange did not answer in time: try again later")
        return stale

    def _stale(self, attempt: Attempt, warning: Notice) -> Reading | None:
        entry = self._last_good(attempt)
        stale = entry and _reading(entry, "STALE", warning, self._kept.notice(attempt))
        if stale:
            logger.warning("the last good figures serve", extra={"event": "stale_answer"})
        return stale

    def _last_good(self, attempt: Attempt) -> CachedSnapshot | None:
        entry = attempt.entry
        return entry if entry and self._rules.is_last_good(entry, attempt.now) else None

    def _report(self, error: HoldingsError) -> None:
        """Log a failed reading: an error where the operator has to act, who may be asleep.

        What only the owner of a key can put right is counted by no alarm.
        """
        ours = isinstance(error, Misconfigured) or error.code.startswith("secret_")
        event = "secret_failure" if ours else "exchange_failure"
        if isinstance(error, RecordsUnavailable):
            event = "records_failure"
        elif self._is_the_viewers(error):
            event = "connection_failure"
        logger.log(
            logging.ERROR if ours else logging.WARNING,
            "%s could not be read: %s",
            self._connection.exchange,
            error.detail,
            extra={"event": event, "code": error.code},
        )

    def _is_the_viewers(self, error: HoldingsError) -> bool:
        """Also of a failure that is only remembered, which has nothing but its code."""
        refused = error.code in {kind.code for kind in KEY_REFUSED}
        return refused and not self._connection.shared

    def _patience(self, attempt: Attempt) -> Deadline:
        """Until when to wait for another's reading."""
        until = self._clock.monotonic() + _PATIENCE_SECONDS
        if self._last_good(attempt):
            return Deadline(self._clock, min(attempt.deadline.at, until))
        return attempt.deadline


def _reading(
    entry: CachedSnapshot,
    outcome: Outcome,
    warning: Notice | None = None,
    cache: Notice | None = None,
) -> Reading | None:
    try:
        part = parse_part(entry.payload)
    except (ValueError, RecursionError):
        logger.exception("a reading in the cache is unreadable", extra={"event": "cache_failure"})
        return None
    return Reading(part, entry.as_of, entry.expires_at, outcome, warning, cache)


def _remembered(failure: Failure, now: int) -> RememberedFailure:
    return RememberedFailure(failure.code, failure.detail, retry_after=max(1, failure.until - now))
